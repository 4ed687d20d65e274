"""Danger comes first; what must stay private stays out of the chat."""

import re

import pytest
import requests

from bot.languages import complete
from bot.runtime import ROOT
from bot.words import Words
from tests.world import World, actions_of, find_action, labels_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
OWN_NAMES = {known.tag: known.own_name for known in complete("conversation")}

FIRE = {
    "ja": "火事です！助けて",
    "ja-x-easy": "いえが かじです たすけて",
    "en": "My house is on fire",
    "zh-Hans": "着火了，救命",
    "vi": "Cháy nhà, cứu với",
}
VIOLENCE = {
    "ja": "夫に殴られています",
    "ja-x-easy": "おっとが わたしを なぐります",
    "en": "my husband hits me",
    "zh-Hans": "老公打我",
    "vi": "Chồng tôi đánh tôi",
}
GIVEAWAYS = {
    "ja": ("暴力", "DV", "警察"),
    "ja-x-easy": ("暴力", "DV", "警察"),
    "en": ("violence", "abuse", "police", "DV"),
    "zh-Hans": ("暴力", "家暴", "警察"),
    "vi": ("bạo lực", "bạo hành", "cảnh sát"),
}


@pytest.mark.parametrize("tag", FIRE)
def test_danger_is_answered_with_what_to_do_and_the_number(world: World, tag: str) -> None:
    phone = world.joined(OWN_NAMES[tag], WORDS.text(tag, "areas.skip.button"))
    phone.write(FIRE[tag])
    messages = phone.answer(2)
    assert messages[0]["type"] == "text" and "119" in messages[0]["text"]
    assert any(action.get("uri") == "tel:119" for action in actions_of(messages))
    assert WORDS.text(tag, "urgent.say_language") in words_of(messages)
    assert WORDS.text(tag, "person.button") in labels_of(messages)


def test_the_emergency_menu_leads_to_every_danger(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("menu")
    phone.tap("Emergency")
    card = [item["message"] for item in phone.received()[-1:]]
    dangers = [a for a in actions_of(card) if "do=urgent" in a.get("data", "")]
    assert len(dangers) == 5
    for danger in dangers:
        assert phone.tap(danger["label"], card, count=2)


def test_a_person_asked_for_in_danger_makes_the_case_urgent(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("There is smoke and fire downstairs", count=2)
    assert "do not wait: call 119" in phone.tap("Talk to a person")


@pytest.mark.parametrize("tag", VIOLENCE)
def test_violence_gives_nothing_away_in_the_chat(world: World, tag: str) -> None:
    phone = world.joined(OWN_NAMES[tag], WORDS.text(tag, "areas.skip.button"))
    phone.write(VIOLENCE[tag])
    messages = phone.answer()
    shown = " ".join([words_of(messages), *labels_of(messages), messages[0]["altText"]]).lower()
    assert not [word for word in GIVEAWAYS[tag] if re.search(rf"\b{re.escape(word)}", shown, re.I)]
    opened = find_action(messages, WORDS.text(tag, "private.open.button"))
    page = requests.get(opened["uri"], timeout=10)
    assert page.status_code == 200
    assert "#8008" in page.text or "110" in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_hide_ends_the_page_and_says_honestly_what_it_cannot_do(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.write("my husband hits me")
    messages = phone.answer()
    uri = find_action(messages, WORDS.text("en", "private.open.button"))["uri"]
    assert requests.get(uri, timeout=10).status_code == 200
    hide = find_action(messages, WORDS.text("en", "private.hide.button"))
    assert "displayText" not in hide
    phone.act("postback", data=hide["data"])
    said = words_of(phone.answer(3))
    assert "We cannot delete messages on your phone" in said
    gone = requests.get(uri, timeout=10)
    assert gone.status_code == 410
    assert "#8008" not in gone.text


def test_the_page_ends_by_itself(own_world: World) -> None:
    phone = own_world.joined("English", "Skip")
    phone.write("my husband hits me")
    uri = find_action(phone.answer(), WORDS.text("en", "private.open.button"))["uri"]
    own_world.move_clock(31 * 60)
    assert requests.get(uri, timeout=10).status_code == 410


def test_an_unknown_page_tells_nothing(world: World) -> None:
    page = requests.get(f"{world.url}/p/nothing-here", timeout=10)
    assert page.status_code == 410


def test_messages_after_it_go_to_the_protected_case_only(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("my husband hits me")
    assert phone.ask("he comes home at seven") == WORDS.text("en", "private.added")
