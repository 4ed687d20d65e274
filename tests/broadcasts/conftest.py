"""Every test here begins with みなと市 loaded, and nobody living in it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.runtime import Runtime
from bot.settings import Settings
from tests.broadcasts.town import Town
from tests.conftest import test_environment
from tests.world import Simulator


@pytest.fixture
def town(on_line: Runtime, simulator: Simulator) -> Town:
    return Town(on_line, simulator)


@pytest.fixture
def sqlite_town(
    city_sqlite: Path, redis_url: str, tmp_path: Path, simulator: Simulator
) -> Iterator[Town]:
    """For what runs many times and is about no database."""
    shutil.copy(city_sqlite, tmp_path / "bot.db")
    environment = test_environment(f"sqlite:///{tmp_path / 'bot.db'}", redis_url, tmp_path)
    here = {"line_api_base_url": simulator.url, "line_data_api_base_url": simulator.url}
    runtime = Runtime.build(replace(Settings.from_environment(environment), **here))
    runtime.redis.flushdb()
    yield Town(runtime, simulator)
    runtime.close()
