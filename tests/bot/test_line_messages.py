"""Whatever the bot says, LINE takes it: rendered, checked against LINE's own description."""

import json
from pathlib import Path
from typing import Any

import pytest
import regex
import requests
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator

from bot.channel import AlertCard, Card, Choice, Outgoing, Text
from bot.line.messages import render, split_text, utf16_units
from tests.world import Simulator, actions_of

DESCRIPTION = (
    Path(__file__).resolve().parents[3] / "shared" / "data" / "line" / "messaging-api.strict.yml"
)
needs_description = pytest.mark.skipif(
    not DESCRIPTION.exists(), reason="LINE's API description is not beside this checkout"
)

FAMILY = "👨‍👩‍👧‍👦"
WORDS = st.text(alphabet=st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60).filter(
    str.strip
) | st.sampled_from(
    [
        "{} {name} {{",
        "مرحبا بكم في المدينة " * 8,
        FAMILY * 40,
        "あ" * 5001,
        "🗑️" * 2600,
        "a" + "\u0301" * 6000,
        "\u202eevil\u202c",
        "一行目\n二行目\n" * 1500,
    ]
)
LINKS = st.sampled_from(["https://city.example.jp/x?a=b", "tel:119", "tel:%237119"])
CHOICES = st.one_of(
    st.builds(Choice, WORDS, action=st.just("do=menu"), silent=st.booleans()),
    st.builds(Choice, WORDS, uri=LINKS),
)
QUICK = st.lists(CHOICES | st.builds(Choice, WORDS, location=st.just(True)), max_size=20).map(tuple)
TEXTS = st.builds(Text, WORDS, QUICK, st.none() | WORDS)
CARDS = st.builds(
    Card,
    title=WORDS,
    summary=WORDS,
    lines=st.lists(WORDS, max_size=3).map(tuple),
    buttons=st.lists(CHOICES, max_size=12).map(tuple),
    choices=QUICK,
    tone=st.sampled_from(["plain", "urgent"]),
    columns=st.sampled_from([1, 2]),
)
ALERTS = st.builds(
    AlertCard,
    band=WORDS,
    color=st.sampled_from(["5", "4", "3", "2", "other"]),
    drill=st.just("") | WORDS,
    action=WORDS,
    summary=WORDS,
    facts=st.lists(st.tuples(st.just("") | WORDS, WORDS), max_size=8).map(tuple),
    note=st.lists(WORDS, max_size=3).map(tuple),
    buttons=st.lists(CHOICES, min_size=1, max_size=4).map(tuple),
)


@pytest.fixture(scope="module")
def line_takes() -> OAS30Validator:
    document = yaml.safe_load(DESCRIPTION.read_text())
    schema = {"$ref": "#/components/schemas/PushMessageRequest", **document}
    return OAS30Validator(schema)


def rendered(*messages: Outgoing) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render(messages))
    return found


@needs_description
@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(TEXTS | CARDS | ALERTS)
@example(Card("a" * 9000, "b" * 9000, ("c" * 9000,) * 4, (Choice("d" * 900, action="x"),) * 12))
def test_everything_said_is_taken(
    shared_simulator: Simulator, line_takes: OAS30Validator, message: Outgoing
) -> None:
    parts = rendered(message)
    line_takes.validate({"to": "U" + "0" * 32, "messages": parts})
    for part in parts:
        assert utf16_units(part.get("text", "")) <= 5000
        assert len(json.dumps(part.get("contents", ""), ensure_ascii=False).encode()) <= 30_000
    for action in actions_of(parts):
        assert 1 <= len(regex.findall(r"\X", action["label"])) <= 20
        assert len(action.get("displayText", "")) <= 300
    answer = validate(shared_simulator, parts)
    assert answer == (200, {}), (answer, parts)


def validate(simulator: Simulator, parts: list[dict[str, Any]]) -> tuple[int, Any]:
    """What the simulator's own check of messages says: stricter than the description."""
    answer = requests.post(
        f"{simulator.url}/v2/bot/message/validate/push",
        json={"messages": parts},
        headers={"Authorization": "Bearer channel-token"},
        timeout=10,
    )
    return answer.status_code, answer.json()


def test_a_text_stays_as_it_was_said() -> None:
    (part,) = rendered(Text("{} {name} 🗑️ &amp; <b>", (Choice("はい", action="do=yes"),), "市"))
    assert part == {
        "type": "text",
        "text": "{} {name} 🗑️ &amp; <b>",
        "sender": {"name": "市"},
        "quickReply": {
            "items": [
                {
                    "type": "action",
                    "action": {
                        "type": "postback",
                        "label": "はい",
                        "data": "do=yes",
                        "displayText": "はい",
                    },
                }
            ]
        },
    }


@given(WORDS, st.integers(min_value=20, max_value=60))
def test_a_long_text_loses_nothing_in_its_pieces(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert "".join(pieces) == text
    assert all(utf16_units(piece) <= limit for piece in pieces)


def test_a_family_is_not_torn_apart() -> None:
    assert all(not piece.startswith("\u200d") for piece in split_text(FAMILY * 9, 30))


def test_the_choices_stand_below_the_last_piece() -> None:
    parts = rendered(Text("a" * 5001, (Choice("Menu", action="do=menu"),)))
    assert ["quickReply" in part for part in parts] == [False, True]


def test_a_silent_tap_leaves_no_words_in_the_chat() -> None:
    parts = rendered(Card("t", "s", buttons=(Choice("Hide", action="do=hide", silent=True),)))
    (action,) = actions_of(parts)
    assert "displayText" not in action


@pytest.mark.parametrize(
    "empty",
    [
        Text(""),
        Text(" \n"),
        Text("a", (Choice("", action="do=menu"),)),
        Card("", "summary"),
        Card("title", " "),
        Card("title", "summary", buttons=(Choice(" ", action="do=menu"),)),
    ],
)
def test_empty_words_are_an_error_here_and_not_at_line(empty: Outgoing) -> None:
    with pytest.raises(ValueError, match="empty words"):
        render([empty])


def test_what_had_to_be_cut_shows_it() -> None:
    (part,) = rendered(Card("a" * 9000, "b", ("c" * 9000,) * 4))
    title, *lines = part["contents"]["body"]["contents"]
    assert all(text["text"].endswith("…") for text in (title, *lines))


def test_one_request_holds_one_to_five_messages() -> None:
    for count in (0, 6):
        with pytest.raises(ValueError, match="1 to 5"):
            render([Text("a")] * count)
    with pytest.raises(ValueError, match="6 messages"):
        render([Text("a" * 25_001)])
