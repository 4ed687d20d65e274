"""A key person reads a notice aloud: one voice message, right after tapping the button for it."""

from datetime import timedelta

from bot.languages import language
from bot.models import Relay
from bot.models.broadcasts import Broadcast
from broadcasts import sounds
from broadcasts.relay_messages import clock
from handlers.residents.turn import Turn

LISTENING = timedelta(minutes=15)
_SOUND = "relay_sound"


def ask(turn: Turn, broadcast: Broadcast, row: Relay) -> bool:
    """Wait for one voice message; False where there is no text to read aloud."""
    if sounds.readable(turn.session, broadcast, row, turn.now) is None:
        return False
    until = turn.now + LISTENING
    turn.expect(_SOUND, until=until, relay=row.id)
    name = language(row.network.language).own_name
    turn.say_words("kp.sound.now", language=name, time=clock(turn.language, until, turn.now))
    return True


def is_awaited(turn: Turn) -> bool:
    """Whether this person was just asked for a voice message."""
    return turn.expected(_SOUND) is not None


def recorded(turn: Turn) -> None:
    """Keep which voice message it is; it is not part of the conversation."""
    waiting = turn.expected(_SOUND) or {}
    turn.expect_nothing()
    row = turn.session.get(Relay, waiting.get("relay"))
    broadcast = turn.session.get(Broadcast, row.broadcast_id) if row else None
    text = sounds.readable(turn.session, broadcast, row, turn.now) if broadcast and row else None
    if row is None or text is None or not turn.event.message_id:
        turn.say_words("kp.not_yours", turn.menu())
        return
    sounds.recorded(turn.session, turn.runtime, row, text, turn.event.message_id)
    turn.say_words("kp.sound.received")


def unsent(turn: Turn) -> None:
    sounds.unsent(turn.session, turn.event.message_id or "", turn.now)
