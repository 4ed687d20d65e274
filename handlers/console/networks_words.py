"""What the console calls networks, key persons and their states, in the page's language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import segno
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import KeyPerson, Network, Relay, Transition
from bot.models.broadcasts import Broadcast
from broadcasts import availability, care, relay_reading
from handlers.console.language import _, day_and_time
from handlers.console.notices_words import Names, Step

WAY = ("invited", "to_confirm", "training", "active")
"""What everybody goes through, in this order, before they are asked for anything."""

NOBODY, ONLY_ONE, TRAINING, FINE = range(4)
"""How well a network is staffed; the worst comes first."""


@dataclass(frozen=True)
class Standing:
    """How a key person stands now: in a word, and how it looks (good, caution, failed or "")."""

    word: str
    look: str


@dataclass(frozen=True)
class ShownPost:
    """A key person's place in a network. `days` names the weekdays on which they come first."""

    id: int
    name: str
    standing: Standing
    days: str = ""


@dataclass(frozen=True)
class Task:
    """A relay as a line: which notice, who for whom, how it ended."""

    number: str
    drill: bool
    network_id: int
    network: str
    person_id: int
    person: str
    asked: str
    state: str
    reach: str


def kind_name(kind: str) -> str:
    names = {
        "language": _("Language community"),
        "school": _("School"),
        "employer": _("Employer"),
        "shop": _("Shop"),
        "worship": _("Place of worship"),
    }
    return names.get(kind, kind)


def names_of(session: Session) -> Names:
    """Names as everywhere in the console, and those of key persons by "key_person:ID"."""
    names = Names.load(session)
    people = session.execute(select(KeyPerson.id, KeyPerson.name))
    known = {f"key_person:{id}": name or _("a former key person") for id, name in people}
    return replace(names, staff={**names.staff, **known})


def person_name(person: KeyPerson) -> str:
    """A key person's name; whoever left has none any more."""
    return person.name or _("a former key person")


def state_word(state: str) -> str:
    return {
        "invited": _("Invited"),
        "to_confirm": _("Call to confirm"),
        "training": _("In training"),
        "active": _("Active"),
        "suspended": _("Suspended"),
        "left": _("Ended"),
    }[state]


def standing(person: KeyPerson, now: datetime) -> Standing:
    """How a key person stands, with what keeps an active one from being asked."""
    if person.state == "active" and not availability.is_reachable(person):
        return Standing(_("Active, but LINE does not reach them"), "failed")
    if person.state == "active" and person.paused_until and person.paused_until > now:
        until = day_and_time(person.paused_until, now)
        return Standing(_("Active, pauses until %(time)s", time=until), "caution")
    if care.is_silent(person, now):
        return Standing(_("Active, does not answer whether they stay"), "caution")
    if person.state == "invited" and invitation_is_over(person, now):
        return Standing(_("Invitation ran out"), "failed")
    looks = {"active": "mine", "to_confirm": "caution", "suspended": "failed"}
    return Standing(state_word(person.state), looks.get(person.state, ""))


def invitation_is_over(person: KeyPerson, now: datetime) -> bool:
    """Whether the code this person was given can no longer be used."""
    return person.state == "invited" and (
        person.invited_until is None or person.invited_until <= now
    )


def posts_of(network: Network, now: datetime) -> tuple[ShownPost, ...]:
    """The key persons of a network in the order in which they are asked."""
    names = weekday_names()
    return tuple(
        ShownPost(
            post.key_person_id,
            person_name(post.key_person),
            standing(post.key_person, now),
            _(", ").join(names[day] for day in post.on_days),
        )
        for post in network.posts
    )


def weekday_names() -> tuple[str, ...]:
    """Monday first."""
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


def staffing(people: Iterable[KeyPerson]) -> int:
    """How well a network with these key persons is staffed: NOBODY, ONLY_ONE, TRAINING or FINE."""
    mine = list(people)
    active = sum(person.state == "active" and availability.is_reachable(person) for person in mine)
    if active < 2:
        return ONLY_ONE if active else NOBODY
    return TRAINING if any(person.state in WAY[:3] for person in mine) else FINE


def reach_words(reached: int | None) -> str:
    """How many people somebody says they reached; "" before they said anything."""
    if reached is None:
        return ""
    if not reached:
        return _("number not known")
    return _("%(number)s people or more", number=reached)


def relay_word(relay: Relay, moves: Sequence[Transition]) -> str:
    """How a relay stands. `moves` are its own, oldest first."""
    last = moves[-1].reason if moves else ""
    if relay.state == "expired":
        return {
            "accepted too long": _("no report in time"),
            "asked the next one": _("staff asked the next person"),
        }.get(last, _("no answer in time"))
    if relay.state == "declined" and moves and moves[-1].from_state == "accepted":
        return _("took it on, then handed it on to the next one")
    if relay.state == "cancelled":
        return {
            "taken by another": _("somebody else took it on"),
            "suspended": _("taken back: suspended"),
        }.get(last, _("the notice was over"))
    return {
        "requested": _("asked, no answer yet"),
        "accepted": _("took it on"),
        "relayed": _("reports that it was passed on"),
        "declined": _("cannot today"),
    }[relay.state]


def tasks(
    session: Session, rows: Sequence[tuple[Broadcast, Relay]], now: datetime
) -> tuple[Task, ...]:
    """Relays as lines, in the order given."""
    moves = relay_reading.moves(session, Relay, [relay.id for _notice, relay in rows])
    return tuple(
        Task(
            number=broadcast.number,
            drill=broadcast.drill,
            network_id=relay.network_id,
            network=relay.network.name,
            person_id=relay.key_person_id,
            person=person_name(relay.key_person),
            asked=day_and_time(relay.asked_at, now),
            state=relay_word(relay, moves[relay.id]),
            reach=reach_words(relay.reached),
        )
        for broadcast, relay in rows
    )


def history(session: Session, names: Names, person: KeyPerson, now: datetime) -> list[Step]:
    """Every move of a key person, the newest first."""
    rows = relay_reading.moves(session, KeyPerson, [person.id])[person.id]
    return [
        Step(
            at=day_and_time(row.at, now),
            who=person_name(person) if row.by == "resident" else names.who(row.by),
            what=_move_word(row),
            why=_why(row),
        )
        for row in reversed(rows)
    ]


def _move_word(move: Transition) -> str:
    if move.to_state == "active" and move.from_state == "suspended":
        return _("trusted again")
    return {
        "to_confirm": _("used the invitation"),
        "training": _("called: it is the person who was invited"),
        "active": _("finished the practice"),
        "suspended": _("suspended"),
        "left": _("the role ended"),
    }[move.to_state]


def _why(move: Transition) -> str:
    """A person's own words; what the service wrote says nothing more than the move itself."""
    if move.reason == "data deleted":
        return _("had their data deleted")
    return move.reason if move.to_state in ("suspended", "left") else ""


def qr(words: str) -> Markup:
    """A QR code of these words as a drawing: black on white in every colour scheme."""
    drawing = segno.make(words, micro=False, error="m").svg_inline(
        dark="#000", light="#fff", border=4, omitsize=True, svgclass="qr-code"
    )
    return Markup(drawing)
