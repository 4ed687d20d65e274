"""Sending through the real SDK to the real simulator: every way a call ends has a meaning."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from redis import Redis

from bot.channel import Failure, SendError, Text
from bot.limits import Limits
from bot.line.channel import PROFILE_TIMEOUT, TIMEOUT, LineChannel
from bot.line.messages import render
from bot.settings import Settings
from tests.conftest import free_port, test_environment
from tests.world import Simulator

BODY = render([Text("Good day {name}")])


@pytest.fixture
def line(simulator: Simulator, redis_url: str, tmp_path) -> LineChannel:  # type: ignore[no-untyped-def]
    settings = Settings.from_environment(test_environment("", redis_url, tmp_path))
    here = {"line_api_base_url": simulator.url, "line_data_api_base_url": simulator.url}
    return LineChannel(replace(settings, **here), Limits(Redis.from_url(redis_url)))


def friend(simulator: Simulator, **more: object) -> str:
    return str(simulator.post("users", name="Lan", friend=True, **more)["id"])


def fail(simulator: Simulator, kind: str, endpoint: str = "*", seconds: float = 0.2) -> None:
    plan = {"endpoint": endpoint, "kind": kind, "times": 1, "seconds": seconds}
    simulator.post("behaviour", failures=[plan])


def test_a_push_returns_lines_request_id_and_its_repeat_the_same_one(
    line: LineChannel, simulator: Simulator
) -> None:
    user, key = friend(simulator), str(uuid4())
    first = line.push(user, BODY, key)
    assert first == simulator.get("requests", endpoint="push")["requests"][0]["request_id"]
    assert line.push(user, BODY, key) == first


MEANINGS = {
    "429-rate": Failure.RATE,
    "429-quota": Failure.QUOTA,
    "400": Failure.REFUSED,
    "401": Failure.REFUSED,
    "500": Failure.UNCLEAR,
    "500-after": Failure.UNCLEAR,
    "drop-before": Failure.UNCLEAR,
    "drop-after": Failure.UNCLEAR,
    "timeout": Failure.UNCLEAR,
    "timeout-after": Failure.UNCLEAR,
    "garbage": Failure.UNCLEAR,
}


@pytest.mark.parametrize("kind", MEANINGS)
def test_what_each_failure_of_a_push_means(
    line: LineChannel, simulator: Simulator, kind: str
) -> None:
    fail(simulator, kind)
    with pytest.raises(SendError) as caught:
        line.push(friend(simulator), BODY, str(uuid4()))
    assert caught.value.failure is MEANINGS[kind]
    asked = simulator.get("requests", endpoint="push")["requests"]
    assert len(asked) == 1, "neither the SDK nor urllib3 asks again by itself"


def test_a_reply_token_nobody_gave(line: LineChannel) -> None:
    with pytest.raises(SendError) as caught:
        line.reply("0" * 32, BODY)
    assert caught.value.failure is Failure.TOKEN


def test_a_malformed_recipient_is_named(line: LineChannel) -> None:
    with pytest.raises(SendError) as caught:
        line.push("nobody", BODY, str(uuid4()))
    assert (caught.value.failure, caught.value.index) == (Failure.RECIPIENT, 0)
    assert "nobody" not in str(caught.value)


def test_messages_the_sdk_does_not_know_are_refused_not_raised(line: LineChannel) -> None:
    for body in ('[{"type": "hologram"}]', '[{"type": "text"}]', "[]"):
        with pytest.raises(SendError) as caught:
            line.push("U" + "0" * 32, body, str(uuid4()))
        assert caught.value.failure is Failure.REFUSED, body


def test_nobody_listening_is_unclear_and_quick(
    redis_url: str,
    tmp_path,  # type: ignore[no-untyped-def]
) -> None:
    settings = Settings.from_environment(test_environment("", redis_url, tmp_path))
    nobody = replace(settings, line_api_base_url=f"http://127.0.0.1:{free_port()}")
    channel = LineChannel(nobody, Limits(Redis.from_url(redis_url)))
    before = time.monotonic()
    with pytest.raises(SendError) as caught:
        channel.push("U" + "0" * 32, BODY, str(uuid4()))
    assert caught.value.failure is Failure.UNCLEAR
    assert time.monotonic() - before < 1


def test_no_call_waits_longer_than_its_deadline(line: LineChannel, simulator: Simulator) -> None:
    """Shorter than a lease, so that nobody else takes the row up while this one still waits."""
    user = friend(simulator)
    plans = [
        {"endpoint": name, "kind": "timeout", "times": 1, "seconds": 60}
        for name in ("reply", "push", "profile")
    ]
    simulator.post("behaviour", failures=plans)

    def seconds(call: int) -> float:
        before = time.monotonic()
        if call == 2:
            assert line.profile_language(user) is None
            return time.monotonic() - before
        with pytest.raises(SendError) as caught:
            line.push(user, BODY, str(uuid4())) if call else line.reply("0" * 32, BODY)
        assert caught.value.failure is Failure.UNCLEAR
        return time.monotonic() - before

    with ThreadPoolExecutor(3) as threads:
        reply, push, profile = threads.map(seconds, range(3))
    assert max(reply, push) < sum(TIMEOUT)
    assert profile < sum(PROFILE_TIMEOUT)


@pytest.mark.parametrize("kind", ["500", "drop-after", "garbage", "429-rate", "400"])
def test_a_profile_that_cannot_be_had_costs_nothing(
    line: LineChannel, simulator: Simulator, kind: str
) -> None:
    user = friend(simulator, language="vi")
    fail(simulator, kind, "profile")
    assert line.profile_language(user) is None
    assert line.profile_language(user) == "vi"


def test_two_hundred_pushes_at_once_share_the_connections(
    line: LineChannel, simulator: Simulator
) -> None:
    users = [friend(simulator) for _ in range(20)]
    with ThreadPoolExecutor(16) as threads:
        ids = list(threads.map(lambda n: line.push(users[n % 20], BODY, str(uuid4())), range(200)))
    assert len(set(ids)) == 200
    assert simulator.get("received")["friends"] == {"10": 20}
