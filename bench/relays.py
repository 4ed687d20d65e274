"""A city of 5,000 residents, 60 networks and 100 key persons who answer, decline, vanish and write.

What they do follows from a printed seed. The decisions, the lanes and LINE's rules are the real
ones; time is moved. `--set SEEDS=200` plays so many cities instead of a few.
"""

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from bench.figures import Figure, percentile
from bench.installation import Simulator, running, settings_for
from bot.languages import registered
from bot.models import Delivery, KeyPerson, Post, Relay, Resident, StockText, TextClaim
from bot.models.broadcasts import REVIEWED, Broadcast, Recipient, Rendition, Sending
from bot.networks import create
from bot.runtime import Runtime
from bot.settings import Settings
from broadcasts import relaying, sending, text_claims, waves
from tests.notices import draft, staff

RESIDENTS, NETWORKS, KEY_PERSONS = 5_000, 60, 100
SMALL_CITY, ROUNDS, LATENCY = 450, 20, 100
USUAL_SEEDS = 3
ADOPTED = ("ja", "ja-x-easy", "en", "zh-Hans", "vi")
"""The languages in which this city has adopted its texts; in all others people must write."""
MINUTES = 12
STEP = 30.0
TAGS = [known.tag for known in registered()]


def measure(folder: Path, given: Mapping[str, str]) -> Iterator[Figure]:
    """Seconds for 450 people; then, over all seeds, who had which text when, and every mistake."""
    for part in ("small", "large"):
        (folder / part).mkdir()
    with running(folder / "small", given) as port:
        yield from _small_city(folder / "small", port, given)
    seeds = int(given.get("SEEDS", USUAL_SEEDS))
    with running(folder / "large", {**given, "DATABASE_URL": ""}) as port:
        simulator = Simulator(port)
        prepared = folder / "large" / "prepared.db"
        _prepare(folder / "large", port, given, prepared)
        plays = [_play(folder / "large", port, given, prepared, simulator, seed)
                 for seed in range(seeds)]  # fmt: skip
    yield from _figures(plays)


def _figures(plays: list["Outcome"]) -> Iterator[Figure]:
    least = min(play.at_once for play in plays)
    yield Figure("any checked text or fallback after 10 s", 100 * least, "%", goal=100.0,
                 more_is_better=True)  # fmt: skip
    human = [100 * play.human for play in plays if play.human is not None]
    yield Figure("without a checked text: a person's after 10 min", percentile(human, 0.5), "%")
    for name in ("twice", "missed", "late"):
        wrong = sum(getattr(play, name) for play in plays)
        yield Figure(f"{name}, {len(plays)} cities", wrong, "people", goal=0)


@dataclass
class Outcome:
    """One city: shares of people, and how many got something twice, not at all, or too late."""

    at_once: float
    human: float | None
    twice: int = 0
    missed: int = 0
    late: int = 0


def _runtime(folder: Path, port: int, given: Mapping[str, str], url: str) -> Runtime:
    environment = settings_for(folder, port - 1, {**given, "DATABASE_URL": url})
    return Runtime.build(Settings.from_environment(environment))


def _small_city(folder: Path, port: int, given: Mapping[str, str]) -> Iterator[Figure]:
    """The processes as they are run, from the approval to LINE's last acceptance."""
    simulator = Simulator(port)
    simulator.post("users", {"count": SMALL_CITY, "friend": True, "seed": "city"})
    runtime = Runtime.build(Settings.from_environment(settings_for(folder, port - 1, given)))
    _move_in(runtime, SMALL_CITY, random.Random(1))
    simulator.post("behaviour", {"latency_ms": LATENCY})
    took = []
    for _ in range(ROUNDS):
        before = simulator.get("health")["recipients"].get("multicast", 0)
        with runtime.database.write() as session:
            notice = draft(session, runtime.clock.now())
            sending.submit(session, runtime, notice, staff(session, "operator"))
        began = time.monotonic()
        with runtime.database.write() as session:
            locked = session.get_one(Broadcast, notice.id)
            sending.approve(session, runtime, locked, staff(session, "approver"))
        while simulator.get("health")["recipients"].get("multicast", 0) - before < SMALL_CITY:
            time.sleep(0.02)
            if time.monotonic() - began > 60:
                break
        took.append(time.monotonic() - began)
    runtime.close()
    name = f"approve to last accepted, {SMALL_CITY} people, p95"
    yield Figure(name, percentile(took, 0.95), "s", goal=5.0)


def _move_in(runtime: Runtime, count: int, chance: random.Random) -> None:
    row = {"languages_chosen": True, "following": True, "areas_answered": True,
           "muted_categories": [], "expecting": {}, "joined_at": runtime.clock.now()}  # fmt: skip
    ids = ("U" + md5(f"city:{number}".encode()).hexdigest() for number in range(count))
    people = [row | {"line_user_id": id, "languages": [chance.choice(TAGS)]} for id in ids]
    with runtime.database.write() as session:
        session.execute(insert(Resident), people)


def _prepare(folder: Path, port: int, given: Mapping[str, str], prepared: Path) -> None:
    """The city before anything happens, as a file to be copied."""
    made = _runtime(folder, port, given, "")
    path = Path(made.database.engine.url.database or "")
    _move_in(made, RESIDENTS, random.Random(0))
    with made.database.write() as session:
        session.execute(
            update(StockText)
            .where(StockText.kind == "alert", StockText.language.not_in(ADOPTED))
            .values(review="drafted", reviewed_by=None)
        )
        residents = session.scalars(select(Resident.id).limit(KEY_PERSONS)).all()
        now = made.clock.now()
        rows = [create(session, f"network {n}", TAGS[n % len(TAGS)], "language", now)
                for n in range(NETWORKS)]  # fmt: skip
        for number, resident in enumerate(residents):
            person = KeyPerson(state="active", name=f"key person {number}", phone="",
                               resident_id=resident)  # fmt: skip
            session.add(person)
            session.flush()
            place = Post(network_id=rows[number % NETWORKS].id, key_person_id=person.id,
                         position=number)  # fmt: skip
            session.add(place)
    with made.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.close()
    shutil.copy(path, prepared)


@dataclass
class _City:
    runtime: Runtime
    simulator: Simulator
    chance: random.Random

    def move(self, seconds: float) -> None:
        self.runtime.clock.move(seconds)
        self.simulator.post("clock", {"advance_seconds": seconds})

    def lanes(self) -> None:
        relaying.run(self.runtime)
        while waves.run(self.runtime):
            pass

    def approve(self, **changes: Any) -> int:
        with self.runtime.database.write() as session:
            until = self.runtime.clock.now() + timedelta(hours=6)
            notice = draft(session, self.runtime.clock.now(), expires_at=until, **changes)
            sending.submit(session, self.runtime, notice, staff(session, "operator"))
        with self.runtime.database.write() as session:
            locked = session.get_one(Broadcast, notice.id)
            sending.approve(session, self.runtime, locked, staff(session, "approver"))
        return notice.id

    def act(self) -> None:
        """Everybody who was asked does something, or nothing; staff release what is written."""
        with self.runtime.database.read() as session:
            open_now = select(Relay.id).where(Relay.state.in_(("requested", "accepted", "expired")))
            ids = list(session.scalars(open_now.order_by(Relay.id)))
        for id in ids:
            with self.runtime.database.write() as session:
                relay = session.get_one(Relay, id)
                self._one(session, session.get_one(Broadcast, relay.broadcast_id), relay)
        with self.runtime.database.write() as session:
            for claim in session.scalars(select(TextClaim).where(TextClaim.state == "submitted")):
                if self.chance.random() < 0.9:
                    notice = session.get_one(Broadcast, claim.broadcast_id)
                    text_claims.release(session, self.runtime, notice, claim, "staff:1")

    def _one(self, session: Session, notice: Broadcast, relay: Relay) -> None:
        does = self.chance.random()
        if relay.state != "accepted":
            if does < 0.25:
                relaying.accept(session, self.runtime, notice, relay)
            elif does < 0.35 and relay.state == "requested":
                relaying.decline(session, self.runtime, notice, relay)
        elif does < 0.4:
            try:
                claim = text_claims.hold(session, self.runtime, notice, relay)
            except text_claims.NotPossible:
                return
            text_claims.write(claim, f"text {relay.id} of {notice.number}")
            text_claims.submit(session, self.runtime, notice, claim)
        elif does < 0.6:
            relaying.report(session, self.runtime, notice, relay, self.chance.choice((1, 10, 30)))


def _play(
    folder: Path,
    port: int,
    given: Mapping[str, str],
    prepared: Path,
    simulator: Simulator,
    seed: int,
) -> Outcome:
    """One city through one notice, and perhaps its Update or Cancel."""
    path = folder / f"seed-{seed}.db"
    shutil.copy(prepared, path)
    runtime = _runtime(folder, port, given, f"sqlite:///{path}")
    simulator.post("reset", {})
    simulator.post("users", {"count": RESIDENTS, "friend": True, "seed": "city"})
    city = _City(runtime, simulator, random.Random(seed))
    first = city.approve()
    city.lanes()
    outcome = Outcome(at_once=_share(runtime, first, any_text=True), human=None)
    over_at, before = city.chance.choice((None, None, 5, 9)), 0
    for step in range(int(MINUTES * 60 / STEP)):
        city.move(STEP)
        if step == over_at:
            kind = city.chance.choice(("update", "cancel"))
            before = _accepted(runtime, first)
            city.approve(kind=kind, references_id=first)
            city.lanes()
        city.act()
        city.lanes()
        if over_at is not None and step >= over_at:
            outcome.late = _accepted(runtime, first) - before
    if over_at is None:
        outcome.human = _share(runtime, first, any_text=False)
    _count_mistakes(city, outcome)
    runtime.close()
    path.unlink()
    return outcome


def _share(runtime: Runtime, notice: int, *, any_text: bool) -> float:
    """Of all recipients: who had something accepted; of those without a checked text in their first
    language: who had a person's text in it.
    """
    with runtime.database.read() as session:
        got = (
            select(func.count(func.distinct(Sending.resident_id)))
            .join(Delivery, Delivery.id == Sending.delivery_id)
            .join(Rendition, Rendition.id == Sending.rendition_id)
            .where(Sending.broadcast_id == notice, Delivery.state == "accepted")
        )
        all_of = select(func.count()).where(Recipient.broadcast_id == notice)
        if any_text:
            return session.scalars(got).one() / session.scalars(all_of).one()
        checked = [f'["{tag}"]' for tag in ADOPTED]
        lacking = all_of.where(Recipient.languages.not_in(checked))
        person = got.where(Rendition.origin == "person", Rendition.review.not_in(REVIEWED))
        return session.scalars(person).one() / session.scalars(lacking).one()


def _accepted(runtime: Runtime, notice: int) -> int:
    with runtime.database.read() as session:
        mine = select(func.count()).where(
            Delivery.broadcast_id == notice, Delivery.state == "accepted"
        )
        return session.scalars(mine).one()


def _count_mistakes(city: _City, outcome: Outcome) -> None:
    """What the phones really got against what was accepted for each person, once each."""
    city.lanes()
    with city.runtime.database.read() as session:
        rows = session.execute(
            select(Sending.resident_id, Sending.broadcast_id, Rendition.body)
            .join(Delivery, Delivery.id == Sending.delivery_id)
            .join(Rendition, Rendition.id == Sending.rendition_id)
            .where(Delivery.state == "accepted")
        ).all()
        notices = session.scalars(select(Broadcast).where(Broadcast.state == "broadcasting")).all()
        for notice in notices:
            mine = set(session.scalars(
                select(Recipient.resident_id).where(Recipient.broadcast_id == notice.id)
            ))  # fmt: skip
            outcome.missed += len(mine - {who for who, which, _ in rows if which == notice.id})
    expected: Counter[int] = Counter()
    for who, _, body in rows:
        expected[who] += len(json.loads(body))
    wanted = Counter(expected.values())
    friends = city.simulator.get("received")["friends"]
    really = Counter({int(number): people for number, people in friends.items() if int(number)})
    outcome.twice += (really - wanted).total()
