"""相談: the list of cases, one case's page, and what staff do with a case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from flask import (
    Blueprint,
    Response,
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
from werkzeug.wrappers import Response as AnyResponse

from bot import cases, conversations, interpreting
from bot.cases import NotDone, Reason
from bot.models import Case, Message, Staff
from bot.runtime import Runtime
from bot.translation import Problem, TranslationError
from handlers.console import polling
from handlers.console.cases_compose import Composer, Entered, composer
from handlers.console.cases_lessons import TypedLesson, lesson_form
from handlers.console.cases_list import (
    ROWS_BESIDE,
    ROWS_SHOWN,
    SHOWS,
    Filter,
    Listed,
    listed,
    show_name,
)
from handlers.console.cases_shown import Shown, shown, state_name
from handlers.console.language import _, clock_time, current
from handlers.console.now import openers
from handlers.console.permissions import the_staff

blueprint = Blueprint("cases", __name__)

LONGEST_NOTE = 5000


@dataclass(frozen=True)
class View:
    """What a page of this area shows; `case` is None on the list's own page."""

    wanted: Filter
    listed: Listed
    openers: tuple[str, ...]
    case: Shown | None = None


@blueprint.get("/cases")
def inbox() -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        view = _view(session, the_staff(), None, now)
    return render_template("console/inbox.html", **_common(view, now))


@blueprint.get("/cases/news")
def inbox_news() -> Response:
    """The list's moving part; 304 while nothing changed."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        return _news(_view(session, the_staff(), None, now), now)


@blueprint.get("/cases/<int:case_id>")
def page(case_id: int) -> str:
    return render_case(case_id)


@blueprint.get("/cases/<int:case_id>/news")
def news(case_id: int) -> Response:
    """The moving parts of a case's page; 304 while nothing changed."""
    runtime: Runtime = current_app.extensions["runtime"]
    now, staff = runtime.clock.now(), the_staff()
    with runtime.database.read() as session:
        return _news(_view(session, staff, allowed(session, case_id, staff), now), now)


def render_case(
    case_id: int,
    *,
    entered: Entered | None = None,
    errors: Mapping[str, str] | None = None,
    preview: str = "",
    in_the_way: str = "",
    lesson: TypedLesson | None = None,
) -> str:
    """The page of a case, with what somebody typed and what was wrong with it.

    `preview` is a machine's translation to be looked at; `in_the_way` why nothing was sent, though
    it may be sent knowingly.
    """
    runtime: Runtime = current_app.extensions["runtime"]
    now, staff = runtime.clock.now(), the_staff()
    with runtime.database.read() as session:
        case = allowed(session, case_id, staff)
        view = _view(session, staff, case, now)
        compose: Composer = composer(session, runtime, case, staff, entered)
        return render_template(
            "console/case.html",
            **_common(view, now),
            compose=compose,
            entered=compose.entered,
            errors=errors or {},
            preview=preview,
            in_the_way=in_the_way,
            lesson=lesson_form(session, runtime, case, lesson),
            colleagues=_colleagues(session, case),
            protectors=openers(session),
            panel="facts" if lesson else request.args.get("panel", "chat"),
        )


def allowed(session: Session, case_id: int, staff: Staff, *, lock: bool = False) -> Case:
    """The case, where there is one and this person may see it."""
    row = cases.locked(session, case_id) if lock else session.get(Case, case_id)
    if row is None:
        abort(404)
    if row.protected and not staff.sees_protected:
        abort(403)
    return row


def _view(session: Session, staff: Staff, case: Case | None, now: datetime) -> View:
    runtime: Runtime = current_app.extensions["runtime"]
    wanted = Filter.from_request()
    limit = ROWS_BESIDE if case else ROWS_SHOWN
    found = listed(session, staff, wanted, now, limit=limit)
    whole = "whole" in request.args
    return View(
        wanted=wanted,
        listed=found,
        openers=openers(session) if found.closed_to_me else (),
        case=shown(session, runtime, case, staff, now, whole=whole) if case else None,
    )


def _common(view: View, now: datetime) -> dict[str, object]:
    filters = view.wanted.arguments()
    if "whole" in request.args:
        filters["whole"] = "1"
    return {
        "view": view,
        "filters": filters,
        "shows": [(show, show_name(show)) for show in SHOWS],
        "state_name": state_name,
        "etag": _etag(view, now),
        "as_of": clock_time(now, seconds=True),
    }


def _news(view: View, now: datetime) -> Response:
    template = "console/case_news.html" if view.case else "console/inbox_news.html"
    return polling.news(template, _etag(view, now), now, **_common(view, now))


def _etag(view: View, now: datetime) -> str:
    return sha256(repr((view, current())).encode()).hexdigest()[:32]


def _colleagues(session: Session, case: Case) -> list[Staff]:
    """To whom a case may be handed over."""
    query = select(Staff).where(Staff.active, Staff.id != (case.assignee_id or 0))
    if case.protected:
        query = query.where(Staff.sees_protected)
    return list(session.scalars(query.order_by(Staff.name)))


# What staff do. Each act is one transaction; what stood in its way is said on the page.

Act = Callable[[Runtime, Session, Case, Staff], str]
"""Does something with a locked case and returns what to say about it. Raises `NotDone`."""


def _done(case_id: int, act: Act) -> AnyResponse:
    runtime: Runtime = current_app.extensions["runtime"]
    staff = the_staff()
    try:
        with runtime.database.write() as session:
            case = allowed(session, case_id, staff, lock=True)
            said = act(runtime, session, case, staff)
            still_visible = staff.sees_protected or not case.protected
    except NotDone as error:
        flash(why_not(runtime, error))
        still_visible = True
    else:
        flash(said)
    if not still_visible:
        return redirect(url_for("console.cases.inbox"))
    return redirect(page_of(case_id), 303)


def page_of(case_id: int) -> str:
    """The address of a case's page, with the list beside it as it was."""
    arguments: dict[str, Any] = {"case_id": case_id, **Filter.from_request().arguments()}
    return url_for("console.cases.page", **arguments)


def why_not(runtime: Runtime, error: NotDone) -> str:
    """Why an act was not done, as a sentence."""
    with runtime.database.read() as session:
        other = session.get(Staff, error.staff_id) if error.staff_id else None
    name = other.name if other else ""
    return {
        Reason.CLOSED: _("Nothing was done: this case is closed. Open it again first."),
        Reason.GONE: _("Nothing was sent: the resident had their data deleted."),
        Reason.BLOCKED: _("Nothing was sent: the resident has blocked this account."),
        Reason.WRITING: _("Not sent yet: %(name)s is writing an answer now.", name=name),
        Reason.ANSWERED: _("Not sent yet: %(name)s has answered meanwhile.", name=name),
        Reason.MAY_NOT_SEE: _("Nothing was done: %(name)s may not open this case.", name=name),
        Reason.TOO_LATE: _("Nothing was done: somebody else was faster. See what happened below."),
    }[error.reason]


@blueprint.post("/cases/<int:case_id>/take")
def take(case_id: int) -> AnyResponse:
    """Become the one who answers, unless somebody else was faster."""

    def act(runtime: Runtime, session: Session, case: Case, staff: Staff) -> str:
        nobody_was_here = case.state == "open"
        if cases.take(runtime, session, case, staff):
            told = _("You have taken this case. The resident is being told that somebody is here.")
            return told if nobody_was_here else _("You have taken this case.")
        if case.state != "assigned":
            return _("Nothing changed: this case is closed already.")
        other = session.get_one(Staff, case.assignee_id)
        name = _("You yourself") if other.id == staff.id else other.name
        return _("Nothing changed: %(name)s took this case first.", name=name)

    return _done(case_id, act)


@blueprint.post("/cases/<int:case_id>/give-back")
def give_back(case_id: int) -> AnyResponse:
    def act(runtime: Runtime, session: Session, case: Case, staff: Staff) -> str:
        cases.give_back(runtime, session, case, staff)
        return _("Given back: the case is nobody's now.")

    return _done(case_id, act)


@blueprint.post("/cases/<int:case_id>/hand-over")
def hand_over(case_id: int) -> AnyResponse:
    def act(runtime: Runtime, session: Session, case: Case, staff: Staff) -> str:
        to = session.get(Staff, request.form.get("to", 0, type=int))
        if to is None:
            return _("Nothing was done: choose a colleague.")
        cases.hand_over(runtime, session, case, staff, to)
        return _("Handed over to %(name)s.", name=to.name)

    return _done(case_id, act)


@blueprint.post("/cases/<int:case_id>/note")
def note(case_id: int) -> AnyResponse:
    def act(runtime: Runtime, session: Session, case: Case, staff: Staff) -> str:
        text = request.form.get("memo", "").strip()
        if not text:
            return _("Nothing was saved: the note is empty.")
        conversations.note(session, runtime, case, staff, text[:LONGEST_NOTE])
        return _("Note saved. Only staff see it.")

    return _done(case_id, act)


@blueprint.post("/cases/<int:case_id>/close")
def close(case_id: int) -> AnyResponse:
    def act(runtime: Runtime, session: Session, case: Case, staff: Staff) -> str:
        tells = request.form.get("tell") == "yes"
        cases.close(runtime, session, case, staff, tell_resident=tells)
        return _("Closed. The resident is being told.") if tells else _("Closed without a word.")

    return _done(case_id, act)


@blueprint.post("/cases/<int:case_id>/reopen")
def reopen(case_id: int) -> AnyResponse:
    def act(runtime: Runtime, session: Session, case: Case, staff: Staff) -> str:
        cases.reopen(runtime, session, case, staff)
        return _("Open again, and yours.")

    return _done(case_id, act)


@blueprint.post("/cases/<int:case_id>/urgent")
def urgent(case_id: int) -> AnyResponse:
    def act(runtime: Runtime, session: Session, case: Case, staff: Staff) -> str:
        wanted = request.form.get("urgent") == "yes"
        cases.set_urgent(runtime, session, case, staff, wanted)
        return _("Marked urgent.") if wanted else _("Not urgent any more.")

    return _done(case_id, act)


@blueprint.post("/cases/<int:case_id>/protect")
def protect(case_id: int) -> AnyResponse:
    def act(runtime: Runtime, session: Session, case: Case, staff: Staff) -> str:
        cases.protect(runtime, session, case, staff)
        return _("Protected: only named staff can open this case now.")

    return _done(case_id, act)


@blueprint.post("/cases/<int:case_id>/translate/<int:message_id>")
def translate(case_id: int, message_id: int) -> AnyResponse:
    """Ask the machine about one message now."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        allowed(session, case_id, the_staff())
        message = session.get(Message, message_id)
        if message is None or message.case_id != case_id:
            abort(404)
    try:
        interpreting.translate(runtime, message_id)
    except TranslationError as error:
        flash(no_translation(error))
        return redirect(page_of(case_id), 303)
    return redirect(f"{page_of(case_id)}#message-{message_id}", 303)


def no_translation(error: TranslationError) -> str:
    """Why there is no translation, and what can be done."""
    if error.problem is Problem.FACTS:
        lost = _(", ").join(error.missing)
        return _("The translation lost these numbers and is not used: %(numbers)s.", numbers=lost)
    return {
        Problem.OFF: _("No translator is set up for this."),
        Problem.AWAY: _("The translator does not answer. Try again in a minute."),
        Problem.KEY: _("The translator refuses us. Tell the person who looks after this service."),
        Problem.REFUSED: _("The translator does not take this text or language."),
    }[error.problem]
