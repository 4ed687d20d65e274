"""Who carries a notice into each network: asked in order, and what came of it.

The first key person of every network is asked when a notice begins; without an answer by the due
time the next one is. Everything is recorded in the transaction that decides it; the questions go
out as ordinary deliveries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, selectinload

from bot.database import after_commit
from bot.models import KeyPerson, Network, Post, Relay, RelayGap, TextClaim
from bot.models.broadcasts import Broadcast, Policy
from bot.runtime import Runtime
from bot.states import transition
from bot.translation import Purpose, TranslationError
from broadcasts import availability, reading
from broadcasts.drafting import PLAIN_JAPANESE
from broadcasts.relay_messages import offered, question, say_to, tell, tell_late

QUEUE = "default"
OPEN = availability.OPEN
TAKEN = ("accepted", "relayed")
LOOK_AGAIN = timedelta(seconds=30)
"""How soon it is looked again for a network nobody was left for: somebody may be back."""

USUAL_MINUTES = {"Extreme": (3, 15), "Severe": (3, 15), "Moderate": (30, 120)}
OTHER_MINUTES = (240, 1440)


@dataclass(frozen=True)
class Limits:
    """How long a key person may take to answer, and to carry a notice or write its text."""

    answer: timedelta
    carry: timedelta


def limits(session: Session, severity: str) -> Limits:
    """The policy's minutes, or the usual ones for a severity."""
    policy = session.get(Policy, severity)
    answer, carry = USUAL_MINUTES.get(severity, OTHER_MINUTES)
    answer = policy.answer_minutes or answer if policy else answer
    carry = policy.carry_minutes or carry if policy else carry
    return Limits(timedelta(minutes=answer), timedelta(minutes=carry))


def begin(session: Session, runtime: Runtime, broadcast: Broadcast, now: datetime) -> None:
    """A notice goes out: its networks are asked at once, by the `default` lane."""
    broadcast.relays_due_at = now
    after_commit(session, lambda: runtime.wakeups.send(QUEUE))


def is_due(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        return session.scalars(_due(runtime.clock.now())).first() is not None


def run(runtime: Runtime) -> None:
    """Look after every notice whose relays are due."""
    now = runtime.clock.now()
    with runtime.database.read() as session:
        ids = session.scalars(_due(now)).all()
    for id in ids:
        _translate_back(runtime, id)
        drafts = _machine_drafts(runtime, id)
        with runtime.database.write() as session:
            broadcast = session.get_one(Broadcast, id, with_for_update={"key_share": True})
            tend(session, runtime, broadcast, drafts)


def _due(now: datetime) -> Select[int]:
    return select(Broadcast.id).where(Broadcast.relays_due_at <= now).order_by(Broadcast.id)


def tend(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    drafts: Mapping[str, str] | None = None,
) -> None:
    """Let what nobody answered lapse, ask the next ones, and say when to look again.

    `drafts` are a machine's texts by language, for those who write.
    """
    now = runtime.clock.now()
    if not broadcast.is_active(now):
        close(session, runtime, broadcast, now)
        return
    if broadcast.state == "paused":
        broadcast.relays_due_at = now + LOOK_AGAIN
        return
    lapsed = _lapse(session, broadcast, now)
    asked = {
        network.id
        for network in _networks(session)
        if _look_after(session, runtime, broadcast, network, drafts or {})
    }
    for relay, was in lapsed:
        if was == "accepted" or relay.network_id in asked:
            tell_late(session, runtime, broadcast, relay, had_it=was == "accepted")
    session.flush()
    broadcast.relays_due_at = _next_look(session, broadcast, now)


def _networks(session: Session) -> Iterable[Network]:
    posts = selectinload(Network.posts).selectinload(Post.key_person)
    active = select(Network).where(Network.active).order_by(Network.id)
    return session.scalars(active.options(posts).execution_options(populate_existing=True)).all()


def _lapse(session: Session, broadcast: Broadcast, now: datetime) -> list[tuple[Relay, str]]:
    """What was not answered or reported in time is *expired*, with what it was before; texts not
    written are *lapsed*.
    """
    late = [(row, row.state) for row in _relays(session, broadcast, OPEN) if row.due_at <= now]
    for claim in claims(session, broadcast, ("held",)):
        if claim.due_at <= now:
            transition(session, claim, "lapsed", by="bot", reason="time over", at=now)
    return [
        (row, was)
        for row, was in late
        if transition(session, row, "expired", by="bot", reason=f"{was} too long", at=now)
    ]


def _look_after(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    network: Network,
    drafts: Mapping[str, str],
) -> bool:
    """Ask the next key person where nobody has the notice in hand, and note where nobody is left.

    Whether somebody was asked.
    """
    now = runtime.clock.now()
    mine = [row for row in _relays(session, broadcast) if row.network_id == network.id]
    gap = session.get(RelayGap, (broadcast.id, network.id))
    in_hand = any(row.state in (*OPEN, "relayed") for row in mine)
    post = None
    if not in_hand:
        availability.hold_hands(session)
        full = availability.full_hands(session, now)
        post = availability.next_post(network, mine, broadcast, now, full)
    if post is not None:
        _ask(session, runtime, broadcast, post, drafts)
    if gap is None and not in_hand and post is None:
        session.add(RelayGap(broadcast_id=broadcast.id, network_id=network.id, since=now))
    elif gap is not None and (in_hand or post is not None):
        session.delete(gap)
    return post is not None


def _ask(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    post: Post,
    drafts: Mapping[str, str],
) -> None:
    now = runtime.clock.now()
    language = post.network.language
    offer = offered(session, runtime, broadcast, language, drafts.get(language, ""))
    relay = Relay(
        broadcast_id=broadcast.id,
        network_id=post.network_id,
        key_person_id=post.key_person_id,
        network=post.network,
        key_person=post.key_person,
        state="requested",
        asked_at=now,
        due_at=now + limits(session, broadcast.severity).answer,
        draft=None if offer.usable else offer.text or None,
        draft_origin=None if offer.usable else offer.kind,
    )
    session.add(relay)
    session.flush()
    messages = question(session, runtime, broadcast, relay, offer)
    relay.delivery_id = tell(session, runtime, broadcast, relay.key_person, messages)


def accept(session: Session, runtime: Runtime, broadcast: Broadcast, relay: Relay) -> bool:
    """*I will*: theirs if nobody of the network has it. The other one who was asked may rest."""
    now = runtime.clock.now()
    others = [row for row in _relays(session, broadcast) if row.network_id == relay.network_id]
    if relay.state not in ("requested", "expired") or not broadcast.is_active(now):
        return False
    if any(row.state in TAKEN for row in others if row.id != relay.id):
        return False
    if relay.key_person.state != "active":
        return False
    due = now + limits(session, broadcast.severity).carry
    if not transition(
        session, relay, "accepted", by=_by(relay), reason="I will", at=now, due_at=due
    ):
        return False
    for row in others:
        if row.id != relay.id and row.state == "requested":
            transition(session, row, "cancelled", by="bot", reason="taken by another", at=now)
            say_to(
                session, runtime, broadcast, row.key_person, "kp.taken", network=row.network.name
            )
    gap = session.get(RelayGap, (broadcast.id, relay.network_id))
    if gap is not None:
        session.delete(gap)
    session.flush()
    broadcast.relays_due_at = _next_look(session, broadcast, now)
    return True


def decline(session: Session, runtime: Runtime, broadcast: Broadcast, relay: Relay) -> bool:
    """*I can't today*: nobody asks them again before midnight; the next one is asked at once."""
    now = runtime.clock.now()
    if relay.state not in OPEN:
        return False
    if not transition(session, relay, "declined", by=_by(relay), reason="can't today", at=now):
        return False
    rest_today(relay.key_person, now)
    for claim in claims(session, broadcast, ("held",)):
        if claim.relay_id == relay.id:
            transition(session, claim, "cancelled", by=_by(relay), reason="can't today", at=now)
    begin(session, runtime, broadcast, now)
    return True


def rest_today(person: KeyPerson, now: datetime) -> None:
    """Nobody asks them again before midnight in Japan, or before the end of a longer pause."""
    if not availability.is_paused(person, now):
        availability.pause(person, 1, now)


def report(
    session: Session, runtime: Runtime, broadcast: Broadcast, relay: Relay, reached: int | None
) -> bool:
    """They passed it on, to at least so many people; None: they do not know how many.

    Who reports although another one has it is counted all the same.
    """
    now = runtime.clock.now()
    if relay.state == "expired":
        accept(session, runtime, broadcast, relay)
    if relay.state == "accepted":
        transition(session, relay, "relayed", by=_by(relay), reason="passed on", at=now)
    if relay.state not in ("relayed", "expired", "cancelled"):
        return False
    relay.reached = reached or 0
    session.flush()
    if broadcast.is_active(now):
        broadcast.relays_due_at = _next_look(session, broadcast, now)
    return True


def ask_next(
    session: Session, runtime: Runtime, broadcast: Broadcast, relay: Relay, by: str
) -> bool:
    """Staff do not wait any longer for an answer or a report."""
    now = runtime.clock.now()
    moved = relay.state in OPEN and transition(
        session, relay, "expired", by=by, reason="asked the next one", at=now
    )
    if moved:
        begin(session, runtime, broadcast, now)
    return moved


def opened(relay: Relay, now: datetime) -> None:
    """They tapped something, or opened the notice's page."""
    relay.opened_at = relay.opened_at or now


def close(session: Session, runtime: Runtime, broadcast: Broadcast, now: datetime) -> None:
    """The notice is over: open relays and claims are closed with a kind word."""
    broadcast.relays_due_at = None
    newest = reading.newest(session, broadcast)
    told: set[int] = set()
    for relay in _relays(session, broadcast, OPEN):
        if transition(session, relay, "cancelled", by="bot", reason="the notice is over", at=now):
            told.add(relay.key_person_id)
    for claim in claims(session, broadcast, ("held", "submitted")):
        if transition(session, claim, "cancelled", by="bot", reason="the notice is over", at=now):
            told.add(claim.relay.key_person_id)
    for gap in session.scalars(select(RelayGap).where(RelayGap.broadcast_id == broadcast.id)).all():
        session.delete(gap)
    word = "kp.closed" if newest.id == broadcast.id else "kp.closed_replaced"
    for id in sorted(told):
        person = session.get_one(KeyPerson, id)
        say_to(
            session, runtime, broadcast, person, word, old=broadcast.number, number=newest.number
        )


def drop(session: Session, runtime: Runtime, person: KeyPerson, by: str, now: datetime) -> None:
    """Take everything back that one key person has in hand; the next ones are asked at once."""
    mine = select(Relay).where(
        Relay.key_person_id == person.id, Relay.state.in_((*OPEN, "expired"))
    )
    for relay in session.scalars(mine).all():
        transition(session, relay, "cancelled", by=by, reason="suspended", at=now)
        broadcast = session.get_one(Broadcast, relay.broadcast_id)
        if broadcast.is_active(now):
            begin(session, runtime, broadcast, now)


def claims(session: Session, broadcast: Broadcast, states: Iterable[str]) -> list[TextClaim]:
    """The text claims of a notice in these states, oldest first."""
    found = select(TextClaim).where(
        TextClaim.broadcast_id == broadcast.id, TextClaim.state.in_(tuple(states))
    )
    return list(session.scalars(found.order_by(TextClaim.id)))


def _relays(
    session: Session, broadcast: Broadcast, states: Iterable[str] | None = None
) -> list[Relay]:
    found = select(Relay).where(Relay.broadcast_id == broadcast.id).order_by(Relay.id)
    if states is not None:
        found = found.where(Relay.state.in_(tuple(states)))
    return list(session.scalars(found))


def _next_look(session: Session, broadcast: Broadcast, now: datetime) -> datetime | None:
    """When something is due next: an answer, a report, a text, or another try for a gap."""
    times = [row.due_at for row in _relays(session, broadcast, OPEN)]
    times += [claim.due_at for claim in claims(session, broadcast, ("held",))]
    if session.scalar(select(exists().where(RelayGap.broadcast_id == broadcast.id))):
        times.append(now + LOOK_AGAIN)
    return min([*times, broadcast.expires_at])


def _machine_drafts(runtime: Runtime, broadcast_id: int) -> Mapping[str, str]:
    """A machine's texts for the networks' languages without one; none where it is off or away."""
    if not runtime.translator.is_on_for_notices:
        return {}
    with runtime.database.read() as session:
        broadcast = session.get_one(Broadcast, broadcast_id)
        plain = reading.rendition(session, broadcast, PLAIN_JAPANESE)
        tags = {network.language for network in _networks(session)}
        wanted = [tag for tag in sorted(tags)
                  if offered(session, runtime, broadcast, tag).kind == "none"]  # fmt: skip
        lines = [line for part in plain.words["texts"] for line in part["lines"]] if plain else []
    drafts = {}
    words = "\n".join(lines)
    for tag in wanted if lines else ():
        try:
            drafts[tag] = runtime.translator.translate(words, "ja", tag, Purpose.NOTICE)
        except TranslationError:
            continue  # logged where it arose; whoever writes begins without a draft
    return drafts


def _translate_back(runtime: Runtime, broadcast_id: int) -> None:
    """What the first line of each text that waits for staff says, where there is a machine."""
    if not runtime.translator.is_on_for_notices:
        return
    with runtime.database.read() as session:
        broadcast = session.get_one(Broadcast, broadcast_id)
        waiting = [claim for claim in claims(session, broadcast, ("submitted",))
                   if claim.japanese is None and claim.text]  # fmt: skip
    for claim in waiting:
        line = (claim.text or "").partition("\n")[0]
        try:
            back = runtime.translator.translate(line, claim.language, "ja", Purpose.NOTICE)
        except TranslationError:
            continue  # logged where it arose; staff read the text without it
        with runtime.database.write() as session:
            row = session.get_one(TextClaim, claim.id)
            if row.text == claim.text:
                row.japanese = back


def _by(relay: Relay) -> str:
    return f"key_person:{relay.key_person_id}"
