"""What staff taught the bot: taught on a case's page, listed here, deleted here."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot import cases, conversations, learning
from bot.learning import Problem, Taught
from bot.models import LONGEST_LESSON, Case, CityChange, Learned, Message
from bot.runtime import Runtime
from handlers.console.cases import allowed, page_of, render_case
from handlers.console.cases_lessons import TypedLesson
from handlers.console.changes import city_changes, staff_names
from handlers.console.language import _, day_and_time, language_name
from handlers.console.now import titles_of
from handlers.console.permissions import the_staff

blueprint = Blueprint("learned", __name__)


@dataclass(frozen=True)
class Row:
    """One lesson in the page's language; `words` are in the language of its group."""

    id: int
    topic: str
    words: str
    by: str
    at: str


@blueprint.get("/learned")
def page() -> str:
    """All lessons by language, then by topic."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        groups = _groups(session, runtime, now)
        titles = titles_of(session, {*runtime.knowledge.topics})
        changes = city_changes(
            session,
            now,
            CityChange.what.startswith("learned "),
            lambda change: _sentence(change, titles),
        )
    chosen = request.args.get("language", "")
    return render_template(
        "console/learned.html",
        groups={tag: rows for tag, rows in groups.items() if chosen in ("", tag)},
        tags=list(groups),
        chosen=chosen,
        number=sum(len(rows) for rows in groups.values()),
        changes=changes,
    )


def _groups(session: Session, runtime: Runtime, now: datetime) -> dict[str, list[Row]]:
    found = session.scalars(select(Learned).order_by(Learned.language, Learned.id)).all()
    order = {id: number for number, id in enumerate(runtime.knowledge.topics)}
    titles = titles_of(session, {row.topic_id for row in found})
    names = staff_names(session)
    groups: dict[str, list[Row]] = {}
    for row in sorted(found, key=lambda row: order.get(row.topic_id, len(order))):
        groups.setdefault(row.language, []).append(
            Row(
                id=row.id,
                topic=titles.get(row.topic_id, row.topic_id),
                words=row.text,
                by=names.get(row.by, row.by),
                at=day_and_time(row.at, now),
            )
        )
    return {tag: groups[tag] for tag in sorted(groups)}


def _sentence(change: CityChange, titles: dict[str, str]) -> str:
    name = language_name(change.what.removeprefix("learned "))
    if not change.value:
        return _("deleted a wording (%(language)s)", language=name)
    topic = titles.get(change.value, change.value)
    return _("taught a wording (%(language)s): %(topic)s", language=name, topic=topic)


@blueprint.post("/learned/<int:learned_id>/remove")
def remove(learned_id: int) -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    by, now = cases.by(the_staff()), runtime.clock.now()
    with runtime.database.write() as session:
        if not learning.forget(session, learned_id, by=by, now=now):
            abort(404)
    flash(_("Deleted. The bot goes without it within seconds."))
    return redirect(url_for("console.learned.page"), 303)


@blueprint.post("/cases/<int:case_id>/teach")
def teach(case_id: int) -> Response | tuple[str, int]:
    """Note what a case was about; where wanted, teach the bot a wording of its question."""
    runtime: Runtime = current_app.extensions["runtime"]
    topic_id, staff = request.form.get("topic", ""), the_staff()
    wanted = request.form.get("act") == "teach"
    text = learning.wording(request.form.get("wording", ""))
    with runtime.database.read() as session:
        case = _teachable(allowed(session, case_id, staff))
        said = _said(session, case)
        user_id = case.resident.line_user_id
    errors = {}
    if topic_id not in learning.teachable(runtime.knowledge):
        errors["topic"] = _("Choose what it was about.")
    if wanted:
        name = (runtime.channel.profile_name(user_id) if user_id else None) or ""
        if problem := learning.problem(text, name=name, said=said):
            errors["wording"] = _why(problem)
    if errors:
        return render_case(case_id, errors=errors, lesson=TypedLesson(topic_id, text)), 422
    try:
        told = _noted(runtime, case_id, topic_id, text if wanted else "")
    except IntegrityError:  # pressed twice at the same moment
        told = _("The bot knew this already.")
    flash(told)
    return redirect(page_of(case_id), 303)


def _noted(runtime: Runtime, case_id: int, topic_id: str, text: str) -> str:
    """Do it in one unit of work; returns what to say."""
    staff, now = the_staff(), runtime.clock.now()
    with runtime.database.write() as session:
        case = _teachable(allowed(session, case_id, staff, lock=True))
        cases.name_topic(runtime, session, case, staff, topic_id)
        if not text:
            return _("Topic saved. The bot was taught nothing.")
        tag = conversations.language_of(session, case)
        taught = learning.teach(session, topic_id, tag, text, by=cases.by(staff), now=now)
    return {
        Taught.NEW: _("Taught. Questions worded like this get this topic within seconds."),
        Taught.MOVED: _("Taught. This wording was about another topic before."),
        Taught.KNOWN: _("The bot knew this already."),
    }[taught]


def _teachable(case: Case) -> Case:
    """Nothing of a protected case is written anywhere else, in whosever words."""
    if case.protected:
        abort(403)
    return case


def _said(session: Session, case: Case) -> list[str]:
    """What the resident wrote in this case."""
    found = session.scalars(
        select(Message.text).where(Message.case_id == case.id, Message.author == "resident")
    )
    return [text for text in found if text]


def _why(problem: Problem) -> str:
    return {
        Problem.EMPTY: _("Write the question in neutral words."),
        Problem.LONG: _("At most %(number)s characters.", number=LONGEST_LESSON),
        Problem.TELEPHONE: _(
            "Seven digits or more: this could be somebody's number. Leave it out."
        ),
        Problem.ADDRESS: _("There is an address with @. Leave it out."),
        Problem.NAME: _("This contains the resident's name, or a word like it. Write it without."),
        Problem.SAID: _("These are the resident's own words. Shorten them, or say it differently."),
    }[problem]
