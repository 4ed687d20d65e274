"""Whether a number is the least one in the one text and the most in the other, or the reverse."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import regex

from bot.guarded.facts import Fact, Mention
from bot.guarded.lexicon import Lexicon
from bot.guarded.mentions import Reading
from bot.guarded.numeric import fact_of, index_of, told_as

OVER, UNDER = "over", "under"
_LIMITED = frozenset({"time", "day", "month", "date", "weekday", "relative"})
"""Units whose first and last spans.py compares."""
_UNIT = r"[^\d、。\n以未超よりま]{0,5}?"
_OVER = regex.compile(rf"{_UNIT}(?:以上|を?超え|より(?:も)?(?:多|大|高|長|上))")
_UNDER = regex.compile(rf"{_UNIT}(?:以下|未満|以内|より(?:も)?(?:少|小|低|短|下)|まで(?!の?間))")
_STOP = regex.compile(r"[.!?](?=\s|$)|[!?。！？।។;\n]|,(?=\s)|[、،，၊]")
_NEAR_SPACED, _NEAR = 24, 12
"""Characters between a number and a word for its limit."""


def turned_limits(source: Reading, other: Reading, words: Lexicon) -> Iterator[Fact]:
    """Numbers of the Japanese that are a least one and a most one in the other text."""
    wanted = [(m, limit) for m in source.mentions if (limit := _limit(source.counted, m))]
    if not wanted:
        return
    there = {id(m): limit for m, limit in _limits(other, words)}
    index = index_of(m for m in other.mentions if not m.guess)
    for mention, limit in wanted:
        asked = {ask for m, ask in wanted if m.values & mention.values}
        told = {there.get(id(m), "") for m in told_as(mention, index)}
        if len(asked) == 1 and told and not told & {limit, ""}:
            yield fact_of(mention)


def _limit(text: str, mention: Mention) -> str:
    if mention.unit in _LIMITED or mention.guess:
        return ""
    end = mention.end
    return OVER if _OVER.match(text, end) else UNDER if _UNDER.match(text, end) else ""


def _limits(reading: Reading, words: Lexicon) -> Iterator[tuple[Mention, str]]:
    """Every number with the limit told closest to it in its part of the sentence."""
    text = reading.counted
    said = sorted(_said(text, words))
    stops = [match.start() for match in _STOP.finditer(text)]
    told = [m for m in reading.mentions if not m.guess]
    numbers = [m for m in told if m.sure or m.unit]
    most = _NEAR_SPACED if words.spaced else _NEAR
    for mention in told:
        clause = bisect_right(stops, mention.start)
        near = [
            (max(start - mention.end, mention.start - end, 0), limit)
            for start, end, limit in said
            if bisect_right(stops, start) == clause
            and not _belongs_to_another(mention, start, end, numbers)
        ]
        closest = min(near, default=(most, ""))
        yield mention, closest[1] if closest[0] < most else ""


def _said(text: str, words: Lexicon) -> list[tuple[int, int, str]]:
    """Words for a limit; of two that overlap the longer: no more than."""
    found = [
        (*match.span(), name)
        for name in (OVER, UNDER)
        if name in words.ways
        for match in words.ways[name].finditer(text)
    ]
    return [
        one
        for one in found
        if not any(a < one[1] and one[0] < b and b - a > one[1] - one[0] for a, b, _ in found)
    ]


def _belongs_to_another(mention: Mention, start: int, end: int, numbers: Sequence[Mention]) -> bool:
    """Whether another number stands between a number and the word."""
    first, last = min(mention.end, end), max(mention.start, start)
    return any(first <= m.start < last and m.start != mention.start for m in numbers)
