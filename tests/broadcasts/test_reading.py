"""Looking notices up: what anybody may see, what is true now, how far one has come."""

from datetime import timedelta

from bot.models import Resident
from bot.models.broadcasts import Acknowledgement, Broadcast
from bot.runtime import Runtime
from broadcasts import reading, sending
from tests import factories
from tests.broadcasts.town import Town


def test_nobody_finds_what_was_never_sent(town: Town) -> None:
    waiting, discarded, scheduled = town.draft(), town.draft(), town.draft()
    town.submit(waiting)
    town.stop(discarded)
    with town.runtime.database.write() as session:
        later = town.runtime.clock.now() + timedelta(hours=1)
        session.get_one(Broadcast, scheduled).starts_at = later
    town.submit(scheduled)
    town.approve(scheduled)
    sent = town.send()
    with town.runtime.database.read() as session:
        for id in (waiting, discarded, scheduled):
            assert reading.by_number(session, town.number(id)) is None
        assert reading.by_number(session, town.number(sent)) is not None
        assert reading.by_number(session, "0101-99") is None


def test_what_is_true_now(town: Town) -> None:
    runtime = town.runtime

    def shown(id: int) -> tuple[str, str | None]:
        with runtime.database.read() as session:
            row = session.get_one(Broadcast, id)
            found = reading.shown(session, runtime, row, runtime.clock.now())
            assert {text.language for text in found.texts} >= {"ja", "en"}
            return found.state, found.newest_number

    first = town.send()
    assert shown(first) == ("active", None)
    update = town.send(kind="update", references_id=first)
    town.draft(kind="update", references_id=update)  # nobody sees it before it is sent
    assert shown(first) == ("updated", town.number(update))
    cancel = town.send(kind="cancel", references_id=update)
    assert shown(first) == shown(update) == ("cancelled", town.number(cancel))
    stopped, ended = town.send(), town.send()
    town.stop(stopped)
    assert shown(stopped) == ("cancelled", None)
    town.move_clock(25 * 3600)
    assert shown(ended) == ("ended", None)


def test_what_is_in_force_for_a_resident(town: Town) -> None:
    person = town.person()
    first, second = town.send(), town.send("tsunami-warning")
    town.person()
    with town.runtime.database.read() as session:
        resident, now = session.get_one(Resident, person), town.runtime.clock.now()
        active = reading.active_for(session, resident, now)
        assert [row.id for row in active] == [second, first]
    town.pause(second)
    town.stop(first)
    with town.runtime.database.read() as session:
        resident, now = session.get_one(Resident, person), town.runtime.clock.now()
        assert [row.id for row in reading.active_for(session, resident, now)] == [second]


def test_progress_counts_people_by_language_and_state(town: Town) -> None:
    for tag, count in (("en", 3), ("vi", 2), ("ja", 1)):
        town.people(count, languages=[tag])
    town.fail("400")
    id = town.send()
    with town.runtime.database.read() as session:
        broadcast = session.get_one(Broadcast, id)
        counts = reading.progress(session, broadcast)
        states = [state for by_state in counts.values() for state in by_state]
        assert sorted(states) == ["accepted", "accepted", "failed"]
        assert sum(sum(by_state.values()) for by_state in counts.values()) == 6
        [[(problem, number)]] = reading.problems(session, broadcast).values()
        assert problem.startswith("refused") and number in (1, 2, 3)


def test_taps_are_counted_by_language(town: Town) -> None:
    people = [*town.people(2), town.person(languages=["vi"])]
    id = town.send()
    with town.runtime.database.write() as session:
        for person in people:
            row = {"broadcast_id": id, "resident_id": person, "kind": "read"}
            session.add(Acknowledgement(**row, at=town.runtime.clock.now()))
    with town.runtime.database.read() as session:
        broadcast = session.get_one(Broadcast, id)
        assert reading.taps(session, broadcast) == {('["en"]', "read"): 2, ('["vi"]', "read"): 1}
        assert reading.taps_by_area(session, broadcast) == {("", "read"): 3}


def test_two_drafts_at_once_get_two_numbers(runtime: Runtime) -> None:
    now = runtime.clock.now()
    with runtime.database.write() as session:
        first = factories.broadcast(session, number=sending.next_number(session, now)).number
        assert sending.next_number(session, now) != first
