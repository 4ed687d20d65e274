"""Codes that people send: they join a network, or accept an invitation to speak for one."""

from collections.abc import Mapping

from bot import networks
from bot.channel import Card, Choice
from bot.languages import complete, language
from bot.models import Network
from bot.networks import Entry
from bot.people import CONVERSATION
from handlers.residents.turn import Action, Turn


def code_written(turn: Turn) -> bool:
    """Whether the message is a code; then it is used and answered."""
    code = networks.code_in(turn.event.text)
    if code is None:
        return False
    turn.language = turn.resident.language  # a code is in no language
    found = networks.enter(turn.session, turn.resident, code, turn.now)
    name = found.network.name if found.network else ""
    if found.entry is Entry.INVITED and found.person is not None:
        turn.say_words("kp.invited", name=found.person.name, network=name)
    elif found.entry is Entry.OVER:
        turn.say_words("kp.invitation_over", turn.person(), turn.menu())
    elif found.entry is Entry.TOO_MANY:
        minutes = networks.WRONG_CODES_WITHIN.seconds // 60
        turn.say_words("network.too_many_tries", turn.menu(), minutes=minutes)
    elif found.entry is Entry.UNKNOWN:
        turn.say_words("network.code_unknown", turn.menu())
    else:
        id = "network.joined" if found.entry is Entry.JOINED else "network.already"
        choices = _language_offered(turn, found.network) if found.network else ()
        turn.say_words(id, *choices, turn.menu(), network=name)
    return True


def _language_offered(turn: Turn, network: Network) -> tuple[Choice, ...]:
    """Who has chosen no language yet is answered in the network's, and may take it with a tap."""
    if turn.resident.languages_chosen:
        return ()
    if network.language in {known.tag for known in complete(CONVERSATION)}:
        turn.language = network.language
    if turn.language != turn.resident.language:
        return ()  # the turn offers the language it answers in
    label = turn.words("language.switch.button", language=language(network.language).own_name)
    return (turn.choice_named(label, "language", tag=network.language),)


def mine(turn: Turn, data: Mapping[str, str]) -> None:
    """The networks somebody is in, each with a button to leave it."""
    found = networks.of_resident(turn.session, turn.resident)
    if not found:
        turn.say_words("network.none", turn.menu())
        return
    title = turn.words("network.mine")
    buttons = [turn.choice_named(row.name, "network_leave", id=str(row.id)) for row in found]
    turn.say(Card(title=title, summary=title, buttons=tuple(buttons), choices=(turn.menu(),)))


def leave(turn: Turn, data: Mapping[str, str]) -> None:
    id = data.get("id", "")
    left = networks.leave(turn.session, turn.resident, int(id)) if id.isdecimal() else None
    if left is None:
        mine(turn, {})
    else:
        turn.say_words("network.left", turn.menu(), network=left.name)


ACTIONS: Mapping[str, Action] = {"networks": mine, "network_leave": leave}
