"""Watching, time, failures, memory across restarts, and who may reach the simulator."""

import base64
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.bot.line.line_menu_behaviours import menu, png
from tests.bot.line.simulator_process import PROJECT, Simulator, simulator

PUSH = "/v2/bot/message/push"
MULTICAST = "/v2/bot/message/multicast"


@pytest.fixture(scope="module")
def shared_line() -> Iterator[Simulator]:
    with simulator() as process:
        yield process


@pytest.fixture
def line(shared_line: Simulator) -> Simulator:
    shared_line.control("POST", "reset")
    return shared_line


def friend(line: Simulator, **fields: Any) -> str:
    body = {"name": "Lan", "friend": True, **fields}
    identifier: str = line.control("POST", "users", body)["id"]
    return identifier


def push(line: Simulator, to: str, words: str = "hi", **more: Any) -> requests.Response:
    return line.api("POST", PUSH, {"to": to, "messages": [{"type": "text", "text": words}]}, **more)


def items(line: Simulator, user: str, since: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = line.control("GET", f"users/{user}/messages?since={since}")[
        "items"
    ]
    return found


# people


def test_people_are_added_changed_found_and_listed(line: Simulator) -> None:
    user = friend(line, name="Nguyễn Lan", language="vi", country="VN")
    line.control("POST", "users", {"id": user, "language": "en"})
    state = line.control("GET", f"users/{user}")
    assert (state["name"], state["language"], state["friend"]) == ("Nguyễn Lan", "en", True)
    many = line.control("POST", "users", {"count": 1000, "seed": "load", "language": "ja"})
    assert many["count"] == 1000
    assert line.control("GET", f"users/{many['last']}")["name"] == "Resident 999"
    found = line.control("GET", "users?search=nguy")
    assert (found["total"], [it["id"] for it in found["users"]]) == (1001, [user])
    page = line.control("GET", f"users?limit=2&after={user}")["users"]
    assert next(it["id"] for it in page) == many["first"] and len(page) == 2
    assert line.http.get(f"{line.url}/_simulator/users/U{'9' * 32}").status_code == 404
    assert line.http.post(f"{line.url}/_simulator/users", json={"id": "Lan"}).status_code == 400


# watching


def test_a_chat_shows_both_sides_in_order(line: Simulator) -> None:
    user = friend(line)
    line.control("POST", "event", {"user": user, "type": "text", "text": "hello"})
    sender = {"name": "Staff"}
    message = {"type": "text", "text": "a", "sender": sender}
    body = {"to": user, "messages": [message, message], "notificationDisabled": True}
    answer = line.api("POST", PUSH, body)
    said, one, two = items(line, user)
    assert (said["from"], said["message"]["text"]) == ("user", "hello")
    assert said["seq"] < one["seq"] < two["seq"]
    assert (one["kind"], one["silent"], one["message"]) == ("push", True, message)
    assert one["request_id"] == answer.headers["x-line-request-id"]
    assert [it["id"] for it in answer.json()["sentMessages"]] == [one["id"], two["id"]]
    assert items(line, user, since=one["seq"]) == [two]


def test_an_unsent_message_is_gone_from_the_chat(line: Simulator) -> None:
    user = friend(line)
    wish = {"user": user, "type": "text", "text": "secret"}
    message_id = line.control("POST", "event", wish)["message_id"]
    line.control("POST", "event", {"user": user, "type": "unsend", "message_id": message_id})
    said, unsent = items(line, user)
    assert (said["unsent"], said["message"]) == (True, {"type": "unsent"})
    assert (unsent["type"], unsent["id"]) == ("unsend", message_id)


def test_one_poll_serves_several_phones(line: Simulator) -> None:
    one, two, other = friend(line), friend(line), friend(line)
    start = line.control("GET", f"changes?since=0&users={one},{two}")
    assert set(start["users"]) == {one, two}
    nothing = line.control("GET", f"changes?since={start['seq']}&users={one},{two}")
    assert nothing["users"] == {}
    got: list[Any] = []

    def poll() -> None:
        path = f"{line.url}/_simulator/changes?since={start['seq']}&users={one},{two}&wait=20"
        got.append(requests.get(path, timeout=30).json())

    waiting = threading.Thread(target=poll)
    waiting.start()
    time.sleep(0.2)
    push(line, other)
    time.sleep(0.1)
    assert not got
    began = time.monotonic()
    push(line, two, "for two")
    waiting.join(5)
    assert time.monotonic() - began < 1
    assert [it["message"]["text"] for it in got[0]["users"][two]["items"]] == ["for two"]
    assert set(got[0]["users"]) == {two}


def test_a_poll_from_before_a_reset_returns_at_once(line: Simulator) -> None:
    began = time.monotonic()
    answer = line.control("GET", f"changes?since=1000000&users={friend(line)}&wait=20")
    assert answer["seq"] < 1_000_000 and time.monotonic() - began < 5


def test_the_log_tells_every_call(line: Simulator) -> None:
    user = friend(line)
    start = line.control("GET", "requests?limit=1000000")["next"]
    key = "123e4567-e89b-12d3-a456-426614174000"
    answer = push(line, user, headers={"X-Line-Retry-Key": key})
    push(line, "wrong")
    log = line.control("GET", f"requests?since={start}")
    first, second = log["requests"]
    assert first["request_id"] == answer.headers["x-line-request-id"]
    assert (first["endpoint"], first["status"], first["accepted"]) == ("push", 200, True)
    assert (first["retry_key"], first["recipients"]) == (key, 1)
    assert (second["status"], second["accepted"]) == (400, False)
    assert line.control("GET", f"requests?since={log['next']}")["requests"] == []
    assert line.control("GET", f"requests?since={start}&endpoint=reply")["requests"] == []
    assert line.control("GET", "health")["calls"]["push"] == {"200": 1, "400": 1}


def test_uploads_and_pictures_can_be_loaded_by_a_page(line: Simulator) -> None:
    user = friend(line)
    picture = png(40, 30)
    upload = line.http.post(
        f"{line.url}/_simulator/media", data=picture, headers={"Content-Type": "image/png"}
    ).json()["upload"]
    wish = {"user": user, "type": "image", "upload": upload}
    message_id = line.control("POST", "event", wish)["message_id"]
    answer = line.http.get(f"{line.url}/_simulator/media/{message_id}")
    assert (answer.content, answer.headers["Content-Type"]) == (picture, "image/png")

    identifier = line.api("POST", "/v2/bot/richmenu", menu()).json()["richMenuId"]
    headers = {"Content-Type": "image/png"}
    path = f"/v2/bot/richmenu/{identifier}/content"
    line.api("POST", path, data=png(800, 540), headers=headers)
    line.api("POST", f"/v2/bot/user/all/richmenu/{identifier}")
    shown = line.control("GET", f"users/{user}/richmenu")
    assert (shown["richMenuId"], shown["size"]) == (identifier, menu()["size"])
    assert line.http.get(line.url + shown["image"]).content == png(800, 540)


def test_the_pages_are_served(line: Simulator) -> None:
    phone = PROJECT / "bot/line/simulator/phone"
    for path, name in (("/", "index.html"), ("/_simulator/control", "control.html")):
        answer = line.http.get(line.url + path)
        assert answer.status_code == (200 if (phone / name).exists() else 404)
    assert line.http.get(f"{line.url}/phone/%2e%2e/server.py").status_code == 404


# time and failures


def test_the_clock_moves(line: Simulator) -> None:
    before = line.control("GET", "health")["now"]
    line.control("POST", "clock", {"advance_seconds": 3600})
    after = line.control("POST", "clock", {"advance_seconds": 3600})
    assert after["offset_seconds"] == 7200
    assert 7_200_000 <= after["now"] - before < 7_260_000
    assert line.control("POST", "clock", {"offset_seconds": 0})["offset_seconds"] == 0
    user = friend(line)
    wish = {"user": user, "type": "text", "text": "?", "time": 1_000}
    line.control("POST", "event", wish)
    assert items(line, user)[0]["time"] == 1_000


@pytest.mark.parametrize(
    ("kind", "status", "shown"),
    [
        ("400", 400, False),
        ("401", 401, False),
        ("429-rate", 429, False),
        ("429-quota", 429, False),
        ("500", 500, False),
        ("500-after", 500, True),
        ("slow", 200, True),
        ("garbage", 200, True),
        ("drop-before", None, False),
        ("drop-after", None, True),
        ("timeout", None, False),
        ("timeout-after", None, True),
    ],
)
def test_planned_failures(kind: str, status: int | None, shown: bool, line: Simulator) -> None:
    user = friend(line)
    plan = {"endpoint": "sending", "kind": kind, "times": 1, "skip": 1, "seconds": 0.2}
    line.control("POST", "behaviour", {"failures": [plan]})
    assert push(line, user, "before").status_code == 200
    if status is None:
        with pytest.raises(requests.ConnectionError):
            push(line, user, "hit")
    else:
        answer = push(line, user, "hit")
        assert answer.status_code == status
        assert (kind == "garbage") == ("json" not in answer.headers["Content-Type"])
    assert push(line, user, "after").status_code == 200
    words = [item["message"]["text"] for item in items(line, user)]
    assert words == (["before", "hit", "after"] if shown else ["before", "after"])
    log = line.control("GET", "requests")["requests"]
    assert (log[1]["status"], log[1]["planned"], log[1]["accepted"]) == (status, kind, shown)


def test_a_share_of_calls_fails_and_only_matching_ones(line: Simulator) -> None:
    user = friend(line)
    plan = {"endpoint": "push", "kind": "500", "share": 0.5, "match": "unlucky"}
    line.control("POST", "behaviour", {"failures": [plan]})
    statuses = [push(line, user, "unlucky").status_code for _ in range(100)]
    assert 20 < statuses.count(500) < 80
    assert {push(line, user, "fine").status_code for _ in range(20)} == {200}


def test_latency_is_half_before_and_half_after(line: Simulator) -> None:
    user = friend(line)
    line.control("POST", "behaviour", {"latency_ms": 200})
    began = time.monotonic()
    push(line, user)
    assert 0.2 <= time.monotonic() - began < 0.6


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": 1},
        {"failures": [{"endpoint": "push", "kind": "sad", "times": 1}]},
        {"failures": [{"endpoint": "push", "kind": "500"}]},
        {"buckets": {"push": {"speed": 1}}},
    ],
)
def test_unknown_behaviour_is_refused_and_nothing_changes(change: Any, line: Simulator) -> None:
    before = line.control("GET", "behaviour")
    answer = line.http.post(f"{line.url}/_simulator/behaviour", json={"latency_ms": 9, **change})
    assert answer.status_code == 400 and answer.json()["error"]
    assert line.control("GET", "behaviour") == before


def test_places_for_the_phone_page(line: Simulator) -> None:
    places = [{"name": "みなと駅", "latitude": 35.6, "longitude": 139.7}]
    line.control("POST", "places", {"places": places})
    line.control("POST", "reset")
    assert line.control("GET", "places") == {"places": places}
    answer = line.http.post(f"{line.url}/_simulator/places", json={"places": [{"name": "x"}]})
    assert answer.status_code == 400


def test_what_is_not_simulated_is_refused(line: Simulator) -> None:
    answer = line.api("POST", "/v2/bot/message/broadcast", {"messages": []})
    assert answer.status_code == 403
    unknown = line.api("GET", "/v2/bot/coupon")
    assert unknown.status_code == 404 and unknown.headers["x-line-request-id"]


# many


def test_many_recipients_share_one_message(line: Simulator) -> None:
    line.control("POST", "users", {"count": 10_000, "seed": "many"})
    people: list[str] = []
    while len(people) < 10_000:
        after = f"&after={people[-1]}" if people else ""
        users = line.control("GET", f"users?limit=5000{after}")["users"]
        people += [user["id"] for user in users]
    messages = [{"type": "text", "text": "x" * 4000}] * 5
    began = time.monotonic()
    for start in range(0, 10_000, 500):
        body = {"to": people[start : start + 500], "messages": messages}
        assert line.api("POST", MULTICAST, body).status_code == 200
    assert time.monotonic() - began < 5
    assert line.control("GET", "received")["friends"] == {"5": 10_000}
    assert line.control("GET", "health")["recipients"] == {"multicast": 10_000}
    status = Path(f"/proc/{line.process.pid}/status").read_text()
    resident = int(status.split("VmRSS:")[1].split()[0])
    assert resident < 150_000, "kB; a copy for each recipient would need 400 MB more"


# memory


def test_a_restarted_simulator_shows_the_same(tmp_path: Path) -> None:
    with simulator("--state", str(tmp_path / "state")) as line:
        user, other = friend(line), friend(line)
        picture = base64.b64encode(png(20, 20)).decode()
        wish = {"user": user, "type": "image", "content": picture}
        message_id = line.control("POST", "event", wish)["message_id"]
        key: dict[str, Any] = {
            "headers": {"X-Line-Retry-Key": "123e4567-e89b-12d3-a456-426614174000"}
        }
        push(line, user, **key)
        line.control("POST", "event", {"user": other, "type": "unfollow"})
        identifier = line.api("POST", "/v2/bot/richmenu", menu()).json()["richMenuId"]
        headers = {"Content-Type": "image/png"}
        path = f"/v2/bot/richmenu/{identifier}/content"
        line.api("POST", path, data=png(800, 540), headers=headers)
        line.api("POST", f"/v2/bot/user/{user}/richmenu/{identifier}")
        line.control("POST", "clock", {"advance_seconds": 500})
        before = [line.control("GET", f"users/{it}/messages") for it in (user, other)]
        os.kill(line.process.pid, signal.SIGKILL)
    with (tmp_path / "state/journal.jsonl").open("a") as journal:
        journal.write('["act",{"chat":"torn off by the ki')
    with simulator("--state", str(tmp_path / "state")) as line:
        after = [line.control("GET", f"users/{it}/messages") for it in (user, other)]
        assert after == before
        assert line.http.get(f"{line.url}/_simulator/media/{message_id}").content == png(20, 20)
        assert line.control("GET", f"users/{user}/richmenu")["richMenuId"] == identifier
        assert push(line, user, **key).status_code == 409
        assert line.control("GET", "health")["clock_offset"] == 500
        line.control("POST", "reset", {"keep_users": True})
    with simulator("--state", str(tmp_path / "state")) as line:
        assert items(line, user) == []
        assert line.control("GET", f"users/{user}")["friend"]
        assert line.control("GET", f"users/{other}")["blocked"]


def test_it_starts_fast_and_ends_at_once_whoever_waits() -> None:
    began = time.monotonic()
    line = Simulator("--port", "0")
    assert time.monotonic() - began < 2
    user = friend(line)
    failure = {"endpoint": "push", "kind": "timeout", "times": 1}
    line.control("POST", "behaviour", {"failures": [failure]})

    def ask(method: str, path: str, **more: Any) -> None:
        with contextlib.suppress(requests.ConnectionError):
            requests.request(method, line.url + path, timeout=30, **more)

    poll = f"/_simulator/changes?since=1000&users={user}&wait=25"
    message = {"to": user, "messages": []}
    threads = [
        threading.Thread(target=ask, args=("GET", poll.replace("1000", "1"))),
        threading.Thread(target=ask, args=("POST", PUSH), kwargs={"json": message}),
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    assert line.stop() == 0
    assert time.monotonic() - began < 1
    for thread in threads:
        thread.join(5)


# who may reach it


def test_it_listens_to_this_machine_only_unless_exposed() -> None:
    command = [sys.executable, "-m", "bot.line.simulator", "--host", "0.0.0.0"]
    refused = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30)
    assert refused.returncode == 2 and "not this machine" in refused.stderr
    with simulator("--host", "0.0.0.0", "--expose") as exposed:
        port = exposed.url.rpartition(":")[2]
        assert requests.get(f"http://127.0.0.1:{port}/_simulator/health", timeout=5).ok


def test_pages_from_elsewhere_cannot_use_it(line: Simulator) -> None:
    url = f"{line.url}/_simulator/health"
    assert requests.get(url, headers={"Host": "evil.example"}, timeout=5).status_code == 403
    assert (
        requests.get(url, headers={"Origin": "https://evil.example"}, timeout=5).status_code == 403
    )
    assert requests.get(url, headers={"Origin": line.url}, timeout=5).ok
