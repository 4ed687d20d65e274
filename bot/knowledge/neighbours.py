"""What staff corrected: a message much like one of theirs is about the same."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import sqrt

# How like it (cosine, 0 to 1) a message must at least be, and the least features to compare.
LIKE, FEWEST = 0.6, 3


class Neighbours:
    """Messages with their topics, found again by what they have in common."""

    def __init__(self, examples: Iterable[tuple[str, Mapping[str, float]]]) -> None:
        """``examples`` are pairs of a topic and the features of a message."""
        self._topics: list[str] = []
        self._lengths: list[float] = []
        self._having: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for topic, features in examples:
            if len(features) < FEWEST:
                continue
            number = len(self._topics)
            self._topics.append(topic)
            self._lengths.append(_length(features))
            for feature, counts in features.items():
                self._having[feature].append((number, counts))

    def nearest(self, features: Mapping[str, float]) -> str | None:
        """The topic of the message most like these features; None where none is like enough."""
        if not self._topics or len(features) < FEWEST:
            return None
        common = defaultdict[int, float](float)
        for feature, counts in features.items():
            for number, theirs in self._having.get(feature, ()):
                common[number] += counts * theirs
        length = _length(features)
        likeness = {
            number: shared / (length * self._lengths[number]) for number, shared in common.items()
        }
        best = max(likeness, key=likeness.__getitem__, default=None)
        return None if best is None or likeness[best] < LIKE else self._topics[best]


def _length(features: Mapping[str, float]) -> float:
    return sqrt(sum(counts * counts for counts in features.values()))
