"""What key persons are told: the question, the text they may pass on, and kind words at the end."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import conversations, languages, networks
from bot.channel import Card, Choice, Outgoing, Text
from bot.city import JAPAN
from bot.models import KeyPerson, Network, Relay
from bot.models.broadcasts import Broadcast, Rendition
from bot.runtime import Runtime
from broadcasts import reading
from broadcasts.drafting import PLAIN_JAPANESE, Desk, moment_in, public_link
from broadcasts.earlier_texts import earlier_text


@dataclass(frozen=True)
class Offer:
    """The text a key person is given in their network's language.

    `kind`: reviewed and person may be passed on; earlier (a person's text of the notice `number`
    before, with the `changes` since), drafted and machine only begin a text of their own; none.
    """

    kind: str
    text: str = ""
    number: str = ""
    changes: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        return self.kind in ("reviewed", "person")


def offered(
    session: Session, runtime: Runtime, broadcast: Broadcast, language: str, machine: str = ""
) -> Offer:
    """The best text there is in a language, and what it is worth."""
    ready = select(Rendition).where(
        Rendition.broadcast_id == broadcast.id,
        Rendition.language == language,
        Rendition.state == "ready",
    )
    row = session.scalars(ready).first()
    if row is not None and row.origin == "machine":
        machine = reading.unmarked(row)
    elif row is not None and row.origin != "fallback":
        kind = "reviewed" if row.is_reviewed else "person" if row.origin == "person" else "drafted"
        return Offer(kind, reading.full_text(runtime, broadcast, row))
    earlier = earlier_text(session, broadcast, language)
    if earlier is not None:
        return Offer("earlier", earlier.text, earlier.number, earlier.changes)
    draft = Desk(session, runtime, broadcast).draft(language)
    if draft is not None:
        return Offer("drafted", "\n".join(draft.lines))
    return Offer("machine", machine) if machine else Offer("none")


def question(
    session: Session, runtime: Runtime, broadcast: Broadcast, relay: Relay, offer: Offer
) -> list[Outgoing]:
    """The notice in plain Japanese and in the network's language, then what can be tapped."""
    tag = language_of(relay.key_person)
    say = runtime.words.text
    name = languages.language(relay.network.language).own_name
    plain = reading.rendition(session, broadcast, PLAIN_JAPANESE)
    words = reading.full_text(runtime, broadcast, plain) if plain else ""
    messages: list[Outgoing] = [Text(f"{say(tag, 'kp.in_plain_japanese')}\n{words}")]
    heading = say(tag, f"kp.text_{offer.kind}", language=name, number=offer.number)
    lines = [heading, offer.text]
    if offer.changes:
        lines.append(say(tag, "kp.changed", changes="\n".join(offer.changes)))
    messages.append(Text("\n".join(filter(None, lines))))
    ask = say(
        tag,
        "kp.ask",
        network=languages.isolated(relay.network.name),
        time=clock(tag, relay.due_at, relay.asked_at),
    )
    drill = f"{say(tag, 'alert.drill_first')} " if broadcast.drill else ""
    buttons = [
        Choice(say(tag, f"kp.{what}.button"), action=f"do=relay&r={relay.id}&what={what}")
        for what in ("will", "cannot", "staff")
    ]
    page = Choice(say(tag, "kp.page.button"), uri=page_link(runtime, broadcast, relay))
    card = Card(
        title=f"{drill}{ask}",
        summary=f"{drill}{ask}",
        lines=(say(tag, "alert.number", number=broadcast.number),),
        buttons=tuple(buttons),
        choices=(page,),
        tone="urgent" if is_urgent(broadcast) else "plain",
    )
    return [*messages, card]


def tell_late(
    session: Session, runtime: Runtime, broadcast: Broadcast, relay: Relay, *, had_it: bool
) -> None:
    """Nobody is blamed; whoever is late may still take it, or say that it is done."""
    tag, say = language_of(relay.key_person), runtime.words.text
    title = say(tag, "kp.report_missing" if had_it else "kp.asked_next")
    label = say(tag, "kp.report.button" if had_it else "kp.will.button")
    what = "done" if had_it else "will"
    number = say(tag, "alert.number", number=broadcast.number)
    button = Choice(label, action=f"do=relay&r={relay.id}&what={what}")
    card = Card(title=title, summary=title, lines=(number,), buttons=(button,))
    tell(session, runtime, broadcast, relay.key_person, [card])


def tell(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    person: KeyPerson,
    messages: list[Outgoing],
) -> int | None:
    """Say something to a key person, unless their account is gone; the delivery's id."""
    resident = person.resident
    if resident is None or resident.line_user_id is None or not resident.following:
        return None
    return conversations.say(
        session,
        runtime,
        resident,
        messages,
        language=resident.language,
        urgent=is_urgent(broadcast),
    ).id


def say_to(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    person: KeyPerson,
    id: str,
    **values: object,
) -> None:
    words = runtime.words.text(language_of(person), id, **values)
    tell(session, runtime, broadcast, person, [Text(words)])


def is_urgent(broadcast: Broadcast) -> bool:
    return broadcast.urgency == "Immediate"


def clock(tag: str, moment: datetime, now: datetime) -> str:
    """A time of day in Japan, with the date unless it is today's."""
    local, today = moment.astimezone(JAPAN), now.astimezone(JAPAN)
    return f"{local:%H:%M}" if local.date() == today.date() else moment_in(tag, moment)


def page_link(runtime: Runtime, broadcast: Broadcast, relay: Relay) -> str:
    """The notice's page in the network's language, with a mark that this key person opened it."""
    page = f"{public_link(runtime, broadcast)}?lang={relay.network.language}"
    return f"{page}&r={relay.id}-{_mark(runtime, relay.id)}"


def relay_opened(session: Session, runtime: Runtime, mark: str) -> Relay | None:
    """The relay a page link belongs to; None for a mark we did not make."""
    id, _, signature = mark.partition("-")
    if not id.isdecimal() or not hmac.compare_digest(signature, _mark(runtime, int(id))):
        return None
    return session.get(Relay, int(id))


def _mark(runtime: Runtime, relay_id: int) -> str:
    key = runtime.settings.secret_key.encode()
    return hmac.new(key, f"relay {relay_id}".encode(), hashlib.sha256).hexdigest()[:16]


def language_of(person: KeyPerson) -> str:
    """What a key person reads: the language they chose for themselves."""
    return person.resident.language if person.resident else PLAIN_JAPANESE


def members_words(session: Session, runtime: Runtime, network: Network, tag: str) -> str:
    """How many people a network has, for its key persons: never a number below five."""
    number = networks.sizes(session).get(network.id, 0)
    id = "kp.members" if number >= networks.FEW else "kp.members_few"
    return runtime.words.text(tag, id, network=network.name, number=number)
