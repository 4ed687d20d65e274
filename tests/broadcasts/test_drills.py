"""Drills for key persons alone, drills by the calendar, and what a drill showed."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.city import JAPAN
from bot.models import DrillPlan
from bot.models.broadcasts import Broadcast
from broadcasts import drill_plan, drill_reports
from tests import notices
from tests.broadcasts.carriers import Carriers
from tests.broadcasts.test_relaying import ANSWER, asked
from tests.broadcasts.town import Town


@pytest.fixture
def carriers(town: Town) -> Carriers:
    return Carriers(town)


def drill(carriers: Carriers) -> int:
    return asked(carriers, template="drill", drill=True, relay_only=True)


def shown(carriers: Carriers, id: int) -> drill_reports.Report:
    with carriers.town.runtime.database.read() as session:
        return drill_reports.report(session, session.get_one(Broadcast, id))


def test_a_drill_for_key_persons_reaches_no_resident(carriers: Carriers) -> None:
    town = carriers.town
    carriers.network("vi", key_persons=1, members=3)
    people = town.people(3)
    id = drill(carriers)
    late = town.person()
    town.move_clock(60)
    town.lane()
    assert town.recipients(id) == set()
    assert all(not town.got(person) for person in (*people, late))
    (person,) = carriers.persons
    assert carriers.states(id) == [(person, "requested")]
    assert town.number(id) in carriers.told(person)


def test_a_real_notice_never_loses_its_audience(carriers: Carriers) -> None:
    person = carriers.town.person()
    id = asked(carriers, relay_only=True)
    assert carriers.town.recipients(id) == {person}


def test_an_update_of_it_must_be_for_key_persons_alone_too(carriers: Carriers) -> None:
    town = carriers.town
    person = town.person()
    old = drill(carriers)
    with pytest.raises(Exception, match="drill"):
        town.begin("drill", kind="update", references_id=old, drill=True)
    new = town.begin("drill", kind="update", references_id=old, drill=True, relay_only=True)
    town.lane()
    assert town.recipients(new) == set()
    assert not town.got(person)


def test_the_report_counts_answers_and_times_of_networks(carriers: Carriers) -> None:
    town = carriers.town
    for tag in ("vi", "vi", "hi"):
        carriers.network(tag, key_persons=2)
    one, _, other, backup, silent, _ = carriers.persons
    id = drill(carriers)
    by_person = {row.key_person_id: row.id for row in carriers.relays(id)}
    town.move_clock(120)
    assert carriers.will(by_person[one])
    assert carriers.cannot(by_person[other])
    carriers.ask()
    town.move_clock(60)
    by_person = {row.key_person_id: row.id for row in carriers.relays(id)}
    assert carriers.will(by_person[backup])
    assert carriers.report(by_person[one], 30)
    town.move_clock(24 * 3600)
    town.lane()
    results = {result.language: result for result in shown(carriers, id).languages}
    vi, hi = results["vi"], results["hi"]
    assert list(results) == ["hi", "vi"]
    assert (vi.networks, vi.asked, vi.accepted, vi.declined, vi.silent) == (2, 3, 2, 1, 0)
    assert (vi.reported, vi.uncarried, vi.reach) == (1, 1, 30)
    assert vi.to_accept is not None and vi.to_report is not None
    assert [round(vi.to_accept.median.total_seconds() / 30) * 30, vi.to_accept.networks] == [150, 2]
    assert round(vi.to_accept.slowest.total_seconds() / 60) == 3
    assert round(vi.to_report.median.total_seconds() / 60) == 3
    assert (hi.asked, hi.silent, hi.uncarried, hi.to_accept) == (1, 1, 1, None)
    assert silent in by_person


def test_whoever_was_late_was_silent_and_the_network_waited(carriers: Carriers) -> None:
    carriers.network("hi", key_persons=2)
    id = asked(carriers, template="river-4", drill=True, relay_only=True)
    carriers.town.move_clock(ANSWER)
    carriers.ask()
    assert carriers.will(carriers.relays(id)[1].id)
    total = shown(carriers, id).total
    assert (total.asked, total.accepted, total.silent, total.waiting) == (2, 1, 1, 0)
    assert total.to_accept is not None and total.to_accept.median >= timedelta(seconds=ANSWER)


def test_compared_with_the_drill_before(carriers: Carriers) -> None:
    carriers.network("vi", key_persons=1)
    first = drill(carriers)
    carriers.town.stop(first)
    asked(carriers)
    with carriers.town.runtime.database.read() as session:
        assert drill_reports.before(session, session.get_one(Broadcast, first)) is None
    carriers.town.stop(carriers.town.all_notices()[-1])
    second = drill(carriers)
    with carriers.town.runtime.database.read() as session:
        before = drill_reports.before(session, session.get_one(Broadcast, second))
        last = drill_reports.last(session)
        assert before is not None and last is not None
        assert (before.id, last.id) == (first, second)


@pytest.mark.parametrize(
    ("every", "day", "after", "start"),
    [
        ("month", 15, "2026-11-20T12:00", "2026-12-15T10:00"),
        ("month", 28, "2026-11-20T12:00", "2026-11-28T10:00"),
        ("month", 20, "2026-11-20T10:00", "2026-12-20T10:00"),
        ("quarter", 5, "2026-11-20T12:00", "2027-01-05T10:00"),
        ("quarter", 5, "2027-01-05T10:00", "2027-04-05T10:00"),
        ("", 5, "2026-11-20T12:00", None),
    ],
)
def test_the_calendar(every: str, day: int, after: str, start: str | None) -> None:
    row = DrillPlan(every=every, day=day, hour=10)
    found = drill_plan.next_start(row, datetime.fromisoformat(after).replace(tzinfo=JAPAN))
    assert (f"{found:%Y-%m-%dT%H:%M}" if found else None) == start


def planned(carriers: Carriers) -> list[Broadcast]:
    with carriers.town.runtime.database.read() as session:
        mine = Broadcast.form_key.startswith("drill-plan")
        return list(session.scalars(select(Broadcast).where(mine).order_by(Broadcast.id)))


def plan(carriers: Carriers, ahead: timedelta) -> datetime:
    """A monthly drill so far ahead; when it begins."""
    runtime = carriers.town.runtime
    now = runtime.clock.now()
    at = (now + ahead).astimezone(JAPAN)
    day = min(at.day, 28)
    with runtime.database.write() as session:
        by = notices.staff(session, "operator")
        row = drill_plan.plan(session, by, "month", day, at.hour, True, now)
        start = drill_plan.next_start(row, now)
    assert start is not None
    return start


def move_to(carriers: Carriers, moment: datetime) -> None:
    now = carriers.town.runtime.clock.now()
    carriers.town.move_clock((moment - now).total_seconds())


def test_a_planned_drill_waits_for_somebody_and_begins_at_its_time(carriers: Carriers) -> None:
    runtime = carriers.town.runtime
    carriers.network("vi", key_persons=1)
    start = plan(carriers, timedelta(days=6))
    drill_plan.run(runtime)
    assert planned(carriers) == []
    move_to(carriers, start - timedelta(days=2))
    assert drill_plan.is_due(runtime)
    drill_plan.run(runtime)
    drill_plan.run(runtime)
    (row,) = planned(carriers)
    assert (row.state, row.drill, row.relay_only, row.starts_at) == (
        "pending_approval", True, True, start,
    )  # fmt: skip
    move_to(carriers, start - timedelta(days=1))
    carriers.town.approve(row.id)
    carriers.town.lane()
    assert carriers.town.state(row.id) == "scheduled"
    move_to(carriers, start + timedelta(seconds=1))
    carriers.town.lane()
    carriers.ask()
    assert len(carriers.relays(row.id)) == 1


def test_never_without_a_person_and_what_nobody_approved_is_taken_back(
    carriers: Carriers,
) -> None:
    runtime = carriers.town.runtime
    carriers.network("vi", key_persons=1)
    start = plan(carriers, timedelta(days=2))
    drill_plan.run(runtime)
    move_to(carriers, start + timedelta(hours=1))
    carriers.town.lane()
    carriers.ask()
    (row,) = planned(carriers)
    assert row.state == "pending_approval" and carriers.relays(row.id) == []
    move_to(carriers, start + timedelta(hours=4))
    drill_plan.run(runtime)
    (row,) = planned(carriers)
    assert row.state == "cancelled"
