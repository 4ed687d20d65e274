"""Every test here begins with みなと市 loaded, and nobody living in it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from bot.demo.__main__ import load_demo_city
from bot.models import Base
from bot.runtime import Runtime
from bot.settings import Settings
from tests.broadcasts.town import Town
from tests.conftest import PASSWORD, new_postgresql_database, test_environment
from tests.world import Simulator


@pytest.fixture(scope="session")
def empty_sqlite(server_folder: Path, redis_url: str) -> Path:
    path = server_folder / "city.db"
    _load(f"sqlite:///{path}", redis_url, server_folder)
    return path


@pytest.fixture(scope="session")
def empty_postgresql(server_folder: Path, redis_url: str, postgresql_url: str) -> str:
    url = new_postgresql_database(postgresql_url)
    _load(url, redis_url, server_folder)
    return url.rpartition("/")[2]


def _load(url: str, redis_url: str, folder: Path) -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    runtime = Runtime.build(Settings.from_environment(test_environment(url, redis_url, folder)))
    with runtime.database.write() as session:
        load_demo_city(runtime, session, PASSWORD)
    runtime.close()


@pytest.fixture
def town(on_line: Runtime, simulator: Simulator) -> Town:
    return Town(on_line, simulator)


@pytest.fixture
def sqlite_town(
    empty_sqlite: Path, redis_url: str, tmp_path: Path, simulator: Simulator
) -> Iterator[Town]:
    """For what runs many times and is about no database."""
    shutil.copy(empty_sqlite, tmp_path / "bot.db")
    environment = test_environment(f"sqlite:///{tmp_path / 'bot.db'}", redis_url, tmp_path)
    here = {"line_api_base_url": simulator.url, "line_data_api_base_url": simulator.url}
    runtime = Runtime.build(replace(Settings.from_environment(environment), **here))
    runtime.redis.flushdb()
    yield Town(runtime, simulator)
    runtime.close()
