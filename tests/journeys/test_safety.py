"""*Are you safe?* on the phone: the three answers, and where somebody is, only when asked."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from bot.models import SafetyAnswer
from bot.models.broadcasts import Broadcast
from bot.runtime import ROOT, Runtime
from bot.words import Words
from broadcasts import sending
from tests.notices import running, send, stop_all
from tests.world import Phone, World, labels_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
HERE = {"latitude": 35.5321, "longitude": 139.7021}


def say(id: str, **values: object) -> str:
    return WORDS.text("en", id, **values)


@pytest.fixture
def runtime(world: World) -> Iterator[Runtime]:
    with running(world) as made:
        yield made
    stop_all(world)


def answers(runtime: Runtime, number: str) -> list[SafetyAnswer]:
    with runtime.database.read() as session:
        mine = select(SafetyAnswer).join(Broadcast).where(Broadcast.number == number)
        return list(session.scalars(mine))


def alerted(world: World, runtime: Runtime, **changes: object) -> tuple[Phone, str]:
    """Somebody who got an alert that asks; the alert's number."""
    phone = world.joined("English", "Skip")
    number = send(runtime, asks_safety=True, **changes)
    card = phone.answer(2)[1]
    assert say("safe.ask") in words_of([card])
    for id in ("safe.safe.button", "alert.help.button", "safe.where.button"):
        assert say(id) in labels_of([card])
    return phone, number


def place(phone: Phone) -> str:
    phone.act("location", **HERE)
    return words_of(phone.answer())


def test_safe_then_help_then_safe_again(world: World, runtime: Runtime) -> None:
    phone, number = alerted(world, runtime)
    before, after = say("safe.thanks", time="|").split("|")
    thanks = phone.tap(say("safe.safe.button"))
    assert thanks.startswith(before) and thanks.endswith(after)
    assert [row.kind for row in answers(runtime, number)] == ["safe"]
    assert say("alert.help_first") in phone.tap(say("alert.help.button"), count=2)
    assert [row.kind for row in answers(runtime, number)] == ["help"]
    card = [item["message"] for item in phone.received() if "flex" in str(item["message"])][-2:]
    phone.tap(say("safe.safe.button"), card[:1])
    assert [row.kind for row in answers(runtime, number)] == ["safe"]


def test_where_is_kept_only_after_the_tap_and_once(world: World, runtime: Runtime) -> None:
    phone, number = alerted(world, runtime)
    place(phone)  # nobody asked: it is for the way to a shelter
    assert answers(runtime, number) == []
    assert say("safe.where_ask") in phone.tap(say("safe.where.button"), alert_of(phone))
    assert say("safe.where_kept") in place(phone)
    [row] = answers(runtime, number)
    assert (row.kind, row.latitude, row.longitude) == (None, 35.5321, 139.7021)
    phone.act("location", latitude=1.0, longitude=2.0)
    phone.answer()
    assert answers(runtime, number)[0].latitude == 35.5321


def alert_of(phone: Phone) -> list[dict[str, object]]:
    """The alert's card, however long ago it came."""
    found = [item["message"] for item in phone.received()]
    return [m for m in found if say("safe.where.button") in labels_of([m]) and m["type"] == "flex"]


def test_where_is_not_kept_a_quarter_of_an_hour_later(world: World, runtime: Runtime) -> None:
    phone, number = alerted(world, runtime)
    phone.tap(say("safe.where.button"))
    world.move_clock(15 * 60 + 1)
    assert say("safe.where_kept") not in place(phone)
    assert answers(runtime, number)[0].latitude is None


def test_nor_when_the_notice_is_over(world: World, runtime: Runtime) -> None:
    phone, number = alerted(world, runtime)
    phone.tap(say("safe.where.button"))
    with runtime.database.write() as session:
        broadcast = session.scalars(select(Broadcast).where(Broadcast.number == number)).one()
        sending.stop(session, runtime, broadcast, "bot", "over")
    assert say("safe.where_kept") not in place(phone)
    assert answers(runtime, number)[0].latitude is None
    phone.tap(say("safe.where.button"), alert_of(phone))
    phone.tap(say("safe.safe.button"), alert_of(phone), count=2)  # over, and thanks all the same


def test_asking_for_a_shelter_afterwards_leads_to_a_shelter(world: World, runtime: Runtime) -> None:
    phone, number = alerted(world, runtime)
    phone.tap(say("safe.where.button"))
    phone.act("postback", data="do=places&hazard=flood")
    phone.answer()
    phone.act("location", **HERE)
    assert say("safe.where_kept") not in words_of(phone.answer())
    assert answers(runtime, number)[0].latitude is None


def test_help_goes_on_as_ever_and_where_does_not_swallow_the_words(
    world: World, runtime: Runtime
) -> None:
    phone, number = alerted(world, runtime)
    phone.tap(say("alert.help.button"), count=2)
    phone.tap(say("safe.where.button"))
    assert say("safe.where_kept") in place(phone)
    assert say("case.opened") in phone.ask("water is in my house, second floor")
    [row] = answers(runtime, number)
    assert (row.kind, row.latitude) == ("help", 35.5321)


def test_a_drill_is_a_drill_at_every_step(world: World, runtime: Runtime) -> None:
    phone, number = alerted(world, runtime, drill=True)
    mark = say("alert.drill_first")
    assert mark in phone.tap(say("safe.safe.button"))
    assert mark in phone.tap(say("safe.where.button"))
    assert mark in place(phone)
    assert say("alert.help_drill_question") in phone.tap(say("alert.help.button"))
    assert [row.kind for row in answers(runtime, number)] == ["help"]


def test_deleted_with_the_persons_data(world: World, runtime: Runtime) -> None:
    phone, number = alerted(world, runtime)
    phone.tap(say("safe.safe.button"))
    phone.act("postback", data="do=delete_yes")
    phone.answer()
    assert answers(runtime, number) == []


def test_a_notice_that_does_not_ask_takes_no_answer(world: World, runtime: Runtime) -> None:
    phone = world.joined("English", "Skip")
    number = send(runtime)
    card = phone.answer(2)[1]
    assert say("safe.safe.button") not in labels_of([card])
    for data in (f"do=ack&n={number}&kind=safe", f"do=safe_where&n={number}", "do=safe_where&n=x"):
        phone.act("postback", data=data)
        phone.answer()
    assert answers(runtime, number) == []
