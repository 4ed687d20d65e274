"""What each queue's worker does: claim events and deliveries, and work on them on threads."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, Select, and_, exists, literal_column, select, tuple_
from sqlalchemy.orm import Session, aliased

from bot import alarms, chores, deliveries, interpreting
from bot.jobs import Lane, work_off
from bot.menus import linking
from bot.models import WebhookEvent
from bot.runtime import Runtime
from broadcasts import (
    care,
    community,
    drill_plan,
    group_cards,
    relaying,
    rumour_telling,
    safety,
    sounds,
    waves,
)
from handlers import events

THREADS = 16
LEASE = timedelta(seconds=20)

# Written into the SQL, not bound: only then is it certain that the index of what waits applies.
_RECEIVED: ColumnElement[str] = literal_column("'received'")


def run_replies(runtime: Runtime, *, urgent: bool) -> bool:
    """Handle waiting events and send waiting deliveries; True when something may be left."""
    return work_off(partial(_claim, runtime, urgent=urgent), THREADS)


def _claim(runtime: Runtime, limit: int, *, urgent: bool) -> list[Callable[[], object]]:
    """Up to `limit` jobs: events first, then deliveries somebody else left behind."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        event_ids = claim_events(session, now, urgent=urgent, limit=limit)
        left = limit - len(event_ids)
        waiting = deliveries.claim(session, now, urgent=urgent, limit=left) if left else []
    jobs: list[Callable[[], object]] = [
        partial(_handle_and_send, runtime, event_id, urgent=urgent) for event_id in event_ids
    ]
    return jobs + [partial(deliveries.send, runtime, claimed) for claimed in waiting]


def claim_events(session: Session, now: datetime, *, urgent: bool, limit: int) -> list[int]:
    """Lease up to `limit` due events. Of each chat only the oldest that waits, unless urgent."""
    rows = session.scalars(
        _due_events(now, urgent=urgent)
        .order_by(WebhookEvent.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.due_at = now + LEASE
    return [row.id for row in rows]


def _due_events(now: datetime, *, urgent: bool) -> Select[WebhookEvent]:
    statement = select(WebhookEvent).where(
        WebhookEvent.urgent == urgent,
        WebhookEvent.state == _RECEIVED,
        WebhookEvent.due_at <= now,
    )
    if urgent:
        return statement
    earlier = aliased(WebhookEvent)
    return statement.where(
        ~exists().where(
            and_(
                earlier.urgent.is_(False),
                earlier.state == _RECEIVED,
                earlier.chat == WebhookEvent.chat,
                tuple_(earlier.occurred_at, earlier.id)
                < tuple_(WebhookEvent.occurred_at, WebhookEvent.id),
            )
        )
    )


def _handle_and_send(runtime: Runtime, event_id: int, *, urgent: bool) -> None:
    resident_id = events.handle(runtime, event_id)
    if resident_id is not None:
        deliveries.send_waiting(runtime, resident_id, urgent=urgent)


def _replies_due(runtime: Runtime, *, urgent: bool) -> bool:
    now = runtime.clock.now()
    with runtime.database.read() as session:
        waiting = session.execute(_due_events(now, urgent=urgent).limit(1)).first()
        return waiting is not None or deliveries.is_due(session, now, urgent=urgent)


def run_default(runtime: Runtime) -> bool:
    """Ask who carries notices on, call whoever must be called, then do what the clock demands,
    whatever became of the first; translations may wait.
    """
    try:
        relaying.run(runtime)
    finally:
        try:
            more = alarms.run(runtime)
        finally:
            chores.run(runtime)
            care.run(runtime)
            drill_plan.run(runtime)
            community.run(runtime)
            group_cards.run(runtime)
            sounds.run(runtime)
            safety.run(runtime)
            rumour_telling.run(runtime)
            linking.run(runtime)
    return interpreting.run(runtime) or more


def _default_due(runtime: Runtime) -> bool:
    looking = (
        relaying,
        alarms,
        chores,
        care,
        drill_plan,
        community,
        group_cards,
        sounds,
        safety,
        rumour_telling,
        linking,
        interpreting,
    )
    return any(part.is_due(runtime) for part in looking)


LANES: Mapping[str, Lane] = {
    "urgent": Lane(partial(run_replies, urgent=True), partial(_replies_due, urgent=True)),
    "replies": Lane(partial(run_replies, urgent=False), partial(_replies_due, urgent=False)),
    "alerts": Lane(waves.run, waves.is_due),
    "default": Lane(run_default, _default_due),
}
