"""A notice on its way while a worker is killed, Redis emptied or gone: everybody gets it once.

One installation per database is broken again and again; every test leaves it whole.
"""

import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from bot.models import Delivery, Resident
from bot.models.broadcasts import Broadcast
from broadcasts import sending
from tests import notices
from tests.conftest import wait_until
from tests.factories import NOON
from tests.journeys.test_breaking import Breakable, answer_of, broken

__all__ = ["broken"]

RESIDENTS = 20_000
CALLS = RESIDENTS // 500
SLOW, VERY_SLOW = 1_500, 6_000
"""Milliseconds each call takes: 32 are under way at once, the others wait."""
LEASE_SECONDS = 31
MESSAGES = 2
"""A notice is a text and a card."""


@pytest.fixture(autouse=True)
def whole_again(broken: Breakable) -> Iterator[None]:
    yield
    broken.simulator.post("behaviour", latency_ms=0, failures=[])
    notices.stop_all(broken.world)


@pytest.fixture(scope="module", autouse=True)
def residents(broken: Breakable) -> None:
    broken.simulator.post("users", count=RESIDENTS, friend=True, seed="breaks")
    ids = (md5(f"breaks:{number}".encode()).hexdigest() for number in range(RESIDENTS))
    row = {"languages": ["en"], "languages_chosen": True, "following": True}
    row |= {"joined_at": NOON, "areas_answered": True, "muted_categories": [], "expecting": {}}
    with broken.runtime.database.write() as session:
        session.execute(insert(Resident), [row | {"line_user_id": f"U{id}"} for id in ids])


def begin(broken: Breakable, latency: int = SLOW, **changes: Any) -> int:
    """A notice of which some is on its way and some waits."""
    broken.simulator.post("behaviour", latency_ms=latency)
    with broken.runtime.database.write() as session:
        now = broken.runtime.clock.now()
        broadcast = notices.draft(session, now, **changes)
        sending.submit(session, broken.runtime, broadcast, notices.staff(session, "operator"))
        sending.approve(session, broken.runtime, broadcast, notices.staff(session, "approver"))
    wait_until(lambda: under_way(broken, broadcast.id), seconds=60)
    return broadcast.id


def accepted(broken: Breakable, id: int) -> int:
    return broken.count(Delivery.broadcast_id == id, Delivery.state == "accepted", of=Delivery)


def under_way(broken: Breakable, id: int) -> bool:
    with broken.runtime.database.read() as session:
        mine = select(Delivery.state, func.count()).where(Delivery.broadcast_id == id)
        states = {state for state, _ in session.execute(mine.group_by(Delivery.state))}
        return {"sending", "queued"} <= states


def received(broken: Breakable) -> dict[int, int]:
    """How many of the residents got how many messages."""
    friends = broken.simulator.get("received")["friends"]
    return {int(messages): people for messages, people in friends.items()}


def each_got_it(broken: Breakable, before: dict[int, int], id: int) -> None:
    wait_until(lambda: accepted(broken, id) == CALLS, seconds=90)
    assert received(broken) == {count + MESSAGES: people for count, people in before.items()}


def test_a_worker_killed_in_the_middle(broken: Breakable) -> None:
    before = received(broken)
    id = begin(broken)
    broken.world.kill("alerts", signal.SIGKILL)
    left = broken.count(Delivery.broadcast_id == id, Delivery.state == "sending", of=Delivery)
    assert left and accepted(broken, id) < CALLS
    broken.simulator.post("behaviour", latency_ms=0)
    broken.world.start_process("alerts")
    wait_until(lambda: accepted(broken, id) == CALLS - left, seconds=60)
    broken.world.move_clock(LEASE_SECONDS)
    each_got_it(broken, before, id)


def test_redis_emptied_in_the_middle(broken: Breakable) -> None:
    before = received(broken)
    id = begin(broken)
    for _ in range(3):
        broken.runtime.redis.flushall()
        time.sleep(0.1)
    each_got_it(broken, before, id)


def test_redis_killed_in_the_middle(broken: Breakable) -> None:
    before = received(broken)
    id = begin(broken)
    broken.valkey.kill()
    broken.valkey.wait()
    try:
        each_got_it(broken, before, id)  # the sweep sends by itself
    finally:
        broken.start_valkey()


def test_expired_while_redis_was_away(broken: Breakable) -> None:
    broken.valkey.kill()
    broken.valkey.wait()
    try:
        until = broken.runtime.clock.now() + timedelta(minutes=30)
        id = begin(broken, VERY_SLOW, expires_at=until)
        broken.world.move_clock(1801)
        over = Broadcast.state == "completed"
        wait_until(lambda: broken.count(Broadcast.id == id, over, of=Broadcast) == 1, seconds=60)
        on_its_way = Delivery.broadcast_id == id, Delivery.state == "sending"
        wait_until(lambda: not broken.count(*on_its_way, of=Delivery))
        calls = broken.simulator.get("health")["calls"]["multicast"]
        time.sleep(1)
        assert broken.simulator.get("health")["calls"]["multicast"] == calls
        assert 0 < accepted(broken, id) < CALLS
        assert broken.count(Delivery.broadcast_id == id, Delivery.state == "cancelled", of=Delivery)
    finally:
        broken.start_valkey()
        wait_until(lambda: bool(answer_of(broken.runtime.redis)))
