"""A network's LINE group: asked in, connected with its code, told of notices, left."""

import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from bot import networks
from bot.models import Network, NetworkGroup
from bot.runtime import ROOT, Runtime
from bot.words import Words
from broadcasts import group_cards, sending
from broadcasts.reading import by_number
from tests import notices
from tests.conftest import running_world, wait_until
from tests.console import Console
from tests.world import Json, Phone, World, actions_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
APPROVER = "suzuki@minato.example"
_groups = itertools.count(1)


@pytest.fixture(scope="module", params=["postgresql"])
def city(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("groups")
    yield from running_world(request, redis_url, folder, database=3, together=True)


@pytest.fixture
def runtime(city: World) -> Iterator[Runtime]:
    with notices.running(city) as made:
        yield made
    notices.stop_all(city)


class Group:
    """A LINE group with one member."""

    def __init__(self, city: World) -> None:
        self.city, self.id = city, f"C{next(_groups):032x}"
        self.member: Phone = city.resident(joins=False, language="vi")

    def act(self, type: str, **what: object) -> None:
        self.member.act(type, group=self.id, **what)

    def messages(self) -> list[Json]:
        items = self.city.simulator.get(f"groups/{self.id}/messages")["items"]
        return [item["message"] for item in items if item.get("from") == "bot"]

    def wait_for(self, count: int) -> list[Json]:
        wait_until(lambda: len(self.messages()) >= count)
        return self.messages()


def network(runtime: Runtime, name: str) -> tuple[int, str]:
    """A Vietnamese network whose group is waited for; its id and the group's code."""
    with runtime.database.write() as session:
        for earlier in session.scalars(select(NetworkGroup)).all():
            session.delete(earlier)
        made = networks.create(session, name, "vi", "language", runtime.clock.now())
        group = group_cards.switch_on(session, made)
        return made.id, group.code or ""


def connected(city: World, runtime: Runtime, name: str) -> tuple[int, Group]:
    id, code = network(runtime, name)
    group = Group(city)
    group.act("join")
    group.wait_for(2)
    group.act("text", text=code.lower())
    group.wait_for(3)
    return id, group


def row_of(runtime: Runtime, id: int) -> NetworkGroup | None:
    with runtime.database.read() as session:
        return session.get(NetworkGroup, id)


def test_a_code_connects_and_each_notice_is_one_card(city: World, runtime: Runtime) -> None:
    id, group = connected(city, runtime, "Hội")
    greeting = words_of(group.messages()[:2])
    assert WORDS.text("en", "group.code", city="Minato City") in greeting
    assert "Hội" in words_of(group.messages()[2:])
    group.act("text", text="Có ai ở nhà không?")
    number = notices.send(runtime)
    card = group.wait_for(4)[3]
    words = words_of([card])
    assert number in words and len(words) < 200
    links = [action["uri"] for action in actions_of(card)]
    assert links == [f"{city.url}/n/{number}?lang=vi"]
    with runtime.database.write() as session:
        found = by_number(session, number)
        assert found
        sending.stop(session, runtime, found, "bot", "test")
    second = notices.send(runtime)
    assert second in words_of(group.wait_for(5)[4:])
    assert len(group.messages()) == 5
    wait_until(lambda: (row_of(runtime, id) or NetworkGroup()).members == 1)
    assert not city.database_has("Có ai ở nhà không?")
    page = Console(city.url).sign_in(APPROVER).get(f"/console/networks/{id}")
    assert group.id not in page


def test_wrong_codes_and_talk_are_met_with_silence(city: World, runtime: Runtime) -> None:
    _, code = network(runtime, "Im lặng")
    group = Group(city)
    group.act("join")
    group.wait_for(2)
    for text in ("G-ABCDEFGH", "Xin chào", "119"):
        group.act("text", text=text)
    group.act("text", text=code)
    assert "Im lặng" in words_of(group.wait_for(3)[2:])
    assert len(group.messages()) == 3


def test_a_group_that_throws_the_account_out_gets_no_more(city: World, runtime: Runtime) -> None:
    id, group = connected(city, runtime, "Rời đi")
    group.act("leave")
    wait_until(lambda: (row_of(runtime, id) or NetworkGroup()).line_id is None)
    row = row_of(runtime, id)
    assert row and row.code
    before = len(group.messages())
    notices.send(runtime)
    other_id, other = connected(city, runtime, "Khác")
    other.wait_for(4)  # the notice reached whoever is connected
    assert len(group.messages()) == before
    assert other_id != id


def test_switched_off_the_account_leaves(city: World, runtime: Runtime) -> None:
    id, group = connected(city, runtime, "Tắt")
    page = f"/console/networks/{id}"
    Console(city.url).sign_in(APPROVER).post(page, f"{page}/group/off")
    assert row_of(runtime, id) is None
    calls = city.simulator.get("requests", endpoint="group")["requests"]
    assert f"/v2/bot/group/{group.id}/leave" in [call["path"] for call in calls]


def test_whoever_came_by_the_poster_is_offered_the_networks_language(
    city: World, runtime: Runtime
) -> None:
    with runtime.database.write() as session:
        made = networks.create(session, "Poster", "vi", "school", runtime.clock.now())
        code = made.code or ""
    phone = city.resident(language="en")
    assert WORDS.text("vi", "network.joined", network="Poster") in phone.ask(code)
    switch = WORDS.text("vi", "language.switch.button", language="Tiếng Việt")
    assert WORDS.text("vi", "language.changed", language="Tiếng Việt") in phone.tap(switch, count=2)


def test_a_network_out_of_use_connects_nothing(city: World, runtime: Runtime) -> None:
    id, code = network(runtime, "Nghỉ")
    with runtime.database.write() as session:
        session.get_one(Network, id).active = False
    group = Group(city)
    group.act("join")
    group.wait_for(2)
    group.act("text", text=code)
    group.act("leave")
    row = row_of(runtime, id)
    assert row and row.line_id is None
