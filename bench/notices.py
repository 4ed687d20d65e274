"""A notice to a whole city: 100,000 residents in five languages, from the approval to LINE.

The ideal is LINE's own limit: as many calls as there must be, 200 of them a second.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from itertools import chain, repeat
from math import ceil
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bench.figures import Figure
from bench.installation import Simulator, running, settings_for
from bot.limits import PER_SECOND
from bot.models import Resident
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from bot.settings import Settings
from broadcasts import sending
from tests.notices import draft, staff

READERS = {"vi": 33_333, "zh-Hans": 29_999, "en": 20_001, "ja-x-easy": 9_667, "ja": 7_000}
RESIDENTS = sum(READERS.values())
LATENCIES = (0, 100)
"""Milliseconds each call to LINE takes."""
LONGEST_WAIT = 120.0
MESSAGES = 2
"""A notice is a text and a card."""


def measure(folder: Path, given: Mapping[str, str]) -> Iterator[Figure]:
    """Seconds to the first and to the last acceptance, calls, and who got it not exactly once."""
    with running(folder, given) as port:
        simulator = Simulator(port)
        simulator.post("users", {"count": RESIDENTS, "friend": True, "seed": "bench"})
        runtime = Runtime.build(Settings.from_environment(settings_for(folder, port - 1, given)))
        with runtime.database.write() as session:
            _move_in(session, runtime)
        for turn, latency in enumerate(LATENCIES, start=1):
            simulator.post("behaviour", {"latency_ms": latency})
            yield from _one_notice(runtime, simulator, turn, f"LINE {latency} ms")
        runtime.close()


def _move_in(session: Session, runtime: Runtime) -> None:
    tags = chain.from_iterable(repeat(tag, count) for tag, count in READERS.items())
    everybody: dict[str, object] = {
        "languages_chosen": True,
        "following": True,
        "areas_answered": True,
    }
    everybody |= {"muted_categories": [], "expecting": {}, "joined_at": runtime.clock.now()}
    rows = [
        everybody | {"line_user_id": _line_id(number), "languages": [tag]}
        for number, tag in enumerate(tags)
    ]
    session.execute(insert(Resident), rows)


def _line_id(number: int) -> str:
    """The ids of people made by the simulator from a seed."""
    return "U" + hashlib.md5(f"bench:{number}".encode()).hexdigest()


def _one_notice(runtime: Runtime, simulator: Simulator, turn: int, name: str) -> Iterator[Figure]:
    before = simulator.get("health")["recipients"].get("multicast", 0)
    seen = simulator.get("requests?limit=1000000")["next"]
    began = time.time()
    with runtime.database.write() as session:
        broadcast = draft(session, runtime.clock.now())
        sending.submit(session, runtime, broadcast, staff(session, "operator"))
    submitted = time.time()
    yield Figure(f"notice to {RESIDENTS:,}: submit", (submitted - began) * 1000, "ms")
    approving = time.time()
    with runtime.database.write() as session:
        locked = session.get_one(Broadcast, broadcast.id)
        sending.approve(session, runtime, locked, staff(session, "approver"))
    approved = time.time()
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        if simulator.get("health")["recipients"].get("multicast", 0) - before >= RESIDENTS:
            break
        time.sleep(0.1)
    found = simulator.get(f"requests?since={seen}&limit=1000000&endpoint=multicast")["requests"]
    times = sorted(row["time"] / 1000 for row in found if row["accepted"])
    calls = sum(ceil(count / sending.PEOPLE_A_REQUEST) for count in READERS.values())
    yield Figure(f"approve, {name}", (approved - approving) * 1000, "ms")
    yield Figure(f"approved to first accepted, {name}", (times[0] - approved) * 1000, "ms")
    ideal = calls / PER_SECOND["multicast"]
    yield Figure(f"approved to all accepted, {name}", times[-1] - approved, "s", ideal)
    yield Figure(f"calls, {name}", len(found), "calls", calls, goal=calls)
    friends = simulator.get("received")["friends"]
    once = friends.get(str(MESSAGES * turn), 0)
    yield Figure(f"not exactly once, {name}", RESIDENTS - once, "people", goal=0)
