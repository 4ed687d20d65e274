"""What an update, a cancellation or a real notice does to what came before."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.models import Delivery
from broadcasts.sending import NotPossible
from tests.broadcasts.town import Town


def test_what_waits_of_the_old_notice_is_cancelled_by_the_update(town: Town) -> None:
    people = [town.person(languages=[tag]) for tag in ("en", "vi", "ja")]
    town.simulator.post(
        "behaviour", failures=[{"endpoint": "multicast", "kind": "429-rate", "times": 2}]
    )
    old = town.send()
    assert town.deliveries("queued") == 2
    update = town.send("river-5", kind="update", references_id=old)
    town.settle()
    assert town.state(old) == "completed"
    got = [town.got(each) for each in people]
    assert all(each[town.number(update)] == 1 for each in got)
    assert sum(each[town.number(old)] for each in got) == 1
    with town.runtime.database.read() as session:
        left = select(Delivery.problem).where(Delivery.state == "cancelled")
        assert set(session.scalars(left)) == {f"replaced by {town.number(update)}"}


def test_a_held_notice_is_over_once_it_is_replaced(town: Town) -> None:
    old = town.begin()
    town.pause(old)
    town.begin(kind="update", references_id=old)
    assert town.state(old) == "cancelled"
    with pytest.raises(NotPossible, match="state"):
        town.resume(old)


def test_a_drill_corrects_only_a_drill(town: Town) -> None:
    old = town.send(drill=True)
    with pytest.raises(NotPossible, match="drill"):
        town.submit(town.draft(kind="update", references_id=old))
    with pytest.raises(NotPossible, match="references"):
        town.submit(town.draft(kind="update"))


@pytest.mark.parametrize("state", ["broadcasting", "paused", "scheduled"])
def test_a_real_notice_ends_every_drill(town: Town, state: str) -> None:
    person = town.person()
    later = town.runtime.clock.now() + timedelta(hours=1) if state == "scheduled" else None
    drill = town.begin(drill=True, starts_at=later)
    town.plan(drill) if state == "broadcasting" else None
    if state == "paused":
        town.pause(drill)
    real = town.send()
    town.settle()
    assert town.state(drill) == "cancelled"
    assert town.got(person) == {town.number(real): 1}


def test_no_drill_begins_beside_a_real_alert(town: Town) -> None:
    real = town.send()
    with pytest.raises(NotPossible, match="real_alert"):
        town.begin(drill=True)
    assert town.state(real) == "broadcasting"


def test_of_two_corrections_of_one_notice_only_the_first_approved_goes_out(town: Town) -> None:
    old = town.send()
    first, second = (town.draft(kind="update", references_id=old) for _ in range(2))
    for correction in (first, second):
        town.submit(correction)
    town.approve(first)
    with pytest.raises(NotPossible, match="replaced"):
        town.approve(second)
