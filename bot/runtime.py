"""Everything a process works with, built once and passed explicitly.

The one place that names implementations.
"""

import logging
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from redis import ConnectionError, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bot.channel import Channel
from bot.clock import Clock
from bot.database import Database
from bot.embedded_redis import socket_path
from bot.jobs import Wakeups
from bot.knowledge import Knowledge
from bot.learning import Lessons
from bot.limits import Limits
from bot.line.channel import LineChannel
from bot.sealing import Sealer
from bot.settings import Settings
from bot.translation import Translator
from bot.words import Words

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Runtime:
    """The settings and the parts made from them; shared by all threads of a process."""

    settings: Settings
    database: Database
    redis: Redis
    wakeups: Wakeups
    clock: Clock
    channel: Channel
    knowledge: Knowledge
    lessons: Lessons
    words: Words
    sealer: Sealer
    translator: Translator

    @classmethod
    def from_environment(cls) -> "Runtime":
        """Raises `SettingsError` where a setting is missing or malformed."""
        settings = Settings.from_environment()
        _log_to_stderr(settings.log_level)
        return cls.build(settings)

    @classmethod
    def build(cls, settings: Settings) -> "Runtime":
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        database = Database(database_url(settings))
        redis = Redis.from_url(
            settings.redis_url or f"unix://{socket_path(settings.data_dir)}",
            socket_connect_timeout=1,
            socket_timeout=0.5,  # the webhook has two seconds, even while Redis hangs
            retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        )
        clock = Clock(database, movable=settings.simulated)
        sealer = Sealer(settings.encryption_keys)
        knowledge = copy(_knowledge())  # what is learned belongs to one installation
        return cls(
            settings=settings,
            database=database,
            redis=redis,
            wakeups=Wakeups(redis),
            clock=clock,
            channel=LineChannel(settings, Limits(redis)),
            knowledge=knowledge,
            lessons=Lessons(database, knowledge, clock),
            words=Words.load(ROOT / "bot" / "locale", "bot"),
            sealer=sealer,
            translator=Translator(settings, database, sealer, clock),
        )

    def close(self) -> None:
        self.database.close()
        self.redis.close()


@cache
def _knowledge() -> Knowledge:
    """Read once in a process: it takes long, and what is read never changes."""
    return Knowledge.load(ROOT / "templates" / "faq")


def _log_to_stderr(level: str) -> None:
    """Only our own packages' level is set: at DEBUG the libraries' would quote user ids."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for package in ("bot", "broadcasts", "handlers"):
        logging.getLogger(package).setLevel(level)


def database_url(settings: Settings) -> str:
    """The SQLAlchemy address in use: the one set, else SQLite in the data folder."""
    return settings.database_url or f"sqlite:///{settings.data_dir / 'bot.db'}"
