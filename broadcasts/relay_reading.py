"""Looking relays up: who carries a notice where, who writes its texts, whom they reached.

Nothing here changes anything.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.orm.interfaces import ORMOption

from bot.database import Database
from bot.models import (
    Delivery,
    KeyPerson,
    Network,
    Post,
    Relay,
    RelayGap,
    TextClaim,
    Transition,
)
from bot.models.broadcasts import Broadcast, Recipient, Rendition, Sending
from bot.runtime import Runtime
from broadcasts import audience, reading, relaying

COUNTING = 0.02
"""The share of its time a process may spend on counting whom one waiting text would go to."""
WORTH_KEEPING, COUNTING_SECONDS = 0.02, 10.0
"""Seconds: a count that takes less is taken every time; how long one may take at most."""

MOST_KEPT = 500

_counted: WeakKeyDictionary[Database, dict[tuple[int, str], tuple[int, float]]] = (
    WeakKeyDictionary()
)
"""By notice and language: how many, and until when that stands on this process's clock."""

Carried = tuple[Broadcast, Relay]
"""A relay, with its notice."""


@dataclass(frozen=True)
class Reached:
    """People of one first language: recipients, for whom LINE accepted any text, who tapped *I
    have read it*.
    """

    people: int = 0
    accepted: int = 0
    read: int = 0


@dataclass(frozen=True)
class InHand:
    """What one key person has in hand of notices in force: what suspending them takes back.

    `texts` are their released ones, with how many people each still waits for and how many LINE
    accepted it for.
    """

    relays: Sequence[Carried]
    claims: Sequence[tuple[Broadcast, TextClaim]]
    texts: Sequence[tuple[Broadcast, TextClaim, int, int]]


def in_force(now: datetime) -> ColumnElement[bool]:
    """Which notices may still be carried on."""
    return and_(Broadcast.state.in_(("broadcasting", "paused")), Broadcast.expires_at > now)


def relays(session: Session, broadcast: Broadcast) -> Sequence[Relay]:
    """Everybody who was asked to carry a notice, in the order of asking."""
    found = select(Relay).where(Relay.broadcast_id == broadcast.id).order_by(Relay.id)
    with_names = found.options(joinedload(Relay.network), joinedload(Relay.key_person))
    return session.scalars(with_names).all()


def claims(session: Session, broadcast: Broadcast) -> Sequence[TextClaim]:
    """Everybody who wrote, or began to write, a text of a notice, oldest first."""
    found = select(TextClaim).where(TextClaim.broadcast_id == broadcast.id).order_by(TextClaim.id)
    return session.scalars(found.options(*_with_writer())).all()


def networks(session: Session, broadcast: Broadcast) -> Sequence[Network]:
    """The networks in use, and those somebody was asked for, by name."""
    asked = exists().where(Relay.network_id == Network.id, Relay.broadcast_id == broadcast.id)
    found = select(Network).where(Network.active | asked).order_by(Network.name, Network.id)
    posts = joinedload(Network.posts).joinedload(Post.key_person).joinedload(KeyPerson.resident)
    return session.scalars(found.options(posts)).unique().all()


def gaps(session: Session, broadcast: Broadcast) -> Mapping[int, datetime]:
    """Since when nobody is left to ask, by the id of the network."""
    return {
        gap.network_id: gap.since
        for gap in session.scalars(
            select(RelayGap)
            .join(Network, Network.id == RelayGap.network_id)
            .where(RelayGap.broadcast_id == broadcast.id, Network.active)
        )
    }


def all_gaps(session: Session, now: datetime) -> Sequence[tuple[RelayGap, Broadcast, Network]]:
    """Every network nobody is left for, of the notices in force; who waits longest comes first."""
    rows = session.execute(
        select(RelayGap, Broadcast, Network)
        .join(Broadcast, Broadcast.id == RelayGap.broadcast_id)
        .join(Network, Network.id == RelayGap.network_id)
        .where(in_force(now), Network.active)
        .order_by(Broadcast.drill, RelayGap.since, Broadcast.id, Network.name)
    )
    return [(gap, broadcast, network) for gap, broadcast, network in rows]


def waiting_texts(session: Session, now: datetime) -> Sequence[tuple[Broadcast, TextClaim]]:
    """Every text that waits for its release, of the notices in force; real ones before drills."""
    rows = session.execute(
        select(Broadcast, TextClaim)
        .join(TextClaim, TextClaim.broadcast_id == Broadcast.id)
        .where(in_force(now), TextClaim.state == "submitted")
        .order_by(Broadcast.drill, Broadcast.urgency != "Immediate", TextClaim.id)
        .options(*_with_writer())
    )
    return [(broadcast, claim) for broadcast, claim in rows]


def would_get(session: Session, broadcast: Broadcast, tag: str) -> int:
    """How many people a text in this language would go to if it were released now."""
    text = Rendition(broadcast_id=broadcast.id, language=tag)
    good = audience.has_good(session, text)
    # Where nobody can have had one, what each of them was sent need not be looked at.
    who = audience.lacking(text) if good else audience.reading_first(text)
    return session.scalar(select(func.count()).where(*who)) or 0


def would_get_lately(session: Session, runtime: Runtime, broadcast: Broadcast, tag: str) -> int:
    """The same for pages that ask every three seconds: what takes long is counted the less often,
    and by one of those who ask.
    """
    known = _counted.setdefault(runtime.database, {})
    began, key = time.monotonic(), (broadcast.id, tag)
    number, until = known.get(key, (-1, 0.0))
    if began < until:
        return number
    if number >= 0:
        known[key] = number, began + COUNTING_SECONDS
    number = would_get(session, broadcast, tag)
    took = time.monotonic() - began
    if len(known) > MOST_KEPT:  # of notices long over
        known.clear()
    if took > WORTH_KEEPING:
        known[key] = number, began + took / COUNTING
    else:
        known.pop(key, None)
    return number


def corrects(session: Session, broadcast: Broadcast, tag: str) -> bool:
    """Whether a text released in this language now would correct one that was withdrawn."""
    wrong = select(Rendition.id).where(
        Rendition.broadcast_id == broadcast.id,
        Rendition.language == tag,
        Rendition.state == "withdrawn",
    )
    return session.scalars(wrong.limit(1)).first() is not None


def moves(
    session: Session, subject: type[Relay | TextClaim | KeyPerson], ids: Iterable[int]
) -> Mapping[int, Sequence[Transition]]:
    """How these rows moved, by id, oldest first."""
    found: dict[int, list[Transition]] = {id: [] for id in ids}
    rows = select(Transition).where(
        Transition.subject == subject.__tablename__, Transition.subject_id.in_(found)
    )
    for row in session.scalars(rows.order_by(Transition.id)):
        found[row.subject_id].append(row)
    return found


def claim_moves(
    session: Session, written: Sequence[TextClaim]
) -> Mapping[int, Sequence[Transition]]:
    """How these texts moved, by the claim's id, oldest first; then how what was released did."""
    of_claims = moves(session, TextClaim, [claim.id for claim in written])
    released = {claim.rendition_id: claim.id for claim in written if claim.rendition_id}
    stopped = select(Transition).where(
        Transition.subject == Rendition.__tablename__,
        Transition.subject_id.in_(released),
        Transition.to_state == "withdrawn",
    )
    found = {id: list(rows) for id, rows in of_claims.items()}
    for row in session.scalars(stopped.order_by(Transition.id)):
        found[released[row.subject_id]].append(row)
    return found


def reached(session: Session, broadcast: Broadcast) -> Mapping[str, Reached]:
    """How far a notice came, by the first language of its recipients."""
    people = dict(_by_key(session, broadcast))
    accepted = session.execute(
        select(Recipient.languages, func.count(Sending.resident_id.distinct()))
        .join(
            Sending,
            and_(
                Sending.broadcast_id == Recipient.broadcast_id,
                Sending.resident_id == Recipient.resident_id,
            ),
        )
        .join(Delivery, Delivery.id == Sending.delivery_id)
        .where(Recipient.broadcast_id == broadcast.id, Delivery.state == "accepted")
        .group_by(Recipient.languages)
    )
    read = {
        key: number
        for (key, kind), number in reading.taps(session, broadcast).items()
        if kind == "read"
    }
    figures = [people, {key: number for key, number in accepted}, read]
    sums: dict[str, list[int]] = {}
    for place, counted in enumerate(figures):
        for key, number in counted.items():
            sums.setdefault(json.loads(key)[0], [0, 0, 0])[place] += number
    return {tag: Reached(*numbers) for tag, numbers in sums.items()}


def without_text(session: Session, broadcast: Broadcast) -> Mapping[str, int]:
    """Recipients no text is planned for yet, by languages key."""
    planned = exists().where(
        Sending.broadcast_id == Recipient.broadcast_id,
        Sending.resident_id == Recipient.resident_id,
    )
    return dict(_by_key(session, broadcast, ~planned))


def _by_key(
    session: Session, broadcast: Broadcast, *more: ColumnElement[bool]
) -> Iterable[tuple[str, int]]:
    rows = session.execute(
        select(Recipient.languages, func.count())
        .where(Recipient.broadcast_id == broadcast.id, *more)
        .group_by(Recipient.languages)
    )
    return [(key, number) for key, number in rows]


def had_a_later_text(session: Session, broadcast: Broadcast) -> Mapping[int, Mapping[str, int]]:
    """Of the people each rendition was planned for, those a later one was planned for too: by
    rendition id and the state of their delivery, "planned" where there is none yet.
    """
    later = aliased(Sending)
    state = func.coalesce(Delivery.state, "planned")
    rows = session.execute(
        select(Sending.rendition_id, state, func.count())
        .outerjoin(Delivery, Delivery.id == Sending.delivery_id)
        .where(
            Sending.broadcast_id == broadcast.id,
            exists().where(
                later.broadcast_id == Sending.broadcast_id,
                later.resident_id == Sending.resident_id,
                later.id > Sending.id,
            ),
        )
        .group_by(Sending.rendition_id, state)
    )
    counts: dict[int, dict[str, int]] = {}
    for rendition_id, name, number in rows:
        counts.setdefault(rendition_id, {})[name] = number
    return counts


def of_person(session: Session, person: KeyPerson, limit: int) -> Sequence[Carried]:
    """What somebody was asked to carry, the newest first."""
    rows = session.execute(
        select(Broadcast, Relay)
        .join(Relay, Relay.broadcast_id == Broadcast.id)
        .where(Relay.key_person_id == person.id)
        .order_by(Relay.id.desc())
        .limit(limit)
        .options(joinedload(Relay.network))
    )
    return [(broadcast, relay) for broadcast, relay in rows]


def of_network(session: Session, network: Network, limit: int) -> Sequence[Carried]:
    """What somebody was asked to carry into a network, the newest first."""
    rows = session.execute(
        select(Broadcast, Relay)
        .join(Relay, Relay.broadcast_id == Broadcast.id)
        .where(Relay.network_id == network.id)
        .order_by(Relay.id.desc())
        .limit(limit)
        .options(joinedload(Relay.key_person))
    )
    return [(broadcast, relay) for broadcast, relay in rows]


def last_of_each_network(session: Session) -> Mapping[int, Carried]:
    """The last relay of each network, by its id."""
    newest = select(func.max(Relay.id)).group_by(Relay.network_id)
    rows = session.execute(
        select(Broadcast, Relay)
        .join(Relay, Relay.broadcast_id == Broadcast.id)
        .where(Relay.id.in_(newest))
    )
    return {relay.network_id: (broadcast, relay) for broadcast, relay in rows}


def in_hand(session: Session, person: KeyPerson, now: datetime) -> InHand:
    """What would be taken back from somebody now."""
    carried = session.execute(
        select(Broadcast, Relay)
        .join(Relay, Relay.broadcast_id == Broadcast.id)
        .where(Relay.key_person_id == person.id, Relay.state.in_(relaying.OPEN), in_force(now))
        .order_by(Relay.id)
        .options(joinedload(Relay.network))
    )
    written = session.execute(
        select(Broadcast, TextClaim)
        .join(TextClaim, TextClaim.broadcast_id == Broadcast.id)
        .join(Relay, Relay.id == TextClaim.relay_id)
        .outerjoin(Rendition, Rendition.id == TextClaim.rendition_id)
        .where(
            Relay.key_person_id == person.id,
            in_force(now),
            TextClaim.state.in_(("held", "submitted", "released")),
            (TextClaim.state != "released") | (Rendition.state == "ready"),
        )
        .order_by(TextClaim.id)
    ).all()
    return InHand(
        relays=[(broadcast, relay) for broadcast, relay in carried],
        claims=[(broadcast, claim) for broadcast, claim in written if claim.state != "released"],
        texts=[
            (broadcast, claim, *_waiting_and_accepted(session, broadcast, claim))
            for broadcast, claim in written
            if claim.state == "released"
        ],
    )


def _waiting_and_accepted(
    session: Session, broadcast: Broadcast, claim: TextClaim
) -> tuple[int, int]:
    """People a released text waits for, and for whom LINE accepted it."""
    counts = reading.progress(session, broadcast).get(claim.rendition_id or 0, {})
    planned = sum(counts.get(state, 0) for state in ("planned", "queued", "sending"))
    return planned + would_get(session, broadcast, claim.language), counts.get("accepted", 0)


def is_carried_now(session: Session, network: Network, now: datetime) -> bool:
    """Whether somebody has a notice in force in hand for a network."""
    carried = select(Relay.id).join(Broadcast, Broadcast.id == Relay.broadcast_id)
    open_now = carried.where(
        Relay.network_id == network.id, Relay.state.in_(relaying.OPEN), in_force(now)
    )
    return session.scalars(open_now.limit(1)).first() is not None


def _with_writer() -> tuple[ORMOption, ...]:
    relay = joinedload(TextClaim.relay)
    return relay.joinedload(Relay.key_person), relay.joinedload(Relay.network)
