"""Residents: found or welcomed, and forgotten."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot import networks
from bot.languages import complete, from_profile
from bot.models import (
    Case,
    CommunityQuestion,
    Delivery,
    Message,
    PrivatePage,
    Resident,
    RumourQuestion,
    RumourTelling,
    SafetyAnswer,
    WebhookEvent,
)
from bot.states import transition

CONVERSATION = "conversation"
"""The set of texts without which nobody can be spoken to in a language."""
FIRST_LANGUAGE = "ja-x-easy"
"""For whom nothing is known: plain Japanese, which most residents read best after their own."""


def find_or_welcome(
    session: Session, line_user_id: str, *, profile_language: str | None, now: datetime
) -> Resident:
    """The resident with this LINE id, new if there is none. Safe when two events race for it."""
    found = session.scalars(select(Resident).where(Resident.line_user_id == line_user_id)).first()
    if found:
        return found
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(Resident)
        .values(
            line_user_id=line_user_id,
            languages=[guessed_language(profile_language) or FIRST_LANGUAGE],
            languages_chosen=False,
            following=True,
            joined_at=now,
            areas_answered=False,
            muted_categories=[],
            expecting={},
            expecting_until=None,
        )
        .on_conflict_do_nothing(index_elements=["line_user_id"])
    )
    return session.scalars(select(Resident).where(Resident.line_user_id == line_user_id)).one()


def guessed_language(profile_language: str | None) -> str | None:
    """The profile's language, if the bot has all its words in it."""
    tag = from_profile(profile_language)
    return tag if tag in {known.tag for known in complete(CONVERSATION)} else None


def forget(session: Session, resident: Resident, *, at: datetime) -> None:
    """Erase a person: their id, choices, messages and pages. Cases stay, without the person."""
    session.flush()
    networks.forget(session, resident, at)
    cases = session.scalars(select(Case).where(Case.resident_id == resident.id)).all()
    for case in cases:
        if case.state != "closed":
            transition(session, case, "closed", by="resident", reason="data deleted", at=at)
    session.execute(
        delete(Message).where(Message.resident_id == resident.id, Message.case_id.is_(None))
    )
    session.execute(
        update(Message).where(Message.resident_id == resident.id).values(line_message_id=None)
    )
    for table in (PrivatePage, CommunityQuestion, SafetyAnswer, RumourQuestion, RumourTelling):
        session.execute(delete(table).where(table.resident_id == resident.id))
    session.execute(
        delete(Delivery).where(
            Delivery.resident_id == resident.id,
            Delivery.state.in_(("accepted", "failed", "cancelled")),
        )
    )
    session.execute(
        update(Delivery).where(Delivery.resident_id == resident.id).values(resident_id=None)
    )
    session.execute(
        update(WebhookEvent)
        .where(WebhookEvent.chat == resident.line_user_id, WebhookEvent.state == "failed")
        .values(chat="", body=None)
    )
    if not cases:
        session.delete(resident)
        return
    resident.areas.clear()
    resident.line_user_id = None
    resident.languages = [FIRST_LANGUAGE]
    resident.muted_categories, resident.expecting, resident.expecting_until = [], {}, None
    resident.languages_chosen = resident.areas_answered = resident.following = False
