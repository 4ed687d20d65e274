"""The `alerts` lane: what is in force is tended, planned into deliveries, and sent on threads.

Each delivery is one multicast of one rendition to at most 500 people, with its own retry key.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import uuid4
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Select, delete, exists, insert, literal, select, update
from sqlalchemy.orm import Session

from bot import deliveries
from bot.channel import Failure, SendError
from bot.database import Database, after_commit
from bot.deliveries import Claimed
from bot.jobs import SWEEP_SECONDS, work_off
from bot.models import Delivery, Resident, TextClaim
from bot.models.broadcasts import Broadcast, Recipient, Rendition, Sending
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import audience, sending, text_claims
from broadcasts.sending import LOCK, PEOPLE_A_REQUEST, QUEUE, best_for

log = logging.getLogger(__name__)

THREADS = 32
PEOPLE_A_TRANSACTION = 10 * PEOPLE_A_REQUEST
"""Few enough that nobody waits long for the database, and that the first are soon on their way."""
LOOKING = 0.02
"""The share of its time a process may spend on looking for late joiners of one notice."""

_look_again: WeakKeyDictionary[Database, dict[int, float]] = WeakKeyDictionary()
"""When a notice in force is looked at again, on this process's monotonic clock."""


def is_due(runtime: Runtime) -> bool:
    """Whether any notice must be begun, ended, cleared away or looked at for late joiners."""
    now = runtime.clock.now()
    with runtime.database.read() as session:
        if sending.due_broadcasts(session, now):
            return True
        return session.execute(_left_behind(now).limit(1)).first() is not None


def run(runtime: Runtime) -> bool:
    """Tend every notice that is due, then plan and send; True when something may be left."""
    now = runtime.clock.now()
    with runtime.database.read() as session:
        ids = [row.id for row in sending.due_broadcasts(session, now)]
        dirty = session.execute(_left_behind(now).limit(1)).first() is not None
    if dirty:
        with runtime.database.write() as session:
            clear_away(session, now)
    plans: list[Callable[[], object]] = [
        partial(plan, runtime, id) for id in ids if tend(runtime, id)
    ]
    return work_off(partial(_jobs, runtime, plans), THREADS)


def _jobs(
    runtime: Runtime, plans: list[Callable[[], object]], limit: int
) -> list[Callable[[], object]]:
    """Up to `limit` jobs: the first deliveries go out while later ones are planned."""
    taken, plans[:limit] = plans[:limit], []
    now = runtime.clock.now()
    with runtime.database.read() as session:  # a look takes no lock
        if session.execute(_due(now, _in_force(session, now)).limit(1)).first() is None:
            return taken
    with runtime.database.write() as session:
        found = claim(session, runtime.clock.now(), limit - len(taken))
    return [*taken, *(partial(send, runtime, claimed) for claimed in found)]


def tend(runtime: Runtime, broadcast_id: int) -> bool:
    """Begin what is scheduled, end what is over, add late joiners; True if some must be planned."""
    now = runtime.clock.now()
    with runtime.database.read() as session:  # a look takes no lock
        broadcast = session.get_one(Broadcast, broadcast_id)
        if broadcast.expires_at > now:
            began, later = time.monotonic(), _look_again.setdefault(runtime.database, {})
            if broadcast.state == "paused" or began < later.get(broadcast_id, 0.0):
                return False
            if broadcast.state == "broadcasting" and audience.is_complete(session, broadcast, now):
                waits = _somebody_waits(session, broadcast_id)
                # A look at a large city takes long, and is taken the less often.
                took = time.monotonic() - began
                later[broadcast_id] = began + took / LOOKING - SWEEP_SECONDS
                return waits
    with runtime.database.write() as session:
        broadcast = session.get_one(Broadcast, broadcast_id, with_for_update=LOCK)
        if broadcast.expires_at <= now:
            sending.end(session, runtime, broadcast, now)
        elif broadcast.state == "scheduled":
            sending.begin(session, runtime, broadcast, now)
        elif broadcast.state == "broadcasting":
            audience.write(session, broadcast, now)
        return broadcast.state == "broadcasting"


def _somebody_waits(session: Session, broadcast_id: int) -> bool:
    needs = [audience.without_sending(broadcast_id)]
    needs += [audience.lacking(row) for row in _released(session, broadcast_id)]
    waiting = (select(Recipient.resident_id).where(*need).limit(1) for need in needs)
    return any(session.execute(statement).first() is not None for statement in waiting)


def _released(session: Session, broadcast_id: int) -> Sequence[Rendition]:
    """The texts of key persons that staff have released."""
    return session.scalars(
        select(Rendition).where(
            Rendition.broadcast_id == broadcast_id,
            Rendition.state == "ready",
            Rendition.id.in_(
                select(TextClaim.rendition_id).where(TextClaim.broadcast_id == broadcast_id)
            ),
        )
    ).all()


def plan(runtime: Runtime, broadcast_id: int) -> None:
    """Put everybody who has nothing yet into deliveries of the best text for their languages, and
    whoever lacks a released text into deliveries of that.
    """
    with runtime.database.read() as session:
        if session.get_one(Broadcast, broadcast_id).state != "broadcasting":
            return
        without = audience.without_sending(broadcast_id)
        waves: list[tuple[int, Sequence[ColumnElement[bool]]]] = [
            (id, (*without, Recipient.languages.in_(keys)))
            for id, keys in _readers(session, broadcast_id).items()
        ]
        waves += [(row.id, audience.lacking(row)) for row in _released(session, broadcast_id)]
    for rendition_id, who in waves:
        after: int | None = 0
        while after is not None:
            after = _plan_some(runtime, broadcast_id, rendition_id, who, after)
            runtime.wakeups.send(QUEUE)
    _look_again.setdefault(runtime.database, {}).pop(broadcast_id, None)


def _readers(session: Session, broadcast_id: int) -> Mapping[int, Sequence[str]]:
    """Which rendition is for which keys of languages, of those who have nothing yet."""
    ready = session.scalars(
        select(Rendition).where(Rendition.broadcast_id == broadcast_id, Rendition.state == "ready")
    ).all()
    keys = select(Recipient.languages).where(*audience.without_sending(broadcast_id))
    readers: dict[int, list[str]] = {}
    for key in session.scalars(keys.distinct()):
        chosen = best_for(json.loads(key), ready)
        if chosen is None:
            log.error("notice %s has no text", broadcast_id)
        else:
            readers.setdefault(chosen.id, []).append(key)
    return readers


def _plan_some(
    runtime: Runtime,
    broadcast_id: int,
    rendition_id: int,
    who: Sequence[ColumnElement[bool]],
    after: int,
) -> int | None:
    """Plan for some residents with a greater id than `after`; returns the last, or None at the
    end, or when the notice or this text of it is no longer sent.
    """
    now = runtime.clock.now()
    with runtime.database.write() as session:
        broadcast = session.get_one(Broadcast, broadcast_id, with_for_update=LOCK)
        if broadcast.state != "broadcasting" or broadcast.expires_at <= now:
            return None
        if session.get_one(Rendition, rendition_id).state != "ready":
            return None
        people = session.scalars(
            select(Recipient.resident_id)
            .where(*who, Recipient.resident_id > after)
            .order_by(Recipient.resident_id)
            .limit(PEOPLE_A_TRANSACTION)
        ).all()
        columns = [Sending.broadcast_id, Sending.rendition_id, Sending.delivery_id]
        for start in range(0, len(people), PEOPLE_A_REQUEST):
            chosen = people[start : start + PEOPLE_A_REQUEST]
            delivery = _new_delivery(session, broadcast_id, rendition_id, now)
            ids = (literal(id) for id in (broadcast_id, rendition_id, delivery.id))
            rows = select(*ids, Resident.id).where(Resident.id.in_(chosen))  # who is still there
            session.execute(insert(Sending).from_select([*columns, Sending.resident_id], rows))
    return people[-1] if len(people) == PEOPLE_A_TRANSACTION else None


def _new_delivery(
    session: Session, broadcast_id: int, rendition_id: int, now: datetime
) -> Delivery:
    delivery = Delivery(
        broadcast_id=broadcast_id,
        rendition_id=rendition_id,
        urgent=False,
        state="queued",
        retry_key=str(uuid4()),
        created_at=now,
        due_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery


def claim(session: Session, now: datetime, limit: int) -> list[Claimed]:
    """Take up to `limit` due deliveries of notices that are in force and not held.

    Whoever stops a notice waits until what was claimed before is known to be *sending*.
    """
    ids = _in_force(session, now, lock=True)
    rows = session.scalars(
        _due(now, ids).order_by(Delivery.id).limit(limit).with_for_update(skip_locked=True)
    ).all()
    found = []
    for row in rows:
        rendition = session.get_one(Rendition, row.rendition_id)
        if row.state == "queued" and rendition.state != "ready":
            text_claims.drop(session, row, "another text took its place", now)
            continue
        if row.recipient is None:
            row.recipient = ",".join(_addresses(session, row.id))
            if not row.recipient:
                _cancel(session, row, "nobody in it can get it any more", now)
                continue
        claimed = deliveries.take_up(session, row, now)
        if claimed is not None:
            found.append(replace(claimed, body=rendition.body, to_many=True))
    return found


def _in_force(session: Session, now: datetime, *, lock: bool = False) -> Sequence[int]:
    statement = select(Broadcast.id).where(
        Broadcast.state == "broadcasting", Broadcast.expires_at > now
    )
    return session.scalars(statement.with_for_update(read=True) if lock else statement).all()


def _due(now: datetime, broadcast_ids: Sequence[int]) -> Select[Delivery]:
    return select(Delivery).where(*_waiting(now), Delivery.broadcast_id.in_(broadcast_ids))


def _left_behind(now: datetime) -> Select[Delivery]:
    """What was in somebody's hands when its notice was stopped, and came back or never did."""
    goes_on = Broadcast.state.in_(("broadcasting", "paused"))
    return select(Delivery).where(
        *_waiting(now),
        Delivery.state != "unclear",
        ~exists().where(Broadcast.id == Delivery.broadcast_id, goes_on),
        Delivery.broadcast_id.is_not(None),
    )


def _waiting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """In the words of the index of what waits."""
    waits = Delivery.state.in_(deliveries.WAITING)
    return (Delivery.urgent.is_(False), waits, Delivery.due_at <= now)


def clear_away(session: Session, now: datetime) -> None:
    """Cancel what still waits of notices that are over; what had no answer is *unclear*."""
    for row in session.scalars(_left_behind(now).with_for_update(skip_locked=True)).all():
        if row.state == "queued":
            _cancel(session, row, "the notice is over", now)
        else:
            transition(session, row, "unclear", by="bot", reason="lease ran out", at=now)


def _cancel(session: Session, row: Delivery, reason: str, now: datetime) -> None:
    transition(session, row, "cancelled", by="bot", reason=reason, at=now, problem=reason)


def _addresses(session: Session, delivery_id: int) -> list[str]:
    """The LINE ids of a delivery's people, fixed at its first claim.

    Who blocked us meanwhile is taken out, and planned anew when they come back.
    """
    people = session.execute(
        select(Sending.id, Resident.line_user_id, Resident.following)
        .join(Resident, Resident.id == Sending.resident_id)
        .where(Sending.delivery_id == delivery_id)
        .order_by(Sending.id)
    ).all()
    gone = [id for id, address, following in people if not following or address is None]
    if gone:
        session.execute(delete(Sending).where(Sending.id.in_(gone)))
    return [address for id, address, following in people if following and address is not None]


def send(runtime: Runtime, claimed: Claimed) -> None:
    """Ask LINE once; a named bad recipient or a used-up quota gets more than a failed row."""
    deliveries.send(runtime, claimed, partial(_refused, runtime, claimed))


def _refused(
    runtime: Runtime, claimed: Claimed, error: SendError, session: Session, row: Delivery
) -> None:
    if error.failure is Failure.RECIPIENT:
        _leave_out(session, runtime, claimed, row, error.index)
    elif error.failure is Failure.QUOTA:
        _hold(session, row, runtime.clock.now())


def _leave_out(
    session: Session, runtime: Runtime, claimed: Claimed, row: Delivery, index: int
) -> None:
    """Nobody of a refused request got it: all but the named one go in a new delivery."""
    addresses = claimed.recipient.split(",")
    if not 0 <= index < len(addresses) or len(addresses) == 1:
        return
    bad = addresses.pop(index)
    again = _new_delivery(session, row.broadcast_id or 0, row.rendition_id or 0, row.due_at)
    again.recipient, row.recipient = ",".join(addresses), bad
    named = select(Resident.id).where(Resident.line_user_id == bad)
    session.execute(
        update(Sending)
        .where(Sending.delivery_id == row.id, Sending.resident_id.not_in(named))
        .values(delivery_id=again.id)
    )
    after_commit(session, lambda: runtime.wakeups.send(QUEUE))


def _hold(session: Session, row: Delivery, now: datetime) -> None:
    """The month's messages are used up: staff queue it again and resume."""
    broadcast = session.get_one(Broadcast, row.broadcast_id, with_for_update=LOCK)
    if broadcast.state == "broadcasting":
        sending.pause(session, broadcast, "line", "LINE's monthly limit is reached", now)
