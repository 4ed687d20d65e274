"""The only way a state changes."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.database import rows_changed
from bot.models import (
    Alarm,
    Broadcast,
    Case,
    CommunityQuestion,
    Delivery,
    KeyPerson,
    Relay,
    Rendition,
    Rumour,
    RumourAnswer,
    RumourQuestion,
    Sound,
    TextClaim,
    Transition,
    WebhookEvent,
)

Stateful = (
    Alarm
    | Broadcast
    | Case
    | CommunityQuestion
    | Delivery
    | KeyPerson
    | Relay
    | Rendition
    | Rumour
    | RumourAnswer
    | RumourQuestion
    | Sound
    | TextClaim
    | WebhookEvent
)


class ForbiddenMove(Exception):
    """A move the type's table does not permit: an error in the program."""


def transition(
    session: Session, row: Stateful, to: str, *, by: str, reason: str, at: Any, **changes: Any
) -> bool:
    """Move `row` to a state its table permits, setting `changes` in the same UPDATE.

    Returns False when somebody else moved the row first: then nothing was done.
    Raises `ForbiddenMove` for a move that is not in `MOVES`.
    """
    table = type(row)
    was = row.state
    if to not in table.MOVES[was]:
        raise ForbiddenMove(f"{table.__name__}: {was} to {to}")
    session.flush()
    moved = session.execute(
        update(table)
        .where(table.id == row.id, table.state == was)
        .values(state=to, **changes)
        .execution_options(synchronize_session=False)
    )
    session.refresh(row)
    if rows_changed(moved) == 0:
        return False
    session.add(
        Transition(
            subject=table.__tablename__,
            subject_id=row.id,
            from_state=was,
            to_state=to,
            at=at,
            by=by,
            reason=reason,
        )
    )
    return True
