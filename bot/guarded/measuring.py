"""How well damaged texts are found: figures over texts somebody has judged."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bot.guarded.comparing import NoWords, compare
from bot.guarded.facts import Kind
from bot.guarded.places import Names

COLUMNS = ("language", "ja", "text", "damaged", "what")


class JudgedFileError(ValueError):
    """The file cannot be used; the text says what to mend."""


@dataclass(frozen=True)
class Judged:
    """A text beside its Japanese. `what` was damaged, as one of `Kind`, or nothing."""

    language: str
    japanese: str
    text: str
    damaged: bool
    what: str


@dataclass(frozen=True)
class Share:
    """How many of so many. `share` None where there were none."""

    found: int
    n: int

    @property
    def share(self) -> float | None:
        return self.found / self.n if self.n else None


@dataclass(frozen=True)
class GuardedFigures:
    """What was found.

    `found` damaged texts by language and kind; `alarms` texts without damage that were held
    back, by language. `p95_ms` the slowest but five per cent of the comparisons, in milliseconds.
    """

    n: int
    found: Mapping[tuple[str, str], Share]
    alarms: Mapping[str, Share]
    p95_ms: float

    def of_kind(self, kind: str) -> Share:
        return _sum(share for (_, what), share in self.found.items() if what == kind)

    def of_language(self, language: str) -> Share:
        return _sum(share for (tag, _), share in self.found.items() if tag == language)

    @property
    def recall(self) -> Share:
        return _sum(self.found.values())

    @property
    def false_alarms(self) -> Share:
        return _sum(self.alarms.values())

    def row(self) -> dict[str, object]:
        """The figures by name: shares from 0 to 1, None where there was nothing to measure."""
        return {
            "n": self.n,
            "recall": self.recall.share,
            "false_alarms": self.false_alarms.share,
            "per_kind": {
                kind: {"n": share.n, "recall": share.share}
                for kind in self.kinds
                if (share := self.of_kind(kind)).n
            },
            "p95_ms": round(self.p95_ms, 3),
        }

    @property
    def kinds(self) -> tuple[str, ...]:
        others = sorted({what for _, what in self.found} - set(Kind))
        return (*Kind, *others)


def read_judged(path: Path) -> list[Judged]:
    """Read lines of language, ja, text, damaged (0 or 1) and what, with tabs between.

    Raises `JudgedFileError`.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise JudgedFileError(f"{path}: {error}") from error
    if not rows or not set(COLUMNS[:4]) <= rows[0].keys():
        raise JudgedFileError(f"{path}: the first line must be {', '.join(COLUMNS)}, with tabs")
    judged = []
    for number, row in enumerate(rows, start=2):
        if row["damaged"] not in ("0", "1"):
            raise JudgedFileError(f"{path}, line {number}: damaged must be 0 or 1")
        judged.append(
            Judged(
                row["language"], row["ja"], row["text"], row["damaged"] == "1", _kind(row["what"])
            )
        )
    return judged


def evaluate_guarded(judged: Iterable[Judged], places: Names) -> GuardedFigures:
    """Compare every text with its Japanese. One in a language without words is held back."""
    found: dict[tuple[str, str], list[bool]] = {}
    alarms: dict[str, list[bool]] = {}
    times: list[float] = []
    for row in judged:
        begun = perf_counter()
        alarm = _is_held_back(row, places)
        times.append((perf_counter() - begun) * 1000)
        if row.damaged:
            found.setdefault((row.language, row.what), []).append(alarm)
        else:
            alarms.setdefault(row.language, []).append(alarm)
    times.sort()
    return GuardedFigures(
        n=len(times),
        found={key: Share(sum(hits), len(hits)) for key, hits in found.items()},
        alarms={key: Share(sum(hits), len(hits)) for key, hits in alarms.items()},
        p95_ms=times[int(len(times) * 0.95)] if times else 0.0,
    )


def _is_held_back(row: Judged, places: Names) -> bool:
    try:
        return not compare(row.japanese, row.text, row.language, places).is_clean
    except NoWords:
        return True


def _sum(shares: Iterable[Share]) -> Share:
    counted = list(shares)
    return Share(sum(share.found for share in counted), sum(share.n for share in counted))


def _kind(what: str | None) -> str:
    """A kind may be followed by a colon and what happened."""
    return (what or "").partition(":")[0].strip()
