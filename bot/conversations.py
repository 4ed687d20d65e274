"""What is said between a resident and the city: stored as said, sealed where it must be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import deliveries
from bot.channel import Card, Choice, Incoming, Outgoing, Text
from bot.models import Case, CommunityQuestion, Delivery, Message, Resident, Staff
from bot.runtime import Runtime
from bot.sealing import Sealer
from bot.translation import JAPANESE


@dataclass(frozen=True)
class ReplyTo:
    """The event an answer belongs to: its token is free of charge until `until`."""

    token: str | None
    until: datetime


def heard(
    session: Session,
    resident: Resident,
    event: Incoming,
    *,
    at: datetime,
    language: str | None,
    case: Case | None,
    sealer: Sealer,
) -> Message:
    """Store what a resident said. In a protected case the text is kept encrypted only."""
    message = Message(
        resident_id=resident.id,
        case_id=case.id if case else None,
        at=at,
        author="resident",
        kind=event.kind,
        language=language,
        line_message_id=event.message_id,
    )
    _put_text(message, event.text, protected=case is not None and case.protected, sealer=sealer)
    session.add(message)
    session.flush()
    return message


def say(
    session: Session,
    runtime: Runtime,
    resident: Resident,
    outgoing: Sequence[Outgoing],
    *,
    language: str,
    urgent: bool = False,
    reply_to: ReplyTo | None = None,
    case: Case | None = None,
    topic_id: str | None = None,
) -> Delivery:
    """Store what the city says and queue its delivery: one to five messages, one request.

    Raises `ValueError` for a resident whose data was deleted.
    """
    if resident.line_user_id is None:
        raise ValueError("this resident's data was deleted")
    now = runtime.clock.now()
    delivery = deliveries.queue(
        session,
        runtime,
        resident.line_user_id,
        runtime.channel.render(outgoing),
        resident_id=resident.id,
        urgent=urgent,
        reply_token=reply_to.token if reply_to else None,
        reply_until=reply_to.until if reply_to else None,
    )
    for part in outgoing:
        message = Message(
            resident_id=resident.id,
            case_id=case.id if case else None,
            at=now,
            author="bot",
            kind="card" if isinstance(part, Card) else "text",
            language=language,
            topic_id=topic_id,
            delivery_id=delivery.id,
        )
        protected = case is not None and case.protected
        _put_text(message, plain_words(part), protected=protected, sealer=runtime.sealer)
        session.add(message)
    return delivery


def answer(
    session: Session,
    runtime: Runtime,
    case: Case,
    staff: Staff,
    text: str,
    *,
    language: str,
    origin: str,
    japanese: str,
    once: str,
    button: Callable[[Message], Choice] | None = None,
) -> Message:
    """Store and queue what a member of staff says to a resident, under their name.

    `text` is what is kept; a machine's is sent with a note that says so, and `button`. Raises
    `ValueError` for a resident whose data was deleted.
    """
    resident = case.resident
    if resident.line_user_id is None:
        raise ValueError("this resident's data was deleted")
    message = _by_staff(session, runtime, case, staff, "text", text, japanese)
    message.language, message.origin, message.once = language, origin, once
    session.flush()
    words = text
    if origin == "machine":
        words = f"{text}\n\n{runtime.words.text(language, 'staff.machine_note')}"
    choices = (button(message),) if button else ()
    sender = runtime.words.text(language, "staff.sender", name=staff.name)
    message.delivery_id = deliveries.queue(
        session,
        runtime,
        resident.line_user_id,
        runtime.channel.render([Text(words, choices, sender)]),
        resident_id=resident.id,
        urgent=False,
    ).id
    return message


def note(session: Session, runtime: Runtime, case: Case, staff: Staff, text: str) -> Message:
    """Keep something for colleagues only."""
    return _by_staff(session, runtime, case, staff, "note", text, None)


def _by_staff(
    session: Session,
    runtime: Runtime,
    case: Case,
    staff: Staff,
    kind: str,
    text: str,
    japanese: str | None,
) -> Message:
    message = Message(
        resident_id=case.resident_id,
        case_id=case.id,
        at=runtime.clock.now(),
        author="staff",
        staff_id=staff.id,
        kind=kind,
    )
    _put_text(message, text, protected=case.protected, sealer=runtime.sealer)
    put_japanese(message, japanese, protected=case.protected, sealer=runtime.sealer)
    session.add(message)
    return message


def said(message: Message, sealer: Sealer) -> tuple[str, str]:
    """A message's words as they were, and in Japanese; "" for what there is not.

    Raises `SealError` where the keys that sealed them are gone.
    """
    pairs = ((message.text, message.sealed), (message.japanese, message.sealed_japanese))
    own, japanese = (sealer.open(sealed) if sealed else text or "" for text, sealed in pairs)
    return own, japanese


def plain_words(part: Outgoing) -> str:
    """What a message says, as staff read it later."""
    if isinstance(part, Text):
        return part.text
    if isinstance(part, Card):
        return "\n".join((part.title, *part.lines))
    return "\n".join((part.band, part.action, *(text for _, text in part.facts)))


def language_of(session: Session, case: Case) -> str:
    """The tag to answer in: what the resident wrote in last, else what they chose."""
    written = session.scalars(
        select(Message.language)
        .where(
            Message.case_id == case.id,
            Message.author == "resident",
            Message.kind == "text",
            Message.language.is_not(None),
        )
        .order_by(Message.id.desc())
        .limit(1)
    ).first()
    return written or case.resident.language


def await_translation(runtime: Runtime, message: Message, case: Case | None) -> None:
    """Have a resident's words translated for staff, where a machine may see them."""
    wanted = (
        message.author == "resident"
        and message.kind == "text"
        and bool(message.text)
        and message.japanese is None
        and message.language not in (None, *JAPANESE)
        and not (case and case.protected)
    )
    if wanted and runtime.translator.is_on:
        message.translate_at = runtime.clock.now()


def protect(session: Session, case: Case, resident: Resident, sealer: Sealer) -> None:
    """Encrypt every text of a case that became protected."""
    for message in session.scalars(select(Message).where(Message.case_id == case.id)):
        message.translate_at = None
        if message.text is not None:
            _put_text(message, message.text, protected=True, sealer=sealer)
        if message.japanese is not None:
            put_japanese(message, message.japanese, protected=True, sealer=sealer)
    in_case = select(Message.id).where(Message.case_id == case.id)
    answered = update(CommunityQuestion).where(CommunityQuestion.message_id.in_(in_case))
    session.execute(answered.values(answer=None))


def unsay(session: Session, resident: Resident, line_message_id: str | None) -> None:
    """The resident took a message back: nobody reads it from now on."""
    session.execute(
        update(Message)
        .where(Message.resident_id == resident.id, Message.line_message_id == line_message_id)
        .values(
            text=None,
            sealed=None,
            japanese=None,
            sealed_japanese=None,
            translate_at=None,
            unsent=True,
        )
    )


def last_answer(session: Session, resident: Resident) -> Message | None:
    """The bot's newest answer to a question of this resident."""
    return session.scalars(
        select(Message)
        .where(
            Message.resident_id == resident.id,
            Message.author == "bot",
            Message.topic_id.is_not(None),
        )
        .order_by(Message.id.desc())
        .limit(1)
    ).first()


def put_japanese(message: Message, text: str | None, *, protected: bool, sealer: Sealer) -> None:
    """Keep what a message says in Japanese, sealed where its words are."""
    message.japanese = None if protected else text
    message.sealed_japanese = sealer.seal(text) if protected and text else None


def _put_text(message: Message, text: str, *, protected: bool, sealer: Sealer) -> None:
    message.text = None if protected else text
    message.sealed = sealer.seal(text) if protected else None
