"""The menu below the chat: it is in the resident's language, and follows it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.languages import complete, language
from bot.menus.publishing import FIELDS, publish
from bot.runtime import ROOT
from bot.words import Words
from tests.conftest import running_world
from tests.notices import running
from tests.world import Json, Phone, World, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")


@pytest.fixture(scope="module", params=["postgresql"])
def menu_world(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("menus")
    yield from running_world(request, redis_url, folder, database=1, together=True)


def menu_of(phone: Phone) -> Json:
    return phone.simulator.get(f"users/{phone.id}/richmenu")


def language_of(phone: Phone) -> str:
    """The language of the menu a phone shows."""
    return str(menu_of(phone)["name"].split()[1])


def tap(phone: Phone, number: int) -> str:
    """Tap a field of the menu; what comes back as one text."""
    action = menu_of(phone)["areas"][number]["action"]
    phone.act("postback", data=action["data"], display_text=action["displayText"])
    return words_of(phone.answer())


def wait_for(world: World, phone: Phone, tag: str) -> None:
    world.wait_until(lambda: language_of(phone) == tag)


def test_the_menu_is_there_before_a_language_is_chosen_and_then_follows_it(
    menu_world: World,
) -> None:
    phone = menu_world.resident(language="en", joins=False)
    assert language_of(phone) == "ja-x-easy"
    phone.act("follow")
    phone.answer(2)
    wait_for(menu_world, phone, "en")  # the profile's

    phone.tap(language("ne").own_name, count=2)
    wait_for(menu_world, phone, "ne")
    menu = menu_of(phone)
    assert menu["chatBarText"] == WORDS.text("ne", "menu.button")
    labels = [area["action"]["displayText"] for area in menu["areas"]]
    assert labels == [WORDS.text("ne", label) for label in FIELDS.values()]
    assert menu["image"]

    tap(phone, 5)
    phone.tap(WORDS.text("ne", "settings.language.button"))
    phone.tap(language("vi").own_name, count=2)
    wait_for(menu_world, phone, "vi")


def test_each_field_answers_as_the_menus_button_does(menu_world: World) -> None:
    phone = menu_world.joined(language("ne").own_name, WORDS.text("ne", "areas.skip.button"))
    wait_for(menu_world, phone, "ne")
    assert "119" in tap(phone, 0)
    assert WORDS.text("ne", "now.none", time="|").partition("|")[0] in tap(phone, 1)
    for number in (2, 3, 4):
        assert tap(phone, number)
    assert WORDS.text("ne", "settings.title") in tap(phone, 5)


def test_publishing_again_changes_nothing_until_words_change(menu_world: World) -> None:
    reader = menu_world.joined(language("ne").own_name, WORDS.text("ne", "areas.skip.button"))
    other = menu_world.joined("English", "Skip")
    for phone, tag in ((reader, "ne"), (other, "en")):
        wait_for(menu_world, phone, tag)
    before, kept = menu_of(reader)["richMenuId"], menu_of(other)["richMenuId"]
    with running(menu_world) as runtime:
        assert publish(runtime).made == ()
        assert publish(replace(runtime, words=words_changed_in("ne"))).made == ("ne",)
        menu_world.wait_until(lambda: menu_of(reader)["richMenuId"] != before)
        label = menu_of(reader)["areas"][5]["action"]["displayText"]
        assert label == WORDS.text("ne", "menu.settings.button") + " 2"
        assert before in runtime.channel.menus()
        menu_world.move_clock(601)
        menu_world.wait_until(lambda: before not in runtime.channel.menus())
    assert menu_of(other)["richMenuId"] == kept


def words_changed_in(tag: str) -> Words:
    """The menu's words as after an update that changed one."""
    ids = ("menu.button", *FIELDS.values())
    texts = {
        known.tag: {id: WORDS.text(known.tag, id) for id in ids}
        for known in complete("conversation")
    }
    texts[tag]["menu.settings.button"] += " 2"
    return Words(texts)
