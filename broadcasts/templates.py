"""The templates notices are made from: what they demand and which blanks they have.

Their words in each language stand beside them and are stock texts, kept in the database once
loaded, so that the city can adopt or change them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bot.runtime import ROOT

FOLDER = ROOT / "templates" / "alerts"

LINES = ("headline", "whom", "where", "avoid", "hazard", "decided")
"""The lines of a text, in the order a frightened person needs them."""


@dataclass(frozen=True)
class Blank:
    """Something staff fill in. `kind`: place, places, time, text, phone or number."""

    name: str
    kind: str
    required: bool
    label_ja: str
    label_en: str
    example_ja: str


@dataclass(frozen=True)
class Template:
    """One kind of notice. `level` is the 警戒レベル, `color_level` its colour where it has none.

    `decision`: it passes a decision on, so who decided, when and the decision's number are
    demanded. `hours`: how long it is in force unless staff say otherwise.
    """

    id: str
    level: int | None
    color_level: int | None
    hazard: str | None
    category: str
    severity: str
    urgency: str
    decision: bool
    hours: int
    pictogram: str
    blanks: tuple[Blank, ...]


@cache
def templates() -> Mapping[str, Template]:
    """All templates in the console's order, by id."""
    data = tomllib.loads((FOLDER / "templates.toml").read_text(encoding="utf-8"))
    return {id: _template(id, row) for id, row in data.items()}


def _template(id: str, row: Mapping[str, object]) -> Template:
    values = dict(row)
    blanks = values.pop("blanks", [])
    defaults = {"level": None, "color_level": None, "hazard": None, "decision": False}
    assert isinstance(blanks, list)
    made = tuple(Blank(**{"required": True, "example_ja": "", **blank}) for blank in blanks)
    return Template(id=id, blanks=made, **{**defaults, **values})  # type: ignore[arg-type]
