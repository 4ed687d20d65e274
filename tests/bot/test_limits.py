"""LINE's rate limits hold for all processes together, with Redis and without."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from bot.limits import PER_SECOND, Limits
from tests.conftest import free_port


def calls_in(limits: list[Limits], call: str, number: int) -> float:
    """Seconds that `number` calls take, spread over several processes' limits."""
    before = time.monotonic()
    with ThreadPoolExecutor(32) as threads:
        list(threads.map(lambda n: limits[n % len(limits)].wait(call), range(number)))
    return time.monotonic() - before


@pytest.fixture
def redis(redis_url: str) -> Redis:
    connection = Redis.from_url(redis_url)
    connection.flushdb()
    return connection


def test_two_processes_together_keep_the_limit(redis: Redis, redis_url: str) -> None:
    both = [Limits(redis), Limits(Redis.from_url(redis_url))]
    seconds = calls_in(both, "multicast", 300)
    rate = (300 - 0.1 * PER_SECOND["multicast"]) / seconds
    assert rate <= PER_SECOND["multicast"], "more than LINE takes"


def test_one_call_waits_for_nothing(redis: Redis) -> None:
    assert calls_in([Limits(redis)], "reply", 1) < 0.1


def test_calls_of_one_kind_do_not_use_up_another(redis: Redis) -> None:
    limits = Limits(redis)
    calls_in([limits], "multicast", 60)
    assert calls_in([limits], "push", 1) < 0.1


def test_what_was_not_used_is_not_saved_up(redis: Redis) -> None:
    limits = Limits(redis)
    limits.wait("multicast")
    time.sleep(0.5)
    assert calls_in([limits], "multicast", 100) > 0.3


def test_without_redis_a_process_keeps_to_a_share(redis_url: str) -> None:
    nobody = Redis(port=free_port(), socket_connect_timeout=0.2)
    seconds = calls_in([Limits(nobody)], "multicast", 30)
    assert seconds > (30 - 0.1 * 38 - 1) / 38 - 0.1


def test_emptied_it_goes_on(redis: Redis) -> None:
    limits = Limits(redis)
    limits.wait("push")
    redis.flushall()
    redis.script_flush()
    limits.wait("push")
