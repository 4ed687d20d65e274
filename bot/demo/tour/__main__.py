"""Runs the tour: `python -m bot.demo.tour --web URL --line URL --clock URL`.

The password of the demo's accounts comes by standard input. `run.py demo --tour` starts a demo,
runs this beside it and ends both. Exit code 0 where every step went as it must, else 1.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import TextIOWrapper

import requests

from bot.demo.supervisor import ROOT
from bot.demo.tour import steps_after, steps_asking, steps_notice, steps_people, steps_relay
from bot.demo.tour.checks import Failed
from bot.demo.tour.phone import Line
from bot.demo.tour.show import Screen, Told
from bot.demo.tour.town import Town
from bot.words import Words


@dataclass(frozen=True)
class Step:
    """One thing that people do; `run` does it, checks what came of it, and tells."""

    name: str
    run: Callable[[Town], Told]


PARTS: tuple[tuple[str, tuple[Step, ...]], ...] = (
    (
        "A resident asks",
        (
            Step("Minh adds the account", steps_asking.join),
            Step("Minh chooses a language and a district", steps_asking.choose),
            Step("Minh asks in Vietnamese", steps_asking.ask),
            Step("Minh writes that the house is on fire", steps_asking.cry_for_help),
            Step("A question goes to staff", steps_asking.want_a_person),
            Step("Staff answer", steps_asking.answer),
        ),
    ),
    (
        "A city, and the people who carry its notices on",
        (
            Step("Two hundred people join", steps_people.fill_the_town),
            Step("Suzuki makes networks", steps_people.make_networks),
            Step("Key persons are invited", steps_people.invite),
            Step("Suzuki calls the key persons", steps_people.call),
            Step("Key persons practise", steps_people.practise),
        ),
    ),
    (
        "An evacuation order",
        (
            Step("Sato composes a notice", steps_notice.compose),
            Step("Sato tries to approve it alone", steps_notice.refuse),
            Step("Suzuki approves", steps_notice.approve),
            Step("It arrives in every language", steps_notice.arrive),
        ),
    ),
    (
        "Key persons carry it on, and residents answer",
        (
            Step("Mai passes the checked text on", steps_relay.pass_on),
            Step("Ana can't today", steps_relay.decline),
            Step("Asha writes the Hindi text", steps_relay.write),
            Step("Sato releases it", steps_relay.release),
            Step("Two stay silent", steps_relay.stay_silent),
            Step("One is late", steps_relay.come_late),
            Step("Key persons report", steps_relay.count_reports),
            Step("Residents tap", steps_after.acknowledge),
        ),
    ),
    (
        "What follows",
        (
            Step("An update", steps_after.update),
            Step("A cancellation", steps_after.cancel),
            Step("A drill", steps_after.drill),
        ),
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Run every step until one fails; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.demo.tour", allow_abbrev=False)
    for name in ("web", "line", "clock"):
        parser.add_argument(f"--{name}", required=True, metavar="URL")
    parser.add_argument("--plain", action="store_true", help="no colour, whatever the terminal")
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every terminal knows every script
    screen = Screen.on(sys.stdout, colour=not options.plain)
    town = Town(
        line=Line(options.line),
        web=options.web,
        clock=options.clock,
        password=sys.stdin.readline().rstrip("\n"),
        screen=screen,
        words=Words.load(ROOT / "bot" / "locale", "bot"),
    )
    began = time.monotonic()
    if not _walk(town):
        return 1
    seconds = time.monotonic() - began
    town.figures["The tour"] = f"{seconds:.0f} s; the clock was moved by {town.moved / 60:.0f} min"
    town.figures["LINE"] = _traffic(town)
    screen.part("What was shown, with the figures of this run")
    screen.table(town.figures.items())
    return 0


def _walk(town: Town) -> bool:
    """Whether every step went as it must; the first that does not is the last."""
    screen, number = town.screen, 0
    of = sum(len(steps) for _, steps in PARTS)
    for part, steps in PARTS:
        screen.part(part)
        for step in steps:
            number += 1
            screen.begin(number, of, step.name)
            try:
                screen.done(step.run(town))
            except Failed as failure:
                screen.failed(failure)
                return False
            except requests.RequestException as error:
                screen.failed(Failed("an answer of the demo", type(error).__name__))
                return False
    return True


def _traffic(town: Town) -> str:
    """How much went to LINE and came from it, as its local platform counted."""
    seen = town.line.get("health")
    calls = sum(sum(by_status.values()) for by_status in seen["calls"].values())
    return f"{sum(seen['webhooks'].values())} webhooks from it, {calls} calls to it"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
