"""A linear model in little memory: the features of a text vote for labels.

It is trained elsewhere (`bot.knowledge.training`) and kept as one file: a line of JSON, then,
compressed, the features' hashes in order, where each one's votes begin, whom they are for and how
much they count. A hash in place of each feature keeps 300,000 of them in a few megabytes.
"""

import json
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp
from pathlib import Path

STRONGEST = 127
"""Weights are stored as whole numbers from -127 to 127, times the file's `scale`."""


def hashed(feature: str) -> int:
    """32 bits of a feature, the same in every process."""
    return zlib.crc32(feature.encode())


class ModelError(ValueError):
    """The file is not a model; the message says which and how to make it anew."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged: make it anew with: python -m bot.knowledge.training")


@dataclass(frozen=True)
class Columns:
    """The votes of all features: `hashes` ascending, `begins` one longer, `labels`, `weights`."""

    hashes: "array[int]"
    begins: "array[int]"
    labels: "array[int]"
    weights: "array[int]"


class Linear:
    """Which labels the features of a text speak for."""

    def __init__(
        self,
        labels: Iterable[str],
        bias: Iterable[float],
        each: Iterable[float],
        scale: float,
        columns: Columns,
        digest: str = "",
    ) -> None:
        """``bias`` and ``each`` by label: votes to begin with, and for each feature that is known.
        ``digest`` tells what it was trained from.
        """
        self.labels = tuple(labels)
        self.digest = digest
        self._bias = tuple(bias)
        self._each = tuple(each)
        self._scale = scale
        self._columns = columns

    @classmethod
    def load(cls, path: Path) -> "Linear":
        """The model in a file. Raises `ModelError`."""
        try:
            head, packed = path.read_bytes().split(b"\n", 1)
            about, raw = json.loads(head), zlib.decompress(packed)
            arrays = [array(kind) for kind in "IIBb"]
            for column, size in zip(arrays, about["sizes"], strict=True):
                taken = size * column.itemsize
                column.frombytes(raw[:taken])
                raw = raw[taken:]
            return cls(
                about["labels"],
                about["bias"],
                about["each"],
                about["scale"],
                Columns(*arrays),
                about["digest"],
            )
        except (OSError, ValueError, KeyError, TypeError, zlib.error) as error:
            raise ModelError(path) from error

    def save(self, path: Path) -> None:
        """Write the file that `load` reads."""
        held = self._columns
        arrays = (held.hashes, held.begins, held.labels, held.weights)
        about = {
            "digest": self.digest,
            "labels": self.labels,
            "bias": [round(votes, 4) for votes in self._bias],
            "each": [round(votes, 4) for votes in self._each],
            "scale": self._scale,
            "sizes": [len(column) for column in arrays],
        }
        packed = zlib.compress(b"".join(column.tobytes() for column in arrays), 9)
        path.write_bytes(json.dumps(about).encode() + b"\n" + packed)

    def votes(self, features: Mapping[str, float]) -> list[float]:
        """The votes for each label, in the order of `labels`; each feature with what it counts."""
        total = list(self._bias)
        known = 0.0
        held = self._columns
        hashes, begins, labels, weights = held.hashes, held.begins, held.labels, held.weights
        for feature, counts in features.items():
            number = hashed(feature)
            at = bisect_left(hashes, number)
            if at < len(hashes) and hashes[at] == number:
                known += counts
                counts *= self._scale
                for place in range(begins[at], begins[at + 1]):
                    total[labels[place]] += counts * weights[place]
        return [votes + known * each for votes, each in zip(total, self._each, strict=True)]

    def shares(self, features: Mapping[str, float]) -> dict[str, float]:
        """How likely each label is, 0 to 1 and together 1."""
        return dict(zip(self.labels, softmax(self.votes(features)), strict=True))


def softmax(votes: list[float]) -> list[float]:
    """Votes as shares of 1."""
    most = max(votes)
    likely = [exp(each - most) for each in votes]
    whole = sum(likely)
    return [each / whole for each in likely]
