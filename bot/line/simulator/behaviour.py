"""The platform's clock, its rate limits, and the failures it was asked to play."""

import random
import time
from dataclasses import asdict, dataclass, field
from typing import Any

SENDING = ("reply", "push", "multicast")
BEFORE = ("400", "401", "429-rate", "429-quota", "500", "drop-before", "timeout")
AFTER = ("500-after", "drop-after", "timeout-after", "slow", "garbage")
SECONDS = {"slow": 5.0, "timeout": 60.0, "timeout-after": 60.0}


class Clock:
    """Host time plus an offset in seconds."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int((time.time() + self.offset) * 1000)


@dataclass
class Bucket:
    """At most `burst` calls at once, refilled with `rate` calls per `per` seconds of the clock."""

    rate: float
    per: float = 1
    burst: float = 0
    level: float = field(default=0, repr=False)
    filled: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        self.burst = self.burst or self.rate
        self.level = self.burst

    def take(self, now: int) -> bool:
        elapsed = max(0, now - self.filled) / 1000 if self.filled else 0.0
        self.level = min(self.burst, self.level + elapsed * self.rate / self.per)
        self.filled = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


def documented_buckets() -> dict[str, Bucket]:
    """LINE's limits per endpoint; what is not named here has 2,000 calls a second."""
    return {
        "multicast": Bucket(200),
        "loading": Bucket(100),
        "richmenu.create": Bucket(100, 3600),
        "richmenu.delete": Bucket(100, 3600),
        "richmenu.batch": Bucket(3, 3600),
    }


@dataclass
class Failure:
    """A plan: the next `times` calls, or the share of calls, to an endpoint fail in this way."""

    endpoint: str
    kind: str
    times: int | None = None
    share: float | None = None
    skip: int = 0
    seconds: float | None = None
    match: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in BEFORE + AFTER:
            raise ValueError(f"unknown kind {self.kind!r}; one of {', '.join(BEFORE + AFTER)}")
        if (self.times is None) == (self.share is None):
            raise ValueError("a failure needs either times or share")

    def hits(self, endpoint: str, body: bytes) -> bool:
        """Whether this call fails; counts it if so."""
        named = (endpoint, "*", "sending") if endpoint in SENDING else (endpoint, "*")
        if self.endpoint not in named or self.times == 0:
            return False
        if self.match is not None and self.match.encode() not in body:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.share is not None:
            return random.random() < self.share
        assert self.times is not None
        self.times -= 1
        return True

    def duration(self) -> float:
        return SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds


@dataclass
class Behaviour:
    latency_ms: float = 0
    quota: int | None = None
    redelivery: bool = True
    redelivery_delays: list[float] = field(default_factory=lambda: [1, 5, 30, 120])
    webhook_timeout: float = 2.0
    transcoding_seconds: float = 0
    content_days: float = 30
    bulk_seconds: float = 0.2
    buckets: dict[str, Bucket] = field(default_factory=documented_buckets)
    failures: list[Failure] = field(default_factory=list)

    def update(self, changes: dict[str, Any]) -> None:
        """Take over what is given. ValueError, TypeError: something in it is not known."""
        taken: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in self.__dataclass_fields__:
                raise ValueError(f"unknown setting {name!r}")
            if name == "buckets":
                value = {**self.buckets, **{key: Bucket(**it) for key, it in value.items()}}
            elif name == "failures":
                value = [Failure(**plan) for plan in value]
            taken[name] = value
        for name, value in taken.items():
            setattr(self, name, value)

    def restore(self) -> None:
        """Back to the start."""
        vars(self).update(vars(Behaviour()))

    def take(self, endpoint: str, now: int) -> bool:
        bucket = self.buckets.get(endpoint)
        if bucket is None:
            bucket = self.buckets[endpoint] = Bucket(2000)
        return bucket.take(now)

    def failure(self, endpoint: str, body: bytes) -> Failure | None:
        return next((plan for plan in self.failures if plan.hits(endpoint, body)), None)

    def as_json(self) -> dict[str, Any]:
        values = asdict(self)
        for bucket in values["buckets"].values():
            del bucket["level"], bucket["filled"]
        return values
