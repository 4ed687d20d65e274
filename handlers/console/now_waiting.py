"""What else waits for a decision: key persons' recordings, and answers to rumours."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload

from bot.models import Relay, RumourAnswer, Sound, Staff, Transition
from bot.models.broadcasts import Broadcast
from broadcasts import relay_reading
from handlers.console.language import day_and_time, duration, language_name
from handlers.console.networks_words import person_name
from handlers.console.rumours_words import verdict_word


@dataclass(frozen=True)
class Recording:
    """A notice read aloud that nobody of the staff has released or erased."""

    id: int
    number: str
    drill: bool
    language: str
    network: str
    person: str
    since: str
    waiting: str


@dataclass(frozen=True)
class Answer:
    """An answer to a rumour that a second person must confirm; `mine` to do for who looks."""

    id: int
    rumour_id: int
    claim: str
    verdict: str
    author: str
    since: str
    waiting: str
    mine: bool


def recordings(session: Session, now: datetime) -> tuple[Recording, ...]:
    """Those of notices in force: real ones before drills, then in the order in which they came."""
    fetched = and_(
        Transition.subject == Sound.__tablename__,
        Transition.subject_id == Sound.id,
        Transition.to_state == "submitted",
    )
    relay = joinedload(Sound.relay)
    rows = session.execute(
        select(Broadcast, Sound, Transition.at)
        .join(Sound, Sound.broadcast_id == Broadcast.id)
        .join(Transition, fetched)
        .where(Sound.state == "submitted", relay_reading.in_force(now))
        .order_by(Broadcast.drill, Transition.at, Sound.id)
        .options(relay.joinedload(Relay.network), relay.joinedload(Relay.key_person))
    )
    return tuple(
        Recording(
            id=sound.id,
            number=broadcast.number,
            drill=broadcast.drill,
            language=language_name(sound.language),
            network=sound.relay.network.name,
            person=person_name(sound.relay.key_person),
            since=day_and_time(at, now),
            waiting=duration(now - at),
        )
        for broadcast, sound, at in rows
    )


def answers(session: Session, staff: Staff, now: datetime) -> tuple[Answer, ...]:
    """In the order in which they were written."""
    rows = session.execute(
        select(RumourAnswer, Staff.name)
        .join(Staff, Staff.id == RumourAnswer.author_id)
        .where(RumourAnswer.state == "proposed")
        .order_by(RumourAnswer.id)
        .options(joinedload(RumourAnswer.rumour))
    )
    return tuple(
        Answer(
            id=row.id,
            rumour_id=row.rumour_id,
            claim=row.rumour.claim,
            verdict=verdict_word(row.verdict),
            author=author,
            since=day_and_time(row.created_at, now),
            waiting=duration(now - row.created_at),
            mine=staff.may("approver") and row.author_id != staff.id,
        )
        for row, author in rows
    )
