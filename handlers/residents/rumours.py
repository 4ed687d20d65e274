"""Is this true? What somebody heard, written in their own words; the answer where there is one."""

from collections.abc import Mapping

from bot.channel import Text
from bot.models import RumourQuestion
from broadcasts import rumours
from broadcasts.rumour_answers import current, text
from broadcasts.rumour_matching import fold
from handlers.residents import urgent
from handlers.residents.turn import Action, Turn

_HEARD = "rumour"


def offer(turn: Turn, data: Mapping[str, str]) -> None:
    """Ask for the words; the next message is they."""
    turn.expect(_HEARD)
    turn.say_words("rumour.ask", turn.menu())


def expects(turn: Turn) -> bool:
    """Whether a text says what somebody heard. What belongs to a protected case never does."""
    return (
        turn.expected(_HEARD) is not None and turn.heard is not None and turn.heard.sealed is None
    )


def written(turn: Turn) -> None:
    """What somebody heard: answered at once where the city has said whether it is true."""
    if turn.heard is None or not fold(turn.event.text):
        offer(turn, {})
        return
    turn.expect_nothing()
    question = rumours.ask(turn.session, turn.runtime, turn.heard, turn.language)
    answer = current(turn.session, question.rumour_id) if question.rumour_id else None
    if answer is None:
        turn.say_words("rumour.thanks", turn.menu())
        return
    other = turn.choice("rumour.other.button", "rumour_other", q=str(question.id))
    turn.say(Text(text(turn.runtime, answer, turn.language), (other, turn.menu())))


def beside_danger(turn: Turn) -> None:
    """What to do in danger was said first. What was heard is looked into all the same, unless it
    was about something that must stay private: then nothing more is expected.
    """
    if turn.topic and urgent.is_protected(turn, turn.topic):
        if turn.expected(_HEARD):
            turn.expect_nothing()
    elif expects(turn):
        written(turn)


def other(turn: Turn, data: Mapping[str, str]) -> None:
    """The answer was to something else than this person asked."""
    id = data.get("q", "")
    question = turn.session.get(RumourQuestion, int(id)) if id.isdecimal() else None
    if question is None or question.resident_id != turn.resident.id:
        offer(turn, {})
        return
    rumours.not_this(turn.session, question, turn.now)
    turn.say_words("rumour.thanks", turn.menu())


ACTIONS: Mapping[str, Action] = {"rumour": offer, "rumour_other": other}
