"""The webhook: what is signed by LINE is recorded once before 200, whatever else is in the body."""

import json
import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from sqlalchemy import create_engine, select, text

from bot.models import WebhookEvent
from bot.runtime import Runtime
from bot.settings import Settings
from handlers.app import create_app
from handlers.webhook import LARGEST_BODY
from tests import factories
from tests.bot.test_line_events import EVENTS
from tests.conftest import free_port
from tests.factories import body, postback_event, signature, text_event

FIXTURE = (
    Path(__file__).resolve().parents[3]
    / "shared"
    / "data"
    / "line"
    / "webhook-events.sdk-fixture.json"
)


def post(client: FlaskClient, raw: bytes, signed: str | None = None) -> int:
    headers = {"X-Line-Signature": signature(raw) if signed is None else signed}
    return client.post("/webhook", data=raw, headers=headers).status_code


def recorded(runtime: Runtime) -> list[WebhookEvent]:
    with runtime.database.read() as session:
        return list(session.scalars(select(WebhookEvent).order_by(WebhookEvent.id)))


def test_a_signed_event_is_recorded_and_wakes_the_replies(
    client: FlaskClient, runtime: Runtime
) -> None:
    event = text_event("U1", "hello")
    assert post(client, body(event)) == 200
    (row,) = recorded(runtime)
    assert (row.webhook_event_id, row.chat, row.urgent) == (event["webhookEventId"], "U1", False)
    assert json.loads(row.body or "") == event
    assert runtime.redis.llen("rq:queue:replies") == 1
    assert runtime.redis.llen("rq:queue:urgent") == 0


def test_an_urgent_event_wakes_the_urgent_worker(client: FlaskClient, runtime: Runtime) -> None:
    assert post(client, body(text_event("U1", "there is a fire in my house"))) == 200
    (row,) = recorded(runtime)
    assert (row.urgent, row.topic is None) == (True, False)
    assert runtime.redis.llen("rq:queue:urgent") == 1


@pytest.mark.parametrize("name", ["x-line-signature", "X-Line-Signature", "X-LINE-SIGNATURE"])
def test_the_headers_case_does_not_matter(client: FlaskClient, name: str) -> None:
    raw = body()
    assert client.post("/webhook", data=raw, headers={name: signature(raw)}).status_code == 200


def test_both_secrets_count_while_one_is_replaced(runtime: Runtime) -> None:
    rotating = replace(runtime.settings, line_channel_secret=("old", "new"))
    client = create_app(replace(runtime, settings=rotating)).test_client()
    raw = body(text_event("U1", "hello"))
    answers = [post(client, raw, signature(raw, secret)) for secret in ("old", "new", "other")]
    assert answers == [200, 200, 401]


def test_what_line_did_not_sign_is_refused(client: FlaskClient, runtime: Runtime) -> None:
    raw = body(text_event("U1", "hello"))
    assert post(client, raw, "") == 401
    assert post(client, raw, signature(raw + b" ")) == 401
    assert post(client, raw, "\xe9") == 401
    assert client.post("/webhook", data=raw).status_code == 401
    assert recorded(runtime) == []


@pytest.mark.parametrize("raw", [b"", b"hello", b"[]", b'{"events": 1}', b"\xff", b"[" * 9000])
def test_what_is_no_webhook_body_is_400(client: FlaskClient, raw: bytes) -> None:
    assert post(client, raw) == 400


def test_lines_own_check_with_no_events_is_200(client: FlaskClient, runtime: Runtime) -> None:
    assert post(client, body()) == 200
    assert recorded(runtime) == []


def test_a_body_over_a_megabyte_is_413(client: FlaskClient) -> None:
    padding = b" " * (LARGEST_BODY - len(body()))
    assert post(client, body() + padding) == 200
    assert post(client, body() + padding + b" ") == 413


def test_an_event_that_comes_again_is_recorded_once(client: FlaskClient, runtime: Runtime) -> None:
    event = text_event("U1", "hello")
    again = event | {"deliveryContext": {"isRedelivery": True}}
    assert [post(client, body(event, event)), post(client, body(again))] == [200, 200]
    assert len(recorded(runtime)) == 1


def test_a_redelivery_gives_the_reply_token_a_new_minute(
    client: FlaskClient, runtime: Runtime
) -> None:
    event = text_event("U1", "hello")
    post(client, body(event))
    (before,) = recorded(runtime)
    runtime.clock.move(30)
    post(client, body(event))
    (after,) = recorded(runtime)
    assert after.received_at - before.received_at >= timedelta(seconds=30)


def test_a_redelivery_of_a_handled_event_changes_nothing(
    client: FlaskClient, runtime: Runtime
) -> None:
    event = text_event("U1", "hello")
    with runtime.database.write() as session:
        row = factories.event(
            session, webhook_event_id=event["webhookEventId"], state="handled", body=None
        )
    assert post(client, body(event)) == 200
    (after,) = recorded(runtime)
    assert (after.state, after.body, after.received_at) == ("handled", None, row.received_at)


def test_a_locked_sqlite_is_503_and_the_event_comes_again(
    client: FlaskClient, runtime: Runtime, tmp_path: Path
) -> None:
    if not runtime.database.is_sqlite:
        pytest.skip("SQLite's own lock")
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    raw = body(text_event("U1", "hello"))
    other.execute("BEGIN IMMEDIATE")
    try:
        assert post(client, raw) == 503
    finally:
        other.execute("ROLLBACK")
    assert post(client, raw) == 200
    assert len(recorded(runtime)) == 1


def test_a_database_that_went_away_is_503(client: FlaskClient, runtime: Runtime) -> None:
    """PostgreSQL takes no connections to this database and ends those there are."""
    url = runtime.database.engine.url
    if runtime.database.is_sqlite:
        pytest.skip("a file does not go away")
    raw = body(text_event("U1", "hello"))
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as admin:
        admin.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
        admin.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": url.database},
        )
        assert post(client, raw) == 503
        admin.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true"))
    server.dispose()
    assert post(client, raw) == 200


def test_without_redis_everything_is_recorded_at_once(settings: Settings) -> None:
    away = replace(settings, redis_url=f"redis://127.0.0.1:{free_port()}")
    runtime = Runtime.build(away)
    before = time.monotonic()
    assert post(create_app(runtime).test_client(), body(text_event("U1", "hello"))) == 200
    assert time.monotonic() - before < 2
    assert len(recorded(runtime)) == 1
    runtime.close()


@pytest.mark.parametrize(
    "data",
    [
        "do=urgent&topic=" + "x" * 300,
        "do=urgent&topic=%00",
        "do=urgent&topic=%ff%fe",
        "do=" + "&" * 5000,
        "%",
        "",
    ],
)
def test_a_tap_with_odd_data_costs_its_neighbours_nothing(
    client: FlaskClient, runtime: Runtime, data: str
) -> None:
    assert post(client, body(postback_event("U1", data), text_event("U2", "hello"))) == 200
    assert len(recorded(runtime)) == 2


def test_hostile_events_are_all_recorded(client: FlaskClient, runtime: Runtime) -> None:
    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(EVENTS)
    def every_body_is_taken(event: dict[str, Any]) -> None:
        neighbour = text_event("U1", "hello")
        assert post(client, body(event, neighbour)) == 200
        with runtime.database.read() as session:
            known = select(WebhookEvent).where(
                WebhookEvent.webhook_event_id == neighbour["webhookEventId"]
            )
            assert session.scalars(known).one().state == "received"

    every_body_is_taken()


@pytest.mark.skipif(not FIXTURE.exists(), reason="the SDK's fixture is not beside this checkout")
def test_every_event_of_the_sdks_fixture_is_recorded(client: FlaskClient, runtime: Runtime) -> None:
    events = json.loads(FIXTURE.read_bytes())["events"]
    assert len(events) == 28
    for number, event in enumerate(events):
        event["webhookEventId"] = f"fixture-{number}"  # there, all have the same
    assert post(client, body(*events)) == 200
    assert len(recorded(runtime)) == 28
