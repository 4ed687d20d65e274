"""An alert on the phone: what arrives, what can be tapped, and what is true later."""

from collections.abc import Iterator

import pytest
import requests

from bot.languages import complete
from bot.models import Broadcast
from bot.runtime import ROOT
from bot.words import Words
from broadcasts import reading, sending
from tests.notices import running, send, staff, stop_all
from tests.world import World, labels_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
OWN_NAMES = {known.tag: known.own_name for known in complete("alerts")}


@pytest.fixture(autouse=True)
def nothing_stays_in_force(request: pytest.FixtureRequest) -> Iterator[None]:
    """The world is shared, and whoever joins gets what is in force."""
    yield
    if "world" in request.fixturenames:
        stop_all(request.getfixturevalue("world"))


def say(tag: str, id: str, **values: object) -> str:
    return WORDS.text(tag, id, **values)


@pytest.mark.parametrize("tag", OWN_NAMES)
def test_text_card_and_the_three_buttons(world: World, tag: str) -> None:
    phone = world.joined(OWN_NAMES[tag], say(tag, "areas.skip.button"))
    with running(world) as runtime:
        number = send(runtime)
    text, card = phone.answer(2)
    assert text["type"] == "text" and card["type"] == "flex"
    assert f"/n/{number}" in text["text"]
    assert card["altText"] == text["text"].splitlines()[0]
    for kind in ("read", "not_understood", "help"):
        assert say(tag, f"alert.{kind}.button") in labels_of([card])
    thanks = phone.tap(say(tag, "alert.read.button"), [card])
    before, after = say(tag, "alert.read_thanks", time="|").split("|")
    assert thanks.startswith(before) and thanks.endswith(after)


def test_help_says_119_first_and_opens_a_case_when_the_person_writes(world: World) -> None:
    phone = world.joined("English", "Skip")
    with running(world) as runtime:
        number = send(runtime)
    card = phone.answer(2)[1]
    said = phone.tap("I need help", [card], count=2)
    assert say("en", "alert.help_first") in said
    assert "Your question goes to city staff." in phone.ask("water is in my house, second floor")
    with running(world) as runtime, runtime.database.read() as session:
        found = reading.by_number(session, number)
        assert found is not None
        assert sum(reading.taps(session, found).values()) == 1


def test_not_understood_leads_to_plain_japanese_then_a_person(world: World) -> None:
    phone = world.joined("Tiếng Việt", say("vi", "areas.skip.button"))
    with running(world) as runtime:
        send(runtime)
    card = phone.answer(2)[1]
    button = say("vi", "alert.not_understood.button")
    easy = phone.tap(button, [card], count=3)
    assert "逃(に)げ" in easy
    english = phone.tap(button, count=3)
    assert "EVACUATE NOW" in english
    phone.tap(button, count=1)
    assert say("vi", "person.button") in labels_of([phone.received()[-1]["message"]])


def test_a_tap_on_an_old_notice_says_what_is_true_now(own_world: World) -> None:
    phone = own_world.joined("English", "Skip")
    with running(own_world) as runtime:
        number = send(runtime)
        first = phone.answer(2)[1]
        old = _id(runtime, number)
        update = send(runtime, "river-5", kind="update", references_id=old)
        assert "UPDATE" in words_of(phone.answer(2)).upper()
        told = phone.tap("I have read it", [first], count=3)
        assert say("en", "alert.now_updated") in told
        assert f"/n/{update}" in told
        send(runtime, "river-5", kind="cancel", references_id=_id(runtime, update))
        phone.answer(2)
        assert say("en", "alert.now_cancelled") in phone.tap("I have read it", [first], count=2)


def _id(runtime: object, number: str) -> int:
    with runtime.database.read() as session:  # type: ignore[attr-defined]
        found = reading.by_number(session, number)
        assert isinstance(found, Broadcast)
        return found.id


def test_a_drill_is_marked_everywhere_and_help_asks_whether_it_is_real(world: World) -> None:
    phone = world.joined("English", "Skip")
    with running(world) as runtime:
        number = send(runtime, drill=True)
    text, card = phone.answer(2)
    first, last = say("en", "alert.drill_first"), say("en", "alert.drill_last")
    lines = text["text"].splitlines()
    assert lines[0] == first and lines[-1] == last
    assert card["altText"].startswith(first) and first in words_of([card])
    assert say("en", "alert.help_drill_question") in phone.tap("I need help", [card])
    asked = [phone.received()[-1]["message"]]
    left = phone.tap(say("en", "alert.help_drill_yes.button"), asked, count=3)
    assert say("en", "alert.help_drill_left") in left and say("en", "alert.help_first") in left
    page = requests.get(f"{world.url}/n/{number}?lang=en", timeout=10).text
    assert first in page and last in page


def test_a_real_notice_ends_the_drill(own_world: World) -> None:
    phone = own_world.joined("English", "Skip")
    with running(own_world) as runtime:
        drill = send(runtime, drill=True)
        phone.answer(2)
        send(runtime)
        phone.answer(2)
        with runtime.database.read() as session:
            found = reading.by_number(session, drill)
            assert found is not None and found.state == "cancelled"


def test_no_drill_begins_while_a_real_alert_is_in_force(world: World) -> None:
    with running(world) as runtime:
        send(runtime)
        with pytest.raises(sending.NotPossible) as refused:
            send(runtime, drill=True)
        assert refused.value.reason == "real_alert"


@pytest.mark.parametrize("tag", OWN_NAMES)
def test_the_public_page_shows_the_notice_and_its_state(world: World, tag: str) -> None:
    with running(world) as runtime:
        number = send(runtime)
        url = f"{world.url}/n/{number}?lang={tag}"
        page = requests.get(url, timeout=10)
        assert page.status_code == 200 and len(page.content) < 50_000
        assert say(tag, "notice.state.active") in page.text
        assert all(f'lang="{other}"' in page.text for other in OWN_NAMES)
        with runtime.database.write() as session:
            found = reading.by_number(session, number)
            assert found is not None
            by = f"staff:{staff(session, 'approver').id}"
            sending.stop(session, runtime, found, by, "a mistake")
        assert say(tag, "notice.state.cancelled") in requests.get(url, timeout=10).text


def test_an_unknown_number_says_so(world: World) -> None:
    page = requests.get(f"{world.url}/n/9999-9?lang=en", timeout=10)
    assert page.status_code == 404
    assert say("en", "notice.unknown") in page.text


def test_notices_now_are_in_the_menu(world: World) -> None:
    phone = world.joined("English", "Skip")
    with running(world) as runtime:
        number = send(runtime)
    phone.answer(2)
    phone.ask("menu")
    assert f"/n/{number}" in phone.tap(say("en", "menu.now.button"))


def test_ordinary_notices_can_be_muted_by_category(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("menu")
    phone.tap("Settings")
    phone.tap(say("en", "settings.categories.button"))
    health = say("en", "settings.category_on", category=say("en", "category.health"))
    off = phone.tap(health)
    assert say("en", "settings.category_off", category=say("en", "category.health")) in off
    with running(world) as runtime:
        body = {"title": {"ja": "健診", "en": "Check-up"}, "body": {"ja": "です", "en": "It is."}}
        send(runtime, "ordinary", category="health", blanks=body)
        send(runtime, "ordinary", category="school", blanks=body)
    assert len(phone.answer(2)) == 2
    assert phone.ask("thanks")
