"""A key person's chat: invited, called, practised, asked; passes on, writes, refuses, reports."""

import re
from collections.abc import Iterator

import pytest
import requests
from sqlalchemy import select

from bot import networks
from bot.models import KeyPerson, Network, Relay
from bot.models.broadcasts import Broadcast
from bot.runtime import ROOT, Runtime
from bot.words import Words
from broadcasts import key_persons, relaying, text_claims
from tests import notices
from tests.conftest import running_world
from tests.world import Phone, World, actions_of, labels_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
HINDI = "बाढ़ का खतरा। अभी ऊँची जगह जाएँ।"


def say(id: str, **values: object) -> str:
    return WORDS.text("en", id, **values)


@pytest.fixture(scope="module", params=["postgresql"])
def city(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("relays")
    yield from running_world(request, redis_url, folder, database=3, together=True)


@pytest.fixture
def runtime(city: World) -> Iterator[Runtime]:
    with notices.running(city) as made:
        yield made
    notices.stop_all(city)


def network(runtime: Runtime, name: str, language: str = "hi") -> tuple[int, str]:
    """A network and its code; those of earlier tests are put out of use."""
    with runtime.database.write() as session:
        for earlier in session.scalars(select(Network)):
            earlier.active = False
        made = networks.create(session, name, language, "language", runtime.clock.now())
        return made.id, made.code or ""


def invitation(runtime: Runtime, network_id: int, name: str) -> str:
    with runtime.database.write() as session:
        to = session.get_one(Network, network_id)
        now = runtime.clock.now()
        return networks.invite(session, to, name, "090-0000-0000", now)[1]


def confirmed(runtime: Runtime, name: str) -> int:
    with runtime.database.write() as session:
        person = session.scalars(select(KeyPerson).where(KeyPerson.name == name)).one()
        assert key_persons.confirm(session, runtime, person, "staff:1")
        return person.id


def key_person(city: World, runtime: Runtime, network_id: int, name: str) -> Phone:
    """Somebody all the way to *active*, by their own taps."""
    phone = english(city)
    assert "call you" in phone.ask(invitation(runtime, network_id, name))
    confirmed(runtime, name)
    asked = phone.answer(2)
    assert say("kp.practice_notice") in words_of(asked)
    phone.tap(say("kp.will.button"), count=3)
    phone.tap(say("kp.report.button"))
    assert "now a key person" in phone.tap(say("kp.reach_more.button", number=10))
    return phone


def english(city: World) -> Phone:
    return city.joined("English", "Skip", language="en")


def test_a_code_joins_a_network_and_can_be_left(city: World, runtime: Runtime) -> None:
    _, code = network(runtime, "Hindi Sabha {x}")
    phone = english(city)
    assert "You are now in Hindi Sabha {x}" in phone.ask(code.lower().replace("-", " "))
    assert "already" in phone.ask(code)
    phone.act("postback", data="do=networks")
    assert "Tap one to leave" in phone.read()
    assert "You left Hindi Sabha {x}" in phone.tap("Hindi Sabha {x}")
    phone.act("postback", data="do=networks")
    assert "in no network" in phone.read()


def test_wrong_codes_are_few_and_revoked_ones_wrong(city: World, runtime: Runtime) -> None:
    id, code = network(runtime, "Once more")
    with runtime.database.write() as session:
        session.get_one(Network, id).code = None
    phone = english(city)
    assert say("network.code_unknown") in phone.ask(code)
    for _ in range(4):
        phone.ask("N-ABCDEFGH")
    assert say("network.too_many_tries", minutes=10) in phone.ask("N-ABCDEFGH")


def test_an_invitation_works_once_and_makes_nobody_else_a_key_person(
    city: World, runtime: Runtime
) -> None:
    id, _ = network(runtime, "Invited")
    code = invitation(runtime, id, "Asha")
    first, second = english(city), english(city)
    assert "Asha" in first.ask(code)
    assert "not valid" in second.ask(code)
    late = invitation(runtime, id, "Late")
    city.move_clock(24 * 3600 + 1)
    assert "too old" in second.ask(late)
    first.act("postback", data="do=practice&what=reached")
    assert say("kp.not_yours") in first.read()  # staff have not called yet


def asked_of(phone: Phone, runtime: Runtime, **changes: object) -> tuple[str, str]:
    """A real notice goes out; its number and everything the key person got."""
    number = notices.send(runtime, **changes)
    # The question and the person's own alert come from different lanes, in either order.
    awaited = [say("kp.will.button")]
    if not changes.get("relay_only"):
        awaited.append(say("alert.help.button"))
    messages = phone.answer(1)
    while not all(label in labels_of(messages) for label in awaited):
        messages += phone.answer(1)
    return number, words_of(messages)


def test_the_checked_text_is_passed_on_in_four_taps(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Hội Việt", "vi")
    phone = key_person(city, runtime, id, "Mai")
    number, words = asked_of(phone, runtime)
    assert "Hội Việt" in words and say("kp.text_reviewed", language="Tiếng Việt") in words
    assert "警戒" in words
    carried = phone.tap(say("kp.will.button"), count=3)
    assert say("kp.members_few", network="Hội Việt") in carried and "sơ tán" in carried.casefold()
    phone.tap(say("kp.report.button"))
    assert "Hội Việt" in phone.tap(say("kp.reach_more.button", number=30))
    row = relay_of(runtime, number)
    assert (row.state, row.reached) == ("relayed", 30)
    assert row.opened_at is not None


def relay_of(runtime: Runtime, number: str) -> Relay:
    with runtime.database.read() as session:
        found = session.scalars(select(Relay).join(Broadcast).where(Broadcast.number == number))
        return found.all()[-1]


def test_opening_the_page_is_noted(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Openers", "vi")
    phone = key_person(city, runtime, id, "Opener")
    number = notices.send(runtime)
    messages = phone.answer(3)
    while not any("&r=" in action.get("uri", "") for action in actions_of(messages)):
        messages += phone.answer(1)
    link = next(a["uri"] for a in actions_of(messages) if "&r=" in a.get("uri", ""))
    assert relay_of(runtime, number).opened_at is None
    assert requests.get(link[:-1] + "0", timeout=10).ok
    assert relay_of(runtime, number).opened_at is None
    assert number in requests.get(link, timeout=10).text
    assert relay_of(runtime, number).opened_at is not None


def test_a_text_is_written_shown_back_released_and_reaches_its_readers(
    city: World, runtime: Runtime
) -> None:
    id, _ = network(runtime, "हिन्दी सभा")
    phone, reader = key_person(city, runtime, id, "Ravi"), reader_of(city)
    number, words = asked_of(phone, runtime)
    assert say("kp.text_none", language="हिन्दी") in words
    assert say("kp.write_offer", language="हिन्दी") in phone.tap(say("kp.will.button"), count=3)
    assert "in one message" in phone.tap(say("kp.write.button"))
    assert "1001" in phone.ask("अ" * 1001)
    shown = phone.ask(HINDI, count=2)
    assert HINDI in shown and say("kp.show_back") in shown
    assert "in one message" in phone.tap(say("kp.again.button"))
    phone.ask(f"{HINDI} 119", count=2)
    assert say("kp.submitted") in phone.tap(say("kp.send.button"))
    assert reader.answer(3)  # the fallback
    with runtime.database.write() as session:
        broadcast = session.scalars(select(Broadcast).where(Broadcast.number == number)).one()
        claim = relaying.claims(session, broadcast, ("submitted",))[0]
        text_claims.release(session, runtime, broadcast, claim, "staff:1")
    text = reader.read(2)
    assert text.startswith(f"{HINDI} 119") and number in text
    assert "हिन्दी सभा" in text
    assert say("kp.released", language="हिन्दी") in told(phone)
    page = requests.get(f"{city.url}/n/{number}?lang=hi", timeout=10).text
    assert HINDI in page and "हिन्दी सभा" in page


def reader_of(city: World, language: str = "हिन्दी") -> Phone:
    phone = city.resident(joins=False, language="ko")
    phone.act("follow")
    phone.answer(2)
    phone.tap(language, count=2)
    skip = WORDS.text("hi", "areas.skip.button")
    phone.tap(skip, count=2)
    return phone


def told(phone: Phone) -> str:
    """Everything that came since, whenever it comes."""
    return phone.read()


def test_cannot_today_is_without_blame_and_the_next_is_asked(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Two of us")
    first = key_person(city, runtime, id, "First")
    second = key_person(city, runtime, id, "Second")
    asked_of(first, runtime)
    assert say("kp.declined") in first.tap(say("kp.cannot.button"))
    messages = second.answer(1)
    while say("kp.will.button") not in str(labels_of(messages)):
        messages += second.answer(1)
    assert "Two of us" in words_of(messages)


def test_asking_staff_opens_a_case_about_the_notice(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Askers")
    phone = key_person(city, runtime, id, "Asker")
    asked_of(phone, runtime)
    assert say("kp.ask_staff") in phone.tap(say("kp.staff.button"), count=2)
    assert say("case.added") in phone.ask("Which school do they mean?")


def test_old_buttons_say_what_is_true_now(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Late ones")
    phone = key_person(city, runtime, id, "Later")
    number, _ = asked_of(phone, runtime)
    before = [item["message"] for item in phone.received()[-3:]]
    notices.stop_all(city)
    assert say("kp.closed", old=number) in told(phone)
    assert say("kp.closed", old=number) in phone.tap(say("kp.will.button"), among=before)
    stranger = english(city)
    action = next(a for a in actions_of(before) if a.get("label") == say("kp.will.button"))
    stranger.act("postback", data=action["data"])
    assert say("kp.not_yours") in stranger.read()
    assert re.search(r"r=\d+", action["data"])


def test_deleting_ones_data_ends_the_role(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Leavers")
    phone = key_person(city, runtime, id, "Leaver")
    number, _ = asked_of(phone, runtime)
    phone.act("postback", data="do=delete_yes")
    phone.answer(1)
    with runtime.database.read() as session:
        assert not session.scalars(select(KeyPerson).where(KeyPerson.name == "Leaver")).all()
    assert relay_of(runtime, number).state == "cancelled"
