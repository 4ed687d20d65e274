"""A key person writes a notice's text in one language; staff release it; it goes out once.

One writer per language and notice. A released text goes to everybody whose first language it is
and who had neither a reviewed nor a released text in it; the text they would have got instead is
*stale*, and what still waited of it is cancelled.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import deliveries
from bot.channel import Card, Choice, Text
from bot.database import after_commit
from bot.languages import isolated, language
from bot.models import Delivery, KeyPerson, Network, Relay, TextClaim
from bot.models.broadcasts import Broadcast, Rendition, Sending
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import reading, relaying
from broadcasts.drafting import public_link
from broadcasts.relay_messages import language_of, offered, say_to, tell

LONGEST_TEXT = 1000
"""UTF-16 units of what a person writes: more than a template, far less than LINE takes."""
OPEN = ("held", "submitted")
ALERTS = "alerts"
AUTOMATIC = "bot"
"""Who releases a text that no member of staff has read."""


class NotPossible(Exception):
    """A text cannot be claimed or released now; `reason` says why: state, taken, reviewed, over or
    suspended.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def hold(session: Session, runtime: Runtime, broadcast: Broadcast, relay: Relay) -> TextClaim:
    """Give one key person the right to write, with the time a carrier has.

    Raises `NotPossible`: over, suspended, taken (somebody writes or wrote), reviewed (needless).
    """
    now = runtime.clock.now()
    tag = relay.network.language
    mine = open_claim(session, broadcast, tag)
    if mine is not None and mine.relay.key_person_id == relay.key_person_id:
        return mine
    if not broadcast.is_active(now):
        raise NotPossible("over")
    if relay.key_person.state != "active":
        raise NotPossible("suspended")
    offer = offered(session, runtime, broadcast, tag)
    if mine is not None or offer.kind == "person":
        raise NotPossible("taken")
    if offer.usable:
        raise NotPossible("reviewed")
    claim = TextClaim(
        broadcast_id=broadcast.id,
        language=tag,
        relay_id=relay.id,
        relay=relay,
        state="held",
        held_at=now,
        due_at=now + relaying.limits(session, broadcast.severity).carry,
    )
    try:
        with session.begin_nested():
            session.add(claim)
    except IntegrityError:  # somebody else was a moment earlier
        raise NotPossible("taken") from None
    _keep_time(session, broadcast, claim)
    return claim


def open_claim(session: Session, broadcast: Broadcast, tag: str) -> TextClaim | None:
    """Who writes in a language now, if anybody."""
    found = [claim for claim in relaying.claims(session, broadcast, OPEN) if claim.language == tag]
    return found[0] if found else None


def write(claim: TextClaim, text: str) -> None:
    """Keep what was written; nothing is sent of it yet."""
    claim.text, claim.japanese = text.strip(), None


def submit(session: Session, runtime: Runtime, broadcast: Broadcast, claim: TextClaim) -> bool:
    """Give it to staff, who release it or ask for a change."""
    now = runtime.clock.now()
    if claim.state != "held" or not claim.text or not broadcast.is_active(now):
        return False
    by = f"key_person:{claim.relay.key_person_id}"
    moved = transition(session, claim, "submitted", by=by, reason="written", at=now)
    if moved:
        until = now + relaying.limits(session, broadcast.severity).carry
        _keep_time(session, broadcast, claim, until)
        relaying.begin(session, runtime, broadcast, now)  # a machine may translate it back
    return moved


def give_up(session: Session, claim: TextClaim, by: str, now: datetime) -> bool:
    """Nobody writes any more; somebody else may begin."""
    return claim.state in OPEN and transition(
        session, claim, "cancelled", by=by, reason="given up", at=now
    )


def give_back(
    session: Session, runtime: Runtime, broadcast: Broadcast, claim: TextClaim, by: str, reason: str
) -> bool:
    """Staff ask for a change and say which; the writer keeps the right to write."""
    now = runtime.clock.now()
    due = now + relaying.limits(session, broadcast.severity).carry
    moved = claim.state == "submitted" and transition(
        session, claim, "held", by=by, reason=reason[:300], at=now, due_at=due
    )
    if moved:
        _keep_time(session, broadcast, claim)
        say_to(session, runtime, broadcast, _writer(claim), "kp.returned", reason=reason)
    return moved


def release(
    session: Session, runtime: Runtime, broadcast: Broadcast, claim: TextClaim, by: str
) -> Rendition:
    """Let it go out. Raises `NotPossible`: over, state, suspended, reviewed."""
    now = runtime.clock.now()
    if not broadcast.is_active(now):
        raise NotPossible("over")
    if claim.state != "submitted" or not claim.text:
        raise NotPossible("state")
    if _writer(claim).state != "active":
        raise NotPossible("suspended")
    old = _ready(session, broadcast, claim.language)
    if old is not None and (old.is_reviewed or old.origin == "person"):
        raise NotPossible("reviewed")
    if not transition(session, claim, "released", by=by, reason="released", at=now):
        raise NotPossible("state")
    row = _rendition(session, runtime, broadcast, claim, old, automatic=by == AUTOMATIC)
    claim.rendition_id = row.id
    if old is not None:
        transition(session, old, "stale", by=by, reason=f"released text {row.id}", at=now)
        drop_queued(session, old, "a better text is there", now)
    transition(session, row, "ready", by=by, reason="released", at=now)
    name = language(claim.language).own_name
    say_to(session, runtime, broadcast, _writer(claim), "kp.released", language=name)
    _tell_carriers(session, runtime, broadcast, claim, row)
    after_commit(session, lambda: runtime.wakeups.send(ALERTS))
    return row


def shown_back(
    runtime: Runtime,
    broadcast: Broadcast,
    network: Network,
    text: str,
    *,
    corrects: bool = False,
    automatic: bool = False,
) -> str:
    """The text as people get it: with a drill's marks, and whose words they are. One that
    `corrects` an earlier one says so, like an Update; an `automatic` one, that no staff read it.
    """
    say, tag = runtime.words.text, network.language
    link = public_link(runtime, broadcast)
    id = "alert.person_note_unread" if automatic else "alert.person_note"
    name = isolated(network.name)
    note = say(tag, id, network=name, number=broadcast.number, link=link)
    lines = [text, "", note]
    if broadcast.kind == "update" or corrects:
        lines.insert(0, say(tag, "alert.update_mark"))
    if broadcast.drill:
        lines = [say(tag, "alert.drill_first"), *lines, say(tag, "alert.drill_last")]
    return "\n".join(lines)


def take_back(session: Session, runtime: Runtime, person: KeyPerson, by: str) -> None:
    """A suspended key person's texts go no further; who has not got one gets the other text."""
    now = runtime.clock.now()
    written = select(TextClaim).join(Relay).where(Relay.key_person_id == person.id)
    for claim in session.scalars(written.where(TextClaim.state.in_((*OPEN, "released")))).all():
        broadcast = session.get_one(Broadcast, claim.broadcast_id)
        if claim.state in OPEN:
            transition(session, claim, "cancelled", by=by, reason="suspended", at=now)
        elif broadcast.is_active(now) and claim.rendition_id is not None:
            withdraw(session, runtime, broadcast, claim.rendition_id, by, "suspended")


def withdraw(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    rendition_id: int,
    by: str,
    reason: str,
) -> bool:
    """Send no more of a released text; the one it replaced is the text again."""
    now = runtime.clock.now()
    row = session.get_one(Rendition, rendition_id)
    if row.state != "ready" or not transition(
        session, row, "withdrawn", by=by, reason=reason[:300], at=now
    ):
        return False
    drop_queued(session, row, reason, now)
    for old in session.scalars(
        select(Rendition).where(
            Rendition.broadcast_id == broadcast.id,
            Rendition.language == row.language,
            Rendition.state == "stale",
        )
    ).all():
        transition(session, old, "ready", by=by, reason=f"text {row.id} withdrawn", at=now)
    after_commit(session, lambda: runtime.wakeups.send(ALERTS))
    return True


def drop_queued(session: Session, rendition: Rendition, reason: str, now: datetime) -> None:
    """Cancel what waits of a rendition; those people are planned anew with the text there is."""
    waiting = select(Delivery).where(
        Delivery.rendition_id == rendition.id, Delivery.state == "queued"
    )
    for row in session.scalars(waiting.with_for_update(skip_locked=True)).all():
        drop(session, row, reason, now)


def drop(session: Session, row: Delivery, reason: str, now: datetime) -> None:
    """Cancel one waiting delivery and let its people be planned anew, unless they may have it."""
    problem = reason[:300]
    moved = transition(session, row, "cancelled", by="bot", reason=reason, at=now, problem=problem)
    if moved and not deliveries.was_unclear(session, row):
        session.execute(delete(Sending).where(Sending.delivery_id == row.id))


def _rendition(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    claim: TextClaim,
    old: Rendition | None,
    *,
    automatic: bool,
) -> Rendition:
    """The released text as a rendition. The card below it is the one that was frozen."""
    network = claim.relay.network
    wrong = select(Rendition.id).where(
        Rendition.broadcast_id == broadcast.id,
        Rendition.language == claim.language,
        Rendition.state == "withdrawn",
    )
    corrects = session.scalars(wrong).first() is not None
    text = shown_back(
        runtime, broadcast, network, claim.text or "", corrects=corrects, automatic=automatic
    )
    words, card = _below(old) if old is not None else ({}, [])
    texts = [{"language": claim.language, "lines": (claim.text or "").split("\n")}]
    row = Rendition(
        broadcast_id=broadcast.id,
        language=claim.language,
        state="pending",
        origin="person",
        review="",
        reviewed_by=network.name,
        words={**words, "texts": texts, "messages": [text]},
        body=json.dumps(
            json.loads(runtime.channel.render([Text(text)])) + card, ensure_ascii=False
        ),
    )
    session.add(row)
    session.flush()
    return row


def _below(old: Rendition) -> tuple[dict[str, Any], list[Any]]:
    """What was frozen and stays below a person's text: its words, and the card. Where a machine
    wrote those, it is the fallback's.
    """
    instead = old.words.get("instead")
    if instead is None:
        return old.words, json.loads(old.body)[-1:]
    return {k: v for k, v in instead.items() if k != "body"}, json.loads(instead["body"])


def _ready(session: Session, broadcast: Broadcast, tag: str) -> Rendition | None:
    return session.scalars(
        select(Rendition).where(
            Rendition.broadcast_id == broadcast.id,
            Rendition.language == tag,
            Rendition.state == "ready",
        )
    ).first()


def _tell_carriers(
    session: Session, runtime: Runtime, broadcast: Broadcast, claim: TextClaim, row: Rendition
) -> None:
    """Who carries the notice in this language and had no text gets it now, and may check it."""
    carrying = (
        select(Relay)
        .join(Network)
        .where(
            Relay.broadcast_id == broadcast.id,
            Relay.state.in_(relaying.OPEN),
            Network.language == claim.language,
            Relay.id != claim.relay_id,
        )
    )
    for relay in session.scalars(carrying).all():
        tag = language_of(relay.key_person)
        name = language(claim.language).own_name
        heading = runtime.words.text(tag, "kp.text_ready", language=name)
        text = reading.full_text(runtime, broadcast, row)
        title = runtime.words.text(tag, "kp.check", language=name)
        buttons = [
            Choice(
                runtime.words.text(tag, f"kp.{what}.button"),
                action=f"do=relay&r={relay.id}&what={what}",
            )
            for what in ("checked", "wrong")
        ]
        card = Card(title=title, summary=title, buttons=tuple(buttons))
        tell(session, runtime, broadcast, relay.key_person, [Text(heading), Text(text), card])


def checked(session: Session, relay: Relay) -> bool:
    """A second key person of the language says that a released text is right: it counts as
    reviewed from now on. False where there is none, or it is their own.
    """
    claim = session.scalars(
        select(TextClaim)
        .where(
            TextClaim.broadcast_id == relay.broadcast_id,
            TextClaim.language == relay.network.language,
            TextClaim.state == "released",
        )
        .order_by(TextClaim.id.desc())
    ).first()
    if claim is None or claim.rendition_id is None:
        return False
    row = session.get_one(Rendition, claim.rendition_id)
    if row.state != "ready" or claim.relay.key_person_id == relay.key_person_id:
        return False
    row.review = "reviewed"
    return True


def _writer(claim: TextClaim) -> KeyPerson:
    return claim.relay.key_person


def _keep_time(
    session: Session, broadcast: Broadcast, claim: TextClaim, until: datetime | None = None
) -> None:
    """While somebody writes, or staff look at it, the relay does not run out either."""
    relay = claim.relay
    if relay.state == "accepted":
        relay.due_at = max(relay.due_at, until or claim.due_at)
    session.flush()
    looks = (moment for moment in (broadcast.relays_due_at, claim.due_at) if moment)
    broadcast.relays_due_at = min(looks)
