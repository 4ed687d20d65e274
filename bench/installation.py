"""A whole installation of its own for one measurement, and talking to its simulator."""

import json
import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bot.demo.supervisor import Children, demo_settings, start_all
from run import clean_environment


def free_ports() -> int:
    """A port that is free together with the one above it.

    Below the range from which systems take the ports of outgoing connections: nobody else takes it
    before it is used.
    """
    while True:
        port = random.randrange(20_000, 32_000, 2)
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def settings_for(folder: Path, port: int, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of an installation: nothing of the surroundings, `given` above its own."""
    return clean_environment({**demo_settings(folder, port), **given})


@contextmanager
def running(folder: Path, given: Mapping[str, str]) -> Iterator[int]:
    """The processes of a demo, started and answering. Yields the simulator's port."""
    port = free_ports()
    children = Children(folder / "logs", settings_for(folder, port, given))
    try:
        start_all(children, folder, port)
        yield port + 1
    finally:
        children.stop()


class Simulator:
    """One kept-alive connection to a simulator's control interface; not for several threads."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: object) -> Any:
        return self._call("POST", path, json.dumps(body))

    def _call(self, method: str, path: str, body: str | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        self._connection.request(method, f"/_simulator/{path}", body, headers)
        response = self._connection.getresponse()
        answer = json.loads(response.read())
        if response.status >= 300:
            raise RuntimeError(f"the simulator answered {response.status}: {answer}")
        return answer
