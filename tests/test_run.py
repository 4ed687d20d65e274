"""`run.py`: what it lets through, what it refuses, and that it leaves nothing behind."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import run
from bench.installation import Simulator, free_ports
from bot.demo.supervisor import (
    ROOT,
    ChildEnded,
    Children,
    Refusal,
    answers,
    demo_settings,
    forget,
    held,
    procfile,
    simulator_command,
)
from bot.jobs import QUEUES
from docs import settings as settings_page

POISON = {
    "DATABASE_URL": "postgresql+psycopg://poison.invalid/residents",
    "ENCRYPTION_KEYS": "poison",
    "GUNICORN_CMD_ARGS": "--bind 0.0.0.0:1",
    "HTTP_PROXY": "http://poison.invalid",
    "LINE_API_BASE_URL": "https://poison.invalid",
    "LINE_CHANNEL_ACCESS_TOKEN": "poison",
    "LINE_CHANNEL_SECRET": "poison",
    "LINE_DATA_API_BASE_URL": "https://poison.invalid",
    "PYTHONPATH": "/poison",
    "REDIS_URL": "redis://poison.invalid",
    "SECRET_KEY": "poison",
    "SMTP_HOST": "poison.invalid",
}
NOT_THIS_MACHINE = (
    "",
    "https://api.line.me",
    "https://api.line.me/?127.0.0.1",
    "http://127.0.0.1@api.line.me",
    "http://127.0.0.1.nip.example",
    "http://localhost.example:80",
    "http://0.0.0.0:8701",
    "http://127.0.0.1:8701\n",
    "//127.0.0.1",
)


def copied(folder: Path) -> Path:
    """The project as somebody gets it: without what is made when it runs."""
    tree = folder / "fresh copy"
    ours = shutil.ignore_patterns(".*_cache", ".git", ".hypothesis", ".venv", "__pycache__", "var")
    return Path(shutil.copytree(ROOT, tree, ignore=ours))


def link_venv(tree: Path) -> None:
    """Give a copy what is installed here already, with the stamp that says so."""
    here = Path(sys.prefix)
    venv = tree / ".venv"
    venv.mkdir()
    for name in ("bin", "lib"):
        (venv / name).symlink_to(here / name)
    shutil.copy(here / "pyvenv.cfg", venv)
    lock = (tree / run.LOCKS[0]).read_bytes()
    stamp = {run.LOCKS[0]: hashlib.sha256(lock).hexdigest()}
    (venv / "installed.json").write_text(json.dumps(stamp))


@contextmanager
def started_demo(tree: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`python3 run.py demo` with poisoned surroundings, once it says that it is ready."""
    with subprocess.Popen(
        [sys.executable, "run.py", "demo", "--port", str(port)],
        cwd=tree,
        env={**os.environ, **POISON},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout
        assert demo.stderr
        try:
            ready = any("is ready after" in line for line in demo.stdout)
            assert ready, demo.stderr.read()
            yield demo
        finally:
            demo.terminate()
            demo.stdout.read()


def asked(simulator_port: int, question: str) -> bool:
    """Whether a new resident's question is answered."""
    simulator = Simulator(simulator_port)
    user = simulator.post("users", {"name": "Lan", "friend": True})["id"]
    simulator.post("event", {"user": user, "type": "text", "text": question})

    def answered() -> bool:
        items = simulator.get(f"users/{user}/messages?since=0")["items"]
        return any(item["from"] == "bot" for item in items)

    eventually(answered)
    return answered()


def eventually(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def serving(port: int) -> str:
    return f"{sys.executable} -m http.server --bind 127.0.0.1 {port}"


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children_of(pid: int) -> list[int]:
    """By /proc, as all below: where a process is gone or a zombie, it does not count."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and status_of(int(entry.name))[1:2] == [str(pid)]:
            found.append(int(entry.name))
    return found


def status_of(pid: int) -> list[str]:
    """State and parent; empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def is_running(pid: int) -> bool:
    return status_of(pid)[:1] not in ([], ["Z"])


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_bytes().decode()


def test_children_see_nothing_of_the_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in POISON.items():
        monkeypatch.setenv(name, value)
    environment = run.clean_environment({"RETENTION_DAYS": "30"})
    assert not environment.keys() & POISON.keys()
    assert environment["RETENTION_DAYS"] == "30"
    assert environment["PATH"].startswith(str(ROOT / ".venv" / "bin"))


def test_the_command_line_decides_what_is_seen() -> None:
    assert run.clean_environment({"DATABASE_URL": "sqlite://"})["DATABASE_URL"] == "sqlite://"
    local = "http://localhost:8701"
    assert run.clean_environment({"LINE_API_BASE_URL": local})["LINE_API_BASE_URL"] == local


@pytest.mark.parametrize("command", ["demo", "test", "bench"])
@pytest.mark.parametrize("name", ["LINE_API_BASE_URL", "LINE_DATA_API_BASE_URL"])
@pytest.mark.parametrize("address", NOT_THIS_MACHINE)
def test_a_line_address_elsewhere_is_refused(
    command: str, name: str, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main([command, "--set", f"{name}={address}"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert name in said[0]


@pytest.mark.parametrize(
    "arguments", [[], ["dmeo"], ["demo", "--prot", "1"], ["demo", "--set", "x"]]
)
def test_what_is_not_understood_shows_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run.main(arguments)
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("usage: run.py")
    assert said.splitlines()[-1].startswith("run.py: ")


@pytest.mark.parametrize("above", [0, 1])
def test_a_port_in_use_is_one_clear_line(
    above: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + above))
        taken.listen()
        assert run.main(["demo", "--port", str(port), "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"run.py: port {port + above} is in use: choose another with --port NUMBER\n"
    )


def test_two_demos_never_share_their_data(tmp_path: Path) -> None:
    with (
        held(tmp_path, free_ports()),
        pytest.raises(Refusal, match="already running"),
        held(tmp_path, free_ports()),
    ):
        pass


def test_forgetting_leaves_only_the_lock(tmp_path: Path) -> None:
    with held(tmp_path, free_ports()):
        demo_settings(tmp_path, 1)
        (tmp_path / "data" / "redis").mkdir(parents=True)
        forget(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_the_demos_secrets_are_kept_and_their_owners_only(tmp_path: Path) -> None:
    first, second = demo_settings(tmp_path, 1), demo_settings(tmp_path, 1)
    assert first == second
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len(first["DEMO_PASSWORD"]) >= 12
    assert first["DEMO_PASSWORD"] != demo_settings(tmp_path / "..", 1)["DEMO_PASSWORD"]


@pytest.mark.parametrize(
    ("machine", "line"),
    [
        (
            "sys.modules['ensurepip'] = None",
            "run.py: python3-venv is missing: sudo apt-get install",
        ),
        ("sys.version_info = (3, 10, 12)", "run.py: Python 3.11 or newer is needed"),
    ],
)
def test_a_machine_that_lacks_something_is_told_in_one_line(
    machine: str, line: str, tmp_path: Path
) -> None:
    tree = copied(tmp_path)
    demo = ["demo", "--port", str(free_ports())]
    code = f"import sys; {machine}; import run; sys.exit(run.main({demo}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_requirements_are_installed_only_when_their_lock_changed(tmp_path: Path) -> None:
    tree = copied(tmp_path)
    link_venv(tree)
    code = "import run; run.prepare_venv(run.LOCKS[:1])"
    (tree / "requirements.txt").write_text("")
    for expected in ("Installing requirements.txt …\n", ""):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tree, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout) == (0, expected), done.stderr


def test_the_first_to_end_says_why(tmp_path: Path) -> None:
    children = Children(tmp_path, run.clean_environment({}))
    children.start("steady", "sleep 60")
    children.start("weak", "sh -c 'echo out of memory >&2; exit 3'")
    with pytest.raises(ChildEnded, match=r"weak ended with code 3(.|\n)*out of memory"):
        for _ in range(100):
            children.pause()
    children.stop()


def test_whoever_is_left_is_ended_too(tmp_path: Path) -> None:
    port = free_ports()
    children = Children(tmp_path, run.clean_environment({}))
    children.start("parent", f"sh -c '{serving(port)} & wait'")
    children.wait_until(lambda: is_open(port), "the grandchild")
    children.stop()
    eventually(lambda: not is_open(port))


def test_children_end_when_their_starter_is_killed(tmp_path: Path) -> None:
    port = free_ports()
    code = (
        "import pathlib, os, time; from bot.demo.supervisor import Children;"
        f"children = Children(pathlib.Path({str(tmp_path)!r}), os.environ);"
        f"children.start('web', {serving(port)!r}); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=run.clean_environment({})
    ) as it:
        eventually(lambda: is_open(port))
        it.kill()
    eventually(lambda: not is_open(port))


def test_every_queue_has_its_worker() -> None:
    commands = procfile()
    assert commands.keys() == {"web", "release", "redis", *QUEUES}
    assert [commands[queue] for queue in QUEUES] == [
        f"python worker.py {queue}" for queue in QUEUES
    ]


def test_the_settings_page_is_current() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page(), (
        "run: python -m docs.settings"
    )
    for name in settings_page.PROCFILE.keys() - {"WEB_CONCURRENCY"}:
        assert f"${{{name}:-" in procfile()["web"]


def test_honcho_runs_the_procfile(tmp_path: Path) -> None:
    port = free_ports()
    environment = run.clean_environment(demo_settings(tmp_path, port))
    children = Children(tmp_path / "logs", environment)
    try:
        children.start("simulator", simulator_command(tmp_path, port))
        children.run("release", procfile()["release"])
        children.start("honcho", f"honcho --env {os.devnull} start --concurrency release=0")
        children.wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"), "the web process")
        assert asked(port + 1, "ごみの日はいつですか")
        log = (tmp_path / "logs" / "honcho.log").read_text()
        started = set(re.findall(r"(\w+)\.1 started", log))
        assert started == procfile().keys() - {"release"}
    finally:
        children.stop()
    eventually(lambda: not is_open(port))


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes through /proc")
def test_a_demo_from_a_fresh_copy(tmp_path: Path) -> None:
    """Starts, answers, keeps its data, ends with its children; and nothing poisoned gets in."""
    tree, port = copied(tmp_path), free_ports()
    link_venv(tree)
    (tree / ".env").write_text("".join(f"{name}={value}\n" for name, value in POISON.items()))
    with started_demo(tree, port) as demo:
        pids = children_of(demo.pid)
        assert not any("poison" in environment_of(pid) for pid in pids)
        assert asked(port + 1, "When is the garbage collected?")
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0
    assert not any(is_running(pid) for pid in pids)
    with started_demo(tree, port) as demo:
        assert Simulator(port + 1).get("users")["total"] > 0
        workers = next(pid for pid in children_of(demo.pid) if "worker.py" in command_of(pid))
        os.kill(children_of(workers)[0], signal.SIGKILL)
        assert demo.wait(60) == 1
        assert demo.stderr
        assert re.search(r"the worker of \w+ ended with code -9", demo.stderr.read())
    assert not is_open(port)
