"""What LINE's published formats refuse, the simulator refuses too.

The simulator describes the formats in its own words; LINE's OpenAPI description, made strict, is
the measure.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from openapi_schema_validator import oas30_format_checker

from tests.bot.line.line_menu_behaviours import menu
from tests.bot.line.line_message_limits import LIMITS
from tests.bot.line.line_messages import MESSAGES
from tests.bot.line.simulator_process import Simulator, simulator

FORMATS = Path(__file__).resolve().parents[4] / "shared/data/line/messaging-api.strict.yml"
USER = "U" + "0" * 32
Json = dict[str, Any]


@pytest.fixture(scope="module")
def line() -> Iterator[Simulator]:
    with simulator() as process:
        yield process


class Strict:
    """LINE's published formats."""

    def __init__(self, document: Json) -> None:
        self.components = document["components"]
        self.validators: dict[str, Draft4Validator] = {}

    def refuses(self, schema: str, body: Any) -> bool:
        if schema not in self.validators:
            self.validators[schema] = Draft4Validator(
                {"$ref": f"#/components/schemas/{schema}", "components": self.components},
                format_checker=oas30_format_checker,
            )
        return not self.validators[schema].is_valid(body)


@pytest.fixture(scope="module")
def strict() -> Strict:
    if not FORMATS.exists():
        pytest.skip(f"LINE's format description is not at {FORMATS}")
    return Strict(yaml.safe_load(FORMATS.read_text()))


def accepted(line: Simulator, message: Any) -> bool:
    path = "/v2/bot/message/validate/push"
    answer = line.api("POST", path, {"messages": [message]})
    assert answer.status_code in (200, 400, 413), answer.text
    return bool(answer.status_code == 200)


def kind(message: Json) -> str:
    inner = message.get("template") or message.get("contents") or {}
    return f"{message['type']}-{inner.get('type', '')}".rstrip("-")


@pytest.mark.parametrize("message", MESSAGES, ids=kind)
def test_both_take_the_samples(message: Json, line: Simulator, strict: Strict) -> None:
    assert not strict.refuses("Message", message)
    answer = line.api("POST", "/v2/bot/message/validate/push", {"messages": [message]})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row[0])
def test_what_fits_is_allowed_by_the_formats(row: Any, strict: Strict) -> None:
    assert not strict.refuses("Message", row[2])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value inside."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(entry, (*path, key))


def changed(message: Json, path: tuple[Any, ...], change: Any) -> Json:
    """The message with the value at this path replaced, or removed where change is REMOVE."""
    result = copy.deepcopy(message)
    parent: Any = result
    for key in path[:-1]:
        parent = parent[key]
    if change is REMOVE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = change
    return result


REMOVE = object()
ODD: list[Any] = [
    None,
    "",
    "x",
    0,
    -1,
    1.5,
    2**40,
    True,
    [],
    {},
    [None],
    {"type": "x"},
    "x" * 6000,
    "あ" * 301,
    "http://minato.example/",
    "https://",
    REMOVE,
]


@pytest.mark.parametrize("message", MESSAGES, ids=kind)
def test_one_wrong_value_refused_there_is_refused_here(
    message: Json, line: Simulator, strict: Strict
) -> None:
    """Every value of every sample, replaced by every odd value."""
    for path in places(message):
        for odd in ODD:
            mutant = changed(message, path, odd)
            if accepted(line, mutant):
                assert not strict.refuses("Message", mutant), f"{path} = {odd!r:.60}"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**33), 2**33)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.sampled_from([20, 21, 300, 301, 1500, 1501, 5000, 5001]).map(lambda n: "x" * n),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def fragments() -> Iterator[Any]:
    for message in MESSAGES:
        for path in places(message):
            value: Any = message
            for key in path:
                value = value[key]
            yield value
            if isinstance(value, list) and len(json.dumps(value)) < 2000:
                yield value * 14


FRAGMENTS = list(fragments())


@st.composite
def mutants(draw: st.DrawFn) -> Json:
    """A sample with one to three of its values replaced: by anything, or by a part of a sample."""
    message = draw(st.sampled_from(MESSAGES))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(sorted(places(message), key=str)))
        message = changed(message, path, draw(VALUES | st.sampled_from(FRAGMENTS)))
        if not path[1:] and path[0] == "type":
            break
    return message


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(message=mutants())
def test_generated_messages_refused_there_are_refused_here(
    message: Json, line: Simulator, strict: Strict
) -> None:
    if accepted(line, message):
        assert not strict.refuses("Message", message)


BODIES: list[tuple[str, str, Json]] = [
    (
        "PushMessageRequest",
        "/v2/bot/message/push",
        {
            "to": USER,
            "messages": [MESSAGES[0]],
            "notificationDisabled": True,
            "customAggregationUnits": ["drill"],
        },
    ),
    (
        "MulticastRequest",
        "/v2/bot/message/multicast",
        {"to": [USER], "messages": [MESSAGES[0]], "notificationDisabled": False},
    ),
    (
        "ReplyMessageRequest",
        "/v2/bot/message/reply",
        {"replyToken": "x", "messages": [MESSAGES[0]], "notificationDisabled": False},
    ),
    ("RichMenuRequest", "/v2/bot/richmenu/validate", menu()),
    (
        "RichMenuBatchRequest",
        "/v2/bot/richmenu/validate/batch",
        {"operations": [{"type": "unlinkAll"}], "resumeRequestKey": "key"},
    ),
    ("RichMenuBulkUnlinkRequest", "/v2/bot/richmenu/bulk/unlink", {"userIds": [USER]}),
    (
        "ShowLoadingAnimationRequest",
        "/v2/bot/chat/loading/start",
        {"chatId": USER, "loadingSeconds": 10},
    ),
    ("SetWebhookEndpointRequest", "/v2/bot/channel/webhook/endpoint", {}),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[0])
def test_wrong_requests_refused_there_are_refused_here(
    body: tuple[str, str, Json], line: Simulator, strict: Strict
) -> None:
    schema, path, good = body
    method = "PUT" if schema == "SetWebhookEndpointRequest" else "POST"
    good = good or {"endpoint": "https://minato.example/webhook"}
    line.control("POST", "behaviour", {"buckets": {"loading": {"rate": 1_000_000}}})
    assert not strict.refuses(schema, good)
    for place in places(good):
        for odd in ODD:
            mutant = changed(good, place, odd)
            answer = line.api(method, path, mutant)
            if answer.status_code != 400:
                assert not strict.refuses(schema, mutant), f"{place} = {odd!r:.60}: {answer.text}"


def test_the_measure_itself_is_strict(strict: Strict) -> None:
    """Would the check above notice anything at all?"""
    assert strict.refuses("Message", {"type": "text"})
    assert strict.refuses("Message", {"type": "sticker", "packageId": 1, "stickerId": "2"})
    assert strict.refuses("Message", json.loads('{"type": "flex", "altText": "a"}'))
