"""LINE's webhook: verify, record each event once, wake, answer 200 within two seconds."""

import logging
from datetime import timedelta
from functools import partial

from flask import Blueprint, Flask, Response, current_app, request
from flask_wtf import CSRFProtect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from bot.database import after_commit
from bot.jobs import log_failure
from bot.line.events import Envelope, envelopes, signature_is_valid
from bot.models import WebhookEvent
from bot.runtime import Runtime
from handlers.residents.urgent import overtaking_topic

log = logging.getLogger(__name__)
blueprint = Blueprint("webhook", __name__)

LARGEST_BODY = 1024 * 1024


def register(app: Flask, csrf: CSRFProtect) -> None:
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.post("/webhook")
def receive() -> Response:
    """200 recorded, 400 not JSON, 401 not signed by LINE, 413 too large, 503 try again."""
    runtime: Runtime = current_app.extensions["runtime"]
    body = request.get_data()
    signature = request.headers.get("x-line-signature", "")
    if not signature_is_valid(body, signature, runtime.settings.line_channel_secret):
        return _plain("not signed with the channel secret", 401)
    try:
        events = envelopes(body)
    except (ValueError, RecursionError):
        return _plain("not a webhook body", 400)
    try:
        record(runtime, events)
    except SQLAlchemyError as error:
        log_failure(log, "recording events", error)
        return _plain("the database is away; send again", 503)
    return _plain("recorded", 200)


def record(runtime: Runtime, events: list[Envelope]) -> None:
    """Store each event once and wake whoever handles it.

    An event that comes again while it still waits has a reply token that is fresh again.
    """
    if not events:
        return
    runtime.lessons.refresh()
    now = runtime.clock.now()
    rows = []
    for event in events:
        urgent, topic = _looked_at(runtime, event)
        rows.append(
            {
                "webhook_event_id": event.webhook_event_id,
                "chat": event.chat,
                "occurred_at": event.occurred_at,
                "received_at": now,
                "urgent": urgent,
                "topic": topic if topic in runtime.knowledge.topics else None,
                "body": event.body,
                "state": "received",
                "attempts": 0,
                "due_at": now - timedelta(seconds=1),
            }
        )
    queues = {"urgent" if row["urgent"] else "replies" for row in rows}
    with runtime.database.write() as session:
        for row in rows:
            session.execute(_upsert(runtime, row))
        for queue in queues:
            after_commit(session, partial(runtime.wakeups.send, queue))


def _looked_at(runtime: Runtime, event: Envelope) -> tuple[bool, str | None]:
    """Whether an event overtakes all others, and its topic; one we fail at takes its turn."""
    try:
        return overtaking_topic(runtime.knowledge, event.text, event.data)
    except Exception as error:
        log_failure(log, "looking for danger in an event", error)
        return False, None


def _upsert(runtime: Runtime, row: dict[str, object]) -> sqlite.Insert | postgresql.Insert:
    insert = sqlite.insert if runtime.database.is_sqlite else postgresql.insert
    statement = insert(WebhookEvent).values(row)
    return statement.on_conflict_do_update(
        index_elements=["webhook_event_id"],
        set_={"received_at": statement.excluded.received_at},
        where=WebhookEvent.state == "received",
    )


def _plain(text: str, status: int) -> Response:
    return Response(text + "\n", status, mimetype="text/plain")
