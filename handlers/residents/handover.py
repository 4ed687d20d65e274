"""Talking to a person: a case is opened, and the resident knows when somebody is there."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from babel.dates import format_skeleton
from sqlalchemy import select

from bot import cases, city
from bot.channel import Text
from bot.languages import ascii_digits
from bot.models import Broadcast, Case, Message
from bot.states import transition
from handlers.residents.turn import Action, Turn

LAST_QUESTION = timedelta(minutes=30)


def ask_person(turn: Turn, data: Mapping[str, str]) -> None:
    """Open a case with what was asked last, and say when somebody is there."""
    urgent = data.get("urgent") == "1"
    case, is_new = cases.open_case(
        turn.session,
        turn.runtime,
        turn.resident,
        reason="asked",
        topic_id=data.get("topic"),
        urgent=urgent,
        about=turn.heard or last_question(turn),
    )
    told_of(turn, case, is_new=is_new)


def ask_about(turn: Turn, broadcast: Broadcast, *, urgent: bool = False) -> None:
    """Open a case about a notice; what is written next belongs to it."""
    case, is_new = cases.open_case(
        turn.session,
        turn.runtime,
        turn.resident,
        reason="asked",
        urgent=urgent,
        about=None,
        broadcast_id=broadcast.id,
    )
    told_of(turn, case, is_new=is_new)


def told_of(turn: Turn, case: Case, *, is_new: bool) -> None:
    """Tell the resident that staff will answer, and when."""
    turn.case = case
    known = turn.session.scalars(
        select(Message.id).where(Message.case_id == case.id, Message.author == "resident").limit(1)
    ).first()
    lines = [turn.words("case.opened" if is_new else "case.already"), when_staffed(turn)]
    if known is None:
        lines.append(turn.words("case.write"))
    lines.append(turn.words("case.not_119"))
    turn.say(Text("\n".join(lines), (turn.choice("case.end.button", "case_end"), turn.menu())))


def add_to(turn: Turn, case: Case) -> None:
    """A message while staff have the conversation: it goes to them, the bot only says so."""
    turn.case = case
    if turn.heard is not None:
        turn.heard.case_id = case.id
    cases.resident_wrote(turn.session, case, at=turn.now)
    id = "private.added" if case.protected else "case.added"
    turn.say_words(id, turn.choice("case.end.button", "case_end"), turn.menu())


def seen_by_staff(turn: Turn) -> None:
    """What the bot answered by itself, but in a case: staff must see that somebody wrote again."""
    case = turn.session.get(Case, turn.heard.case_id) if turn.heard and turn.heard.case_id else None
    if case is not None:
        cases.resident_wrote(turn.session, case, at=turn.now)


def end_case(turn: Turn, data: Mapping[str, str]) -> None:
    """The resident needs nobody any more."""
    for protected in (False, True):
        case = cases.receiving(turn.session, turn.resident, turn.now, protected=protected)
        if case:
            transition(
                turn.session, case, "closed", by="resident", reason="not needed", at=turn.now
            )
    turn.say_words("case.ended", turn.menu())


def when_staffed(turn: Turn, about: str = "case") -> str:
    """Whether somebody is at the counter now, and until or from when; `about` case or alert."""
    prefix, unknown = {
        "case": ("case.", "case.hours_unknown"),
        "alert": ("alert.help_", "alert.help_unknown"),
    }[about]
    facts = turn.city()
    until = city.staffed_until(facts, turn.now)
    if until is not None:
        return turn.words(f"{prefix}staffed", time=clock_time(turn, until, day=False))
    opening = city.next_opening(facts, turn.now)
    if opening is None:
        return turn.words(unknown)
    return turn.words(f"{prefix}unstaffed", time=clock_time(turn, opening, day=True))


def clock_time(turn: Turn, moment: datetime, *, day: bool) -> str:
    """A time in Japan as it is written in the answer's language, with the day if asked."""
    locale = city.locale_of(turn.language)
    local = moment.astimezone(city.JAPAN)
    hour = local.strftime("%H:%M")
    if not day:
        return hour
    date = format_skeleton("MMMEd", local, tzinfo=city.JAPAN, locale=locale)
    return f"{ascii_digits(date)} {hour}"


def last_question(turn: Turn) -> Message | None:
    """What the resident wrote last, if it is recent and belongs to no case."""
    message = turn.session.scalars(
        select(Message)
        .where(Message.resident_id == turn.resident.id, Message.author == "resident")
        .order_by(Message.id.desc())
        .limit(1)
    ).first()
    usable = (
        message is not None
        and message.case_id is None
        and not message.unsent
        and message.kind == "text"
        and turn.now - message.at < LAST_QUESTION
    )
    return message if usable else None


ACTIONS: Mapping[str, Action] = {"person": ask_person, "case_end": end_case}
