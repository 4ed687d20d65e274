"""What LINE's webhook sends is not trusted: signature, odd events, odd values."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Incoming
from bot.line.events import Envelope, envelopes, incoming, signature_is_valid
from tests.factories import body, signature, text_event


def test_a_signature_counts_for_its_bytes_and_either_secret() -> None:
    raw = body(text_event("U1", "hello"))
    for secret in ("old", "new"):
        assert signature_is_valid(raw, signature(raw, secret), ("old", "new"))
    assert not signature_is_valid(raw, signature(raw, "other"), ("old", "new"))
    assert not signature_is_valid(raw + b" ", signature(raw, "old"), ("old", "new"))
    assert not signature_is_valid(raw, "", ("old",))
    assert not signature_is_valid(raw, "é" * 44, ("old",))


@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"[]", b'"events"', b'{"events": {}}', b"{}", b"\xff\xfe", b"[" * 5000]
)
def test_a_body_without_a_list_of_events_is_an_error(raw: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        envelopes(raw)


def test_what_is_no_event_is_left_out() -> None:
    assert [e.text for e in envelopes(body(1, None, "x", [], text_event("U1", "hello")))] == [
        "hello"
    ]


def test_an_event_without_an_id_is_known_again_when_it_comes_again() -> None:
    event = text_event("U1", "hello", replyToken="first")
    del event["webhookEventId"]
    again = event | {"replyToken": "second", "deliveryContext": {"isRedelivery": True}}
    (first,), (second,) = envelopes(body(event)), envelopes(body(again))
    assert first.webhook_event_id == second.webhook_event_id
    (other,) = envelopes(body(event | {"timestamp": 1}))
    assert other.webhook_event_id != first.webhook_event_id


def read(event: Any) -> Incoming:
    (envelope,) = envelopes(body(event))
    return incoming(envelope.body)


def test_a_text_message_in_our_words() -> None:
    event = text_event("U1", "xin chào 🙂", replyToken="token")
    assert read(event) == Incoming(
        kind="text",
        user_id="U1",
        group_id=None,
        occurred_at=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
        reply_token="token",
        message_id=event["message"]["id"],
        text="xin chào 🙂",
    )


def test_events_and_messages_line_added_since_are_other() -> None:
    assert read(text_event("U1", "") | {"type": "messageEdited"}).kind == "other"
    assert read(text_event("U1", "", message={"type": "hologram"})).kind == "other"
    assert read(text_event("U1", "", message=None)).kind == "other"


@pytest.mark.parametrize("value", [10**30, -(10**30), 1e308, "x", None, True, []])
def test_odd_times_and_places_become_harmless(value: Any) -> None:
    place = {"type": "location", "latitude": value, "longitude": value}
    event = read(text_event("U1", "", timestamp=value, message=place))
    assert (event.latitude, event.longitude) in ((0.0, 0.0), (1.0, 1.0))
    assert event.occurred_at.year == 1970


def test_numbers_no_computer_reads_cost_nobody() -> None:
    raw = body(text_event("U1", "hello")).replace(b'"events": [', b'"events": [{"x": %s}, ')
    assert [e.text for e in envelopes(raw % (b"9" * 100_000))] == ["", "hello"]
    nan = body(text_event("U1", "", message={"type": "location", "latitude": float("nan")}))
    (envelope,) = envelopes(nan)
    assert incoming(envelope.body).latitude == 0.0


def test_ids_too_long_for_the_database_are_none_of_lines() -> None:
    event = read(text_event("U" * 500, "hello", replyToken="t" * 500))
    assert (event.user_id, event.reply_token, event.text) == (None, None, "hello")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats()
    | st.text(alphabet=st.characters(exclude_categories=()), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = ("type", "mode", "timestamp", "source", "webhookEventId", "replyToken", "message")
NAMES += ("postback", "unsend", "deliveryContext")
INNER = ("type", "id", "text", "userId", "groupId", "roomId", "data", "latitude", "messageId")
KINDS = st.sampled_from(["message", "text", "location", "postback", "unsend", "join", "follow"])
PARTS = st.dictionaries(st.sampled_from(INNER), JSON | KINDS, max_size=6)
EVENTS = st.dictionaries(st.sampled_from(NAMES), JSON | KINDS | PARTS, max_size=8)


@given(EVENTS)
def test_no_event_whatever_is_in_it_costs_its_neighbours(event: dict[str, Any]) -> None:
    raw = body(event, text_event("U1", "hello"))
    odd, neighbour = envelopes(raw)
    assert neighbour.text == "hello"
    storable(odd)
    read_back = incoming(odd.body)
    for text in (read_back.text, read_back.data):
        assert "\x00" not in text
        text.encode()
    json.loads(odd.body)


def storable(envelope: Envelope) -> None:
    """What PostgreSQL takes: no NUL, no half pairs, no longer than the columns."""
    texts = (envelope.webhook_event_id, envelope.chat, envelope.body, envelope.text, envelope.data)
    for text in texts:
        assert "\x00" not in text
        text.encode()
    assert 1 <= len(envelope.webhook_event_id) <= 64
    assert len(envelope.chat) <= 64
    assert (
        datetime(1970, 1, 1, tzinfo=UTC) <= envelope.occurred_at < datetime(2100, 1, 1, tzinfo=UTC)
    )


def test_an_id_of_odd_characters_can_be_stored() -> None:
    (envelope,) = envelopes(b'{"events": [{"webhookEventId": "\\u0000\\ud800"}]}')
    assert envelope.webhook_event_id == "?"
