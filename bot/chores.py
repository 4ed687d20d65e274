"""Jobs by the clock: at night what was answered long ago closes, and what is past its time goes."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import Executable, Select, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from bot import cases
from bot.city import JAPAN
from bot.database import rows_changed
from bot.models import (
    Case,
    Chore,
    CommunityQuestion,
    Delivery,
    Message,
    PrivatePage,
    Resident,
    SignInFailure,
    StaffLink,
    Transition,
    Translation,
    WebhookEvent,
)
from bot.runtime import Runtime
from bot.settings import Settings

log = logging.getLogger(__name__)

NIGHTLY_HOUR = 3
EVENTS = timedelta(days=30)
"""LINE repeats an event for 20 minutes at most; its id is kept much longer than that."""
FAILED_BODIES = timedelta(days=7)
DELIVERIES = timedelta(days=30)
SIGN_IN_FAILURES = timedelta(days=1)
TRANSLATIONS = timedelta(days=7)

_NAME = "erase"


def is_due(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        chore = session.get(Chore, _NAME)
        return chore is None or chore.due_at <= runtime.clock.now()


def run(runtime: Runtime) -> bool:
    """Erase if the night has come; whoever moves `due_at` first does it."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        chore = session.get(Chore, _NAME, with_for_update=True)
        if chore is not None and chore.due_at > now:
            return False
        session.merge(Chore(name=_NAME, due_at=_next_night(now)))
        closed = cases.close_answered(session, runtime, now)
        counts = erase(session, runtime, now)
    log.info("closed %s cases; erased: %s", closed, counts)
    return False


def erase(session: Session, runtime: Runtime, now: datetime) -> dict[str, int]:
    """Erase everything past its time; returns how many rows of each kind."""
    statements = {**_past_their_time(runtime.settings, now), **_of_the_machine(now)}
    return {
        what: rows_changed(session.execute(statement)) for what, statement in statements.items()
    }


def _past_their_time(settings: Settings, now: datetime) -> dict[str, Executable]:
    """What residents said, what was asked of staff, and who is nobody any more; in this order."""
    old_cases = _cases_closed_before(now - timedelta(days=settings.case_retention_days))
    return {
        "messages": delete(Message).where(
            Message.at < now - timedelta(days=settings.retention_days), Message.case_id.is_(None)
        ),
        "community questions": delete(CommunityQuestion).where(
            CommunityQuestion.asked_at < now - timedelta(days=settings.retention_days)
        ),
        "case messages": delete(Message).where(Message.case_id.in_(old_cases)),
        "cases": delete(Case).where(Case.id.in_(old_cases)),
        # Whose data was deleted and whom no case needs any more.
        "residents": delete(Resident).where(
            Resident.line_user_id.is_(None), ~exists().where(Case.resident_id == Resident.id)
        ),
        # They may hold where somebody is.
        "expectations": update(Resident)
        .where(Resident.expecting_until < now)
        .values(expecting={}, expecting_until=None),
        "translations": delete(Translation).where(Translation.made_at < now - TRANSLATIONS),
        "pages": delete(PrivatePage).where(PrivatePage.expires_at < now),
        "links": delete(StaffLink).where(StaffLink.expires_at < now),
        "sign-in failures": delete(SignInFailure).where(SignInFailure.at < now - SIGN_IN_FAILURES),
    }


def _of_the_machine(now: datetime) -> dict[str, Executable]:
    """What came in and what went out."""
    return {
        "events": delete(WebhookEvent).where(
            WebhookEvent.state.in_(("handled", "failed")), WebhookEvent.received_at < now - EVENTS
        ),
        "failed events' bodies": update(WebhookEvent)
        .where(
            WebhookEvent.state == "failed",
            WebhookEvent.received_at < now - FAILED_BODIES,
            WebhookEvent.body.is_not(None),
        )
        .values(body=None),
        "deliveries": delete(Delivery).where(
            Delivery.broadcast_id.is_(None),  # a notice's are its record of who got it
            Delivery.state.in_(("accepted", "failed", "cancelled")),
            # Or nobody's any more: the person deleted their data.
            or_(Delivery.created_at < now - DELIVERIES, Delivery.resident_id.is_(None)),
        ),
        "notices' addresses": update(Delivery)
        .where(
            Delivery.broadcast_id.is_not(None),
            Delivery.created_at < now - DELIVERIES,
            Delivery.recipient.is_not(None),
        )
        .values(recipient=None),
    }


def _cases_closed_before(moment: datetime) -> Select[int]:
    later = select(Transition.subject_id).where(
        Transition.subject == Case.__tablename__, Transition.at >= moment
    )
    return select(Case.id).where(
        Case.state == "closed", Case.opened_at < moment, Case.id.not_in(later)
    )


def _next_night(now: datetime) -> datetime:
    local = now.astimezone(JAPAN)
    night = local.replace(hour=NIGHTLY_HOUR, minute=0, second=0, microsecond=0)
    return night if night > local else night + timedelta(days=1)
