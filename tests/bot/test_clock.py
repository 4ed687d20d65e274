"""One time for all processes: the database's, moved only where LINE is the simulator."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import Clock
from bot.runtime import Runtime


def test_it_tells_the_databases_time_in_utc(runtime: Runtime) -> None:
    now = runtime.clock.now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=2)


def test_it_goes_on_between_two_looks(runtime: Runtime) -> None:
    before = runtime.clock.now()
    time.sleep(0.05)
    passed = runtime.clock.now() - before
    assert timedelta(seconds=0.04) < passed < timedelta(seconds=1)


def test_moved_by_one_process_it_moves_for_all(runtime: Runtime) -> None:
    other = Clock(runtime.database, movable=True)
    before = other.now()
    runtime.clock.move(3600)
    assert runtime.clock.now() - before > timedelta(minutes=59)
    time.sleep(0.6)
    assert other.now() - before > timedelta(minutes=59)
    runtime.clock.move(-1800)
    assert runtime.clock.now() - before < timedelta(minutes=31)


def test_on_real_line_nothing_moves_it(runtime: Runtime) -> None:
    real = replace(runtime.settings, line_api_base_url="https://api.line.me")
    clock = Clock(runtime.database, movable=real.simulated)
    runtime.clock.move(3600)
    with pytest.raises(ValueError, match="simulator"):
        clock.move(1)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=2)
