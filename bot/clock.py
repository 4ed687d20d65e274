"""The one time everything goes by: the database's, plus an offset that only a simulator allows.

Machines disagree about the time, the database does not disagree with itself. It is asked now and
then; in between this process's monotonic clock carries on.
"""

import time
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import text

from bot.database import Database
from bot.models import ClockOffset
from bot.models.base import Moment

_ASK_AGAIN_SECONDS = 30.0
_ASK_AGAIN_SECONDS_MOVABLE = 0.5

_NOW = {
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f000', 'now') AS now",
    "postgresql": "SELECT clock_timestamp() AS now",
}


class Clock:
    """Tells the time; `movable` only where LINE is the simulator."""

    def __init__(self, database: Database, *, movable: bool) -> None:
        self._database = database
        self._movable = movable
        self._lock = Lock()
        self._asked = float("-inf")
        self._told: datetime | None = None

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        limit = _ASK_AGAIN_SECONDS_MOVABLE if self._movable else _ASK_AGAIN_SECONDS
        with self._lock:
            elapsed = time.monotonic() - self._asked
            if self._told is None or elapsed > limit:
                self._told, elapsed = self._ask(), 0.0
                self._asked = time.monotonic()
            return self._told + timedelta(seconds=elapsed)

    def move(self, seconds: float) -> None:
        """Move the time by `seconds` for every process. Raises `ValueError` on real LINE."""
        if not self._movable:
            raise ValueError("the clock moves only where LINE is the simulator")
        with self._database.write() as session:
            row = session.get(ClockOffset, 1) or ClockOffset(id=1, seconds=0.0)
            row.seconds += seconds
            session.add(row)
        with self._lock:
            self._told = None

    def _ask(self) -> datetime:
        statement = text(_NOW[self._database.engine.dialect.name]).columns(now=Moment())
        with self._database.read() as session:
            now: datetime = session.execute(statement).scalar_one()
            offset = session.get(ClockOffset, 1) if self._movable else None
        return now + timedelta(seconds=offset.seconds if offset else 0.0)
