"""What a guarded fact is, and what comparing two texts finds."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of fact; the order is that of the table `flask evaluate guarded` prints."""

    NUMBER = "number"
    TIME = "time"
    DATE = "date"
    LEVEL = "level"
    PHONE = "phone"
    LINK = "link"
    PLACE = "place"
    DIRECTION = "direction"


@dataclass(frozen=True)
class Fact:
    """One fact of a text.

    `value` is the same for every way of writing it: "21:40", "month 9", "3 floor", an id of a
    place, the name of a direction. `shown` is what the text says, in plain writing.
    """

    kind: Kind
    value: str
    shown: str


@dataclass(frozen=True)
class Difference:
    """What another text lacks of the Japanese one, and what it has that is not in the Japanese.

    `length_ok` whether it is about as long as a translation can be.
    """

    missing: tuple[Fact, ...]
    added: tuple[Fact, ...]
    length_ok: bool

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.missing and not self.added and self.length_ok


@dataclass(frozen=True)
class Mention:
    """One number, time or day as a text writes it.

    `values` are all it may mean: minutes of the day where `unit` is "time", else numbers. `unit` is
    one of `lexicon.UNITS`, "time", "day" of the month, "month", "date" (day or month), "weekday",
    "relative", or "" where the text does not tell. `sure` False: spelled in a word or a guess, too
    weak to be held against a text. `guess`: the same digits are mentioned in another sense too.
    `name`: a month by its name; `parted`: an hour called so, of a part of the day.
    """

    values: frozenset[float]
    unit: str
    start: int
    end: int
    shown: str
    sure: bool = True
    guess: bool = False
    name: bool = False
    parted: bool = False
