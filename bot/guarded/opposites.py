"""Whether a text denies more than the Japanese does, or less, or claims the opposite."""

from collections import Counter
from collections.abc import Iterable, Iterator

import regex

from bot.guarded.claims import ACTS, HAZARDS, Claim, Sentence, Told
from bot.guarded.facts import Fact, Kind

LONGEST_SHOWN = 40
_TURNED = frozenset({"up", "inside", "left", "upstream", "upwind"})
"""Axes of which a sentence may name both ways, one of them to go."""
_STATUS = regex.compile("(?:でき|(?<!し)れ|え|け|め|せ|てい)ません(?!か)")
_AGAIN = regex.compile("休|再開")
"""What is open on some days and shut on others."""


def lost_denials(source: Told, other: Told) -> Iterator[Fact]:
    """Sentences of the source that deny something, where the other text denies less.

    Sentence by sentence where both have as many, else by their number. A denial may also have been
    told without one: stay inside.
    """
    positive = {(c.axis, c.way) for c in other.claims if not c.negated}
    denials = [
        sentence
        for sentence in source.sentences
        if sentence.denial is not None and not sentence.only and not _said(sentence, positive)
    ]
    if len(source.sentences) == len(other.sentences):
        both = list(zip(source.sentences, other.sentences, strict=True))
        lost = [
            here
            for here, there in both
            if _fewer(there, here)
            or (not _keeps(there, here) and (here in denials or _reopened(here, there)))
        ]
        spare = sum(there.denial is not None and not here.denies for here, there in both)
        lost = lost[spare:]
    else:
        kept = [
            max(s.denials + s.leaving, *(_keeps(s, sentence) for sentence in denials))
            for s in other.sentences
            if denials
        ]
        lost = denials[sum(kept) :]
    for sentence in lost:
        yield _fact("prohibition", 1, source.text, sentence.denial or 0)


def _said(sentence: Sentence, positive: set[tuple[str, int]]) -> bool:
    """Whether what its denials amount to is told without one: stay inside."""
    meant = {claim for claim in _meant(sentence) if not claim or claim[0] not in ("window", "wire")}
    return bool(meant) and meant <= positive


def _fewer(there: Sentence, here: Sentence) -> bool:
    """Whether of several denials one is missing, and nothing stands for it."""
    others = there.leaving or there.off or there.shut or there.only
    return here.denials > max(there.denials, 1) and not here.only and not others


def _reopened(here: Sentence, there: Sentence) -> bool:
    """Whether one says that something is not open and the other that it is."""
    shut = any(c.axis == "open" and c.negated for c in here.claims)
    return shut and any(c.axis == "open" and c.way > 0 for c in there.claims)


def _keeps(there: Sentence, here: Sentence) -> bool:
    """Whether a sentence of the other text may say what one of the source denies."""
    away = here.near or any(c.axis in HAZARDS and c.negated for c in here.claims)
    return (
        there.denial is not None
        or there.only
        or (there.shut and here.status)
        or (away and (there.leaving or there.off))
    )


def added_denials(source: Told, other: Told) -> Iterator[Fact]:
    """Sentences of the other text that deny what the same one of the source allows."""
    if len(source.sentences) != len(other.sentences):
        return
    told = {(c.axis, c.way) for c in source.claims}
    for here, there in zip(source.sentences, other.sentences, strict=True):
        shut = here.may and not here.doubtful and there.shut
        if shut and not here.denies and there.denial is None:
            yield _fact("permission", -1, other.text, 0)
        if here.denies or there.denial is None or there.only or _meant(there) <= told:
            continue
        if (here.may or here.asks) and not here.doubtful:
            yield _fact("permission", -1, other.text, there.denial)


def lost_status(source: Told, other: Told, *, negative: bool) -> Iterator[Fact]:
    """What the source says is not so, or cannot be done, where the other text denies nothing.

    `negative` whether any word of it may deny something.
    """
    match = _STATUS.search(source.text)
    told = any(s.denies or s.off for s in other.sentences) or any(
        claim.axis in ACTS and claim.way < 0 for claim in other.claims
    )
    if match and not told and not negative:
        yield _fact("prohibition", 1, source.text, match.start())


def _meant(sentence: Sentence) -> set[tuple[str, int] | None]:
    """What its denials amount to."""
    return {(c.axis, c.way) for c in sentence.claims if c.negated} or {None}


def contradicted(value: str, other: Told) -> bool:
    """Whether a text that was thought to add something says otherwise, read as claims."""
    if value == "prohibition":
        return not any(sentence.denial is not None for sentence in other.sentences)
    if value in ("toward hazard", "near hazard"):
        near = value == "near hazard"
        return all(
            s.denial is not None or (near and s.who) or s.only_leaving
            for s in other.sentences
            if s.hazard
        )
    return False


def opposed(source: Told, other: Told) -> Iterator[tuple[bool, Fact]]:
    """Whether something is missing (else it is added), and what: claims the other way round."""
    wanted, told = _by_axis(source.claims), _by_axis(other.claims)
    japanese, text = source.text, other.text
    denied = {claim.axis for claim in source.claims if claim.negated}
    for axis, ways in wanted.items():
        there = told.get(axis, {})
        for way in ways:
            if way > 0 and axis in HAZARDS:
                continue
            if axis == "open" and _AGAIN.search(japanese):
                continue
            if -way in ways and axis not in HAZARDS:
                continue
            opposite = -way in there and axis not in (*HAZARDS, "open", "power")
            if axis == "car" and axis not in denied:
                opposite = False
            if -way in there and (way not in there or opposite):
                yield True, _fact(axis, way, japanese, ways[way])
                yield False, _fact(axis, -way, text, there[-way])


def turned(source: Told, other: Told) -> Iterator[tuple[bool, Fact]]:
    """Claims of which the other text has none, but more of the opposite: sentence by sentence where
    both have as many, else in the whole. Of an axis the last claim says where to go.
    """
    both = [(list(source.claims), list(other.claims))]
    if len(source.sentences) == len(other.sentences):
        pairs = zip(source.sentences, other.sentences, strict=True)
        both = [(list(here.claims), list(there.claims)) for here, there in pairs]
    for here, there in both:
        wanted = Counter(map(_way, here))
        told = Counter(_way(claim) for claim in there if not claim.negated)
        for claim in {claim.axis: claim for claim in here}.values():
            way, opposite = _way(claim), (claim.axis, -claim.way)
            more = told[opposite] > wanted[opposite]
            if claim.axis in _TURNED and more and not any(_way(c) == way for c in there):
                yield True, _fact(*way, source.text, claim.start)
                start = next(c.start for c in there if _way(c) == opposite)
                yield False, _fact(*opposite, other.text, start)
                break


def _way(claim: Claim) -> tuple[str, int]:
    return claim.axis, claim.way


def approached(source: Told, other: Told) -> Iterator[Fact]:
    """Dangers that a sentence leads to, where the same one of the source says to stay away."""
    if len(source.sentences) != len(other.sentences):
        return
    for here, there in zip(source.sentences, other.sentences, strict=True):
        wanted, told = _by_axis(here.claims), _by_axis(there.claims)
        for axis in HAZARDS & wanted.keys() & told.keys():
            if wanted[axis].keys() == {-1} and told[axis].keys() == {1} and there.denial is None:
                yield _fact(axis, 1, other.text, told[axis][1])


def _by_axis(found: Iterable[Claim]) -> dict[str, dict[int, int]]:
    by_axis: dict[str, dict[int, int]] = {}
    for claim in found:
        by_axis.setdefault(claim.axis, {}).setdefault(claim.way, claim.start)
    return by_axis


def _fact(axis: str, way: int, text: str, start: int) -> Fact:
    shown = text[max(0, start - LONGEST_SHOWN // 4) : start + LONGEST_SHOWN].split("\n")[0]
    return Fact(Kind.DIRECTION, axis if way > 0 else f"no {axis}", shown.strip())
