"""Is this true? What residents heard, what the city found, and who is told.

An answer is written by one member of staff and confirmed by another. Confirmed, it is due to
everybody who asked, to whoever was told an earlier one, and to the key persons of the networks it
was chosen for: one row for each, from which the `default` lane makes one delivery each. Whoever
ends or replaces an answer, and the lane that tells it, hold the rumour's row.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from bot import cases, conversations
from bot.database import after_commit
from bot.models import (
    Case,
    Delivery,
    Message,
    Rumour,
    RumourAnswer,
    RumourQuestion,
    RumourTelling,
    Staff,
)
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import rumour_telling
from broadcasts.rumour_answers import current, is_in_force, key_persons, proposed
from broadcasts.rumour_matching import mark, matching


class NotPossible(Exception):
    """What was asked cannot be done now; `reason` is a code: state, author, expired, waits,
    asked.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# What residents ask


def ask(session: Session, runtime: Runtime, message: Message, language: str) -> RumourQuestion:
    """Keep that somebody asked whether these words are true; where there is an answer in force to
    just that, the question already belongs to its rumour.

    The message is taken out of an ordinary case: it is for this desk.
    """
    now, words = runtime.clock.now(), message.text or ""
    question = RumourQuestion(
        resident_id=message.resident_id,
        message_id=message.id,
        state="waiting",
        language=language,
        fold=mark(runtime, words),
        asked_at=now,
    )
    answer = _answer_to(session, runtime, words, now)
    message.case_id = None
    conversations.await_translation(runtime, message, None)
    session.add(question)
    session.flush()
    if answer is not None:
        transition(
            session, question, "grouped", by="bot", reason="the same words", at=now,
            rumour_id=answer.rumour_id,
        )  # fmt: skip
        if session.get(RumourTelling, (answer.id, message.resident_id)) is None:
            session.add(RumourTelling(answer_id=answer.id, resident_id=message.resident_id))
    return question


def _answer_to(
    session: Session, runtime: Runtime, words: str, now: datetime
) -> RumourAnswer | None:
    """The answer in force to these words, held: nobody replaces it before this asker counts."""
    found = matching(session, runtime, words, now)
    if found is None:
        return None
    session.get_one(Rumour, found.rumour_id, with_for_update={"read": True})
    newest = current(session, found.rumour_id)
    return newest if newest is not None and is_in_force(newest, now) else None


def not_this(session: Session, question: RumourQuestion, now: datetime) -> bool:
    """The answer was to something else: staff look at the question after all."""
    rumour_id = question.rumour_id
    if question.state != "grouped" or not transition(
        session, question, "waiting", by="resident", reason="not this", at=now, rumour_id=None
    ):
        return False
    _owe_nothing(session, rumour_id, question.resident_id)
    return True


def _owe_nothing(session: Session, rumour_id: int | None, resident_id: int) -> None:
    """Somebody did not ask this: what they were not sent they are not owed."""
    answers = select(RumourAnswer.id).where(RumourAnswer.rumour_id == rumour_id)
    session.execute(
        delete(RumourTelling).where(
            RumourTelling.answer_id.in_(answers),
            RumourTelling.resident_id == resident_id,
            RumourTelling.delivery_id.is_(None),
            RumourTelling.as_key_person.is_(False),
        )
    )


# What staff do


def group(
    session: Session,
    runtime: Runtime,
    rumour: Rumour,
    questions: Iterable[RumourQuestion],
    by: str,
) -> int:
    """Waiting questions are about this rumour: how many were still waiting.

    An answer in force is told to them; a rumour that had ended is open again.
    """
    now, count = runtime.clock.now(), 0
    answer = current(session, rumour.id)
    for question in questions:
        if question.state != "waiting" or not transition(
            session, question, "grouped", by=by, reason="grouped", at=now, rumour_id=rumour.id
        ):
            continue
        count += 1
        if answer is not None and is_in_force(answer, now):
            _owe(session, answer, question.resident_id, now)
    if count and rumour.state == "ended":
        transition(session, rumour, "open", by=by, reason="asked again", at=now)
    _wake(session, runtime)
    return count


def _owe(session: Session, answer: RumourAnswer, resident_id: int, now: datetime) -> None:
    if session.get(RumourTelling, (answer.id, resident_id)) is None:
        telling = RumourTelling(answer_id=answer.id, resident_id=resident_id, due_at=now)
        session.add(telling)
        session.flush()


def take_out(session: Session, questions: Iterable[RumourQuestion], by: str, now: datetime) -> int:
    """These questions are about something else: how many wait again."""
    count = 0
    for row in questions:
        rumour_id = row.rumour_id
        if row.state == "grouped" and transition(
            session, row, "waiting", by=by, reason="taken out", at=now, rumour_id=None
        ):
            count += 1
            _owe_nothing(session, rumour_id, row.resident_id)
    return count


def pass_on(session: Session, runtime: Runtime, question: RumourQuestion, by: str) -> Case | None:
    """What was asked is no rumour: a case, like any other question; None if it waits no more."""
    now = runtime.clock.now()
    if question.state != "waiting" or not transition(
        session, question, "passed", by=by, reason="no rumour", at=now
    ):
        return None
    case, _is_new = cases.open_case(
        session, runtime, question.resident, reason="asked", about=question.message
    )
    return case


def propose(
    session: Session, runtime: Runtime, rumour: Rumour, answer: RumourAnswer, staff: Staff
) -> RumourAnswer:
    """Put an answer before a second person. Raises `NotPossible`: waits, expired.

    Networks that were told an earlier answer are told this one too.
    """
    now = runtime.clock.now()
    if proposed(session, rumour.id) is not None:
        raise NotPossible("waits")
    if answer.expires_at <= now:
        raise NotPossible("expired")
    before = current(session, rumour.id)
    told = before.network_ids if before else []
    answer.rumour_id, answer.state = rumour.id, "proposed"
    answer.author_id, answer.created_at = staff.id, now
    answer.network_ids = sorted({*answer.network_ids, *told})
    session.add(answer)
    session.flush()
    return answer


def withdraw(
    session: Session, answer: RumourAnswer, staff: Staff, reason: str, now: datetime
) -> bool:
    """Nobody confirms this answer; another can be written."""
    by = f"staff:{staff.id}"
    return answer.state == "proposed" and transition(
        session, answer, "withdrawn", by=by, reason=reason, at=now
    )


def confirm(
    session: Session, runtime: Runtime, rumour: Rumour, answer: RumourAnswer, staff: Staff
) -> int:
    """A second person lets it go out: to how many. The rumour's row is held.

    Raises `NotPossible`: state, author, expired.
    """
    now, by = runtime.clock.now(), f"staff:{staff.id}"
    if answer.state != "proposed":
        raise NotPossible("state")
    if answer.author_id == staff.id:
        raise NotPossible("author")
    if answer.expires_at <= now:
        raise NotPossible("expired")
    before = current(session, rumour.id)
    if before is not None and before.state == "in_force":
        transition(session, before, "replaced", by=by, reason=f"by {answer.id}", at=now)
        rumour_telling.stop(session, before, now)
    transition(session, answer, "in_force", by=by, reason="confirmed", at=now)
    if rumour.state != "answered":
        transition(session, rumour, "answered", by=by, reason=answer.verdict, at=now)
    rows = list(_audience(session, answer, now))
    if rows:
        session.execute(insert(RumourTelling), rows)
    _wake(session, runtime)
    return len(rows)


def _audience(session: Session, answer: RumourAnswer, now: datetime) -> Iterator[dict[str, object]]:
    """Whoever asked, was told before, or passes it on: each once."""
    asked = set(
        session.scalars(
            select(RumourQuestion.resident_id)
            .join(Message, Message.id == RumourQuestion.message_id)
            .where(
                RumourQuestion.rumour_id == answer.rumour_id,
                RumourQuestion.state == "grouped",
                Message.unsent.is_(False),
            )
        )
    )
    told = set(session.scalars(_told_before(answer)))
    speaking = {
        person.resident_id
        for person, _networks in key_persons(session, answer)
        if person.resident_id is not None
    }
    for resident_id in sorted(asked | told | speaking):
        yield {
            "answer_id": answer.id,
            "resident_id": resident_id,
            "as_key_person": resident_id in speaking,
            "again": resident_id in told,
            "due_at": now,
        }


def _told_before(answer: RumourAnswer) -> Select[int]:
    """Whoever got, or may have got, an earlier answer of the same rumour."""
    return (
        select(RumourTelling.resident_id)
        .join(RumourAnswer, RumourAnswer.id == RumourTelling.answer_id)
        .outerjoin(Delivery, Delivery.id == RumourTelling.delivery_id)
        .where(
            RumourAnswer.rumour_id == answer.rumour_id,
            RumourAnswer.id != answer.id,
            rumour_telling.was_told(),
        )
    )


def end(session: Session, rumour: Rumour, by: str, reason: str, now: datetime) -> None:
    """Nothing more is said of a rumour; where somebody was not told yet, it is open again.

    Raises `NotPossible`: state, waits (an answer is proposed), asked (there never was an answer).
    The rumour's row is held.
    """
    if rumour.state == "ended":
        raise NotPossible("state")
    if proposed(session, rumour.id) is not None:
        raise NotPossible("waits")
    if rumour.state == "answered":
        rumour_telling.end_answer(session, rumour, by, reason, now)
        return
    if rumour_telling.is_awaited(session, rumour):
        raise NotPossible("asked")
    transition(session, rumour, "ended", by=by, reason=reason, at=now)


def _wake(session: Session, runtime: Runtime) -> None:
    after_commit(session, partial(runtime.wakeups.send, rumour_telling.QUEUE))
