"""The tour on a terminal: 80 columns, wide characters counted as two.

Bars and colour only where somebody looks at a terminal; colour not where NO_COLOR is set.
"""

import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO
from unicodedata import category, east_asian_width

from bot.demo.tour.checks import Failed

COLUMNS = 80
INDENT = 10
SPEAKER, WIDEST_SPEAKER = 10, 20
BAR = 24
REDRAWN_SECONDS = 0.1
LINES_OF_A_FAILURE = 6

_STYLES = {"bold": "1", "dim": "2", "good": "32", "bad": "1;31", "bar": "36"}
_LINE_USER_ID = re.compile(r"\bU[0-9a-f]{32}\b")
_MOVES_THE_CURSOR = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NO_WIDTH = ("Mn", "Me", "Cf")


@dataclass(frozen=True)
class Told:
    """What came of a step, and what people read or wrote in it: who, and their words."""

    said: str
    quotes: Sequence[tuple[str, str]] = ()


class Screen:
    """Prints the steps. `live`: the line of an unfinished step is drawn anew again and again."""

    def __init__(self, out: TextIO, *, live: bool, colour: bool, columns: int = COLUMNS) -> None:
        self._out = out
        self._live = live
        self._colour = colour
        self._columns = columns
        self._number = ""
        self._name = ""
        self._began = self._drawn = 0.0

    @classmethod
    def on(cls, out: TextIO, *, colour: bool) -> "Screen":
        """For a file or a terminal; `colour` is what the person there allows."""
        live = out.isatty()
        columns = min(COLUMNS, shutil.get_terminal_size((COLUMNS, 24)).columns) if live else COLUMNS
        return cls(out, live=live, colour=colour and live, columns=max(columns, COLUMNS // 2))

    def part(self, name: str) -> None:
        self._print("")
        self._print(self._style("bold", cut(name, self._columns)))

    def begin(self, number: int, of: int, name: str) -> None:
        digits = len(str(of))
        self._number, self._name = f"[{number:{digits}}/{of}]", name
        self._began, self._drawn = time.monotonic(), 0.0
        self.waits(name)

    def waits(self, what: str, done: int = 0, total: int = 0) -> None:
        """Draw what is waited for, with a bar where it can be counted."""
        now = time.monotonic()
        if not self._live or now - self._drawn < REDRAWN_SECONDS:
            return
        self._drawn = now
        count = f" {done:{len(str(total))}}/{total}" if total else ""
        seconds = _seconds(now - self._began)
        taken = INDENT + (BAR + 1 if total else 0) + len(count) + 2 + len(seconds)
        room = self._columns - taken
        words = padded(cut(_harmless(what), room), room)
        bar = f" {self._bar(done, total)}" if total else ""
        line = f"{self._number} … {words}{bar}{count}  {self._style('dim', seconds)}"
        self._out.write(f"\r\x1b[2K{line}")
        self._out.flush()

    def _bar(self, done: int, total: int) -> str:
        full = BAR * done // total
        return self._style("bar", "█" * full) + self._style("dim", "░" * (BAR - full))

    def done(self, told: Told) -> float:
        """The step is over; returns its seconds."""
        seconds = time.monotonic() - self._began
        self._finish("good", "✓", told.said, seconds)
        widest = max((width(who) + 1 for who, _ in told.quotes), default=0)
        for who, words in told.quotes:
            left = min(max(widest, SPEAKER), WIDEST_SPEAKER)
            said = cut(" ".join(_harmless(words).split()), self._columns - INDENT - left)
            speaker = padded(cut(_harmless(who), left - 1), left)
            self._print(self._style("dim", f"{'':{INDENT}}{speaker}{said}"))
        return seconds

    def failed(self, failure: Failed) -> None:
        """The step went wrong: which one, what was expected, what was got."""
        self._finish("bad", "✕", self._name, time.monotonic() - self._began)
        for label, words in (("expected", failure.expected), ("got", failure.got)):
            room = self._columns - INDENT - SPEAKER
            lines = wrapped(_harmless(words), room)[:LINES_OF_A_FAILURE]
            for first, line in zip([label, *[""] * len(lines)], lines, strict=False):
                self._print(f"{'':{INDENT}}{padded(first, SPEAKER)}{line}")

    def _finish(self, kind: str, mark: str, said: str, seconds: float) -> None:
        """One line, or several where it is long, with the time at the right of the last."""
        took = _seconds(seconds)
        *before, last = wrapped(_harmless(said), self._columns - INDENT - len(took) - 2)
        first = f"{self._number} {self._style(kind, mark)} "
        if self._live:
            self._out.write("\r\x1b[2K")
        for line in before:
            self._print(first + line)
            first = " " * INDENT
        room = self._columns - INDENT - len(took)
        self._print(f"{first}{padded(last, room)}{self._style('dim', took)}")

    def table(self, rows: Iterable[tuple[str, str]]) -> None:
        """What was shown, and the figures of this run."""
        rows = list(rows)
        left = max(width(label) for label, _ in rows)
        for label, words in rows:
            lines = wrapped(_harmless(words), self._columns - left - 2)
            for first, line in zip([label, *[""] * len(lines)], lines, strict=False):
                self._print(f"{self._style('bold', padded(first, left))}  {line}")

    def _style(self, kind: str, text: str) -> str:
        return f"\x1b[{_STYLES[kind]}m{text}\x1b[0m" if self._colour and text else text

    def _print(self, line: str) -> None:
        self._out.write(line.rstrip() + "\n")
        self._out.flush()


def width(text: str) -> int:
    """The columns a text takes: two for wide characters, none for marks on others."""
    return sum(_width_of(character) for character in text)


def _width_of(character: str) -> int:
    if category(character) in _NO_WIDTH:
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """The beginning of a text, with … where something is left out."""
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept) + _width_of(character) > columns - 1:
            break
        kept += character
    return kept.rstrip() + "…"


def padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def wrapped(text: str, columns: int) -> list[str]:
    """The text in lines, broken at spaces, and inside a word where that is longer than a line."""
    lines = [""]
    for word in _short_words(text, columns):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width(joined) <= columns:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _short_words(text: str, columns: int) -> Iterator[str]:
    for word in text.split():
        part = ""
        for character in word:
            if width(part) + _width_of(character) > columns:
                yield part
                part = ""
            part += character
        yield part


def _harmless(text: str) -> str:
    """Other people's words: without what moves a terminal's cursor, without LINE's user ids."""
    return _LINE_USER_ID.sub("U…", _MOVES_THE_CURSOR.sub(" ", text))


def _seconds(seconds: float) -> str:
    return f"{seconds:4.1f} s"
