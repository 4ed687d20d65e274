"""Our messages as LINE's JSON, within LINE's limits (facts: LINE's Messaging API reference, 2026).

Texts are counted in UTF-16 units, labels in graphemes.
"""

import json
from collections.abc import Sequence
from typing import Any

import regex

from bot.channel import AlertCard, Card, Outgoing, Text
from bot.line.flex import action, alert_bubble, card_bubble, label

TEXT_UNITS = 5000
SUMMARY_UNITS = 400
QUICK_REPLIES = 13
MESSAGES = 5
SENDER_GRAPHEMES = 20
DISPLAY_UNITS = 300
BUBBLE_BYTES = 30_000
CARD_TEXT_UNITS = (2000, 500, 100)
"""How long each text in a card may be; the shorter ones only where the card is too large."""

Json = dict[str, Any]


def render(messages: Sequence[Outgoing]) -> str:
    """The JSON array of one request.

    Raises `ValueError` for none or more than five messages, and for empty words.
    """
    parts = [part for message in messages for part in _parts(message)]
    if not 1 <= len(parts) <= MESSAGES:
        raise ValueError(f"{len(parts)} messages in one request; LINE takes 1 to {MESSAGES}")
    fitted = [_with_words(part, TEXT_UNITS) for part in parts]
    return json.dumps(fitted, ensure_ascii=False, separators=(",", ":"))


def utf16_units(text: str) -> int:
    """The length LINE counts: characters beyond the basic plane are two."""
    return len(text.encode("utf-16-le")) // 2


def split_text(text: str, limit: int = TEXT_UNITS) -> list[str]:
    """A text in pieces LINE accepts, cut between graphemes, at a line's end where there is one."""
    pieces: list[str] = []
    while utf16_units(text) > limit:
        piece = _shortened(text, limit)
        end = piece.rfind("\n")
        piece = piece[: end + 1] if end > len(piece) // 2 else piece
        pieces.append(piece)
        text = text[len(piece) :]
    return [*pieces, text]


def _shortened(text: str, limit: int) -> str:
    size = 0
    kept: list[str] = []
    for found in regex.finditer(r"\X", text):
        grapheme = found.group()
        size += utf16_units(grapheme)
        if size > limit:
            break
        kept.append(grapheme)
    # One "letter" under more marks than fit is cut between its marks.
    return "".join(kept) or text[: limit // 2]


def _cut(text: str, limit: int) -> str:
    """At most `limit` units; that something was cut shows."""
    return text if utf16_units(text) <= limit else _shortened(text, limit - 1) + "…"


def _with_words(part: Any, limit: int) -> Any:
    """A part of a message with every text within its limit. Raises `ValueError` for empty ones."""
    if isinstance(part, list):
        return [_with_words(inner, limit) for inner in part]
    if not isinstance(part, dict):
        return part
    whole = {name: _with_words(inner, limit) for name, inner in part.items()}
    for name, longest in (("text", limit), ("displayText", DISPLAY_UNITS), ("label", limit)):
        if name in whole:
            if not whole[name].strip():
                raise ValueError("empty words in a message")
            whole[name] = _cut(whole[name], longest)
    return whole


def _parts(message: Outgoing) -> list[Json]:
    if isinstance(message, AlertCard):
        parts = [_flex(message.summary, alert_bubble(message))]
    elif isinstance(message, Card):
        parts = [_flex(message.summary, card_bubble(message))]
    else:
        parts = _texts(message)
    if message.choices:
        items = [{"type": "action", "action": action(c)} for c in message.choices[:QUICK_REPLIES]]
        parts[-1]["quickReply"] = {"items": items}
    return parts


def _texts(message: Text) -> list[Json]:
    parts: list[Json] = [{"type": "text", "text": piece} for piece in split_text(message.text)]
    if message.sender:
        for part in parts:
            name = label(message.sender, SENDER_GRAPHEMES)
            part["sender"] = {"name": _shortened(name, SENDER_GRAPHEMES)}  # units, to be safe
    return parts


def _flex(summary: str, bubble: Json) -> Json:
    if not summary.strip():
        raise ValueError("empty words in a message")
    for limit in CARD_TEXT_UNITS:
        fitted = _with_words(bubble, limit)
        if len(json.dumps(fitted, ensure_ascii=False).encode()) <= BUBBLE_BYTES:
            break
    return {"type": "flex", "altText": _shortened(summary, SUMMARY_UNITS), "contents": fitted}
