"""*Are you safe?* on an alert: I am safe, I need help, where I am."""

from collections.abc import Mapping

from bot import city
from bot.channel import Choice, Text
from bot.models.broadcasts import Broadcast
from broadcasts import reading, safety
from broadcasts.drafting import moment_in
from handlers.residents import joining, places
from handlers.residents.turn import Action, Turn


def safe(turn: Turn, broadcast: Broadcast) -> None:
    """Thanks, with the time; they may still say where they are, or that they need help."""
    answered(turn, broadcast, "safe")
    time = f"{turn.now.astimezone(city.JAPAN):%H:%M}"
    help = turn.choice("alert.help.button", "ack", n=broadcast.number, kind="help")
    words = _marked(turn, broadcast, turn.words("safe.thanks", time=time))
    turn.say(Text(words, (*where_button(turn, broadcast), help)))


def answered(turn: Turn, broadcast: Broadcast, kind: str) -> None:
    """Keep their answer, where the notice asks for one."""
    if broadcast.asks_safety:
        safety.answered(turn.session, broadcast, turn.resident, kind, turn.now)


def where_button(turn: Turn, broadcast: Broadcast) -> tuple[Choice, ...]:
    """To say where they are, while the notice that asks is in force."""
    if not broadcast.asks_safety or not broadcast.is_active(turn.now):
        return ()
    return (turn.choice("safe.where.button", "safe_where", n=broadcast.number),)


def where(turn: Turn, data: Mapping[str, str]) -> None:
    """From now on, for a while, a location is the answer to this notice."""
    broadcast = reading.by_number(turn.session, data.get("n", ""))
    if broadcast is None or not broadcast.asks_safety:
        joining.menu(turn, {})
        return
    if not broadcast.is_active(turn.now):
        time = moment_in(turn.language, min(turn.now, broadcast.expires_at))
        turn.say_words("alert.now_ended", turn.menu(), time=time)
        return
    if places.expects_name(turn):
        turn.expect_nothing()  # what is sent next is for this
    safety.expect_location(turn.session, broadcast, turn.resident, turn.now)
    button = Choice(turn.words("safe.where.button"), location=True)
    words = _marked(turn, broadcast, turn.words("safe.where_ask"))
    turn.say(Text(words, (button, turn.menu())))


def located(turn: Turn) -> bool:
    """Whether the location that was sent is an answer to a notice; then it is kept."""
    if places.expects_name(turn):
        return False  # they asked where to go afterwards: that is what it is for
    found = safety.expected_location(turn.session, turn.resident, turn.now)
    latitude, longitude = turn.event.latitude, turn.event.longitude
    if found is None or latitude is None or longitude is None:
        return False
    answer, broadcast = found
    safety.locate(answer, latitude, longitude, turn.now)
    help = turn.choice("alert.help.button", "ack", n=broadcast.number, kind="help")
    words = _marked(turn, broadcast, turn.words("safe.where_kept"))
    turn.say(Text(words, () if answer.kind == "help" else (help,)))
    return True


def _marked(turn: Turn, broadcast: Broadcast, words: str) -> str:
    """What belongs to a drill says so."""
    return f"{turn.words('alert.drill_first')}\n{words}" if broadcast.drill else words


ACTIONS: Mapping[str, Action] = {"safe_where": where}
