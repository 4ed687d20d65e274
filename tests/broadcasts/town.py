"""A town in a database, its residents' phones in the simulator, and its notices."""

import itertools
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from sqlalchemy import func, insert, select

from bot.models import Delivery, Resident
from bot.models.broadcasts import Broadcast, Recipient, Rendition, Sending
from bot.runtime import Runtime
from broadcasts import sending, waves
from handlers import lanes
from tests import notices
from tests.factories import NOON
from tests.world import Json, Simulator

_seeds = itertools.count(1)
NUMBER = re.compile(r"/n/(\d{4}-\d+)")


@dataclass
class Town:
    """Everything is called as the console and the lane call it, each in its own transaction."""

    runtime: Runtime
    simulator: Simulator
    ids: dict[int, str] = field(default_factory=dict)

    def people(self, count: int = 1, **values: Any) -> list[int]:
        """Residents who added the account long ago; their ids."""
        seed = f"town{next(_seeds)}"
        self.simulator.post("users", count=count, friend=True, seed=seed)
        new = ["U" + md5(f"{seed}:{number}".encode()).hexdigest() for number in range(count)]
        row = {"languages": ["en"], "languages_chosen": True, "following": True}
        row |= {"joined_at": NOON, "areas_answered": True, "muted_categories": [], "expecting": {}}
        rows = [row | values | {"line_user_id": user} for user in new]
        with self.runtime.database.write() as session:
            session.execute(insert(Resident), rows)
            found = select(Resident.id, Resident.line_user_id)
            mine = session.execute(found.where(Resident.line_user_id.in_(new))).all()
        self.ids |= {id: user for id, user in mine if user}
        return [id for id, _ in mine]

    def person(self, **values: Any) -> int:
        return self.people(1, **values)[0]

    def change(self, resident_id: int, **values: Any) -> None:
        with self.runtime.database.write() as session:
            resident = session.get_one(Resident, resident_id)
            for name, value in values.items():
                setattr(resident, name, value)

    def draft(self, template: str = "river-4", **changes: Any) -> int:
        with self.runtime.database.write() as session:
            return notices.draft(session, self.runtime.clock.now(), template, **changes).id

    def submit(self, id: int) -> None:
        with self.runtime.database.write() as session:
            by = notices.staff(session, "operator")
            sending.submit(session, self.runtime, session.get_one(Broadcast, id), by)

    def approve(self, id: int) -> None:
        with self.runtime.database.write() as session:
            by = notices.staff(session, "approver")
            sending.approve(session, self.runtime, session.get_one(Broadcast, id), by)

    def give_back(self, id: int) -> None:
        with self.runtime.database.write() as session:
            by, now = notices.staff(session, "approver"), self.runtime.clock.now()
            sending.give_back(session, session.get_one(Broadcast, id), by, "no", now)

    def pause(self, id: int) -> None:
        with self.runtime.database.write() as session:
            broadcast = session.get_one(Broadcast, id, with_for_update=True)
            sending.pause(session, broadcast, "staff:1", "wait", self.runtime.clock.now())

    def resume(self, id: int) -> None:
        with self.runtime.database.write() as session:
            broadcast = session.get_one(Broadcast, id, with_for_update=True)
            sending.resume(session, self.runtime, broadcast, "staff:1")

    def stop(self, id: int) -> None:
        with self.runtime.database.write() as session:
            broadcast = session.get_one(Broadcast, id, with_for_update=True)
            sending.stop(session, self.runtime, broadcast, "staff:1", "wrong")

    def queue_again(self, id: int) -> int:
        with self.runtime.database.write() as session:
            by = notices.staff(session, "operator")
            broadcast = session.get_one(Broadcast, id, with_for_update=True)
            return sending.queue_again(session, self.runtime, broadcast, by)

    def begin(self, template: str = "river-4", **changes: Any) -> int:
        """Draft, submit and approve; the notice's id."""
        id = self.draft(template, **changes)
        self.submit(id)
        self.approve(id)
        return id

    def send(self, template: str = "river-4", **changes: Any) -> int:
        id = self.begin(template, **changes)
        self.lane()
        return id

    def plan(self, id: int) -> None:
        """Deliveries stand ready; none is claimed yet."""
        assert waves.tend(self.runtime, id)
        waves.plan(self.runtime, id)

    def lane(self) -> None:
        """What the alerts worker does when it is woken."""
        while waves.run(self.runtime):
            pass

    def answers(self) -> None:
        """What the workers of answers to one person do when they are woken."""
        for urgent in (True, False):
            while lanes.run_replies(self.runtime, urgent=urgent):
                pass

    def run_until(self, condition: Callable[[], bool]) -> None:
        """Run the lane again and again, as the sweep does."""
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            self.lane()

    def settle(self) -> None:
        """Let all retries come due and the lane run until nothing waits."""
        for _ in range(12):
            self.lane()
            if not self.deliveries("queued", "sending", "unclear"):
                return
            self.move_clock(65)

    def move_clock(self, seconds: float) -> None:
        self.runtime.clock.move(seconds)
        self.simulator.post("clock", advance_seconds=seconds)

    def fail(self, *kinds: str, **more: Any) -> None:
        """The next multicast calls end like this, one after the other."""
        failures = [{"endpoint": "multicast", "kind": kind, "times": 1, **more} for kind in kinds]
        self.simulator.post("behaviour", failures=failures)

    def all_notices(self) -> list[int]:
        with self.runtime.database.read() as session:
            return list(session.scalars(select(Broadcast.id)))

    def state(self, id: int) -> str:
        with self.runtime.database.read() as session:
            return session.get_one(Broadcast, id).state

    def is_over(self, id: int) -> bool:
        """Whether nothing of it may be sent any more."""
        with self.runtime.database.read() as session:
            row = session.get_one(Broadcast, id)
            ended = row.state in ("completed", "cancelled", "rejected")
            return ended or row.expires_at <= self.runtime.clock.now()

    def number(self, id: int) -> str:
        with self.runtime.database.read() as session:
            return session.get_one(Broadcast, id).number

    def recipients(self, id: int) -> set[int]:
        with self.runtime.database.read() as session:
            mine = select(Recipient.resident_id).where(Recipient.broadcast_id == id)
            return set(session.scalars(mine))

    def deliveries(self, *states: str) -> int:
        with self.runtime.database.read() as session:
            found = select(func.count()).select_from(Delivery).where(Delivery.state.in_(states))
            return session.scalars(found).one()

    def delivery_ids(self, id: int) -> set[int]:
        with self.runtime.database.read() as session:
            return set(session.scalars(select(Delivery.id).where(Delivery.broadcast_id == id)))

    def given_up(self, id: int) -> set[int]:
        """Whose delivery ended without LINE having accepted it for sure: staff see them."""
        with self.runtime.database.read() as session:
            found = select(Sending.resident_id).join(Delivery, Delivery.id == Sending.delivery_id)
            ended = Delivery.state.in_(("failed", "cancelled"))
            return set(session.scalars(found.where(Sending.broadcast_id == id, ended)))

    def follows(self, resident_id: int) -> bool:
        with self.runtime.database.read() as session:
            return session.get_one(Resident, resident_id).following

    def renditions(self, id: int, state: str = "ready") -> dict[str, Rendition]:
        with self.runtime.database.read() as session:
            mine = select(Rendition).where(Rendition.broadcast_id == id, Rendition.state == state)
            return {row.language: row for row in session.scalars(mine)}

    def sendings(self, id: int) -> list[tuple[int, str]]:
        """Resident and language of everything planned of a notice."""
        with self.runtime.database.read() as session:
            found = select(Sending.resident_id, Rendition.language).join(
                Rendition, Rendition.id == Sending.rendition_id
            )
            return [
                (who, tag) for who, tag in session.execute(found.where(Sending.broadcast_id == id))
            ]

    def chat(self, resident_id: int) -> list[Json]:
        user = self.ids[resident_id]
        items = self.simulator.get(f"users/{user}/messages")["items"]
        return [item for item in items if item["from"] == "bot" and item.get("message")]

    def got(self, resident_id: int) -> Counter[str]:
        """How many requests with each notice's number LINE accepted for this resident."""
        requests: dict[str, str] = {}
        for item in self.chat(resident_id):
            found = NUMBER.search(item["message"].get("text", ""))
            if found:
                requests[item["request_id"]] = found.group(1)
        return Counter(requests.values())

    def received(self) -> dict[int, int]:
        """How many residents got how many messages; a notice is two, a fallback three."""
        friends = self.simulator.get("received")["friends"]
        return {int(messages): people for messages, people in friends.items()}

    def requests(self) -> list[Json]:
        found: list[Json] = self.simulator.get("requests", endpoint="multicast")["requests"]
        return found
