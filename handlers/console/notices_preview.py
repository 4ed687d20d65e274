"""A notice as residents will see it: a bubble for each language, and who gets which."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from math import ceil
from typing import Any

from sqlalchemy.orm import Session

from bot.languages import UnknownLanguage, language
from bot.models.broadcasts import Broadcast, Rendition
from bot.runtime import Runtime
from broadcasts import audience, reading
from broadcasts.drafting import LONGEST_TEXT, Desk, Wording, outgoing
from broadcasts.sending import PEOPLE_A_REQUEST, Words, best_for, words_shown
from handlers.console.language import _, current, language_name
from handlers.console.notices_words import review_name


@dataclass(frozen=True)
class Bubble:
    """One language of a notice. `units` of `limit`: the longest text, in LINE's counting.

    `problem` says why it cannot be sent; `lacks` that its readers get something else than checked
    text in it.
    """

    tag: str
    own_name: str
    name: str
    review: str
    reviewed_by: str
    people: int
    units: int
    texts: tuple[tuple[str, str], ...]
    card: Mapping[str, Any]
    problem: str = ""
    lacks: bool = False
    limit: int = LONGEST_TEXT


@dataclass(frozen=True)
class Audience:
    """Who gets it: people in all, by the language of their text, and in sentences who lacks what.

    `requests` is how many times LINE is asked.
    """

    people: int
    by_language: Mapping[str, int]
    lacking: tuple[str, ...]
    requests: int


def of_draft(
    session: Session, runtime: Runtime, broadcast: Broadcast, now: datetime
) -> tuple[list[Bubble], Audience]:
    """What a draft would become at this moment, those that lack something first."""
    desk = Desk(session, runtime, broadcast)
    wordings = desk.wordings()
    counts = audience.count(session, broadcast, now)
    reached = who_gets(counts, wordings)
    bubbles = [
        _bubble(
            wording,
            words_shown(wording, outgoing(desk, runtime, broadcast, wording))
            if wording.parts
            else {"texts": [], "messages": [], "card": {}},
            reached.by_language,
            units=wording.units if wording.parts else 0,
            problem=_problem(wording),
        )
        for wording in wordings
    ]
    return sorted(bubbles, key=_missing_first), reached


def of_frozen(
    session: Session, broadcast: Broadcast, now: datetime
) -> tuple[list[Bubble], Audience]:
    """What waits for approval, is sent or was sent, word for word."""
    rows = frozen(session, broadcast)
    reached = who_gets(audience.count(session, broadcast, now), rows)
    bubbles = [_bubble(row, row.words, reached.by_language) for row in rows]
    return sorted(bubbles, key=_missing_first), reached


def frozen(session: Session, broadcast: Broadcast) -> Sequence[Rendition]:
    """The renditions of the last submission, as they are now."""
    return reading.texts(session, broadcast)


def who_gets(counts: Mapping[str, int], words: Iterable[Words]) -> Audience:
    """Who gets the words of which language. `counts` are people by languages key."""
    choice = list(words)
    people: dict[str, int] = {}
    fallback: dict[str, int] = {}
    others: dict[str, int] = {}
    drafted, machine = 0, 0
    for key, number in counts.items():
        tags = json.loads(key)
        chosen = best_for(tags, choice)
        if chosen is None:
            continue
        people[chosen.language] = people.get(chosen.language, 0) + number
        if chosen.origin == "fallback":
            fallback[tags[0]] = fallback.get(tags[0], 0) + number
        elif chosen.origin == "machine":
            machine += number
        elif chosen.language != tags[0]:
            others[tags[0]] = others.get(tags[0], 0) + number
        elif not chosen.is_reviewed and chosen.origin != "person":
            drafted += number
    lacking = chain(
        _lacking(fallback, others, _fallback_words(choice)), _unchecked(drafted, machine)
    )
    return Audience(
        people=sum(counts.values()),
        by_language=people,
        lacking=tuple(lacking),
        requests=sum(ceil(number / PEOPLE_A_REQUEST) for number in people.values()),
    )


def _fallback_words(choice: Iterable[Words]) -> str:
    """The languages a fallback is really made of."""
    for words in choice:
        if words.origin == "fallback":
            shown = (
                [other.language for other in words.others]
                if isinstance(words, Wording)
                else [text["language"] for text in words.words["texts"]]
            )
            return _(" + ").join(map(language_name, shown))
    return ""


def _lacking(fallback: Mapping[str, int], others: Mapping[str, int], instead: str) -> Iterable[str]:
    if fallback:
        yield _(
            "%(number)s people have no checked text in their language and get %(instead)s "
            "(%(languages)s).",
            number=sum(fallback.values()),
            instead=instead,
            languages=_by_language(fallback),
        )
    if others:
        yield _(
            "%(number)s people get another of the languages they read (%(languages)s).",
            number=sum(others.values()),
            languages=_by_language(others),
        )


def _unchecked(drafted: int, machine: int) -> Iterable[str]:
    if machine:
        yield _(
            "%(number)s people get a machine's translation that nobody has checked; it says so.",
            number=machine,
        )
    if drafted:
        yield _(
            "%(number)s people get drafted text that nobody has adopted; it says so.",
            number=drafted,
        )


def _by_language(people: Mapping[str, int]) -> str:
    return _(", ").join(
        _("%(language)s %(number)s", language=language_name(tag), number=number)
        for tag, number in people.items()
    )


def _bubble(
    words: Words,
    shown: Mapping[str, Any],
    people: Mapping[str, int],
    *,
    units: int = 0,
    problem: str = "",
) -> Bubble:
    tags = [text["language"] for text in shown["texts"]]
    return Bubble(
        tag=words.language,
        own_name=own_name(words.language),
        name=language_name(words.language),
        review=review_name(words.origin, words.review),
        reviewed_by=words.reviewed_by or "",
        people=people.get(words.language, 0),
        units=units,
        texts=tuple(zip(tags, shown["messages"], strict=True)),
        card=shown["card"],
        problem=problem,
        lacks=not words.is_reviewed and words.origin != "person",
    )


def _problem(wording: Wording) -> str:
    if wording.problem == "too_long":
        return _(
            "The text has %(units)s characters; at most %(limit)s fit. Shorten it or choose "
            "fewer places.",
            units=wording.units,
            limit=LONGEST_TEXT,
        )
    if wording.problem:
        return _("There is no checked text to send. Adopt the Japanese text under Texts first.")
    return ""


def _missing_first(bubble: Bubble) -> tuple[bool, bool, bool, bool]:
    """Problems first; then what somebody will get in place of checked text; then one's own."""
    own = bubble.tag == current()
    return (not bubble.problem, not (bubble.lacks and bubble.people), not own, not bubble.people)


def own_name(tag: str) -> str:
    try:
        return language(tag).own_name
    except UnknownLanguage:
        return tag
