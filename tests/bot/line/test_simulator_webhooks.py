"""Every webhook body that the simulator sends is one that LINE describes."""

import base64
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from jsonschema import Draft4Validator

from tests.bot.line.simulator_process import Bot, Simulator, bot, simulator

FORMATS = Path(__file__).resolve().parents[4] / "shared/data/line/webhook.strict.yml"
DATA = base64.b64encode(b"bytes").decode()
GROUP = "C" + "1" * 32
ROOM = "R" + "1" * 32
ACTS: list[dict[str, Any]] = [
    {"type": "follow"},
    {"type": "text", "text": "Xin chào 🙏"},
    {"type": "text", "text": "@Minato hello", "mention_bot": True, "quoted": "1"},
    {"type": "sticker"},
    {"type": "sticker", "packageId": "1", "stickerId": "2"},
    {"type": "image"},
    {"type": "image", "content": DATA, "content_type": "image/jpeg"},
    {"type": "video", "content": DATA},
    {"type": "audio", "content": DATA, "duration": 1500},
    {"type": "file", "content": DATA, "file_name": "letter.pdf"},
    {"type": "location", "latitude": 35.6, "longitude": 139.7, "title": "School"},
    {"type": "location", "latitude": 35, "longitude": 139},
    {"type": "postback", "data": "a=1", "displayText": "Yes"},
    {"type": "postback", "data": "a=1", "params": {"datetime": "2026-09-12T21:40"}},
    {"type": "text", "text": "?", "mode": "standby"},
    {"type": "join", "group": GROUP, "name": "Nhóm"},
    {"type": "text", "text": "?", "group": GROUP},
    {"type": "text", "text": "?", "group": GROUP, "anonymous": True},
    {"type": "memberJoined", "group": GROUP},
    {"type": "memberLeft", "group": GROUP},
    {"type": "leave", "group": GROUP},
    {"type": "join", "room": ROOM},
    {"type": "postback", "data": "a=1", "room": ROOM},
    {
        "type": "raw",
        "event": {
            "type": "videoPlayComplete",
            "replyToken": True,
            "videoPlayComplete": {"trackingId": "film"},
        },
    },
    {"type": "unfollow"},
]


@pytest.fixture(scope="module")
def webhook() -> Iterator[Bot]:
    with bot() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def line(webhook: Bot) -> Iterator[Simulator]:
    with simulator("--webhook", webhook.url) as process:
        yield process


def test_bodies_are_as_line_describes_them(line: Simulator, webhook: Bot) -> None:
    if not FORMATS.exists():
        pytest.skip(f"LINE's webhook description is not at {FORMATS}")
    components = yaml.safe_load(FORMATS.read_text())["components"]
    schema = {"$ref": "#/components/schemas/CallbackRequest", "components": components}
    user = line.control("POST", "users", {"name": "Lan"})["id"]
    for act in ACTS:
        line.control("POST", "event", {"user": user, "wait": True, **act})
    said = line.control("GET", f"users/{user}/messages")["items"]
    message_id = next(item["id"] for item in said if item["type"] == "message")
    unsend = {"type": "unsend", "user": user, "message_id": message_id, "duplicate": True}
    line.control("POST", "event", {**unsend, "wait": True})
    line.api("POST", "/v2/bot/channel/webhook/test", {})
    assert len(webhook.received) == len(ACTS) + 3
    for body in webhook.bodies():
        Draft4Validator(schema).validate(body)


def test_an_event_can_lack_what_line_promises(line: Simulator, webhook: Bot) -> None:
    user = line.control("POST", "users", {"name": "Lan"})["id"]
    event = {"type": "mystery", "webhookEventId": None, "mode": "asleep", "payload": {"a": 1}}
    wish = {"user": user, "type": "raw", "event": event, "wait": True}
    line.control("POST", "event", wish)
    got = webhook.bodies()[-1]["events"][0]
    assert (got["mode"], got["payload"], got["source"]["userId"]) == ("asleep", {"a": 1}, user)
    assert "webhookEventId" not in got and "replyToken" not in got


def test_held_events_arrive_in_the_order_asked_for(line: Simulator, webhook: Bot) -> None:
    user = line.control("POST", "users", {"name": "Lan"})["id"]

    def hold(words: str) -> str:
        wish = {"user": user, "type": "text", "text": words, "deliver": "hold"}
        event_id: str = line.control("POST", "event", wish)["events"][0]
        return event_id

    first, second = hold("first"), hold("second")
    assert webhook.events(first) == webhook.events(second) == []
    for event_id in (second, first):
        line.control("POST", "deliver", {"events": [event_id], "wait": True})
    arrived = [
        event["message"]["text"] for body in webhook.bodies()[-2:] for event in body["events"]
    ]
    assert arrived == ["second", "first"]
    assert webhook.events(first)[0]["timestamp"] <= webhook.events(second)[0]["timestamp"]
    token = webhook.events(first)[0]["replyToken"]
    answer = {"replyToken": token, "messages": [{"type": "text", "text": "hi"}]}
    assert line.api("POST", "/v2/bot/message/reply", answer).status_code == 200


def test_one_body_of_events_and_the_log_of_webhooks(line: Simulator, webhook: Bot) -> None:
    users = [line.control("POST", "users", {"name": name})["id"] for name in ("Lan", "Mei")]
    wishes = [{"user": user, "type": "follow"} for user in users]
    before = line.control("GET", "webhooks")["next"]
    answer = line.control("POST", "events", {"events": wishes, "wait": True})
    assert answer["status"] == 200 and len(answer["events"]) == 2
    (entry,) = line.control("GET", f"webhooks?since={before}")["webhooks"]
    assert (entry["events"], entry["status"], entry["attempt"]) == (answer["events"], 200, 1)


def test_a_slow_webhook_counts_as_unanswered(line: Simulator, webhook: Bot) -> None:
    line.control("POST", "behaviour", {"webhook_timeout": 0.2, "redelivery_delays": [0.05]})
    delays = iter((0.5, 0.0))

    def slowly(body: dict[str, Any]) -> int:
        time.sleep(next(delays))
        return 200

    webhook.answer = slowly
    user = line.control("POST", "users", {"name": "Lan"})["id"]
    answer = line.control("POST", "event", {"user": user, "type": "follow", "wait": True})
    assert answer["status"] is None
    arrivals = webhook.wait_for(answer["events"][0], 2)
    assert [it["deliveryContext"]["isRedelivery"] for it in arrivals] == [False, True]
    webhook.answer = lambda body: 200


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"type": "dance"}, "unknown type"),
        ({"type": "text"}, "needs 'text'"),
        ({"type": "text", "text": "a", "user": "U" + "9" * 32}, "no such user"),
        ({"type": "text", "text": "a", "group": "C" + "9" * 32}, "no such group"),
        ({"type": "unsend", "message_id": "1"}, "no such message"),
        ({"type": "video"}, "needs 'content'"),
        ({"type": "image", "content": "?"}, "not base64"),
        ({"type": "join", "group": "here"}, "group id"),
    ],
)
def test_impossible_acts_say_why(wish: dict[str, Any], reason: str, line: Simulator) -> None:
    user = line.control("POST", "users", {"name": "Lan"})["id"]
    answer = line.http.post(f"{line.url}/_simulator/event", json={"user": user, **wish})
    assert answer.status_code == 400 and reason in answer.json()["error"]


def test_who_blocked_the_account_cannot_write(line: Simulator) -> None:
    user = line.control("POST", "users", {"name": "Lan", "friend": True})["id"]
    line.control("POST", "event", {"user": user, "type": "unfollow"})
    wish = {"user": user, "type": "text", "text": "hello"}
    answer = line.http.post(f"{line.url}/_simulator/event", json=wish)
    assert answer.status_code == 400 and "blocked" in answer.json()["error"]


def test_somebody_who_wrote_without_adding_the_account_sees_answers(
    line: Simulator, webhook: Bot
) -> None:
    user = line.control("POST", "users", {"name": "Lan"})["id"]
    push = {"to": user, "messages": [{"type": "text", "text": "hi"}]}
    line.api("POST", "/v2/bot/message/push", push)
    line.control("POST", "event", {"user": user, "type": "text", "text": "hello", "wait": True})
    line.api("POST", "/v2/bot/message/push", push)
    line.control("POST", "clock", {"advance_seconds": 8 * 24 * 3600})
    line.api("POST", "/v2/bot/message/push", push)
    items = line.control("GET", f"users/{user}/messages")["items"]
    assert [item["from"] for item in items] == ["user", "bot"]


def test_played_events_never_leave_this_machine(line: Simulator, webhook: Bot) -> None:
    line.control("POST", "webhook", {"url": "https://minato.example/webhook"})
    user = line.control("POST", "users", {"name": "Lan"})["id"]
    answer = line.control("POST", "event", {"user": user, "type": "follow", "wait": True})
    line.control("POST", "webhook", {"url": webhook.url})
    assert answer["status"] is None
    entry = line.control("GET", "webhooks?limit=100000")["webhooks"][-1]
    assert "this machine only" in entry["error"]


def test_a_reset_ends_who_waits_for_a_webhook(line: Simulator, webhook: Bot) -> None:
    line.control("POST", "behaviour", {"webhook_timeout": 5})
    ended = threading.Event()

    def wait(body: dict[str, Any]) -> int:
        ended.wait(5)
        return 200

    webhook.answer = wait
    user = line.control("POST", "users", {"name": "Lan"})["id"]
    wish = {"user": user, "type": "follow", "wait": True}
    answers: list[Any] = []
    waiting = threading.Thread(
        target=lambda: answers.append(
            requests.post(f"{line.url}/_simulator/event", json=wish, timeout=10).json()
        )
    )
    waiting.start()
    time.sleep(0.3)
    line.control("POST", "reset")
    waiting.join(2)
    ended.set()
    webhook.answer = lambda body: 200
    assert answers[0]["status"] is None
