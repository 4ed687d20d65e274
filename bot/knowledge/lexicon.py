"""Finding concepts in a message: one concept, its words in one language.

A word is written in the data as people write it. In a script with spaces it must match whole
words, a plural s of Latin letters aside; a trailing ``*`` lets it go on (``earthquake*``). In a
script without spaces it is found anywhere. Words of several syllables with marks (Vietnamese) are
found without any marks too, unless they begin with ``=``. Words of other scripts in Latin letters
are found however they are spaced; words in kana as romaji too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import ahocorasick
import regex as re

from bot.knowledge.romaji import KANA_WORD, romaji
from bot.knowledge.spelling import LATIN_WORD, UNSPACED, WORD, Text, prepare

LATIN, JAPANESE = "Latn", "Jpan"
SHORTEST_ROMAJI, SHORTEST_DERIVED = 4, 5
LETTER_OF_WORDS = re.compile(rf"[^\W{UNSPACED}]")

# Where in a text a word begins, and the concept it stands for.
Hit = tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Spelling:
    """One spelling of a word, and the concept it stands for."""

    concept: str
    plain: str
    marked: str
    only_marked: bool
    open_end: bool
    whole: bool  # of a script with spaces: begins where a word begins

    def fits(self, text: Text, at: int) -> bool:
        """Whether the word really is what stands there."""
        plain, end = text.plain, at + len(self.plain)
        if self.whole:
            if at and WORD.match(plain, at - 1, at):
                return False
            if not self.open_end:
                after = end + 1 if plain[end : end + 1] == "s" else end
                if WORD.match(plain, after):
                    return False
        # With other marks it is another word; entirely without it was typed in haste.
        there = text.marked[at:end]
        return there == self.marked or (not self.only_marked and there == self.plain)


@dataclass(frozen=True, slots=True)
class _Typed:
    """A word in Latin letters of a language that is not written in them."""

    concept: str
    length: int
    open_end: bool


class Lexicon:
    """The words of one language."""

    def __init__(self, words: Iterable[tuple[str, str]], script: str) -> None:
        """``words`` are pairs of a concept and a word; ``script`` (ISO 15924) is the language's."""
        self._script = script
        apart: dict[str, list[_Spelling]] = {}
        joined: dict[str, list[_Typed]] = {}
        for concept, word in words:
            for plain, spelling in self._spellings(concept, word):
                if isinstance(spelling, _Spelling):
                    apart.setdefault(plain, []).append(spelling)
                else:
                    joined.setdefault(plain, []).append(spelling)
        self._apart, self._joined = _automaton(apart), _automaton(joined)

    def _spellings(self, concept: str, word: str) -> Iterator[tuple[str, _Spelling | _Typed]]:
        """What a word is looked for as."""
        text = prepare(word.strip("=*"))
        open_end = word.endswith("*")
        letters = text.plain.replace(" ", "")
        if self._script != LATIN and letters.isascii() and len(letters) >= SHORTEST_ROMAJI:
            yield letters, _Typed(concept, len(letters), open_end)
            return
        one_word = " " not in text.plain and self._script == LATIN
        yield (
            text.plain,
            _Spelling(
                concept,
                text.plain,
                text.marked,
                only_marked=word.startswith("=") or one_word,
                open_end=open_end,
                whole=bool(LETTER_OF_WORDS.match(text.plain)),
            ),
        )
        if KANA_WORD.fullmatch(text.plain):
            for letters in romaji(text.plain):
                if len(letters) >= SHORTEST_DERIVED:
                    yield letters, _Typed(concept, len(letters), open_end=True)

    def hits(self, text: Text) -> list[Hit]:
        """Where in the text which concepts are."""
        found = []
        for last, spellings in self._apart.iter(text.plain) if self._apart else ():
            at = last + 1 - len(spellings[0].plain)
            found += [(at, each.concept) for each in spellings if each.fits(text, at)]
        return [*found, *self._typed(text.plain)]

    def _typed(self, plain: str) -> Iterator[Hit]:
        """Words of other scripts in Latin letters, which everybody spaces differently."""
        if not self._joined:
            return
        words = list(LATIN_WORD.finditer(plain))
        squeezed = "".join(word[0] for word in words)
        ends = list(accumulate(len(word[0]) for word in words))
        begins = dict(zip([0, *ends], (word.start() for word in words), strict=False))
        for last, spellings in self._joined.iter(squeezed):
            for each in spellings:
                at = begins.get(last + 1 - each.length)
                if at is not None and (each.open_end or last + 1 in ends):
                    yield at, each.concept


def _automaton(words: Mapping[str, Sequence[_Spelling | _Typed]]) -> Any:
    """Finds all words in one pass over a text; None where there are none."""
    if not words:
        return None
    automaton = ahocorasick.Automaton()
    for plain, spellings in words.items():
        automaton.add_word(plain, spellings)
    automaton.make_automaton()
    return automaton
