"""What is decided about a notice: submitted, approved, held, stopped, replaced.

Everything is decided in the database; the `alerts` lane (`waves`) plans and sends what is in force.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import (
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from bot import deliveries
from bot.channel import AlertCard, Outgoing, Text
from bot.city import JAPAN
from bot.database import after_commit
from bot.models import Delivery, Staff
from bot.models.broadcasts import Broadcast, Policy, Recipient, Rendition
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import audience, relaying
from broadcasts.drafting import Desk, Wording, missing_blanks, missing_decision, outgoing

log = logging.getLogger(__name__)

QUEUE = "alerts"
PEOPLE_A_REQUEST = 500
LOCK = {"key_share": True}
"""How a notice's row is locked: rows that refer to it may still be added meanwhile."""

_WHEN_OVER = {"broadcasting": "completed", "paused": "cancelled", "scheduled": "cancelled"}
"""What a notice becomes when its time is over or another one replaces it."""

Words = TypeVar("Words", Rendition, Wording)


class NotPossible(Exception):
    """What was asked cannot be done now; `reason` is a code for the page to put in words.

    decision, blanks, expired, too_long, no_checked_text, author, state, drill, real_alert,
    references, replaced.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def submit(session: Session, runtime: Runtime, broadcast: Broadcast, by: Staff) -> None:
    """Freeze the words, write the audience, and wait for approval.

    Raises `NotPossible`: decision, blanks, expired, too_long, no_checked_text, state, references.
    """
    now = runtime.clock.now()
    desk = Desk(session, runtime, broadcast)
    _check(broadcast, desk, now)
    wordings = desk.wordings()
    for wording in wordings:
        if wording.problem:
            raise NotPossible(wording.problem)
    _move(session, broadcast, "pending_approval", by, "submitted", now)  # whoever is first
    _freeze(session, runtime, broadcast, desk, wordings, now)
    audience.write(session, broadcast, now)


def _check(broadcast: Broadcast, desk: Desk, now: datetime) -> None:
    if broadcast.expires_at <= now or (broadcast.starts_at or now) >= broadcast.expires_at:
        raise NotPossible("expired")
    if any(True for _ in missing_decision(desk.template, broadcast)):
        raise NotPossible("decision")
    if broadcast.kind != "cancel" and missing_blanks(desk.template, broadcast.blanks):
        raise NotPossible("blanks")
    if (broadcast.kind == "alert") != (broadcast.references_id is None):
        raise NotPossible("references")
    old = broadcast.references
    if old and (old.drill, old.relay_only) != (broadcast.drill, bool(broadcast.relay_only)):
        raise NotPossible("drill")


def _freeze(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    desk: Desk,
    wordings: Iterable[Wording],
    now: datetime,
) -> None:
    """Write each rendition as it will be sent."""
    for wording in wordings:
        messages = outgoing(desk, runtime, broadcast, wording)
        row = Rendition(
            broadcast_id=broadcast.id,
            language=wording.language,
            state="pending",
            origin=wording.origin,
            review=wording.review,
            reviewed_by=wording.reviewed_by,
            words=words_shown(wording, messages) | _instead(runtime, broadcast, desk, wording),
            body=runtime.channel.render(messages),
        )
        session.add(row)
        session.flush()
        transition(session, row, "ready", by="bot", reason="frozen", at=now)


def _instead(
    runtime: Runtime, broadcast: Broadcast, desk: Desk, wording: Wording
) -> dict[str, object]:
    """What a machine's text is frozen with: the fallback, for whoever writes a better text."""
    if wording.origin != "machine":
        return {}
    fallback = desk.fallback(wording.language)
    *_texts, card = outgoing(desk, runtime, broadcast, fallback)
    return {"instead": words_shown(fallback, [card]) | {"body": runtime.channel.render([card])}}


def words_shown(wording: Wording, messages: Sequence[Outgoing]) -> dict[str, object]:
    """What the console and the public page show of a rendition, frozen or not."""
    texts = wording.others or (wording,)
    cards = [message for message in messages if isinstance(message, AlertCard)]
    return {
        "parts": dict(wording.parts),
        "texts": [{"language": text.language, "lines": text.lines} for text in texts],
        "messages": [message.text for message in messages if isinstance(message, Text)],
        "card": {
            "band": cards[0].band,
            "color": cards[0].color,
            "drill": cards[0].drill,
            "action": cards[0].action,
            "facts": cards[0].facts,
            "note": cards[0].note,
            "buttons": [button.label for button in cards[0].buttons],
        },
    }


def withdraw(session: Session, broadcast: Broadcast, reason: str, now: datetime) -> None:
    """Take back renditions that nothing was sent of yet."""
    for row in session.scalars(
        select(Rendition).where(Rendition.broadcast_id == broadcast.id, Rendition.state == "ready")
    ):
        transition(session, row, "withdrawn", by="bot", reason=reason, at=now)


def give_back(session: Session, broadcast: Broadcast, by: Staff, reason: str, at: datetime) -> None:
    """Return to the author with a reason. Raises `NotPossible`: state."""
    _move(session, broadcast, "draft", by, reason, at)
    withdraw(session, broadcast, "returned", at)
    # The next submission may be for other people.
    session.execute(delete(Recipient).where(Recipient.broadcast_id == broadcast.id))


def reject(session: Session, broadcast: Broadcast, by: Staff, reason: str, at: datetime) -> None:
    """Turn down for good. Raises `NotPossible`: state."""
    _move(session, broadcast, "rejected", by, reason, at)


def approve(
    session: Session, runtime: Runtime, broadcast: Broadcast, by: Staff, alone_reason: str = ""
) -> None:
    """Let it go out: now, or at its time. One short transaction.

    The author may approve alone only where the policy of the severity allows it, with a reason
    that is kept. No drill begins while people are in danger. Raises `NotPossible`: author,
    expired, state, real_alert, replaced.
    """
    now = runtime.clock.now()
    if broadcast.state != "pending_approval":
        raise NotPossible("state")
    if broadcast.expires_at <= now:
        raise NotPossible("expired")
    if broadcast.author_id == by.id and not _alone_allowed(session, broadcast, alone_reason):
        raise NotPossible("author")
    if broadcast.drill and real_alert_in_force(session, now):
        raise NotPossible("real_alert")
    if _replaced_by_another(session, broadcast):
        raise NotPossible("replaced")
    reason = f"alone: {alone_reason.strip()}" if broadcast.author_id == by.id else "approved"
    if broadcast.starts_at is not None and broadcast.starts_at > now:
        _move(session, broadcast, "scheduled", by, reason, now)
        return
    _move(session, broadcast, "broadcasting", by, reason, now)  # whoever is first
    _begin(session, runtime, broadcast, now)


def _replaced_by_another(session: Session, broadcast: Broadcast) -> bool:
    """Whether another correction of the same notice went out meanwhile."""
    another = select(Broadcast.id).where(
        Broadcast.references_id == broadcast.references_id,
        Broadcast.id != broadcast.id,
        Broadcast.state.in_(("broadcasting", "paused", "completed")),
    )
    return broadcast.references_id is not None and bool(session.scalars(another).first())


def real_alert_in_force(session: Session, now: datetime) -> bool:
    """Whether a real alert is in force: then nobody may be asked to practise."""
    return bool(
        session.scalars(
            select(Broadcast.id)
            .where(
                Broadcast.drill.is_(False),
                Broadcast.category == "alert",
                Broadcast.kind != "cancel",
                Broadcast.state.in_(("broadcasting", "paused")),
                Broadcast.expires_at > now,
            )
            .limit(1)
        ).first()
    )


def _alone_allowed(session: Session, broadcast: Broadcast, reason: str) -> bool:
    policy = session.get(Policy, broadcast.severity)
    return bool(policy and policy.alone_allowed and reason.strip())


def _begin(session: Session, runtime: Runtime, broadcast: Broadcast, now: datetime) -> None:
    """What follows from a notice being in force: it replaces the old one, and ends any drill.

    Nothing that happens to those at the same moment may hold it up.
    """
    audience.write(session, broadcast, now)
    audience.renew_languages(session, broadcast)
    if broadcast.references is not None:
        session.refresh(broadcast.references, with_for_update=LOCK)
        old = broadcast.references
        reason = f"replaced by {broadcast.number}"
        if old.state in _WHEN_OVER:
            transition(session, old, _WHEN_OVER[old.state], by="bot", reason=reason, at=now)
        _over(session, runtime, old, reason, now)
        _outdate(session, old, reason, now)
    if not broadcast.drill:
        _end_drills(session, runtime, f"real notice {broadcast.number}", now)
    relaying.begin(session, runtime, broadcast, now)
    after_commit(session, lambda: runtime.wakeups.send(QUEUE))


def _outdate(session: Session, broadcast: Broadcast, reason: str, now: datetime) -> None:
    """Its words were right once; whoever opens them is shown the newer ones."""
    for row in session.scalars(
        select(Rendition).where(Rendition.broadcast_id == broadcast.id, Rendition.state == "ready")
    ):
        transition(session, row, "stale", by="bot", reason=reason, at=now)


def _end_drills(session: Session, runtime: Runtime, reason: str, now: datetime) -> None:
    drills = select(Broadcast).where(Broadcast.drill, Broadcast.state.in_(_WHEN_OVER))
    for drill in session.scalars(
        drills.order_by(Broadcast.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all():
        transition(session, drill, "cancelled", by="bot", reason=reason, at=now)
        _over(session, runtime, drill, reason, now)


def _over(
    session: Session, runtime: Runtime, broadcast: Broadcast, reason: str, now: datetime
) -> None:
    """Nothing of it goes out any more, and nobody carries it any further."""
    cancel_queued(session, broadcast, reason, now)
    relaying.close(session, runtime, broadcast, now)


def pause(session: Session, broadcast: Broadcast, by: str, reason: str, at: datetime) -> None:
    """Hold what has not been sent yet. Raises `NotPossible`: state."""
    _move_by(session, broadcast, "paused", by, reason, at)


def resume(session: Session, runtime: Runtime, broadcast: Broadcast, by: str) -> None:
    """Go on after a pause. Raises `NotPossible`: state."""
    if broadcast.state != "paused":  # the table would let an unapproved one go out
        raise NotPossible("state")
    _move_by(session, broadcast, "broadcasting", by, "resumed", runtime.clock.now())
    after_commit(session, lambda: runtime.wakeups.send(QUEUE))


def stop(session: Session, runtime: Runtime, broadcast: Broadcast, by: str, reason: str) -> None:
    """Send no more of it. What LINE accepted cannot be recalled. Raises `NotPossible`: state."""
    now = runtime.clock.now()
    _move_by(session, broadcast, "cancelled", by, reason, now)
    _over(session, runtime, broadcast, reason, now)


def cancel_queued(session: Session, broadcast: Broadcast, reason: str, now: datetime) -> None:
    """Cancel the deliveries nobody has begun, visibly."""
    for row in session.scalars(
        select(Delivery)
        .where(Delivery.broadcast_id == broadcast.id, Delivery.state == "queued")
        .with_for_update(skip_locked=True)
    ):
        transition(session, row, "cancelled", by="bot", reason=reason, at=now, problem=reason[:300])


def _move(
    session: Session, broadcast: Broadcast, to: str, by: Staff, reason: str, at: datetime
) -> None:
    _move_by(session, broadcast, to, f"staff:{by.id}", reason, at)


def _move_by(
    session: Session, broadcast: Broadcast, to: str, by: str, reason: str, at: datetime
) -> None:
    allowed = to in Broadcast.MOVES[broadcast.state]
    if not allowed or not transition(session, broadcast, to, by=by, reason=reason[:300], at=at):
        raise NotPossible("state")


def due_broadcasts(session: Session, now: datetime) -> Sequence[Broadcast]:
    """Notices the sweep must look at: to begin, in force, or over."""
    return session.scalars(
        select(Broadcast)
        .where(
            or_(
                Broadcast.state.in_(("broadcasting", "paused")),
                (Broadcast.state == "scheduled") & (Broadcast.starts_at <= now),
            )
        )
        .order_by(Broadcast.id)
    ).all()


def begin(session: Session, runtime: Runtime, broadcast: Broadcast, now: datetime) -> None:
    """A scheduled notice whose time has come."""
    if transition(session, broadcast, "broadcasting", by="bot", reason="its time", at=now):
        _begin(session, runtime, broadcast, now)


def end(session: Session, runtime: Runtime, broadcast: Broadcast, now: datetime) -> None:
    """A notice whose time is over."""
    if broadcast.state in _WHEN_OVER:
        to = _WHEN_OVER[broadcast.state]
        transition(session, broadcast, to, by="bot", reason="expired", at=now)
    _over(session, runtime, broadcast, "expired before it was sent", now)


def best_for(languages: Iterable[str], ready: Iterable[Words]) -> Words | None:
    """Reviewed text in the first language that has it, then any other text, then the fallback."""
    by_language: dict[str, Words] = {row.language: row for row in ready}
    mine = [by_language[tag] for tag in languages if tag in by_language]
    reviewed = (row for row in mine if row.is_reviewed or row.origin == "person")
    any_text = (row for row in mine if row.origin != "fallback")
    english = [by_language["en"]] if "en" in by_language else []
    ordered: Iterable[Words] = chain(reviewed, any_text, mine, english, by_language.values())
    return next(iter(ordered), None)


def queue_again(session: Session, runtime: Runtime, broadcast: Broadcast, by: Staff) -> int:
    """Put failed deliveries back after the repair; returns how many.

    What LINE refused begins anew. What it perhaps accepted may only be repeated with its own key,
    while that is valid. Raises `NotPossible`: state.
    """
    now = runtime.clock.now()
    if not broadcast.is_active(now):
        raise NotPossible("state")
    anew = {"pushed_at": None, "recipient": None}
    failed = select(Delivery).where(
        Delivery.broadcast_id == broadcast.id, Delivery.state == "failed"
    )
    count = 0
    for row in session.scalars(failed).all():
        changes: dict[str, object] = {"due_at": now}
        if not deliveries.was_unclear(session, row):
            changes |= anew | {"retry_key": str(uuid4())}
        elif row.pushed_at is not None and now - row.pushed_at > deliveries.KEY_LIFE:
            continue
        by_staff = f"staff:{by.id}"
        count += transition(
            session, row, "queued", by=by_staff, reason="queued again", at=now, **changes
        )
    after_commit(session, lambda: runtime.wakeups.send(QUEUE))
    return count


def next_number(session: Session, now: datetime) -> str:
    """The number people see: month, day and a count, such as 1120-3."""
    from_day = f"{now.astimezone(JAPAN):%m%d}-"
    used = session.scalars(
        select(func.count()).select_from(Broadcast).where(Broadcast.number.startswith(from_day))
    ).one()
    return f"{from_day}{used + 1}"
