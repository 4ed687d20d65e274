"""Rows, events and signatures, made with one call; every test names only what it is about."""

import base64
import hashlib
import hmac
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from bot.channel import Text
from bot.line.messages import render
from bot.models import (
    Alarm,
    Broadcast,
    Case,
    Delivery,
    Rendition,
    Resident,
    Staff,
    WebhookEvent,
)
from bot.runtime import Runtime

Json = dict[str, Any]
SECRET = "channel-secret"
NOON = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)
"""Noon in Japan on a Tuesday."""

_numbers = itertools.count(1)


def user_id(number: int | None = None) -> str:
    """A LINE user id; the same number gives the same one."""
    name = f"person {next(_numbers) if number is None else number}"
    return "U" + hashlib.md5(name.encode()).hexdigest()


def resident(session: Session, **values: Any) -> Resident:
    """Somebody who joined and reads English."""
    given: Json = {
        "line_user_id": user_id(),
        "languages": ["en"],
        "languages_chosen": True,
        "following": True,
        "joined_at": NOON,
        "areas_answered": True,
        "muted_categories": [],
        "expecting": {},
    }
    row = Resident(**(given | values))
    session.add(row)
    session.flush()
    return row


def case(session: Session, of: Resident, **values: Any) -> Case:
    row = Case(**({"resident_id": of.id, "reason": "asked", "opened_at": NOON} | values))
    session.add(row)
    session.flush()
    return row


def staff(session: Session, **values: Any) -> Staff:
    given: Json = {
        "email": f"staff{next(_numbers)}@city.example.jp",
        "name": "山田",
        "role": "operator",
        "languages": ["ja"],
    }
    row = Staff(**(given | values))
    session.add(row)
    session.flush()
    return row


def broadcast(session: Session, **values: Any) -> Broadcast:
    given: Json = {
        "number": f"n-{next(_numbers)}",
        "template_id": "river-4",
        "blanks": {},
        "category": "weather",
        "severity": "severe",
        "urgency": "immediate",
        "area_ids": [],
        "expires_at": NOON + timedelta(days=1),
        "author_id": values.get("author_id") or staff(session).id,
        "created_at": NOON,
    }
    row = Broadcast(**(given | values))
    session.add(row)
    session.flush()
    return row


def rendition(session: Session, **values: Any) -> Rendition:
    given: Json = {
        "broadcast_id": values.get("broadcast_id") or broadcast(session).id,
        "language": "en",
        "origin": "template",
        "review": "adopted",
        "words": {},
        "body": "[]",
    }
    row = Rendition(**(given | values))
    session.add(row)
    session.flush()
    return row


def alarm(session: Session, **values: Any) -> Alarm:
    given: Json = {"kind": "urgent", "subject_id": next(_numbers), "since": NOON, "next_at": NOON}
    row = Alarm(**(given | values))
    session.add(row)
    session.flush()
    return row


def delivery(session: Session, **values: Any) -> Delivery:
    """A queued push of one text, due for long."""
    given: Json = {
        "recipient": user_id(),
        "body": render([Text("Good day")]),
        "urgent": False,
        "state": "queued",
        "retry_key": str(uuid4()),
        "created_at": NOON,
        "due_at": datetime(2020, 1, 1, tzinfo=UTC),
    }
    row = Delivery(**(given | values))
    session.add(row)
    session.flush()
    return row


def event(session: Session, **values: Any) -> WebhookEvent:
    """A recorded text message that waits to be handled."""
    user = values.pop("user", None) or user_id()
    words = values.pop("words", "hello")
    given: Json = {
        "webhook_event_id": f"event-{next(_numbers)}",
        "chat": user,
        "occurred_at": NOON,
        "received_at": NOON,
        "urgent": False,
        "body": json.dumps(text_event(user, words)),
        "state": "received",
        "attempts": 0,
        "due_at": datetime(2020, 1, 1, tzinfo=UTC),
    }
    row = WebhookEvent(**(given | values))
    session.add(row)
    session.flush()
    return row


def text_event(user: str, words: str, **values: Any) -> Json:
    """A text message as LINE's webhook sends it, without a reply token."""
    number = next(_numbers)
    return {
        "type": "message",
        "mode": "active",
        "timestamp": int(NOON.timestamp() * 1000) + number,
        "source": {"type": "user", "userId": user},
        "webhookEventId": f"01TEXT{number:020d}",
        "deliveryContext": {"isRedelivery": False},
        "message": {"type": "text", "id": str(500_000 + number), "text": words},
        **values,
    }


def postback_event(user: str, data: str, **values: Any) -> Json:
    """A tap on a button."""
    given = text_event(user, "") | {"type": "postback", "postback": {"data": data}} | values
    del given["message"]
    return given


def body(*events: object) -> bytes:
    return json.dumps({"destination": "Ubot", "events": list(events)}).encode()


def signature(raw: bytes, secret: str = SECRET) -> str:
    """What LINE puts into `x-line-signature`."""
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def stored(runtime: Runtime, table: type[Any], id: object) -> Any:
    """A row as it is in the database now."""
    with runtime.database.read() as session:
        return session.get_one(table, id)
