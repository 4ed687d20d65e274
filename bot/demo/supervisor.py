"""The processes of one local installation: started together, watched, and ended together.

Runs before anything is installed: standard library only, and it reads no environment.
"""

from __future__ import annotations  # a Python that is too old must still reach run.py's message

import base64
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shlex import quote
from types import MappingProxyType
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

ROOT = Path(__file__).resolve().parent.parent.parent
STOP_SECONDS = 10
START_SECONDS = 60
LAST_LINES = 12

# Ends the children when this process was killed and could not: its end of the pipe closes then.
_GUARD = f"""
while read -r pid; do pids="$pids $pid"; done
kill -s TERM $pids; sleep {STOP_SECONDS}
for pid in $pids; do kill -s KILL -- "-$pid"; done
"""


class Refusal(Exception):
    """What the person at the terminal can change; `str()` says it in one line."""


class ChildEnded(Exception):
    """A process that should go on has ended; `str()` says which, how, and its last words."""


class Children:
    """Processes that live and end together, each with its words in `logs/NAME.log`."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._logs = logs
        self._environment = dict(environment)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._interrupted = False
        self._guard = subprocess.Popen(
            ["sh", "-c", _GUARD],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._running.items()}

    def interrupt(self, *signal_and_frame: object) -> None:
        """A signal handler: the next `pause` raises `KeyboardInterrupt`."""
        self._interrupted = True

    def start(
        self, name: str, command: str, output: Path | None = None, *, here: bool = False
    ) -> None:
        """Start a shell command line; the first one ever started is the last to be ended.

        `here`: it speaks to this terminal, not to a log.
        """
        log = self._logs / f"{name}.log"
        log.unlink(missing_ok=True)
        with log.open("ab") as words, (output or log).open("ab") as result:
            child = subprocess.Popen(
                ["sh", "-c", f"exec {command}"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=None if here else result,
                stderr=None if here else words,
                start_new_session=True,  # Ctrl-C reaches this process only, which ends the others
            )
        self._running[name] = child
        assert self._guard.stdin is not None
        self._guard.stdin.write(b"%d\n" % child.pid)
        self._guard.stdin.flush()

    def run(self, name: str, command: str) -> str:
        """Run a command line to its end and return what it printed."""
        output = self._logs / f"{name}.out"
        output.unlink(missing_ok=True)
        self.start(name, command, output)
        code = self.finish(name)
        if code:
            raise ChildEnded(self._obituary(name, code))
        return output.read_text(errors="replace")

    def finish(self, name: str) -> int:
        """Wait for a process that ends by itself; returns its exit code. Raises as `pause`."""
        while (code := self._running[name].poll()) is None:
            self.pause(but=name)
        del self._running[name]
        return code

    def said(self, name: str) -> str:
        """Everything a process has written to its log."""
        return (self._logs / f"{name}.log").read_text(errors="replace")

    def has_said(self, name: str, words: str) -> bool:
        return words in self.said(name)

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Raises `ChildEnded` if the condition takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise ChildEnded(f"{what} is not ready after {START_SECONDS} s: see {self._logs}")
            self.pause()

    def pause(self, but: str = "") -> None:
        """Wait a moment. Raises `KeyboardInterrupt`, or `ChildEnded` if any ended but that one."""
        time.sleep(0.05)
        if self._interrupted:
            raise KeyboardInterrupt
        for name, child in self._running.items():
            code = child.poll()
            if code is not None and name != but:
                raise ChildEnded(self._obituary(name, code))

    def _obituary(self, name: str, code: int) -> str:
        how = f"with code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        lines = self.said(name).splitlines()
        return "\n    ".join([f"{name} ended {how}. Its last words:", *lines[-LAST_LINES:]])

    def stop(self) -> None:
        """End all: first those that work with the first one started, then that one."""
        children = list(self._running.values())
        for together in (children[1:], children[:1]):
            for child in together:
                child.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            for child in together:
                _await_end(child, deadline)
        self._running.clear()
        self._guard.kill()
        self._guard.communicate()


def _await_end(child: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    try:
        os.killpg(child.pid, signal.SIGKILL)  # what it started itself and left behind
    except (ProcessLookupError, PermissionError):  # nothing; macOS says so with the second
        return


def procfile() -> dict[str, str]:
    """The command line of every process type, by name."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


def answers(url: str) -> bool:
    """Whether a GET is answered with 200 within two seconds."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def held(folder: Path, port: int) -> Iterator[None]:
    """The data folder and the two ports are this demo's. Raises `Refusal` if they are not free."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(f"a demo with the data in {folder} is already running") from None
        for number in (port, port + 1):
            _check_port(number)
        yield


def free_port() -> int:
    """A port that is free together with the one above it, likely to stay so: most systems take
    the ports of outgoing connections from above these.
    """
    while True:
        port = 20_000 + 2 * secrets.randbelow(6_000)
        try:
            for number in (port, port + 1):
                _check_port(number)
        except Refusal:
            continue
        return port


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Refusal(f"port {port} is in use: choose another with --port NUMBER") from None


def forget(folder: Path) -> None:
    """Delete everything a demo has kept, except the lock that is being held."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()


def demo_settings(folder: Path, port: int) -> dict[str, str]:
    """The settings of a demo on `port`, with the simulator on the port above as its LINE."""
    simulator = f"http://127.0.0.1:{port + 1}"
    return {
        "PORT": str(port),
        "WEB_HOST": "127.0.0.1",
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "LINE_API_BASE_URL": simulator,
        "LINE_DATA_API_BASE_URL": simulator,
        "DATA_DIR": str(folder / "data"),
        **_kept_secrets(folder / "secrets.json"),
    }


def _kept_secrets(path: Path) -> dict[str, str]:
    """The demo's own keys and password: made at its first start, readable by its owner only."""
    if not path.exists():
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(_new_secrets(), file)
        unfinished.rename(path)
    found: dict[str, str] = json.loads(path.read_text())
    return found


def _new_secrets() -> dict[str, str]:
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
    syllables = ("".join(secrets.choice(letters) for _ in range(5)) for _ in range(3))
    return {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "LINE_CHANNEL_SECRET": secrets.token_hex(16),
        "LINE_CHANNEL_ACCESS_TOKEN": secrets.token_urlsafe(32),
        "DEMO_PASSWORD": "-".join(syllables),
    }


def simulator_command(folder: Path, port: int) -> str:
    """The local LINE platform beside a bot on `port`; it keeps its people in `folder`."""
    return (
        f"python -m bot.line.simulator --port {port + 1} --name みなと市 --webhook http://127.0.0.1:{port}/webhook"
        f" --state {quote(str(folder / 'simulator'))}"
        ' --secret="${LINE_CHANNEL_SECRET%%,*}" --token="$LINE_CHANNEL_ACCESS_TOKEN"'
    )


def start_all(
    children: Children, folder: Path, port: int, more: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Start a whole installation and wait until it works. Returns what its preparation said.

    `more` are command lines by name, started with the others and not waited for.
    """
    commands = procfile()
    children.start("redis", commands["redis"])
    children.start("simulator", simulator_command(folder, port))
    children.start("web", commands["web"])  # touches no table before somebody asks
    said = children.run("prepare", "python -m bot.demo")  # migrates too
    queues = commands.keys() - {"web", "release", "redis"}
    children.start("workers", f"python worker.py {' '.join(sorted(queues))}")
    for name, command in more.items():
        children.start(name, command)
    for number, path in ((port + 1, "_simulator/health"), (port, "health")):
        address = f"http://127.0.0.1:{number}/{path}"
        children.wait_until(partial(answers, address), address)
    for queue in queues:
        children.wait_until(partial(children.has_said, "workers", f"serving {queue}"), queue)
    return said


def serve(folder: Path, port: int, environment: Mapping[str, str], started: float) -> int:
    """Run a demo in the foreground until a signal ends it (0) or one of its processes (1)."""

    def stay(children: Children, said: str) -> int:
        print(_welcome(folder, port, said, time.monotonic() - started), flush=True)
        while True:
            children.pause()

    return _run_demo(folder, port, environment, stay, interrupted=0)


def show_tour(
    folder: Path, port: int, environment: Mapping[str, str], started: float, *, colour: bool
) -> int:
    """Run a demo and the tour beside it, in this terminal; both end together.

    Returns the tour's exit code, 1 where another process ended, 130 after a signal.
    """

    def walk(children: Children, said: str) -> int:
        children.wait_until(partial(children.has_said, "clock", "listening on"), "the clock")
        clock = children.said("clock").split()[-1]
        print(f"Ready after {time.monotonic() - started:.1f} s.", flush=True)
        children.start("tour", _tour_command(port, clock, colour=colour), here=True)
        code = children.finish("tour")
        if code:
            print(f"\nWhat the processes said: {folder / 'logs'}", file=sys.stderr)
        return code

    print("The tour: a made-up city, its residents and its staff. LINE is simulated.")
    print("Starting …", flush=True)
    more = {"clock": "python -m bot.demo.tour.clock"}
    return _run_demo(folder, port, environment, walk, interrupted=130, more=more)


def _tour_command(port: int, clock: str, *, colour: bool) -> str:
    """The accounts' password comes by standard input: command lines can be seen by anybody."""
    here = "http://127.0.0.1"
    words = f"--web {here}:{port} --line {here}:{port + 1} --clock {clock}"
    words += "" if colour else " --plain"
    return f"python -m bot.demo.tour {words} <<END\n$DEMO_PASSWORD\nEND\n"


def _run_demo(
    folder: Path,
    port: int,
    environment: Mapping[str, str],
    act: Callable[[Children, str], int],
    *,
    interrupted: int,
    more: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Start all, do something with them (given what their preparation said), end all."""
    children = Children(folder / "logs", environment)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, children.interrupt)
    try:
        return act(children, start_all(children, folder, port, more))
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        return interrupted
    except ChildEnded as ended:
        print(f"run.py: {ended}", file=sys.stderr)
        return 1
    finally:
        children.stop()


def _welcome(folder: Path, port: int, said: str, seconds: float) -> str:
    return f"""
The demo city is ready after {seconds:.1f} s. It is made up, and LINE is simulated.

  Residents' phones   http://127.0.0.1:{port + 1}/
  Staff console       http://127.0.0.1:{port}/console/

{said.strip()}

Data and logs: {folder}. Ctrl-C stops everything; the data stays."""
