"""Units of work: committed or undone as a whole, hooks after the commit, many writers at once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from bot.database import Database, after_commit
from bot.models import Base, Resident
from bot.runtime import Runtime
from tests import factories


def count(runtime: Runtime) -> int:
    with runtime.database.read() as session:
        return len(session.scalars(select(Resident)).all())


def test_a_hook_runs_after_the_commit_and_only_then(runtime: Runtime) -> None:
    seen: list[int] = []
    with runtime.database.write() as session:
        factories.resident(session)
        after_commit(session, lambda: seen.append(count(runtime)))
        assert seen == []
    assert seen == [1]


def test_what_raises_is_undone_and_its_hooks_never_run(runtime: Runtime) -> None:
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError), runtime.database.write() as session:
        factories.resident(session)
        after_commit(session, lambda: seen.append("ran"))
        raise ZeroDivisionError
    assert (count(runtime), seen) == (0, [])


def test_a_failing_hook_neither_undoes_the_commit_nor_stops_the_next(runtime: Runtime) -> None:
    seen: list[str] = []
    with runtime.database.write() as session:
        factories.resident(session)
        after_commit(session, lambda: 1 / 0)
        after_commit(session, lambda: seen.append("ran"))
    assert (count(runtime), seen) == (1, ["ran"])


def test_what_a_reading_session_changes_is_thrown_away(runtime: Runtime) -> None:
    with runtime.database.read() as session:
        factories.resident(session)
    assert count(runtime) == 0


def test_many_threads_read_then_write_and_none_fails(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        row = factories.resident(session, muted_categories=[])

    def add(number: int) -> None:
        with runtime.database.write() as session:
            found = session.get_one(Resident, row.id, with_for_update=True)
            found.muted_categories = [*found.muted_categories, str(number)]

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(add, range(80)))
    assert sorted(factories.stored(runtime, Resident, row.id).muted_categories) == sorted(
        map(str, range(80))
    )


def test_a_locked_sqlite_is_an_operational_error_after_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    database = Database(f"sqlite:///{path}")
    Base.metadata.create_all(database.engine)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(OperationalError, match="locked"), database.write():
            pytest.fail("nobody else may write")
        with database.read() as session:
            assert session.scalars(select(Resident)).all() == []
    finally:
        other.execute("ROLLBACK")
    with database.write() as session:
        factories.resident(session)
    database.close()


def test_sqlite_is_durable_and_checks_foreign_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'bot.db'}")
    with database.read() as session:
        told = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()
