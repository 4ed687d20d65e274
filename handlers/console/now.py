"""いま: what needs somebody now. The page asks for news every three seconds."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from flask import (
    Blueprint,
    Response,
    current_app,
    render_template,
)
from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from bot.models import Case, Delivery, Resident, Staff, StockText, WebhookEvent
from bot.runtime import Runtime
from handlers.console import notices, now_networks, now_waiting, oncall, polling
from handlers.console.language import (
    _,
    clock_time,
    current,
    day_and_time,
    duration,
    language_name,
)
from handlers.console.networks_words import names_of
from handlers.console.notices import Pending
from handlers.console.notices import Row as NoticeRow
from handlers.console.notices_relay_words import WaitingText, waiting_texts
from handlers.console.notices_words import Names
from handlers.console.permissions import the_staff

blueprint = Blueprint("now", __name__)

PRESSING = ("urgent", "protected")
WAITING_SINCE = func.coalesce(Case.waiting_since, Case.opened_at)
ROWS_SHOWN = 200
"""Per section; the heading says how many there are in all."""


@dataclass(frozen=True)
class Row:
    """One case as a line of the page, in the page's language."""

    id: int
    urgent: bool
    protected: bool
    what: str
    language: str
    opened_at: datetime
    since: str
    waiting: str
    assignee: str
    mine: bool


@dataclass(frozen=True)
class Section:
    """Cases of one kind, the first to be helped first; `number` counts those not shown too."""

    id: str
    number: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Situation:
    """Everything the page shows. `closed_to_me` counts protected cases this person may not open."""

    sections: tuple[Section, ...]
    closed_to_me: int
    openers: tuple[str, ...]
    failed_deliveries: int
    failed_events: int
    notices: tuple[Pending, ...]
    held_notices: tuple[NoticeRow, ...]
    alarms: tuple[oncall.ShownAlarm, ...]
    mailing: oncall.Mailing
    texts: tuple[WaitingText, ...]
    gaps: tuple[now_networks.Gap, ...]
    unread: tuple[now_networks.Unread, ...]
    calls: tuple[now_networks.Call, ...]
    recordings: tuple[now_waiting.Recording, ...]
    answers: tuple[now_waiting.Answer, ...]

    @property
    def to_approve(self) -> int:
        """How many notices this person can approve."""
        return sum(
            notice.may_approve and (notice.alone or not notice.mine) for notice in self.notices
        )

    @property
    def to_confirm(self) -> int:
        """How many answers to rumours this person can confirm."""
        return sum(answer.mine for answer in self.answers)

    @property
    def of_networks(self) -> int:
        """How much the networks need somebody for."""
        waiting = (self.gaps, self.unread, self.recordings, self.calls)
        return sum(len(rows) for rows in waiting)

    @property
    def waiting(self) -> int:
        """How many cases nobody has taken."""
        waiting = sum(section.number for section in self.sections if section.id != "assigned")
        return waiting + self.closed_to_me

    @property
    def pressing(self) -> bool:
        """Whether this person should take an urgent or protected case before any other."""
        return any(section.number for section in self.sections if section.id in PRESSING)

    @property
    def failures(self) -> int:
        """How many messages, either way, somebody has to look after."""
        return self.failed_deliveries + self.failed_events + len(self.held_notices)

    @property
    def quiet(self) -> bool:
        """Whether there is nothing at all to do."""
        cases_open = self.closed_to_me + sum(section.number for section in self.sections)
        waiting = (self.notices, self.alarms, self.texts, self.of_networks, self.answers)
        return cases_open == 0 and self.failures == 0 and not any(waiting)

    @property
    def to_look_after(self) -> int:
        """How much waits for this person: what the page's title counts."""
        decisions = self.to_approve + len(self.texts) + len(self.recordings) + self.to_confirm
        return self.waiting + decisions + len(self.gaps)


@blueprint.get("/")
def page() -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    situation = look(runtime, the_staff(), now)
    with runtime.database.read() as session:
        tiles = notices.tiles(Names.load(session))
    return render_template(
        "console/now.html",
        situation=situation,
        tiles=tiles,
        etag=_etag(situation),
        as_of=clock_time(now, seconds=True),
    )


@blueprint.get("/news")
def news() -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    situation = look(runtime, the_staff(), now)
    return polling.news("console/now_news.html", _etag(situation), now, situation=situation)


def look(runtime: Runtime, staff: Staff, now: datetime) -> Situation:
    """What this person has to know, in the page's language."""
    open_to_me = Case.protected.is_(False) if not staff.sees_protected else Case.id.is_not(None)
    unassigned, assigned = Case.state == "open", Case.state == "assigned"
    kinds = {
        "urgent": and_(unassigned, open_to_me, Case.urgent),
        "protected": and_(unassigned, open_to_me, Case.protected, Case.urgent.is_(False)),
        "waiting": and_(unassigned, open_to_me, Case.protected.is_(False), Case.urgent.is_(False)),
        "assigned": and_(assigned, open_to_me),
    }
    with runtime.database.read() as session:
        closed = 0 if staff.sees_protected else _count(session, and_(unassigned, Case.protected))
        return Situation(
            sections=tuple(
                Section(kind, _count(session, condition), _rows(session, condition, staff, now))
                for kind, condition in kinds.items()
            ),
            closed_to_me=closed,
            openers=openers(session) if closed else (),
            failed_deliveries=_count(
                session, and_(Delivery.state == "failed", Delivery.broadcast_id.is_(None))
            ),
            failed_events=_count(session, WebhookEvent.state == "failed"),
            notices=tuple(notices.waiting_for(session, staff, now)),
            held_notices=tuple(notices.held(session, now)),
            alarms=oncall.shown_alarms(session, runtime, staff),
            mailing=oncall.mailing(session, runtime),
            texts=waiting_texts(session, runtime, names_of(session), now),
            gaps=now_networks.gaps(session, now),
            unread=now_networks.unread(session, now),
            calls=now_networks.calls(session, now),
            recordings=now_waiting.recordings(session, now),
            answers=now_waiting.answers(session, staff, now),
        )


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0


def _rows(
    session: Session, condition: ColumnElement[bool], staff: Staff, now: datetime
) -> tuple[Row, ...]:
    """Own cases first, then urgent ones, then who waits longest."""
    # Columns, not objects: every open console asks for these rows every three seconds.
    found = session.execute(
        select(
            Case.id,
            Case.urgent,
            Case.protected,
            Case.reason,
            Case.topic_id,
            WAITING_SINCE.label("opened_at"),
            Case.assignee_id,
            Resident.languages,
            Staff.name,
        )
        .join(Resident, Resident.id == Case.resident_id)
        .outerjoin(Staff, Staff.id == Case.assignee_id)
        .where(condition)
        .order_by(
            case((Case.assignee_id == staff.id, 0), else_=1),
            Case.urgent.desc(),
            WAITING_SINCE,
            Case.id,
        )
        .limit(ROWS_SHOWN)
    ).all()
    titles = titles_of(session, {row.topic_id for row in found if row.topic_id})
    return tuple(
        Row(
            id=row.id,
            urgent=row.urgent,
            protected=row.protected,
            what=what_for(row.reason, titles.get(row.topic_id or "")),
            language=language_name(row.languages[0]),
            opened_at=row.opened_at,
            since=day_and_time(row.opened_at, now),
            waiting=duration(now - row.opened_at),
            assignee=row.name or "",
            mine=row.assignee_id == staff.id,
        )
        for row in found
    )


def titles_of(session: Session, topic_ids: set[str]) -> dict[str, str]:
    """The topics' titles in the page's language, in Japanese where there is none."""
    if not topic_ids:
        return {}
    texts = session.scalars(
        select(StockText).where(
            StockText.kind == "faq",
            StockText.key.in_(topic_ids),
            StockText.language.in_({"ja", current()}),
        )
    ).all()
    page_language_last = sorted(texts, key=lambda text: bool(text.language == current()))
    return {text.key: text.parts["title"] for text in page_language_last}


def what_for(reason: str, title: str | None) -> str:
    names = {
        "asked": _("Wants to talk to a person"),
        "topic": _("Needs an answer from staff"),
        "concern": _("Could be danger: look at it"),
        "letter": _("A letter or form"),
        "help": _("Asked for help on an alert"),
        "protected": _("Protected case"),
    }
    name = names.get(reason, reason)
    return _("%(reason)s: %(topic)s", reason=name, topic=title) if title else name


def openers(session: Session) -> tuple[str, ...]:
    """Who may open protected cases."""
    return tuple(
        session.scalars(
            select(Staff.name).where(Staff.active, Staff.sees_protected).order_by(Staff.name)
        )
    )


def _etag(situation: Situation) -> str:
    return sha256(repr((situation, current())).encode()).hexdigest()[:32]
