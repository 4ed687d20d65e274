"""Starting the demo with an existing `.venv`: from the command to "is ready"."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.figures import Figure
from bench.installation import free_ports
from bot.demo.supervisor import ROOT, ChildEnded
from run import set_options

READY = "is ready after"
SECOND_START_GOAL = 5.0


def measure(folder: Path, given: Mapping[str, str]) -> Iterator[Figure]:
    """Seconds of the first start, which loads the city, and of the second, which finds it."""
    command = [sys.executable, "run.py", "demo", "--data", str(folder / "demo")]
    command += ["--port", str(free_ports()), *set_options(given)]
    yield Figure("first start of the demo", _seconds_to_ready(command), "s")
    second = _seconds_to_ready(command)
    yield Figure("second start of the demo", second, "s", goal=SECOND_START_GOAL)


def _seconds_to_ready(command: Sequence[str]) -> float:
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        words = []
        try:
            for line in demo.stdout:
                words.append(line)
                if READY in line:
                    return time.monotonic() - began
        finally:
            demo.terminate()
            demo.stdout.read()
    raise ChildEnded("the demo did not start:\n" + "".join(words))
