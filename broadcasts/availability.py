"""Who can be asked now, and in which order: pauses, quiet hours, full hands, whose day it is.

Nothing here changes anything but what a key person or staff set themselves. Whoever asks somebody
holds all hands first, so that two requests at once never exceed what one may have. A network whose
key persons are all away has a gap like any other: staff see it, and it is looked at again.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.city import JAPAN
from bot.models import USUAL_MOST_OPEN, CarePolicy, KeyPerson, Network, Post, Relay
from bot.models.broadcasts import Broadcast

OPEN = ("requested", "accepted")
MATTERS_OF_LIFE = ("Extreme", "Severe")
"""The severities for which somebody may be asked in their quiet hours, if they said so."""

LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True)
class Quiet:
    """Whole hours in Japan in which somebody is not asked; `end` may be on the next day."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.start:02}:00–{self.end:02}:00"

    def covers(self, hour: int) -> bool:
        if self.start < self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end


def quiet(person: KeyPerson) -> Quiet | None:
    """Somebody's quiet hours, if they have any."""
    if person.quiet_from is None or person.quiet_to is None:
        return None
    return Quiet(person.quiet_from, person.quiet_to)


def is_there(person: KeyPerson, now: datetime, severity: str = "") -> bool:
    """Whether somebody can be asked now about something of this severity, however much they have
    in hand.
    """
    return (
        person.state == "active"
        and is_reachable(person)
        and not is_paused(person, now)
        and not is_quiet(person, now, severity)
    )


def is_reachable(person: KeyPerson) -> bool:
    """Whether LINE still lets the city write to them."""
    resident = person.resident
    return resident is not None and resident.following and resident.line_user_id is not None


def is_paused(person: KeyPerson, now: datetime) -> bool:
    return person.paused_until is not None and person.paused_until > now


def is_quiet(person: KeyPerson, now: datetime, severity: str = "") -> bool:
    """Whether it is within their quiet hours, and this is nothing they want to be asked in them."""
    hours = quiet(person)
    if hours is None or (severity in MATTERS_OF_LIFE and person.night_ok):
        return False
    return hours.covers(now.astimezone(JAPAN).hour)


def pressing(broadcast: Broadcast) -> str:
    """The severity that counts against quiet hours: for a drill nobody is woken."""
    return "" if broadcast.drill else broadcast.severity


def in_order(posts: Iterable[Post], now: datetime) -> list[Post]:
    """The key persons of a network as they are asked today: who has the day, then the others."""
    today = now.astimezone(JAPAN).weekday()
    return sorted(posts, key=lambda post: (today not in post.on_days, post.position))


def next_post(
    network: Network, asked: Iterable[Relay], broadcast: Broadcast, now: datetime, full: Set[int]
) -> Post | None:
    """Who of a network comes next for a notice; None where nobody is left. `full` are the ids of
    those who have their hands full.
    """
    done = full | {relay.key_person_id for relay in asked}
    severity = pressing(broadcast)
    free = (post for post in in_order(network.posts, now) if post.key_person_id not in done)
    return next((post for post in free if is_there(post.key_person, now, severity)), None)


def most_open(session: Session) -> int:
    """How much one key person may have in hand at the same time."""
    policy = session.get(CarePolicy, 1)
    return policy.most_open if policy else USUAL_MOST_OPEN


def hold_hands(session: Session) -> None:
    """Until this transaction ends nobody else asks a key person anything: what is counted now
    holds. Whoever also locks a notice, a network or a key person does so before.
    """
    if session.get(CarePolicy, 1, with_for_update=True) is not None:
        return
    try:
        with session.begin_nested():
            session.add(CarePolicy(id=1, most_open=USUAL_MOST_OPEN))
    except IntegrityError:  # somebody else was a moment earlier
        session.get_one(CarePolicy, 1, with_for_update=True)


def full_hands(session: Session, now: datetime) -> frozenset[int]:
    """The ids of key persons who have as many notices in force in hand, unanswered or not yet
    reported, as one may.
    """
    full = (
        select(Relay.key_person_id)
        .join(Broadcast, Broadcast.id == Relay.broadcast_id)
        .where(
            Relay.state.in_(OPEN),
            Broadcast.state.in_(("broadcasting", "paused")),
            Broadcast.expires_at > now,
        )
        .group_by(Relay.key_person_id)
        .having(func.count() >= most_open(session))
    )
    return frozenset(session.scalars(full))


def pause(person: KeyPerson, days: int, now: datetime) -> None:
    """Ask them nothing for so many days in Japan, today counted: 1 ends at the next midnight."""
    person.paused_until = midnight(now, days)


def midnight(now: datetime, days: int) -> datetime:
    """The beginning of a day in Japan so many days from today."""
    later = now.astimezone(JAPAN) + timedelta(days=days)
    return later.replace(hour=0, minute=0, second=0, microsecond=0)
