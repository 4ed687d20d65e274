"""Sending what was decided: claim a delivery, ask the channel once, record how it ended.

A delivery is claimed by moving it to *sending* and its `due_at` to the end of a lease. A lease that
ran out means a process died in the middle: the request is then *unclear*, and only its own retry
key may repeat it (LINE: valid 24 hours from the first request).
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from bot.channel import Channel, Failure, SendError
from bot.database import after_commit
from bot.models import Delivery, Transition
from bot.runtime import Runtime
from bot.states import transition

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
REPLY_TOKEN_LIFE = timedelta(seconds=55)
KEY_LIFE = timedelta(hours=23, minutes=50)
LONGEST_WAIT = 6  # 2 to the power of this, in seconds
_TOO_LATE = {"unclear": "failed", "queued": "cancelled"}
AT_ONCE = timedelta(seconds=1)
"""What is due now is due since then: the clocks of two processes differ a little."""

# Written into the SQL, not bound: only then does SQLite see that the index of what waits applies.
WAITING: BindParameter[str] = bindparam(
    "waiting", ("queued", "sending", "unclear"), expanding=True, literal_execute=True
)


Refused = Callable[[SendError, Session, Delivery], None]


@dataclass(frozen=True)
class Claimed:
    """A delivery this process may send now, once. With `reply_token` it goes out as a reply.

    `unclear`: an earlier push with the same key was perhaps accepted.
    """

    id: int
    recipient: str
    body: str
    retry_key: str
    reply_token: str | None
    attempts: int
    unclear: bool
    to_many: bool = False


def queue(
    session: Session,
    runtime: Runtime,
    recipient: str,
    body: str,
    *,
    resident_id: int | None,
    urgent: bool,
    reply_token: str | None = None,
    reply_until: datetime | None = None,
) -> Delivery:
    """Record one request to the channel, and wake its queue after the commit.

    `recipient` is a user's or group's id; `body` what the channel rendered.
    """
    now = runtime.clock.now()
    delivery = Delivery(
        resident_id=resident_id,
        recipient=recipient,
        body=body,
        urgent=urgent,
        state="queued",
        retry_key=str(uuid4()),
        reply_token=reply_token,
        reply_until=reply_until,
        created_at=now,
        due_at=now - AT_ONCE,
    )
    session.add(delivery)
    session.flush()
    name = "urgent" if urgent else "replies"
    after_commit(session, partial(runtime.wakeups.send, name))
    return delivery


def is_due(session: Session, now: datetime, *, urgent: bool) -> bool:
    """Whether anything could be claimed."""
    return session.execute(_due(now, urgent=urgent).limit(1)).first() is not None


def claim(
    session: Session, now: datetime, *, urgent: bool, limit: int, resident_id: int | None = None
) -> list[Claimed]:
    """Take up to `limit` due deliveries, of one resident if given, oldest first.

    Of each resident only the oldest waiting one, so that answers keep their order; urgent ones
    wait for nothing.
    """
    statement = _due(now, urgent=urgent).order_by(Delivery.id).limit(limit)
    if resident_id is not None:
        statement = statement.where(Delivery.resident_id == resident_id)
    rows = session.scalars(statement.with_for_update(skip_locked=True)).all()
    return [found for row in rows if (found := take_up(session, row, now))]


def send(runtime: Runtime, claimed: Claimed, refused: Refused | None = None) -> None:
    """Ask the channel once and record what came of it.

    `refused` does in the same transaction what must follow from a delivery that failed.
    """
    try:
        request_id = _request(runtime.channel, claimed)
    except SendError as error:
        _record_failure(runtime, claimed, error, refused)
        return
    _record(
        runtime,
        claimed,
        "accepted",
        "reply" if claimed.reply_token else "push",
        request_id=request_id,
        recipient=None,
        body=None,
        problem=None,
    )
    return None


def send_waiting(runtime: Runtime, resident_id: int, *, urgent: bool) -> None:
    """Send what waits for one resident, one after the other, until nothing is due."""
    while True:
        with runtime.database.read() as session:  # a look takes no lock
            waiting = _due(runtime.clock.now(), urgent=urgent).limit(1)
            mine = waiting.where(Delivery.resident_id == resident_id)
            if session.execute(mine).first() is None:
                return
        with runtime.database.write() as session:
            claimed = claim(
                session, runtime.clock.now(), urgent=urgent, limit=1, resident_id=resident_id
            )
        if not claimed:
            return
        send(runtime, claimed[0])


def _due(now: datetime, *, urgent: bool) -> Select[Delivery]:
    statement = select(Delivery).where(
        Delivery.broadcast_id.is_(None),
        Delivery.urgent == urgent,
        Delivery.state.in_(WAITING),
        Delivery.due_at <= now,
    )
    if urgent:
        return statement
    earlier = aliased(Delivery)
    return statement.where(
        ~exists().where(
            and_(
                earlier.resident_id == Delivery.resident_id,
                earlier.urgent.is_(False),
                earlier.state.in_(WAITING),
                earlier.id < Delivery.id,
            )
        )
    )


def take_up(session: Session, row: Delivery, now: datetime) -> Claimed | None:
    """Make a due row this process's own, or None when it moved or may not be repeated."""
    if row.state == "sending" and not transition(
        session, row, "unclear", by="bot", reason="lease ran out", at=now, reply_token=None
    ):
        return None
    unclear = row.state == "unclear" and row.pushed_at is not None
    if row.pushed_at is not None and now - row.pushed_at > KEY_LIFE:
        if row.state == "unclear" or (row.broadcast_id and was_unclear(session, row)):
            to, reason = _TOO_LATE[row.state], "retry key too old to repeat safely"
            transition(session, row, to, by="bot", reason=reason, at=now, problem=reason)
            return None
        row.retry_key, row.pushed_at = str(uuid4()), None  # never accepted: a new key is safe
    replying = row.reply_token is not None and row.reply_until is not None and now < row.reply_until
    changes = {
        "due_at": now + LEASE,
        "attempts": row.attempts + 1,
        "reply_token": row.reply_token if replying else None,
        "pushed_at": row.pushed_at if replying else row.pushed_at or now,
    }
    if not transition(session, row, "sending", by="bot", reason="claimed", at=now, **changes):
        return None
    return Claimed(
        id=row.id,
        recipient=row.recipient or "",
        body=row.body or "",
        retry_key=row.retry_key,
        reply_token=row.reply_token,
        attempts=row.attempts,
        unclear=unclear,
    )


def ever_unclear() -> ColumnElement[bool]:
    """Whether a request of a delivery once had no answer: accepted or not, nobody knows for sure,
    even if a later answer refused it for another reason.
    """
    return exists().where(
        Transition.subject == Delivery.__tablename__,
        Transition.subject_id == Delivery.id,
        Transition.to_state == "unclear",
    )


def was_unclear(session: Session, row: Delivery) -> bool:
    found = select(Delivery.id).where(Delivery.id == row.id, ever_unclear())
    return session.execute(found).first() is not None


def _request(channel: Channel, claimed: Claimed) -> str:
    if claimed.reply_token is not None:
        return channel.reply(claimed.reply_token, claimed.body)
    if claimed.to_many:
        return channel.multicast(claimed.recipient.split(","), claimed.body, claimed.retry_key)
    return channel.push(claimed.recipient, claimed.body, claimed.retry_key)


def _record_failure(
    runtime: Runtime, claimed: Claimed, error: SendError, refused: Refused | None
) -> None:
    """Where the row goes: back to the queue, *unclear*, or *failed* where staff must look."""
    now = runtime.clock.now()
    seconds = 2.0 ** min(claimed.attempts - 1, LONGEST_WAIT) * random.uniform(0.5, 1.0)
    later = now + timedelta(seconds=seconds)
    to, due_at, reply_token = "failed", now, claimed.reply_token
    if error.failure is Failure.RATE:
        # Refused, but the one before was perhaps accepted: then it is still only its key that may.
        to, due_at = "unclear" if claimed.unclear else "queued", later
    elif error.failure is Failure.TOKEN:
        to, reply_token, due_at = "queued", None, now - AT_ONCE
    elif error.failure is Failure.UNCLEAR:
        # After a reply the push has a retry key of its own and need not wait.
        to, reply_token, due_at = "unclear", None, now - AT_ONCE if claimed.reply_token else later
    if to == "failed":
        log.error("delivery %s failed: %s", claimed.id, error)
    follow_up = None
    if to == "failed" and refused is not None:
        follow_up = partial(refused, error)
    _record(
        runtime,
        claimed,
        to,
        str(error)[:300],
        follow_up,
        problem=str(error)[:300],
        request_id=error.request_id,
        due_at=due_at,
        reply_token=reply_token,
    )


def _record(
    runtime: Runtime,
    claimed: Claimed,
    to: str,
    reason: str,
    follow_up: Callable[[Session, Delivery], None] | None = None,
    **changes: object,
) -> None:
    """How the request ended, unless the lease ran out meanwhile and somebody else took it up.

    That LINE accepted it is true whoever asked.
    """
    with runtime.database.write() as session:
        row = session.get(Delivery, claimed.id)
        if row is None or row.state != "sending":
            return
        if row.attempts != claimed.attempts and to != "accepted":
            return
        now = runtime.clock.now()
        moved = transition(session, row, to, by="line", reason=reason, at=now, **changes)
        if moved and follow_up is not None:
            follow_up(session, row)
