"""Workers killed, Redis emptied, killed and frozen, ten thousand waiting: everybody is answered.

One installation per database is broken again and again, with its own Valkey and at log level
DEBUG; every test leaves it whole. The last one reads its logs.
"""

import json
import signal
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis, RedisError
from sqlalchemy import delete, func, select

from bot import embedded_redis
from bot.jobs import SWEEP_SECONDS
from bot.models import Delivery, Resident, WebhookEvent
from bot.runtime import Runtime
from bot.settings import Settings
from tests.conftest import free_port, new_postgresql_database, test_environment, wait_until
from tests.factories import text_event
from tests.world import Json, Phone, Simulator, World

FIRE = "Help! There is a fire in my house"
VIOLENCE = "my husband hits me"


@dataclass
class Breakable:
    """A running installation, its Valkey, and a look into its database."""

    world: World
    runtime: Runtime
    folder: Path
    valkey: "subprocess.Popen[bytes]"

    @property
    def simulator(self) -> Simulator:
        return self.world.simulator

    def start_valkey(self) -> None:
        self.valkey = subprocess.Popen(embedded_redis.command(self.folder))
        wait_until(lambda: bool(answer_of(self.runtime.redis)))

    def count(self, *conditions: object, of: type = WebhookEvent) -> int:
        with self.runtime.database.read() as session:
            query = select(func.count()).select_from(of).where(*conditions)  # type: ignore[arg-type]
            return session.scalars(query).one()

    def at_rest(self) -> bool:
        """Nothing waits to be handled or sent."""
        waiting = Delivery.state.in_(("queued", "sending", "unclear"))
        return not self.count(WebhookEvent.state == "received") and not self.count(
            waiting, of=Delivery
        )

    def people(self, number: int) -> list[Phone]:
        """People who added the account some time ago."""
        phones = []
        for _ in range(number):
            user = self.simulator.post("users", name="Lan", language="en", friend=True)["id"]
            phones.append(Phone(self.simulator, user))
        return phones

    def requests(self, phone: Phone) -> Counter[str]:
        """How many requests reached the phone, by kind."""
        return Counter(kind for _, kind in {(m["request_id"], m["kind"]) for m in phone.received()})

    def restart(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        self.world.kill(name, how)
        self.world.start_process(name)


def answer_of(redis: Redis) -> object:
    try:
        return redis.ping()
    except RedisError:
        return False


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(kind, marks=pytest.mark.xdist_group(f"breaking-{kind}"))
        for kind in ("sqlite", "postgresql")
    ],
)
def broken(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    server_folder: Path,
) -> Iterator[Breakable]:
    folder = tmp_path_factory.mktemp("broken")
    data = Path(tempfile.mkdtemp(prefix="broken-", dir=server_folder))
    valkey = subprocess.Popen(embedded_redis.command(data))
    redis = f"unix://{embedded_redis.socket_path(data)}"
    wait_until(lambda: bool(answer_of(Redis.from_url(redis))))
    url = f"sqlite:///{folder / 'bot.db'}"
    if request.param == "postgresql":
        url = new_postgresql_database(request.getfixturevalue("postgresql_url"))
    simulator = Simulator.start()
    environment = test_environment(url, redis, folder) | {"LOG_LEVEL": "DEBUG"}
    world = World.start(environment, simulator, folder, free_port())
    runtime = Runtime.build(Settings.from_environment(world.environment))
    breakable = Breakable(world, runtime, data, valkey)
    yield breakable
    world.stop()
    runtime.close()
    simulator.stop()
    breakable.valkey.kill()
    breakable.valkey.wait()


@pytest.fixture(autouse=True)
def whole_again(broken: Breakable) -> Iterator[None]:
    broken.simulator.post("behaviour", latency_ms=0, failures=[])
    yield


def ask_all(phones: list[Phone], words: str = "When is garbage day?") -> None:
    for phone in phones:
        phone.write(words)


def everybody_answered(phones: list[Phone]) -> Callable[[], bool]:
    return lambda: all(phone.received() for phone in phones)


def test_a_worker_killed_in_the_middle_leaves_nobody_unanswered(broken: Breakable) -> None:
    """kill -9 with requests under way, Redis emptied, and a new worker: its leases run out."""
    phones = broken.people(30)
    broken.simulator.post("behaviour", latency_ms=400)
    ask_all(phones)
    broken.world.wait_until(lambda: broken.count(Delivery.state == "sending", of=Delivery) > 3)
    broken.world.kill("replies")
    broken.runtime.redis.flushall()
    interrupted = broken.count(Delivery.state == "sending", of=Delivery)
    assert interrupted, "the worker was killed too late to prove anything"
    broken.simulator.post("behaviour", latency_ms=0)
    broken.world.move_clock(61)  # leases and reply tokens end
    broken.world.start_process("replies")
    broken.world.wait_until(everybody_answered(phones), 60)
    broken.world.wait_until(broken.at_rest, 60)
    for phone in phones:
        kinds = broken.requests(phone)
        assert kinds["push"] <= 1, "a push is never accepted twice"
        assert kinds["reply"] <= 1
    accepted = Counter(
        request["retry_key"]
        for request in broken.simulator.get("requests", limit=10_000)["requests"]
        if request["accepted"] and request["retry_key"]
    )
    assert set(accepted.values()) <= {1}


def test_pushes_interrupted_by_a_kill_arrive_exactly_once(broken: Breakable) -> None:
    """Without reply tokens every request has its key: LINE says what it has already."""
    phones = broken.people(20)
    broken.simulator.post("behaviour", latency_ms=400)
    for phone in phones:
        phone.act("text", text="When is garbage day?", mode="standby")
    broken.world.wait_until(lambda: broken.count(Delivery.state == "sending", of=Delivery) > 3)
    broken.world.kill("replies")
    broken.simulator.post("behaviour", latency_ms=0)
    broken.world.move_clock(31)
    broken.world.start_process("replies")
    broken.world.wait_until(everybody_answered(phones), 60)
    broken.world.wait_until(broken.at_rest, 60)
    assert [broken.requests(phone) for phone in phones] == [Counter(push=1)] * len(phones)


def test_a_worker_that_is_told_to_end_finishes_what_it_claimed(broken: Breakable) -> None:
    phones = broken.people(12)
    broken.simulator.post("behaviour", latency_ms=1000)
    ask_all(phones)
    broken.world.wait_until(lambda: broken.count(Delivery.state == "sending", of=Delivery) > 3)
    broken.world.kill("replies", signal.SIGTERM)
    assert broken.count(Delivery.state.in_(("sending", "unclear")), of=Delivery) == 0
    broken.simulator.post("behaviour", latency_ms=0)
    broken.world.start_process("replies")
    broken.world.wait_until(everybody_answered(phones), 60)
    broken.world.wait_until(broken.at_rest)
    assert {sum(broken.requests(phone).values()) for phone in phones} == {1}


def test_a_worker_that_is_told_to_end_at_its_start_ends(broken: Breakable) -> None:
    broken.restart("replies")
    time.sleep(0.3)
    broken.restart("replies")
    (phone,) = broken.people(1)
    ask_all([phone])
    broken.world.wait_until(everybody_answered([phone]))


def test_without_redis_the_sweep_answers_and_with_it_all_is_quick_again(broken: Breakable) -> None:
    broken.valkey.kill()
    broken.valkey.wait()
    asking, burning = broken.people(2)
    asking.write("When is garbage day?")
    burning.write(FIRE)
    broken.world.wait_until(everybody_answered([asking, burning]), 30)
    broken.start_valkey()
    time.sleep(SWEEP_SECONDS + 1)
    later = broken.people(4)
    took = [seconds_to_answer(phone) for phone in later]
    assert statistics.median(took) < SWEEP_SECONDS / 2, f"only the sweep answers: {took}"


def test_a_frozen_redis_costs_the_webhook_less_than_lines_two_seconds(broken: Breakable) -> None:
    broken.valkey.send_signal(signal.SIGSTOP)
    try:
        (phone,) = broken.people(1)
        before = time.monotonic()
        told = phone.act("text", text="When is garbage day?", wait=True)
        assert (told["status"], time.monotonic() - before < 2) == (200, True)
        broken.world.wait_until(everybody_answered([phone]), 40)
    finally:
        broken.valkey.send_signal(signal.SIGCONT)


def test_an_urgent_message_behind_ten_thousand_questions(broken: Breakable) -> None:
    burning = broken.people(10)
    people = [f"U{number:032x}" for number in range(2000)]
    now = broken.runtime.clock.now()
    rows = [waiting_row(number, people[number % 2000], now) for number in range(10_000)]
    with broken.runtime.database.write() as session:
        session.execute(WebhookEvent.__table__.insert(), rows)
    broken.runtime.wakeups.send("replies")
    broken.world.wait_until(lambda: broken.count(WebhookEvent.state == "received") < 10_000)
    try:
        took = [seconds_to_answer(phone) for phone in burning]
        left = broken.count(WebhookEvent.state == "received")
    finally:
        with broken.runtime.database.write() as session:
            session.execute(delete(WebhookEvent).where(WebhookEvent.state == "received"))
    print(f"urgent behind {left} waiting: {sorted(round(t, 2) for t in took)}")
    assert left > 5000, "they must still be waiting"
    assert statistics.median(took) < 3


def waiting_row(number: int, user: str, now: object) -> Json:
    event = text_event(user, "When is garbage day?")
    return {
        "webhook_event_id": f"waiting-{number}",
        "chat": user,
        "occurred_at": now,
        "received_at": now,
        "urgent": False,
        "body": json.dumps(event),
        "state": "received",
        "attempts": 0,
        "due_at": now - timedelta(seconds=1),  # type: ignore[operator]
    }


def seconds_to_answer(phone: Phone) -> float:
    before = time.perf_counter()
    phone.write(FIRE)
    wait_until(lambda: bool(phone.received()))
    return time.perf_counter() - before


def test_no_log_says_who_wrote_or_what(broken: Breakable) -> None:
    """After everything above, and a protected message, at log level DEBUG."""
    (phone,) = broken.people(1)
    phone.act("follow")
    phone.answer(2)
    said = ("Where is the XYZZY counter?", VIOLENCE, FIRE)
    for words in said:
        phone.ask(words)
    broken.simulator.post("behaviour", failures=[{"endpoint": "*", "kind": "500", "times": 2}])
    phone.act("follow")
    phone.ask("hello again")
    environment = broken.world.environment
    secrets = [
        environment[name] for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "LINE_CHANNEL_ACCESS_TOKEN")
    ]
    with broken.runtime.database.read() as session:
        users = {user for user in session.scalars(select(Resident.line_user_id)) if user}
    names = ("web", "urgent", "replies", "default")
    logs = {name: (broken.world.logs / f"{name}.log").read_text() for name in names}
    assert phone.id in users
    assert "request" in logs["replies"], "nothing was logged at all"
    for name, log in logs.items():
        for forbidden in (*said, *users, *secrets, "XYZZY", "garbage day"):
            assert forbidden not in log, (name, log[log.index(forbidden) - 300 :][:600])
