"""What a key person decides about their role in the chat: quiet hours, pauses, staying, leaving."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from bot import networks
from bot.channel import Card, Choice, Text
from bot.city import JAPAN
from bot.models import KeyPerson
from broadcasts import availability, care, key_persons
from broadcasts.availability import Quiet
from broadcasts.drafting import moment_in
from handlers.residents.turn import Action, Turn

QUIET_CHOICES = (Quiet(22, 6), Quiet(21, 7), Quiet(23, 7), Quiet(9, 18))
"""Nights, and the hours of work: one tap; others are set by staff."""

PAUSES = {"today": 1, "week": 7, "month": 30}
"""Days, today counted."""


def role(turn: Turn, data: Mapping[str, str]) -> None:
    """A tap on something about the role. `what` says which."""
    person = networks.key_person_of(turn.session, turn.resident)
    act = _WHAT.get(data.get("what", ""), _overview)
    if person is None or person.state != "active":
        turn.say_words("kp.not_yours", turn.menu())
    else:
        act(turn, person, data)


def entry(turn: Turn) -> tuple[Choice, ...]:
    """The button that leads here, for whoever has a role."""
    person = networks.key_person_of(turn.session, turn.resident)
    if person is None or person.state != "active":
        return ()
    return (turn.choice("kp.role.button", "role"),)


def _overview(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    """How things stand, and what can be changed."""
    title = turn.words("kp.role", network=key_persons.network_names(person))
    lines = [_quiet_words(turn, person)]
    if availability.quiet(person) is not None:
        lines.append(turn.words("kp.night_yes" if person.night_ok else "kp.night_no"))
    paused = availability.is_paused(person, turn.now)
    if paused:
        lines.append(_pause_words(turn, person))
    buttons = (
        _button(turn, "quiet"),
        _button(turn, "resume") if paused else _button(turn, "pause"),
        _button(turn, "hours"),
        _button(turn, "stop"),
    )
    turn.say(Card(title=title, summary=title, lines=tuple(lines), buttons=buttons))


def _quiet_words(turn: Turn, person: KeyPerson) -> str:
    hours = availability.quiet(person)
    return turn.words("kp.quiet", hours=str(hours)) if hours else turn.words("kp.quiet_none")


def _pause_words(turn: Turn, person: KeyPerson) -> str:
    until = person.paused_until or turn.now
    return turn.words("kp.paused", time=moment_in(turn.language, until))


def _ask_quiet(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    spans = [
        turn.choice_named(str(hours), "role", what="quiet_at", hours=f"{hours.start}-{hours.end}")
        for hours in QUIET_CHOICES
    ]
    never = turn.choice("kp.quiet_never.button", "role", what="quiet_at", hours="")
    title = turn.words("kp.quiet_ask")
    turn.say(Card(title=title, summary=title, buttons=(*spans, never)))


def _set_quiet(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    offered = {f"{hours.start}-{hours.end}": hours for hours in QUIET_CHOICES}
    hours = offered.get(data.get("hours", ""))
    person.quiet_from = hours.start if hours else None
    person.quiet_to = hours.end if hours else None
    if hours is None:
        person.night_ok = False
        turn.say_words("kp.quiet_none", turn.menu())
        return
    title = turn.words("kp.night_ask")
    buttons = tuple(
        turn.choice(f"kp.night_{answer}.button", "role", what="night", ok=answer)
        for answer in ("yes", "no")
    )
    turn.say(Card(title=title, summary=title, lines=(_quiet_words(turn, person),), buttons=buttons))


def _set_night(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    person.night_ok = data.get("ok") == "yes"
    turn.say_words("kp.night_yes" if person.night_ok else "kp.night_no", turn.menu())


def _ask_pause(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    buttons = tuple(
        turn.choice(f"kp.pause_{length}.button", "role", what="pause_for", length=length)
        for length in PAUSES
    )
    title = turn.words("kp.pause_ask")
    turn.say(Card(title=title, summary=title, buttons=buttons))


def _set_pause(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    days = PAUSES.get(data.get("length", ""))
    if days is None:
        _ask_pause(turn, person, data)
        return
    availability.pause(person, days, turn.now)
    turn.say(Text(_pause_words(turn, person), (_button(turn, "resume"),)))


def _resume(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    person.paused_until = None
    turn.say_words("kp.resumed", turn.menu())


def _hours(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    """What they gave this year, with thanks."""
    year = turn.now.astimezone(JAPAN).year
    mine = care.given(turn.session, [person.id], year).get(person.id, care.Given())
    words = turn.words("kp.hours", number=mine.times)
    if mine.spent >= timedelta(minutes=1):
        words += "\n" + turn.words("kp.minutes", minutes=mine.minutes)
    turn.say(Text(words, (turn.menu(),)))


def _ask_leaving(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    title = turn.words("kp.leave_ask", network=key_persons.network_names(person))
    buttons = (_button(turn, "stay"), _button(turn, "leave"))
    turn.say(Card(title=title, summary=title, buttons=buttons))


def _stay(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    care.stays(person, turn.now)
    turn.say_words("kp.stayed", turn.menu())


def _leave(turn: Turn, person: KeyPerson, data: Mapping[str, str]) -> None:
    by = f"key_person:{person.id}"
    key_persons.leave(turn.session, turn.runtime, person, by, "does not want to go on")
    turn.say_words("kp.left", turn.menu())


def _button(turn: Turn, what: str) -> Choice:
    return turn.choice(f"kp.{what}.button", "role", what=what)


_Act = Callable[[Turn, KeyPerson, Mapping[str, str]], None]
_WHAT: Mapping[str, _Act] = {
    "quiet": _ask_quiet,
    "quiet_at": _set_quiet,
    "night": _set_night,
    "pause": _ask_pause,
    "pause_for": _set_pause,
    "resume": _resume,
    "hours": _hours,
    "stop": _ask_leaving,
    "stay": _stay,
    "leave": _leave,
}

ACTIONS: Mapping[str, Action] = {"role": role}
