"""Everything a test may ask for: real databases, a real Valkey, the simulator, the whole bot.

Servers are started once for each pytest process and ended with it; every test begins with an empty
database and an empty Valkey.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis, RedisError
from sqlalchemy import create_engine, text

from bot import embedded_redis
from bot.demo.__main__ import load_demo_city
from bot.models import Base
from bot.runtime import Runtime
from bot.settings import Settings
from handlers.app import create_app
from tests.world import Simulator, World

PASSWORD = "correct horse battery"
NO_POSTGRESQL = "no PostgreSQL server programs here: apt-get install postgresql"


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A short path: unix sockets allow about 100 characters."""
    with tempfile.TemporaryDirectory(prefix="bot-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def redis_url(server_folder: Path) -> Iterator[str]:
    data_dir = server_folder / "valkey"
    data_dir.mkdir()
    server = subprocess.Popen(embedded_redis.command(data_dir))
    url = f"unix://{embedded_redis.socket_path(data_dir)}"
    wait_until(lambda: _answers(url))
    yield url
    server.terminate()
    server.wait()


def _answers(url: str) -> bool:
    try:
        with Redis.from_url(url) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


@pytest.fixture(scope="session")
def postgresql_url(server_folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own on a free port, without durability: it is thrown away."""
    programs = _postgresql_programs()
    if programs is None:
        pytest.skip(NO_POSTGRESQL)
    data = server_folder / "postgresql"
    port = free_port()
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    prefix = as_user if os.getuid() == 0 else []
    data.mkdir()
    if prefix:
        server_folder.chmod(0o755)
        shutil.chown(data, "postgres", "postgres")
    initdb = [*prefix, str(programs / "initdb"), "-D", str(data), "-U", "bot", "-A", "trust"]
    subprocess.run([*initdb, "-E", "UTF8", "--no-sync"], check=True, stdout=subprocess.DEVNULL)
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    options |= {"fsync": "off", "max_connections": 200, "log_min_messages": "fatal"}
    words = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
    server = subprocess.Popen([*prefix, str(programs / "postgres"), "-D", str(data), *words])
    url = f"postgresql+psycopg://bot@127.0.0.1:{port}/postgres"
    engine = create_engine(url)
    wait_until(lambda: _connects(engine))
    engine.dispose()
    yield url
    server.send_signal(signal.SIGQUIT)  # at once: SIGINT writes out every database before
    server.wait()


def _connects(engine: object) -> bool:
    try:
        with engine.connect():  # type: ignore[attr-defined]
            return True
    except Exception:
        return False


def _postgresql_programs() -> Path | None:
    """Where `initdb` and `postgres` are: on PATH or where Debian puts them."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "postgres").exists()), None)


@pytest.fixture(scope="session")
def empty_sqlite(server_folder: Path) -> Path:
    """A file with today's tables, to be copied."""
    path = server_folder / "empty.db"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def empty_postgresql(postgresql_url: str) -> str:
    """The name of a database with today's tables, to be copied."""
    url = new_postgresql_database(postgresql_url)
    _create_tables(url)
    return url.rpartition("/")[2]


@pytest.fixture(scope="session")
def city_sqlite(empty_sqlite: Path, redis_url: str, server_folder: Path) -> Path:
    """A file with みなと市 in it, where nobody lives, to be copied."""
    path = server_folder / "city.db"
    shutil.copy(empty_sqlite, path)
    _load_city(f"sqlite:///{path}", redis_url, server_folder)
    return path


@pytest.fixture(scope="session")
def city_postgresql(
    postgresql_url: str, empty_postgresql: str, redis_url: str, server_folder: Path
) -> str:
    """The name of a database with みなと市 in it, where nobody lives, to be copied."""
    url = new_postgresql_database(postgresql_url, empty_postgresql)
    _load_city(url, redis_url, server_folder)
    return url.rpartition("/")[2]


def _load_city(url: str, redis_url: str, folder: Path) -> None:
    runtime = Runtime.build(Settings.from_environment(test_environment(url, redis_url, folder)))
    with runtime.database.write() as session:
        load_demo_city(runtime, session, PASSWORD)
    runtime.close()


def _create_tables(url: str) -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of either kind with today's tables, and with みなと市 in it where
    the test asks for it.
    """
    what = "city" if {"demo_city", "town"} & set(request.fixturenames) else "empty"
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue(f"{what}_sqlite"), tmp_path / "bot.db")
        return f"sqlite:///{tmp_path / 'bot.db'}"
    template = request.getfixturevalue(f"{what}_postgresql")
    return new_postgresql_database(request.getfixturevalue("postgresql_url"), template)


def new_postgresql_database(server: str, template: str = "template1") -> str:
    name = f"test_{secrets.token_hex(6)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return server.replace("/postgres", f"/{name}")


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings of a test installation; LINE is an address where nobody answers."""
    return Settings.from_environment(test_environment(database_url, redis_url, tmp_path))


def test_environment(database_url: str, redis_url: str, data_dir: Path) -> dict[str, str]:
    return {
        "SECRET_KEY": "k" * 40,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "LINE_CHANNEL_SECRET": "channel-secret",
        "LINE_CHANNEL_ACCESS_TOKEN": "channel-token",
        "LINE_API_BASE_URL": "http://127.0.0.1:9",
        "LINE_DATA_API_BASE_URL": "http://127.0.0.1:9",
        "PUBLIC_BASE_URL": "http://127.0.0.1:9",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(data_dir),
    }


test_environment.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    """A runtime on an empty database and an empty Valkey, of either kind of database."""
    built = Runtime.build(settings)
    built.redis.flushdb()
    yield built
    built.close()


@pytest.fixture
def demo_city(runtime: Runtime) -> Runtime:
    """The runtime with みなと市 loaded; every account has `PASSWORD`."""
    return runtime


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return create_app(runtime)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    started = Simulator.start()
    yield started
    started.stop()


@pytest.fixture
def simulator(shared_simulator: Simulator) -> Simulator:
    """The local LINE platform, empty, without the rest of the bot."""
    shared_simulator.post("reset")
    return shared_simulator


@pytest.fixture
def on_line(settings: Settings, simulator: Simulator) -> Iterator[Runtime]:
    """A runtime whose LINE is the simulator, in this process."""
    here = {"line_api_base_url": simulator.url, "line_data_api_base_url": simulator.url}
    built = Runtime.build(replace(settings, **here))
    built.redis.flushdb()
    yield built
    built.close()


@pytest.fixture(scope="session", params=["sqlite"])
def world(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The whole bot as processes, shared: every test brings its own residents."""
    folder = tmp_path_factory.mktemp("world")
    yield from running_world(request, redis_url, folder, database=0, together=True)


@pytest.fixture(params=["postgresql"])
def own_world(request: pytest.FixtureRequest, redis_url: str, tmp_path: Path) -> Iterator[World]:
    """The whole bot for one test that kills, empties or slows parts of it."""
    yield from running_world(request, redis_url, tmp_path, database=1)


def running_world(
    request: pytest.FixtureRequest,
    redis_url: str,
    folder: Path,
    *,
    database: int,
    together: bool = False,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[World]:
    """Processes on a database of their own and a numbered Valkey database; `more` are settings."""
    url = f"sqlite:///{folder / 'bot.db'}"
    if request.param == "postgresql":
        url = new_postgresql_database(request.getfixturevalue("postgresql_url"))
    number = 2 * database + ["sqlite", "postgresql"].index(request.param) + 1
    redis = f"{redis_url}?db={number}"
    with Redis.from_url(redis) as connection:
        connection.flushdb()
    simulator = Simulator.start()
    running = None
    try:
        environment = test_environment(url, redis, folder) | dict(more)
        port = free_port()
        running = World.start(environment, simulator, folder, port, together=together)
        yield running
    finally:
        if running:
            running.stop()
        simulator.stop()


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something that must become true; raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
