"""A question in, the answer accepted: a whole installation under a steady 50 questions a second.

The time runs from the moment the question was due, so that a late sender does not flatter, to
LINE's answer to the bot's reply or push.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from threading import local

from bench.figures import Figure, percentile
from bench.installation import Simulator, running

A_SECOND = 50
SECONDS = 20
RESIDENTS = 500
SENDERS = 16
LATENCIES = (0, 100)
"""Milliseconds each call to LINE takes."""
LONGEST_WAIT = 60.0

QUESTIONS = (
    "ごみの日はいつですか",
    "When is the garbage collected?",
    "我想办国民健康保险",
    "Tôi muốn tìm lớp học tiếng Nhật",
    "びょういんは どこ ですか",
)

Asked = list[tuple[str, float]]
"""Who asked, and when that was due in seconds since 1970, in this order."""


def measure(folder: Path, given: Mapping[str, str]) -> Iterator[Figure]:
    """Median and 95th percentile of the time to the answer, and how many had none."""
    with running(folder, given) as port:
        simulator = Simulator(port)
        simulator.post("users", {"count": RESIDENTS, "friend": True, "seed": "bench"})
        users = simulator.get(f"users?limit={RESIDENTS}")["users"]
        residents = [user["id"] for user in users]
        _ask(port, residents, RESIDENTS)  # from then on nobody is new to the bot
        for latency in LATENCIES:
            simulator.post("behaviour", {"latency_ms": latency})
            since = simulator.get("health")["seq"]
            asked = _ask(port, residents, A_SECOND * SECONDS)
            taken = [seconds * 1000 + latency / 2 for seconds in _answered(simulator, asked, since)]
            name = f"answer at {A_SECOND}/s, LINE {latency} ms"
            yield Figure(f"{name}, p50", percentile(taken, 0.50), "ms")
            yield Figure(f"{name}, p95", percentile(taken, 0.95), "ms")
            yield Figure(f"{name}, missing", len(asked) - len(taken), "answers", goal=0)


def _ask(port: int, residents: Sequence[str], count: int) -> Asked:
    """Send questions at their times, in turn; returns when all are answered or time is up."""
    own = local()
    simulator = Simulator(port)
    begin, accepted = time.time(), _accepted(simulator)
    asked = [
        (resident, begin + number / A_SECOND)
        for number, resident in enumerate(islice(cycle(residents), count))
    ]

    def send(number: int) -> None:
        resident, due = asked[number]
        if not hasattr(own, "simulator"):
            own.simulator = Simulator(port)
        time.sleep(max(0.0, due - time.time()))
        text = QUESTIONS[number % len(QUESTIONS)]
        own.simulator.post("event", {"user": resident, "type": "text", "text": text})

    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(send, range(count)))
    deadline = time.monotonic() + LONGEST_WAIT
    while _accepted(simulator) < accepted + count and time.monotonic() < deadline:
        time.sleep(0.2)
    return asked


def _accepted(simulator: Simulator) -> int:
    calls = simulator.get("health")["calls"]
    return sum(calls.get(endpoint, {}).get("200", 0) for endpoint in ("reply", "push"))


def _answered(simulator: Simulator, asked: Asked, since: int) -> Iterator[float]:
    """Seconds to each answer; a resident's n-th belongs to their n-th question."""
    due: dict[str, list[float]] = {}
    for resident, moment in asked:
        due.setdefault(resident, []).append(moment)
    for resident, moments in due.items():
        items = simulator.get(f"users/{resident}/messages?since={since}")["items"]
        sent = {item["request_id"]: item["time"] / 1000 for item in items if item["from"] == "bot"}
        yield from (moment - first for first, moment in zip(moments, sent.values(), strict=False))
