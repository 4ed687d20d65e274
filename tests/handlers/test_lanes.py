"""Which event is taken next: in order of occurrence for each chat, urgent ones before all."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from sqlalchemy import select, text

from bot.models import Message, Resident, WebhookEvent
from bot.runtime import Runtime
from handlers.events import ATTEMPTS
from handlers.lanes import LEASE, claim_events, run_replies
from tests import factories
from tests.factories import NOON, user_id
from tests.world import Simulator


def take(runtime: Runtime, limit: int = 100, urgent: bool = False) -> list[int]:
    with runtime.database.write() as session:
        return claim_events(session, runtime.clock.now(), urgent=urgent, limit=limit)


def test_of_each_chat_only_the_earliest(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        late = factories.event(session, chat="A", occurred_at=NOON + timedelta(seconds=2)).id
        early = factories.event(session, chat="A", occurred_at=NOON).id
        other = factories.event(session, chat="B", occurred_at=NOON + timedelta(seconds=9)).id
    assert take(runtime) == [early, other]
    assert take(runtime) == [], "leased"
    with runtime.database.write() as session:
        session.get_one(WebhookEvent, early).state = "handled"
    assert take(runtime) == [late]


def test_an_urgent_one_waits_for_nothing(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        factories.event(session, chat="A")
        urgent = factories.event(session, chat="A", urgent=True).id
    assert take(runtime, urgent=True) == [urgent]


def test_a_lease_that_ran_out_is_taken_up_again(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        id = factories.event(session).id
    assert take(runtime) == [id]
    runtime.clock.move(LEASE.total_seconds() + 1)
    assert take(runtime) == [id]


def test_of_workers_that_claim_at_once_each_event_has_one(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        ids = {factories.event(session).id for _ in range(60)}
    together = Barrier(6)

    def work(_: int) -> list[int]:
        together.wait(10)
        mine: list[int] = []
        while batch := take(runtime, limit=4):
            mine += batch
        return mine

    with ThreadPoolExecutor(6) as threads:
        taken = [id for mine in threads.map(work, range(6)) for id in mine]
    assert len(taken) == len(set(taken))
    assert {*taken, *take(runtime)} == ids


def test_fifty_messages_out_of_order_are_heard_and_answered_in_theirs(
    on_line: Runtime, simulator: Simulator
) -> None:
    users = [simulator.post("users", name="Lan", friend=True)["id"] for _ in range(2)]
    order = list(range(50))
    random.Random(1).shuffle(order)
    with on_line.database.write() as session:
        for number in order:
            at = NOON + timedelta(seconds=number)
            for user in users:
                factories.event(session, user=user, occurred_at=at, words=f"gibberish {number}")
    while run_replies(on_line, urgent=False):
        """A slice of time is over."""
    expected = [f"gibberish {number}" for number in range(50)]
    for user in users:
        with on_line.database.read() as session:
            said = session.scalars(
                select(Message)
                .join(Resident)
                .where(Resident.line_user_id == user)
                .order_by(Message.id)
            ).all()
        assert [message.text for message in said if message.author == "resident"] == expected
        authors = [message.author for message in said]
        assert authors == ["resident", "bot"] * 50, "each is answered before the next is heard"
        items = simulator.get(f"users/{user}/messages")["items"]
        assert len([item for item in items if item["from"] == "bot"]) == 50


def test_a_broken_event_lets_the_next_one_through_in_the_end(demo_city: Runtime) -> None:
    user = user_id()
    with demo_city.database.write() as session:
        broken = factories.event(session, user=user, body="{", occurred_at=NOON).id
        after = factories.event(session, user=user, occurred_at=NOON + timedelta(seconds=1)).id
    for _ in range(ATTEMPTS):
        run_replies(demo_city, urgent=False)
        demo_city.clock.move(60)
    run_replies(demo_city, urgent=False)
    assert factories.stored(demo_city, WebhookEvent, broken).state == "failed"
    assert factories.stored(demo_city, WebhookEvent, after).state == "handled"


def test_one_slow_request_keeps_nobody_else_waiting(on_line: Runtime, simulator: Simulator) -> None:
    """Longer than a slice of time: the lane goes on beside it."""
    slow, other = (simulator.post("users", name=n, friend=True)["id"] for n in ("A", "B"))
    plan = {"endpoint": "push", "kind": "slow", "times": 1, "seconds": 7, "match": slow}
    simulator.post("behaviour", failures=[plan])
    with on_line.database.write() as session:
        factories.event(session, user=slow)
    before = time.monotonic()
    assert run_replies(on_line, urgent=False)
    assert time.monotonic() - before < 6
    with on_line.database.write() as session:
        factories.event(session, user=other)
    run_replies(on_line, urgent=False)
    assert simulator.get(f"users/{other}/messages")["items"]


def test_with_ten_thousand_waiting_a_claim_looks_at_few(runtime: Runtime) -> None:
    """Both databases must walk the index of what waits, and stop at the limit."""
    users = [user_id(number) for number in range(500)]
    rows = [
        {
            "webhook_event_id": f"q{number}",
            "chat": users[number % 500],
            "occurred_at": NOON + timedelta(seconds=number),
            "received_at": NOON,
            "urgent": False,
            "body": "{}",
            "state": state,
            "attempts": 0,
            "due_at": NOON - timedelta(days=3000),
        }
        for state, numbers in (("handled", range(5000)), ("received", range(5000, 15_000)))
        for number in numbers
    ]
    with runtime.database.write() as session:
        session.execute(WebhookEvent.__table__.insert(), rows)
        session.execute(text("ANALYZE"))  # as PostgreSQL does by itself after a while
    took = []
    for _ in range(9):
        before = time.perf_counter()
        assert len(take(runtime, limit=16)) == 16
        took.append(time.perf_counter() - before)
    assert sorted(took)[4] < 0.05
