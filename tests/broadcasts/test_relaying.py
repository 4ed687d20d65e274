"""Who is asked, who takes it, who is asked next, and what is left when a notice is over."""

import re
from datetime import timedelta
from functools import partial

import pytest

from bot.models import KeyPerson
from bot.models.broadcasts import Policy
from bot.runtime import ROOT
from bot.words import Words
from broadcasts import relaying
from tests.broadcasts.carriers import Carriers
from tests.broadcasts.test_sending import at_once
from tests.broadcasts.town import Town

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
ANSWER, CARRY = 3 * 60 + 1, 15 * 60 + 1


@pytest.fixture
def carriers(town: Town) -> Carriers:
    return Carriers(town)


def say(id: str, **values: object) -> str:
    return WORDS.text("en", id, **values)


def asked(carriers: Carriers, **changes: object) -> int:
    """A notice in force whose networks were asked."""
    id = carriers.town.send(**changes)
    carriers.ask()
    return id


def test_the_first_of_each_network_is_asked_at_once(carriers: Carriers) -> None:
    one, two = carriers.network("hi"), carriers.network("vi", key_persons=1)
    id = asked(carriers)
    rows = carriers.relays(id)
    assert [(row.network_id, row.state) for row in rows] == [(one, "requested"), (two, "requested")]
    said = carriers.told(rows[0].key_person_id)
    assert say("kp.text_none", language="हिन्दी") in said
    assert re.search(r"answer by \d\d:\d\d", said)
    assert "警戒" in said  # in plain Japanese
    for button in ("kp.will.button", "kp.cannot.button", "kp.staff.button"):
        assert say(button) in said
    vietnamese = carriers.told(rows[1].key_person_id)
    assert say("kp.text_reviewed", language="Tiếng Việt") in vietnamese
    assert "sơ tán" in vietnamese.casefold()


def test_in_training_paused_or_suspended_nobody_is_asked(carriers: Carriers) -> None:
    network = carriers.network(key_persons=0)
    carriers.key_person(network, state="training")
    resting, suspended = carriers.key_person(network), carriers.key_person(network)
    carriers.suspend(suspended)
    with carriers.town.runtime.database.write() as session:
        now = carriers.town.runtime.clock.now()
        session.get_one(KeyPerson, resting).paused_until = now + timedelta(hours=1)
    id = asked(carriers)
    assert carriers.relays(id) == []
    assert carriers.gaps(id) == {network}
    carriers.town.move_clock(3601)
    carriers.ask()
    assert carriers.states(id) == [(resting, "requested")]
    assert carriers.gaps(id) == set()


def test_silence_passes_it_on_and_the_late_one_may_still_take_it(carriers: Carriers) -> None:
    network = carriers.network(key_persons=2)
    id = asked(carriers)
    first, second = carriers.persons
    carriers.town.move_clock(ANSWER)
    carriers.ask()
    assert carriers.states(id) == [(first, "expired"), (second, "requested")]
    assert say("kp.asked_next") in carriers.told(first)
    late, other = carriers.relays(id)
    assert carriers.will(late.id)
    assert not carriers.will(other.id)
    assert carriers.states(id) == [(first, "accepted"), (second, "cancelled")]
    assert "already doing it" in carriers.told(second)
    carriers.town.move_clock(ANSWER)
    carriers.ask()
    assert carriers.gaps(id) == set() and network


def test_two_at_the_same_moment_one_has_it(carriers: Carriers) -> None:
    carriers.network(key_persons=2)
    id = asked(carriers)
    carriers.town.move_clock(ANSWER)
    carriers.ask()
    one, two = (partial(carriers.will, row.id) for row in carriers.relays(id))
    assert sorted(map(bool, at_once(one, two))) == [False, True]
    assert sorted(state for _, state in carriers.states(id)) in (
        ["accepted", "cancelled"], ["accepted", "expired"],
    )  # fmt: skip


def test_cannot_today_asks_the_next_and_not_them_again_today(carriers: Carriers) -> None:
    carriers.network(key_persons=2)
    id = asked(carriers)
    first, second = carriers.persons
    assert carriers.cannot(carriers.relays(id)[0].id)
    carriers.ask()
    assert carriers.states(id) == [(first, "declined"), (second, "requested")]
    later = asked(carriers)
    assert carriers.states(later) == [(second, "requested")]
    carriers.town.move_clock(24 * 3600)
    tomorrow = asked(carriers)
    assert carriers.states(tomorrow) == [(first, "requested")]


def test_nobody_left_is_noted_until_somebody_takes_it(carriers: Carriers) -> None:
    network = carriers.network(key_persons=1)
    id = asked(carriers)
    assert carriers.gaps(id) == set()
    carriers.town.move_clock(ANSWER)
    carriers.ask()
    assert carriers.gaps(id) == {network}
    assert carriers.will(carriers.relays(id)[0].id)
    assert carriers.gaps(id) == set()


def test_not_reported_in_time_the_next_is_asked_and_a_late_report_counts(
    carriers: Carriers,
) -> None:
    carriers.network(key_persons=2)
    id = asked(carriers)
    first, second = carriers.persons
    row = carriers.relays(id)[0]
    assert carriers.will(row.id)
    carriers.town.move_clock(CARRY)
    carriers.ask()
    assert carriers.states(id) == [(first, "expired"), (second, "requested")]
    assert say("kp.report_missing") in carriers.told(first)
    assert carriers.report(row.id, 30)
    assert carriers.states(id) == [(first, "relayed"), (second, "cancelled")]
    assert carriers.relays(id)[0].reached == 30


def test_hours_where_nothing_presses_and_as_the_policy_says(carriers: Carriers) -> None:
    with carriers.town.runtime.database.read() as session:
        assert relaying.limits(session, "Extreme").answer == timedelta(minutes=3)
        assert relaying.limits(session, "Minor").answer == timedelta(hours=4)
    with carriers.town.runtime.database.write() as session:
        session.add(Policy(severity="Severe", answer_minutes=7, carry_minutes=20))
    with carriers.town.runtime.database.read() as session:
        assert relaying.limits(session, "Severe").answer == timedelta(minutes=7)
        assert relaying.limits(session, "Severe").carry == timedelta(minutes=20)


@pytest.mark.parametrize("how", ["stop", "update", "expire"])
def test_when_a_notice_is_over_nobody_carries_it_on(carriers: Carriers, how: str) -> None:
    carriers.network("hi", key_persons=1)
    carriers.network("fa", key_persons=1)
    id = asked(carriers, expires_at=carriers.town.runtime.clock.now() + timedelta(hours=3))
    first, second = carriers.persons
    carriers.will(carriers.relays(id)[0].id)
    assert carriers.write(carriers.relays(id)[0].id) == "submitted"
    if how == "stop":
        carriers.town.stop(id)
    elif how == "update":
        newer = carriers.town.number(carriers.town.begin(kind="update", references_id=id))
    else:
        carriers.town.move_clock(3 * 3600 + 1)
        carriers.town.lane()
    assert carriers.states(id) == [(first, "cancelled"), (second, "cancelled")]
    assert carriers.claims(id) == {"cancelled": 1}
    old = carriers.town.number(id)
    for person in (first, second):
        word = say("kp.closed", old=old)
        if how == "update":
            word = say("kp.closed_replaced", old=old, number=newer)
        assert word in carriers.told(person)
    assert carriers.release(id) == "none"
    assert not carriers.will(carriers.relays(id)[0].id)


def test_paused_nobody_new_is_asked(carriers: Carriers) -> None:
    carriers.network(key_persons=2)
    id = asked(carriers)
    carriers.town.pause(id)
    carriers.town.move_clock(ANSWER)
    carriers.ask()
    assert [state for _, state in carriers.states(id)] == ["requested"]
    carriers.town.resume(id)
    carriers.town.move_clock(31)
    carriers.ask()
    assert [state for _, state in carriers.states(id)] == ["expired", "requested"]
