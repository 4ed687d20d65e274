"""An answer of staff that a machine translated: what they wrote themselves, one tap away."""

from collections.abc import Mapping

from bot import conversations
from bot.channel import Choice
from bot.models import Message
from bot.runtime import Runtime
from handlers.residents import joining
from handlers.residents.turn import Action, Turn, action_data


def original_button(runtime: Runtime, message: Message) -> Choice:
    """What stands below a translated answer."""
    label = runtime.words.text(message.language or "ja", "staff.original.button")
    return Choice(label, action=action_data("original", m=str(message.id)))


def original(turn: Turn, data: Mapping[str, str]) -> None:
    """The Japanese of an answer this resident got; of nobody else's."""
    number = data.get("m", "")
    message = turn.session.get(Message, int(number)) if number.isdecimal() else None
    if (
        message is None
        or message.resident_id != turn.resident.id
        or message.author != "staff"
        or message.origin != "machine"
    ):
        joining.menu(turn, {})
        return
    _, japanese = conversations.said(message, turn.runtime.sealer)
    turn.say_words("staff.original", turn.menu(), text=japanese)


ACTIONS: Mapping[str, Action] = {"original": original}
