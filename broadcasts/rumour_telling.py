"""Telling the answer to a rumour: one delivery for each person it is due to, and its end.

The lane, and whoever replaces or ends an answer, hold the rumour's row: an answer that is over is
told to nobody any more.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, or_, select
from sqlalchemy.orm import Session

from bot import conversations, networks
from bot.channel import Outgoing, Text
from bot.models import (
    Delivery,
    KeyPerson,
    Message,
    Resident,
    Rumour,
    RumourAnswer,
    RumourQuestion,
    RumourTelling,
)
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import availability
from broadcasts.rumour_answers import current, is_in_force, key_persons, locked, text

QUEUE = "default"
AT_ONCE = 50
"""So many people are told in one transaction; others write in between."""
A_RUN = 1000
"""So many are told before the lane does its other work."""
LOOK_AGAIN = timedelta(minutes=10)
"""How soon a key person who rests is looked for again."""
COPIES = 4
"""Languages a key person is given the words in at most: LINE takes five messages a request."""


def is_due(runtime: Runtime) -> bool:
    now = runtime.clock.now()
    with runtime.database.read() as session:
        due = session.scalars(_due(now).limit(1)).first()
        return due is not None or session.scalars(_over(now).limit(1)).first() is not None


def run(runtime: Runtime) -> None:
    """End what is over, and tell up to `A_RUN` people what is due to them."""
    now = runtime.clock.now()
    with runtime.database.read() as session:
        over, due = session.scalars(_over(now)).all(), session.scalars(_due(now)).all()
    for rumour_id in over:
        _end_if_over(runtime, rumour_id)
    left = A_RUN
    for rumour_id in due:
        while left > 0 and (told := _tell_some(runtime, rumour_id)):
            left -= told
    if left <= 0:
        runtime.wakeups.send(QUEUE)


def _due(now: datetime) -> Select[int]:
    """The rumours somebody is to be told the answer of."""
    return (
        select(RumourAnswer.rumour_id)
        .join(RumourTelling, RumourTelling.answer_id == RumourAnswer.id)
        .where(
            RumourAnswer.state == "in_force",
            RumourAnswer.expires_at > now,
            RumourTelling.due_at <= now,
        )
        .distinct()
    )


def _over(now: datetime) -> Select[int]:
    return select(RumourAnswer.rumour_id).where(
        RumourAnswer.state == "in_force", RumourAnswer.expires_at <= now
    )


def _end_if_over(runtime: Runtime, rumour_id: int) -> None:
    now = runtime.clock.now()
    with runtime.database.write() as session:
        rumour, answer = locked(session, rumour_id), current(session, rumour_id)
        if rumour is None or answer is None or answer.state != "in_force":
            return
        if answer.expires_at <= now:
            end_answer(session, rumour, "bot", "expired", now)


def end_answer(session: Session, rumour: Rumour, by: str, reason: str, now: datetime) -> None:
    """The answer in force holds no longer. The rumour's row is held."""
    answer = current(session, rumour.id)
    if answer is not None and answer.state == "in_force":
        transition(session, answer, "ended", by=by, reason=reason, at=now)
        stop(session, answer, now)
    if rumour.state == "answered":
        to = "open" if is_awaited(session, rumour) else "ended"
        transition(session, rumour, to, by=by, reason=reason, at=now)


def is_awaited(session: Session, rumour: Rumour) -> bool:
    """Whether somebody who asked, and can be reached, was told no answer yet."""
    told = (
        select(RumourTelling.resident_id)
        .join(RumourAnswer, RumourAnswer.id == RumourTelling.answer_id)
        .outerjoin(Delivery, Delivery.id == RumourTelling.delivery_id)
        .where(RumourAnswer.rumour_id == rumour.id, was_told())
    )
    waiting = (
        select(RumourQuestion.id)
        .join(Message, Message.id == RumourQuestion.message_id)
        .join(Resident, Resident.id == RumourQuestion.resident_id)
        .where(
            Resident.following,
            Resident.line_user_id.is_not(None),
            RumourQuestion.rumour_id == rumour.id,
            RumourQuestion.state == "grouped",
            RumourQuestion.resident_id.not_in(told),
            Message.unsent.is_(False),
        )
    )
    return session.scalars(waiting.limit(1)).first() is not None


def was_told() -> ColumnElement[bool]:
    """Of a telling with its delivery, outer: whether they got it, or may have got it."""
    return RumourTelling.due_at.is_(None) & or_(
        Delivery.id.is_(None), Delivery.state != "cancelled"
    )


def _tell_some(runtime: Runtime, rumour_id: int) -> int:
    """Tell up to `AT_ONCE` people the answer in force; how many were looked at."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        locked(session, rumour_id)
        answer = current(session, rumour_id)
        if answer is None or not is_in_force(answer, now):
            return 0
        rows = session.scalars(
            select(RumourTelling)
            .where(RumourTelling.answer_id == answer.id, RumourTelling.due_at <= now)
            .order_by(RumourTelling.resident_id)
            .limit(AT_ONCE)
        ).all()
        for row in rows:
            _tell(session, runtime, answer, row, now)
        return len(rows)


def _tell(
    session: Session, runtime: Runtime, answer: RumourAnswer, row: RumourTelling, now: datetime
) -> None:
    """One delivery for one person. A key person who rests is told later, and whoever is out of
    reach not at all.
    """
    resident = session.get_one(Resident, row.resident_id)
    person = networks.key_person_of(session, resident) if row.as_key_person else None
    if resident.line_user_id is None or not resident.following:
        session.delete(row)
        return
    if person is not None and person.state == "active" and not availability.is_there(person, now):
        row.due_at = now + LOOK_AGAIN
        return
    tag = resident.language
    said: list[Outgoing] = [Text(text(runtime, answer, tag, again=row.again))]
    if person is not None:
        said = _to_pass_on(session, runtime, answer, person, row) or said
    delivery = conversations.say(session, runtime, resident, said, language=tag)
    row.due_at, row.delivery_id = None, delivery.id


def _to_pass_on(
    session: Session,
    runtime: Runtime,
    answer: RumourAnswer,
    person: KeyPerson,
    row: RumourTelling,
) -> list[Outgoing]:
    """The words to copy, in the languages of the networks; nothing for a role that ended."""
    of_them = dict((known.id, mine) for known, mine in key_persons(session, answer))
    mine = of_them.get(person.id, [])
    if not mine or person.resident is None:
        return []
    tag = person.resident.language
    names = runtime.words.text(tag, "list.separator").join(network.name for network in mine)
    tags = list(dict.fromkeys(network.language for network in mine))[:COPIES]
    copies = [Text(text(runtime, answer, known, again=row.again)) for known in tags]
    return [Text(runtime.words.text(tag, "kp.rumour", network=names)), *copies]


def stop(session: Session, answer: RumourAnswer, now: datetime) -> None:
    """Whoever was not told yet is not; what was not sent yet stays unsent."""
    session.execute(
        delete(RumourTelling).where(
            RumourTelling.answer_id == answer.id, RumourTelling.due_at.is_not(None)
        )
    )
    waiting = (
        select(Delivery)
        .join(RumourTelling, RumourTelling.delivery_id == Delivery.id)
        .where(RumourTelling.answer_id == answer.id, Delivery.state == "queued")
    )
    for delivery in session.scalars(waiting).all():
        why = "the answer is over"
        transition(session, delivery, "cancelled", by="bot", reason=why, at=now, problem=why)
