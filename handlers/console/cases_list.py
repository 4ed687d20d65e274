"""The list of cases: who waits longest, urgent and protected first, in the page's language."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from flask import request
from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.cases import visible_to, writer
from bot.languages import registered
from bot.models import Case, Message, Resident, Staff
from handlers.console.language import _, day_and_time, duration, language_name
from handlers.console.now import WAITING_SINCE, titles_of, what_for

SHOWS = ("open", "mine", "unassigned", "answered", "closed")
ROWS_SHOWN, ROWS_BESIDE = 500, 100
"""On the list's own page, and beside a case."""

GIST_CHARACTERS = 90


@dataclass(frozen=True)
class Filter:
    """Which cases a list shows. `words` are searched in texts that are not protected."""

    show: str = "open"
    language: str = ""
    words: str = ""

    @classmethod
    def from_request(cls) -> Self:
        show, tag = request.args.get("show", ""), request.args.get("language", "")
        return cls(
            show=show if show in SHOWS else "open",
            language=tag if tag in {known.tag for known in registered()} else "",
            words=request.args.get("words", "").strip()[:100],
        )

    def arguments(self, **changes: str) -> dict[str, str]:
        """What an address needs to keep this filter."""
        values = replace(self, **changes)
        given = {"show": values.show, "language": values.language, "words": values.words}
        return {k: v for k, v in given.items() if v and (k, v) != ("show", "open")}


@dataclass(frozen=True)
class Row:
    """One case as a line. `gist_language` is the tag of its words; `guessed`: a topic, perhaps."""

    id: int
    state: str
    urgent: bool
    protected: bool
    gist: str
    gist_language: str
    guessed: bool
    language: str
    since_iso: str
    since: str
    waiting: str
    who: str
    mine: bool
    writing: str


@dataclass(frozen=True)
class Listed:
    """A list as it stands. `number` counts rows not shown too, `closed_to_me` protected cases."""

    rows: tuple[Row, ...]
    number: int
    closed_to_me: int
    waiting: int
    newest: int


def listed(session: Session, staff: Staff, wanted: Filter, now: datetime, *, limit: int) -> Listed:
    """The cases a member of staff asked for, and how many wait in all."""
    conditions = [*_conditions(staff, wanted), visible_to(staff)]
    newest_words = _newest_words()
    tag = func.coalesce(Message.language, Resident.languages[0].as_string())
    if wanted.language:
        conditions.append(tag == wanted.language)
    joined = _joined(select(func.count()), newest_words).where(*conditions)
    number = session.scalar(joined) or 0
    found = session.execute(
        _joined(
            select(Case, tag.label("tag"), Staff.name, Message.text, Message.japanese),
            newest_words,
        )
        .add_columns(Message.topic_id.label("guess"), Message.kind)
        .where(*conditions)
        .order_by(*_order(wanted, newest_words))
        .limit(limit)
    ).all()
    names = _names(session, {row.Case.writing_id for row in found if row.Case.writing_id})
    topics = {row.Case.topic_id or row.guess for row in found}
    titles = titles_of(session, {topic for topic in topics if topic})
    hidden = wanted in (Filter(), Filter("unassigned")) and not staff.sees_protected
    unseen = Case.protected & Case.state.in_(_STATES[wanted.show])
    return Listed(
        rows=tuple(_row(row, staff, titles, names, now) for row in found),
        number=number,
        closed_to_me=_count(session, unseen) if hidden else 0,
        waiting=_count(session, Case.state == "open"),
        newest=_newest_of_all(session, staff),
    )


_STATES = {
    "open": ("open", "assigned"),
    "mine": ("open", "assigned", "answered"),
    "unassigned": ("open",),
    "answered": ("answered",),
    "closed": ("closed",),
}


def _conditions(staff: Staff, wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if not wanted.words:
        conditions.append(Case.state.in_(_STATES[wanted.show]))
    if wanted.show == "mine":
        conditions.append(Case.assignee_id == staff.id)
    if wanted.words:
        # In every state: what is looked for was mostly answered long ago.
        said = aliased(Message)
        has_words = or_(
            said.text.icontains(wanted.words, autoescape=True),
            said.japanese.icontains(wanted.words, autoescape=True),
        )
        in_texts = exists().where(said.case_id == Case.id, has_words, Case.protected.is_(False))
        number = wanted.words.removeprefix("#")
        is_number = number.isascii() and number.isdecimal() and len(number) < 10
        conditions.append(or_(in_texts, Case.id == int(number)) if is_number else in_texts)
    return conditions


def _order(wanted: Filter, newest_words: Any) -> tuple[Any, ...]:
    if wanted.words or wanted.show in ("answered", "closed"):
        return (func.coalesce(newest_words, 0).desc(), Case.id.desc())
    answered_last = case((Case.state == "answered", 1), else_=0)
    return (answered_last, Case.urgent.desc(), Case.protected.desc(), WAITING_SINCE, Case.id)


def _newest_words() -> Any:
    """The newest thing the resident of a case said, of those staff can read if there are any."""
    said = Message.__table__.alias("said")
    readable = or_(said.c.japanese.is_not(None), said.c.topic_id.is_not(None))

    def newest(*conditions: Any) -> Any:
        return (
            select(func.max(said.c.id))
            .where(said.c.case_id == Case.id, said.c.author == "resident", *conditions)
            .correlate(Case)
            .scalar_subquery()
        )

    return func.coalesce(newest(readable), newest())


def _joined(statement: Any, newest_words: Any) -> Any:
    return (
        statement.select_from(Case)
        .join(Resident, Resident.id == Case.resident_id)
        .outerjoin(Staff, Staff.id == Case.assignee_id)
        .outerjoin(Message, Message.id == newest_words)
    )


def _row(
    found: Any, staff: Staff, titles: dict[str, str], names: dict[int, str], now: datetime
) -> Row:
    row: Case = found.Case
    gist, gist_language, guessed = _gist(found, titles)
    since = row.waiting_since or row.opened_at
    writing = writer(row, now)
    return Row(
        id=row.id,
        state=row.state,
        urgent=row.urgent,
        protected=row.protected,
        gist=gist,
        gist_language=gist_language,
        guessed=guessed,
        language=language_name(found.tag),
        since_iso=since.isoformat(timespec="seconds"),
        since=day_and_time(since, now),
        waiting=duration(now - since) if row.state in _STATES["open"] else "",
        who=found.name or "",
        mine=row.assignee_id == staff.id,
        writing=names.get(writing, "") if writing is not None and writing != staff.id else "",
    )


def _gist(found: Any, titles: dict[str, str]) -> tuple[str, str, bool]:
    """What it is about: in Japanese, else its topic, else as it was written, else why it is here.

    A protected case shows no words here: others may see the screen.
    """
    row: Case = found.Case
    title = titles.get(row.topic_id or "")
    if row.protected:
        return what_for(row.reason, title), "", False
    if found.japanese:
        return _shortened(found.japanese), "ja", False
    if found.text and found.tag in ("ja", "ja-x-easy"):
        return _shortened(found.text), "ja", False
    if title:
        return title, "", False
    if found.guess in titles:
        return titles[found.guess], "", True
    if found.text:
        return _shortened(found.text), found.tag, False
    return what_for(row.reason, None), "", False


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= GIST_CHARACTERS else line[: GIST_CHARACTERS - 1] + "…"


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    found = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids)))
    return {id: name for id, name in found}


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Case).where(condition)) or 0


def _newest_of_all(session: Session, staff: Staff) -> int:
    """The newest word of any resident to staff: a page that sees it grow may make a sound."""
    return (
        session.scalar(
            select(func.max(Message.id))
            .join(Case, Case.id == Message.case_id)
            .where(Message.author == "resident", Case.state.in_(_STATES["open"]))
            .where(visible_to(staff))
        )
        or 0
    )


def show_name(show: str) -> str:
    names = {
        "open": _("Open"),
        "mine": _("Mine"),
        "unassigned": _("Nobody's"),
        "answered": _("Answered"),
        "closed": _("Closed"),
    }
    return names[show]
