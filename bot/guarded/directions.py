"""Direction words: to or away from water, up or down, in or out, do or do not.

A difference is only what another text says the other way round: it lacks the prohibition the
Japanese has, or names the opposite direction and not the one of the Japanese.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import regex

from bot.guarded.facts import Fact, Kind
from bot.guarded.lexicon import Lexicon

HAZARDS = ("river", "sea", "slope")
TOPICS = (
    *("elevator", "fire", "drink", "touch", "drive", "below", "outdoors", "home"),
    *HAZARDS,
)
"""What prohibitions are about; the words of `GENERAL` only where no word of these is near."""
_NOT_CONCEPTS = {
    *("prohibit", "harmless", "negative", "unable", "away", "toward", "refuse", "without"),
    *("risky", "from", "over", "under"),
}
"""Words that say how something is meant, not what: a prohibition (`harmless`: one that is none),
cannot (`unable`, Japanese only), keep away, go to a hazard, do not evacuate, not or without, it is
dangerous, out of a place; limits of numbers, see limits.py.
"""
_NOT_KEPT_AWAY_FROM = {"drink", "drive", "outdoors", "use"}
"""Keeping away says nothing about these."""
_LEFT_WITHOUT = {"elevator", "drive", "fire", "use", "touch"}
"""Not and without are enough against these."""
_TOO_RISKY = {"outdoors", "go_out", "home", "enter", "drive"}
"""So is that it is dangerous, against these."""
_LEAVING = {"up", "down"}
GENERAL = ("near", "enter", "use")
OPPOSITES = (
    ("up", "down"),
    ("down", "up"),
)
COMPASS = (("east", "west"), ("north", "south"))
_ALWAYS_ASKED = {
    *("raw", "drink", "boil", "near"),
    *(name for pair in (*OPPOSITES, *COMPASS) for name in pair),
}

_FROM = 7
"""Characters within which a word for out of or away belongs to a place."""
LONGEST_SHOWN = 40
_FROM_THERE = regex.compile(r"[^、。\n]{0,4}から|にいる|に住|の人|のかた")
REACH_SPACED, REACH = 70, 34
"""Characters within which a prohibition in the same sentence is about a word."""
BOUND_SPACED, BOUND = 26, 14
"""Characters within which a prohibition in the same clause turns a word round."""
_SENTENCE = regex.compile(r"[.!?](?=\s|$)|[!?。！？।။;\n]")
_CLAUSE = regex.compile(r"[.!?](?=\s|$)|[!?。！？।။៖;\n,、,،၊:]")


@dataclass(frozen=True)
class Stance:
    """What one text says about going.

    `said` the concepts told without a prohibition at them, `forbidden` those with one nearby,
    `negated` those bound to one, `named` all; `said` and `forbidden` with the words that say so.
    `strict_marks` the number of prohibitions that can be nothing else, `marks` of all and of words
    for keeping away; `negative` whether anything at all is denied.
    """

    said: Mapping[str, str]
    forbidden: Mapping[str, str]
    negated: frozenset[str]
    named: frozenset[str]
    marks: int
    strict_marks: int
    negative: bool
    refusal: str
    toward: str


def stance(text: str, lexicon: Lexicon, *, strict: bool = False, topics: bool = True) -> Stance:
    """Read a text in the plain writing of its language. `topics` False: prohibitions are not asked
    for, see `differences`.

    `strict`, for the source: what is forbidden stands in the same clause as its prohibition.
    """
    return _Reader(text, lexicon, strict=strict).stance(topics=topics)


def differences(source: Stance, other: Stance, *, denied: bool) -> Iterator[tuple[bool, Fact]]:
    """Whether something is missing (else it is added), and what. `denied` whether the other text
    is known to deny as much as the source.
    """
    if not denied:
        yield from _lost_prohibitions(source, other)
    if other.toward and not source.toward:
        yield False, _fact("toward hazard", other.toward)
    if "beside" in other.said and "beside" not in source.named:
        yield False, _fact("near hazard", other.said["beside"])
    if other.refusal and not source.refusal:
        yield False, _fact("refusal", other.refusal)
    if not source.negative and other.strict_marks:
        yield False, _fact("prohibition", other.forbidden.get("mark", ""))
    if "boil" in source.said and "raw" in other.named and "raw" not in other.forbidden:
        yield False, _fact("unboiled", other.said.get("raw", ""))
    told = "drink" in source.said and "drink" not in source.negated | source.forbidden.keys()
    if told and "drink" in other.negated and "drink" not in other.said:
        yield False, _fact("no drink", other.forbidden.get("mark", "drink"))
    for one, opposite in OPPOSITES:
        if _turned(source, other, one, opposite):
            yield False, _fact(opposite, other.said[opposite])
    for one, opposite in (*COMPASS, *(pair[::-1] for pair in COMPASS)):
        meant = one in source.named and opposite not in source.named
        if meant and opposite in other.said and one not in other.named:
            yield False, _fact(opposite, other.said[opposite])


def _lost_prohibitions(source: Stance, other: Stance) -> Iterator[tuple[bool, Fact]]:
    for topic in (*TOPICS, *GENERAL):
        shown = source.forbidden.get(topic)
        if shown is None or topic in other.forbidden:
            continue
        if topic == "sea" and "water" in other.forbidden:
            continue
        if topic == "outdoors" and "inside" in other.said:
            continue
        if topic == "below" and "up" in other.said and "down" not in other.said:
            continue
        if topic in other.named or not other.marks:
            yield True, _fact(f"no {topic}", shown)


def _turned(source: Stance, other: Stance, one: str, opposite: str) -> bool:
    return (
        one in source.said
        and opposite not in source.said
        and opposite in other.said
        and (one not in other.said or (opposite == "down" and "down" not in source.named))
    )


class _Reader:
    """One text while its words are found."""

    def __init__(self, text: str, lexicon: Lexicon, *, strict: bool) -> None:
        self._text = text
        self._ways = lexicon.ways
        self._follows = lexicon.negation_follows
        self._leads = lexicon.negation_leads
        self._reach = REACH_SPACED if lexicon.spaced else REACH
        self._bound = BOUND_SPACED if lexicon.spaced else BOUND
        self._sentences = [m.end() for m in _SENTENCE.finditer(text)]
        self._clauses = [m.end() for m in _CLAUSE.finditer(text)]
        self._strict_source = strict
        self._parts = self._clauses if strict else self._sentences
        harmless = [m.span() for m in self._find("harmless")]
        self._marks = [m.span() for m in self._find("prohibit")]
        self._strict = [
            (start, end)
            for start, end in self._marks
            if not any(a < end and start < b for a, b in harmless)
        ]
        self._froms = [m.span() for m in self._find("from")]
        self._unable = [m.span() for m in self._find("unable")]
        self._not_drinkable = self._beside_drink()
        self._risky = [m.span() for m in self._find("risky")]
        self._without = [m.span() for m in self._find("without")]
        self._aways = [m.span() for m in self._find("away")]

    def stance(self, *, topics: bool) -> Stance:
        said: dict[str, str] = {}
        forbidden: dict[str, str] = {}
        named: set[str] = set()
        negated: set[str] = set()
        asked = self._ways.keys() - _NOT_CONCEPTS
        for name in asked if topics else asked & _ALWAYS_ASKED:
            for match in self._find(name):
                named.add(name)
                if self._is_forbidden(name, *match.span()):
                    forbidden.setdefault(name, self._clause(match.start()))
                if (
                    self._is_negated(*match.span())
                    or self._is_left(name, *match.span())
                    or self._is_risky(name, *match.span())
                ):
                    negated.add(name)
                else:
                    said.setdefault(name, self._clause(match.start()))
        if beside := self._beside():
            said.setdefault("beside", beside)
        if self._strict:
            forbidden["mark"] = self._clause(self._strict[0][0])
        return Stance(
            said=said,
            forbidden=self._specific(forbidden),
            negated=frozenset(negated),
            named=frozenset(named),
            marks=len(self._marks) + len(self._aways),
            strict_marks=len(self._strict),
            negative=bool(self._marks or self._aways or next(self._find("negative"), None)),
            refusal=next((self._clause(m.start()) for m in self._find("refuse")), ""),
            toward=next(
                (
                    self._clause(m.start())
                    for m in self._find("toward")
                    if not self._is_negated(*m.span())
                ),
                "",
            ),
        )

    def _beside_drink(self) -> list[tuple[int, int]]:
        """Not drinkable; but drinkable without boiling."""
        drinks = [m.span() for m in self._find("drink")]
        raw = [m.span() for m in self._find("raw")]
        return [
            (start, end)
            for start, end in (m.span() for m in self._find("without"))
            if not any(a < end and start < b for a, b in raw)
            and any(
                -1 <= first - end <= _FROM or -1 <= start - last <= _FROM for first, last in drinks
            )
        ]

    def _clause(self, place: int) -> str:
        """The clause at a place, as far as it can be shown."""
        number = bisect_right(self._clauses, place)
        start = self._clauses[number - 1] if number else 0
        end = self._clauses[number] if number < len(self._clauses) else len(self._text)
        start, end = max(start, place - LONGEST_SHOWN), min(end, place + LONGEST_SHOWN)
        return self._text[start:end].strip(" .,:;、。，")

    def _find(self, name: str) -> Iterator[regex.Match[str]]:
        pattern = self._ways.get(name)
        return pattern.finditer(self._text) if pattern else iter(())

    def _specific(self, forbidden: dict[str, str]) -> dict[str, str]:
        """海に入らない is about the sea: 入 alone says less."""
        if self._strict_source and forbidden.keys() & set(TOPICS):
            return {name: shown for name, shown in forbidden.items() if name not in GENERAL}
        return forbidden

    def _beside(self) -> str:
        """Near the river: words for near and for a hazard together, and nothing against it."""
        if self._strict_source:
            return ""
        hazards = [m.span() for name in ("river", "sea") for m in self._find(name)]
        for match in self._find("near"):
            start, end = match.span()
            if self._is_forbidden("near", start, end):
                continue
            clause = bisect_right(self._clauses, start)
            for first, last in hazards:
                if bisect_right(self._clauses, first) != clause:
                    continue
                if -1 <= min(max(first - end, start - last), self._bound) <= self._bound // 2:
                    return self._clause(start)
        return ""

    def _is_forbidden(self, name: str, start: int, end: int) -> bool:
        """Whether a prohibition, or for what one keeps away from a word of that, is near."""
        marks = self._marks
        if name not in _NOT_KEPT_AWAY_FROM:
            marks = [*marks, *self._aways]
        if name in _LEFT_WITHOUT:
            marks = [*marks, *self._without, *self._unable]
        if name == "drink":
            marks = [*marks, *self._not_drinkable, *self._unable]
        if name in _TOO_RISKY and not self._strict_source:
            marks = [*marks, *self._risky]
        number = bisect_right(self._parts, start)
        return any(
            bisect_right(self._parts, first) == number
            and min(abs(first - end), abs(start - last)) <= self._reach
            and (self._leads or last > start)
            and not (name == "raw" and first < end and start < last)
            for first, last in marks
        )

    def _is_risky(self, name: str, start: int, end: int) -> bool:
        """Going out is dangerous: not told to go out."""
        if name not in _TOO_RISKY or self._strict_source:
            return False
        number = bisect_right(self._clauses, start)
        return any(
            bisect_right(self._clauses, first) == number
            and min(abs(first - end), abs(start - last)) <= self._bound * 2
            for first, last in self._risky
        )

    def _is_left(self, name: str, start: int, end: int) -> bool:
        """Leave low ground: the place to go to is another."""
        if name not in _LEAVING:
            return False
        if self._strict_source and _FROM_THERE.match(self._text, end):
            return True
        return any(
            (self._follows and 0 <= first - end <= _FROM)
            or (self._leads and 0 <= start - last <= _FROM)
            for first, last in (*self._aways, *self._froms)
        )

    def _is_negated(self, start: int, end: int) -> bool:
        """Whether a prohibition is bound to the word: close, on its side, in the same clause."""
        number = bisect_right(self._clauses, start)
        for first, last in self._strict or self._marks:
            if bisect_right(self._clauses, first) != number:
                continue
            if first < end and start < last:
                return True
            if self._follows and 0 <= first - end <= self._bound:
                return True
            if self._leads and 0 <= start - last <= self._bound:
                return True
        return False


def _fact(value: str, shown: str) -> Fact:
    return Fact(Kind.DIRECTION, value, shown)
