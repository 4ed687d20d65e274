"""Asking one's own community: offered, shown exactly as it would be read, sent; and the answer."""

from collections.abc import Mapping

from bot import networks
from bot.channel import Choice, Text
from bot.line.messages import utf16_units
from bot.models import CommunityQuestion, Message, Network
from bot.models.broadcasts import Broadcast
from broadcasts import community, reading
from handlers.residents import handover
from handlers.residents.turn import Action, Turn

_ANSWER = "community_answer"


def offered(turn: Turn) -> tuple[Choice, ...]:
    """The button to ask a key person what was written last, where that is possible."""
    message = community.newest_shareable(turn.session, turn.runtime, turn.resident, turn.now)
    if message is None:
        return ()
    network = community.network_for(turn.session, turn.resident, turn.now)
    return (_button(turn, network, m=str(message.id)),) if network else ()


def offered_about(turn: Turn, broadcast: Broadcast) -> tuple[Choice, ...]:
    """The button to tell a key person that a notice was not understood; no words of one's own."""
    private = community.is_private(turn.session, None, turn.resident, turn.now)
    if private or not broadcast.is_active(turn.now):
        return ()
    network = community.network_for(turn.session, turn.resident, turn.now)
    return (_button(turn, network, n=broadcast.number),) if network else ()


def _button(turn: Turn, network: Network, **data: str) -> Choice:
    return turn.choice("through.button", "through", silent=False, w=str(network.id), **data)


def preview(turn: Turn, data: Mapping[str, str]) -> None:
    """The words as the key person would read them, and that they may guess who asks."""
    found = _asked(turn, data)
    if found is None:
        _not_sent(turn)
        return
    network, message, broadcast = found
    words = message.text if message else ""
    if broadcast is not None:
        words = community.words_about(turn.runtime, broadcast, turn.language)
    said = turn.words("through.preview", network=network.name)
    kept = {name: data[name] for name in ("m", "n", "w") if name in data}
    turn.say(
        Text(
            f"{said}\n\n{words}",
            (
                turn.choice("through.send.button", "through_send", silent=False, **kept),
                turn.choice("through.no.button", "through_no"),
                turn.person(),
            ),
        )
    )


def send(turn: Turn, data: Mapping[str, str]) -> None:
    found = _asked(turn, data)
    question = None
    if found is not None:
        network, message, broadcast = found
        question = community.ask(
            turn.session,
            turn.runtime,
            turn.resident,
            network,
            language=turn.language,
            message=message,
            broadcast=broadcast,
        )
    if question is None:
        _not_sent(turn)
    else:
        turn.say_words("through.sent", turn.person(), turn.menu(), network=question.network.name)


def _asked(
    turn: Turn, data: Mapping[str, str]
) -> tuple[Network, Message | None, Broadcast | None] | None:
    """What a button asks of which network, if it may still be asked; buttons stay for ever."""
    id, number, network_id = (data.get(name, "") for name in ("m", "n", "w"))
    mine = {str(row.id): row for row in networks.of_resident(turn.session, turn.resident)}
    network = mine.get(network_id)
    if network is None or not community.can_ask(turn.session, network, turn.resident, turn.now):
        return None
    if id:
        message = turn.session.get(Message, int(id)) if id.isdecimal() else None
        usable = message is not None and community.is_shareable(
            turn.session, turn.runtime, message, turn.resident, turn.now
        )
        return (network, message, None) if usable else None
    broadcast = reading.by_number(turn.session, number)
    if broadcast is None or not offered_about(turn, broadcast):
        return None
    return network, None, broadcast


def not_sent(turn: Turn, data: Mapping[str, str]) -> None:
    _not_sent(turn)


def _not_sent(turn: Turn) -> None:
    turn.say_words("through.not_sent", turn.person(), turn.menu())


def to_staff(turn: Turn, data: Mapping[str, str]) -> None:
    """The answer was not enough: staff get the question."""
    question = _question(turn, data.get("q", ""))
    if question is None or question.resident_id != turn.resident.id:
        handover.ask_person(turn, {})
        return
    case, is_new = community.to_staff(turn.session, turn.runtime, question)
    handover.told_of(turn, case, is_new=is_new)


def asked_of_me(turn: Turn, data: Mapping[str, str]) -> None:
    """A key person's tap on a question: they will answer it, or staff shall."""
    question = _question(turn, data.get("q", ""))
    if question is None or not _is_mine(turn, question):
        turn.say_words("kp.not_yours", turn.menu())
    elif data.get("what") == "pass":
        turn.expect_nothing()
        by = f"key_person:{question.key_person_id}"
        community.pass_on(turn.session, turn.runtime, question, by=by, reason="passed to staff")
        turn.say_words("kp.passed", turn.menu())
    else:
        turn.expect(_ANSWER, q=question.id)
        passing = turn.choice("kp.pass.button", "question", q=str(question.id), what="pass")
        turn.say_words("kp.answer_now", passing)


def writes(turn: Turn) -> bool:
    """Whether a message is a key person's answer; a command or a cry for help is none."""
    return (
        turn.expected(_ANSWER) is not None
        and turn.topic is None
        and turn.runtime.knowledge.command(turn.event.text) is None
    )


def answer_written(turn: Turn) -> None:
    waiting = turn.expected(_ANSWER) or {}
    if turn.heard is not None:
        turn.heard.case_id = turn.heard.translate_at = None  # said to a resident, not to staff
    question = turn.session.get(CommunityQuestion, waiting.get("q"))
    units = utf16_units(turn.event.text)
    if question is None or not _is_mine(turn, question):
        turn.expect_nothing()
        turn.say_words("kp.not_yours", turn.menu())
    elif units > community.LONGEST_ANSWER:
        turn.say_words("kp.too_long", units=units, most=community.LONGEST_ANSWER)
    else:
        turn.expect_nothing()
        community.answer(turn.session, turn.runtime, question, turn.event.text)
        turn.say_words("kp.answered", turn.menu())


def unsent(turn: Turn) -> None:
    """They took their message back: whoever was asked about it need not answer."""
    community.withdraw_message(turn.session, turn.runtime, turn.resident, turn.event.message_id)


def _question(turn: Turn, id: str) -> CommunityQuestion | None:
    return turn.session.get(CommunityQuestion, int(id)) if id.isdecimal() else None


def _is_mine(turn: Turn, question: CommunityQuestion) -> bool:
    """Whether it is open, may still be read, and is asked of whoever taps."""
    person = networks.key_person_of(turn.session, turn.resident)
    return (
        person is not None
        and person.state == "active"
        and question.key_person_id == person.id
        and question.state == "asked"
        and bool(community.words_of(turn.runtime, question))
    )


ACTIONS: Mapping[str, Action] = {
    "through": preview,
    "through_send": send,
    "through_no": not_sent,
    "through_staff": to_staff,
    "question": asked_of_me,
}
