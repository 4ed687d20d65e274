"""Nobody twice, nobody missed, nothing late: whatever LINE answers and whoever was first."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier, Event

import pytest
from sqlalchemy import select

from bot.deliveries import Claimed
from bot.languages import registered
from bot.models import Delivery, Resident
from bot.models.broadcasts import Broadcast, Sending
from broadcasts import reading, sending, waves
from broadcasts.sending import NotPossible
from tests import notices
from tests.broadcasts.town import Town

ANSWERS_UNKNOWN = ("500", "500-after", "drop-before", "drop-after", "timeout-after", "garbage")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of it at the same moment; what came of each: a value or the reason it was refused."""
    barrier = Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except NotPossible as refused:
            return refused.reason

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


# Decisions that meet


def test_approved_by_several_at_once_it_goes_out_once(town: Town) -> None:
    people = town.people(3)
    id = town.draft()
    town.submit(id)
    late = town.people(2)  # all of them want to add the difference
    results = at_once(*[lambda: town.approve(id)] * 4)
    assert Counter(results) == {None: 1, "state": 3}
    town.settle()
    assert all(town.got(each).total() == 1 for each in [*people, *late])


def test_submitted_by_two_at_once_there_is_one_audience(town: Town) -> None:
    town.people(3)
    id = town.draft()
    assert Counter(at_once(*[lambda: town.submit(id)] * 2)) == {None: 1, "state": 1}
    assert len(town.recipients(id)) == 3
    assert set(town.renditions(id)) == {known.tag for known in registered()}


def test_approve_against_cancel_whoever_is_first(town: Town) -> None:
    person = town.person()
    for _ in range(3):
        id = town.draft()
        town.submit(id)
        approved, stopped = at_once(partial(town.approve, id), partial(town.stop, id))
        assert (approved, stopped) in {(None, "state"), ("state", None), (None, None)}
        town.settle()
        sent = town.got(person)[town.number(id)]
        if approved == "state":
            assert town.state(id) == "cancelled" and sent == 0
        if stopped == "state":
            assert town.state(id) == "broadcasting" and sent == 1
            town.stop(id)


def test_a_real_notice_is_not_held_up_by_the_end_of_a_drill(town: Town) -> None:
    town.person()
    drill = town.begin(drill=True)
    real = town.draft()
    town.submit(real)
    results = at_once(lambda: town.approve(real), lambda: town.stop(drill))
    assert results[0] is None
    assert town.state(drill) == "cancelled" and town.state(real) == "broadcasting"


def test_numbers_given_at_the_same_time_differ(town: Town) -> None:
    first, second = town.draft(), town.draft()
    assert town.number(first) != town.number(second)
    assert town.number(second).partition("-")[2] == "2"


def test_returned_and_submitted_again_it_is_frozen_anew(town: Town) -> None:
    stays, moves = town.people(2)
    id = town.draft()
    town.submit(id)
    first = town.renditions(id)
    town.give_back(id)
    assert town.recipients(id) == set() and town.renditions(id) == {}
    assert town.renditions(id, "withdrawn").keys() == first.keys()
    town.change(moves, following=False)
    with town.runtime.database.write() as session:
        session.get_one(Broadcast, id).blanks = {"river": "ひがし川", "sites": []}
    town.submit(id)
    assert town.recipients(id) == {stays}
    town.approve(id)
    town.settle()
    assert "ひがし川" in town.chat(stays)[0]["message"]["text"]
    assert first["en"].words["messages"] != town.renditions(id)["en"].words["messages"]
    with pytest.raises(NotPossible, match="state"):
        town.submit(id)


def test_the_author_approves_alone_only_where_it_is_allowed(town: Town) -> None:
    id = town.draft()
    town.submit(id)
    for reason in ("", "night"):
        with (
            pytest.raises(NotPossible, match="author"),
            town.runtime.database.write() as session,
        ):
            by = notices.staff(session, "operator")
            sending.approve(session, town.runtime, session.get_one(Broadcast, id), by, reason)


# Two workers, and those that die


def test_two_workers_claim_different_deliveries(town: Town) -> None:
    town.people(6)
    id = town.begin()
    split(town, id, 6)
    parts = at_once(*[partial(take, town)] * 4)
    claimed = [row.id for part in parts if isinstance(part, list) for row in part]
    assert sorted(claimed) == sorted(set(claimed)) and len(claimed) == 6


def test_planned_by_two_workers_at_once_everybody_stands_in_one_delivery(town: Town) -> None:
    for tag in ("en", "vi", "ja"):
        town.people(4, languages=[tag])
    id = town.begin()
    at_once(*[lambda: waves.plan(town.runtime, id)] * 3)
    assert len(town.sendings(id)) == len(set(town.sendings(id))) == 12
    assert town.deliveries("queued") == 3


def test_late_joiners_are_added_by_two_workers_at_once(town: Town) -> None:
    id = town.send()
    people = town.people(20)
    at_once(*[town.lane] * 3)
    town.settle()
    assert all(town.got(each).total() == 1 for each in people)
    assert len(town.recipients(id)) == 20


def take(town: Town, limit: int = 9) -> list[Claimed]:
    with town.runtime.database.write() as session:
        return waves.claim(session, town.runtime.clock.now(), limit)


def split(town: Town, id: int, into: int) -> None:
    """Plan, with one delivery for each of so many people."""
    town.plan(id)
    with town.runtime.database.write() as session:
        rows = session.scalars(select(Sending).where(Sending.broadcast_id == id)).all()
        assert len(rows) == into
        for row in rows[1:]:
            own = waves._new_delivery(session, id, row.rendition_id, town.runtime.clock.now())
            row.delivery_id = own.id


@pytest.mark.parametrize("accepted", [True, False])
def test_a_worker_that_died_after_the_claim_is_replaced(town: Town, accepted: bool) -> None:
    people = town.people(3)
    id = town.begin()
    town.plan(id)
    claimed = take(town)[0]
    if accepted:
        to = claimed.recipient.split(",")
        town.runtime.channel.multicast(to, claimed.body, claimed.retry_key)
    town.lane()
    assert town.deliveries("sending") == 1  # its lease runs
    town.move_clock(31)
    town.settle()
    assert all(town.got(each).total() == 1 for each in people)
    assert {row["retry_key"] for row in town.requests()} == {claimed.retry_key}


def test_a_claim_that_meets_a_stop_sends_nothing_afterwards(town: Town) -> None:
    town.people(4)
    for _ in range(4):
        id = town.begin()
        split(town, id, 4)
        taken, _ = at_once(partial(take, town, 2), partial(town.stop, id))
        assert isinstance(taken, list)
        assert town.deliveries("sending") == len(taken)
        assert take(town) == []
        town.lane()
        assert not town.deliveries("queued")
        for claimed in taken:
            waves.send(town.runtime, claimed)


def test_what_was_in_the_hands_of_a_dead_worker_at_the_end_is_unclear(town: Town) -> None:
    town.person()
    id = town.begin()
    town.plan(id)
    assert take(town)
    town.stop(id)
    town.move_clock(31)
    assert waves.is_due(town.runtime)
    town.lane()
    assert town.deliveries("unclear") == 1 and not waves.is_due(town.runtime)
    assert town.requests() == []


def test_a_request_refused_by_the_limit_does_not_come_back_after_the_end(town: Town) -> None:
    person = town.person()
    id = town.begin()
    town.fail("429-rate")
    town.lane()
    with town.runtime.database.write() as session:  # as if it had been on its way meanwhile
        row = session.scalars(select(Delivery)).one()
        row.state = "sending"
    town.stop(id)
    with town.runtime.database.write() as session:
        session.scalars(select(Delivery)).one().state = "queued"
    town.move_clock(65)
    town.lane()
    assert town.deliveries("cancelled") == 1
    assert town.got(person).total() == 0


# What LINE answers


@pytest.mark.parametrize("kind", ANSWERS_UNKNOWN)
def test_without_an_answer_the_same_bytes_go_again_with_the_same_key(town: Town, kind: str) -> None:
    people = town.people(3)
    town.fail(kind, seconds=0.2)
    town.plan(town.begin())
    first = take(town)[0]
    waves.send(town.runtime, first)
    assert town.deliveries("unclear") == 1
    town.people(1)  # nobody joins a request that began
    town.change(people[0], following=False)
    town.move_clock(5)
    again = take(town)[0]
    assert replace(again, attempts=first.attempts, unclear=False) == first
    waves.send(town.runtime, again)
    town.settle()
    assert town.deliveries("accepted") == 2
    assert all(town.got(each).total() == 1 for each in town.ids)


def test_a_rate_limit_costs_time_only(town: Town) -> None:
    person = town.person()
    town.fail("429-rate", "429-rate")
    town.send()
    assert town.deliveries("queued") == 1
    town.settle()
    assert town.got(person).total() == 1


def test_a_used_up_quota_holds_it_until_staff_go_on(town: Town) -> None:
    people = [town.person(languages=[tag]) for tag in ("en", "vi", "ja", "zh-Hans")]
    town.simulator.post("behaviour", quota=2)
    id = town.send()
    assert town.state(id) == "paused"
    town.settle()
    assert sum(town.got(each).total() for each in people) == 2
    town.simulator.post("behaviour", quota=None)
    assert town.queue_again(id) == town.deliveries("queued")
    town.lane()
    assert sum(town.got(each).total() for each in people) == 2  # it is still held
    town.resume(id)
    town.settle()
    assert all(town.got(each).total() == 1 for each in people)
    assert town.deliveries("accepted") == 4


def test_one_bad_recipient_in_500_costs_nobody_else(town: Town) -> None:
    people = town.people(500)
    bad = people[123]
    town.change(bad, line_user_id="not-a-user-id")
    id = town.send()
    town.settle()
    assert town.received() == {2: 499, 0: 1}
    with town.runtime.database.read() as session:
        broadcast = session.get_one(Broadcast, id)
        [(problem, count)] = [
            row for rows in reading.problems(session, broadcast).values() for row in rows
        ]
        assert count == 1 and problem.startswith("recipient")
        failed = select(Sending.resident_id).join(Delivery, Delivery.id == Sending.delivery_id)
        assert session.scalars(failed.where(Delivery.state == "failed")).all() == [bad]
    town.change(bad, line_user_id=town.ids[bad])
    assert town.queue_again(id) == 1
    town.settle()
    assert town.received() == {2: 500}


def test_what_line_refuses_fails_visibly_and_can_be_queued_again(town: Town) -> None:
    person = town.person()
    town.fail("401")
    id = town.send()
    town.settle()
    assert town.deliveries("failed") == 1 and town.state(id) == "broadcasting"
    first = town.requests()[0]["retry_key"]
    assert town.queue_again(id) == 1
    town.settle()
    assert town.got(person).total() == 1
    assert town.requests()[-1]["retry_key"] != first  # nothing was accepted with it


def test_what_was_perhaps_accepted_is_never_sent_with_another_key(town: Town) -> None:
    person = town.person()
    town.fail("500-after", "401")
    id = town.send(expires_at=town.runtime.clock.now() + hours(72))
    town.move_clock(5)
    town.lane()
    assert town.deliveries("failed") == 1
    town.pause(id)
    assert town.queue_again(id) == 1  # with its own key, which is still valid
    town.move_clock(hours(24).total_seconds())
    town.resume(id)
    town.lane()
    assert town.deliveries("cancelled") == 1
    assert town.got(person).total() == 1
    assert len({row["retry_key"] for row in town.requests()} - {None}) == 1


def test_a_key_too_old_is_given_up_and_not_queued_again(town: Town) -> None:
    person = town.person()
    town.fail("500-after")
    id = town.send(expires_at=town.runtime.clock.now() + hours(72))
    town.move_clock(hours(24).total_seconds())
    town.lane()
    assert town.deliveries("failed") == 1
    assert town.queue_again(id) == 0
    assert town.got(person).total() == 1


def test_nothing_is_queued_again_once_it_is_over(town: Town) -> None:
    town.person()
    town.fail("400")
    id = town.send()
    town.stop(id)
    with pytest.raises(NotPossible, match="state"):
        town.queue_again(id)


# Time, and what replaces what


def test_nothing_goes_out_after_its_time(town: Town) -> None:
    person = town.person()
    id = town.begin(expires_at=town.runtime.clock.now() + hours(1))
    town.plan(id)
    town.move_clock(3601)
    town.lane()
    assert town.state(id) == "completed"
    assert town.deliveries("cancelled") == 1
    assert town.got(person).total() == 0


def test_nothing_is_claimed_after_its_time_though_nobody_has_ended_it_yet(town: Town) -> None:
    town.person()
    id = town.begin(expires_at=town.runtime.clock.now() + hours(1))
    town.plan(id)
    town.move_clock(3601)
    assert take(town) == [] and town.state(id) == "broadcasting"


@pytest.mark.parametrize("how", [Town.stop, Town.pause])
def test_what_had_no_answer_is_not_repeated_after_the_end(
    town: Town, how: Callable[[Town, int], None]
) -> None:
    town.person()
    town.fail("500")
    id = town.send()
    how(town, id)
    town.move_clock(65)
    town.lane()
    assert take(town) == [] and len(town.requests()) == 1
    assert town.deliveries("unclear") == 1


def test_a_held_notice_whose_time_is_over_is_cancelled(town: Town) -> None:
    id = town.begin(expires_at=town.runtime.clock.now() + hours(1))
    town.pause(id)
    town.move_clock(3601)
    town.lane()
    assert town.state(id) == "cancelled"
    with pytest.raises(NotPossible, match="state"):
        town.resume(id)


def test_it_begins_at_its_time_for_who_is_there_then(town: Town) -> None:
    stays = town.person()
    id = town.draft(starts_at=town.runtime.clock.now() + hours(2))
    town.submit(id)
    town.approve(id)
    town.lane()
    assert town.state(id) == "scheduled" and not town.requests()
    new = town.person()
    town.change(stays, languages=["vi"])
    town.move_clock(7201)
    town.settle()
    assert town.state(id) == "broadcasting"
    assert town.got(stays).total() == town.got(new).total() == 1
    assert dict(town.sendings(id)) == {stays: "vi", new: "en"}


def test_a_scheduled_one_whose_time_has_passed_never_begins(town: Town) -> None:
    now = town.runtime.clock.now()
    id = town.draft(starts_at=now + hours(1), expires_at=now + hours(2))
    town.submit(id)
    town.approve(id)
    town.move_clock(hours(3).total_seconds())
    town.lane()
    assert town.state(id) == "cancelled"


def test_too_late_to_submit_or_approve(town: Town) -> None:
    id = town.draft(expires_at=town.runtime.clock.now() + hours(1))
    town.submit(id)
    town.move_clock(3601)
    with pytest.raises(NotPossible, match="expired"):
        town.approve(id)
    town.give_back(id)
    with pytest.raises(NotPossible, match="expired"):
        town.submit(id)


def test_unapproved_it_is_never_sent(town: Town) -> None:
    town.person()
    id = town.draft()
    town.submit(id)
    town.lane()
    with pytest.raises(NotPossible, match="state"):
        town.resume(id)
    town.lane()
    assert town.requests() == []


# The web process beside the worker


def test_residents_are_served_while_a_large_notice_is_planned(town: Town) -> None:
    """SQLite has one writer: nobody may have to wait long for it."""
    person = town.person()
    for tag in ("en", "vi", "ja"):
        town.people(4_000, languages=[tag])
    id = town.begin()
    over, waits = Event(), []

    def web() -> None:
        while not over.is_set():
            began = town.runtime.clock.now()
            with town.runtime.database.write() as session:
                session.get_one(Resident, person).areas_answered = True
                session.get_one(Resident, person).expecting = {"at": began.isoformat()}
            waits.append(town.runtime.clock.now() - began)

    with ThreadPoolExecutor(1) as threads:
        serving = threads.submit(web)
        town.lane()
        over.set()
        serving.result()
    town.settle()
    assert town.received() == {2: 12_001}
    assert town.state(id) == "broadcasting"
    assert max(waits) < timedelta(seconds=1.5)
    assert len(town.requests()) == 25  # 8 + 8 + 8 for 4,000, and one person more in English
