"""A key person's own settings in the chat, the yearly question, and handing a notice on."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.models import KeyPerson, Relay
from bot.runtime import Runtime
from broadcasts import availability, care
from tests import notices
from tests.conftest import running_world, wait_until
from tests.journeys.test_relay import asked_of, english, key_person, network, relay_of, say
from tests.world import Phone, World, labels_of, words_of

PRACTICE = {"drill": True, "relay_only": True}
"""Nothing but the question reaches a key person: no alert to themselves comes in between."""


@pytest.fixture(scope="module", params=["postgresql"])
def city(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("care")
    yield from running_world(request, redis_url, folder, database=4, together=True)


@pytest.fixture
def runtime(city: World) -> Iterator[Runtime]:
    with notices.running(city) as made:
        yield made
    notices.stop_all(city)


def stored(runtime: Runtime, name: str) -> KeyPerson:
    with runtime.database.read() as session:
        return session.scalars(select(KeyPerson).where(KeyPerson.name == name)).one()


def role(phone: Phone) -> str:
    phone.act("postback", data="do=settings")
    phone.answer(1)
    return phone.tap(say("kp.role.button"))


def test_only_key_persons_have_the_entry(city: World, runtime: Runtime) -> None:
    stranger = english(city)
    stranger.act("postback", data="do=settings")
    assert say("kp.role.button") not in str(labels_of(stranger.answer(1)))
    stranger.act("postback", data="do=role&what=leave")
    assert say("kp.not_yours") in stranger.read()


def test_quiet_hours_and_pauses_are_a_few_taps(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Sleepers")
    phone = key_person(city, runtime, id, "Sleeper")
    assert say("kp.quiet_none") in role(phone)
    assert say("kp.quiet_ask") in phone.tap(say("kp.quiet.button"))
    assert say("kp.night_ask") in phone.tap("22:00–06:00")
    assert say("kp.night_yes") in phone.tap(say("kp.night_yes.button"))
    person = stored(runtime, "Sleeper")
    assert (person.quiet_from, person.quiet_to, person.night_ok) == (22, 6, True)
    words = role(phone)
    assert say("kp.quiet", hours="22:00–06:00") in words
    assert say("kp.night_yes") in words
    phone.tap(say("kp.quiet.button"))
    assert say("kp.quiet_none") in phone.tap(say("kp.quiet_never.button"))
    person = stored(runtime, "Sleeper")
    assert (person.quiet_from, person.quiet_to, person.night_ok) == (None, None, False)
    role(phone)
    assert say("kp.pause_ask") in phone.tap(say("kp.pause.button"))
    paused = phone.tap(say("kp.pause_week.button"))
    assert re.search(r"Until \d+ \w+ 00:00 we do not ask you", paused)
    assert availability.is_paused(stored(runtime, "Sleeper"), runtime.clock.now())
    assert say("kp.resumed") in phone.tap(say("kp.resume.button"))
    assert not availability.is_paused(stored(runtime, "Sleeper"), runtime.clock.now())


def test_what_nobody_offered_changes_nothing(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Forgers")
    phone = key_person(city, runtime, id, "Forger")
    for data in ("what=pause_for&length=9999", "what=nonsense", "what=quiet_at&hours=5-77"):
        phone.act("postback", data=f"do=role&{data}")
        phone.answer(1)
    person = stored(runtime, "Forger")
    assert (person.paused_until, person.quiet_from, person.state) == (None, None, "active")


def test_the_year_counts_what_was_passed_on(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Helpers", "vi")
    phone = key_person(city, runtime, id, "Helper")
    number, _ = asked_of(phone, runtime, **PRACTICE)
    phone.tap(say("kp.will.button"), count=3)
    city.move_clock(120)
    phone.tap(say("kp.report.button"))
    phone.tap(say("kp.reach_more.button", number=10))
    assert relay_of(runtime, number).state == "relayed"
    role(phone)
    told = phone.tap(say("kp.hours.button"))
    assert say("kp.hours", number=1) in told
    assert re.search(r"report: [23] minutes", told)


def test_what_was_taken_on_can_be_handed_on(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Pairs", "vi")
    first = key_person(city, runtime, id, "First of two")
    second = key_person(city, runtime, id, "Second of two")
    number, _ = asked_of(first, runtime, **PRACTICE)
    first.tap(say("kp.will.button"), count=3)
    assert say("kp.handed_on", network="Pairs") in first.tap(say("kp.hand_on.button"))
    messages = second.answer(1)
    while say("kp.will.button") not in str(labels_of(messages)):
        messages += second.answer(1)
    with runtime.database.read() as session:
        rows = session.scalars(select(Relay).where(Relay.network_id == id).order_by(Relay.id))
        assert [row.state for row in rows] == ["declined", "requested"]
    assert number in words_of(messages)


def test_after_a_year_they_are_asked_and_stay(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Faithful")
    phone = key_person(city, runtime, id, "Faithful one")
    ask_now(runtime, "Faithful one")
    assert say("kp.confirm_year", network="Faithful") in phone.read()
    now = runtime.clock.now()
    assert not care.is_silent(stored(runtime, "Faithful one"), now)
    assert care.is_silent(stored(runtime, "Faithful one"), now + timedelta(days=31))
    assert say("kp.stayed") in phone.tap(say("kp.stay.button"))
    person = stored(runtime, "Faithful one")
    assert person.stay_asked_at is None and person.confirmed_at is not None


def ask_now(runtime: Runtime, name: str) -> None:
    with runtime.database.write() as session:
        person = session.scalars(select(KeyPerson).where(KeyPerson.name == name)).one()
        care.ask_to_stay(session, runtime, person)


def test_leaving_hands_on_what_they_have_in_hand(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Goodbye", "vi")
    phone = key_person(city, runtime, id, "Goodbye one")
    number, _ = asked_of(phone, runtime, **PRACTICE)
    role(phone)
    assert say("kp.leave_ask", network="Goodbye") in phone.tap(say("kp.stop.button"))
    assert say("kp.left") in phone.tap(say("kp.leave.button"))
    assert relay_of(runtime, number).state == "cancelled"
    with runtime.database.read() as session:
        assert not session.scalars(select(KeyPerson).where(KeyPerson.name == "Goodbye one")).all()


def test_the_lane_asks_by_itself_at_ten_and_once(city: World, runtime: Runtime) -> None:
    id, _ = network(runtime, "Yearly")
    phone = key_person(city, runtime, id, "Yearly one")
    city.move_clock(366 * 24 * 3600)
    wait_until(lambda: stored(runtime, "Yearly one").stay_asked_at is not None)
    assert say("kp.confirm_year", network="Yearly") in phone.read()
    city.move_clock(24 * 3600)
    care.run(runtime)
    asked = [item for item in phone.received() if say("kp.stay.button") in str(item)]
    assert len(asked) == 1
