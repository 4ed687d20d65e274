"""How well the bot understands: figures over questions with their topics written beside them.

City staff run this on their own logs (``flask evaluate``); the tests run it on questions written by
people who had not seen the examples.
"""

import resource
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from sys import platform
from time import perf_counter
from typing import TypeVar

from bot.detection import candidates, detect
from bot.knowledge import FIRST, OUT_OF_SCOPE, Finding, Handling, Knowledge, Outcome

SMALL_TALK = "small-talk"

_Asked = TypeVar("_Asked")
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Question:
    """One row: the topic's id, ``out-of-scope`` or ``small-talk``; the text; its language.

    ``tag`` None: as for a stranger, the language is detected.
    """

    topic: str
    text: str
    tag: str | None = None


@dataclass(frozen=True)
class Line:
    """One row: the language's tag and a message in it."""

    tag: str
    text: str


@dataclass(frozen=True)
class Figures:
    """Shares are 0 to 1, None where there was nothing to measure; times in milliseconds.

    ``top1`` and ``top3`` questions whose topic (or language) was found first, or among the three
    shown. ``answered`` questions that got a topic's text at once (messages whose language was
    guessed); ``wrong_answered`` those that got another's. ``urgent_recall`` and ``protect_recall``
    messages of that handling which reached it or staff, and no other text. ``megabytes`` the most
    memory this process had.
    """

    n: int
    top1: float | None = None
    top3: float | None = None
    answered: float | None = None
    wrong_answered: float | None = None
    out_of_scope_answered: float | None = None
    urgent_recall: float | None = None
    protect_recall: float | None = None
    small_talk: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    megabytes: float | None = None

    def row(self) -> dict[str, float | int | None]:
        """The figures by name."""
        return asdict(self)


def evaluate_topics(knowledge: Knowledge, questions: Iterable[Question]) -> Figures:
    """Ask the knowledge every question and compare."""
    asked = list(questions)
    results, times = _timed(
        asked, lambda q: knowledge.find(q.text, q.tag or detect(q.text).tag or "ja")
    )

    def reached(handling: Handling) -> float | None:
        # A protected case is opened for staff too.
        with_staff = (handling, Handling.PROTECT, Handling.STAFF)
        return _share(
            _handled(knowledge, finding) in with_staff or bool(finding.concern)
            for question, finding in zip(asked, results, strict=True)
            if (topic := knowledge.topics.get(question.topic)) and topic.handling == handling
        )

    pairs = [(question.topic, found) for question, found in zip(asked, results, strict=True)]
    on_topic = [(topic, found) for topic, found in pairs if topic in knowledge.topics]
    return Figures(
        n=len(asked),
        top1=_share(found.topics[:1] == (topic,) for topic, found in on_topic),
        top3=_share(topic in found.topics for topic, found in on_topic),
        answered=_share(found.outcome == Outcome.TOPIC for _, found in on_topic),
        wrong_answered=_share(
            found.outcome == Outcome.TOPIC and found.topics[0] != topic for topic, found in on_topic
        ),
        out_of_scope_answered=_share(
            found.outcome == Outcome.TOPIC for topic, found in pairs if topic == OUT_OF_SCOPE
        ),
        urgent_recall=reached(FIRST[0]),
        protect_recall=reached(FIRST[1]),
        small_talk=_share(
            found.outcome == Outcome.SMALL_TALK for topic, found in pairs if topic == SMALL_TALK
        ),
        p50_ms=_at(times, 0.5),
        p95_ms=_at(times, 0.95),
        megabytes=_megabytes(),
    )


def evaluate_language(lines: Iterable[Line]) -> Figures:
    """Guess the language of every message and compare."""
    asked = list(lines)
    guesses, times = _timed(asked, lambda line: detect(line.text).tag)
    pairs = list(zip(asked, guesses, strict=True))
    return Figures(
        n=len(asked),
        top1=_share(guess == line.tag for line, guess in pairs),
        top3=_share(line.tag in candidates(line.text)[:3] for line in asked),
        answered=_share(guess is not None for guess in guesses),
        wrong_answered=_share(guess not in (None, line.tag) for line, guess in pairs),
        p50_ms=_at(times, 0.5),
        p95_ms=_at(times, 0.95),
        megabytes=_megabytes(),
    )


def _timed(
    asked: Iterable[_Asked], act: Callable[[_Asked], _Found]
) -> tuple[list[_Found], list[float]]:
    """What came of each, and the milliseconds each took, fastest first."""
    results, times = [], []
    for each in asked:
        begun = perf_counter()
        results.append(act(each))
        times.append((perf_counter() - begun) * 1000)
    return results, sorted(times)


def _megabytes() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1024 * 1024 if platform == "darwin" else 1024), 1)


def _handled(knowledge: Knowledge, finding: Finding) -> Handling | None:
    if finding.outcome != Outcome.TOPIC:
        return None
    return knowledge.topics[finding.topics[0]].handling


def _share(hits: Iterable[bool]) -> float | None:
    counted = list(hits)
    return sum(counted) / len(counted) if counted else None


def _at(ordered: list[float], share: float) -> float | None:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None
