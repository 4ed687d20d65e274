"""LINE's rate limits, kept by all processes together: a token bucket in Redis.

Each call takes its place in the shared bucket (the generic cell rate algorithm: one number, the
time at which the bucket will be full again) and sleeps until it is its turn. While Redis is away
every process keeps to a share of the limit by itself.
"""

import logging
import time
from threading import Lock
from typing import cast

from redis import Redis, RedisError

log = logging.getLogger(__name__)

PER_SECOND = {"multicast": 200, "push": 2000, "reply": 2000, "menu": 2000}
"""LINE's limits per channel and endpoint."""

_HEADROOM = 0.95
_BURST_SECONDS = 0.1
_LOCAL_SHARE = 0.2

_TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', 60000)
return string.format('%.0f', full - now - tonumber(ARGV[2]))
"""


class Limits:
    """The shared buckets, one per kind of call."""

    def __init__(self, redis: Redis) -> None:
        self._take = redis.register_script(_TAKE)
        self._lock = Lock()
        self._local_full: dict[str, float] = {}

    def wait(self, call: str) -> None:
        """Sleep until one more call of this kind is within the limit."""
        rate = PER_SECOND[call] * _HEADROOM
        try:
            answer = self._take(keys=[f"limit:{call}"], args=[1e6 / rate, _BURST_SECONDS * 1e6])
            seconds = int(cast(bytes, answer)) / 1e6
        except RedisError as error:
            log.warning("limits kept locally: %s", type(error).__name__)
            seconds = self._wait_locally(call, rate * _LOCAL_SHARE)
        if seconds > 0:
            time.sleep(seconds)

    def _wait_locally(self, call: str, rate: float) -> float:
        now = time.monotonic()
        with self._lock:
            full = max(self._local_full.get(call, 0.0), now) + 1 / rate
            self._local_full[call] = full
        return full - now - _BURST_SECONDS
