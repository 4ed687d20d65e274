"""The words of one language that say which way, found in a text in one walk along it.

`phrases/<tag>.toml` lists them by what they mean, with ` | ` between, as letters, no patterns. In
a language with spaces each is a whole word or several, or with `*` at its end the beginning of
one, or with `-` before it the end of one, or with `*` within it a word of that shape.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import regex

from bot.guarded.writing import plain, plain_pattern
from bot.han import folded

PHRASES = Path(__file__).with_name("phrases")
NOTHING = "none"
"""What looks like one of the words and is another."""
SENTENCE, COMMA = "sentence", "comma"

_WORD = regex.compile(r"[\p{L}\p{M}]+")
_STOPS = regex.compile(
    r"(?P<sentence>[!?。！？।॥။៖។;\n]|(?<!(?<!\p{L})\p{L})[.](?=\s|$|\p{L})(?!\s?\d))"
    r"|(?P<comma>[,、،၊·/()（）「」]|:(?!\d)|(?<=\s)-(?=\s))"
)
_SPACE = regex.compile(r"(?<=[\p{L}\p{M}]) +(?=\p{L})")
"""Where words stand together a space ends a clause."""
_LETTER = regex.compile(r"[\p{L}\p{M}]")
_MARK = regex.compile(r"\p{M}")
_HEADS = (3, 2, 1)
"""Letters of the beginnings by which words are listed: the whole word where it is shorter."""

Listed = Mapping[str, Sequence[tuple[str, str, bool]]]
"""Words by their beginning, the longest first, with what each means and whether it may go on."""


class Token(NamedTuple):
    """A word by what it means, or a stop: `SENTENCE` or `COMMA`."""

    key: str
    start: int
    end: int


@dataclass(frozen=True)
class Phrases:
    """One language. `verb_last`: what is done, and its negation, stands after what it is about."""

    spaced: bool
    verb_last: bool
    starts: Listed
    endings: Listed
    shapes: Mapping[str, tuple[tuple[regex.Pattern[str], str], ...]]

    def tokens(self, text: str) -> list[Token]:
        """All of a plain text, in order; where two begin together the longer counts."""
        found = [Token(str(m.lastgroup), *m.span()) for m in _STOPS.finditer(text)]
        if not self.spaced and not self.verb_last:
            found += [Token(COMMA, *m.span()) for m in _SPACE.finditer(text)]
        found += self._in_words(text) if self.spaced else self._anywhere(text)
        found.sort(key=lambda token: token.start)
        return [token for token in found if token.key != NOTHING]

    def _in_words(self, text: str) -> Iterator[Token]:
        done = 0
        for word in _WORD.finditer(text):
            place, last = word.span()
            if place >= done and (token := self._begins(text, place)):
                yield token
                done = token.end
            place = max(done, place + 1)
            while self.endings and place < last:
                if token := self._at(text, place, self.endings):
                    yield token
                    done = token.end
                place = max(done, place + 1)

    def _begins(self, text: str, start: int) -> Token | None:
        return self._at(text, start, self.starts) or self._shaped(text, start)

    def _shaped(self, text: str, start: int) -> Token | None:
        for pattern, key in self.shapes.get(text[start], ()):
            if match := pattern.match(text, start):
                return Token(key, *match.span())
        return None

    def _anywhere(self, text: str) -> Iterator[Token]:
        place = 0
        while place < len(text):
            token = self._at(text, place, self.starts)
            if token:
                yield token
            place = token.end if token else place + 1

    def _at(self, text: str, start: int, words: Listed) -> Token | None:
        """The longest word at a place."""
        if text[start : start + 2] not in words and text[start : start + 1] not in words:
            return None
        for width in _HEADS:
            for word, key, open_ended in words.get(text[start : start + width], ()):
                if text.startswith(word, start) and (
                    open_ended
                    or not (_LETTER if self.spaced else _MARK).match(text, start + len(word))
                ):
                    return Token(key, start, start + len(word))
        return None


@cache
def phrases_of(tag: str) -> Phrases:
    """Those of a language by the tag of its lexicon."""
    data = tomllib.loads((PHRASES / f"{tag}.toml").read_text(encoding="utf-8"))
    starts: dict[str, tuple[str, bool]] = {}
    endings: dict[str, tuple[str, bool]] = {}
    shapes: dict[str, list[tuple[regex.Pattern[str], str]]] = {}
    for key, listed in data["words"].items():
        for word in written(listed, tag):
            if "*" in word[1:-1]:
                shapes.setdefault(word[0], []).append((_shape(word), key))
                continue
            into = endings if word.startswith("-") else starts
            _add(into, word.strip("-*"), key, open_ended=word.endswith("*"))
    return Phrases(
        data["spaced"],
        data["verb_last"],
        _listed(starts),
        _listed(endings),
        {first: tuple(found) for first, found in shapes.items()},
    )


def _shape(word: str) -> regex.Pattern[str]:
    parts = [regex.escape(part) for part in word.split("*")]
    last = r"(?![\p{L}\p{M}])"
    return regex.compile(r"[\p{L}\p{M}]*".join(parts) + last)


@dataclass(frozen=True)
class SpanWords:
    """Words for the first and the last moment of a time; they stand after it where verbs do."""

    spaced: bool
    verb_last: bool
    words: dict[str, tuple[str, ...]]


def span_words(tag: str) -> SpanWords:
    """Those of a language by the tag of its lexicon."""
    data = tomllib.loads((PHRASES / f"{tag}.toml").read_text(encoding="utf-8"))
    words = {key: tuple(written(listed, tag)) for key, listed in data["spans"].items()}
    return SpanWords(data["spaced"], data["verb_last"], words)


def written(listed: str, tag: str) -> Iterator[str]:
    """The alternatives of the data, in the writing of plain texts."""
    for entry in listed.split("|"):
        word = plain(plain_pattern(entry.strip()))
        yield folded(word) if tag == "zh" else word


def _add(into: dict[str, tuple[str, bool]], word: str, key: str, *, open_ended: bool) -> None:
    if word:
        known = into.get(word)
        into[word] = key, open_ended or bool(known and known[1])


def _listed(words: Mapping[str, tuple[str, bool]]) -> Listed:
    by_head: dict[str, list[tuple[str, str, bool]]] = {word[:2]: [] for word in words}
    for word in sorted(words, key=len, reverse=True):
        by_head.setdefault(word[: _HEADS[0]], []).append((word, *words[word]))
    return by_head
