"""What a text names besides names, times and numbers: kinds of places, sides, people and things.

`concepts/<tag>.toml` lists their words as tokens.py says; one word may stand for several of them.
`kinds.toml` says which exclude each other: a hospital must not have become a hall.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import category

import marisa_trie
import regex

from bot.guarded.facts import Fact, Kind
from bot.guarded.lexicon import JAPANESE
from bot.guarded.namesearch import Name, NameSearch
from bot.guarded.sounds import sound
from bot.guarded.tokens import written

CONCEPTS = Path(__file__).with_name("concepts")
KINDS = Path(__file__).with_name("kinds.toml")
NOTHING = "none"
_DIGITS = {"first": "1", "second": "2", "third": "3"}
_SIDES = {"東": "east", "西": "west", "北": "north", "南": "south"}
_HAN = regex.compile(r"\p{Han}")
_TERM = regex.compile(
    r"(?<![\p{Han}\p{Katakana}\p{Hiragana}ー])[\p{Han}\p{Katakana}\p{Hiragana}ー]{1,12}?"
    r"(?P<sort>警報|注意報|情報|アラート|高校|小学校|中学校|病院|公園|支所|会館|公民館|町|川|橋|駅|線)"
    r"(?![\p{Han}\p{Katakana}\p{Hiragana}ー])"
)
_BELOW = regex.compile("地下|低|下の階|アンダーパス")
_WORD_BEGINS = regex.compile(r"(?<![\p{L}\p{M}])\S")

_ANYWHERE = frozenset({"ja", "zh", "ko", "th", "lo", "km", "my"})
"""Languages in which a word may begin within another, by the tag of their lexicon."""
_STEMS = frozenset({"ru", "uk", "mn", "ne", "bn", "si"})
"""Languages whose words take endings: each listed is the beginning of one."""
_ALONE = frozenset({"per-person", "per-house"})
"""Words of a group of which nothing may be told that the Japanese has not, whatever else is."""
FACTS = {"place": Kind.PLACE, "way": Kind.PLACE, "water-body": Kind.PLACE, "door": Kind.PLACE,
          "building": Kind.PLACE, "level": Kind.PLACE, "road": Kind.PLACE,
          "compass": Kind.DIRECTION, "side": Kind.DIRECTION, "facing": Kind.DIRECTION,
          "days": Kind.DATE, "often": Kind.DATE, "alert": Kind.LEVEL}  # fmt: skip


class Concept(NamedTuple):
    """A word in a text; `keys` all that it may stand for."""

    keys: frozenset[str]
    start: int
    end: int


@dataclass(frozen=True)
class _Words:
    """One language; `meanings` by the number of a word: its keys and whether it may go on.

    `heads` the first three letters of all words: most places of a text begin none of them.
    """

    trie: marisa_trie.Trie
    meanings: Sequence[tuple[frozenset[str], bool]]
    heads: frozenset[str]
    longest: int
    anywhere: bool

    def find(self, text: str) -> Iterator[Concept]:
        """The longest words, from left to right, none within another."""
        done = 0
        for start in self._beginnings(text):
            if start < done:
                continue
            word = self._longest_at(text, start)
            if word:
                done = start + len(word)
                keys, _ = self.meanings[self.trie[word]]
                if NOTHING not in keys:
                    yield Concept(keys, start, done)

    def _beginnings(self, text: str) -> Iterator[int]:
        """Where some word may begin."""
        heads = self.heads
        if self.anywhere:
            places: Iterable[int] = range(len(text))
        else:
            places = (match.start() for match in _WORD_BEGINS.finditer(text))
        for place in places:
            if (
                text[place : place + 3] in heads
                or text[place : place + 2] in heads
                or text[place] in heads
            ):
                yield place

    def _longest_at(self, text: str, start: int) -> str:
        """The longest word that begins at a place, or nothing."""
        words: list[str] = self.trie.prefixes(text[start : start + self.longest])
        for word in reversed(words):
            following = text[start + len(word) : start + len(word) + 1]
            if self.anywhere or not _is_letter(following) or self.meanings[self.trie[word]][1]:
                return word
        return ""


def concepts_of(text: str, tag: str) -> tuple[Concept, ...]:
    """All of a plain text in the language of a lexicon's tag, and of Japanese words in it."""
    found = tuple(_words(tag).find(text))
    if tag == JAPANESE:
        return (*found, *_sides_of(text, found))
    if tag == "zh" or not _HAN.search(text):
        return found
    told = frozenset(key for concept in found for key in concept.keys)
    return (*found, *(c for c in concepts_of(text, JAPANESE) if c.keys.isdisjoint(told)))


def _sides_of(text: str, found: Sequence[Concept]) -> Iterator[Concept]:
    """The south of 南保健センター; not where it is part of a longer word, as in 江南."""
    places = _members("groups")["place"] | _members("groups")["door"]
    for concept in found:
        side = _SIDES.get(text[concept.start - 1 : concept.start])
        if side and concept.keys & places and not _HAN.match(text[: concept.start - 1][-1:]):
            yield Concept(frozenset({side}), concept.start - 1, concept.start)


def replaced(
    source: str,
    wanted: Sequence[Concept],
    text: str,
    told: Sequence[Concept],
    *,
    spaced: bool,
    timed: bool,
    quoted: bool,
) -> Iterator[tuple[bool, Fact]]:
    """Whether something is missing (else it is added), and what: one kind in place of another.

    `spaced` whether the text has words apart, `timed` whether the source has times: morning and
    afternoon are theirs then; `quoted` whether Han characters in it are Japanese ones.
    """
    known = _accepted(frozenset(key for concept in wanted for key in concept.keys))
    if quoted:
        yield from _quoted(text, known)
        yield from _other_terms(source, text)
    for group in _groups_of(wanted):
        if group == "half" and timed:
            continue
        keys = _members("groups")[group]
        sought = [concept for concept in wanted if concept.keys & keys]
        there = [concept for concept in told if concept.keys & keys]
        lost = [c for c in sought if not _is_told(c, told) and not c.keys <= _weak("lost")]
        spare = _spare(keys, sought, there, known)
        if spare and not lost and not keys.isdisjoint(_ALONE):
            lost = sought
        if lost and spare and not all(_is_heard(concept, text, spaced=spaced) for concept in lost):
            yield from _changed(source, lost[0], text, spare[0], group)
    for concept in wanted:
        if concept.keys <= _members("strong")["lost"] and not (
            _is_told(concept, told) or _is_heard(concept, text, spaced=spaced)
        ):
            yield from _gone(source, concept)
    for one, other in _other_schools(wanted, told):
        yield from _changed(source, one, text, other, "level")
    yield from _heard_instead(wanted, told, known, text, spaced=spaced)
    if not _BELOW.search(source):
        for concept in told:
            if concept.keys == {"basement"}:
                shown = text[concept.start : concept.end]
                yield False, Fact(Kind.NUMBER, "basement", shown)
    for group, keys in _members("rivals").items():
        for one, other in _rivals(wanted, told, keys):
            if not (_is_heard(one, text, spaced=spaced) or _is_numbered(one, text)):
                yield from _changed(source, one, text, other, group)


def _quoted(text: str, known: frozenset[str]) -> Iterator[tuple[bool, Fact]]:
    """Alerts and schools that a text names in Japanese and the source does not."""
    if _HAN.search(text):
        asked = _members("groups")["alert"] | _members("rivals")["level"]
        for concept in concepts_of(text, JAPANESE):
            if concept.keys <= asked and concept.keys.isdisjoint(known):
                shown = text[concept.start : concept.end]
                yield False, Fact(Kind.LEVEL, " ".join(concept.keys), shown)


def _heard_instead(
    wanted: Sequence[Concept],
    told: Sequence[Concept],
    known: frozenset[str],
    text: str,
    *,
    spaced: bool,
) -> Iterator[tuple[bool, Fact]]:
    """Words of the Japanese that a text writes as they sound, another of the same sort."""
    for group in ("alert", "ordinal"):
        keys = _members("groups")[group]
        lost = [c for c in wanted if c.keys & keys and not _is_told(c, told)]
        for key in keys - known - {"special"} if lost else ():
            spoken = Concept(frozenset({key}), 0, 0)
            if _is_heard(spoken, text, spaced=spaced) and not _is_heard(
                lost[0], text, spaced=spaced
            ):
                yield False, Fact(FACTS.get(group, Kind.NUMBER), key, key)


def _is_numbered(concept: Concept, text: str) -> bool:
    """No. 3 for the third."""
    digit = next((_DIGITS[key] for key in concept.keys if key in _DIGITS), "")
    return bool(digit) and regex.search(rf"(?<!\d){digit}(?!\d)", text) is not None


def _other_terms(source: str, text: str) -> Iterator[tuple[bool, Fact]]:
    """Terms that a text quotes in Japanese where the source has another of the same sort."""
    for match in _TERM.finditer(text) if _HAN.search(text) else ():
        term, sort = match.group(), match["sort"]
        own = term.removesuffix(sort)
        if own and term not in source and sort in source and own not in source:
            yield False, Fact(Kind.PLACE, term, term)


def _gone(source: str, lost: Concept) -> Iterator[tuple[bool, Fact]]:
    group = next(name for name, keys in _members("groups").items() if lost.keys & keys)
    shown = source[lost.start : lost.end]
    yield True, Fact(FACTS.get(group, Kind.NUMBER), " ".join(lost.keys), shown)


def _changed(
    source: str, lost: Concept, text: str, spare: Concept, group: str
) -> Iterator[tuple[bool, Fact]]:
    kind = FACTS.get(group, Kind.NUMBER)
    for missing, concept, whole in ((True, lost, source), (False, spare, text)):
        shown = whole[concept.start : concept.end].strip()
        yield missing, Fact(kind, " ".join(sorted(concept.keys)), shown)


def _groups_of(concepts: Sequence[Concept]) -> list[str]:
    keys = {key for concept in concepts for key in concept.keys}
    return [group for group, members in _members("groups").items() if members & keys]


def _is_told(wanted: Concept, told: Sequence[Concept]) -> bool:
    accepted = _accepted(wanted.keys)
    return any(concept.keys & accepted for concept in told)


def _spare(
    keys: frozenset[str], sought: Sequence[Concept], there: Sequence[Concept], known: frozenset[str]
) -> list[Concept]:
    """Words of the group that stand for nothing of the source, or oftener than in it."""
    strong = [concept for concept in there if concept.keys & keys - _weak("spare")]
    foreign = [concept for concept in strong if not concept.keys & known]
    if foreign or not keys.isdisjoint(_ALONE):
        return foreign
    asked = Counter(key for concept in sought for key in concept.keys)
    told = Counter(key for concept in strong if len(concept.keys) == 1 for key in concept.keys)
    often = {key for key, number in told.items() if 0 < asked[key] < number}
    return [concept for concept in strong if concept.keys & often]


def _rivals(
    wanted: Sequence[Concept], told: Sequence[Concept], keys: frozenset[str]
) -> Iterator[tuple[Concept, Concept]]:
    """One of the source that is told less often than another, although it is named more often."""
    asked = Counter(key for concept in wanted for key in concept.keys & keys)
    there = Counter(key for c in told if len(c.keys & keys) == 1 for key in c.keys & keys)
    for one, number in asked.items():
        if any(c.keys >= {one} and len(c.keys & keys) > 1 for c in told):
            continue
        for other in keys - {one}:
            foreign = not asked[other] and there[one] < number
            gone = there[other] > asked[other] and (foreign or not there[one])
            if gone or (number > asked[other] and there[other] > there[one]):
                yield (
                    next(concept for concept in wanted if one in concept.keys),
                    next(concept for concept in told if other in concept.keys),
                )


def _other_schools(
    wanted: Sequence[Concept], told: Sequence[Concept]
) -> Iterator[tuple[Concept, Concept]]:
    """A school of the source, and one of a kind that the source does not name."""
    levels = _members("rivals")["level"]
    named = [concept for concept in wanted if concept.keys & levels]
    known = _accepted(frozenset(key for concept in wanted for key in concept.keys)) - {"school"}
    for concept in told if named else ():
        if concept.keys & levels and concept.keys.isdisjoint(known):
            yield named[0], concept


def _is_heard(concept: Concept, text: str, *, spaced: bool) -> bool:
    """Whether a name keeps the Japanese word: Nishi Koen."""
    readings = frozenset(sound(word) for key in concept.keys for word in _heard().get(key, ()))
    if not readings:
        return False
    sounds = sound(text)
    return any(
        len(sounds[hit.start : hit.end].replace("*", "")) >= min(map(len, readings)) - 1
        for hit in NameSearch([Name(readings, frozenset())]).find(sounds, spaced=spaced)
    )


def _is_letter(character: str) -> bool:
    return bool(character) and category(character)[0] in "LM"


@lru_cache(maxsize=1024)
def _accepted(keys: frozenset[str]) -> frozenset[str]:
    fits = _tables()["fits"]
    return keys | {fit for key in keys for fit in fits.get(key, "").split()}


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(KINDS.read_text(encoding="utf-8"))


@cache
def groups() -> Mapping[str, frozenset[str]]:
    """The words of each group, of which one excludes the other, and of groups taken together."""
    members = _members("groups")
    together = {
        name: frozenset(key for group in listed for key in members[group])
        for name, listed in _members("together").items()
    }
    return {**members, **together}


@cache
def _members(table: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(keys.split()) for name, keys in _tables()[table].items()}


@cache
def _weak(table: str) -> frozenset[str]:
    return _members("weak")[table]


@cache
def _heard() -> dict[str, list[str]]:
    return {key: readings.split() for key, readings in _tables()["heard"].items()}


@cache
def _words(tag: str) -> _Words:
    data = tomllib.loads((CONCEPTS / f"{tag}.toml").read_text(encoding="utf-8"))
    data |= _tables()["words"][tag]
    keys: dict[str, set[str]] = {}
    open_ended: dict[str, bool] = {}
    for key, listed in data.items():
        for entry in written(listed, tag):
            word = entry.rstrip("*")
            keys.setdefault(word, set()).add(key)
            open_ended[word] = open_ended.get(word, False) or entry != word or tag in _STEMS
    trie = marisa_trie.Trie(keys)
    meanings = [(frozenset[str](), False)] * len(trie)
    same: dict[tuple[frozenset[str], bool], tuple[frozenset[str], bool]] = {}
    for word, meant in keys.items():
        meaning = frozenset(meant), open_ended[word]
        meanings[trie[word]] = same.setdefault(meaning, meaning)
    return _Words(
        trie,
        meanings,
        heads=frozenset(word[:3] for word in keys),
        longest=max(map(len, keys)),
        anywhere=tag in _ANYWHERE,
    )
