"""Accounts of staff: who may sign in, as what, and who changed it."""

import logging
from dataclasses import dataclass

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot import mail, staff_accounts
from bot.languages import registered
from bot.models import ROLES, Staff, StaffChange
from bot.runtime import Runtime
from bot.settings import Settings
from handlers.console.language import _, day_and_time, language_name, role_name
from handlers.console.permissions import the_staff

log = logging.getLogger(__name__)
blueprint = Blueprint("accounts", __name__)

_CHANGES_SHOWN = 50


@dataclass(frozen=True)
class Entered:
    """The account form as somebody filled it in."""

    email: str = ""
    name: str = ""
    role: str = "operator"
    languages: tuple[str, ...] = ("ja",)
    sees_protected: bool = False

    @classmethod
    def from_request(cls) -> "Entered":
        known = {language.tag for language in registered()}
        return cls(
            email=request.form.get("email", ""),
            name=request.form.get("name", ""),
            role=request.form.get("role", ""),
            languages=tuple(tag for tag in request.form.getlist("languages") if tag in known),
            sees_protected="sees_protected" in request.form,
        )

    @classmethod
    def of(cls, staff: Staff) -> "Entered":
        return cls(
            staff.email, staff.name, staff.role, tuple(staff.languages), staff.sees_protected
        )


@dataclass(frozen=True)
class ShownChange:
    """A line of the record: when, who, whom, what, in the page's language."""

    at: str
    by: str
    whom: str
    what: str


@blueprint.get("/accounts")
def page() -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        everybody = session.scalars(select(Staff).order_by(Staff.active.desc(), Staff.name)).all()
        return render_template(
            "console/accounts.html", everybody=everybody, changes=_changes(session, runtime)
        )


@blueprint.get("/accounts/new")
def blank() -> str:
    return render_template("console/account_new.html", entered=Entered(), errors={}, roles=ROLES)


@blueprint.post("/accounts/new")
def add() -> str | tuple[str, int]:
    """Make the account and its link, shown this once."""
    runtime: Runtime = current_app.extensions["runtime"]
    entered, by, now = Entered.from_request(), f"staff:{the_staff().id}", runtime.clock.now()
    with runtime.database.write() as session:
        try:
            staff = staff_accounts.create(
                session,
                email=entered.email,
                name=entered.name,
                role=entered.role,
                languages=list(entered.languages),
                sees_protected=entered.sees_protected,
                by=by,
                now=now,
            )
        except staff_accounts.AccountError as error:
            return render_template(
                "console/account_new.html", entered=entered, errors=_problem(error), roles=ROLES
            ), 422
        token = staff_accounts.make_link(session, staff, by=by, now=now)
    return _link_made(runtime, staff, token)


@blueprint.get("/accounts/<int:staff_id>")
def person(staff_id: int) -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        staff = session.get(Staff, staff_id) or abort(404)
        return _person(session, runtime, staff, Entered.of(staff), {})


@blueprint.post("/accounts/<int:staff_id>")
def change(staff_id: int) -> Response | tuple[str, int]:
    runtime: Runtime = current_app.extensions["runtime"]
    entered = Entered.from_request()
    with runtime.database.write() as session:
        staff = session.get(Staff, staff_id) or abort(404)
        try:
            staff_accounts.change(
                session,
                staff,
                name=entered.name,
                role=entered.role,
                languages=list(entered.languages),
                sees_protected=entered.sees_protected,
                by=f"staff:{the_staff().id}",
                now=runtime.clock.now(),
            )
        except staff_accounts.AccountError as error:
            return _person(session, runtime, staff, entered, _problem(error)), 422
    flash(_("Saved: %(name)s.", name=staff.name))
    # Who gave up being an admin may not open this page any more.
    may_return = staff.id != the_staff().id or staff.may("admin")
    return redirect(url_for("console.accounts.page" if may_return else "console.now.page"))


@blueprint.post("/accounts/<int:staff_id>/link")
def new_link(staff_id: int) -> str | tuple[str, int]:
    """A new link for somebody who lost theirs or forgot the password."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        staff = session.get(Staff, staff_id) or abort(404)
        try:
            token = staff_accounts.make_link(
                session, staff, by=f"staff:{the_staff().id}", now=runtime.clock.now()
            )
        except staff_accounts.AccountError as error:
            return _person(session, runtime, staff, Entered.of(staff), _problem(error)), 422
    return _link_made(runtime, staff, token)


@blueprint.post("/accounts/<int:staff_id>/deactivate")
def deactivate(staff_id: int) -> Response | tuple[str, int]:
    return _set_active(staff_id, False)


@blueprint.post("/accounts/<int:staff_id>/activate")
def activate(staff_id: int) -> Response | tuple[str, int]:
    return _set_active(staff_id, True)


def _set_active(staff_id: int, active: bool) -> Response | tuple[str, int]:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        staff = session.get(Staff, staff_id) or abort(404)
        try:
            staff_accounts.set_active(
                session,
                staff,
                active,
                by=f"staff:{the_staff().id}",
                now=runtime.clock.now(),
            )
        except staff_accounts.AccountError as error:
            return _person(session, runtime, staff, Entered.of(staff), _problem(error)), 422
    said = (
        _("%(name)s may sign in again.", name=staff.name)
        if active
        else _("%(name)s can no longer sign in and is signed out everywhere.", name=staff.name)
    )
    flash(said)
    return redirect(url_for("console.accounts.page"))


def _person(
    session: Session, runtime: Runtime, staff: Staff, entered: Entered, errors: dict[str, str]
) -> str:
    return render_template(
        "console/account.html",
        staff=staff,
        entered=entered,
        errors=errors,
        roles=ROLES,
        changes=_changes(session, runtime, staff),
    )


def _problem(error: staff_accounts.AccountError) -> dict[str, str]:
    """The field a reason belongs to, and what to say there."""
    field, said = {
        "email": ("email", _("Enter an e-mail address such as name@city.example.jp.")),
        "email_taken": ("email", _("There is an account with this e-mail address already.")),
        "name": ("name", _("Enter a name of at most 100 characters.")),
        "role": ("role", _("Choose a role.")),
        "last_admin": (
            "role",
            _("Nobody else could let people in: make another administrator first."),
        ),
        "inactive": ("link", _("This account is not active. Activate it first.")),
    }[error.reason]
    return {field: said}


def _link_made(runtime: Runtime, staff: Staff, token: str) -> str:
    """Show the link, and mail it where the settings name a mail server."""
    address = link_address(runtime.settings, token)
    mailed, problem = False, ""
    if runtime.settings.smtp_host:
        try:
            mail.send(runtime.settings, staff.email, *_invitation(address))
            mailed = True
        except mail.MailError as error:
            log.warning("an invitation was not mailed: %s", error)
            problem = str(error)
    return render_template(
        "console/link_made.html", staff=staff, link=address, mailed=mailed, problem=problem
    )


def link_address(settings: Settings, token: str) -> str:
    """Where a link of `staff_accounts.make_link` is opened."""
    return f"{settings.public_base_url.rstrip('/')}/console/link/{token}"


def _invitation(address: str) -> tuple[str, str]:
    """Subject and text. In both languages: nobody knows yet which one this person reads."""
    subject = "職員用画面のパスワード設定 / Set your password for the staff console"
    text = (
        "職員用画面のパスワードを決めてください。24時間有効、1回だけ使えます。\n"
        "心当たりがないときは、開かずに管理者に知らせてください。\n\n"
        "Choose your password for the staff console. The link works once, within 24 hours.\n"
        "If you did not expect this mail, do not open it; tell your administrator.\n\n"
        f"{address}\n"
    )
    return subject, text


def _changes(session: Session, runtime: Runtime, staff: Staff | None = None) -> list[ShownChange]:
    """The newest changes, of everybody or of one person."""
    query = select(StaffChange).order_by(StaffChange.id.desc()).limit(_CHANGES_SHOWN)
    if staff is not None:
        query = query.where(StaffChange.staff_id == staff.id)
    changes = session.scalars(query).all()
    names = {f"staff:{id}": name for id, name in session.execute(select(Staff.id, Staff.name))}
    names[staff_accounts.COMMAND_LINE] = _("Command line")
    now = runtime.clock.now()
    return [
        ShownChange(
            at=day_and_time(change.at, now),
            by=names.get(change.by, change.by),
            whom=names.get(f"staff:{change.staff_id}", ""),
            what=_sentence(change),
        )
        for change in changes
    ]


def _sentence(change: StaffChange) -> str:
    yes = change.value == "yes"
    match change.what:
        case "created":
            return _("account made: %(role)s", role=role_name(change.value))
        case "role":
            return _("role: %(role)s", role=role_name(change.value))
        case "name":
            return _("name: %(name)s", name=change.value)
        case "languages":
            return _(
                "languages: %(languages)s",
                languages=_(", ").join(map(language_name, change.value.split(", "))) or _("None"),
            )
        case "sees_protected":
            return _("may open protected cases") if yes else _("may no longer open protected cases")
        case "active":
            return _("activated") if yes else _("deactivated")
        case "link":
            return _("new link made")
        case "password":
            return _("password set")
    return change.what
