"""A notice's relay, line by line: its languages, their networks, who was asked and what came."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.languages import isolated
from bot.models import Network, Post, Relay, TextClaim, Transition
from bot.models.broadcasts import Broadcast, Rendition
from bot.runtime import Runtime
from broadcasts import availability, reading, relay_reading, relaying
from broadcasts.relay_reading import Reached
from handlers.console.language import _, day_and_time, language_name
from handlers.console.networks_words import (
    kind_name,
    person_name,
    reach_words,
    relay_word,
)
from handlers.console.notices_preview import own_name
from handlers.console.notices_relay_words import (
    WaitingText,
    Writing,
    text_state,
    waiting_text,
    writing,
)
from handlers.console.notices_words import Names, Step

NOBODY_LEFT, TEXT_WAITS, NO_TEXT, UNANSWERED, CARRYING, REPORTED, QUIET = range(7)
"""How much a line needs somebody; the first of these stand on top."""


@dataclass(frozen=True)
class Link:
    """One link of the chain from asking to reporting. `at` is "" until it happened."""

    name: str
    at: str
    note: str = ""


@dataclass(frozen=True)
class Asked:
    """One key person who was asked for one network: when what happened, "" where it did not."""

    person_id: int
    name: str
    word: str
    asked: str
    opened: str
    answered: str
    reported: str
    reach: str


@dataclass(frozen=True)
class NetworkLine:
    """A network under its language. `waits_for` is the relay staff need not wait for any longer,
    0 where there is none; `next_name` who would be asked then.
    """

    id: int
    name: str
    kind: str
    rank: int
    word: str
    look: str
    chain: tuple[Link, ...]
    asked: tuple[Asked, ...]
    waits_for: int
    next_name: str


@dataclass(frozen=True)
class LanguageLine:
    """A language of the notice: the people who read it first, their text, and who carries it.

    `text` says what text there is; `writing` is who writes one now, `released` the last one that
    went out.
    """

    tag: str
    own_name: str
    name: str
    reached: Reached
    rank: int
    text: str
    text_look: str
    writing: Writing | None
    released: Writing | None
    networks: tuple[NetworkLine, ...]


@dataclass(frozen=True)
class Totals:
    """All networks together. `reach` sums what was reported: who was told twice counts twice."""

    networks: int
    taken: int
    reported: int
    reach: int
    nobody_left: int


@dataclass(frozen=True)
class Relayed:
    """Everything of the page that moves. `others` are the languages without a network, `decided`
    is what staff did, the newest first.
    """

    totals: Totals
    waiting: tuple[WaitingText, ...]
    languages: tuple[LanguageLine, ...]
    others: str
    decided: tuple[Step, ...]
    active: bool


@dataclass(frozen=True)
class _Stored:
    """What is stored about a notice's relay, read once for the whole page."""

    broadcast: Broadcast
    names: Names
    now: datetime
    networks: Sequence[Network]
    relays: Sequence[Relay]
    claims: Sequence[TextClaim]
    gaps: Mapping[int, datetime]
    moves: Mapping[int, Sequence[Transition]]
    claim_moves: Mapping[int, Sequence[Transition]]
    texts: Mapping[str, Rendition]
    released: Mapping[int, Rendition]
    accepted: Mapping[int, int]
    full_hands: Set[int]

    @classmethod
    def load(cls, session: Session, broadcast: Broadcast, names: Names, now: datetime) -> "_Stored":
        relays = relay_reading.relays(session, broadcast)
        claims = relay_reading.claims(session, broadcast)
        released = [claim.rendition_id for claim in claims if claim.rendition_id]
        of_people = session.scalars(select(Rendition).where(Rendition.id.in_(released)))
        counts = reading.progress(session, broadcast)
        return cls(
            broadcast=broadcast,
            names=names,
            now=now,
            networks=relay_reading.networks(session, broadcast),
            relays=relays,
            claims=claims,
            gaps=relay_reading.gaps(session, broadcast),
            moves=relay_reading.moves(session, Relay, [row.id for row in relays]),
            claim_moves=relay_reading.claim_moves(session, claims),
            texts={row.language: row for row in reading.texts(session, broadcast)},
            released={row.id: row for row in of_people},
            accepted={id: states.get("accepted", 0) for id, states in counts.items()},
            full_hands=availability.full_hands(session, now),
        )

    @property
    def active(self) -> bool:
        return self.broadcast.is_active(self.now)

    def time(self, moment: datetime | None) -> str:
        """A point in time for staff, "" where there is none."""
        return day_and_time(moment, self.now) if moment else ""

    def of(self, network: Network) -> list[Relay]:
        """Whoever was asked for a network, in this order."""
        return [row for row in self.relays if row.network_id == network.id]

    def next_post(self, network: Network, asked: Sequence[Relay]) -> Post | None:
        """Who would be asked next for a network; None where nobody is left."""
        notice, full = self.broadcast, self.full_hands
        return availability.next_post(network, asked, notice, self.now, full)

    def moved(self, relay: Relay, *to: str) -> datetime | None:
        """When a relay came into one of these states first."""
        moves = self.moves[relay.id]
        return next((move.at for move in moves if move.to_state in to), None)


def look(
    session: Session, runtime: Runtime, broadcast: Broadcast, names: Names, now: datetime
) -> Relayed:
    """How far the notice is carried. `names` must know key persons."""
    stored = _Stored.load(session, broadcast, names, now)
    reached = relay_reading.reached(session, broadcast)
    by_language: dict[str, list[NetworkLine]] = {}
    for network in stored.networks:
        by_language.setdefault(network.language, []).append(_network(stored, network))
    carried = {*by_language, *(claim.language for claim in stored.claims)}
    languages = [
        _language(stored, tag, reached.get(tag, Reached()), by_language.get(tag, []))
        for tag in carried
    ]
    return Relayed(
        totals=_totals(stored),
        waiting=tuple(
            waiting_text(session, runtime, broadcast, claim, names, now)
            for claim in stored.claims
            if claim.state == "submitted" and stored.active
        ),
        languages=tuple(sorted(languages, key=lambda line: (line.rank, line.name))),
        others=_others({tag: of.people for tag, of in reached.items() if tag not in carried}),
        decided=tuple(_decided(stored)),
        active=stored.active,
    )


def _decided(stored: _Stored) -> list[Step]:
    """Every move of a relay or a text that a member of staff made."""
    moves = [(move, _about_relay(row)) for row in stored.relays for move in stored.moves[row.id]]
    moves += [
        (move, _about_text(claim))
        for claim in stored.claims
        for move in stored.claim_moves[claim.id]
    ]
    by_staff = [(move, about) for move, about in moves if move.by.startswith("staff:")]
    return [
        Step(
            at=stored.time(move.at),
            who=stored.names.who(move.by),
            what=f"{about} {_decision(move)}",
            why=move.reason if move.to_state in ("held", "withdrawn") else "",
        )
        for move, about in sorted(by_staff, key=lambda found: found[0].id, reverse=True)
    ]


def _about_relay(row: Relay) -> str:
    name, network = isolated(person_name(row.key_person)), isolated(row.network.name)
    return _("%(name)s (%(network)s):", name=name, network=network)


def _about_text(claim: TextClaim) -> str:
    language, name = language_name(claim.language), isolated(person_name(claim.relay.key_person))
    return _("Text in %(language)s by %(name)s:", language=language, name=name)


def _decision(move: Transition) -> str:
    """What staff did with a relay (expired, cancelled) or with a text."""
    if move.to_state == "cancelled":
        suspended = move.reason == "suspended"
        return _("taken back: suspended") if suspended else _("writing ended")
    return {
        "expired": _("staff asked the next person"),
        "held": _("returned"),
        "released": _("released"),
        "withdrawn": _("stopped"),
    }[move.to_state]


def _others(people: Mapping[str, int]) -> str:
    most_first = sorted(people.items(), key=lambda item: -item[1])
    return _(", ").join(
        _("%(language)s %(number)s", language=language_name(tag), number=number)
        for tag, number in most_first
    )


def _totals(stored: _Stored) -> Totals:
    taken = {row.network_id for row in stored.relays if row.state in relaying.TAKEN}
    reported = {row.network_id for row in stored.relays if row.reached is not None}
    return Totals(
        networks=len(stored.networks),
        taken=len(taken | reported),
        reported=len(reported),
        reach=sum(row.reached or 0 for row in stored.relays),
        nobody_left=len(stored.gaps),
    )


def _language(
    stored: _Stored, tag: str, reached: Reached, networks: Sequence[NetworkLine]
) -> LanguageLine:
    text, text_look = text_state(stored.texts.get(tag))
    mine = [claim for claim in stored.claims if claim.language == tag]
    open_now = _latest(stored, mine, ("held", "submitted"))
    ranks = [line.rank for line in networks]
    if open_now is not None and open_now.state == "submitted":
        ranks.append(TEXT_WAITS)
    elif open_now is None and text_look != "mine" and reached.people and stored.active:
        ranks.append(NO_TEXT)
    return LanguageLine(
        tag=tag,
        own_name=own_name(tag),
        name=language_name(tag),
        reached=reached,
        rank=min(ranks, default=QUIET),
        text=text,
        text_look=text_look,
        writing=open_now,
        released=_latest(stored, mine, ("released",)),
        networks=tuple(sorted(networks, key=lambda line: (line.rank, line.name))),
    )


def _latest(stored: _Stored, claims: Sequence[TextClaim], states: Iterable[str]) -> Writing | None:
    """The last of these texts that is in one of these states."""
    found = [claim for claim in claims if claim.state in tuple(states)]
    if not found:
        return None
    claim = found[-1]
    return writing(
        claim,
        stored.claim_moves[claim.id],
        stored.released.get(claim.rendition_id or 0),
        stored.accepted.get(claim.rendition_id or 0, 0),
        stored.names,
        stored.now,
    )


def _network(stored: _Stored, network: Network) -> NetworkLine:
    mine = stored.of(network)
    rank, word, seems = _network_state(stored, network, mine)
    open_now = [row for row in mine if row.state in relaying.OPEN] if stored.active else []
    following = stored.next_post(network, mine) if open_now else None
    return NetworkLine(
        id=network.id,
        name=network.name,
        kind=kind_name(network.kind),
        rank=rank,
        word=word,
        look=seems,
        chain=_chain(stored, network, mine),
        asked=tuple(_asked(stored, row) for row in mine),
        waits_for=open_now[-1].id if open_now else 0,
        next_name=isolated(following.key_person.name) if following else "",
    )


def _network_state(
    stored: _Stored, network: Network, mine: Sequence[Relay]
) -> tuple[int, str, str]:
    """How much a network needs somebody, how it stands in words, and how that looks."""
    if network.id in stored.gaps:
        since = stored.time(stored.gaps[network.id])
        return NOBODY_LEFT, _("Nobody is left to ask, since %(time)s", time=since), "failed"
    last = {row.state: row for row in mine}
    if "accepted" in last:
        row = last["accepted"]
        words = _(
            "%(name)s took it on, reports by %(time)s",
            name=isolated(person_name(row.key_person)),
            time=stored.time(row.due_at),
        )
        return CARRYING, words, "mine"
    reported = [row.reached for row in mine if row.reached is not None]
    if reported:
        return REPORTED, _("Reported: %(reach)s", reach=reach_words(max(reported))), "mine"
    if "requested" in last:
        row = last["requested"]
        words = _(
            "%(name)s is asked, answers by %(time)s",
            name=isolated(person_name(row.key_person)),
            time=stored.time(row.due_at),
        )
        return UNANSWERED, words, "caution"
    if mine:
        return QUIET, relay_word(mine[-1], stored.moves[mine[-1].id]), ""
    return QUIET, _("Nobody has been asked"), ""


def _chain(stored: _Stored, network: Network, mine: Sequence[Relay]) -> tuple[Link, ...]:
    """From asking to reporting, with the time of each link that is closed."""
    opened = [row.opened_at for row in mine if row.opened_at]
    accepted = [at for row in mine if (at := stored.moved(row, "accepted"))]
    reported = [row for row in mine if row.reached is not None]
    best = max(reported, key=lambda row: row.reached or 0, default=None)
    reach = reach_words(best.reached) if best else ""
    return (
        Link(_("Asked"), stored.time(min((row.asked_at for row in mine), default=None))),
        Link(_("Opened it"), stored.time(min(opened, default=None))),
        Link(_("Took it on"), stored.time(max(accepted, default=None))),
        *_text_steps(stored, network.language),
        Link(_("Reported"), _reported_at(stored, best), reach),
    )


def _reported_at(stored: _Stored, relay: Relay | None) -> str:
    if relay is None or relay.reached is None:
        return ""
    return stored.time(stored.moved(relay, "relayed")) or _("late")


def _text_steps(stored: _Stored, tag: str) -> tuple[Link, Link, Link]:
    """The language's text: written, released, accepted by LINE. The city's own texts have neither
    a writer nor a release.
    """
    ready = stored.texts.get(tag)
    number = stored.accepted.get(ready.id, 0) if ready else 0
    sent = Link(_("Accepted by LINE"), _("for %(number)s", number=number) if number else "")
    mine = [claim for claim in stored.claims if claim.language == tag]
    claim = _latest(stored, mine, ("held", "submitted", "released"))
    if claim is not None and claim.state != "withdrawn":
        released = claim.state == "released"
        return (
            Link(_("The text"), claim.written if claim.state != "held" else "", claim.writer),
            Link(_("Release"), claim.at if released else "", claim.by if released else ""),
            sent if released else Link(_("Accepted by LINE"), ""),
        )
    if ready is not None and ready.origin not in ("fallback", "machine"):
        return Link(_("The text"), _("there")), Link(_("Release"), _("not needed")), sent
    return Link(_("The text"), ""), Link(_("Release"), ""), Link(_("Accepted by LINE"), "")


def _asked(stored: _Stored, row: Relay) -> Asked:
    return Asked(
        person_id=row.key_person_id,
        name=person_name(row.key_person),
        word=relay_word(row, stored.moves[row.id]),
        asked=stored.time(row.asked_at),
        opened=stored.time(row.opened_at),
        answered=stored.time(stored.moved(row, "accepted", "declined")),
        reported=_reported_at(stored, row),
        reach=reach_words(row.reached),
    )
