"""Every state changes through `transition()`, along its table's moves, and one of two wins."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import (
    Alarm,
    Base,
    Broadcast,
    Case,
    Delivery,
    Rendition,
    Transition,
    WebhookEvent,
)
from bot.runtime import Runtime
from bot.states import ForbiddenMove, transition
from tests import factories

PERMITTED = {
    Alarm: """
        open: taken ended
        taken: open ended
        ended:
    """,
    Delivery: """
        queued: sending cancelled
        sending: accepted queued unclear failed
        unclear: sending failed
        failed: queued
        accepted:
        cancelled:
    """,
    WebhookEvent: """
        received: handled failed
        failed: received
        handled:
    """,
    Broadcast: """
        draft: pending_approval cancelled
        pending_approval: draft rejected scheduled broadcasting cancelled
        scheduled: broadcasting cancelled
        broadcasting: paused completed cancelled
        paused: broadcasting cancelled
        rejected:
        completed:
        cancelled:
    """,
    Rendition: """
        pending: ready failed withdrawn
        failed: pending ready
        ready: stale withdrawn
        stale: ready withdrawn
        withdrawn:
    """,
    Case: """
        open: assigned answered closed
        assigned: open answered closed
        answered: open assigned closed
        closed: open assigned
    """,
}
"""Written down a second time, from the design: whoever changes a table changes it here too."""


def a_case(session: Session, state: str) -> Case:
    return factories.case(session, factories.resident(session), state=state)


MAKE: dict[type[Base], Callable[[Session, str], Any]] = {
    Delivery: lambda session, state: factories.delivery(session, state=state),
    WebhookEvent: lambda session, state: factories.event(session, state=state),
    Case: a_case,
    Alarm: lambda session, state: factories.alarm(session, state=state),
    Broadcast: lambda session, state: factories.broadcast(session, state=state),
    Rendition: lambda session, state: factories.rendition(session, state=state),
}


def permitted(table: type[Base]) -> dict[str, set[str]]:
    lines = [line.split(":") for line in PERMITTED[table].split("\n") if ":" in line]
    return {state.strip(): set(moves.split()) for state, moves in lines}


def test_every_table_with_moves_is_in_the_square() -> None:
    tables = {mapper.class_ for mapper in Base.registry.mappers}
    assert {table for table in tables if hasattr(table, "MOVES")} == set(PERMITTED)
    assert {table for table in tables if "state" in table.__table__.c} == set(PERMITTED)


@pytest.mark.parametrize("table", PERMITTED)
def test_the_full_square_of_moves(runtime: Runtime, table: type[Any]) -> None:
    moves = permitted(table)
    assert moves == table.MOVES
    for was, to in product(moves, moves):
        with runtime.database.write() as session:
            row = MAKE[table](session, was)
            if to in moves[was]:
                assert transition(session, row, to, by="test", reason="why", at=factories.NOON)
                assert row.state == to
            else:
                with pytest.raises(ForbiddenMove):
                    transition(session, row, to, by="test", reason="why", at=factories.NOON)
                assert row.state == was


def test_a_move_is_written_down_with_who_when_and_why(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        row = factories.delivery(session)
        transition(session, row, "sending", by="bot", reason="claimed", at=factories.NOON)
    with runtime.database.read() as session:
        (told,) = session.scalars(select(Transition)).all()
    assert (told.subject, told.subject_id) == ("deliveries", row.id)
    assert (told.from_state, told.to_state) == ("queued", "sending")
    assert (told.by, told.reason, told.at) == ("bot", "claimed", factories.NOON)


def test_of_two_who_read_the_same_state_one_wins(runtime: Runtime) -> None:
    """A row read before somebody else moved it: nothing is done and nothing written down."""
    with runtime.database.write() as session:
        id = factories.delivery(session).id
    with runtime.database.read() as session:
        stale = session.get_one(Delivery, id)
    with runtime.database.write() as session:
        row = session.get_one(Delivery, id)
        transition(session, row, "cancelled", by="first", reason="", at=factories.NOON)
    with runtime.database.write() as session:
        session.add(stale)
        moved = transition(
            session, stale, "sending", by="second", reason="", at=factories.NOON, attempts=7
        )
    assert not moved
    row = factories.stored(runtime, Delivery, id)
    assert (row.state, row.attempts, stale.state) == ("cancelled", 0, "cancelled")
    with runtime.database.read() as session:
        assert [told.by for told in session.scalars(select(Transition))] == ["first"]


def test_of_many_threads_one_wins(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        id = factories.delivery(session).id
    with runtime.database.read() as session:
        rows = []
        for _ in range(8):
            rows.append(session.get_one(Delivery, id))
            session.expunge_all()
    together = Barrier(8)

    def move(row: Delivery) -> bool:
        together.wait(10)
        with runtime.database.write() as session:
            session.add(row)
            return transition(session, row, "sending", by="x", reason="", at=factories.NOON)

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(move, rows)) == [False] * 7 + [True]
