"""How well messages are understood: ours beside well-known ways, same examples and questions.

The questions are those under tests/data/questions that nobody looked at while tuning. The other
ways get the language told, all examples of that language, and show their best guess.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from time import perf_counter

import bm25s
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from bench.figures import Figure
from bot.evaluation import Figures, Question, evaluate_topics
from bot.knowledge import OUT_OF_SCOPE, Knowledge, data
from bot.knowledge.spelling import prepare

ROOT = Path(__file__).parents[1]
FAQ, QUESTIONS = ROOT / "templates" / "faq", ROOT / "tests" / "data" / "questions"
UNSEEN = "unseen"

Guess = Callable[[str], str]
"""From a message to a label."""


def measure(folder: Path, given: Mapping[str, str]) -> Iterator[Figure]:
    """The share of questions whose topic was found first, in the mean and the weakest language."""
    asked = {path.stem: unseen(path) for path in sorted(QUESTIONS.glob("*.tsv"))}
    begun = perf_counter()
    knowledge = Knowledge.load(FAQ)
    yield Figure("ready", perf_counter() - begun, "s", goal=2)
    ours = {tag: evaluate_topics(knowledge, questions) for tag, questions in asked.items()}
    best = {tag: figures.top1 or 0.0 for tag, figures in ours.items()}
    for name, way in WAYS.items():
        theirs = {tag: _found_first(way, tag, questions) for tag, questions in asked.items()}
        yield Figure(
            f"topic found first, beside {name}",
            mean(best.values()),
            "share",
            mean(theirs.values()),
            more_is_better=True,
        )
    yield Figure(
        "… in the weakest language", min(best.values()), "share", goal=0.85, more_is_better=True
    )
    yield from _worst(ours)


def _worst(ours: Mapping[str, Figures]) -> Iterator[Figure]:
    """The goals, each for the language that is furthest from it."""
    for name, goal, more in (
        ("top3", 0.95, True),
        ("urgent_recall", 0.98, True),
        ("protect_recall", 0.98, True),
        ("wrong_answered", 0.04, False),
        ("out_of_scope_answered", 0.05, False),
        ("p95_ms", 3.0, False),
        ("megabytes", 150.0, False),
    ):
        values = [value for figures in ours.values() if (value := figures.row()[name]) is not None]
        worst = min(values) if more else max(values)
        yield Figure(f"{name}, weakest language", worst, "", goal=goal, more_is_better=more)


def unseen(path: Path) -> list[Question]:
    """The questions of a language that nobody looked at."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Question(row["topic"], row["text"], path.stem) for row in rows if row["half"] == UNSEEN
        ]


def _found_first(
    way: Callable[[Sequence[tuple[str, str]]], Guess], tag: str, questions: Sequence[Question]
) -> float:
    guess = way(
        [(label, prepare(text).marked) for label, text in data.messages(FAQ / tag / "examples.txt")]
    )
    on_topic = [question for question in questions if question.topic != OUT_OF_SCOPE]
    return mean(guess(prepare(each.text).marked) == each.topic for each in on_topic)


def _rapidfuzz(examples: Sequence[tuple[str, str]]) -> Guess:
    texts = [text for _, text in examples]

    def guess(text: str) -> str:
        found = process.extractOne(text, texts, scorer=fuzz.WRatio)
        return examples[found[2]][0]

    return guess


def _bm25s(examples: Sequence[tuple[str, str]]) -> Guess:
    """Over letters in threes: half of the languages have no spaces."""
    retriever = bm25s.BM25()
    vocabulary: dict[str, int] = {}
    corpus = [
        [vocabulary.setdefault(piece, len(vocabulary)) for piece in _threes(text)]
        for _, text in examples
    ]
    retriever.index((corpus, vocabulary), show_progress=False)

    def guess(text: str) -> str:
        known = [vocabulary[piece] for piece in _threes(text) if piece in vocabulary]
        if not known:
            return OUT_OF_SCOPE
        found, _ = retriever.retrieve([known], k=1, show_progress=False)
        return examples[int(found[0][0])][0]

    return guess


def _threes(text: str) -> list[str]:
    return [text[at : at + 3] for at in range(max(len(text) - 2, 1))]


def _scikit_learn(examples: Sequence[tuple[str, str]]) -> Guess:
    model = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True),
        LogisticRegression(C=10, max_iter=100),
    )
    model.fit([text for _, text in examples], [label for label, _ in examples])
    return lambda text: str(model.predict([text])[0])


WAYS: Mapping[str, Callable[[Sequence[tuple[str, str]]], Guess]] = {
    "rapidfuzz": _rapidfuzz,
    "bm25s": _bm25s,
    "scikit-learn": _scikit_learn,
}
