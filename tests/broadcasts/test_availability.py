"""Who is asked when: the day's rota, quiet hours, full hands, pauses; and who is not woken."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from bot.city import JAPAN
from bot.models import USUAL_MOST_OPEN, Broadcast, CarePolicy, KeyPerson, Post, Relay
from broadcasts import availability, relaying
from broadcasts.availability import Quiet
from tests.broadcasts.carriers import Carriers
from tests.broadcasts.test_relaying import ANSWER, asked
from tests.broadcasts.test_sending import at_once
from tests.broadcasts.town import Town


@pytest.fixture
def carriers(town: Town) -> Carriers:
    return Carriers(town)


def says(carriers: Carriers, person: int, **values: Any) -> None:
    with carriers.town.runtime.database.write() as session:
        row = session.get_one(KeyPerson, person)
        for name, value in values.items():
            setattr(row, name, value)


def has_days(carriers: Carriers, network: int, person: int, *days: int) -> None:
    with carriers.town.runtime.database.write() as session:
        session.get_one(Post, (network, person)).on_days = list(days)


def today(carriers: Carriers) -> datetime:
    return carriers.town.runtime.clock.now().astimezone(JAPAN)


def quiet_now(carriers: Carriers) -> dict[str, int]:
    """Quiet hours that cover this hour and the next: a test may run over the full hour."""
    hour = today(carriers).hour
    return {"quiet_from": hour, "quiet_to": (hour + 2) % 24}


@pytest.mark.parametrize(
    ("quiet", "hours"),
    [
        (Quiet(22, 6), {22, 23, 0, 1, 2, 3, 4, 5}),
        (Quiet(0, 7), {0, 1, 2, 3, 4, 5, 6}),
        (Quiet(9, 10), {9}),
        (Quiet(23, 0), {23}),
    ],
)
def test_quiet_hours_begin_at_the_first_and_end_before_the_last(
    quiet: Quiet, hours: set[int]
) -> None:
    assert {hour for hour in range(24) if quiet.covers(hour)} == hours
    assert str(Quiet(22, 6)) == "22:00–06:00"


def test_whoever_has_the_day_is_asked_first(carriers: Carriers) -> None:
    network = carriers.network(key_persons=3)
    first, second, third = carriers.persons
    weekday = today(carriers).weekday()
    has_days(carriers, network, first, (weekday + 1) % 7)
    has_days(carriers, network, third, weekday, (weekday + 2) % 7)
    id = asked(carriers)
    carriers.town.move_clock(ANSWER)
    carriers.ask()
    carriers.town.move_clock(ANSWER)
    carriers.ask()
    assert [person for person, _ in carriers.states(id)] == [third, first, second]


def test_tomorrow_it_is_somebody_elses_day(carriers: Carriers) -> None:
    network = carriers.network(key_persons=2)
    first, second = carriers.persons
    has_days(carriers, network, second, today(carriers).weekday())
    assert carriers.states(asked(carriers)) == [(second, "requested")]
    carriers.town.move_clock(24 * 3600)
    assert carriers.states(asked(carriers)) == [(first, "requested")]


def test_in_quiet_hours_the_next_one_is_asked(carriers: Carriers) -> None:
    network = carriers.network(key_persons=2)
    first, second = carriers.persons
    says(carriers, first, **quiet_now(carriers))
    says(carriers, second, **quiet_now(carriers))
    id = asked(carriers)
    assert carriers.states(id) == []
    assert carriers.gaps(id) == {network}
    says(carriers, second, quiet_from=None, quiet_to=None)
    carriers.town.move_clock(31)
    carriers.ask()
    assert carriers.states(id) == [(second, "requested")]


@pytest.mark.parametrize(
    ("severity", "drill", "night_ok", "is_asked"),
    [
        ("Extreme", False, True, True),
        ("Extreme", False, False, False),
        ("Severe", False, True, True),
        ("Extreme", True, True, False),
    ],
)
def test_only_for_life_and_only_who_said_so_is_asked_in_quiet_hours(
    carriers: Carriers, severity: str, drill: bool, night_ok: bool, is_asked: bool
) -> None:
    carriers.network(key_persons=1)
    (person,) = carriers.persons
    says(carriers, person, night_ok=night_ok, **quiet_now(carriers))
    id = asked(carriers, severity=severity, drill=drill)
    assert carriers.states(id) == ([(person, "requested")] if is_asked else [])


def test_with_full_hands_the_next_is_asked_until_they_have_reported(carriers: Carriers) -> None:
    network = carriers.network(key_persons=2)
    with carriers.town.runtime.database.write() as session:
        session.add(CarePolicy(id=1, most_open=1))
    first, second = carriers.persons
    one = asked(carriers)
    two, three = asked(carriers), asked(carriers)
    assert carriers.states(one) == [(first, "requested")]
    assert carriers.states(two) == [(second, "requested")]
    assert carriers.states(three) == []
    assert carriers.gaps(three) == {network}
    row = carriers.relays(one)[0].id
    assert carriers.will(row)
    assert carriers.report(row)
    carriers.town.move_clock(31)
    carriers.ask()
    assert carriers.states(three) == [(first, "requested")]
    assert carriers.gaps(three) == set()


def test_what_is_over_is_in_nobodys_hands(carriers: Carriers) -> None:
    carriers.network(key_persons=1)
    (person,) = carriers.persons
    ids = [asked(carriers) for _ in range(3)]
    with carriers.town.runtime.database.read() as session:
        now = carriers.town.runtime.clock.now()
        assert availability.full_hands(session, now) == {person}
    carriers.town.stop(ids[0])
    with carriers.town.runtime.database.read() as session:
        assert availability.full_hands(session, now) == frozenset()


def test_handed_on_after_taking_it_the_backup_is_asked(carriers: Carriers) -> None:
    carriers.network(key_persons=2)
    first, second = carriers.persons
    id = asked(carriers)
    row = carriers.relays(id)[0].id
    assert carriers.will(row)
    assert carriers.cannot(row)
    carriers.ask()
    assert carriers.states(id) == [(first, "declined"), (second, "requested")]


def test_saying_cannot_today_does_not_shorten_a_longer_pause(carriers: Carriers) -> None:
    carriers.network(key_persons=1)
    (person,) = carriers.persons
    id = asked(carriers)
    until = today(carriers) + timedelta(days=7)
    says(carriers, person, paused_until=until)
    assert carriers.cannot(carriers.relays(id)[0].id)
    with carriers.town.runtime.database.read() as session:
        assert session.get_one(KeyPerson, person).paused_until == until


def test_a_pause_ends_at_midnight_in_japan(carriers: Carriers) -> None:
    carriers.network(key_persons=1)
    (id,) = carriers.persons
    with carriers.town.runtime.database.write() as session:
        person, now = session.get_one(KeyPerson, id), carriers.town.runtime.clock.now()
        availability.pause(person, 7, now)
        assert person.paused_until is not None
        end = person.paused_until.astimezone(JAPAN)
        relaying.rest_today(person, now)
        assert person.paused_until == end
    assert (end.hour, end.minute) == (0, 0)
    assert (end.date() - today(carriers).date()).days == 7


def most(carriers: Carriers, number: int | None) -> None:
    with carriers.town.runtime.database.write() as session:
        session.query(CarePolicy).delete()
        if number is not None:
            session.add(CarePolicy(id=1, most_open=number))


def in_hand(carriers: Carriers, person: int) -> int:
    with carriers.town.runtime.database.read() as session:
        mine = select(Relay).where(
            Relay.key_person_id == person, Relay.state.in_(availability.OPEN)
        )
        return len(session.scalars(mine).all())


def tend(carriers: Carriers, id: int) -> None:
    """Look after one notice alone, as another process may at the same moment."""
    with carriers.town.runtime.database.write() as session:
        broadcast = session.get_one(Broadcast, id, with_for_update={"key_share": True})
        relaying.tend(session, carriers.town.runtime, broadcast)


@pytest.mark.parametrize("number", [None, 1])
def test_two_notices_at_once_never_fill_a_hand_twice(
    carriers: Carriers, number: int | None
) -> None:
    """Also where nobody ever set the number: then there is no row to hold yet."""
    carriers.network("hi", key_persons=1)
    [person] = carriers.persons
    most(carriers, number)
    usual = number or USUAL_MOST_OPEN
    ids = [carriers.town.begin() for _ in range(usual + 2)]
    for id in ids[: usual - 1]:
        tend(carriers, id)
    assert in_hand(carriers, person) == usual - 1
    most(carriers, number)
    at_once(*(partial(tend, carriers, id) for id in ids[usual - 1 :]))
    assert in_hand(carriers, person) == usual


def test_who_asks_waits_for_whoever_is_asking(carriers: Carriers) -> None:
    """On PostgreSQL two transactions run side by side: the second counts what the first did."""
    runtime = carriers.town.runtime
    if runtime.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    carriers.network("hi", key_persons=1)
    [person] = carriers.persons
    most(carriers, 1)
    first, second = carriers.town.begin(), carriers.town.begin()
    with ThreadPoolExecutor(1) as thread:
        with runtime.database.write() as session:
            broadcast = session.get_one(Broadcast, first, with_for_update={"key_share": True})
            relaying.tend(session, runtime, broadcast)
            other = thread.submit(tend, carriers, second)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.5)
        other.result(timeout=10)
    assert in_hand(carriers, person) == 1
    assert len(carriers.gaps(second)) == 1 and not carriers.gaps(first)
