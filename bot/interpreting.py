"""Residents' words in Japanese, for staff: claimed, translated by machine, kept with the message.

Nobody waits for a machine: this runs in the `default` lane, and the page shows it when it is there.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from bot import conversations
from bot.jobs import work_off
from bot.models import Case, Message
from bot.runtime import Runtime
from bot.translation import Problem, Purpose, TranslationError

THREADS = 4
AGAIN = timedelta(seconds=30)
GIVE_UP = timedelta(hours=2)
"""A translation that late helps nobody; staff can still ask for it on the page."""


def is_due(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        return session.scalars(_due(runtime.clock.now()).limit(1)).first() is not None


def run(runtime: Runtime) -> bool:
    """Translate what waits; True when something may be left."""
    return work_off(
        lambda limit: [partial(_attempt, runtime, id) for id in _claim(runtime, limit)], THREADS
    )


def _attempt(runtime: Runtime, message_id: int) -> None:
    with suppress(TranslationError):  # logged where it arose, and tried again
        translate(runtime, message_id)


def translate(runtime: Runtime, message_id: int) -> None:
    """Ask the machine about one message. Raises `TranslationError`.

    Nothing is asked about a message taken back or of a protected case, and no answer is kept.
    """
    with runtime.database.read() as session:
        message = _usable(session, message_id)
        if message is None:
            return
        text, language = message.text or "", message.language or ""
    problem: TranslationError | None = None
    japanese = None
    try:
        japanese = runtime.translator.translate(text, language, "ja", Purpose.RESIDENT)
    except TranslationError as error:
        problem = error
    with runtime.database.write() as session:
        message = _usable(session, message_id, lock=True)
        if message is not None and japanese is not None:
            conversations.put_japanese(message, japanese, protected=False, sealer=runtime.sealer)
        if message is not None and (problem is None or problem.problem is not Problem.AWAY):
            message.translate_at = None
    if problem is not None:
        raise problem


def _due(now: datetime) -> Select[Message]:
    return select(Message).where(Message.translate_at <= now).order_by(Message.translate_at)


def _claim(runtime: Runtime, limit: int) -> list[int]:
    """Up to `limit` messages, each for half a minute at least, longer the longer it took."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        rows = session.scalars(_due(now).limit(limit).with_for_update(skip_locked=True)).all()
        for row in rows:
            age = now - row.at
            row.translate_at = now + max(AGAIN, age) if age < GIVE_UP else None
        return [row.id for row in rows]


def _usable(session: Session, message_id: int, *, lock: bool = False) -> Message | None:
    statement = (
        select(Message)
        .outerjoin(Case, Case.id == Message.case_id)
        .where(
            Message.id == message_id,
            or_(Case.id.is_(None), Case.protected.is_(False)),
            Message.text.is_not(None),
        )
    )
    if lock:
        statement = statement.with_for_update(of=Message)
    return session.scalars(statement).first()
