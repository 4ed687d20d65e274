"""Finding the names of a notice in the sounds of a text, all at once, in one walk along it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.guarded.sounds import BOUNDARY

VOWELS = frozenset("aeiou")
_EITHER = {"O": ("o", "u")}

SHORTEST_WITH_ERROR, SHORTEST_WITH_TWO = 6, 10
SHORTEST_POSSIBLE = 4


@dataclass(frozen=True)
class Name:
    """A name by its sounds: `known` readings, and those only `possible` by its characters."""

    known: frozenset[str]
    possible: frozenset[str]


@dataclass(frozen=True)
class Hit:
    """Name number `name` is at `start` up to `end` of the sounds. `only_possible`: not as known."""

    name: int
    start: int
    end: int
    only_possible: bool


@dataclass
class _Node:
    """A step in the tree of all names. `names`: number and whether known, of those ending here."""

    next: dict[str, "_Node"] = field(default_factory=dict)
    names: list[tuple[int, bool]] = field(default_factory=list)


class NameSearch:
    """The names of one notice.

    `loosely`: in long names that are known a vowel or two may differ, consonants never; slow.
    """

    def __init__(self, names: Iterable[Name], *, loosely: bool = False) -> None:
        self._root = _Node()
        self._most_errors = 2 if loosely else 0
        for number, name in enumerate(names):
            for reading in name.known:
                self._add(reading, number, known=True)
            for reading in name.possible - name.known:
                if len(reading) >= SHORTEST_POSSIBLE and not loosely:
                    self._add(reading, number, known=False)

    def _add(self, reading: str, number: int, *, known: bool) -> None:
        node = self._root
        for letter in reading:
            node = node.next.setdefault(letter, _Node())
        node.names.append((number, known))

    def find(self, sounds: str, *, spaced: bool) -> Iterator[Hit]:
        """Wherever a name can be heard; in a text with spaces only at the start of a word."""
        first = {*self._root.next, "O", "*"}
        for start in range(len(sounds)):
            if sounds[start] not in first or (spaced and start and "a" <= sounds[start - 1] <= "z"):
                continue
            best: dict[int, Hit] = {}
            for name, known, end in self._walk(sounds, start, self._root, 0, 0):
                hit = Hit(name, start, end, only_possible=not known)
                if name not in best or (known and best[name].only_possible):
                    best[name] = hit
            yield from best.values()

    def _walk(
        self, sounds: str, place: int, node: _Node, errors: int, length: int
    ) -> Iterator[tuple[int, bool, int]]:
        for name, known in node.names:
            if errors <= _allowed(length, known=known):
                yield name, known, place
        if place >= len(sounds):
            return
        letter = sounds[place]
        if letter == BOUNDARY and length:
            yield from self._walk(sounds, place + 1, node, errors, length)
            return
        for option in _EITHER.get(letter, (letter,)):
            if option in node.next:
                yield from self._walk(sounds, place + 1, node.next[option], errors, length + 1)
        if letter == "*":
            yield from self._walk(sounds, place + 1, node, errors, length)
            for vowel in VOWELS & node.next.keys():
                yield from self._walk(sounds, place + 1, node.next[vowel], errors, length + 1)
        if letter in "tk" and sounds[place + 1 : place + 2] == "*" and length:
            yield from self._walk(sounds, place + 2, node, errors, length)
        if errors < self._most_errors and length:
            yield from self._with_error(sounds, place, node, errors + 1, length)

    def _with_error(
        self, sounds: str, place: int, node: _Node, errors: int, length: int
    ) -> Iterator[tuple[int, bool, int]]:
        """One vowel more, less or other than read; one n, y or w more or less."""
        letter = sounds[place]
        vowels = VOWELS & node.next.keys()
        if letter in VOWELS or letter == "O":
            for vowel in vowels - {letter}:
                yield from self._walk(sounds, place + 1, node.next[vowel], errors, length + 1)
        if letter in VOWELS or letter in "nyw":
            yield from self._walk(sounds, place + 1, node, errors, length)
        for option in vowels | ({"n", "y", "w"} & node.next.keys()):
            if option != letter:
                yield from self._walk(sounds, place, node.next[option], errors, length + 1)


def _allowed(length: int, *, known: bool) -> int:
    if not known or length < SHORTEST_WITH_ERROR:
        return 0
    return 1 if length < SHORTEST_WITH_TWO else 2
