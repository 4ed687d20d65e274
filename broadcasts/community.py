"""Questions through a key person: a resident chose to, and the key person never learns who asks.

What may be asked this way is decided by `Knowledge.may_be_shared`, anew at every step. Whatever a
key person does not answer within a day goes to staff.
"""

from collections.abc import Set
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from bot import cases, conversations, deliveries, networks
from bot.channel import Card, Choice, Outgoing, Text
from bot.models import (
    Case,
    CommunityQuestion,
    Delivery,
    KeyPerson,
    Message,
    Network,
    PrivatePage,
    Resident,
    Transition,
)
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import availability
from broadcasts.relay_messages import language_of

LIFE = timedelta(days=1)
RECENT = timedelta(minutes=30)
LONGEST_ANSWER = 1000
"""UTF-16 units."""
LINE_SHOWN = 200


def newest_shareable(
    session: Session, runtime: Runtime, resident: Resident, now: datetime
) -> Message | None:
    """What a resident wrote last, if a key person may be shown it."""
    newest = (
        select(Message)
        .where(Message.resident_id == resident.id, Message.author == "resident")
        .order_by(Message.id.desc())
        .limit(1)
    )
    message = session.scalars(newest).first()
    return message if message and is_shareable(session, runtime, message, resident, now) else None


def is_shareable(
    session: Session, runtime: Runtime, message: Message, resident: Resident, now: datetime
) -> bool:
    """Whether a message is this resident's own, recent, readable, and about nothing private."""
    if message.resident_id != resident.id or message.author != "resident":
        return False
    if message.kind != "text" or message.unsent or not message.text:
        return False
    if now - message.at >= RECENT or is_private(session, message, resident, now):
        return False
    return runtime.knowledge.may_be_shared(message.text, message.language or resident.language)


def is_private(
    session: Session, message: Message | None, resident: Resident, now: datetime
) -> bool:
    """Whether the message stands in a protected or urgent case, or the resident is in one now."""
    own = session.get(Case, message.case_id) if message and message.case_id else None
    mine = (own, cases.receiving(session, resident, now), _protected_case(session, resident, now))
    if any(case is not None and (case.protected or case.urgent) for case in mine):
        return True
    page = exists().where(PrivatePage.resident_id == resident.id, PrivatePage.expires_at > now)
    return bool(session.scalar(select(page)))


def _protected_case(session: Session, resident: Resident, now: datetime) -> Case | None:
    return cases.receiving(session, resident, now, protected=True)


def network_for(session: Session, resident: Resident, now: datetime) -> Network | None:
    """The network whose key person could be asked now: one of the resident's languages first."""
    found = [
        network
        for network in networks.of_resident(session, resident)
        if can_ask(session, network, resident, now)
    ]
    spoken = [network for network in found if network.language in resident.languages]
    return next(iter([*spoken, *found]), None)


def can_ask(session: Session, network: Network, resident: Resident, now: datetime) -> bool:
    """Whether somebody of a network is there for a question of this resident, and none is open."""
    waiting = exists().where(
        CommunityQuestion.resident_id == resident.id,
        CommunityQuestion.network_id == network.id,
        CommunityQuestion.state == "asked",
    )
    if not network.active or session.scalar(select(waiting)):
        return False
    return _next_person(session, network, resident, now) is not None


def _next_person(
    session: Session,
    network: Network,
    resident: Resident,
    now: datetime,
    not_these: Set[int] = frozenset(),
) -> KeyPerson | None:
    """Who of a network is there and has a hand free; never whoever asks."""
    most = availability.most_open(session)
    busy = (
        select(CommunityQuestion.key_person_id)
        .where(CommunityQuestion.state == "asked")
        .group_by(CommunityQuestion.key_person_id)
        .having(func.count() >= most)
    )
    out = {*not_these, *session.scalars(busy), *availability.full_hands(session, now)}
    for post in availability.in_order(network.posts, now):
        person = post.key_person
        usable = person.id not in out and person.resident_id != resident.id
        if usable and availability.is_there(person, now):
            return person
    return None


def ask(
    session: Session,
    runtime: Runtime,
    resident: Resident,
    network: Network,
    *,
    language: str,
    message: Message | None = None,
    broadcast: Broadcast | None = None,
) -> CommunityQuestion | None:
    """Ask the next key person of a network; None where nobody is there any more.

    Of what is asked, `message` or that `broadcast` was not understood, the caller has made sure.
    """
    now = runtime.clock.now()
    session.get_one(Network, network.id, with_for_update={"key_share": True})
    availability.hold_hands(session)
    if not can_ask(session, network, resident, now):
        return None
    person = _next_person(session, network, resident, now)
    if person is None:
        return None
    question = CommunityQuestion(
        resident=resident,
        network=network,
        key_person=person,
        message=message,
        broadcast=broadcast,
        language=language,
        state="asked",
        asked_at=now,
        due_at=now + LIFE,
    )
    session.add(question)
    session.flush()
    _tell_key_person(session, runtime, question)
    return question


def words_of(runtime: Runtime, question: CommunityQuestion) -> str:
    """What is asked; "" where nobody may read it any more."""
    if question.broadcast is not None:
        return words_about(runtime, question.broadcast, question.language)
    return (question.message.text or "") if question.message else ""


def words_about(runtime: Runtime, broadcast: Broadcast, tag: str) -> str:
    """That a notice was not understood, as the key person reads it."""
    say = runtime.words.text
    lines = [say(tag, "alert.drill_first")] if broadcast.drill else []
    lines.append(say(tag, "alert.not_understood.button"))
    return "\n".join([*lines, say(tag, "alert.number", number=broadcast.number)])


def _tell_key_person(session: Session, runtime: Runtime, question: CommunityQuestion) -> None:
    """The words, and nothing else. They are kept with the resident's message only, so that they
    are gone when that is.
    """
    to = question.key_person.resident
    if to is None or to.line_user_id is None:
        return
    tag, say = language_of(question.key_person), runtime.words.text
    words = words_of(runtime, question)
    title = say(tag, "kp.question", network=question.network.name)
    first = words if len(words) <= LINE_SHOWN else f"{words[:LINE_SHOWN]}…"
    buttons = tuple(
        Choice(say(tag, f"kp.{what}.button"), action=f"do=question&q={question.id}&what={what}")
        for what in ("answer", "pass")
    )
    card = Card(title=title, summary=title, lines=(first,), buttons=buttons)
    messages: list[Outgoing] = [Text(f"{title}\n{words}"), card]
    question.delivery_id = deliveries.queue(
        session,
        runtime,
        to.line_user_id,
        runtime.channel.render(messages),
        resident_id=to.id,
        urgent=False,
    ).id


def answer(session: Session, runtime: Runtime, question: CommunityQuestion, text: str) -> bool:
    """Give the resident the key person's answer; False where the question is not open any more."""
    by, now = f"key_person:{question.key_person_id}", runtime.clock.now()
    if question.state != "asked" or not transition(
        session, question, "answered", by=by, reason="answered", at=now, answer=text
    ):
        return False
    tag, say = question.language, runtime.words.text
    heading = say(tag, "through.answer", network=question.network.name)
    staff = Choice(say(tag, "person.button"), action=f"do=through_staff&q={question.id}")
    menu = Choice(say(tag, "menu.button"), action="do=menu")
    _tell_resident(session, runtime, question, Text(f"{heading}\n{text}", (staff, menu)))
    return True


def pass_on(
    session: Session,
    runtime: Runtime,
    question: CommunityQuestion,
    *,
    by: str,
    reason: str,
    to: str = "passed",
) -> bool:
    """Staff have the question now, and the resident knows; `to` passed or expired."""
    now = runtime.clock.now()
    if question.state != "asked" or not transition(
        session, question, to, by=by, reason=reason, at=now
    ):
        return False
    case, _ = to_staff(session, runtime, question)
    words = runtime.words.text(question.language, "through.to_staff")
    _tell_resident(session, runtime, question, Text(words), case)
    return True


def to_staff(session: Session, runtime: Runtime, question: CommunityQuestion) -> tuple[Case, bool]:
    """The case with the question, the one it stands in already if any, and whether it is new."""
    message = question.message
    own = session.get(Case, message.case_id) if message and message.case_id else None
    if own is not None and own.state != "closed":
        return own, False
    return cases.open_case(
        session,
        runtime,
        question.resident,
        reason="asked",
        topic_id=message.topic_id if message else None,
        about=message if own is None else None,
        broadcast_id=question.broadcast_id,
    )


def withdraw_message(
    session: Session, runtime: Runtime, resident: Resident, line_message_id: str | None
) -> None:
    """The resident took a message back: whoever was asked need not answer."""
    mine = (
        select(CommunityQuestion)
        .join(Message, Message.id == CommunityQuestion.message_id)
        .where(
            CommunityQuestion.resident_id == resident.id,
            Message.line_message_id == line_message_id,
        )
    )
    for question in session.scalars(mine).all():
        _withdraw(session, runtime, question, "unsent")


def withdraw_all(session: Session, runtime: Runtime, resident: Resident) -> None:
    """The resident has their data deleted: nothing of theirs may still go out."""
    mine = select(CommunityQuestion).where(CommunityQuestion.resident_id == resident.id)
    for question in session.scalars(mine).all():
        _withdraw(session, runtime, question, "data deleted")


def _withdraw(session: Session, runtime: Runtime, question: CommunityQuestion, reason: str) -> None:
    now = runtime.clock.now()
    if question.state in ("asked", "answered"):
        transition(
            session, question, "withdrawn", by="resident", reason=reason, at=now, answer=None
        )
    delivery = session.get(Delivery, question.delivery_id) if question.delivery_id else None
    if delivery is not None and delivery.state == "queued":
        gone = {"recipient": None, "body": None}
        transition(session, delivery, "cancelled", by="resident", reason=reason, at=now, **gone)


def drop(session: Session, runtime: Runtime, person: KeyPerson, by: str) -> None:
    """Whatever a key person was asked goes to the next one, else to staff."""
    now = runtime.clock.now()
    mine = select(CommunityQuestion).where(
        CommunityQuestion.key_person_id == person.id, CommunityQuestion.state == "asked"
    )
    questions = session.scalars(mine.order_by(CommunityQuestion.id)).all()
    if questions:
        availability.hold_hands(session)
    for question in questions:
        other = _next_person(
            session, question.network, question.resident, now, not_these={person.id}
        )
        private = is_private(session, question.message, question.resident, now)
        if other is None or private or not words_of(runtime, question):
            pass_on(session, runtime, question, by=by, reason="nobody else is there")
            continue
        question.key_person = other
        session.add(_handed_over(question, by, now))
        session.flush()
        _tell_key_person(session, runtime, question)


def _handed_over(question: CommunityQuestion, by: str, now: datetime) -> Transition:
    return Transition(
        subject=CommunityQuestion.__tablename__,
        subject_id=question.id,
        from_state="asked",
        to_state="asked",
        at=now,
        by=by,
        reason="asked the next one",
    )


def is_due(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        return session.scalars(_due(runtime.clock.now()).limit(1)).first() is not None


def run(runtime: Runtime) -> None:
    """Give staff what no key person answered within a day."""
    with runtime.database.write() as session:
        late = _due(runtime.clock.now()).with_for_update(skip_locked=True)
        for question in session.scalars(late).all():
            pass_on(session, runtime, question, by="bot", reason="no answer in a day", to="expired")


def _due(now: datetime) -> Select[CommunityQuestion]:
    return (
        select(CommunityQuestion)
        .where(CommunityQuestion.state == "asked", CommunityQuestion.due_at <= now)
        .order_by(CommunityQuestion.id)
    )


def _tell_resident(
    session: Session,
    runtime: Runtime,
    question: CommunityQuestion,
    text: Text,
    case: Case | None = None,
) -> None:
    resident = question.resident
    if resident.line_user_id is not None and resident.following:
        conversations.say(session, runtime, resident, [text], language=question.language, case=case)
