"""What is kept no longer than needed really goes, table by table, and nothing else does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import chores, people
from bot.chores import NIGHTLY_HOUR, erase
from bot.city import JAPAN
from bot.models import (
    Base,
    Case,
    Chore,
    Message,
    PrivatePage,
    Resident,
    SignInFailure,
    Staff,
    StaffLink,
    Transition,
    WebhookEvent,
)
from bot.runtime import Runtime
from bot.states import transition
from tests import factories
from tests.factories import NOON


def days(number: float) -> timedelta:
    return timedelta(days=number)


def message(session: Session, at: datetime, case: Case | None = None) -> Message:
    resident = case.resident if case else factories.resident(session)
    row = Message(
        resident_id=resident.id,
        case_id=case.id if case else None,
        at=at,
        author="resident",
        kind="text",
        text="where?",
    )
    session.add(row)
    session.flush()
    return row


def closed_case(session: Session, closed_at: datetime, state: str = "closed") -> Case:
    row = factories.case(session, factories.resident(session), opened_at=closed_at - days(9))
    if state != "open":
        transition(session, row, state, by="test", reason="", at=closed_at)
    return row


def page(session: Session, expires_at: datetime) -> PrivatePage:
    row = PrivatePage(
        token_hash=f"hash {expires_at}",
        resident_id=factories.resident(session).id,
        topic_id="x",
        language="en",
        expires_at=expires_at,
    )
    session.add(row)
    return row


def link(session: Session, expires_at: datetime) -> StaffLink:
    name = f"{expires_at.timestamp()}@city.example.jp"
    person = Staff(email=name, name="A", role="operator", languages=["ja"])
    session.add(person)
    session.flush()
    row = StaffLink(token_hash=name, staff_id=person.id, expires_at=expires_at)
    session.add(row)
    return row


def failure(session: Session, at: datetime) -> SignInFailure:
    row = SignInFailure(subject="x", at=at)
    session.add(row)
    return row


def nobody(session: Session, has_case: bool) -> Resident:
    row = factories.resident(session, line_user_id=None)
    if has_case:
        factories.case(session, row)
    return row


Make = Callable[[Session], Any]
GOES: dict[str, Make] = {
    "a message after 180 days": lambda s: message(s, NOON - days(181)),
    "a message of a case closed 3 years ago": lambda s: message(
        s, NOON - days(1200), closed_case(s, NOON - days(1096))
    ),
    "a case closed 3 years ago": lambda s: closed_case(s, NOON - days(1096)),
    "a handled event after 30 days": lambda s: factories.event(
        s, state="handled", received_at=NOON - days(31)
    ),
    "a failed event after 30 days": lambda s: factories.event(
        s, state="failed", received_at=NOON - days(31)
    ),
    "an answer that was accepted 30 days ago": lambda s: factories.delivery(
        s,
        state="accepted",
        created_at=NOON - days(31),
        resident_id=factories.resident(s).id,
    ),
    "a failed answer to somebody who deleted their data": lambda s: factories.delivery(
        s, state="failed", created_at=NOON
    ),
    "a resident without data and without cases": lambda s: nobody(s, has_case=False),
    "a private page that ended": lambda s: page(s, NOON - days(0.01)),
    "a link that ended": lambda s: link(s, NOON - days(0.01)),
    "a failed sign-in after a day": lambda s: failure(s, NOON - days(1.1)),
}
STAYS: dict[str, Make] = {
    "a message for 180 days": lambda s: message(s, NOON - days(179)),
    "an old message of an open case": lambda s: message(
        s, NOON - days(1200), closed_case(s, NOON - days(1200), "open")
    ),
    "a message of a case closed 2 years ago": lambda s: message(
        s, NOON - days(1200), closed_case(s, NOON - days(700))
    ),
    "a case nobody closed": lambda s: closed_case(s, NOON - days(1200), "answered"),
    "a handled event for 30 days": lambda s: factories.event(
        s, state="handled", received_at=NOON - days(29)
    ),
    "an event that still waits": lambda s: factories.event(s, received_at=NOON - days(99)),
    "a delivery that still waits": lambda s: factories.delivery(s, created_at=NOON - days(99)),
    "an unclear delivery": lambda s: factories.delivery(
        s, state="unclear", created_at=NOON - days(99)
    ),
    "an answer for 30 days": lambda s: factories.delivery(
        s,
        state="failed",
        created_at=NOON - days(29),
        resident_id=factories.resident(s).id,
    ),
    "a resident who left": lambda s: factories.resident(s, following=False),
    "a resident without data who has a case": lambda s: nobody(s, has_case=True),
    "a private page": lambda s: page(s, NOON + days(0.01)),
    "a link": lambda s: link(s, NOON + days(0.01)),
    "a failed sign-in for a day": lambda s: failure(s, NOON - days(0.9)),
}


def rows(session: Session) -> set[tuple[str, object]]:
    return {
        (table.name, tuple(row))
        for table in Base.metadata.sorted_tables
        for row in session.execute(select(*table.primary_key.columns))
    }


@pytest.mark.parametrize("what", GOES)
def test_what_goes(runtime: Runtime, what: str) -> None:
    with runtime.database.write() as session:
        row = GOES[what](session)
        session.flush()
        table, key = type(row), session.identity_key(instance=row)[1]
    with runtime.database.write() as session:
        erase(session, runtime, NOON)
    with runtime.database.read() as session:
        assert session.get(table, key) is None


def test_what_stays(runtime: Runtime) -> None:
    """Row by row: nothing is lost but what is listed above."""
    with runtime.database.write() as session:
        for make in STAYS.values():
            make(session)
        session.flush()
        before = rows(session)
    with runtime.database.write() as session:
        counts = erase(session, runtime, NOON)
    with runtime.database.read() as session:
        assert rows(session) == before
    assert set(counts.values()) == {0}


def test_everything_at_once_leaves_only_what_must_stay(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        gone = []
        for make in GOES.values():
            row = make(session)
            session.flush()
            gone.append((row.__tablename__, session.identity_key(instance=row)[1]))
        for make in STAYS.values():
            make(session)
        session.flush()
        before = rows(session)
    with runtime.database.write() as session:
        erase(session, runtime, NOON)
    with runtime.database.read() as session:
        lost = before - rows(session)
    with_them = {("messages", key) for name, key in lost if name == "messages"}
    assert set(gone) <= lost
    assert lost - set(gone) - with_them <= {row for row in lost if row[0] == "cases"}


def test_the_body_of_a_failed_event_goes_after_a_week(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        old = factories.event(session, state="failed", received_at=NOON - days(8)).id
        new = factories.event(session, state="failed", received_at=NOON - days(6)).id
        erase(session, runtime, NOON)
    assert factories.stored(runtime, WebhookEvent, old).body is None
    assert factories.stored(runtime, WebhookEvent, new).body is not None


def test_where_somebody_is_goes_with_the_quarter_of_an_hour(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        row = factories.resident(
            session, expecting={"latitude": 35.0}, expecting_until=NOON - days(0.01)
        )
        erase(session, runtime, NOON)
    assert factories.stored(runtime, Resident, row.id).expecting == {}


def test_the_night_comes_once_whoever_asks(runtime: Runtime) -> None:
    assert chores.is_due(runtime)
    assert not chores.run(runtime)
    assert not chores.is_due(runtime)
    due = factories.stored(runtime, Chore, "erase").due_at.astimezone(JAPAN)
    assert (due.hour, due > runtime.clock.now()) == (NIGHTLY_HOUR, True)
    with runtime.database.write() as session:
        message(session, runtime.clock.now() - days(200))
    chores.run(runtime)
    with runtime.database.read() as session:
        assert len(session.scalars(select(Message)).all()) == 1
    runtime.clock.move(days(1).total_seconds())
    chores.run(runtime)
    with runtime.database.read() as session:
        assert session.scalars(select(Message)).all() == []


def test_forgetting_somebody_leaves_no_trace_of_who_it_was(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        gone = factories.resident(session, line_user_id="U-gone")
        factories.delivery(session, state="failed", recipient="U-gone", resident_id=gone.id)
        factories.event(session, state="failed", user="U-gone")
        message(session, NOON).resident_id = gone.id
        page(session, NOON).resident_id = gone.id
        session.flush()
        people.forget(session, gone, at=NOON)
    with runtime.database.read() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                assert "U-gone" not in str(tuple(row)), table.name


def test_a_case_stays_without_the_person_and_the_rest_of_them_is_gone(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        gone = factories.resident(session, line_user_id="U-gone")
        stays = factories.resident(session)
        case = factories.case(session, gone)
        in_case = message(session, NOON, case).id
        message(session, NOON).resident_id = gone.id
        other = message(session, NOON)
        other.resident_id = stays.id
        session.flush()
        people.forget(session, gone, at=NOON)
    with runtime.database.read() as session:
        assert set(session.scalars(select(Message.id))) == {in_case, other.id}
        assert session.get_one(Case, case.id).state == "closed"
        assert session.get_one(Resident, gone.id).line_user_id is None
        told = session.scalars(select(Transition).where(Transition.subject == "cases")).one()
        assert (told.by, told.reason) == ("resident", "data deleted")
