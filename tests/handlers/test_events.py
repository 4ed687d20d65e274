"""One recorded event: handled once, and what fails neither is lost nor holds up what follows."""

import json

import pytest
from sqlalchemy import func, select

from bot.models import Delivery, Message, Resident, WebhookEvent
from bot.runtime import Runtime
from handlers import events
from handlers.events import ATTEMPTS
from tests import factories
from tests.factories import postback_event, stored, text_event
from tests.handlers.test_webhook import FIXTURE


def record(runtime: Runtime, event: dict[str, object], **values: object) -> int:
    with runtime.database.write() as session:
        return int(factories.event(session, body=json.dumps(event), **values).id)


def deliveries_of(runtime: Runtime) -> int:
    with runtime.database.read() as session:
        return session.scalars(select(func.count()).select_from(Delivery)).one()


def test_a_handled_event_leaves_neither_its_body_nor_whose_it_was(demo_city: Runtime) -> None:
    id = record(demo_city, text_event("U1", "hello"), chat="U1")
    assert events.handle(demo_city, id) is not None
    row = stored(demo_city, WebhookEvent, id)
    assert (row.state, row.body, row.chat) == ("handled", None, "")


def test_handled_twice_an_event_is_answered_once(demo_city: Runtime) -> None:
    id = record(demo_city, text_event("U1", "hello"))
    events.handle(demo_city, id)
    assert events.handle(demo_city, id) is None
    assert deliveries_of(demo_city) == 1


def test_a_failing_event_is_undone_tried_again_and_set_aside(demo_city: Runtime) -> None:
    with demo_city.database.write() as session:
        id = factories.event(session, body="{broken").id
    due = []
    for attempt in range(1, ATTEMPTS + 1):
        assert events.handle(demo_city, id) is None
        row = stored(demo_city, WebhookEvent, id)
        assert row.attempts == attempt
        due.append(row.due_at)
    assert (row.state, row.body) == ("failed", "{broken")
    assert due == sorted(due)
    assert deliveries_of(demo_city) == 0


@pytest.mark.parametrize("data", ["do=area&id=%00", "do=urgent&topic=%00", "do=person&topic=%00"])
def test_a_tap_with_odd_data_ends_in_a_state(demo_city: Runtime, data: str) -> None:
    id = record(demo_city, postback_event("U1", data))
    for _ in range(ATTEMPTS):
        events.handle(demo_city, id)
    assert stored(demo_city, WebhookEvent, id).state in ("handled", "failed")


def test_a_database_that_is_away_is_not_the_events_failure(demo_city: Runtime) -> None:
    """Nobody may give a question up because SQLite was busy for a while."""
    id = record(demo_city, text_event("U1", "hello"))
    with demo_city.database.write() as session:
        row = session.get_one(WebhookEvent, id)
        row.attempts = ATTEMPTS - 1
    events._set_back(demo_city, id, count=False)
    assert stored(demo_city, WebhookEvent, id).state == "received"


@pytest.mark.skipif(not FIXTURE.exists(), reason="the SDK's fixture is not beside this checkout")
def test_every_event_of_the_sdks_fixture_is_handled(demo_city: Runtime) -> None:
    for number, event in enumerate(json.loads(FIXTURE.read_bytes())["events"]):
        event["webhookEventId"] = f"fixture-{number}"
        id = record(demo_city, event)
        events.handle(demo_city, id)
        row = stored(demo_city, WebhookEvent, id)
        assert (row.state, row.attempts) == ("handled", 0), event


def test_two_first_messages_of_one_person_make_one_resident(demo_city: Runtime) -> None:
    for words in ("hello", "are you there?"):
        events.handle(demo_city, record(demo_city, text_event("U1", words)))
    with demo_city.database.read() as session:
        assert session.scalars(select(Resident.line_user_id)).all() == ["U1"]
        said = session.scalars(select(Message.text).where(Message.author == "resident")).all()
    assert said == ["hello", "are you there?"]


def test_in_groups_the_account_declines_once_and_then_stays_silent(demo_city: Runtime) -> None:
    group = {"type": "group", "groupId": "C1", "userId": "U1"}
    joined = text_event("U1", "", source=group) | {"type": "join", "replyToken": "t"}
    assert events.handle(demo_city, record(demo_city, joined)) is None
    assert deliveries_of(demo_city) == 1
    events.handle(demo_city, record(demo_city, text_event("U1", "hello", source=group)))
    assert deliveries_of(demo_city) == 1
    with demo_city.database.read() as session:
        assert session.scalars(select(Resident)).all() == []
