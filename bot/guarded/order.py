"""Whether two facts have changed their parts: from A to B, A instead of B."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import regex

from bot.guarded.claims import Told
from bot.guarded.concepts import FACTS, groups
from bot.guarded.facts import Fact, Kind, Mention
from bot.guarded.lexicon import Lexicon
from bot.guarded.numeric import fact_of, index_of, told_as
from bot.guarded.pairs import Text
from bot.guarded.places import Place, ends_of
from bot.guarded.tokens import SENTENCE, phrases_of, span_words, written

ROLES = Path(__file__).with_name("roles.toml")
OLD, NEW = "old", "new"

_FROM = regex.compile(r"[^、。\n\d]{0,6}?(?:から|より)(?!は|離れ|出)")
_BECOMES = regex.compile(r"[^、。\n\d]{0,8}?(?:が|は|を|も)(?![、]?\d+人)")
_TO = regex.compile(r"[^、。\n\d]{0,6}?(?:(?P<till>まで)|に|へ|行き)")
_INTO = regex.compile(
    r"[^、。\n\d]{0,4}?(?:に|へ|と)(?:変|切|替|な[りっる]|引き|下げ|上げ|格|延|繰|振)"
)
_LONGEST = 40
"""Characters between the two in Japanese."""
_BEFORE, _BEHIND = 40, 22
"""Characters before and after a fact in which its part is told."""
_NO_ORDER = frozenset({"fil"})
"""Languages in which what something has become may stand before what it was."""
_UNITS = {"count": "number", "level": "number", "": "number", "date": "day"}
_WHERE = frozenset({"river", "sea", "slope", "building", "high", "low"})
_NOT_LIKE = frozenset({"order", "change", "each", "half", "weather", "age"})


@dataclass(frozen=True)
class _Found:
    """A fact where it stands in a text; `kind` says which others are like it."""

    kind: str
    key: object
    start: int
    end: int


@dataclass(frozen=True)
class Pair:
    """Two like facts of the Japanese; `extent` where the one is only as far as the other."""

    old: _Found
    new: _Found
    extent: bool


def exchanged_parts(
    pairs: Sequence[Pair], source: Text, other: Text, words: Lexicon
) -> Iterator[Fact]:
    """Like facts of which the other text tells one in the other's part."""
    if not pairs:
        return
    there = _facts_of_other(other, pairs, words)
    for pair in pairs:
        both = _together(there, pair, other.told)
        if both and _is_turned(pair, *both, there, other, words):
            shown = source.reading.text[pair.old.start : pair.new.end]
            yield Fact(_sort(pair.old), f"{pair.old.kind} exchanged", shown)


def _sort(found: _Found) -> Kind:
    if isinstance(found.key, Mention):
        return fact_of(found.key).kind
    return Kind.DIRECTION if found.key in _WHERE else FACTS.get(found.kind, Kind.PLACE)


def pairs_of(source: Text, places: Sequence[Place]) -> Iterator[Pair]:
    """From A to B, and A that becomes B."""
    text = source.reading.text
    facts = sorted(_facts_of_source(source, places), key=lambda found: found.start)
    ends = [m.start() for m in regex.finditer(r"[。\n]", text)]
    for number, old in enumerate(facts):
        since = _FROM.match(text, old.end)
        told = since or _BECOMES.match(text, old.end)
        if not told or any(
            f.kind == old.kind and old.end <= f.start < told.end() for f in facts[number + 1 :]
        ):
            continue
        for new in facts[number + 1 :]:
            if new.start - old.end > _LONGEST or any(old.end <= e < new.start for e in ends):
                break
            if new.kind != old.kind or new.start < old.end:
                continue
            to = (_TO if since else _INTO).match(text, new.end)
            if to and new.key != old.key and not _is_span(new, till=bool(since and to["till"])):
                yield Pair(old, new, bool(since and to["till"]))
            break


def _is_span(fact: _Found, *, till: bool) -> bool:
    """Whether it is the end of a time, which spans.py compares."""
    return till and isinstance(fact.key, Mention) and fact.kind not in ("floor", "number")


def _facts_of_source(source: Text, places: Sequence[Place]) -> Iterator[_Found]:
    reading = source.reading
    for mention in (*reading.mentions, *reading.weekdays, *reading.relative):
        if not mention.guess and mention.unit != "year":
            start = reading.place(mention)
            unit = _UNITS.get(mention.unit, mention.unit)
            yield _Found(unit, mention, start, start + mention.end - mention.start)
    yield from _concepts(source)
    for place in places:
        if place.required and reading.text.count(place.shown) == 1:
            start = reading.text.find(place.shown)
            yield _Found("named", place, start, start + len(place.shown))


def _concepts(text: Text) -> Iterator[_Found]:
    for concept in text.things:
        for key in concept.keys:
            if kind := _kind(key):
                yield _Found(kind, key, concept.start, concept.end)
    for token in text.told.tokens:
        if token.key in _WHERE:
            yield _Found("place", token.key, token.start, token.end)


@cache
def _kind(key: str) -> str:
    """Things are like each other within their group; places are, of whatever sort."""
    found = next((name for name, keys in groups().items() if key in keys), "")
    if found in _NOT_LIKE:
        return ""
    return "place" if found in ("place", "way", "water-body", "door", "building") else found


def _facts_of_other(
    other: Text, pairs: Iterable[Pair], words: Lexicon
) -> Mapping[object, list[_Found]]:
    """Where the other text tells each fact of the pairs."""
    asked = [fact for pair in pairs for fact in (pair.old, pair.new)]
    found: dict[object, list[_Found]] = {fact.key: [] for fact in asked}
    numbers, days = None, (*other.reading.weekdays, *other.reading.relative)
    for fact in asked:
        if isinstance(fact.key, Mention) and not found[fact.key]:
            numbers = numbers or index_of(m for m in other.reading.mentions if not m.guess)
            index = index_of(days) if fact.key.unit in ("weekday", "relative") else numbers
            found[fact.key] = [
                _Found(fact.kind, fact.key, *_span(other, m)) for m in told_as(fact.key, index)
            ]
    for concept in _concepts(other):
        if concept.key in found:
            _add(found[concept.key], concept)
    named = [fact.key for fact in asked if isinstance(fact.key, Place)]
    if named:
        for place, end in ends_of(named, other.reading.text, words).items():
            found[place].append(_Found("named", place, max(0, end - len(place.shown)), end))
    return found


def _span(text: Text, mention: Mention) -> tuple[int, int]:
    start = text.reading.place(mention)
    return start, start + mention.end - mention.start


def _add(found: list[_Found], one: _Found) -> None:
    """One word said again in brackets is one fact."""
    if found and one.start - found[-1].end <= 3:
        found[-1] = _Found(one.kind, one.key, found[-1].start, max(one.end, found[-1].end))
    else:
        found.append(one)


def _together(
    there: Mapping[object, list[_Found]], pair: Pair, told: Told
) -> tuple[_Found, _Found] | None:
    """Both facts in one sentence of the other text, each told once in it."""
    ends = [t.end for t in told.tokens if t.key == SENTENCE]
    for first, last in pairwise([0, *ends, len(told.text) + 1]):
        old = [f for f in there[pair.old.key] if first <= f.start < last]
        new = [f for f in there[pair.new.key] if first <= f.start < last]
        if len(old) == len(new) == 1 and old[0].start != new[0].start:
            return old[0], new[0]
    return None


def _is_turned(
    pair: Pair,
    old: _Found,
    new: _Found,
    there: Mapping[object, list[_Found]],
    other: Text,
    words: Lexicon,
) -> bool:
    """Whether the marks of the two contradict the Japanese, or, without marks, their order."""
    roles = _Roles(other, words.tag)
    was, is_now = roles.of(old, new), roles.of(new, old)
    if was != is_now:
        return was in ("", NEW) and is_now in ("", OLD)
    return not pair.extent and words.tag not in _NO_ORDER and new.start < old.start


class _Roles:
    """The marks of a text."""

    def __init__(self, text: Text, tag: str) -> None:
        self._text = text.reading.text
        self._pattern = _marks(tag)
        self._follows = phrases_of(tag).verb_last

    def of(self, fact: _Found, beside: _Found) -> str:
        """`OLD`, `NEW` or nothing: the mark closest to a fact, on its side of the other one."""
        if self._follows:
            last = beside.start if beside.start >= fact.end else len(self._text)
            match = self._pattern.search(self._text, fact.end, min(last, fact.end + _BEHIND))
        else:
            first = beside.end if beside.end <= fact.start else 0
            first = max(first, fact.start - _BEFORE)
            found = list(self._pattern.finditer(self._text, first, fact.end))
            match = found[-1] if found else None
        return str(match.lastgroup) if match else ""


@cache
def _marks(tag: str) -> regex.Pattern[str]:
    """Words for from and instead of, and for to and until."""
    words, more = span_words(tag), _tables().get(tag, {})
    listed = {word: OLD for word in words.words.get("since", ())}
    listed |= {word: NEW for key in ("till", "towards") for word in words.words.get(key, ())}
    for role in (OLD, NEW):
        listed |= {word: role for word in written(more.get(role, ""), tag) if word}
    longest_first = sorted(listed, key=len, reverse=True)
    either = "|".join(f"(?P<{listed[word]}>{regex.escape(word)})" for word in longest_first)
    first, last = (r"(?<![\p{L}\p{M}])", r"(?![\p{L}\p{M}])") if words.spaced else ("", "")
    return regex.compile(either if words.verb_last else f"{first}(?:{either}){last}")


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(ROLES.read_text(encoding="utf-8"))
