"""What LINE's webhook sends, without trusting it: signature, events one by one, our words.

line-bot-sdk's parser is not used here: it loses a whole batch over one unknown event.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.channel import Incoming

MESSAGE_KINDS = ("text", "sticker", "image", "video", "audio", "file", "location")
PLAIN_KINDS = ("postback", "follow", "unfollow", "unsend", "join", "leave")


@dataclass(frozen=True)
class Envelope:
    """One event as it is recorded: what orders and deduplicates it, and its JSON."""

    webhook_event_id: str
    chat: str
    occurred_at: datetime
    body: str
    text: str
    data: str


def signature_is_valid(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether one of the channel secrets signed these very bytes."""
    given = signature.encode()
    return any(
        hmac.compare_digest(
            base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()), given
        )
        for secret in secrets
    )


def envelopes(body: bytes) -> list[Envelope]:
    """The events of one webhook request; what is not an event is left out.

    Raises `ValueError` when the body is not JSON with a list of events.
    """
    document = json.loads(body, parse_int=_int)
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise ValueError("no list of events")
    return [_envelope(event) for event in events if isinstance(event, dict)]


def _envelope(event: dict[str, Any]) -> Envelope:
    message = _dict(event, "message")
    raw = json.dumps(event, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    source = _dict(event, "source")
    chat = _str(source, "groupId") or _str(source, "roomId") or _str(source, "userId")
    return Envelope(
        webhook_event_id=_str(event, "webhookEventId")[:64] or _digest(event),
        chat=chat[:64],
        occurred_at=_moment(event.get("timestamp")),
        body=_storable(raw),
        text=_str(message, "text"),
        data=_str(_dict(event, "postback"), "data"),
    )


def incoming(body: str) -> Incoming:
    """A recorded event in the bot's words; whatever is unknown becomes kind `other`."""
    event: dict[str, Any] = json.loads(body)
    source, message = _dict(event, "source"), _dict(event, "message")
    kind = _str(event, "type")
    if kind == "message":
        kind = _str(message, "type") if _str(message, "type") in MESSAGE_KINDS else "other"
    elif kind not in PLAIN_KINDS:
        kind = "other"
    return Incoming(
        kind=kind,
        user_id=_short(source, "userId"),
        group_id=_short(source, "groupId") or _short(source, "roomId"),
        occurred_at=_moment(event.get("timestamp")),
        reply_token=_short(event, "replyToken"),
        message_id=_short(message, "id") or _short(_dict(event, "unsend"), "messageId"),
        text=_str(message, "text"),
        data=_str(_dict(event, "postback"), "data"),
        latitude=_float(message, "latitude"),
        longitude=_float(message, "longitude"),
    )


def _int(digits: str) -> int:
    """No number of LINE's is longer; Python refuses to read very long ones at all."""
    return int(digits) if len(digits) <= 20 else 0


def _digest(event: dict[str, Any]) -> str:
    """An id for an event without one: the same event, delivered again, has the same."""
    stable = {k: v for k, v in event.items() if k not in ("deliveryContext", "replyToken")}
    return hashlib.sha256(json.dumps(stable, sort_keys=True).encode()).hexdigest()


def _dict(value: dict[str, Any], key: str) -> dict[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _str(value: dict[str, Any], key: str) -> str:
    inner = value.get(key)
    return _storable(inner) if isinstance(inner, str) else ""


def _short(value: dict[str, Any], key: str) -> str | None:
    """An id as long as the database keeps it; a longer one is none of LINE's."""
    inner = _str(value, key)
    return inner if 0 < len(inner) <= 64 else None


def _storable(text: str) -> str:
    """Without what databases refuse: NUL and half surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _float(value: dict[str, Any], key: str) -> float:
    """A finite number; anything else is 0."""
    inner = value.get(key)
    usable = isinstance(inner, int | float) and abs(inner) < 1e9
    return float(inner) if usable else 0.0  # type: ignore[arg-type]


def _moment(milliseconds: object) -> datetime:
    usable = isinstance(milliseconds, int | float) and 0 < milliseconds < 4e12
    return datetime.fromtimestamp(milliseconds / 1000 if usable else 0, UTC)  # type: ignore[operator]
