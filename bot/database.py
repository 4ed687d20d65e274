"""The database: sessions that read, sessions that write, and what happens after a commit.

SQLite needs `BEGIN IMMEDIATE` for every unit that writes: a deferred transaction that turns into
a writer fails at once when another one wrote meanwhile, whatever the busy timeout. And its waiting
is a lottery that somebody always loses: it sleeps up to 0.1 s between two looks. So the threads of
a process take turns and share commits (measured on a slow disk: 83 units of work a second alone,
1,900 on 16 threads), a busy process leaves gaps, and whoever waits looks more often than that.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any

from sqlalchemy import Connection, Engine, Result, create_engine, event
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm import Session, sessionmaker

log = logging.getLogger(__name__)

_AFTER_COMMIT = "after_commit"
_BUSY_SECONDS = 5.0
"""How long a unit of work waits for others before it gives up."""
_LOOK_SECONDS = 0.002
_GAP_SECONDS = 0.003
"""Longer than a look: whoever waits gets through."""
_BETWEEN_GAPS_SECONDS = 0.05
_GROUP_SECONDS = 0.02
"""How long units of work may gather before they are committed."""
_LEFT_OPEN_SECONDS = 0.1


class Database:
    """One engine and the two kinds of session everything runs in."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._together = _Together(self.engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session whose changes are thrown away."""
        with self._sessions() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One unit of work: committed when the block ends, undone when it raises.

        Functions given to `after_commit` run once the commit has succeeded.
        """
        with self._together.unit() if self.is_sqlite else self._alone() as session:
            yield session
        hooks: list[Callable[[], object]] = session.info.pop(_AFTER_COMMIT, [])
        for hook in hooks:
            try:
                hook()
            except Exception:
                # What was decided is committed; the sweep does what the hook could not.
                log.exception("after-commit hook failed")

    @contextmanager
    def _alone(self) -> Iterator[Session]:
        with self._sessions() as session:
            yield session
            session.commit()

    def close(self) -> None:
        self.engine.dispose()


class _Group:
    """Units of work of several threads in one transaction; `ended` once it is committed or not."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.began = time.monotonic()
        self.ended = Event()
        self.error: Exception | None = None


class _Together:
    """SQLite's one writer at a time: the units of threads that wait anyway share one commit.

    Each unit has a savepoint of its own, so that one that fails undoes nothing of the others. The
    last of those who wait commits for all: one wait for the disk instead of one each.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = Lock()
        self._counting = Lock()
        self._waiting = 0
        self._group: _Group | None = None
        self._gap_at = 0.0

    @contextmanager
    def unit(self) -> Iterator[Session]:
        self._take_turn()
        try:
            group = self._group = self._group or self._begin()
            with Session(
                group.connection,
                expire_on_commit=False,
                join_transaction_mode="create_savepoint",
            ) as session:
                yield session
                session.commit()
        finally:
            self._end_turn()
        self._await(group)
        if group.error is not None:
            raise group.error

    def _take_turn(self) -> None:
        self._count(1)
        try:
            if not self._turn.acquire(timeout=_BUSY_SECONDS):
                raise TimeoutError("other threads of this process are still writing")
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:
            self._waiting += change

    def _await(self, group: _Group) -> None:
        """Wait for the commit; do it oneself if whoever was to do it gave up waiting."""
        while not group.ended.wait(_LEFT_OPEN_SECONDS):
            if self._turn.acquire(blocking=False):
                self._end_turn()

    def _begin(self) -> _Group:
        connection = self._engine.connect().execution_options(begin="IMMEDIATE")
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return _Group(connection)

    def _end_turn(self) -> None:
        group = self._group
        full = group is not None and time.monotonic() - group.began > _GROUP_SECONDS
        if group is not None and (full or not self._waiting):
            self._group = None
            self._commit(group)
            if self._waiting and time.monotonic() - self._gap_at > _BETWEEN_GAPS_SECONDS:
                time.sleep(_GAP_SECONDS)
                self._gap_at = time.monotonic()
        self._turn.release()

    def _commit(self, group: _Group) -> None:
        try:
            group.connection.commit()
        except Exception as error:
            group.error = error
        finally:
            group.connection.close()
            group.ended.set()


def after_commit(session: Session, hook: Callable[[], object]) -> None:
    """Run `hook` once the session's commit has succeeded."""
    session.info.setdefault(_AFTER_COMMIT, []).append(hook)


def rows_changed(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE touched."""
    return int(result.rowcount)  # type: ignore[attr-defined]


def _postgres_engine(url: str) -> Engine:
    return create_engine(
        url,
        pool_size=20,
        max_overflow=20,
        pool_timeout=5,
        pool_pre_ping=True,
        hide_parameters=True,  # an error that is logged must not carry what a resident wrote
        connect_args={"connect_timeout": 5, "options": "-c statement_timeout=30000"},
    )


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=20,
        pool_timeout=5,
        hide_parameters=True,
        connect_args={"timeout": _BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        if connection.get_execution_options().get("begin") == "IMMEDIATE":
            _begin_writing(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _begin_writing(connection: Connection) -> None:
    """Take SQLite's one write lock, waiting for it up to `_BUSY_SECONDS`."""
    give_up = time.monotonic() + _BUSY_SECONDS
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError:
                if time.monotonic() > give_up:
                    raise
            time.sleep(_LOOK_SECONDS)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000:.0f}")
