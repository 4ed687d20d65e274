"""Publishing menus and linking people to them, against the simulator: what fails too."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import md5
from typing import Any

import pytest
import requests
from sqlalchemy import insert, select

from bot.channel import Failure, SendError
from bot.languages import complete
from bot.menus import linking
from bot.menus.publishing import publish
from bot.models import Resident, RichMenu
from bot.runtime import ROOT, Runtime
from bot.words import Words
from tests.factories import NOON
from tests.world import Simulator

LANGUAGES = {known.tag for known in complete("conversation")}
WORDS = Words.load(ROOT / "bot" / "locale", "bot")


@dataclass
class Account:
    """The account's menus, and residents whose phones are in the simulator."""

    runtime: Runtime
    simulator: Simulator

    def people(self, count: int, *languages: str, **values: Any) -> list[int]:
        seed = "-".join(languages)
        self.simulator.post("users", count=count, friend=True, seed=seed)
        new = ["U" + md5(f"{seed}:{number}".encode()).hexdigest() for number in range(count)]
        row = {"languages": list(languages), "languages_chosen": True, "following": True}
        row |= {"joined_at": NOON, "areas_answered": True, "muted_categories": [], "expecting": {}}
        with self.runtime.database.write() as session:
            session.execute(insert(Resident), [row | values | {"line_user_id": id} for id in new])
            found = select(Resident.id).where(Resident.line_user_id.in_(new)).order_by(Resident.id)
            return list(session.scalars(found))

    def change(self, resident: int, **values: object) -> None:
        with self.runtime.database.write() as session:
            for name, value in values.items():
                setattr(session.get_one(Resident, resident), name, value)

    def seen(self, resident: int) -> str:
        """The language of the menu somebody sees."""
        with self.runtime.database.read() as session:
            user = session.get_one(Resident, resident).line_user_id
        menu = self.simulator.get(f"users/{user}/richmenu")
        return str(menu["name"].split()[1])

    def own(self, resident: int) -> bool:
        """Whether the menu is the person's own, not everybody's."""
        with self.runtime.database.read() as session:
            user = session.get_one(Resident, resident).line_user_id
        return bool(self.simulator.get(f"users/{user}")["rich_menu_linked"])

    def menus(self) -> list[str]:
        """The languages of all menus at LINE."""
        return sorted(name.split()[1] for name in self.runtime.channel.menus().values())

    def make_another(self, name: str) -> None:
        """A menu that somebody else makes for the account."""
        size = {"width": 2500, "height": 1686}
        menu = {"size": size, "selected": True, "name": name, "chatBarText": "m", "areas": []}
        bearer = {"Authorization": "Bearer channel-token"}
        address = f"{self.simulator.url}/v2/bot/richmenu"
        assert requests.post(address, json=menu, headers=bearer, timeout=5).ok

    def calls(self, endpoint: str) -> int:
        requests = self.simulator.get("requests", endpoint=endpoint)["requests"]
        return sum((request["status"] or 500) < 300 for request in requests)

    def fail(self, endpoint: str, kind: str, **more: object) -> None:
        plan = {"endpoint": endpoint, "kind": kind, "times": 1, **more}
        self.simulator.post("behaviour", failures=[plan])

    def run(self) -> None:
        while linking.is_due(self.runtime):
            linking.run(self.runtime)

    def move_clock(self, seconds: float) -> None:
        self.runtime.clock.move(seconds)
        self.simulator.post("clock", advance_seconds=seconds)

    def rows(self) -> int:
        with self.runtime.database.read() as session:
            return len(session.scalars(select(RichMenu)).all())


@pytest.fixture
def account(on_line: Runtime, simulator: Simulator) -> Account:
    simulator.post("behaviour", bulk_seconds=0)
    return Account(on_line, simulator)


def changed(runtime: Runtime, tag: str) -> Runtime:
    """The same installation after an update that changed one word."""
    ids = ("menu.button", "person.button", "menu.emergency.button", "menu.now.button")
    ids += ("menu.places.button", "menu.questions.button", "menu.settings.button")
    texts = {known: {id: WORDS.text(known, id) for id in ids} for known in LANGUAGES}
    texts[tag]["menu.settings.button"] += " 2"
    return replace(runtime, words=Words(texts))


def test_every_language_gets_one_menu_once(account: Account) -> None:
    assert not linking.is_due(account.runtime)
    account.make_another("市の メニュー")
    first = publish(account.runtime)
    assert (set(first.made), first.kept) == (LANGUAGES, 0)
    assert account.menus() == [*sorted(LANGUAGES), "メニュー"]
    stranger = account.people(1, "fil")[0]
    assert (account.seen(stranger), account.own(stranger)) == ("ja-x-easy", False)

    again = publish(account.runtime)
    assert (again.made, again.kept) == ((), len(LANGUAGES))
    assert account.calls("richmenu.create") == len(LANGUAGES) + 1
    assert account.calls("richmenu.delete") == 0


def test_people_are_linked_in_few_calls_and_once(account: Account) -> None:
    many, few = account.people(1100, "vi", "en"), account.people(3, "zh-Hant")
    hindi = account.people(1, "hi")[0]  # a language without words: what its readers read too
    gone = account.people(1, "ne", following=False)[0]
    publish(account.runtime)
    account.run()
    assert {account.seen(id) for id in (many[0], many[-1])} == {"vi"}
    assert {account.seen(id) for id in few} == {"zh-Hant"}
    assert (account.seen(hindi), account.own(hindi)) == ("en", True)
    assert not account.own(gone)
    assert account.calls("richmenu.bulk") == 3 + 1 + 1
    account.run()
    assert account.calls("richmenu.bulk") == 5


def test_changed_words_replace_one_menu_and_the_old_one_goes_last(account: Account) -> None:
    reader, other = account.people(1, "ne")[0], account.people(1, "vi")[0]
    publish(account.runtime)
    account.run()
    updated = changed(account.runtime, "ne")
    assert publish(updated).made == ("ne",)
    assert account.menus().count("ne") == 2
    assert account.seen(reader) == "ne"
    account.run()
    assert account.menus().count("ne") == 2  # links take effect after the call
    account.move_clock(601)
    account.run()
    assert account.menus() == sorted(LANGUAGES)
    assert (account.seen(reader), account.own(reader)) == ("ne", True)
    assert (account.seen(other), account.own(other)) == ("vi", True)
    assert account.rows() == len(LANGUAGES)


def test_whoever_has_left_does_not_keep_an_old_menu(account: Account) -> None:
    reader = account.people(1, "ne")[0]
    publish(account.runtime)
    account.run()
    account.change(reader, following=False)
    publish(changed(account.runtime, "ne"))
    account.move_clock(601)
    account.run()
    assert account.menus() == sorted(LANGUAGES)
    account.change(reader, following=True, menu_id=None)
    account.run()
    assert (account.seen(reader), account.own(reader)) == ("ne", True)


INTERRUPTIONS = [
    ("richmenu.list", "500", 0),
    ("richmenu.create", "500-after", 0),
    ("richmenu.default", "500", 0),
    ("richmenu.create", "drop-after", 1),
    ("richmenu.upload", "429-rate", 1),
    ("richmenu.upload", "drop-after", 1),
]


def test_what_was_interrupted_is_finished_by_the_next_publication(account: Account) -> None:
    for endpoint, kind, skip in INTERRUPTIONS:
        account.fail(endpoint, kind, skip=skip)
        with pytest.raises(SendError) as caught:
            publish(account.runtime)
        assert caught.value.failure in (Failure.RATE, Failure.UNCLEAR)
    publish(account.runtime)
    account.move_clock(601)
    account.run()
    assert publish(account.runtime).made == ()
    assert account.menus() == sorted(LANGUAGES)
    assert account.rows() == len(LANGUAGES)
    assert account.seen(account.people(1, "fil")[0]) == "ja-x-easy"


def test_menus_that_are_gone_at_line_are_made_again(account: Account) -> None:
    reader = account.people(1, "ne")[0]
    publish(account.runtime)
    account.run()
    account.simulator.post("reset", keep_users=True)
    account.simulator.post("behaviour", bulk_seconds=0)
    assert set(publish(account.runtime).made) == LANGUAGES
    account.run()
    account.move_clock(601)
    account.run()
    assert (account.seen(reader), account.own(reader)) == ("ne", True)
    assert account.rows() == len(LANGUAGES)


def test_ids_line_refuses_do_not_stop_the_others(account: Account) -> None:
    before, after = account.people(3, "ne"), account.people(6, "ne", "ja")
    malformed, unnamed = before.pop(1), after.pop(1)
    account.change(malformed, line_user_id="not an id")
    with account.runtime.database.read() as session:
        user = session.get_one(Resident, unnamed).line_user_id
    publish(account.runtime)
    account.fail("richmenu.bulk", "400", times=100, match=user)  # does not say whom it means
    account.run()
    assert all(account.own(id) for id in (*before, *after))
    assert not account.own(unnamed)
    assert not linking.is_due(account.runtime)


def test_what_fails_is_tried_again_later(account: Account) -> None:
    reader = account.people(1, "ne")[0]
    publish(account.runtime)
    account.run()
    kinds = {"my": "429-rate", "th": "500", "km": "drop-before", "si": "401"}
    for language, kind in kinds.items():
        before = account.seen(reader)
        account.change(reader, languages=[language], menu_id=None)
        account.fail("richmenu.bulk", kind, times=3)
        account.run()
        assert account.seen(reader) == before
        for _ in range(4):
            account.move_clock(16)
            account.run()
        assert account.seen(reader) == language


def test_a_language_chosen_during_the_call_wins(account: Account) -> None:
    """The answer is slow; meanwhile the person chooses another language."""
    reader = account.people(1, "ne")[0]
    publish(account.runtime)
    account.fail("richmenu.bulk", "slow", seconds=1.5)
    with ThreadPoolExecutor() as pool:
        linked = pool.submit(linking.run, account.runtime)
        time.sleep(0.5)
        account.change(reader, languages=["my", "ne"], menu_id=None)
        linked.result()
    account.run()
    assert account.seen(reader) == "my"


def test_a_language_that_gets_its_first_menu_takes_its_readers_over(account: Account) -> None:
    """As if Nepali had been added: until then its readers had another menu."""
    reader = account.people(1, "ne")[0]
    publish(account.runtime)
    account.run()
    with account.runtime.database.write() as session:
        nepali = select(RichMenu).where(RichMenu.language == "ne")
        english = select(RichMenu.id).where(RichMenu.language == "en")
        session.get_one(Resident, reader).menu_id = session.scalars(english).one()
        session.flush()
        session.delete(session.scalars(nepali).one())
    assert publish(account.runtime).made == ("ne",)
    account.run()
    assert account.seen(reader) == "ne"
    assert account.menus() == sorted(LANGUAGES)
