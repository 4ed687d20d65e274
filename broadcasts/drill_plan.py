"""Drills by the calendar: drafted some days ahead, begun only when somebody has approved them."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.city import JAPAN
from bot.models import DRILL_RHYTHMS, Chore, DrillPlan, Staff
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import sending
from broadcasts.sending import NotPossible, next_number
from broadcasts.templates import templates

AHEAD = timedelta(days=3)
"""How long before its time a drill is drafted, so that somebody can approve it."""
QUARTERS_BEGIN = 4
"""A fiscal year in Japan begins in April: quarterly drills are in April, July, October, January."""
TEMPLATE = "drill"

_CHORE = "drill"
_KEY = "drill-plan "
"""How the `form_key` of a planned drill begins; its day follows: one draft for each."""


def plan(
    session: Session, by: Staff, every: str, day: int, hour: int, relay_only: bool, now: datetime
) -> DrillPlan:
    """Plan drills: `every` of `DRILL_RHYTHMS`, on a `day` of the month at an `hour` in Japan."""
    row = DrillPlan(id=1, every=every, day=day, hour=hour, relay_only=relay_only, author_id=by.id)
    row = session.merge(row)
    session.merge(Chore(name=_CHORE, due_at=now))
    return row


def next_start(row: DrillPlan, after: datetime) -> datetime | None:
    """When the next drill of a plan begins, later than `after`; None where none is planned."""
    months = DRILL_RHYTHMS.get(row.every, 0)
    if not months:
        return None
    local = after.astimezone(JAPAN)
    year, month = local.year, local.month
    while True:
        start = datetime(year, month, row.day, row.hour, tzinfo=JAPAN)
        if start > after and (month - QUARTERS_BEGIN) % months == 0:
            return start
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def is_due(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        chore = session.get(Chore, _CHORE)
        return chore is not None and chore.due_at <= runtime.clock.now()


def run(runtime: Runtime) -> None:
    """Take back what nobody approved, and draft what comes next; who moves `due_at` does it."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        chore = session.get(Chore, _CHORE, with_for_update=True)
        row = session.get(DrillPlan, 1)
        if chore is None or row is None or chore.due_at > now:
            return
        _take_back(session, now)
        start = next_start(row, now)
        if start is not None and start - AHEAD <= now:
            _draft(session, runtime, row, start)
        chore.due_at = _look_again(row, now)


def _take_back(session: Session, now: datetime) -> None:
    """Planned drills whose time passed without an approval: nobody need be called for them."""
    forgotten = select(Broadcast).where(
        Broadcast.form_key.startswith(_KEY),
        Broadcast.state.in_(("draft", "pending_approval")),
        Broadcast.expires_at <= now,
    )
    for broadcast in session.scalars(forgotten.with_for_update(key_share=True)).all():
        reason = "nobody approved it in time"
        transition(session, broadcast, "cancelled", by="bot", reason=reason, at=now)


def _draft(session: Session, runtime: Runtime, row: DrillPlan, start: datetime) -> None:
    """The draft of one drill, waiting for approval; a draft still where a text is missing."""
    key = f"{_KEY}{start:%Y-%m-%d}"
    if session.scalars(select(Broadcast.id).where(Broadcast.form_key == key)).first() is not None:
        return
    template, now = templates()[TEMPLATE], runtime.clock.now()
    broadcast = Broadcast(
        number=next_number(session, now),
        state="draft",
        kind="alert",
        drill=True,
        relay_only=row.relay_only,
        template_id=template.id,
        blanks={"drill_at": start.isoformat()},
        category=template.category,
        severity=template.severity,
        urgency=template.urgency,
        area_ids=[],
        starts_at=start,
        expires_at=start + timedelta(hours=template.hours),
        author_id=row.author_id,
        created_at=now,
        form_key=key,
    )
    session.add(broadcast)
    session.flush()
    try:
        sending.submit(session, runtime, broadcast, session.get_one(Staff, row.author_id))
    except NotPossible:
        return  # it stands among the drafts, and its page says what is missing


def _look_again(row: DrillPlan, now: datetime) -> datetime:
    """When the next drill must be drafted, or the last draft is past its time. Without a plan a
    draft from before may still be forgotten.
    """
    start = next_start(row, now)
    if start is None:
        return now + timedelta(days=7)
    drafting = start - AHEAD
    return drafting if drafting > now else start + timedelta(hours=templates()[TEMPLATE].hours)
