"""What must not wait any longer: notices, texts, recordings, answers to rumours and cases nobody
took, networks nobody is left to carry a notice into, and everything that failed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import ColumnElement, Select, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import Session

from bot.models import (
    Broadcast,
    Case,
    Delivery,
    Network,
    RelayGap,
    RumourAnswer,
    Sound,
    TextClaim,
    Transition,
    WebhookEvent,
)

APPROVAL_WAITS = timedelta(minutes=2)
"""How long a notice whose urgency is Immediate may wait for approval."""
OTHER_APPROVAL_WAITS = timedelta(minutes=30)
RELEASE_WAITS, OTHER_RELEASE_WAITS = APPROVAL_WAITS, OTHER_APPROVAL_WAITS
"""How long a key person's text may wait for its release, by the urgency of its notice."""
SOUND_WAITS, OTHER_SOUND_WAITS = timedelta(minutes=10), timedelta(hours=2)
"""How long a recording may wait, likewise: its text went out before."""
RUMOUR_WAITS = timedelta(minutes=10)
"""How long an answer may wait for its second person: meanwhile the rumour goes round."""
WORTH_A_CALL = ("Extreme", "Severe")
"""For a lesser notice nobody is called because key persons rest: staff see it on *Now*."""
CASE_WAITS = timedelta(minutes=3)
"""How long an urgent or protected case may wait for somebody to take it."""

# Written into the SQL, not bound: only then is it certain that the index of what failed applies.
_FAILED: ColumnElement[str] = literal_column("'failed'")


@dataclass(frozen=True)
class Cause:
    """Something that must not wait any longer; the fields are those of `Alarm`."""

    kind: str
    subject_id: int
    number: str
    since: datetime
    drill: bool = False
    mark: int = 0


def all_causes(session: Session, now: datetime) -> Iterator[Cause]:
    """Every cause there is now, each thing once."""
    yield from _waiting_approvals(session, now)
    yield from _waiting_texts(session, now)
    yield from _waiting_sounds(session, now)
    yield from _waiting_answers(session, now)
    yield from _waiting_cases(session, now)
    yield from _networks_nobody_is_left_for(session, now)
    yield from _failed_notices(session)
    yield from _failures_of_all(session, "replies", Delivery.__tablename__, _failed_replies())
    failed_events = select(WebhookEvent.id).where(WebhookEvent.state == _FAILED)
    yield from _failures_of_all(session, "events", WebhookEvent.__tablename__, failed_events)


def _waiting_approvals(session: Session, now: datetime) -> Iterator[Cause]:
    submitted = and_(
        Transition.subject == Broadcast.__tablename__,
        Transition.subject_id == Broadcast.id,
        Transition.to_state == "pending_approval",
    )
    rows = session.execute(
        select(Broadcast, func.max(Transition.at))
        .join(Transition, submitted)
        .where(Broadcast.state == "pending_approval")
        .group_by(Broadcast.id)
    )
    for notice, since in rows:
        waits = APPROVAL_WAITS if notice.urgency == "Immediate" else OTHER_APPROVAL_WAITS
        if since + waits <= now:
            yield Cause("approval", notice.id, notice.number, since, notice.drill)


def _waiting_texts(session: Session, now: datetime) -> Iterator[Cause]:
    """Key persons' texts that staff have neither released nor returned."""
    submitted = and_(
        Transition.subject == TextClaim.__tablename__,
        Transition.subject_id == TextClaim.id,
        Transition.to_state == "submitted",
    )
    rows = session.execute(
        select(Broadcast, TextClaim.id, func.max(Transition.at))
        .join(TextClaim, TextClaim.broadcast_id == Broadcast.id)
        .join(Transition, submitted)
        .where(TextClaim.state == "submitted", *_in_force(now))
        .group_by(Broadcast.id, TextClaim.id)
    )
    for notice, id, since in rows:
        waits = RELEASE_WAITS if notice.urgency == "Immediate" else OTHER_RELEASE_WAITS
        if since + waits <= now:
            yield Cause("release", id, notice.number, since, notice.drill)


def _waiting_sounds(session: Session, now: datetime) -> Iterator[Cause]:
    """Key persons' recordings that staff have neither released nor erased."""
    fetched = and_(
        Transition.subject == Sound.__tablename__,
        Transition.subject_id == Sound.id,
        Transition.to_state == "submitted",
    )
    rows = session.execute(
        select(Broadcast, Sound.id, Transition.at)
        .join(Sound, Sound.broadcast_id == Broadcast.id)
        .join(Transition, fetched)
        .where(Sound.state == "submitted", *_in_force(now))
    )
    for notice, id, since in rows:
        waits = SOUND_WAITS if notice.urgency == "Immediate" else OTHER_SOUND_WAITS
        if since + waits <= now:
            yield Cause("sound", id, notice.number, since, notice.drill)


def _waiting_answers(session: Session, now: datetime) -> Iterator[Cause]:
    """Answers to rumours that nobody has confirmed or taken back, also past their time."""
    proposed = select(RumourAnswer).where(
        RumourAnswer.state == "proposed", RumourAnswer.created_at <= now - RUMOUR_WAITS
    )
    for answer in session.scalars(proposed):
        yield Cause("rumour", answer.id, str(answer.rumour_id), answer.created_at)


def _networks_nobody_is_left_for(session: Session, now: datetime) -> Iterator[Cause]:
    """One cause for each notice; another network without anybody is a further failure. The mark is
    the second since when the newest is without: it grows even when others were helped meanwhile.
    """
    rows = session.execute(
        select(Broadcast, func.min(RelayGap.since), func.max(RelayGap.since))
        .join(RelayGap, RelayGap.broadcast_id == Broadcast.id)
        .join(Network, Network.id == RelayGap.network_id)
        .where(Network.active, Broadcast.severity.in_(WORTH_A_CALL), *_in_force(now))
        .group_by(Broadcast.id)
    )
    for notice, since, newest in rows:
        mark = int(newest.timestamp())
        yield Cause("relay", notice.id, notice.number, since, notice.drill, mark)


def _in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Broadcast.state.in_(("broadcasting", "paused")), Broadcast.expires_at > now


def _waiting_cases(session: Session, now: datetime) -> Iterator[Cause]:
    """Urgent and protected cases nobody has, since they were opened, or given back."""
    reopened = and_(
        Transition.subject == Case.__tablename__,
        Transition.subject_id == Case.id,
        Transition.to_state == "open",
    )
    kind = case((Case.protected, "protected"), else_="urgent")
    rows = session.execute(
        select(Case.id, kind, Case.opened_at, func.max(Transition.at))
        .outerjoin(Transition, reopened)
        .where(Case.state == "open", or_(Case.urgent, Case.protected))
        .group_by(Case.id)
    )
    for id, name, opened_at, reopened_at in rows:
        since = max(opened_at, reopened_at or opened_at)
        if since + CASE_WAITS <= now:
            yield Cause(name, id, str(id), since)


def _failed_notices(session: Session) -> Iterator[Cause]:
    """Notices with deliveries that failed, or held because LINE's monthly limit is reached."""
    failed = select(Delivery.id).where(Delivery.state == _FAILED)
    found: dict[int, list[tuple[datetime, int]]] = {}
    rows = session.execute(
        select(Delivery.broadcast_id, func.min(Transition.at), func.max(Transition.id))
        .join(Transition, Transition.subject_id == Delivery.id)
        .where(
            Transition.subject == Delivery.__tablename__,
            Transition.to_state == "failed",
            Delivery.id.in_(failed.where(Delivery.broadcast_id.is_not(None))),
        )
        .group_by(Delivery.broadcast_id)
    )
    for broadcast_id, since, mark in chain(rows, _held_by_line(session)):
        if broadcast_id is not None:
            found.setdefault(broadcast_id, []).append((since, mark))
    for broadcast_id, failures in found.items():
        notice = session.get_one(Broadcast, broadcast_id)
        since, mark = min(at for at, _ in failures), max(mark for _, mark in failures)
        yield Cause("notice", notice.id, notice.number, since, notice.drill, mark)


def _held_by_line(session: Session) -> Iterator[tuple[int, datetime, int]]:
    held = select(Broadcast.id).where(Broadcast.state == "paused")
    for broadcast_id in session.scalars(held).all():
        pause = session.scalars(
            select(Transition)
            .where(
                Transition.subject == Broadcast.__tablename__,
                Transition.subject_id == broadcast_id,
                Transition.to_state == "paused",
            )
            .order_by(Transition.id.desc())
            .limit(1)
        ).first()
        if pause is not None and pause.by == "line":
            yield broadcast_id, pause.at, pause.id


def _failed_replies() -> Select[int]:
    return select(Delivery.id).where(Delivery.state == _FAILED, Delivery.broadcast_id.is_(None))


def _failures_of_all(
    session: Session, kind: str, table: str, failed: Select[int]
) -> Iterator[Cause]:
    """One alarm for all failures of a kind: when LINE refuses everything, nobody needs hundreds."""
    since, mark = session.execute(
        select(func.min(Transition.at), func.max(Transition.id)).where(
            Transition.subject == table,
            Transition.subject_id.in_(failed),
            Transition.to_state == "failed",
        )
    ).one()
    if mark is not None:
        yield Cause(kind, 0, "", since, mark=mark)
