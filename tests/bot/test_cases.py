"""A question for staff: one case of a kind at a time, and of two who take it one has it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import cases, conversations
from bot.channel import Incoming
from bot.models import Case, Delivery, Message, Staff
from bot.runtime import Runtime
from tests import factories


def staff(session: Session, name: str) -> Staff:
    row = Staff(email=f"{name}@city.example.jp", name=name, role="operator", languages=["ja"])
    session.add(row)
    session.flush()
    return row


def test_a_second_question_joins_the_case_there_is(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        resident = factories.resident(session)
        first, is_new = cases.open_case(session, runtime, resident, reason="asked")
        again, is_new_again = cases.open_case(
            session, runtime, resident, reason="asked", urgent=True
        )
    assert (is_new, is_new_again, first.id == again.id, again.urgent) == (True, False, True, True)


def test_a_protected_case_is_one_of_its_own_and_keeps_its_words_sealed(runtime: Runtime) -> None:
    words = "he hits me"
    with runtime.database.write() as session:
        resident = factories.resident(session)
        ordinary, _ = cases.open_case(session, runtime, resident, reason="asked")
        heard = conversations.heard(
            session,
            resident,
            Incoming("text", "U1", None, factories.NOON, text=words),
            at=factories.NOON,
            language="en",
            case=None,
            sealer=runtime.sealer,
        )
        protected, is_new = cases.open_case(
            session, runtime, resident, reason="protected", protected=True, about=heard
        )
    assert is_new
    assert ordinary.id != protected.id
    row = factories.stored(runtime, Message, heard.id)
    assert (row.text, row.case_id) == (None, protected.id)
    assert words.encode() not in row.sealed
    assert runtime.sealer.open(row.sealed) == words


def test_of_two_who_take_a_case_one_has_it_and_the_resident_is_told_once(
    runtime: Runtime,
) -> None:
    with runtime.database.write() as session:
        case = factories.case(session, factories.resident(session))
        people = [staff(session, name).id for name in ("a", "b")]
    together = Barrier(2)

    def take(staff_id: int) -> bool:
        together.wait(10)
        with runtime.database.write() as session:
            row = cases.locked(session, case.id)
            assert row is not None
            return cases.take(runtime, session, row, session.get_one(Staff, staff_id))

    with ThreadPoolExecutor(2) as threads:
        took = dict(zip(people, threads.map(take, people), strict=True))
    assert sorted(took.values()) == [False, True]
    row = factories.stored(runtime, Case, case.id)
    assert (row.state, took[row.assignee_id]) == ("assigned", True)
    with runtime.database.read() as session:
        assert len(session.scalars(select(Delivery)).all()) == 1


@pytest.mark.parametrize("who", [{"line_user_id": None}, {"following": False}])
def test_nobody_is_told_who_cannot_be_reached(runtime: Runtime, who: dict[str, object]) -> None:
    with runtime.database.write() as session:
        case = factories.case(session, factories.resident(session, **who))
        assert cases.take(runtime, session, case, staff(session, "a"))
        assert session.scalars(select(Delivery)).all() == []
