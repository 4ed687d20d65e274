"""The simulator as a real process, and a stand-in for the bot that it calls."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

PROJECT = Path(__file__).resolve().parents[3]


class Simulator:
    """One running simulator; `url` is where it listens."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "bot.line.simulator", *options]
        self.process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("simulator listening on "):
            raise RuntimeError(f"the simulator did not start: {line!r}")
        self.url = line.split()[-1]
        self.http = requests.Session()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of the control API; an error of HTTP raises."""
        answer = self.http.request(method, f"{self.url}/_simulator/{path}", json=body, timeout=40)
        answer.raise_for_status()
        return answer.json()

    def api(
        self, method: str, path: str, body: Any = None, token: str = "simulator", **more: Any
    ) -> requests.Response:
        """One call of the Messaging API."""
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.http.request(
            method, self.url + path, json=body, headers=headers, timeout=40, **more
        )

    def stop(self) -> int:
        """End it as an operator does; the exit status."""
        self.http.close()
        self.process.terminate()
        status = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@contextlib.contextmanager
def simulator(*options: str) -> Iterator[Simulator]:
    process = Simulator("--port", "0", *options)
    try:
        yield process
    finally:
        process.stop()


class Bot:
    """Takes webhooks and remembers them; `answer(body)` gives the status to answer with."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []  # signature, raw body
        self.answer: Callable[[dict[str, Any]], int] = lambda body: 200
        bot = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                bot.received.append((self.headers["x-line-signature"], raw))
                status = bot.answer(json.loads(raw))
                with contextlib.suppress(ConnectionError):
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(raw) for _, raw in self.received]

    def events(self, event_id: str) -> list[dict[str, Any]]:
        """Every arrival of this event."""
        everything = (event for body in self.bodies() for event in body["events"])
        return [event for event in everything if event.get("webhookEventId") == event_id]

    def wait_for(self, event_id: str, times: int = 1) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 10
        while len(found := self.events(event_id)) < times:
            if time.monotonic() > deadline:
                raise AssertionError(f"event arrived {len(found)} times, not {times}")
            time.sleep(0.01)
        return found

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def bot() -> Iterator[Bot]:
    stand_in = Bot()
    try:
        yield stand_in
    finally:
        stand_in.stop()
