"""Every state changes through `transition()`, along its table's moves, and one of two wins."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import (
    Alarm,
    Base,
    Broadcast,
    Case,
    CommunityQuestion,
    Delivery,
    KeyPerson,
    Message,
    Network,
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
    CommunityQuestion: """
        asked: answered passed withdrawn expired
        answered: withdrawn
        passed:
        withdrawn:
        expired:
    """,
    Rumour: """
        open: answered ended
        answered: ended open
        ended: open answered
    """,
    RumourAnswer: """
        proposed: in_force withdrawn
        in_force: replaced ended
        withdrawn:
        replaced:
        ended:
    """,
    RumourQuestion: """
        waiting: grouped passed
        grouped: waiting
        passed:
    """,
    KeyPerson: """
        invited: to_confirm left
        to_confirm: training left
        training: active suspended left
        active: suspended left
        suspended: active left
        left:
    """,
    Relay: """
        requested: accepted declined expired cancelled
        accepted: relayed declined expired cancelled
        expired: accepted cancelled
        declined:
        relayed:
        cancelled:
    """,
    TextClaim: """
        held: submitted lapsed cancelled
        submitted: released held cancelled
        released:
        lapsed:
        cancelled:
    """,
    Sound: """
        fetching: submitted failed refused
        submitted: released refused
        released: refused
        refused:
        failed:
    """,
}
"""Written down a second time, from the design: whoever changes a table changes it here too."""


def a_case(session: Session, state: str) -> Case:
    return factories.case(session, factories.resident(session), state=state)


def a_question(session: Session, state: str) -> CommunityQuestion:
    resident = factories.resident(session)
    network = Network(
        name=f"network of {resident.id}", language="en", kind="language", created_at=factories.NOON
    )
    question = CommunityQuestion(
        resident=resident,
        network=network,
        key_person=KeyPerson(name="Asha", phone="090"),
        language="en",
        state=state,
        asked_at=factories.NOON,
        due_at=factories.NOON,
    )
    session.add(question)
    session.flush()
    return question


def a_rumour(session: Session, state: str) -> Rumour:
    row = Rumour(
        state=state,
        claim="ダム",
        keywords=[],
        author_id=factories.staff(session).id,
        created_at=factories.NOON,
    )
    session.add(row)
    session.flush()
    return row


def a_rumour_answer(session: Session, state: str) -> RumourAnswer:
    rumour = a_rumour(session, "open")
    row = RumourAnswer(
        rumour_id=rumour.id,
        state=state,
        verdict="false",
        japanese="ダム",
        plain="ダム",
        source="気象庁",
        checked_at=factories.NOON,
        expires_at=factories.NOON,
        author_id=rumour.author_id,
        created_at=factories.NOON,
    )
    session.add(row)
    session.flush()
    return row


def a_rumour_question(session: Session, state: str) -> RumourQuestion:
    resident = factories.resident(session)
    said = Message(resident_id=resident.id, at=factories.NOON, author="resident", kind="text")
    session.add(said)
    session.flush()
    row = RumourQuestion(
        resident_id=resident.id,
        message_id=said.id,
        state=state,
        language="en",
        fold="",
        asked_at=factories.NOON,
    )
    session.add(row)
    session.flush()
    return row


def a_key_person(session: Session, state: str) -> KeyPerson:
    row = KeyPerson(state=state, name="Mai", phone="090-0000-0000")
    session.add(row)
    session.flush()
    return row


def a_relay(session: Session, state: str) -> Relay:
    network = Network(
        name=str(uuid4()), language="vi", kind="language", active=True, created_at=factories.NOON
    )
    session.add(network)
    session.flush()
    row = Relay(
        broadcast_id=factories.broadcast(session).id,
        network_id=network.id,
        key_person_id=a_key_person(session, "active").id,
        state=state,
        asked_at=factories.NOON,
        due_at=factories.NOON,
    )
    session.add(row)
    session.flush()
    return row


def a_text_claim(session: Session, state: str) -> TextClaim:
    relay = a_relay(session, "accepted")
    row = TextClaim(
        broadcast_id=relay.broadcast_id,
        language="vi",
        relay_id=relay.id,
        state=state,
        held_at=factories.NOON,
        due_at=factories.NOON,
    )
    session.add(row)
    session.flush()
    return row


def a_sound(session: Session, state: str) -> Sound:
    relay = a_relay(session, "relayed")
    row = Sound(
        broadcast_id=relay.broadcast_id,
        relay_id=relay.id,
        rendition_id=factories.rendition(session, broadcast_id=relay.broadcast_id).id,
        language="vi",
        state=state,
        message_id=str(uuid4()),
        due_at=factories.NOON,
        created_at=factories.NOON,
    )
    session.add(row)
    session.flush()
    return row


MAKE: dict[type[Base], Callable[[Session, str], Any]] = {
    Delivery: lambda session, state: factories.delivery(session, state=state),
    WebhookEvent: lambda session, state: factories.event(session, state=state),
    Case: a_case,
    Alarm: lambda session, state: factories.alarm(session, state=state),
    Broadcast: lambda session, state: factories.broadcast(session, state=state),
    Rendition: lambda session, state: factories.rendition(session, state=state),
    CommunityQuestion: a_question,
    Rumour: a_rumour,
    RumourAnswer: a_rumour_answer,
    RumourQuestion: a_rumour_question,
    KeyPerson: a_key_person,
    Relay: a_relay,
    TextClaim: a_text_claim,
    Sound: a_sound,
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
