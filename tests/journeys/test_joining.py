"""Somebody adds the account, chooses, changes their mind, leaves and comes back."""

import pytest
import requests

from bot.languages import complete
from bot.line.flex import label as shortened
from bot.runtime import ROOT
from bot.words import Words
from tests.texts import city
from tests.world import World, actions_of, labels_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
LANGUAGES = [known.tag for known in complete("conversation")]
OWN_NAMES = {known.tag: known.own_name for known in complete("conversation")}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_joining_in_every_language(world: World, tag: str) -> None:
    phone = world.resident(language="ko", joins=False)
    phone.act("follow")
    greeting = phone.answer(2)
    assert "119" in words_of(greeting) and "180" in words_of(greeting)
    assert set(OWN_NAMES.values()) <= set(labels_of(greeting))
    assert any("/about?lang=" in action.get("uri", "") for action in actions_of(greeting))

    phone.tap(OWN_NAMES[tag], count=2)
    names = next(area["names"] for area in city()["areas"] if area["id"] == "kawabata")
    label = shortened(names[tag])
    chosen = phone.tap(label)
    assert label in chosen
    saved = phone.tap(WORDS.text(tag, "areas.done.button"), count=2)
    assert label in saved
    assert WORDS.text(tag, "menu.title") in saved


def test_several_areas_and_taking_one_back(world: World) -> None:
    phone = world.resident()
    phone.tap("English", count=2)
    assert "Chosen: Kawabata-cho" in phone.tap("Kawabata-cho")
    assert "We send you alerts" in phone.tap("Add or remove")
    assert "No area is chosen now" in phone.tap("✓ Kawabata-cho")
    phone.tap("Add or remove")
    phone.tap("Honcho")
    phone.tap("Add or remove")
    assert "Chosen: Honcho, Yamate-cho" in phone.tap("Yamate-cho")


def test_whoever_comes_back_finds_what_they_chose(world: World) -> None:
    phone = world.joined(
        OWN_NAMES["zh-Hans"], WORDS.text("zh-Hans", "areas.skip.button"), language="zh-Hans"
    )
    phone.act("unfollow")
    phone.act("follow")
    welcome = words_of(phone.answer(2))
    assert WORDS.text("zh-Hans", "menu.title") in welcome
    assert "119" not in welcome


def test_settings_pause_and_change_the_language(world: World) -> None:
    phone = world.joined("English", "Skip")
    assert "Language: English" in phone.tap("Settings")
    assert "paused" in phone.tap("Pause notices")
    phone.tap("Menu")
    assert "paused" in phone.tap("Settings")
    phone.tap("Get notices again")
    phone.tap("Menu")
    phone.tap("Settings")
    phone.tap("Language")
    changed = phone.tap("Tiếng Việt", count=2)
    assert "Tiếng Việt" in changed


def test_deleting_ones_data_asks_first_and_then_really_forgets(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.tap("Settings")
    assert "Delete all your data?" in phone.tap("Delete my data")
    assert "Nothing was deleted" in phone.tap("Do not delete")
    phone.tap("Menu")
    phone.tap("Settings")
    phone.tap("Delete my data")
    assert "Your data is deleted" in phone.tap("Delete")
    again = phone.ask("hello")
    assert "Hello" in again


def test_the_about_page_in_every_language(world: World) -> None:
    for tag in LANGUAGES:
        page = requests.get(f"{world.url}/about", params={"lang": tag}, timeout=10)
        assert page.status_code == 200
        assert f'<html lang="{tag}"' in page.text
        assert WORDS.text(tag, "about.title") in page.text
        assert "000-000-0100" in page.text
