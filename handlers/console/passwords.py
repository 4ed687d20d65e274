"""Choosing a password: by the link an admin made, or a new one for oneself."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot import staff_accounts
from bot.models import Staff
from bot.runtime import Runtime
from handlers.console.language import _
from handlers.console.permissions import the_staff
from handlers.console.sign_in import begin

blueprint = Blueprint("passwords", __name__)


@blueprint.get("/link/<token>")
def link(token: str) -> str | tuple[str, int]:
    """Opening the link changes nothing: mail filters open links too."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as database:
        staff = staff_accounts.staff_of_link(database, token, runtime.clock.now())
    return _link_form(staff, {}) if staff else (render_template("console/link_over.html"), 410)


@blueprint.post("/link/<token>")
def use_link(token: str) -> Response | str | tuple[str, int]:
    """Set the password and sign in."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as database:
        staff = staff_accounts.staff_of_link(database, token, now)
        if staff is None:
            return render_template("console/link_over.html"), 410
        try:
            staff_accounts.set_password(
                database, staff, request.form.get("password", ""), by=f"staff:{staff.id}", now=now
            )
        except staff_accounts.AccountError as error:
            return _link_form(staff, {"password": password_problem(error)}), 422
    begin(staff)
    flash(_("Your password is set. You are signed in."))
    return redirect(url_for("console.now.page"))


@blueprint.get("/password")
def own() -> str:
    return _own_form({})


@blueprint.post("/password")
def change_own() -> Response | str | tuple[str, int]:
    """A new password for oneself; whoever is signed in elsewhere with the old one is signed out."""
    runtime: Runtime = current_app.extensions["runtime"]
    staff, now = the_staff(), runtime.clock.now()
    found = staff_accounts.check_password(
        runtime.database,
        staff.email,
        request.form.get("password_now", ""),
        request.remote_addr or "",
        now,
        known_browser=f"change:{staff.id}",
    )
    if not isinstance(found, Staff):
        said = (
            _("Your password was wrong too often. Wait 15 minutes.")
            if isinstance(found, staff_accounts.Locked)
            else _("This is not your present password.")
        )
        return _own_form({"password_now": said}), 422
    with runtime.database.write() as database:
        changed = database.get_one(Staff, staff.id)
        try:
            staff_accounts.set_password(
                database, changed, request.form.get("password", ""), by=f"staff:{staff.id}", now=now
            )
        except staff_accounts.AccountError as error:
            return _own_form({"password": password_problem(error)}), 422
    begin(changed)
    flash(_("Your password is changed. You are signed out everywhere else."))
    return redirect(url_for("console.now.page"))


def password_problem(error: staff_accounts.AccountError) -> str:
    shortest, longest = staff_accounts.PASSWORD_LENGTH
    return {
        "password_short": _("The password needs at least %(number)s characters.", number=shortest),
        "password_long": _("The password may have at most %(number)s characters.", number=longest),
        "password_known": _("Your name or address is too easy to guess. Choose something else."),
    }[error.reason]


def _link_form(staff: Staff, errors: dict[str, str]) -> str:
    return render_template(
        "console/link.html",
        staff=staff,
        errors=errors,
        shortest=staff_accounts.PASSWORD_LENGTH[0],
    )


def _own_form(errors: dict[str, str]) -> str:
    return render_template(
        "console/password.html",
        staff=the_staff(),
        errors=errors,
        shortest=staff_accounts.PASSWORD_LENGTH[0],
    )
