"""How well the bot understands: figures over questions with their topics written beside them.

City staff run this on their own logs (``flask evaluate``); the tests run it on questions written by
people who had not seen the examples.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from time import perf_counter

from bot import languages
from bot.knowledge import FIRST, OUT_OF_SCOPE, Finding, Handling, Knowledge, Outcome

SMALL_TALK = "small-talk"


@dataclass(frozen=True)
class Question:
    """One row: the topic's id, ``out-of-scope`` or ``small-talk``; the text; its language.

    ``tag`` None: as for a stranger, the language is detected.
    """

    topic: str
    text: str
    tag: str | None = None


@dataclass(frozen=True)
class Figures:
    """Shares are 0 to 1, None where there was nothing to measure; times in milliseconds.

    ``top1`` and ``top3`` questions whose topic was found first, or among what was shown.
    ``answered`` questions that got a topic's text at once; ``wrong_answered`` those that got
    another topic's. ``urgent_recall`` and ``protect_recall`` messages of that handling which
    reached it or staff, and no other text.
    """

    n: int
    top1: float | None
    top3: float | None
    answered: float | None
    wrong_answered: float | None
    out_of_scope_answered: float | None
    urgent_recall: float | None
    protect_recall: float | None
    small_talk: float | None
    p50_ms: float | None
    p95_ms: float | None

    def row(self) -> dict[str, float | int | None]:
        """The figures by name."""
        return asdict(self)


def evaluate_topics(knowledge: Knowledge, questions: Iterable[Question]) -> Figures:
    """Ask the knowledge every question and compare."""
    asked = list(questions)
    results: list[tuple[Question, Finding]] = []
    times: list[float] = []
    for question in asked:
        begun = perf_counter()
        tag = question.tag or languages.detect(question.text).tag or "ja"
        results.append((question, knowledge.find(question.text, tag)))
        times.append((perf_counter() - begun) * 1000)
    times.sort()

    def reached(handling: Handling) -> float | None:
        return _share(
            _handled(knowledge, finding) in (handling, Handling.STAFF)
            for question, finding in results
            if (topic := knowledge.topics.get(question.topic)) and topic.handling == handling
        )

    on_topic = [(q.topic, found) for q, found in results if q.topic in knowledge.topics]
    answered = [(topic, found) for topic, found in on_topic if found.outcome == Outcome.TOPIC]
    return Figures(
        n=len(asked),
        top1=_share(found.topics[:1] == (topic,) for topic, found in on_topic),
        top3=_share(topic in found.topics for topic, found in on_topic),
        answered=_share(found.outcome == Outcome.TOPIC for _, found in on_topic),
        wrong_answered=(
            sum(found.topics != (topic,) for topic, found in answered) / len(on_topic)
            if on_topic
            else None
        ),
        out_of_scope_answered=_share(
            found.outcome == Outcome.TOPIC for q, found in results if q.topic == OUT_OF_SCOPE
        ),
        urgent_recall=reached(FIRST[0]),
        protect_recall=reached(FIRST[1]),
        small_talk=_share(
            found.outcome == Outcome.SMALL_TALK for q, found in results if q.topic == SMALL_TALK
        ),
        p50_ms=_at(times, 0.5),
        p95_ms=_at(times, 0.95),
    )


def _handled(knowledge: Knowledge, finding: Finding) -> Handling | None:
    if finding.outcome != Outcome.TOPIC:
        return None
    return knowledge.topics[finding.topics[0]].handling


def _share(hits: Iterable[bool]) -> float | None:
    counted = list(hits)
    return sum(counted) / len(counted) if counted else None


def _at(ordered: list[float], share: float) -> float | None:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None
