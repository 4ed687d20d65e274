"""What key persons do in the chat: take a notice on, pass it on, write its text, report."""

from collections.abc import Callable, Mapping

from bot import networks
from bot.channel import Card, Choice, Outgoing, Text
from bot.guarded import Difference
from bot.languages import language
from bot.line.messages import utf16_units
from bot.models import KeyPerson, Relay, TextClaim
from bot.models.broadcasts import Broadcast
from broadcasts import key_persons, reading, relaying, text_checks, text_claims
from broadcasts.drafting import PLAIN_JAPANESE
from broadcasts.relay_messages import clock, members_words, offered, page_link
from broadcasts.text_claims import NotPossible
from handlers.residents import handover, sounds
from handlers.residents.turn import Action, Turn, action_data

REACHES = (1, 10, 30, 100)
"""How many people were reached at least: one of these is two taps, a number to type is not."""
_TEXT = "relay_text"


def relay(turn: Turn, data: Mapping[str, str]) -> None:
    """A tap on something a key person was asked. `r` is the relay, `what` the button."""
    row = _mine(turn, data.get("r", ""))
    act = _WHAT.get(data.get("what", ""))
    if row is None or act is None:
        turn.say_words("kp.not_yours", turn.menu())
        return
    broadcast = turn.session.get_one(
        Broadcast, row.broadcast_id, with_for_update={"key_share": True}
    )
    turn.session.refresh(row)
    relaying.opened(row, turn.now)
    act(turn, broadcast, row, data)


def _mine(turn: Turn, id: str) -> Relay | None:
    """The relay with this id, if it is of whoever taps."""
    row = turn.session.get(Relay, int(id)) if id.isdecimal() else None
    person = networks.key_person_of(turn.session, turn.resident)
    return row if row and person and row.key_person_id == person.id else None


def _will(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    if row.state == "accepted" or relaying.accept(turn.session, turn.runtime, broadcast, row):
        _carry(turn, broadcast, row)
    elif broadcast.is_active(turn.now) and row.state in ("requested", "expired"):
        turn.say_words("kp.taken", network=row.network.name)
    else:
        _over(turn, broadcast)


def _over(turn: Turn, broadcast: Broadcast) -> None:
    """Why there is nothing to do any more."""
    newest = reading.newest(turn.session, broadcast)
    if broadcast.is_active(turn.now):
        turn.say_words("kp.not_yours", turn.menu())
    elif newest.id == broadcast.id:
        turn.say_words("kp.closed", old=broadcast.number)
    else:
        turn.say_words("kp.closed_replaced", old=broadcast.number, number=newest.number)


def _carry(turn: Turn, broadcast: Broadcast, row: Relay) -> None:
    """Thanks, the text to copy, and what to do when it is done."""
    offer = offered(turn.session, turn.runtime, broadcast, row.network.language)
    time = clock(turn.language, row.due_at, turn.now)
    members = members_words(turn.session, turn.runtime, row.network, turn.language)
    name = language(row.network.language).own_name
    messages: list[Outgoing] = [
        Text(f"{turn.words('kp.thanks', time=time)}\n{members}\n{turn.words('kp.copy')}")
    ]
    page = Choice(turn.words("kp.page.button"), uri=page_link(turn.runtime, broadcast, row))
    done = _button(turn, row, "done", "kp.report.button")
    if offer.usable:
        messages.append(Text(offer.text))
        title = turn.words("alert.number", number=broadcast.number)
        buttons = [done, _button(turn, row, "sound", "kp.sound.button")]
    else:
        plain = reading.rendition(turn.session, broadcast, PLAIN_JAPANESE)
        if plain is not None:
            messages.append(Text(reading.full_text(turn.runtime, broadcast, plain)))
        title = turn.words("kp.write_offer", language=name)
        buttons = [_button(turn, row, "write", "kp.write.button"), done]
        if row.draft and row.draft_origin != "earlier":  # what changed since must be changed in it
            buttons.insert(0, _button(turn, row, "use", "kp.use.button"))
    choices = (page, _button(turn, row, "cannot", "kp.hand_on.button"))
    turn.say(*messages, Card(title=title, summary=title, buttons=tuple(buttons), choices=choices))


def _cannot(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    had_it = row.state == "accepted"
    if relaying.decline(turn.session, turn.runtime, broadcast, row) or row.state == "declined":
        turn.say_words("kp.handed_on" if had_it else "kp.declined", network=row.network.name)
    elif row.state == "expired":
        relaying.rest_today(row.key_person, turn.now)
        turn.say_words("kp.declined")
    else:
        _over(turn, broadcast)


def _staff(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    """A question about the notice goes to staff like any other; the relay stays theirs."""
    turn.say_words("kp.ask_staff")
    handover.ask_about(turn, broadcast)


def _sound(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    if not sounds.ask(turn, broadcast, row):
        _over(turn, broadcast)


def _done(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    """They passed it on: to about how many?"""
    if row.state in ("requested", "expired"):
        relaying.accept(turn.session, turn.runtime, broadcast, row)
    choices = [
        Choice(
            turn.words("kp.reach_more.button", number=number),
            action=_data(row, "reached", number=str(number)),
        )
        for number in REACHES
    ]
    unknown = Choice(turn.words("kp.reach_unknown.button"), action=_data(row, "reached", number=""))
    turn.say(Text(turn.words("kp.how_many"), (*choices, unknown)))


def _reached(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    number = data.get("number", "")
    reached = int(number) if number.isdecimal() and int(number) in REACHES else None
    if relaying.report(turn.session, turn.runtime, broadcast, row, reached):
        turn.say_words("kp.reported", network=row.network.name)
    else:
        _over(turn, broadcast)


def _write(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    """Take the claim to the language's text, and say what to write."""
    claim = _held(turn, broadcast, row)
    if claim is None:
        return
    name = language(claim.language).own_name
    time = clock(turn.language, claim.due_at, turn.now)
    turn.expect(_TEXT, until=claim.due_at, claim=claim.id)
    stop = _button(turn, row, "give_up", "kp.give_up.button")
    turn.say_words("kp.write_now", stop, language=name, time=time)


def _held(turn: Turn, broadcast: Broadcast, row: Relay) -> TextClaim | None:
    """The claim, theirs already or from now on; None when that was answered."""
    try:
        claim = text_claims.hold(turn.session, turn.runtime, broadcast, row)
    except NotPossible as refusal:
        name = language(row.network.language).own_name
        if refusal.reason == "taken":
            turn.say_words("kp.write_taken", language=name)
        elif refusal.reason == "reviewed":
            _carry(turn, broadcast, row)
        else:
            _over(turn, broadcast)
        return None
    if claim.state == "submitted":
        turn.say_words("kp.submitted")
        return None
    return claim


def _use(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    """The draft as it is: they answer for it like for their own words."""
    usable = row.draft and row.draft_origin != "earlier"
    claim = _held(turn, broadcast, row) if usable else None
    if claim is not None:
        text_claims.write(claim, row.draft or "")
        _show_back(turn, broadcast, claim)


def writes(turn: Turn) -> bool:
    """Whether the message is the text of a notice that this person is writing."""
    return turn.expected(_TEXT) is not None


def text_written(turn: Turn) -> None:
    """Keep the text, and show it as people would get it."""
    waiting = turn.expected(_TEXT) or {}
    claim = turn.session.get(TextClaim, waiting.get("claim"))
    if claim is None or claim.state != "held":
        turn.expect_nothing()
        turn.say_words("kp.lapsed" if claim and claim.state == "lapsed" else "kp.not_yours")
        return
    broadcast = turn.session.get_one(Broadcast, claim.broadcast_id)
    units = utf16_units(turn.event.text)
    if turn.event.kind != "text" or not turn.event.text.strip():
        turn.say_words("kp.only_words")
    elif units > text_claims.LONGEST_TEXT:
        most = text_claims.LONGEST_TEXT
        turn.say_words("kp.too_long", units=units, most=most)
    else:
        text_claims.write(claim, turn.event.text)
        _show_back(turn, broadcast, claim)


def _show_back(turn: Turn, broadcast: Broadcast, claim: TextClaim) -> None:
    row = claim.relay
    turn.expect_nothing()
    title = turn.words("kp.show_back")
    shown = text_claims.shown_back(turn.runtime, broadcast, row.network, claim.text or "")
    buttons = (
        _button(turn, row, "send", "kp.send.button"),
        _button(turn, row, "again", "kp.again.button"),
        _button(turn, row, "give_up", "kp.give_up.button"),
    )
    found = text_checks.check(turn.session, broadcast, claim.language, claim.text or "")
    lines = () if found is None else (_facts_line(turn, found),)
    turn.say(Text(shown), Card(title=title, summary=title, lines=lines, buttons=buttons))


def _facts_line(turn: Turn, found: Difference) -> str:
    facts = text_checks.shown(found)
    if not facts:
        return turn.words("kp.facts_fine")
    return turn.words("kp.facts_missing", facts=turn.words("list.separator").join(facts))


def _send(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    claim = _claim_of(turn, broadcast, row)
    if claim is not None and text_claims.submit(turn.session, turn.runtime, broadcast, claim):
        if not text_checks.release_if_clean(turn.session, turn.runtime, broadcast, claim):
            turn.say_words("kp.submitted", _button(turn, row, "done", "kp.report.button"))
    elif claim is not None and claim.state == "submitted":
        turn.say_words("kp.submitted")
    else:
        _over(turn, broadcast)


def _checked(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    """Another person's text says the same as the plain Japanese."""
    if text_claims.checked(turn.session, row):
        turn.say_words("kp.checked", _button(turn, row, "done", "kp.report.button"))
    else:
        _over(turn, broadcast)


def _wrong(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    """Something in another person's text is wrong: staff must see it at once."""
    turn.say_words("kp.wrong")
    handover.ask_about(turn, broadcast, urgent=True)


def _give_up(turn: Turn, broadcast: Broadcast, row: Relay, data: Mapping[str, str]) -> None:
    claim = _claim_of(turn, broadcast, row)
    turn.expect_nothing()
    if claim is not None:
        text_claims.give_up(turn.session, claim, f"key_person:{row.key_person_id}", turn.now)
    turn.say_words("kp.gave_up", _button(turn, row, "done", "kp.report.button"))


def _claim_of(turn: Turn, broadcast: Broadcast, row: Relay) -> TextClaim | None:
    claim = text_claims.open_claim(turn.session, broadcast, row.network.language)
    return claim if claim and claim.relay.key_person_id == row.key_person_id else None


def practise(turn: Turn, data: Mapping[str, str]) -> None:
    """The practice notice: I will, passed on, how many. Nothing of it reaches anybody."""
    person = networks.key_person_of(turn.session, turn.resident)
    what = data.get("what", "")
    if person is None or person.state != "training":
        turn.say_words("kp.not_yours", turn.menu())
    elif what == "reached":
        key_persons.practised(turn.session, turn.runtime, person)
        turn.say_words("kp.active", network=key_persons.network_names(person))
    elif what == "done":
        numbers = [
            turn.choice_named(
                turn.words("kp.reach_more.button", number=number), "practice", what="reached"
            )
            for number in REACHES
        ]
        turn.say_words("kp.how_many", *numbers)
    elif what == "will":
        _practise_carrying(turn, person)
    else:
        turn.say_words("kp.declined" if what == "cannot" else "kp.ask_staff")
        turn.say(*key_persons.practice(turn.runtime, person)[1:])


def _practise_carrying(turn: Turn, person: KeyPerson) -> None:
    done = turn.choice("kp.report.button", "practice", what="done")
    notice = turn.words("kp.practice_notice")
    turn.say(
        Text(turn.words("kp.copy")),
        Text(notice),
        Card(title=notice, summary=notice, buttons=(done,)),
    )


def _button(turn: Turn, row: Relay, what: str, label: str) -> Choice:
    return Choice(turn.words(label), action=_data(row, what))


def _data(row: Relay, what: str, **more: str) -> str:
    return action_data("relay", r=str(row.id), what=what, **more)


_Act = Callable[[Turn, Broadcast, Relay, Mapping[str, str]], None]
_WHAT: Mapping[str, _Act] = {
    "will": _will,
    "cannot": _cannot,
    "staff": _staff,
    "done": _done,
    "sound": _sound,
    "reached": _reached,
    "write": _write,
    "use": _use,
    "again": _write,
    "send": _send,
    "give_up": _give_up,
    "checked": _checked,
    "wrong": _wrong,
}

ACTIONS: Mapping[str, Action] = {"relay": relay, "practice": practise}
