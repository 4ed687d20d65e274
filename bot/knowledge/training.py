"""Training: `python -m bot.knowledge.training` after words or examples changed.

Needs scikit-learn (requirements-test.in); what runs afterwards does not. A digest of the data is
kept in the file, so that a test can tell a model from before the last change.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path

import numpy
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB

from bot import detection
from bot.knowledge import COMMAND, MODEL, data, read_tongues
from bot.knowledge.features import features
from bot.knowledge.lexicon import LATIN
from bot.knowledge.spelling import prepare
from bot.languages import registered
from bot.linear import STRONGEST, Columns, Linear, hashed

ROOT = Path(__file__).parents[2]
FAQ = ROOT / "templates" / "faq"
LINES = ROOT / "bot" / "detection_lines.txt"
SMOOTHING, SEPARATING = 0.01, 0.3
"""Of naive Bayes, and how much of a weight is logistic regression's."""
SPELT_ALIKE = {"zh-Hant": "zh-Hans"}
"""Languages that are the same in Latin letters."""
EXAMPLES, TALK = "examples.txt", "talk.txt"

Example = tuple[str, Mapping[str, float]]
"""A label and the features of one text."""


def digest(paths: Iterable[Path]) -> str:
    """Of all that a model is trained from."""
    whole = sha256()
    for path in sorted(paths):
        whole.update(f"{path.parent.name}/{path.name}".encode() + path.read_bytes())
    return whole.hexdigest()


def trained(
    examples: Sequence[Example], *, regularisation: float, least: float, made_from: str
) -> Linear:
    """A model of the examples: between what separates the labels (logistic regression) and what
    their examples have (naive Bayes), which a few examples a label teach better.

    Features of a single example and weights below `least` are left out: they would be most of the
    file and hardly change an answer. There must be three labels or more.
    """
    seen = Counter(feature for _, features in examples for feature in features)
    vectorizer = DictVectorizer()
    table = vectorizer.fit_transform(
        {name: counts for name, counts in features.items() if seen[name] > 1}
        for _, features in examples
    )
    labels = [label for label, _ in examples]
    separating = LogisticRegression(
        C=regularisation, max_iter=120, tol=1e-3, class_weight="balanced"
    ).fit(table, labels)
    having = MultinomialNB(alpha=SMOOTHING, fit_prior=False).fit(table, labels)
    # What a label says of a feature it never had is said once, of all features together.
    unheard = numpy.log(SMOOTHING) - numpy.log(
        having.feature_count_.sum(axis=1) + SMOOTHING * table.shape[1]
    )
    weights = SEPARATING * separating.coef_ + (1 - SEPARATING) * (
        having.feature_log_prob_ - unheard[:, None]
    )
    scale = float(numpy.abs(weights).max()) / STRONGEST
    kept = numpy.where(numpy.abs(weights) < least, 0, numpy.rint(weights / scale))
    return Linear(
        [str(label) for label in separating.classes_],
        [float(each) * SEPARATING for each in separating.intercept_],
        [float(each) * (1 - SEPARATING) for each in unheard],
        scale,
        _columns(vectorizer.get_feature_names_out(), kept.T.astype(numpy.int8)),
        made_from,
    )


def _columns(
    names: Sequence[str], weights: "numpy.ndarray[tuple[int, int], numpy.dtype[numpy.int8]]"
) -> Columns:
    """By ascending hash; where two features share one, the first keeps it."""
    by_hash: dict[int, int] = {}
    for row, name in enumerate(names):
        by_hash.setdefault(hashed(name), row)
    hashes, begins, labels, values = array("I"), array("I", [0]), array("B"), array("b")
    for number, row in sorted(by_hash.items()):
        found = numpy.flatnonzero(weights[row])
        if len(found):
            hashes.append(number)
            labels.extend(int(label) for label in found)
            values.extend(int(weights[row, label]) for label in found)
            begins.append(len(labels))
    return Columns(hashes, begins, labels, values)


def topic_examples(folder: Path) -> list[Example]:
    """All messages of all languages with their labels, read each in its own language."""
    found: list[Example] = []
    for tag, tongue in read_tongues(folder).items():
        for label, text in _said(folder / tag):
            read = tongue.read(prepare(text))
            concepts = {concept for _, concept in tongue.lexicon.hits(read)}
            found.append((label, features(read, concepts)))
    return found


def language_examples(folder: Path, lines: Path) -> list[Example]:
    """The same messages with the language as label, and lines that have one as theirs."""
    scripts = {known.tag: known.script for known in registered()}
    said = [(tag, text) for tag in read_tongues(folder) for _, text in _said(folder / tag)]
    found: list[Example] = []
    for tag, text in chain(said, data.messages(lines)):
        typed = text.isascii() and scripts.get(tag, LATIN) != LATIN
        label = f"{detection.TYPED}{SPELT_ALIKE.get(tag, tag)}" if typed else tag
        found.append((label, detection.features(detection.cleaned(text))))
    return found


def _said(folder: Path) -> list[tuple[str, str]]:
    pairs = data.messages(folder / EXAMPLES) + data.messages(folder / TALK)
    return [
        (label, text)
        for label, text in pairs
        if not label.startswith((COMMAND, "small-talk.filler"))
    ]


def sources(folder: Path) -> list[Path]:
    """The files the models are trained from."""
    return [
        path
        for name in ("words.txt", EXAMPLES, TALK, "forms.txt")
        for path in folder.glob(f"*/{name}")
    ]


def main() -> None:
    """Train both models from the files of this checkout."""
    topics = trained(
        topic_examples(FAQ), regularisation=5.0, least=0.05, made_from=digest(sources(FAQ))
    )
    topics.save(FAQ / MODEL)
    tongues = trained(
        language_examples(FAQ, LINES),
        regularisation=5.0,
        least=0.1,
        made_from=digest([*sources(FAQ), LINES]),
    )
    tongues.save(detection.MODEL)
    for path in (FAQ / MODEL, detection.MODEL):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
