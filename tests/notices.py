"""Sending a notice from a test, past the console, into a running world."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import Broadcast, Staff
from bot.runtime import Runtime
from bot.settings import Settings
from broadcasts import sending
from broadcasts.templates import templates
from tests.world import World

RIVER = {"river": "みなと川", "sites": ["E9999900001201"]}


@contextmanager
def running(world: World) -> Iterator[Runtime]:
    """A runtime of this process on the world's database and Valkey."""
    runtime = Runtime.build(Settings.from_environment(world.environment))
    yield runtime
    runtime.close()


def staff(session: Session, role: str) -> Staff:
    """A member of staff with this role."""
    return session.scalars(select(Staff).where(Staff.role == role).order_by(Staff.id)).all()[0]


def draft(
    session: Session, now: datetime, template_id: str = "river-4", **changes: Any
) -> Broadcast:
    """A draft by the first operator, complete and in force for its template's hours."""
    template = templates()[template_id]
    values: dict[str, Any] = {
        "number": sending.next_number(session, now),
        "state": "draft",
        "kind": "alert",
        "drill": False,
        "template_id": template_id,
        "blanks": RIVER if template_id.startswith("river") else {},
        "category": template.category,
        "severity": template.severity,
        "urgency": template.urgency,
        "area_ids": [],
        "issuer": "みなと市長" if template.decision else "",
        "decided_at": now if template.decision else None,
        "decision_number": "12" if template.decision else "",
        "expires_at": now + timedelta(hours=template.hours),
        "author_id": staff(session, "operator").id,
        "created_at": now,
    }
    broadcast = Broadcast(**{**values, **changes})
    session.add(broadcast)
    session.flush()
    return broadcast


def send(runtime: Runtime, template_id: str = "river-4", **changes: Any) -> str:
    """Draft, submit and approve; returns the notice's number."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        broadcast = draft(session, now, template_id, **changes)
        sending.submit(session, runtime, broadcast, staff(session, "operator"))
        sending.approve(session, runtime, broadcast, staff(session, "approver"))
        return broadcast.number


def stop_all(world: World) -> None:
    """Stop every notice that is in force."""
    with running(world) as runtime, runtime.database.write() as session:
        now = runtime.clock.now()
        for broadcast in sending.due_broadcasts(session, now):
            sending.stop(session, runtime, broadcast, "bot", "the test is over")
