"""Whatever happens in whatever order: nobody twice, nobody missed, nothing late.

Hypothesis plays residents, staff, workers, LINE's failures and the clock; the lane and LINE are
real, and only the simulator's phones say who got what.
"""

import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.deliveries import Claimed
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from bot.settings import Settings
from broadcasts import waves
from broadcasts.sending import NotPossible
from tests.broadcasts.town import Town
from tests.conftest import test_environment
from tests.world import Simulator

FAILURES = ("429-rate", "429-quota", "500", "500-after", "drop-after", "400", "garbage")
LANGUAGES = (["en"], ["vi"], ["ja", "en"])
RESIDENTS = ("leave", "come_back", "change_language")
STAFF = ("update", "cancel", "pause", "resume", "stop", "return_it", "queue_again")
WORLD = ("join", "notice", "lane", "tend", "plan", "claim", "send", "crash", "fail")
TIME = ("minutes", "hours")
ALONE = RESIDENTS + STAFF + WORLD + TIME
SCENES = tuple(
    tuple(scene.split())
    for scene in (
        "notice tend plan hours claim send",
        "notice tend plan fail claim send stop minutes claim send",
        "notice tend plan claim leave send come_back lane",
        "fail lane minutes lane queue_again hours hours lane",
        "plan claim crash minutes claim send",
    )
)
"""What chance alone would play too rarely."""
STEPS = st.tuples(
    st.one_of(st.tuples(st.sampled_from(ALONE)), st.sampled_from(SCENES)),
    st.integers(0, 11),
)
Steps = tuple[tuple[str, ...], int]
MOST_NOTICES = 6


@dataclass
class Play:
    """One run: what happened, and when each notice had ended for good."""

    town: Town
    people: list[int] = field(default_factory=list)
    notices: list[int] = field(default_factory=list)
    claimed: list[Claimed] = field(default_factory=list)
    ended: dict[int, Counter[int]] = field(default_factory=dict)

    def step(self, name: str, which: int) -> None:
        act = getattr(self, f"_{name}")
        if name in WORLD + TIME:
            act(which)
        elif name in RESIDENTS:
            act(self.people[which % len(self.people)], which)
        elif self.notices:
            with suppress(NotPossible):
                act(self.notices[which % len(self.notices)])
        self._look()

    def _look(self) -> None:
        """What is over stays as it is: LINE accepts nothing of it any more."""
        for id in self.notices:
            over = self.town.is_over(id)
            if over and id not in self.ended:
                self.claimed = [row for row in self.claimed if row.id not in self._of(id)]
                self.ended[id] = self._accepted(id)
            elif over:
                assert self._accepted(id) == self.ended[id], "sent after its end"

    def _of(self, id: int) -> set[int]:
        return self.town.delivery_ids(id)

    def _accepted(self, id: int) -> Counter[int]:
        number = self.town.number(id)
        return Counter({person: self.town.got(person)[number] for person in self.people})

    def _join(self, which: int) -> None:
        self.people += self.town.people(1 + which % 2, languages=LANGUAGES[which % 3])

    def _leave(self, person: int, which: int) -> None:
        self.town.change(person, following=False)

    def _come_back(self, person: int, which: int) -> None:
        self.town.change(person, following=True)

    def _change_language(self, person: int, which: int) -> None:
        self.town.change(person, languages=LANGUAGES[which % 3])

    def _notice(self, which: int, **changes: object) -> None:
        if len(self.notices) >= MOST_NOTICES:
            return
        until = self.town.runtime.clock.now() + timedelta(hours=5 + 20 * (which % 2))
        id = self.town.draft(expires_at=until, **changes)
        self.notices.append(id)
        self.town.submit(id)
        if which % 4:
            self.town.approve(id)

    def _update(self, id: int, kind: str = "update") -> None:
        if self.town.state(id) in ("broadcasting", "paused"):
            self._notice(1, kind=kind, references_id=id)

    def _cancel(self, id: int) -> None:
        self._update(id, "cancel")

    def _pause(self, id: int) -> None:
        self.town.pause(id)

    def _resume(self, id: int) -> None:
        self.town.resume(id)

    def _stop(self, id: int) -> None:
        self.town.stop(id)

    def _return_it(self, id: int) -> None:
        self.town.give_back(id)
        self.town.submit(id)
        self.town.approve(id)

    def _queue_again(self, id: int) -> None:
        self.town.queue_again(id)

    def _tend(self, which: int) -> None:
        for id in self.notices:
            if self.town.state(id) in ("broadcasting", "paused"):
                waves.tend(self.town.runtime, id)

    def _plan(self, which: int) -> None:
        for id in self.notices:
            waves.plan(self.town.runtime, id)

    def _claim(self, which: int) -> None:
        with self.town.runtime.database.write() as session:
            now = self.town.runtime.clock.now()
            self.claimed += waves.claim(session, now, 1 + which % 3)

    def _send(self, which: int) -> None:
        while self.claimed:
            waves.send(self.town.runtime, self.claimed.pop())

    def _crash(self, which: int) -> None:
        self.claimed.clear()

    def _lane(self, which: int) -> None:
        self.town.lane()

    def _fail(self, which: int) -> None:
        one, other = which % len(FAILURES), (5 * which + 4) % len(FAILURES)
        self.town.fail(FAILURES[one], FAILURES[other])

    def _minutes(self, which: int) -> None:
        self._send(0)  # a worker whose lease ran out is another story, told in test_deliveries
        self.town.move_clock(60 * (1 + which % 3))

    def _hours(self, which: int) -> None:
        self._send(0)
        self.town.move_clock(3600 * (6 + which))

    def at_rest(self) -> None:
        """The failures are repaired, staff go on, everything due is done."""
        self._send(0)
        self.town.simulator.post("behaviour", failures=[])
        for _ in range(3):
            for id in self.notices:
                for act in (self.town.queue_again, self.town.resume):
                    with suppress(NotPossible):
                        act(id)
            self.town.settle()
        self._look()


def check(play: Play) -> None:
    town = play.town
    by_rendition = Counter(
        (person, row["retry_key"])
        for person in play.people
        for row in {item["request_id"]: item for item in town.chat(person)}.values()
    )
    assert not by_rendition or max(by_rendition.values()) == 1
    with town.runtime.database.read() as session:
        now = town.runtime.clock.now()
        rows = [session.get_one(Broadcast, id) for id in play.notices]
        active = [row for row in rows if row.state == "broadcasting" and row.is_active(now)]
    for person in play.people:
        got = town.got(person)
        assert not got or max(got.values()) == 1, "twice"
    for broadcast in active:
        given_up = town.given_up(broadcast.id)
        for person in town.recipients(broadcast.id):
            if town.follows(person) and person not in given_up:
                assert town.got(person)[broadcast.number] == 1, "missed"
        if broadcast.kind == "alert":
            here = {person for person in play.people if town.follows(person)}
            assert here <= town.recipients(broadcast.id), "not asked"


def test_nobody_twice_nobody_missed_nothing_late(
    city_sqlite: Path, redis_url: str, shared_simulator: Simulator
) -> None:
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEPS, min_size=5, max_size=25))
    def play_it(steps: list[Steps]) -> None:
        with TemporaryDirectory() as folder:
            shutil.copy(city_sqlite, Path(folder) / "bot.db")
            run(f"sqlite:///{folder}/bot.db", redis_url, Path(folder), shared_simulator, steps)

    play_it()


def run(url: str, redis_url: str, folder: Path, line: Simulator, steps: list[Steps]) -> None:
    line.post("reset")
    environment = test_environment(url, redis_url, folder)
    here = {"line_api_base_url": line.url, "line_data_api_base_url": line.url}
    runtime = Runtime.build(replace(Settings.from_environment(environment), **here))
    play = Play(Town(runtime, line))
    try:
        play.step("join", 1)
        play.step("notice", 1)
        for names, which in steps:
            for name in names:
                play.step(name, which)
        play.at_rest()
        check(play)
    finally:
        runtime.close()
