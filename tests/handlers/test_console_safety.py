"""*Are you safe?* in the console: asked for, counted, and who needs help where."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from bot.models import ResidentArea, SafetyAnswer
from bot.models.broadcasts import Broadcast, Recipient
from bot.runtime import Runtime
from broadcasts import safety
from tests import factories, notices
from tests.handlers.officer import APPROVER, OPERATOR, SEES_PROTECTED, Officer
from tests.handlers.test_console_notices import COMPOSE, draft, fields

QUESTION = "Are you safe? I am safe, I need help, where I am"


@pytest.fixture
def author(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


def stored(runtime: Runtime, path: str) -> Broadcast:
    with runtime.database.read() as session:
        number = path.rsplit("/", 1)[1]
        return session.scalars(select(Broadcast).where(Broadcast.number == number)).one()


def test_off_by_default_and_shown_wherever_it_is_decided(
    app: Flask, author: Officer, demo_city: Runtime
) -> None:
    assert "Ask people whether they are safe" in author.text(f"{COMPOSE}?template=rain-4")
    assert not stored(demo_city, draft(author, form_key="off")).asks_safety
    path = draft(author, form_key="on", asks_safety="yes")
    assert stored(demo_city, path).asks_safety
    page = author.text(path)
    assert QUESTION in page and "I am safe" in page and "Send where I am" in page
    author.send(f"{path}/submit")
    approver = Officer(app).signed_in(APPROVER)
    assert QUESTION in approver.text(path)


def test_only_alerts_ask(author: Officer, demo_city: Runtime) -> None:
    refused = author.send(COMPOSE, **fields(asks_safety="yes", category="events"))
    assert refused.status_code == 422
    assert "Only an alert can ask" in refused.text
    kept = author.send(COMPOSE, **fields(asks_safety="yes", category="events", do="save"))
    assert kept.status_code == 422


def in_force(runtime: Runtime, **changes: object) -> str:
    """A notice in force that asks four people: two safe or in need, two silent."""
    with runtime.database.write() as session:
        people = [factories.resident(session, languages=[tag]) for tag in ("en", "en", "vi", "vi")]
        for person in people[:2]:
            session.add(
                ResidentArea(resident_id=person.id, area_id="kawabata", confirmed_at=factories.NOON)
            )
    number = notices.send(runtime, asks_safety=True, **changes)
    with runtime.database.write() as session:
        row = session.scalars(select(Broadcast).where(Broadcast.number == number)).one()
        now = runtime.clock.now()
        asked = select(Recipient).where(Recipient.broadcast_id == row.id)
        assert len(session.scalars(asked).all()) == 4
        safety.answered(session, row, people[0], "help", now)
        safety.answered(session, row, people[0], "safe", now)
        safety.answered(session, row, people[1], "safe", now)
        safety.answered(session, row, people[1], "help", now)
    return number


def test_counts_by_language_and_area_the_last_answer_counts(
    author: Officer, demo_city: Runtime
) -> None:
    number = in_force(demo_city)
    page = author.text(f"/console/notices/{number}")
    assert "say they need help <b" in page
    with demo_city.database.read() as session:
        row = session.scalars(select(Broadcast).where(Broadcast.number == number)).one()
        assert safety.counts(session, row) == {
            ('["en"]', "safe"): 1,
            ('["en"]', "help"): 1,
            ('["vi"]', ""): 2,
        }
        assert safety.counts_by_area(session, row) == {
            ("kawabata", "safe"): 1,
            ("kawabata", "help"): 1,
            ("", ""): 2,
        }
    assert "Ask again with an update" in page
    assert "Show the 1 person who needs help" in page
    again = author.text(f"{COMPOSE}?update={number}&ask=1")
    assert 'name="asks_safety" value="yes" checked' in again
    assert 'name="asks_safety" value="yes" checked' not in author.text(f"{COMPOSE}?update={number}")


def test_asked_again_it_is_not_asked_a_third_time(author: Officer, demo_city: Runtime) -> None:
    number = in_force(demo_city)
    with demo_city.database.read() as session:
        old = session.scalars(select(Broadcast).where(Broadcast.number == number)).one()
    newer = notices.send(demo_city, asks_safety=True, kind="update", references_id=old.id)
    for path in (number, newer):
        assert "Ask again with an update" not in author.text(f"/console/notices/{path}")


def test_a_notice_that_does_not_ask_shows_nothing_of_it(
    author: Officer, demo_city: Runtime
) -> None:
    number = notices.send(demo_city)
    assert "Are you safe?" not in author.text(f"/console/notices/{number}")
    assert author.get(f"/console/notices/{number}/help").status_code == 404


def test_news_move_when_somebody_answers(author: Officer, demo_city: Runtime) -> None:
    number = in_force(demo_city)
    news = f"/console/notices/{number}/news"
    etag = author.get(news).headers["ETag"]
    assert author.get(news, **{"If-None-Match": etag}).status_code == 304
    with demo_city.database.write() as session:
        row = session.scalars(select(SafetyAnswer).where(SafetyAnswer.kind == "help")).one()
        row.kind = "safe"
    assert author.get(news, **{"If-None-Match": etag}).status_code == 200


def located(runtime: Runtime, *, protected: bool) -> int:
    """Who needs help says where, and has a case; its id."""
    with runtime.database.write() as session:
        row = session.scalars(select(SafetyAnswer).where(SafetyAnswer.kind == "help")).one()
        safety.locate(row, 35.123456, 139.654321, runtime.clock.now())
        of = factories.resident(session, id=None)
        case = factories.case(session, of, reason="help", urgent=True, protected=protected)
        case.resident_id = row.resident_id
        return case.id


def test_the_list_shows_case_and_place(app: Flask, author: Officer, demo_city: Runtime) -> None:
    number = in_force(demo_city)
    assert "No open case" in author.text(f"/console/notices/{number}/help")
    id = located(demo_city, protected=False)
    page = author.text(f"/console/notices/{number}/help")
    assert f"/console/cases/{id}" in page and "35.123456%2C139.654321" in page
    assert "1 person needs help" in page


def test_a_protected_case_hides_its_place_too(
    app: Flask, author: Officer, demo_city: Runtime
) -> None:
    number = in_force(demo_city)
    id = located(demo_city, protected=True)
    page = author.text(f"/console/notices/{number}/help")
    assert "Protected case" in page
    assert f"/console/cases/{id}" not in page and "35.12" not in page
    allowed = Officer(app).signed_in(SEES_PROTECTED).text(f"/console/notices/{number}/help")
    assert f"/console/cases/{id}" in allowed and "35.123456" in allowed


def test_a_drill_says_so(author: Officer, demo_city: Runtime) -> None:
    number = in_force(demo_city, drill=True)
    assert "Drill: are you safe?" in author.text(f"/console/notices/{number}")
    page = author.text(f"/console/notices/{number}/help")
    assert "DRILL" in page and "tapped it to practise" in page


@pytest.mark.parametrize("how", ["expired", "cancelled"])
def test_locations_are_erased_a_week_after_it_is_over(demo_city: Runtime, how: str) -> None:
    now = demo_city.clock.now()
    number = in_force(demo_city, expires_at=now + timedelta(hours=3))
    located(demo_city, protected=False)
    if how == "cancelled":
        with demo_city.database.read() as session:
            old = session.scalars(select(Broadcast).where(Broadcast.number == number)).one()
        later = now + timedelta(days=30)
        notices.send(demo_city, kind="cancel", references_id=old.id, expires_at=later)
    for days, kept in ((6, True), (7.5, False)):
        with demo_city.database.write() as session:
            safety.erase_locations(session, now + timedelta(days=days))
        with demo_city.database.read() as session:
            row = session.scalars(select(SafetyAnswer).where(SafetyAnswer.kind == "help")).one()
            assert (row.latitude is not None, row.located_at is not None) == (kept, kept)


def test_an_update_in_force_keeps_them(demo_city: Runtime) -> None:
    now = demo_city.clock.now()
    number = in_force(demo_city, expires_at=now + timedelta(hours=3))
    located(demo_city, protected=False)
    with demo_city.database.read() as session:
        old = session.scalars(select(Broadcast).where(Broadcast.number == number)).one()
    later = now + timedelta(days=20)
    notices.send(demo_city, kind="update", references_id=old.id, expires_at=later)
    with demo_city.database.write() as session:
        safety.erase_locations(session, now + timedelta(days=15))
        row = session.scalars(select(SafetyAnswer).where(SafetyAnswer.kind == "help")).one()
        assert row.latitude is not None
        safety.erase_locations(session, now + timedelta(days=28))
        session.refresh(row)
        assert row.latitude is None
