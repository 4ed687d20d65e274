"""A key person reads a notice aloud; staff listen and release it; anybody may play it."""

import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select

from bot import networks
from bot.models import KeyPerson, Network, Sound
from bot.runtime import ROOT, Runtime
from bot.words import Words
from broadcasts import key_persons, sounds
from tests import notices
from tests.conftest import running_world, wait_until
from tests.console import Console
from tests.world import Phone, World, labels_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
OPERATOR = "sato@minato.example"
VOICE = b"\x00\x00\x00\x20ftypM4A " + bytes(range(256)) * 20


def say(id: str, **values: object) -> str:
    return WORDS.text("en", id, **values)


@pytest.fixture(scope="module", params=["postgresql"])
def city(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("sounds")
    yield from running_world(request, redis_url, folder, database=3, together=True)


@pytest.fixture
def runtime(city: World) -> Iterator[Runtime]:
    with notices.running(city) as made:
        yield made
    notices.stop_all(city)


def carrier(city: World, runtime: Runtime, name: str) -> tuple[Phone, str]:
    """A key person of a Vietnamese network who has taken a notice on; and its number."""
    phone = city.joined("English", "Skip", language="en")
    with runtime.database.write() as session:
        for earlier in session.scalars(select(Network)):
            earlier.active = False
        now = runtime.clock.now()
        network = networks.create(session, f"{name} network", "vi", "language", now)
        code = networks.invite(session, network, name, "090-0000-0000", now)[1]
    phone.ask(code)
    with runtime.database.write() as session:
        person = session.scalars(select(KeyPerson).where(KeyPerson.name == name)).one()
        key_persons.confirm(session, runtime, person, "staff:1")
        key_persons.practised(session, runtime, person)
    number = notices.send(runtime)
    messages = phone.answer(1)
    both = {say("kp.staff.button"), say("alert.read.button")}  # the question, and the notice itself
    while not both <= set(labels_of(messages)) or number not in words_of(messages):
        messages += phone.answer(1)
    phone.tap(say("kp.will.button"), count=3)
    return phone, number


def send_voice(phone: Phone, content: bytes = VOICE) -> str:
    sent = phone.act("audio", content=base64.b64encode(content).decode(), duration=4000)
    return str(sent["message_id"])


def states(runtime: Runtime) -> list[str]:
    with runtime.database.read() as session:
        return list(session.scalars(select(Sound.state).order_by(Sound.id)))


def waits_for(runtime: Runtime, state: str) -> None:
    wait_until(lambda: states(runtime)[-1:] == [state])


def test_a_recording_is_heard_by_staff_before_anybody_else(city: World, runtime: Runtime) -> None:
    phone, number = carrier(city, runtime, "Mai")
    assert "voice message" in phone.tap(say("kp.sound.button"))
    send_voice(phone)
    assert say("kp.sound.received") in phone.read()
    waits_for(runtime, "submitted")
    public, file = f"{city.url}/n/{number}?lang=vi", f"{city.url}/n/{number}/vi.m4a"
    assert "<audio" not in requests.get(public, timeout=10).text
    assert requests.get(file, timeout=10).status_code == 404
    page = f"/console/notices/{number}/relay"
    staff = Console(city.url).sign_in(OPERATOR)
    assert "Mai network" in staff.get(page) and "<audio" in staff.get(page)
    with runtime.database.read() as session:
        id = session.scalars(select(Sound.id)).all()[-1]
    assert staff.status(f"/console/notices/{number}/sounds/{id}.m4a") == 200
    staff.post(page, f"/console/notices/{number}/sounds/{id}/release")
    assert say("kp.sound.released", language="Tiếng Việt") in phone.read()
    assert "<audio" in requests.get(public, timeout=10).text
    played = requests.get(file, timeout=10, headers={"Range": "bytes=0-99"})
    assert (played.status_code, played.content) == (206, VOICE[:100])
    staff.post(page, f"/console/notices/{number}/sounds/{id}/refuse")
    assert requests.get(file, timeout=10).status_code == 404
    with runtime.database.read() as session:
        assert session.get_one(Sound, id).content is None


def test_only_a_voice_message_right_after_the_button_counts(city: World, runtime: Runtime) -> None:
    phone, _ = carrier(city, runtime, "Lan")
    before = len(states(runtime))
    send_voice(phone)
    phone.answer(1)
    assert len(states(runtime)) == before
    phone.tap(say("kp.sound.button"))
    send_voice(phone, b"not a sound at all")
    heard = phone.read()
    while say("kp.sound.failed", language="Tiếng Việt") not in heard:  # perhaps at the same moment
        heard += phone.read()
    assert say("kp.sound.received") in heard
    waits_for(runtime, "failed")


def test_what_is_taken_back_is_gone(city: World, runtime: Runtime) -> None:
    phone, _ = carrier(city, runtime, "Hoa")
    phone.tap(say("kp.sound.button"))
    message_id = send_voice(phone)
    phone.answer(1)
    waits_for(runtime, "submitted")
    phone.act("unsend", message_id=message_id)
    waits_for(runtime, "refused")


def test_a_newer_recording_takes_the_place_and_time_erases_it(
    city: World, runtime: Runtime
) -> None:
    phone, _ = carrier(city, runtime, "Thu")
    for _ in range(2):
        phone.tap(say("kp.sound.button"), among=[i["message"] for i in phone.received()])
        send_voice(phone)
        phone.answer(1)
        waits_for(runtime, "submitted")
    assert states(runtime)[-2:] == ["refused", "submitted"]
    notices.stop_all(city)
    city.move_clock((sounds.KEPT + timedelta(days=1)).total_seconds())
    wait_until(lambda: states(runtime) == [])
