"""Whether two places have changed their parts: from A to B."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import regex

from bot.guarded.concepts import Concept, groups
from bot.guarded.facts import Fact, Kind
from bot.guarded.lexicon import Lexicon
from bot.guarded.mentions import Reading
from bot.guarded.places import Place, ends_of
from bot.guarded.spans import SINCE, Markers, markers

_FROM_PLACE = regex.compile(r"(?:駅)?(?:前|口|側|方面)?(?:から|より|発)(?!は|離れ|出)")
_TO_PLACE = regex.compile(r"(?:駅)?(?:前|口|側|方面)?(?:まで|へ|に(?:移|変|向)|行き)")
_PART_NEXT = regex.compile(
    r"(?:\p{Han}|\p{Katakana}|ー|の){0,5}?(?:(?P<since>から|より)|まで|へ|に(?:移|変|向|切))"
)
_MOST = 4
"""Places in parts of a notice; more belong to several journeys."""
_BEHIND, _BEFORE = 14, 45
"""Characters after and before the end of a name in which its part is told."""


def changed_parts(
    source: Reading, other: Reading, places: Sequence[Place], words: Lexicon
) -> Iterator[Fact]:
    """Places of the Japanese that the other text names, but one in the other's part."""
    named = {p: source.text.find(p.shown) for p in places if p.required}
    parts = {
        place: _part_in_japanese(source.text, start + len(place.shown))
        for place, start in named.items()
        if start >= 0
    }
    if not {"from", "to"} <= set(parts.values()):
        return
    asked = [place for place in parts if parts[place]]
    if len(asked) > _MOST:
        return
    ends = ends_of(asked, other.text, words)
    if len(ends) > 1 and _travels_back(parts, ends, other.text, markers(words.tag)):
        yield from (Fact(Kind.PLACE, p.id, p.shown) for p in ends)


def moved_back(
    source: Reading,
    here: Sequence[Concept],
    other: Reading,
    there: Sequence[Concept],
    words: Lexicon,
) -> Iterator[Fact]:
    """Kinds of places and sides that have changed their parts: from north to east."""
    for name in ("place", "compass"):
        keys = groups()[name]
        parts: dict[str, str] = {}
        for concept in here:
            if match := _PART_NEXT.match(source.text, concept.end):
                part = "from" if match["since"] else "to"
                parts |= {key: "" if key in parts else part for key in concept.keys & keys}
        if {"from", "to"} <= set(parts.values()):
            ends = {
                key: concept.end
                for key in parts
                for concept in there
                if concept.keys & parts.keys() == {key}
            }
            if _travels_back(parts, ends, other.text, markers(words.tag)):
                yield Fact(Kind.PLACE, f"{name} exchanged", " ".join(parts))


def _part_in_japanese(text: str, end: int) -> str:
    if _FROM_PLACE.match(text, end):
        return "from"
    return "to" if _TO_PLACE.match(text, end) else ""


def _travels_back(
    parts: Mapping[Any, str], ends: Mapping[Any, int], text: str, found: Markers
) -> bool:
    """Whether every part that the other text tells is the other one."""
    told = {p: _part(text, ends[p], found) for p in ends if parts[p]}
    known = [(parts[p], part) for p, part in told.items() if part]
    return len(known) > 1 and all(wanted != part for wanted, part in known)


def _part(text: str, end: int, found: Markers) -> str:
    if found.before is None:
        match = found.part.search(text, end, end + _BEHIND)
    else:
        matches = list(found.part.finditer(text, max(0, end - _BEFORE), end))
        match = matches[-1] if matches else None
    if not match:
        return ""
    return "from" if match.groupdict().get(SINCE) else "to"
