#!/usr/bin/env python3
"""One command each for newcomers, testers and the curious, on a machine with only Python.

Makes `.venv`, installs the locked requirements and hands over. Standard library only. Whatever it
starts sees none of the surrounding settings: a demo can never reach real people or real data.
"""

from __future__ import annotations  # a Python that is too old must still reach its own message

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from bot.demo.supervisor import (
    Refusal,
    demo_settings,
    forget,
    free_port,
    held,
    serve,
    show_tour,
)

STARTED = time.monotonic()
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)
LOCKS = ("requirements.txt", "requirements-test.txt")
PORT = 8700

KEPT = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "TERM", "TMPDIR", "TZ", "USER")
"""All that is kept of the surroundings: no setting, no token, no proxy."""

LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/?")


def clean_environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: the bare machine, then what the command line gave.

    Raises `Refusal` where that names a LINE address outside this machine.
    """
    for name, value in given.items():
        if re.fullmatch("LINE_.*URL", name) and not LOOPBACK.fullmatch(value):
            raise Refusal(f"{name} must be an address of this machine, such as http://127.0.0.1")
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment["PATH"] = f"{PYTHON.parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment["PYTHONUNBUFFERED"] = "1"
    environment["FLASK_SKIP_DOTENV"] = "1"
    return {**environment, **given}


def set_options(given: Mapping[str, str]) -> list[str]:
    """Settings as another command line of ours takes them."""
    return [f"--set={name}={value}" for name, value in given.items()]


def prepare_venv(locks: Sequence[str]) -> None:
    """Make `.venv` and install each lock file that has changed since it was installed there."""
    stamp = VENV / "installed.json"
    installed = json.loads(stamp.read_text()) if stamp.exists() else {}
    wanted = {lock: hashlib.sha256((ROOT / lock).read_bytes()).hexdigest() for lock in locks}
    changed = [lock for lock in locks if installed.get(lock) != wanted[lock]]
    if not installed or not PYTHON.exists():
        _make_venv()
        changed = list(locks)
    if not changed:
        return
    print(f"Installing {' and '.join(changed)} …", flush=True)
    command = [str(PYTHON), "-I", "-m", "pip", "install", "--quiet"]
    files = [word for lock in changed for word in ("--requirement", lock)]
    command += ["--disable-pip-version-check", "--require-hashes"]
    if subprocess.call([*command, *files], cwd=ROOT):
        raise Refusal("the requirements could not be installed: see above, then try again")
    stamp.write_text(json.dumps({**installed, **wanted}))


def _make_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        package = "python{}.{}-venv".format(*sys.version_info)
        raise Refusal(f"python3-venv is missing: sudo apt-get install {package}")
    print("Making .venv …", flush=True)
    broken = ["--clear"] if PYTHON.is_symlink() and not PYTHON.exists() else []
    if subprocess.call([sys.executable, "-m", "venv", *broken, VENV]):
        raise Refusal(".venv could not be made: see above")


def demo(options: argparse.Namespace) -> int:
    clean_environment(options.set)
    if not options.tour:
        folder = (options.data or ROOT / "var" / "demo").resolve()
        return _demo(options, folder, options.port or PORT)
    folder = (options.data or Path(tempfile.mkdtemp(prefix="tour-"))).resolve()
    code = _demo(options, folder, options.port or free_port())
    if code == 0 and options.data is None:
        shutil.rmtree(folder)  # after a failure its logs are wanted
    return code


def _demo(options: argparse.Namespace, folder: Path, port: int) -> int:
    with held(folder, port):
        prepare_venv(LOCKS[:1])
        if options.reset:
            forget(folder)
        elif options.tour and (folder / "data").exists():
            raise Refusal("the tour begins in an empty city: add --reset, or leave out --data")
        environment = clean_environment({**demo_settings(folder, port), **options.set})
        if options.tour:
            colour = not os.environ.get("NO_COLOR")
            return show_tour(folder, port, environment, STARTED, colour=colour)
        return serve(folder, port, environment, STARTED)


def test(options: argparse.Namespace) -> int:
    environment = clean_environment(options.set)
    prepare_venv(LOCKS)
    checks = {
        "ruff check": ["ruff", "check"],
        "ruff format": ["ruff", "format", "--check"],
        "mypy": ["mypy"],
        "pytest": ["pytest", "-n", "2", "--dist", "loadfile", *options.rest],
    }
    failed = []
    for name, words in checks.items():  # the tests last: what they say stays in sight
        print(f"--- {name}", flush=True)
        code = subprocess.call([PYTHON, "-m", *words], cwd=ROOT, env=environment)
        if name == "pytest" and code == 1:
            print("--- pytest: what failed, once more and alone", flush=True)
            again = [*words[:1], "-n", "0", "--last-failed", *options.rest]
            code = subprocess.call([PYTHON, "-m", *again], cwd=ROOT, env=environment)
        if code:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "Everything passed.")
    return 1 if failed else 0


def bench(options: argparse.Namespace) -> int:
    environment = clean_environment(options.set)
    prepare_venv(LOCKS[:1])
    command = [PYTHON, "-m", "bench", *options.rest, *set_options(options.set)]
    return subprocess.call(command, cwd=ROOT, env=environment)


def lock(options: argparse.Namespace) -> int:
    prepare_venv(LOCKS)
    python = str(PYTHON)
    words = [
        "--quiet",
        "--generate-hashes",
        "--no-emit-index-url",
        "--universal",
        "--python-version",
    ]
    words += ["{}.{}".format(*OLDEST_PYTHON), "--custom-compile-command", "python3 run.py lock"]
    compiling = [python, "-m", "uv", "pip", "compile", *words, *options.rest]
    commands = [[python, "-I", "-m", "pip", "install", "--quiet", "uv"]]
    for name in LOCKS:
        source = str(Path(name).with_suffix(".in"))
        commands.append([*compiling, source, "--output-file", name])
    if any(subprocess.call(command, cwd=ROOT) for command in commands):
        raise Refusal("the requirements could not be locked: see above")
    return 0


class Parser(argparse.ArgumentParser):
    """Shows all there is when something is not understood."""

    def error(self, message: str) -> NoReturn:
        self.print_help(sys.stderr)
        self.exit(2, f"\nrun.py: {message}\n")


def add_set_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        type=_pair,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting; those of the surroundings and of .env are not seen",
    )


def add_demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tour", action="store_true", help="the main job by itself, then the end")
    parser.add_argument(
        "--port", type=int, help=f"and the next one: {PORT}; for the tour two that are free"
    )
    parser.add_argument("--reset", action="store_true", help="begin again with new data")
    parser.add_argument(
        "--data", type=Path, help="the folder it keeps: var/demo; for the tour one that it deletes"
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError("expected NAME=VALUE")
    return name, value


def _parser() -> Parser:
    parser = Parser(prog="run.py", allow_abbrev=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for run, about in (
        (demo, "the bot, the console and a local LINE with a made-up city, until Ctrl-C"),
        (test, "every check; what follows goes to pytest"),
        (bench, "the figures; --json for JSON lines, --only NAME for some"),
        (lock, "write the lock files from requirements*.in; --upgrade for newer versions"),
    ):
        command = commands.add_parser(
            run.__name__, help=about, description=about, allow_abbrev=False
        )
        command.set_defaults(run=run)
        add_set_option(command)
        if run is demo:
            add_demo_options(command)
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    if sys.version_info < OLDEST_PYTHON:
        print("run.py: Python {}.{} or newer is needed".format(*OLDEST_PYTHON), file=sys.stderr)
        return 1
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.run is demo:
        parser.error(f"not understood: {' '.join(rest)}")
    options.set, options.rest = dict(options.set), rest
    try:
        return int(options.run(options))
    except Refusal as refusal:
        print(f"run.py: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
