"""What residents tap on an alert, what is in force now, and help."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.dialects import postgresql, sqlite

from bot import cases, city
from bot.channel import Card, Choice, Text
from bot.languages import language
from bot.models import MUTABLE_CATEGORIES
from bot.models.broadcasts import Acknowledgement, Broadcast
from broadcasts import reading
from broadcasts.drafting import moment_in
from handlers.residents import community, handover, safety
from handlers.residents.turn import Action, Turn

KINDS = ("read", "not_understood", "help")
SAFE = "safe"
SHOWN = 4
_HELP = "help"


def acknowledge(turn: Turn, data: Mapping[str, str]) -> None:
    """One of the buttons of an alert; an old alert says what is true now."""
    broadcast = reading.by_number(turn.session, data.get("n", ""))
    kind = data.get("kind", "")
    if broadcast is not None and broadcast.asks_safety and kind == SAFE:
        _what_is_true_now(turn, broadcast)
        safety.safe(turn, broadcast)
        return
    if broadcast is None or kind not in KINDS:
        notices_now(turn, {})
        return
    _record(turn, broadcast, kind)
    if kind == "help":
        safety.answered(turn, broadcast, kind)
        (_ask_whether_real if broadcast.drill else _help)(turn, broadcast)
        return
    _what_is_true_now(turn, broadcast)
    if kind == "read":
        turn.say_words("alert.read_thanks", time=f"{turn.now.astimezone(city.JAPAN):%H:%M}")
    else:
        _explain(turn, broadcast, int(data.get("step", "0") or 0))


def _record(turn: Turn, broadcast: Broadcast, kind: str) -> None:
    insert = sqlite.insert if turn.runtime.database.is_sqlite else postgresql.insert
    values = {
        "broadcast_id": broadcast.id,
        "resident_id": turn.resident.id,
        "kind": kind,
        "at": turn.now,
    }
    turn.session.execute(insert(Acknowledgement).values(values).on_conflict_do_nothing())


def _what_is_true_now(turn: Turn, broadcast: Broadcast) -> None:
    """Nothing for a notice in force; else that it was replaced, cancelled or is over."""
    if broadcast.is_active(turn.now):
        return
    newest = reading.newest(turn.session, broadcast)
    if newest.kind == "cancel" and newest.id != broadcast.id:
        turn.say_words("alert.now_cancelled")
    elif newest.id != broadcast.id and newest.is_active(turn.now):
        turn.say_words("alert.now_updated")
        _show(turn, newest, turn.language)
    else:
        turn.say_words("alert.now_ended", time=moment_in(turn.language, broadcast.expires_at))


def _explain(turn: Turn, broadcast: Broadcast, step: int) -> None:
    """The person's other languages one by one, then plain Japanese, then a person."""
    own = turn.resident.languages
    tags = [t for t in dict.fromkeys((*own[1:], "ja-x-easy", "en")) if t != own[0]]
    asking = community.offered_about(turn, broadcast)
    if step >= len(tags):
        turn.say_words(
            "alert.not_understood_person", turn.person(), *asking, _is_it_true(turn), turn.menu()
        )
        return
    turn.say_words("alert.not_understood_next", language=language(tags[step]).own_name)
    _show(turn, broadcast, tags[step])
    again = turn.choice(
        "alert.not_understood.button",
        "ack",
        n=broadcast.number,
        kind="not_understood",
        step=str(step + 1),
    )
    turn.say_words("answer.helpful", again, *asking, turn.person(), _is_it_true(turn))


def _is_it_true(turn: Turn) -> Choice:
    """Where notices are read, what goes round beside them can be asked about."""
    return turn.choice("rumour.button", "rumour")


def _show(turn: Turn, broadcast: Broadcast, tag: str) -> None:
    """The frozen text in a language, or the one its readers get instead."""
    rendition = reading.rendition(turn.session, broadcast, tag)
    if rendition is not None:
        turn.say(Text(reading.full_text(turn.runtime, broadcast, rendition)))


def _ask_whether_real(turn: Turn, broadcast: Broadcast) -> None:
    turn.say_words(
        "alert.help_drill_question",
        turn.choice("alert.help_drill_yes.button", "help_drill", n=broadcast.number, real="1"),
        turn.choice("alert.help_drill_no.button", "help_drill", n=broadcast.number, real="0"),
    )


def help_in_drill(turn: Turn, data: Mapping[str, str]) -> None:
    broadcast = reading.by_number(turn.session, data.get("n", ""))
    if broadcast is None or data.get("real") != "1":
        turn.say_words("alert.help_drill_ended", turn.menu())
        return
    turn.say_words("alert.help_drill_left")
    _help(turn, broadcast)


def _help(turn: Turn, broadcast: Broadcast) -> None:
    """119 first; nobody is sent by this tap; whether staff are there; then what they write."""
    first = turn.words("alert.help_first")
    turn.say(
        Card(
            title=first,
            summary=first,
            lines=(turn.words("urgent.say_language"),),
            buttons=(Choice(turn.words("alert.call_119.button"), uri="tel:119"),),
            tone="urgent",
        )
    )
    turn.expect(_HELP, broadcast=broadcast.id)
    there = handover.when_staffed(turn, "alert")
    choices = (*safety.where_button(turn, broadcast), turn.menu())
    turn.say(Text(f"{there}\n{turn.words('alert.help_write')}", choices))


def expects_help(turn: Turn) -> bool:
    """Whether a text answers *write here what happened*."""
    return turn.expected(_HELP) is not None


def help_written(turn: Turn) -> None:
    """What somebody in need wrote: an urgent case with the notice attached."""
    waiting = turn.expected(_HELP) or {}
    turn.expect_nothing()
    case, is_new = cases.open_case(
        turn.session,
        turn.runtime,
        turn.resident,
        reason="help",
        urgent=True,
        about=turn.heard,
        broadcast_id=waiting.get("broadcast"),
    )
    handover.told_of(turn, case, is_new=is_new)


def notices_now(turn: Turn, data: Mapping[str, str]) -> None:
    """What is in force for this person, the newest first."""
    active = reading.active_for(turn.session, turn.resident, turn.now)[:SHOWN]
    if not active:
        time = moment_in(turn.language, turn.now)
        turn.say_words("now.none", _is_it_true(turn), turn.menu(), time=time)
        return
    for broadcast in active:
        _show(turn, broadcast, turn.language)
    if turn.outgoing:
        choices = (_is_it_true(turn), turn.menu())
        turn.outgoing[-1] = replace(turn.outgoing[-1], choices=choices)


def categories(turn: Turn, data: Mapping[str, str]) -> None:
    """Which ordinary notices are wanted; alerts are not among them."""
    muted = set(turn.resident.muted_categories)
    if data.get("category") in MUTABLE_CATEGORIES:
        muted ^= {data["category"]}
        turn.resident.muted_categories = sorted(muted)
    buttons = [
        turn.choice_named(
            turn.words(
                "settings.category_off" if name in muted else "settings.category_on",
                category=turn.words(f"category.{name}"),
            ),
            "categories",
            category=name,
        )
        for name in MUTABLE_CATEGORIES
    ]
    title = turn.words("settings.categories.title")
    turn.say(Card(title=title, summary=title, buttons=tuple(buttons), choices=(turn.menu(),)))


ACTIONS: Mapping[str, Action] = {
    "ack": acknowledge,
    "help_drill": help_in_drill,
    "now": notices_now,
    "categories": categories,
}
