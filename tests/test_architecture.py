"""The rules of `docs/architecture.md` that a machine can check; one test for each."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from babel.messages.pofile import read_po
from sqlalchemy import Connection, create_engine, text

from bot.database import Database
from bot.jobs import QUEUES
from bot.languages import complete
from bot.models import Base
from bot.runtime import ROOT
from bot.schema import upgrade
from handlers.lanes import LANES
from tests.conftest import new_postgresql_database

OURS = ("bot", "broadcasts", "handlers", "bench", "docs", "tests")
SIMULATOR = ROOT / "bot" / "line" / "simulator"
LONGEST_FILE, LONGEST_FUNCTION = 500, 60

ACTING = {
    "conversations",
    "cases",
    "deliveries",
    "interpreting",
    "alarms",
    "chores",
    "menus",
    "demo",
}
"""What acts with a runtime in hand: above it, below broadcasts."""
USING = {"runtime", "city", "evaluation", "learning"}
"""What is built from the layer below."""
OUTSIDE = {"line", "translation", "knowledge", "opendata"}
"""Other people's services, words and formats."""

ENVIRONMENT = {"bot/settings.py", "bot/demo/__main__.py", "run.py"}
"""Settings read it; the demo's password is no setting; run.py decides what children see."""

CALLED_BY_LIBRARIES = {
    "handle_warm_shutdown_request",  # RQ
    "to_dict",  # line-bot-sdk
    "process_bind_param",  # SQLAlchemy
    "process_result_value",
    "_get_supported_languages",  # deep-translator
}


@cache
def files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [*found, *sorted(ROOT.glob("*.py"))] if folders == OURS else found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Full names of what a file imports when it runs."""
    for_types = {
        id(node)
        for branch in ast.walk(tree(path))
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.dump(branch.test)
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree(path)):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def importing(package: str) -> set[str]:
    return {
        short(path)
        for path in files(*OURS)
        if any(name.split(".")[0] == package for name in imports(path))
    }


def layer(name: str) -> int:
    """How high a module stands; imports go down or stay level."""
    package, _, rest = name.partition(".")
    if package != "bot":
        return {"handlers": 5, "broadcasts": 4}.get(package, 6)
    part = rest.partition(".")[0]
    return 3 if part in ACTING else 2 if part in USING else 1 if part in OUTSIDE else 0


def test_imports_go_down_only() -> None:
    wrong = []
    for path in [*files("bot", "broadcasts", "handlers"), ROOT / "wsgi.py", ROOT / "worker.py"]:
        own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name in imports(path):
            ours = name.split(".")[0] in ("bot", "broadcasts", "handlers", "wsgi", "worker")
            if ours and layer(name) > layer(own):
                wrong.append(f"{short(path)} imports {name}")
    assert wrong == []


def test_the_simulator_is_the_outside_world() -> None:
    wrong = [
        f"{short(path)} imports {name}"
        for path in SIMULATOR.rglob("*.py")
        for name in imports(path)
        if name.split(".")[0] in ("bot", "broadcasts", "handlers", "linebot")
        and not name.startswith("bot.line.simulator")
    ]
    assert wrong == []


def test_each_service_is_spoken_to_in_one_place() -> None:
    in_tests = {name for name in importing("linebot") if name.startswith(("tests/", "bench/"))}
    assert importing("linebot") - in_tests == {"bot/line/channel.py"}
    assert importing("deep_translator") <= {"bot/translation.py"}
    assert {name.split("/")[0] for name in importing("flask")} <= {"handlers", "tests", "bench"}


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        short(path)
        for path in files(*OURS)
        if re.search(r"\bos\.environ\b|\bgetenv\b", path.read_text(encoding="utf-8"))
    }
    assert {name for name in readers if not name.startswith(("tests/", "bench/"))} <= ENVIRONMENT


def test_nothing_is_imported_inside_a_function() -> None:
    wrong = [
        f"{short(path)}:{inner.lineno}"
        for path in files(*OURS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


def test_a_state_changes_in_one_place() -> None:
    """Nobody assigns `.state`, or updates a table's state without `transition()`."""
    assigned = [
        f"{short(path)}:{node.lineno}"
        for path in files("bot", "broadcasts", "handlers")
        if SIMULATOR not in path.parents
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and target.attr == "state"
    ]
    updated = [
        f"{short(path)}:{node.lineno}"
        for path in files("bot", "broadcasts", "handlers")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "values"
        and any(keyword.arg == "state" for keyword in node.keywords)
        and "update" in ast.dump(node.func)
    ]
    assert (assigned, [place for place in updated if "bot/states.py" not in place]) == ([], [])


def test_every_queue_has_a_worker_and_a_lane() -> None:
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
    served = set(re.findall(r"^(\w+): python worker\.py (\w+)$", procfile, re.MULTILINE))
    assert served == {(queue, queue) for queue in QUEUES}
    assert set(LANES) == set(QUEUES)


def test_files_and_functions_are_short() -> None:
    checked = [path for path in files(*OURS) if "migrations" not in path.parts]
    long = [
        f"{short(path)}: {lines} lines"
        for path in checked
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ]
    long += [
        f"{short(path)}: {node.name}() {lines} lines"
        for path in checked
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_files_are_named_by_what_happens_in_them() -> None:
    assert [short(path) for path in files(*OURS) if re.search("util|helper|misc", path.stem)] == []


def test_tests_patch_nothing_of_ours() -> None:
    """The environment of a child process may be set; our own code is never replaced."""
    wrong = [name for name in importing("unittest") if name.startswith("tests/")]
    for path in files("tests"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = getattr(node.func.value, "id", "")
                if owner == "monkeypatch" and node.func.attr in ("setattr", "delattr", "setitem"):
                    wrong.append(f"{short(path)}:{node.lineno}")
    assert wrong == []


def test_nothing_is_there_that_nobody_uses() -> None:
    """Every function, method and class is named a second time somewhere outside the tests."""
    used: Counter[str] = Counter()
    sources = [path for path in files(*OURS) if "tests" not in path.relative_to(ROOT).parts[:1]]
    pages = list((ROOT / "templates").rglob("*.html"))
    for path in [*sources, *pages, ROOT / "Procfile"]:
        used.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    unused = [
        f"{short(path)}: {node.name}"
        for path in files("bot", "broadcasts", "handlers")
        if SIMULATOR not in path.parents and "migrations" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and used[node.name] < 2
        and not node.decorator_list
        and not node.name.startswith("__")
        and node.name not in CALLED_BY_LIBRARIES
    ]
    assert unused == [], unused


# The bot's own words


@cache
def ids(tag: str) -> frozenset[str]:
    path = ROOT / "bot" / "locale" / tag / "LC_MESSAGES" / "bot.po"
    with path.open("rb") as file:
        return frozenset(str(row.id) for row in read_po(file) if row.id and row.string)


def spoken(path: Path) -> Iterator[tuple[int, str]]:
    """Ids, as patterns, that a file asks the catalogue for by name."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        place = {"words": 0, "say_words": 0, "choice": 0, "text": 1}.get(called)
        if place is None or len(node.args) <= place:
            continue
        asked = node.args[place]
        options = [asked.body, asked.orelse] if isinstance(asked, ast.IfExp) else [asked]
        for option in options:
            pattern = _pattern(option)
            if pattern and "." in pattern:
                yield node.lineno, pattern


def _pattern(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value) if re.fullmatch(r"[a-z0-9_.]+", node.value) else None
    if isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[a-z0-9_.-]*"
            for part in node.values
        ]
        return "".join(parts)
    return None


def test_every_id_that_is_asked_for_is_there() -> None:
    missing = [
        f"{short(path)}:{line}: {pattern}"
        for path in files("bot", "broadcasts", "handlers")
        for line, pattern in spoken(path)
        if not any(re.fullmatch(pattern, id) for id in ids("en"))
    ]
    assert missing == []


def test_every_id_is_asked_for_somewhere() -> None:
    constants: set[str] = set()
    patterns: set[str] = set()
    for path in files("bot", "broadcasts", "handlers"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            elif isinstance(node, ast.JoinedStr) and "\\." in (pattern := _pattern(node) or ""):
                patterns.add(pattern)
    unused = [
        id
        for id in sorted(ids("en") - constants)
        if not any(re.fullmatch(pattern, id) for pattern in patterns)
    ]
    assert unused == []


@pytest.mark.parametrize("tag", [known.tag for known in complete("conversation")])
def test_every_complete_language_has_every_id(tag: str) -> None:
    assert ids(tag) ^ ids("en") == set()


# The database


def _indexes(connection: Connection) -> set[str]:
    """Every index as the database itself would write it, with its condition."""
    tables = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }
    rows = connection.execute(text(tables[connection.dialect.name])).scalars()
    return {row for row in rows if "alembic_version" not in row}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migrations_make_exactly_the_models(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("migrated", "created")]
    if kind == "postgresql":
        server = request.getfixturevalue("postgresql_url")
        urls = [new_postgresql_database(server) for _ in range(2)]
    migrated, created = Database(urls[0]), create_engine(urls[1])
    upgrade(migrated)
    upgrade(migrated)
    Base.metadata.create_all(created)
    with migrated.engine.connect() as connection, created.connect() as other:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert _indexes(connection) == _indexes(other)
    migrated.close()
    created.dispose()
