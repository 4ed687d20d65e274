"""Care for key persons: what they gave in a year, and whether they want to go on.

A year after somebody began, or last said that they stay, they are asked; no answer is no farewell:
after a month staff see it and call.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from bot import conversations
from bot.channel import Card, Choice
from bot.city import JAPAN
from bot.models import Chore, KeyPerson, Relay, Resident, Transition
from bot.runtime import Runtime
from broadcasts import availability, key_persons
from broadcasts.relay_messages import language_of

YEAR = timedelta(days=365)
ANSWER_WITHIN = timedelta(days=30)
ASKING_HOUR = 10
"""In Japan: nobody is woken by the question whether they stay."""

_CHORE = "stay"


@dataclass(frozen=True)
class Given:
    """What a key person gave in a calendar year of Japan: notices they passed on, and how long
    they had them in hand, from their yes to their report.
    """

    times: int = 0
    spent: timedelta = timedelta()

    @property
    def minutes(self) -> int:
        return round(self.spent.total_seconds() / 60)


def given(session: Session, ids: Iterable[int], year: int) -> Mapping[int, Given]:
    """What these key persons gave in a year, by their ids; drills count too."""
    begin = datetime(year, 1, 1, tzinfo=JAPAN)
    end = datetime(year + 1, 1, 1, tzinfo=JAPAN)
    reported = (
        select(Relay.key_person_id, Relay.id, Transition.at)
        .join(Transition, Transition.subject_id == Relay.id)
        .where(
            Transition.subject == Relay.__tablename__,
            Transition.to_state == "relayed",
            Transition.at >= begin,
            Transition.at < end,
            Relay.key_person_id.in_(list(ids)),
        )
    )
    rows = session.execute(reported).all()
    accepted = _accepted(session, [relay_id for _person, relay_id, _at in rows])
    found: dict[int, Given] = {}
    for person_id, relay_id, at in rows:
        before = found.get(person_id, Given())
        spent = at - accepted.get(relay_id, at)
        found[person_id] = Given(before.times + 1, before.spent + spent)
    return found


def _accepted(session: Session, relay_ids: list[int]) -> Mapping[int, datetime]:
    """When each relay was taken on last."""
    rows = session.execute(
        select(Transition.subject_id, func.max(Transition.at))
        .where(
            Transition.subject == Relay.__tablename__,
            Transition.subject_id.in_(relay_ids),
            Transition.to_state == "accepted",
        )
        .group_by(Transition.subject_id)
    )
    return {relay_id: at for relay_id, at in rows}


def stays(person: KeyPerson, now: datetime) -> bool:
    """*Yes, I stay*, for another year."""
    if person.state != "active":
        return False
    person.confirmed_at, person.stay_asked_at = now, None
    return True


def is_silent(person: KeyPerson, now: datetime) -> bool:
    """Whether they were asked if they stay, and did not answer within a month."""
    asked = person.stay_asked_at
    return person.state == "active" and asked is not None and asked + ANSWER_WITHIN <= now


def is_due(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        chore = session.get(Chore, _CHORE)
        return chore is None or chore.due_at <= runtime.clock.now()


def run(runtime: Runtime) -> None:
    """Once a day, ask those whose year is over; whoever moves `due_at` first does it."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        chore = session.get(Chore, _CHORE, with_for_update=True)
        if chore is not None and chore.due_at > now:
            return
        session.merge(Chore(name=_CHORE, due_at=_next_asking(now)))
        if chore is None:  # the first look of an installation: wait for a fitting hour
            return
        for person in session.scalars(_year_is_over(now).with_for_update(of=KeyPerson)).all():
            ask_to_stay(session, runtime, person)


def _year_is_over(now: datetime) -> Select[KeyPerson]:
    """Active, reachable, not asked yet, and a year from their last yes, or from their beginning."""
    began = (
        select(func.max(Transition.at))
        .where(
            Transition.subject == KeyPerson.__tablename__,
            Transition.subject_id == KeyPerson.id,
            Transition.to_state == "active",
        )
        .scalar_subquery()
    )
    a_year_ago = now - YEAR
    return (
        select(KeyPerson)
        .join(Resident, Resident.id == KeyPerson.resident_id)
        .where(
            KeyPerson.state == "active",
            KeyPerson.stay_asked_at.is_(None),
            Resident.following,
            Resident.line_user_id.is_not(None),
            began <= a_year_ago,
            or_(KeyPerson.confirmed_at.is_(None), KeyPerson.confirmed_at <= a_year_ago),
        )
        .order_by(KeyPerson.id)
    )


def ask_to_stay(session: Session, runtime: Runtime, person: KeyPerson) -> None:
    """The yearly question, as a card that can be answered whenever they find it."""
    resident = person.resident
    if resident is None or not availability.is_reachable(person):
        return
    tag, say = language_of(person), runtime.words.text
    title = say(tag, "kp.confirm_year", network=key_persons.network_names(person))
    buttons = tuple(
        Choice(say(tag, f"kp.{what}.button"), action=f"do=role&what={what}")
        for what in ("stay", "leave")
    )
    card = Card(title=title, summary=title, buttons=buttons)
    conversations.say(session, runtime, resident, [card], language=tag)
    person.stay_asked_at = runtime.clock.now()


def _next_asking(now: datetime) -> datetime:
    local = now.astimezone(JAPAN)
    today = local.replace(hour=ASKING_HOUR, minute=0, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)
