"""Is this true? Asked in the chat, looked into at the console by two people, answered to all."""

import re
from collections.abc import Iterator

import pytest
import requests
from sqlalchemy import select

from bot import networks
from bot.models import Case, Message, Rumour, RumourQuestion
from bot.runtime import ROOT, Runtime
from bot.words import Words
from tests import notices
from tests.conftest import running_world
from tests.console import Console
from tests.handlers.officer import APPROVER, OPERATOR
from tests.journeys.test_relay import key_person
from tests.world import Phone, World, labels_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
DESK = "/console/rumours"
DANGER = "Someone says a fire burns my house"


def say(id: str, tag: str = "en", **values: object) -> str:
    return WORDS.text(tag, id, **values)


@pytest.fixture(scope="module", params=["sqlite"])
def city(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("rumours")
    yield from running_world(request, redis_url, folder, database=3, together=True)


@pytest.fixture
def runtime(city: World) -> Iterator[Runtime]:
    with notices.running(city) as made:
        yield made
    notices.stop_all(city)


def english(city: World) -> Phone:
    return city.joined("English", "Skip", language="en")


def asks(phone: Phone, words: str) -> str:
    """From the notices of now: tap the button, write what was heard; what comes back."""
    phone.act("postback", data="do=now")
    phone.answer(1)
    assert say("rumour.ask") in phone.tap(say("rumour.button"))
    return phone.ask(words)


def folds(runtime: Runtime, phone: Phone) -> list[str]:
    with runtime.database.read() as session:
        mine = select(RumourQuestion).order_by(RumourQuestion.id)
        return [row.fold for row in session.scalars(mine) if row.resident.line_user_id == phone.id]


def noted(city: World, runtime: Runtime, *phones: Phone, claim: str) -> str:
    """An operator puts their questions together; the rumour's address."""
    console = Console(city.url).sign_in(OPERATOR)
    heard = [fold for phone in phones for fold in folds(runtime, phone)]
    console.post(DESK, f"{DESK}/group", heard=heard, claim=claim)  # type: ignore[arg-type]
    with runtime.database.read() as session:
        id = session.scalars(select(Rumour.id).where(Rumour.claim == claim)).one()
    return f"{DESK}/{id}"


def answered(city: World, path: str, verdict: str, **more: str) -> None:
    """One writes it, another confirms it."""
    form = {
        "verdict": verdict,
        "japanese": "動物園からライオンが逃げた",
        "plain": "ライオンが 動物園(どうぶつえん)から 逃(に)げました",
        "english": "A lion escaped from the zoo.",
        "source": "みなと市動物園",
        "hours": "24",
    }
    console = Console(city.url).sign_in(OPERATOR)
    assert "別の承認者" in console.post(path, f"{path}/answer", **(form | more))
    other = Console(city.url).sign_in(APPROVER)
    found = re.search(r'action="([^"]+/confirm)"', other.get(path))
    assert found
    assert "確認しました" in other.post(path, found.group(1))


def test_asked_answered_to_all_corrected_and_answered_at_once_later(
    city: World, runtime: Runtime
) -> None:
    one, two = english(city), english(city)
    assert say("rumour.thanks") in asks(one, "They say a lion walks about.")
    assert say("rumour.thanks") in asks(two, "Is there a lion in town?")
    path = noted(city, runtime, one, two, claim="ライオン")
    answered(city, path, "unknown")
    for phone in (one, two):
        told = phone.read()
        assert told.startswith(say("rumour.unknown")) and "みなと市動物園" in told
    link = re.search(r"http\S+/r/\d+", told)
    assert link
    page = requests.get(f"{link.group()}?lang=en", timeout=10).text
    assert say("rumour.unknown") in page and "A lion escaped from the zoo." in page
    answered(city, path, "false")
    for phone in (one, two):
        assert phone.read().startswith(f"{say('alert.update_mark')} {say('rumour.false')}")
    assert say("rumour.false") in requests.get(f"{link.group()}?lang=en", timeout=10).text
    late = english(city)
    assert asks(late, "they say a LION walks about").startswith(say("rumour.false"))
    assert say("rumour.thanks") in late.tap(say("rumour.other.button"))
    assert words_of([item["message"] for item in one.received()]).count(link.group()) == 2


def test_key_persons_of_the_chosen_network_get_words_to_copy(city: World, runtime: Runtime) -> None:
    with runtime.database.write() as session:
        made = networks.create(session, "Hội vườn thú", "vi", "language", runtime.clock.now())
        network = made.id
    carrier = key_person(city, runtime, network, "Carrier")
    asker = english(city)
    asks(asker, "Is it true that the bridge is gone?")
    path = noted(city, runtime, asker, claim="橋")
    answered(city, path, "false", network=str(network))
    told = carrier.read(2)
    assert say("kp.rumour", network="Hội vườn thú") in told
    assert say("rumour.false", "vi") in told
    assert asker.read().startswith(say("rumour.false"))


def test_danger_is_answered_first_and_looked_into_all_the_same(
    city: World, runtime: Runtime
) -> None:
    phone = english(city)
    phone.act("postback", data="do=rumour")
    phone.answer(1)
    phone.write(DANGER)
    messages = phone.answer(3)
    assert "119" in words_of(messages[:2])
    assert words_of(messages[-1:]) == say("rumour.thanks")
    assert len(folds(runtime, phone)) == 1


def test_what_must_stay_private_never_reaches_the_desk(city: World, runtime: Runtime) -> None:
    phone = english(city)
    phone.act("postback", data="do=rumour")
    phone.answer(1)
    phone.ask("My husband beats me")
    phone.ask("He says it is normal here")
    assert folds(runtime, phone) == []


def test_a_question_taken_back_is_read_by_nobody(city: World, runtime: Runtime) -> None:
    phone = english(city)
    asks(phone, "Is the school closed for ever?")
    (sent,) = (
        item
        for item in city.simulator.get(f"users/{phone.id}/messages")["items"]
        if item.get("from") == "user" and "for ever" in str(item.get("message", ""))
    )
    phone.act("unsend", message_id=sent["message"]["id"])
    console = Console(city.url).sign_in(OPERATOR)
    city.wait_until(lambda: "for ever" not in console.get(DESK))


def test_the_button_stands_where_somebody_does_not_understand(
    city: World, runtime: Runtime
) -> None:
    phone = english(city)
    phone.write("qwrtz plmk vfgh")
    assert say("rumour.button") in labels_of(phone.answer(1))
    notices.send(runtime)
    phone.answer(2)
    phone.tap(say("alert.not_understood.button"), count=2)
    assert say("rumour.button") in labels_of([row["message"] for row in phone.received()[-2:]])
    phone.act("postback", data="do=now")
    assert say("rumour.button") in labels_of(phone.answer(1))


def test_it_is_for_the_desk_even_while_staff_have_the_conversation(
    city: World, runtime: Runtime
) -> None:
    phone = english(city)
    phone.act("postback", data="do=person")
    phone.answer(1)
    assert say("rumour.thanks") in asks(phone, "Is the hall closed?")
    with runtime.database.read() as session:
        message = session.scalars(select(Message).where(Message.text == "Is the hall closed?"))
        assert message.one().case_id is None
        assert session.scalars(select(Case)).first() is not None
