"""`python3 run.py bench [--json] [--only NAME]`: what was measured here and now, as rows.

Everything runs on this machine, in folders of its own, and ends by itself.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench import answers, notices, relays, start, understanding, webhook
from bench.figures import HEADINGS, Figure
from bot.demo.supervisor import ChildEnded
from run import add_set_option

GROUPS: dict[str, Callable[[Path, Mapping[str, str]], Iterator[Figure]]] = {
    "webhook": webhook.measure,
    "answers": answers.measure,
    "notices": notices.measure,
    "relays": relays.measure,
    "start": start.measure,
    "understanding": understanding.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py bench", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--only", action="append", choices=sorted(GROUPS), metavar="NAME", help="%(choices)s"
    )
    add_set_option(parser)
    options = parser.parse_args()
    if not options.json:
        print(HEADINGS, flush=True)
    missed = False
    for name in options.only or GROUPS:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            try:
                for figure in GROUPS[name](Path(folder), dict(options.set)):
                    print(figure.as_json() if options.json else figure.as_row(), flush=True)
                    missed = missed or figure.goal_met is False
            except ChildEnded as ended:
                print(f"{name}: {ended}", file=sys.stderr)
                return 2
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
