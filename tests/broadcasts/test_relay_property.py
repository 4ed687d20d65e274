"""Key persons who take, refuse, vanish and write, staff who release, correct and stop, in any
order: nobody gets a text twice, nobody is missed, nothing goes out late.
"""

import json
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.models import Relay, TextClaim
from bot.models.broadcasts import Broadcast, Recipient, Rendition
from bot.runtime import Runtime
from bot.settings import Settings
from broadcasts.sending import NotPossible
from tests.broadcasts.carriers import Carriers
from tests.broadcasts.test_property import Play
from tests.broadcasts.town import Town
from tests.conftest import test_environment
from tests.world import Simulator

LANGUAGES = (["hi"], ["vi", "hi"], ["hi", "en"])
CARRYING = ("will", "cannot", "report", "write", "release", "suspend", "ask")
WORLD = ("join", "notice", "lane", "plan", "claim", "send", "crash", "fail", "minutes", "hours")
STAFF = ("update", "cancel", "stop", "pause", "resume")
STEPS = st.tuples(
    st.one_of(
        st.sampled_from([(name,) for name in CARRYING]),
        st.sampled_from([(name,) for name in WORLD + STAFF]),
        st.sampled_from(
            [
                ("ask", "will", "write", "release", "lane"),
                ("plan", "claim", "ask", "will", "write", "release", "fail", "send", "lane"),
                ("ask", "minutes", "ask", "will", "write", "update", "release", "lane"),
                ("ask", "will", "write", "release", "plan", "suspend", "lane"),
                ("notice", "plan", "ask", "will", "write", "release", "lane"),
            ]
        ),
    ),
    st.integers(0, 11),
)


@dataclass
class RelayPlay(Play):
    """A play with two networks of one language that has no text of the city's."""

    carriers: Carriers = field(init=False)
    written: int = 0
    had: dict[int, dict[int, set[str]]] = field(default_factory=dict)
    """What each person had at the release of a notice's text, where that is certain."""

    def __post_init__(self) -> None:
        self.carriers = Carriers(self.town)
        for _ in range(2):
            self.carriers.network("hi", key_persons=2)
        self.people += self.carriers.persons.values()

    def step(self, name: str, which: int) -> None:
        if name not in CARRYING:
            super().step(name, which)
            return
        getattr(self, f"_{name}")(which)
        self._look()

    def _join(self, which: int) -> None:
        self.people += self.town.people(1 + which % 2, languages=LANGUAGES[which % 3])

    def _one(self, which: int) -> list[int]:
        """One relay of any notice, as a list of its id."""
        relays = [row.id for id in self.notices for row in self.carriers.relays(id)]
        return [relays[-1 - which % len(relays)]] if relays else []

    def _ask(self, which: int) -> None:
        self.carriers.ask()

    def _will(self, which: int) -> None:
        for relay in self._one(which):
            self.carriers.will(relay)

    def _cannot(self, which: int) -> None:
        for relay in self._one(which):
            self.carriers.cannot(relay)

    def _report(self, which: int) -> None:
        for relay in self._one(which):
            self.carriers.report(relay, which)

    def _write(self, which: int) -> None:
        for relay in self._one(which):
            self.written += 1
            self.carriers.write(relay, f"सब लोग ऊपर जाएँ {self.written}.")

    def _release(self, which: int) -> None:
        self._send(0)
        for id in self.notices:
            unknown = self.town.deliveries("sending", "unclear")
            if self.carriers.release(id) == "released" and not unknown:
                self.had[id] = {person: _other_texts(self.town, person) for person in self.people}

    def _suspend(self, which: int) -> None:
        self.had.clear()
        if which % 4 == 0:
            persons = list(self.carriers.persons)
            self.carriers.suspend(persons[which % len(persons)])

    def at_rest(self) -> None:
        super().at_rest()
        self.carriers.ask()
        self.town.answers()


def check(play: RelayPlay) -> None:
    town = play.town
    with town.runtime.database.read() as session:
        now = town.runtime.clock.now()
        notices = [session.get_one(Broadcast, id) for id in play.notices]
        relays = session.scalars(select(Relay)).all()
        claims = session.scalars(select(TextClaim)).all()
        active = {row.id for row in notices if row.is_active(now)}
        sent = {row.id for row in notices if row.state == "broadcasting" and row.is_active(now)}
        texts = session.scalars(select(Rendition).where(Rendition.broadcast_id.in_(sent))).all()
        reads = {
            (row.broadcast_id, row.resident_id): json.loads(row.languages)
            for row in session.scalars(select(Recipient))
        }
    taken = Counter((row.broadcast_id, row.network_id)
                    for row in relays if row.state in ("accepted", "relayed"))  # fmt: skip
    assert not taken or max(taken.values()) == 1, "two carry the same"
    for row in (*relays, *claims):
        open_states = ("requested", "accepted", "held", "submitted")
        assert row.state not in open_states or row.broadcast_id in active, "open after the end"
    released = {row.broadcast_id: row for row in texts
                if row.state == "ready" and row.origin == "person"}  # fmt: skip
    for person in play.people:
        got = _texts(town, person)
        assert len(got) == len(set(got)), "a text twice"
        for notice in notices:
            mine = [text for number, text in got if number == notice.number]
            theirs = ["ऊपर" in text for text in mine]
            assert theirs == sorted(theirs), "another text after a person's"
            had = play.had.get(notice.id, {}).get(person)
            if had is not None and reads.get((notice.id, person)) == ["hi"]:
                assert _other_texts(town, person, notice.number) <= had, "sent after the release"
            if notice.id not in sent or person not in town.recipients(notice.id):
                continue
            if not town.follows(person) or person in town.given_up(notice.id):
                continue
            assert mine, "missed"
            if notice.id in released and reads[notice.id, person][0] == "hi":
                text = "\n".join(released[notice.id].words["messages"])
                assert mine.count(text) == 1, "a released text missed"


def _other_texts(town: Town, person: int, only: str = "") -> set[str]:
    """The texts somebody got that no key person wrote, of one notice if given."""
    return {text for number, text in _texts(town, person)
            if "ऊपर" not in text and only in ("", number)}  # fmt: skip


def _texts(town: Town, person: int) -> list[tuple[str, str]]:
    """Every text of a notice a phone got, in order, with the notice's number."""
    numbers = {town.number(id) for id in town.all_notices()}
    return [
        (number, item["message"]["text"])
        for item in town.chat(person)
        if item["kind"] == "multicast" and "text" in item["message"]
        for number in numbers
        if f"/n/{number}" in item["message"]["text"]
    ]


def test_nobody_twice_nobody_missed_no_late_text(
    city_sqlite: Path, redis_url: str, shared_simulator: Simulator
) -> None:
    @settings(
        max_examples=15,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),  # to shrink takes minutes; the steps are printed anyway
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEPS, min_size=8, max_size=25))
    def play_it(steps: list[tuple[tuple[str, ...], int]]) -> None:
        with TemporaryDirectory() as folder:
            shutil.copy(city_sqlite, Path(folder) / "bot.db")
            run(f"sqlite:///{folder}/bot.db", redis_url, Path(folder), shared_simulator, steps)

    play_it()


def run(
    url: str,
    redis_url: str,
    folder: Path,
    line: Simulator,
    steps: list[tuple[tuple[str, ...], int]],
) -> None:
    line.post("reset")
    environment = test_environment(url, redis_url, folder)
    here = {"line_api_base_url": line.url, "line_data_api_base_url": line.url}
    runtime = Runtime.build(replace(Settings.from_environment(environment), **here))
    try:
        play = RelayPlay(Town(runtime, line))
        play.step("join", 0)
        play.step("notice", 1)
        for names, which in steps:
            for name in names:
                with suppress(NotPossible):
                    play.step(name, which)
        play.at_rest()
        check(play)
    finally:
        runtime.close()
