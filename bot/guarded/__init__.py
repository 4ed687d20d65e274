"""Guarded facts: what must be the same in every language of a notice.

Numbers, times, dates, levels, telephone numbers, links, places and direction words are found in the
Japanese text and found again in any other: machine-translated, or written by a key person. In 2019
a machine told people in Portuguese to go to the river; such a text must not reach anybody unseen.
"""

from bot.guarded.comparing import NoWords, compare, facts
from bot.guarded.facts import Difference, Fact, Kind
from bot.guarded.measuring import (
    GuardedFigures,
    Judged,
    JudgedFileError,
    evaluate_guarded,
    read_judged,
)

__all__ = [
    "Difference",
    "Fact",
    "GuardedFigures",
    "Judged",
    "JudgedFileError",
    "Kind",
    "NoWords",
    "compare",
    "evaluate_guarded",
    "facts",
    "read_judged",
]
