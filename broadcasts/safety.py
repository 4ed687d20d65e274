"""*Are you safe?*: what residents answered to one notice, and where they said they are.

A location is taken only within a quarter of an hour after its button was tapped, only while the
notice is in force, and erased when the last of its chain has been over for a week.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.city import JAPAN
from bot.models import Chore, Resident, ResidentArea, SafetyAnswer, Transition
from bot.models.broadcasts import Broadcast, Recipient
from bot.runtime import Runtime
from broadcasts import reading

TAKEN_FOR = timedelta(minutes=15)
KEPT_AFTER = timedelta(days=7)
ERASING_HOUR = 3

_NAME = "erase locations"


@dataclass(frozen=True)
class Where:
    """A point in degrees, and when it was sent."""

    latitude: float
    longitude: float
    at: datetime


@dataclass(frozen=True)
class InNeed:
    """A recipient whose last answer is that they need help; `where` if they said so."""

    resident: Resident
    at: datetime
    where: Where | None


def answered(
    session: Session, broadcast: Broadcast, resident: Resident, kind: str, now: datetime
) -> None:
    """Their last answer, safe or help, in place of what they said before."""
    _put(session, broadcast, resident, kind=kind, at=now)


def expect_location(
    session: Session, broadcast: Broadcast, resident: Resident, now: datetime
) -> None:
    """They tapped that they will send where they are."""
    row = session.scalars(_of(broadcast.id, resident)).first()
    if row is None:
        _put(session, broadcast, resident, kind=None, at=now, where_until=now + TAKEN_FOR)
    else:
        row.where_until = now + TAKEN_FOR


def expected_location(
    session: Session, resident: Resident, now: datetime
) -> tuple[SafetyAnswer, Broadcast] | None:
    """The answer that a location sent now belongs to, and its notice in force."""
    waiting = (
        select(SafetyAnswer, Broadcast)
        .join(Broadcast, Broadcast.id == SafetyAnswer.broadcast_id)
        .where(SafetyAnswer.resident_id == resident.id, SafetyAnswer.where_until > now)
        .order_by(SafetyAnswer.where_until.desc())
    )
    found = (row for row in session.execute(waiting) if row.Broadcast.is_active(now))
    return next(((row.SafetyAnswer, row.Broadcast) for row in found), None)


def locate(answer: SafetyAnswer, latitude: float, longitude: float, now: datetime) -> None:
    """Keep where they are; the button must be tapped again before another place is taken."""
    answer.latitude, answer.longitude, answer.located_at = latitude, longitude, now
    answer.where_until = None


def counts(session: Session, broadcast: Broadcast) -> dict[tuple[str, str], int]:
    """Recipients by (languages key, answer); who has not answered stands under ""."""
    kind = func.coalesce(SafetyAnswer.kind, "")
    rows = session.execute(
        select(Recipient.languages, kind, func.count())
        .outerjoin(SafetyAnswer, _same_person())
        .where(Recipient.broadcast_id == broadcast.id)
        .group_by(Recipient.languages, kind)
    )
    return {(languages, answer): number for languages, answer, number in rows}


def counts_by_area(session: Session, broadcast: Broadcast) -> dict[tuple[str, str], int]:
    """Recipients by (area id, answer); who named no area stands under the area ""."""
    area, kind = func.coalesce(ResidentArea.area_id, ""), func.coalesce(SafetyAnswer.kind, "")
    rows = session.execute(
        select(area, kind, func.count())
        .select_from(Recipient)
        .outerjoin(SafetyAnswer, _same_person())
        .outerjoin(ResidentArea, ResidentArea.resident_id == Recipient.resident_id)
        .where(Recipient.broadcast_id == broadcast.id)
        .group_by(area, kind)
    )
    return {(area_id, answer): number for area_id, answer, number in rows}


def in_need(session: Session, broadcast: Broadcast) -> list[InNeed]:
    """Who said last that they need help, longest ago first."""
    rows = session.execute(
        select(SafetyAnswer, Resident)
        .join(Resident, Resident.id == SafetyAnswer.resident_id)
        .where(SafetyAnswer.broadcast_id == broadcast.id, SafetyAnswer.kind == "help")
        .order_by(SafetyAnswer.at, SafetyAnswer.id)
    )
    return [InNeed(row.Resident, row.SafetyAnswer.at, _where(row.SafetyAnswer)) for row in rows]


def _where(answer: SafetyAnswer) -> Where | None:
    if answer.latitude is None or answer.longitude is None or answer.located_at is None:
        return None
    return Where(answer.latitude, answer.longitude, answer.located_at)


def is_due(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        chore = session.get(Chore, _NAME)
        return chore is None or chore.due_at <= runtime.clock.now()


def run(runtime: Runtime) -> None:
    """Erase, once a night, the locations of what has been over for a week."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        chore = session.get(Chore, _NAME, with_for_update=True)
        if chore is not None and chore.due_at > now:
            return
        session.merge(Chore(name=_NAME, due_at=_next_night(now)))
        erase_locations(session, now)


def erase_locations(session: Session, now: datetime) -> None:
    located = select(SafetyAnswer.broadcast_id).where(SafetyAnswer.located_at.is_not(None))
    for id in session.scalars(located.distinct()).all():
        broadcast = session.get_one(Broadcast, id)
        if _over_since(session, reading.newest(session, broadcast)) <= now - KEPT_AFTER:
            gone = {"latitude": None, "longitude": None, "located_at": None, "where_until": None}
            rows = update(SafetyAnswer).where(SafetyAnswer.broadcast_id == id)
            session.execute(rows.values(gone))


def _over_since(session: Session, newest: Broadcast) -> datetime:
    """When the last of a chain stopped being in force, or will; a cancellation ends it at once."""
    if newest.state in ("broadcasting", "paused") and newest.kind != "cancel":
        return newest.expires_at
    moved = session.scalar(
        select(func.max(Transition.at)).where(
            Transition.subject == Broadcast.__tablename__, Transition.subject_id == newest.id
        )
    )
    return min(moved or newest.expires_at, newest.expires_at)


def _next_night(now: datetime) -> datetime:
    local = now.astimezone(JAPAN)
    night = local.replace(hour=ERASING_HOUR, minute=0, second=0, microsecond=0)
    return night if night > local else night + timedelta(days=1)


def _same_person() -> ColumnElement[bool]:
    return (SafetyAnswer.broadcast_id == Recipient.broadcast_id) & (
        SafetyAnswer.resident_id == Recipient.resident_id
    )


def _of(broadcast_id: int, resident: Resident) -> Select[SafetyAnswer]:
    return select(SafetyAnswer).where(
        SafetyAnswer.broadcast_id == broadcast_id, SafetyAnswer.resident_id == resident.id
    )


def _put(session: Session, broadcast: Broadcast, resident: Resident, **values: object) -> None:
    """Make their answer, or change it, whoever else does so in the same instant."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {"broadcast_id": broadcast.id, "resident_id": resident.id, **values}
    session.execute(
        insert(SafetyAnswer)
        .values(row)
        .on_conflict_do_update(index_elements=["broadcast_id", "resident_id"], set_=values)
    )
