"""The tour: it passes, it is readable, and a step that fails says why."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from unicodedata import category, east_asian_width

import requests

from bot.clock import Clock
from bot.demo.tour.__main__ import PARTS
from bot.demo.tour.checks import Failed
from bot.demo.tour.clock import ClockServer
from bot.demo.tour.show import Screen, Told, cut, width, wrapped
from bot.runtime import ROOT, Runtime
from tests.conftest import test_environment
from tests.world import Simulator, World

LONGEST = 240
"""Seconds after which a tour hangs; it takes about 50 where nothing else runs."""
STEPS = sum(len(steps) for _, steps in PARTS)
STEP = re.compile(rf"\[ ?(\d+)/{STEPS}\] (.) ")
LINE_USER_ID = re.compile(r"U[0-9a-f]{32}")
COLOUR = re.compile(r"\x1b\[[\d;]*m")


def columns(text: str) -> int:
    """The columns of a terminal a line takes, counted otherwise than the tour counts them."""
    spacing = [it for it in text if category(it) not in ("Mn", "Me", "Cf")]
    return len(spacing) + sum(east_asian_width(it) in ("W", "F") for it in spacing)


def test_the_tour_passes_and_is_readable(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "run.py", "demo", "--tour", "--data", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    lines = done.stdout.splitlines()
    steps = [found.groups() for line in lines if (found := STEP.match(line))]
    assert steps == [(str(number), "✓") for number in range(1, STEPS + 1)]
    assert [line for line in lines if columns(line) > 80] == []
    assert "\x1b" not in done.stdout and "\r" not in done.stdout
    assert not LINE_USER_ID.search(done.stdout)
    secrets = json.loads((tmp_path / "secrets.json").read_text()).values()
    assert not [secret for secret in secrets if secret in done.stdout]
    table = done.stdout.rpartition("What was shown")[2]
    assert "LINE accepted 200/200" in table and "5 of 5, 90 people or more" in table
    assert not [name for name in ("delivered", "seen") if name in done.stdout.casefold()]


def test_the_tour_begins_in_an_empty_city(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    done = subprocess.run(
        [sys.executable, "run.py", "demo", "--tour", "--data", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "--reset" in done.stderr


def test_no_colour_where_nobody_wants_it_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "run.py", "demo", "--tour", "--data", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", "TERM": "xterm"},
        stdout=theirs,
        stderr=theirs,
    ) as tour:
        os.close(theirs)
        shown = _read(terminal, until="[ 1/")
        tour.send_signal(signal.SIGINT)
        shown += _read(terminal, until="")
        assert tour.wait(LONGEST) == 130
    assert "\x1b[2K" in shown  # a terminal: the line is drawn again
    assert not COLOUR.search(shown)
    assert "Traceback" not in shown


def _read(terminal: int, until: str) -> str:
    """What is written to a terminal until some words come, or until nobody is left to write."""
    read, deadline = b"", time.monotonic() + LONGEST
    while not until or until not in read.decode(errors="replace"):
        assert time.monotonic() < deadline, read.decode(errors="replace")
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux says so when the last writer is gone
            part = b""
        if not part:
            break
        read += part
    return read.decode(errors="replace")


def tour_of(world: World, password: str) -> "subprocess.CompletedProcess[str]":
    addresses = ["--web", world.url, "--line", world.simulator.url, "--clock", world.url]
    return subprocess.run(
        [sys.executable, "-m", "bot.demo.tour", *addresses],
        cwd=ROOT,
        input=f"{password}\n",
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )


def test_a_step_that_fails_ends_it_and_says_why(world: World) -> None:
    done = tour_of(world, "a wrong password")
    assert (done.returncode, done.stderr) == (1, "")
    end = done.stdout.partition("✕")[2].splitlines()
    assert re.search(r"\[ 5/\d+\] ✕ A question goes to staff +\d+\.\d s$", done.stdout, re.M)
    assert end[1] == f"{'':10}expected  the sign-in of lan@minato.example to succeed"
    assert end[2].startswith(f"{'':10}got {'':6}401 ")
    assert "do not match" in done.stdout
    assert "a wrong password" not in done.stdout
    assert not LINE_USER_ID.search(done.stdout)


def screen(*, live: bool = False, colour: bool = False) -> tuple[Screen, StringIO]:
    out = StringIO()
    return Screen(out, live=live, colour=colour), out


def test_wide_characters_count_as_two_and_marks_as_none() -> None:
    assert width("みなと市 abc") == 12
    assert width("e\u0301") == 1 and width("か\u3099") == 2
    assert cut("みなと市", 8) == "みなと市"
    assert cut("みなと市の", 9) == "みなと市…"
    assert cut("みなと市の", 8) == "みなと…"
    assert wrapped("みなと市 みなと市の人", 8) == ["みなと市", "みなと市", "の人"]


def test_a_step_stands_in_its_columns_whatever_was_said() -> None:
    told = Told(
        "みなと市から200人へ " * 8, [("とても長い名前の人" * 3, "x\ny " * 90), ("Minh", "שלום")]
    )
    shown, out = screen()
    shown.begin(7, 26, "A step")
    shown.done(told)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("[ 7/26] ✓ みなと市から200人へ")
    assert re.search(r" 0\.0 s$", lines[-3]) and columns(lines[-3]) == 80
    assert lines[-2].endswith("…") and all(columns(line) <= 80 for line in lines)


def test_bars_only_where_somebody_looks() -> None:
    for live in (True, False):
        shown, out = screen(live=live)
        shown.begin(1, 26, "A step")
        time.sleep(0.2)
        shown.waits("People join", 50, 200)
        assert ("██████░" in out.getvalue()) is live
        last = out.getvalue().rpartition("\x1b[2K")[2]
        assert not live or (" 50/200  " in last and columns(last) == 80)
        assert not COLOUR.search(out.getvalue())


def test_colour_only_on_a_terminal_that_wants_it() -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    for out, colour, expected in (
        (Terminal(), True, True),
        (Terminal(), False, False),
        (StringIO(), True, False),
    ):
        shown = Screen.on(out, colour=colour)
        shown.begin(1, 1, "A step")
        shown.done(Told("Done"))
        assert bool(COLOUR.search(out.getvalue())) is expected


def test_other_peoples_words_move_no_cursor_and_show_no_line_id() -> None:
    shown, out = screen()
    shown.begin(1, 1, "A step")
    shown.failed(Failed("\x1b[2Jcalm", f"U{'0a' * 16}\u202e " + "long " * 200))
    assert not re.search(r"[\x1b\u202e]", out.getvalue())
    assert not LINE_USER_ID.search(out.getvalue())
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("[1/1] ✕ A step")
    assert len(lines) < 10 and all(columns(line) <= 80 for line in lines)


def test_the_table_is_as_wide_as_a_terminal() -> None:
    shown, out = screen()
    shown.table([("Notice", "LINE accepted 200/200 " * 6), ("ひとびと", "200")])
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("Notice    LINE accepted") and lines[1].startswith(" " * 10)
    assert lines[-1] == "ひとびと  200"
    assert all(columns(line) <= 80 for line in lines)


@contextmanager
def clock_of(runtime: Runtime, simulator: Simulator) -> Iterator[str]:
    server = ClockServer(Clock(runtime.database, movable=True), simulator.url)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_clock_moves_the_bot_and_line_together(on_line: Runtime, simulator: Simulator) -> None:
    clock = Clock(on_line.database, movable=True)
    before, theirs = clock.now(), simulator.get("health")["now"]
    with clock_of(on_line, simulator) as url:
        assert requests.post(url, json={"advance_seconds": 185}, timeout=10).ok
    assert 185 <= (clock.now() - before).total_seconds() < 200
    assert 185_000 <= simulator.get("health")["now"] - theirs < 200_000


REFUSED = (
    ({"Origin": "https://elsewhere.example"}, '{"advance_seconds": 3600}', 403),
    ({"Host": "elsewhere.example"}, '{"advance_seconds": 3600}', 403),
    ({}, '{"advance_seconds": -3600}', 400),
    ({}, '{"advance_seconds": NaN}', 400),
    ({}, '{"advance_seconds": 1e9}', 400),
    ({}, '{"seconds": 3600}', 400),
    ({}, "[]", 400),
    ({}, "", 400),
)


def test_the_clock_refuses_pages_and_nonsense(on_line: Runtime, simulator: Simulator) -> None:
    clock = Clock(on_line.database, movable=True)
    before = clock.now()
    with clock_of(on_line, simulator) as url:
        for headers, body, status in REFUSED:
            answer = requests.post(url, data=body, headers=headers, timeout=10)
            assert (body, answer.status_code) == (body, status)
    assert (clock.now() - before).total_seconds() < 60


def test_there_is_no_clock_where_line_is_real(tmp_path: Path) -> None:
    given = test_environment(f"sqlite:///{tmp_path / 'bot.db'}", "", tmp_path)
    given = {name: value for name, value in given.items() if not name.endswith("_BASE_URL")}
    given |= {"PATH": os.environ["PATH"], "PUBLIC_BASE_URL": "https://city.example"}
    done = subprocess.run(
        [sys.executable, "-m", "bot.demo.tour.clock"],
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "only where LINE is the simulator" in done.stderr
