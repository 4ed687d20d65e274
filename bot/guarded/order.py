"""Whether two places have changed their parts: from A to B, or A at ten and B at two."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import regex

from bot.guarded.facts import Fact, Kind, Mention
from bot.guarded.lexicon import Lexicon
from bot.guarded.mentions import Reading
from bot.guarded.places import Place, ends_of
from bot.guarded.spans import SINCE, Markers, markers

_FROM_PLACE = regex.compile(r"(?:駅)?(?:前|口|側|方面)?(?:から|より|発)(?!は|離れ|出)")
_TO_PLACE = regex.compile(r"(?:駅)?(?:前|口|側|方面)?(?:まで|へ|に(?:移|変|向)|行き)")
_BEHIND, _BEFORE = 14, 45
"""Characters after and before the end of a name in which its part is told."""
_PAIRED = {"time", "count", ""}


def changed_parts(
    source: Reading, other: Reading, places: Sequence[Place], words: Lexicon
) -> Iterator[Fact]:
    """Places of the Japanese that the other text names, but one in the other's part."""
    named = [place for place in places if place.required]
    starts = {place: source.text.find(place.shown) for place in named}
    named = sorted((p for p in named if starts[p] >= 0), key=starts.__getitem__)
    if len(named) < 2:
        return
    parts = {p: _part_in_japanese(source.text, starts[p] + len(p.shown)) for p in named}
    travels = {"from", "to"} <= set(parts.values())
    pairs = _paired(source, {p: starts[p] for p in named})
    if not travels and not pairs:
        return
    asked = named if pairs else [place for place in named if parts[place]]
    ends = ends_of(asked, other.text, words)
    if len(ends) < 2:
        return
    if travels and _travels_back(parts, ends, other.text, markers(words.tag)):
        yield from (Fact(Kind.PLACE, p.id, p.shown) for p in ends if parts[p])
    elif pairs and _differ(pairs, _paired(other, ends)):
        yield from (Fact(Kind.PLACE, p.id, p.shown) for p in ends)


def _part_in_japanese(text: str, end: int) -> str:
    if _FROM_PLACE.match(text, end):
        return "from"
    return "to" if _TO_PLACE.match(text, end) else ""


def _travels_back(
    parts: dict[Place, str], ends: dict[Place, int], text: str, found: Markers
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


def _paired(reading: Reading, places: dict[Place, int]) -> dict[Place, Mention]:
    """The one number or time of each place, where both take turns all along."""
    numbers = [m for m in reading.mentions if m.unit in _PAIRED and m.sure and not m.guess]
    if len(numbers) != len(places) or len({m.unit for m in numbers}) > 1:
        return {}
    rows: list[tuple[int, Place | Mention]] = [(m.start, m) for m in numbers]
    rows += [(place, name) for name, place in places.items()]
    rows.sort(key=lambda row: row[0])
    if any(isinstance(a, Place) == isinstance(b, Place) for (_, a), (_, b) in pairwise(rows)):
        return {}
    turns = [(rows[n][1], rows[n + 1][1]) for n in range(0, len(rows), 2)]
    both = [(a, b) if isinstance(a, Place) else (b, a) for a, b in turns]
    return {p: m for p, m in both if isinstance(p, Place) and isinstance(m, Mention)}


def _differ(wanted: dict[Place, Mention], told: dict[Place, Mention]) -> bool:
    return wanted.keys() == told.keys() and all(
        not wanted[place].values & told[place].values for place in wanted
    )
