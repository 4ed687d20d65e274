"""Finding concepts in a message: one concept, its words in one language.

A word is written in the data as people write it. In a script with spaces it must match whole
words, a plural s of Latin letters aside; a trailing ``*`` lets it go on (``earthquake*``). In a
script without spaces it is found anywhere. Words of several syllables with marks (Vietnamese) are
found without any marks too, unless they begin with ``=``. Words of other scripts in Latin letters
are found however they are spaced; words in kana as romaji too.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import marisa_trie
import regex as re

from bot.knowledge.romaji import KANA_WORD, romaji
from bot.knowledge.spelling import LATIN_WORD, UNSPACED, WORD, Text, prepare

LATIN = "Latn"
SHORTEST_ROMAJI, SHORTEST_DERIVED = 4, 5
SHORTEST_UNMARKED = 6
LETTER_OF_WORDS = re.compile(rf"[^\W{UNSPACED}]")
BEGINNING = re.compile(rf"(?<![^\W{UNSPACED}])[^\W{UNSPACED}]|[{UNSPACED}]")

# Where in a text a word begins, and the concept it stands for.
Hit = tuple[int, str]


class _Word(NamedTuple):
    """What a spelling stands for, and what of the text must be so that it does."""

    concept: str
    marked: str | None  # with its marks, where it has any
    only_marked: bool
    open_end: bool
    whole: bool  # of a script with spaces

    def fits(self, text: Text, at: int, plain: str) -> bool:
        """Whether the word, `plain` without marks, really is what stands there."""
        end = at + len(plain)
        if self.whole and not self.open_end:
            after = end + 1 if text.plain[end : end + 1] == "s" else end
            if WORD.match(text.plain, after):
                return False
        # With other marks it is another word; entirely without it was typed in haste.
        there = text.marked[at:end]
        return there == (self.marked or plain) or (not self.only_marked and there == plain)


class _Words:
    """Spellings and what each stands for; a hundred bytes a word, however many languages."""

    def __init__(self, words: Iterable[tuple[str, _Word]]) -> None:
        by_spelling: dict[str, dict[_Word, None]] = {}
        same: dict[_Word, _Word] = {}
        for spelling, word in words:
            by_spelling.setdefault(spelling, {})[same.setdefault(word, word)] = None
        self._trie = marisa_trie.Trie(by_spelling)
        meanings: dict[tuple[_Word, ...], tuple[_Word, ...]] = {}
        self._words: list[Sequence[_Word]] = [()] * len(self._trie)
        for spelling, found in by_spelling.items():
            known = tuple(found)
            self._words[self._trie[spelling]] = meanings.setdefault(known, known)
        self._longest = max(map(len, by_spelling), default=0)

    def __bool__(self) -> bool:
        return bool(self._words)

    def at(self, text: str, begin: int) -> Iterator[tuple[str, _Word]]:
        """The spellings that begin at a place of a text, each with what it stands for."""
        for spelling in self._trie.prefixes(text[begin : begin + self._longest]):
            for word in self._words[self._trie[spelling]]:
                yield spelling, word


class Lexicon:
    """The words of one language."""

    def __init__(self, words: Iterable[tuple[str, str]], *, latin: bool) -> None:
        """``words`` are pairs of a concept and a word; ``latin``: of a language so written."""
        self._latin = latin
        apart: list[tuple[str, _Word]] = []
        joined: list[tuple[str, _Word]] = []
        for concept, word in words:
            self._add(concept, word, apart, joined)
        self._apart, self._joined = _Words(apart), _Words(joined)

    def _add(
        self,
        concept: str,
        word: str,
        apart: list[tuple[str, _Word]],
        joined: list[tuple[str, _Word]],
    ) -> None:
        """What a word is looked for as: as it stands, or however it is spaced."""
        text = prepare(word.strip("=*"))
        open_end = word.endswith("*")
        letters = text.plain.replace(" ", "")
        if not self._latin and letters.isascii() and len(letters) >= SHORTEST_ROMAJI:
            joined.append((letters, _Word(concept, None, False, open_end, False)))
            return
        one_word = " " not in text.plain and self._latin and len(text.plain) < SHORTEST_UNMARKED
        marked = text.marked if text.marked != text.plain else None
        only_marked = marked is not None and (word.startswith("=") or one_word)
        whole = bool(LETTER_OF_WORDS.match(text.plain))
        apart.append((text.plain, _Word(concept, marked, only_marked, open_end, whole)))
        if KANA_WORD.fullmatch(text.plain):
            joined += (
                (letters, _Word(concept, None, False, True, False))
                for letters in romaji(text.plain)
                if len(letters) >= SHORTEST_DERIVED
            )

    def hits(self, text: Text) -> list[Hit]:
        """Where in the text which concepts are."""
        return [*self._written(text), *self._typed(text.plain)]

    def _written(self, text: Text) -> Iterator[Hit]:
        for beginning in BEGINNING.finditer(text.plain) if self._apart else ():
            at = beginning.start()
            for plain, word in self._apart.at(text.plain, at):
                if word.fits(text, at, plain):
                    yield at, word.concept

    def _typed(self, plain: str) -> Iterator[Hit]:
        """Words of other scripts in Latin letters, which everybody spaces differently."""
        if not self._joined:
            return
        words = list(LATIN_WORD.finditer(plain))
        squeezed = "".join(word[0] for word in words)
        ends = list(accumulate(len(word[0]) for word in words))
        begins = zip([0, *ends], (word.start() for word in words), strict=False)
        for begin, at in begins:
            for spelling, word in self._joined.at(squeezed, begin):
                if word.open_end or begin + len(spelling) in ends:
                    yield at, word.concept
