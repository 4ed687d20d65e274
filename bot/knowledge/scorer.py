"""Scoring a message against example questions.

A linear model that is counted, not trained: each feature of a message (a concept, a word, a few
letters) votes for the topics whose examples have it more often than examples have it in general.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from math import log

from bot.knowledge.lexicon import LATIN_WORD, Text

# Letters beyond these tell nothing new about a topic and cost time.
LOOKED_AT = 400

# What a feature of a kind weighs, before its votes are counted.
WEIGHTS = {"c": 1.0, "p": 0.5, "w": 0.5, "m": 0.4, "v": 0.4, "g": 0.15, "b": 0.35, "t": 0.25}

# Examples to assume without the feature, and how many it takes to believe half of what they say.
SMOOTHING, DOUBT = 0.4, 1.0


def features(text: Text, concepts: Iterable[str]) -> list[str]:
    """What counts: concepts and pairs of them, words, word pairs, letters, character pairs."""
    found = set()
    concepts = sorted(concepts)
    for at, concept in enumerate(concepts):
        found.add("c" + concept)
        found.update(f"p{concept} {other}" for other in concepts[at + 1 :])
    plain, marked = text.plain[:LOOKED_AT], text.marked[:LOOKED_AT]
    words = LATIN_WORD.findall(plain)
    if marked != plain:
        found.update("m" + word for word in LATIN_WORD.findall(marked))
    for word, following in zip_longest(words, words[1:]):
        found.add("w" + word)
        if following:
            found.add(f"v{word} {following}")
        found.update("g" + word[at : at + 4] for at in range(len(word) - 3) if len(word) > 4)
    if not plain.isascii():
        for at in range(len(plain) - 1):
            if plain[at] > "\u1fff" and plain[at + 1] > "\u1fff":
                found.add("b" + plain[at : at + 2])
                if at + 2 < len(plain) and plain[at + 2] > "\u1fff":
                    found.add("t" + plain[at : at + 3])
    # In order, so that sums come out the same in every process.
    return sorted(found)


class Scorer:
    """The votes of every feature, counted from labelled examples."""

    def __init__(self, examples: Iterable[tuple[str, Iterable[str]]]) -> None:
        """``examples`` are pairs of a label and the features of one example."""
        sizes = Counter[str]()
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for label, found in examples:
            sizes[label] += 1
            for feature in found:
                counts[feature][label] += 1
        everything = sum(sizes.values())
        self.labels = tuple(sorted(sizes))
        self._votes: dict[str, tuple[tuple[str, float], ...]] = {}
        for feature, by_label in counts.items():
            total = sum(by_label.values())
            expected = total / everything
            if total < 2 and feature[0] in "pvgt":
                continue
            votes = []
            for label, number in by_label.items():
                size = sizes[label]
                share = (number + SMOOTHING * expected) / (size + SMOOTHING)
                gain = log(share / expected) * number / (number + DOUBT)
                if gain > 0:
                    votes.append((label, WEIGHTS[feature[0]] * gain))
            self._votes[feature] = tuple(votes)

    def scores(self, found: Iterable[str]) -> Mapping[str, float]:
        """The votes for each label that got any."""
        total: dict[str, float] = defaultdict(float)
        for feature in found:
            for label, vote in self._votes.get(feature, ()):
                total[label] += vote
        return total
