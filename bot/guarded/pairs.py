"""Whether what belongs together in the Japanese has been exchanged: A at ten and B at two.

Facts are taken class by class: times, prices, named places, kinds of schools, men and women. Two
classes whose facts take turns all along in both texts must go together in the same way.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, permutations

from bot.guarded.claims import Told
from bot.guarded.concepts import Concept, groups
from bot.guarded.facts import Fact, Kind, Mention
from bot.guarded.mentions import Reading
from bot.guarded.numeric import index_of, told_as
from bot.guarded.places import Place
from bot.guarded.tokens import COMMA, SENTENCE, Token

_NOT_TURNS = frozenset({"order", "change", "each", "often"})
"""Groups of words too loosely placed to go together with anything."""
_OUT = ("shut", "rest", "full", "works", "not")
"""Words of which each may stand for another: what is shut cannot be entered."""
_DONE = ("up", "back", "drink", "boil")
"""Axes of claims that tell one place from another."""
_RATHER = ("ではなく", "でなく", "じゃなく", "ではありません", "ず", "ないで")
"""What the Japanese says after the one of two things that is not meant."""
_CLOSE, _RATHER_CLOSE = 40, 8
"""Characters between a thing and what denies it, and what does so in Japanese."""


@dataclass(frozen=True)
class Text:
    """One of the two texts, as far as its facts have been found."""

    reading: Reading
    things: Sequence[Concept]
    told: Told


@dataclass(frozen=True)
class _Class:
    """Facts that both texts tell once: where in the Japanese, and where in the other."""

    name: str
    here: list[int] = field(default_factory=list)
    there: list[int] = field(default_factory=list)

    def add(self, here: int, there: int) -> None:
        self.here.append(here)
        self.there.append(there)


NamedIn = Callable[[str, bool], frozenset[Place]]
"""The places that a part of the other text names, also loosely."""


def exchanged_pairs(
    source: Text, other: Text, places: Sequence[Place], named_in: NamedIn
) -> Iterator[Fact]:
    """Facts of the Japanese that go together with another's part in the other text."""
    classes = [c for c in _classes(source, other) if len(c.here) > 1]
    for one, two in combinations(classes, 2):
        if _turned(one, two):
            yield _fact(source, two)
    positions = {place: source.reading.text.find(place.shown) for place in places if place.required}
    named = {place: start for place, start in positions.items() if start >= 0}
    if len(named) > 1:
        for one in classes:
            if _takes_turns(one.here, list(named.values())):
                found = _placed(one, named, other.reading.text, named_in)
                if found and _turned(one, found):
                    yield _fact(source, found)
        if _elsewhere(source.told, other.told, named, named_in):
            yield Fact(Kind.PLACE, "places exchanged", next(iter(named)).shown)
    here, there = _States(source), _States(other)
    for one in classes:
        if _bound_to_others(one, here, there):
            yield _fact(source, one)


def _fact(source: Text, two: _Class) -> Fact:
    text, start = source.reading.text, min(two.here)
    shown = text[start : start + 40].split("\n")[0].strip()
    kind = Kind.TIME if two.name == "time" else Kind.PLACE if two.name == "place" else Kind.NUMBER
    return Fact(kind, f"{two.name} exchanged", shown)


def _classes(source: Text, other: Text) -> Iterator[_Class]:
    mentioned = list(_of_mentions(source.reading, other.reading))
    yield from mentioned
    timed = any(mention.unit == "time" for mention in source.reading.mentions)
    here, there = _by_key(source.things), _by_key(other.things)
    for name, keys in groups().items():
        known = keys & here.keys()
        if not known or name in _NOT_TURNS or (name == "half" and timed):
            continue
        found = _Class(name)
        for key in known & there.keys():
            one, two = here[key], there[key]
            if len(one) == len(two) == 1 and len(two[0].keys & known) == 1:
                found.add(one[0].start, two[0].start)
        if name == "days" and "holiday" not in known:
            for weekday in mentioned:
                if weekday.name == "weekday":
                    found.here.extend(weekday.here)
                    found.there.extend(weekday.there)
        yield found


def _by_key(things: Sequence[Concept]) -> dict[str, list[Concept]]:
    found: dict[str, list[Concept]] = {}
    for concept in things:
        for key in concept.keys:
            found.setdefault(key, []).append(concept)
    return found


def _of_mentions(source: Reading, other: Reading) -> Iterator[_Class]:
    by_unit: dict[str, list[Mention]] = {}
    for mention in (*source.mentions, *source.weekdays):
        if not mention.guess and (mention.sure or mention.unit):
            unit = {"": "number", "count": "number", "date": "day"}.get(mention.unit, mention.unit)
            by_unit.setdefault(unit, []).append(mention)
    numbers = index_of(m for m in other.mentions if not m.guess)
    weekdays = index_of(other.weekdays)
    for unit, mentions in by_unit.items():
        if len(mentions) < 2:
            continue
        found = _Class(unit)
        for mention in mentions:
            there = told_as(mention, weekdays if unit == "weekday" else numbers)
            twins = [m for m in mentions if m.values & mention.values]
            if len(twins) == len(there) == 1:
                found.add(source.place(mention), other.place(there[0]))
        yield found


def _takes_turns(one: Sequence[int], two: Sequence[int]) -> bool:
    return bool(_partners(one, two))


def _partners(one: Sequence[int], two: Sequence[int]) -> dict[int, int]:
    """Which of `two` goes with which of `one`; nothing where they do not take turns."""
    rows = sorted(
        [(place, 0, n) for n, place in enumerate(one)]
        + [(place, 1, n) for n, place in enumerate(two)]
    )
    if len(one) != len(two) or any(a[1] == b[1] for a, b in pairwise(rows)):
        return {}
    both = [(rows[n], rows[n + 1]) for n in range(0, len(rows), 2)]
    return {a[2] if a[1] == 0 else b[2]: b[2] if a[1] == 0 else a[2] for a, b in both}


def _turned(one: _Class, two: _Class) -> bool:
    wanted = _partners(one.here, two.here)
    told = _partners(one.there, two.there)
    return bool(wanted and told) and wanted != told


def _placed(one: _Class, named: Mapping[Place, int], text: str, named_in: NamedIn) -> _Class | None:
    """The named places as a class; each must be in one part of the text between the others."""
    cuts = sorted(one.there)
    parts = [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]
    heard = [named_in(part, True) for part in parts]
    found = _Class("place")
    for place, start in named.items():
        numbers = [number for number, there in enumerate(heard) if place in there]
        if len(numbers) != 1:
            return None
        found.add(start, cuts[numbers[0] - 1] + 1 if numbers[0] else -1)
    return found


def _elsewhere(source: Told, other: Told, named: Mapping[Place, int], named_in: NamedIn) -> bool:
    """Whether a sentence that names one of the places alone names another one alone."""
    if any(a.stem.startswith(b.stem) for a, b in permutations(named, 2)):
        return False
    ends = [t.end for t in source.tokens if t.key == SENTENCE]
    cuts = [t.end for t in other.tokens if t.key == SENTENCE]
    here = [{p for p in named if p.shown in part} for part in _parts(source.text, ends)]
    parts = _parts(other.text, cuts)
    if len(parts) != len(here) or not any(len(places) == 1 for places in here):
        return False
    there = [named_in(part, False) & named.keys() for part in parts]
    told = frozenset[Place]().union(*there)
    return any(
        len(a) == len(b) == 1 and a != b and a <= told for a, b in zip(here, there, strict=True)
    )


def _parts(text: str, cuts: Sequence[int]) -> list[str]:
    """The sentences of a text, without empty ones."""
    return [part for a, b in pairwise([0, *cuts, len(text)]) if (part := text[a:b]).strip()]


class _States:
    """Which clauses and sentences of a text say that something is open, or shut, full or denied,
    and which sentences tell to do what.
    """

    def __init__(self, text: Text) -> None:
        self.told = text.told
        said = [(t.key, t.start) for t in text.told.tokens]
        said += [(key, c.start) for c in text.things for key in c.keys]
        out = [start for key, start in said if key in _OUT]
        self._ends = {
            "clause": [t.end for t in text.told.tokens if t.key in (COMMA, SENTENCE)],
            "sentence": [t.end for t in text.told.tokens if t.key == SENTENCE],
        }
        self.stated: dict[tuple[str, str], set[int]] = {
            ("clause", "out"): self._parts("clause", out),
            ("sentence", "out"): self._parts("sentence", out),
            ("clause", "open"): self._parts("clause", [p for key, p in said if key == "open"]),
        }
        for claim in (c for c in text.told.claims if c.axis in _DONE):
            key = "sentence", f"{claim.axis} {claim.way}"
            self.stated.setdefault(key, set()).update(self._parts("sentence", [claim.start]))

    def _parts(self, size: str, places: Sequence[int]) -> set[int]:
        return {bisect_right(self._ends[size], place) for place in places}

    def alone(self, places: Sequence[int], state: tuple[str, str]) -> set[int]:
        """Those of the places that stand alone in a part of the text that says so."""
        parts = [bisect_right(self._ends[state[0]], place) for place in places]
        stated = self.stated[state]
        return {n for n, part in enumerate(parts) if part in stated and parts.count(part) == 1}


def _bound_to_others(one: _Class, source: _States, other: _States) -> bool:
    """Whether what is open, shut, full or denied is another of the class than in the Japanese."""
    for state in source.stated.keys() & other.stated.keys():
        here = source.alone(one.here, state)
        there = other.alone(one.there, state)
        if here and there and not here & there:
            return True
    meant = _denied(one.here, source.told, rather=True)
    return bool(meant) and _denied(one.there, other.told, rather=False) not in (meant, set())


def _denied(places: Sequence[int], told: Told, *, rather: bool) -> set[int]:
    """The one of two things in a sentence that a negation stands closest to, on its side."""
    ends = [t.end for t in told.tokens if t.key == SENTENCE]
    found = []
    for token in told.tokens:
        if token.key != "not" or (rather and not _says_rather(told.text, token)):
            continue
        sentence = bisect_right(ends, token.start)
        inside = [n for n, p in enumerate(places) if bisect_right(ends, p) == sentence]
        sign = 1 if told.verb_last else -1
        after = [((token.start - places[n]) * sign, n) for n in inside]
        most = _RATHER_CLOSE if rather else _CLOSE
        near = [(distance, n) for distance, n in after if 0 < distance <= most]
        if len(inside) > 1 and near:
            found.append(min(near))
    return {min(found)[1]} if found else set()


def _says_rather(text: str, token: Token) -> bool:
    said = text[token.start : token.end]
    return said.endswith(_RATHER) and not text.startswith("ください", token.end)
