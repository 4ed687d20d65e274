"""What the networks need somebody for now: nobody left to ask, and invitations to be confirmed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, selectinload

from bot.models import KeyPerson, Post, TextClaim, Transition
from bot.models.broadcasts import Broadcast, Rendition
from broadcasts import relay_reading
from broadcasts.text_claims import AUTOMATIC
from handlers.console.language import _, day_and_time, duration, language_name

UNREAD_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Gap:
    """A network nobody is left to ask for, of one notice in force."""

    broadcast_id: int
    number: str
    drill: bool
    network_id: int
    network: str
    language: str
    since: str
    waiting: str


@dataclass(frozen=True)
class Call:
    """Somebody used an invitation and must be called before they become a key person."""

    person_id: int
    name: str
    networks: str
    since: str
    waiting: str


def gaps(session: Session, now: datetime) -> tuple[Gap, ...]:
    """Real notices before drills, who waits longest first."""
    return tuple(
        Gap(
            broadcast_id=broadcast.id,
            number=broadcast.number,
            drill=broadcast.drill,
            network_id=network.id,
            network=network.name,
            language=language_name(network.language),
            since=day_and_time(gap.since, now),
            waiting=duration(now - gap.since),
        )
        for gap, broadcast, network in relay_reading.all_gaps(session, now)
    )


@dataclass(frozen=True)
class Unread:
    """A text that went out without staff, of a notice in force."""

    claim_id: int
    number: str
    drill: bool
    language: str
    writer: str
    network: str
    since: str


def unread(session: Session, now: datetime) -> tuple[Unread, ...]:
    """Texts released by themselves within the last hour, the newest first."""
    released = and_(
        Transition.subject == TextClaim.__tablename__,
        Transition.subject_id == TextClaim.id,
        Transition.to_state == "released",
        Transition.by == AUTOMATIC,
        Transition.at > now - UNREAD_FOR,
    )
    rows = session.execute(
        select(TextClaim, Broadcast, Transition.at)
        .join(Transition, released)
        .join(Broadcast, Broadcast.id == TextClaim.broadcast_id)
        .join(Rendition, Rendition.id == TextClaim.rendition_id)
        .where(Rendition.state == "ready", Broadcast.state == "broadcasting")
        .order_by(Transition.at.desc())
    )
    return tuple(
        Unread(
            claim_id=claim.id,
            number=broadcast.number,
            drill=broadcast.drill,
            language=language_name(claim.language),
            writer=claim.relay.key_person.name,
            network=claim.relay.network.name,
            since=day_and_time(at, now),
        )
        for claim, broadcast, at in rows
    )


def calls(session: Session, now: datetime) -> tuple[Call, ...]:
    """In the order in which the invitations were used."""
    waiting = select(KeyPerson).where(KeyPerson.state == "to_confirm")
    people = session.scalars(
        waiting.options(selectinload(KeyPerson.posts).selectinload(Post.network))
    ).all()
    moves = relay_reading.moves(session, KeyPerson, [person.id for person in people])
    used = sorted(
        (max((move.at for move in moves[person.id]), default=now), person.id, person)
        for person in people
    )
    return tuple(
        Call(
            person_id=person.id,
            name=person.name,
            networks=_(", ").join(post.network.name for post in person.posts),
            since=day_and_time(at, now),
            waiting=duration(now - at),
        )
        for at, _id, person in used
    )
