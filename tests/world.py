"""The whole bot as processes, and residents with phones, all over HTTP."""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from bot.clock import Clock
from bot.database import Database
from bot.jobs import QUEUES
from bot.models import Message

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120.0
SECONDS = 30.0
"""How long anything may take on a busy machine before a test gives up."""

CLOCK_SEEN_SECONDS = 0.6
"""After this every process has noticed that the clock was moved."""

Json = dict[str, Any]
_numbers = itertools.count(1)


@dataclass
class Simulator:
    """The local LINE platform, as a process of its own."""

    url: str
    process: "subprocess.Popen[str]"

    @classmethod
    def start(cls, secret: str = "channel-secret") -> "Simulator":
        words = [sys.executable, "-m", "bot.line.simulator", "--port", "0"]
        words += ["--secret", secret, "--token", "channel-token"]
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the simulator did not say where it listens"
        return cls(found.group(), process)

    def get(self, path: str, **query: object) -> Json:
        response = requests.get(f"{self.url}/_simulator/{path}", params=query, timeout=10)  # type: ignore[arg-type]
        response.raise_for_status()
        found: Json = response.json()
        return found

    def post(self, path: str, **body: object) -> Json:
        response = requests.post(f"{self.url}/_simulator/{path}", json=body, timeout=30)
        assert response.ok, response.text
        found: Json = response.json()
        return found

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@dataclass
class Phone:
    """One resident's phone: what they do, and what they really received."""

    simulator: Simulator
    id: str
    seen: int = 0

    def act(self, type: str, **what: object) -> Json:
        return self.simulator.post("event", user=self.id, type=type, **what)

    def write(self, text: str) -> None:
        self.act("text", text=text)

    def received(self) -> list[Json]:
        """Every message of the bot so far, oldest first."""
        items = self.simulator.get(f"users/{self.id}/messages")["items"]
        return [item for item in items if item.get("from") == "bot" and item.get("message")]

    def answer(self, count: int = 1) -> list[Json]:
        """The messages that came since the last look; waits for at least `count`."""
        deadline = time.monotonic() + SECONDS
        while True:
            new = [item for item in self.received() if item["seq"] > self.seen]
            if len(new) >= count and self._settled(new):
                self.seen = new[-1]["seq"]
                return [item["message"] for item in new]
            if time.monotonic() > deadline:
                raise AssertionError(f"no answer of {count}; there are {len(new)}: {new}")
            time.sleep(0.03)

    def _settled(self, new: list[Json]) -> bool:
        """All messages of one request have arrived."""
        time.sleep(0.03)
        return len([item for item in self.received() if item["seq"] > self.seen]) == len(new)

    def ask(self, text: str, count: int = 1) -> str:
        """Write, and everything that comes back as one text."""
        self.write(text)
        return words_of(self.answer(count))

    def read(self, count: int = 1) -> str:
        """What comes without having been asked for, as one text."""
        return words_of(self.answer(count))

    def tap(self, label: str, among: list[Json] | None = None, count: int = 1) -> str:
        """Tap the button with this label in the newest messages; what comes back as one text."""
        action = find_action(among or [item["message"] for item in self.received()[-5:]], label)
        self.act("postback", data=action["data"], display_text=action.get("displayText"))
        return words_of(self.answer(count))


def actions_of(message: Any) -> list[Json]:
    """Every action in a message, wherever it hides."""
    if isinstance(message, list):
        return [found for part in message for found in actions_of(part)]
    if not isinstance(message, dict):
        return []
    own = [message["action"]] if isinstance(message.get("action"), dict) else []
    return own + [found for part in message.values() for found in actions_of(part)]


def labels_of(messages: list[Json]) -> list[str]:
    return [action.get("label", "") for action in actions_of(messages)]


def find_action(messages: list[Json], label: str) -> Json:
    for action in reversed(actions_of(messages)):
        if action.get("label") == label:
            return action
    raise AssertionError(f"no button {label!r} among {labels_of(messages)}")


def words_of(messages: list[Json]) -> str:
    """All visible words of messages, one a line."""
    return "\n".join(word for message in messages for word in _visible(message))


def _visible(part: Any) -> list[str]:
    if isinstance(part, list):
        return [word for inner in part for word in _visible(inner)]
    if not isinstance(part, dict):
        return []
    own = [part["text"]] if isinstance(part.get("text"), str) else []
    inside = [v for k, v in part.items() if k not in ("quickReply", "action")]
    return own + [word for inner in inside for word in _visible(inner)]


@dataclass
class World:
    """A running installation with みなと市 in it. `url` is the web process."""

    environment: dict[str, str]
    simulator: Simulator
    url: str
    logs: Path
    processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    @classmethod
    def start(
        cls,
        environment: Mapping[str, str],
        simulator: Simulator,
        folder: Path,
        port: int,
        *,
        together: bool = False,
    ) -> "World":
        """Start everything; `together`: the workers as one command, quicker, none killed alone."""
        url = f"http://127.0.0.1:{port}"
        given = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ},
            **environment,
            "LINE_API_BASE_URL": simulator.url,
            "LINE_DATA_API_BASE_URL": simulator.url,
            "PUBLIC_BASE_URL": url,
            "DEMO_PASSWORD": "correct horse battery",
        }
        world = cls(given, simulator, url, folder)
        prepare = [sys.executable, "-m", "bot.demo"]
        subprocess.run(prepare, cwd=ROOT, env=given, check=True, stdout=subprocess.DEVNULL)
        simulator.post("webhook", url=f"{url}/webhook")
        try:
            for name in ("web", *((" ".join(QUEUES),) if together else QUEUES)):
                world.start_process(name)
            world.wait_until(world.is_healthy, START_SECONDS)
        except BaseException:
            world.stop()
            raise
        return world

    def start_process(self, name: str) -> None:
        web = ["-m", "gunicorn", "wsgi:app", "--threads", "8", "--worker-class", "gthread"]
        web += ["--bind", self.url.removeprefix("http://")]
        words = web if name == "web" else ["worker.py", *name.split()]
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def database_has(self, words: str) -> bool:
        """Whether a message with these words is kept readable."""
        database = Database(self.environment["DATABASE_URL"])
        with database.read() as session:
            found = session.scalars(select(Message.id).where(Message.text.contains(words))).first()
        database.close()
        return found is not None

    def move_clock(self, seconds: float) -> None:
        """Move the time of the bot and of the simulator together."""
        database = Database(self.environment["DATABASE_URL"])
        Clock(database, movable=True).move(seconds)
        database.close()
        self.simulator.post("clock", advance_seconds=seconds)
        time.sleep(CLOCK_SEEN_SECONDS)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        process = self.processes.pop(name)
        process.send_signal(how)
        process.wait()

    def is_healthy(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=2).ok
        except requests.RequestException:
            return False

    def resident(self, name: str = "Lan", language: str | None = "vi", joins: bool = True) -> Phone:
        """A new person with a phone; `joins` makes them add the account and read the greeting."""
        body: Json = {"name": f"{name} {next(_numbers)}"}
        if language:
            body["language"] = language
        phone = Phone(self.simulator, self.simulator.post("users", **body)["id"])
        if joins:
            phone.act("follow")
            phone.answer(2)
        return phone

    def joined(self, tag_name: str, skip: str, language: str | None = "vi") -> Phone:
        """A resident who chose a language by its own name and skipped the areas."""
        phone = self.resident(language=language)
        phone.tap(tag_name, count=2)
        phone.tap(skip, count=2)
        return phone

    def wait_until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds} s in vain; logs in {self.logs}")
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait()
