"""Talking to a person: a case is opened, and the resident knows when somebody is there."""

import pytest

from bot.languages import complete
from bot.runtime import ROOT
from bot.words import Words
from tests.console import Console
from tests.world import World

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
OWN_NAMES = {known.tag: known.own_name for known in complete("conversation")}


@pytest.mark.parametrize("tag", OWN_NAMES)
def test_somebody_takes_the_case_and_the_resident_is_told(world: World, tag: str) -> None:
    phone = world.joined(OWN_NAMES[tag], WORDS.text(tag, "areas.skip.button"))
    phone.ask("🙂")
    opened = phone.tap(WORDS.text(tag, "person.button"))
    assert WORDS.text(tag, "case.opened") in opened
    assert WORDS.text(tag, "case.not_119") in opened
    assert WORDS.text(tag, "case.added") in phone.ask("12345")

    console = Console(world.url).sign_in("sato@minato.example")
    console.take_newest_case()
    assert WORDS.text(tag, "case.somebody_is_here") in phone.read()


def test_by_day_and_by_night_the_resident_knows_when_somebody_is_there(own_world: World) -> None:
    phone = own_world.joined("English", "Skip")
    said = set()
    for _ in range(3):
        phone.ask("menu")
        opened = phone.tap("Talk to a person")
        said.add("today until 17:15" in opened)
        assert ("Staff are here today until 17:15." in opened) != ("Nobody is here now" in opened)
        phone.tap("No more help needed")
        own_world.move_clock(8 * 3600)
    assert False in said


def test_the_resident_can_end_it(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("menu")
    phone.tap("Talk to a person")
    assert "Staff no longer wait for you" in phone.tap("No more help needed")
    assert "What can we do for you" in phone.ask("🙂")


def test_the_bot_still_answers_danger_and_taps_while_staff_have_the_conversation(
    world: World,
) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("menu")
    phone.tap("Talk to a person")
    assert "119" in phone.ask("My house is on fire", count=2)
    assert "What is the danger?" in (phone.ask("menu") and phone.tap("Where to evacuate"))
    assert phone.ask("What day is garbage collection?") == "Staff will see this too."


def test_a_letter_opens_a_case_with_short_advice(world: World) -> None:
    phone = world.joined("English", "Skip")
    answer = phone.ask("I got a letter from city hall and I cannot read it", count=2)
    assert "Your question goes to city staff." in answer
