"""What of a message counts: its concepts, and its words or letters as they are."""

from collections.abc import Iterable
from itertools import pairwise

import regex as re

from bot.knowledge.spelling import HAN, UNSPACED, WORD, Text

# Letters beyond these tell nothing new about a topic and cost time.
LOOKED_AT = 400

CONCEPT, PAIR, WORD_ITSELF, NEIGHBOURS, PIECE, LETTERS = 1.0, 0.25, 0.5, 0.4, 0.2, 0.25
"""What one of a kind counts in training and in use: the rarer, the less."""

LONG_WORD, PIECE_LENGTH, LETTERS_TOGETHER = 5, 4, 4
RUN = re.compile(rf"[{UNSPACED}]+")


def features(text: Text, concepts: Iterable[str]) -> dict[str, float]:
    """Each feature of a text with these concepts, with what it counts.

    Concepts and their pairs are common to all languages: what is learned of them in one holds in
    the others. Words, pairs of neighbours and pieces of long words are a script's with spaces,
    up to four letters in a row one's without.
    """
    found: dict[str, float] = {}
    ordered = sorted(concepts)
    for at, concept in enumerate(ordered):
        found[f"c{concept}"] = CONCEPT
        for other in ordered[at + 1 :]:
            found[f"p{concept} {other}"] = PAIR
    plain = text.plain[:LOOKED_AT]
    words = WORD.findall(plain)
    for word in words:
        found[f"w{word}"] = WORD_ITSELF
        if len(word) >= LONG_WORD:
            for at in range(len(word) - PIECE_LENGTH + 1):
                found[f"g{word[at : at + PIECE_LENGTH]}"] = PIECE
    for word, following in pairwise(words):
        found[f"v{word} {following}"] = NEIGHBOURS
    for run in RUN.findall(plain):
        shortest = 1 if HAN.match(run) else 2
        for length in range(shortest, LETTERS_TOGETHER + 1):
            for at in range(len(run) - length + 1):
                found[f"n{run[at : at + length]}"] = LETTERS
    return evened(found)


def evened(found: dict[str, float]) -> dict[str, float]:
    """With less weight for each feature of a long message, but more for all of them together."""
    length = sum(counts * counts for counts in found.values()) ** 0.25
    return {feature: counts / length for feature, counts in found.items()} if length else found
