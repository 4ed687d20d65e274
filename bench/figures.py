"""One measured figure, how it compares, and how it is shown."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

HEADINGS = f"{'figure':<44}{'value':>12}{'baseline':>12}{'ratio':>8}{'goal':>10}  met"


@dataclass(frozen=True)
class Figure:
    """A value in `unit`, beside the same measured of a baseline, and what it should reach."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    goal: float | None = None
    more_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        """Value ÷ baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def goal_met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value >= self.goal if self.more_is_better else self.value <= self.goal

    def as_json(self) -> str:
        return json.dumps(
            {
                "name": self.name,
                "value": _rounded(self.value),
                "unit": self.unit,
                "baseline": _rounded(self.baseline),
                "ratio": _rounded(self.ratio),
                "goal": self.goal,
                "goal_met": self.goal_met,
            }
        )

    def as_row(self) -> str:
        met = {None: "", True: "yes", False: "NO"}[self.goal_met]
        name = f"{self.name} ({self.unit})"
        numbers = f"{_shown(self.value):>12}{_shown(self.baseline):>12}{_shown(self.ratio):>8}"
        return f"{name:<44}{numbers}{_shown(self.goal):>10}  {met}".rstrip()


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _rounded(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(f"{value:.4g}")


def _shown(value: float | None) -> str:
    rounded = _rounded(value)
    return "" if rounded is None else f"{rounded:,.6g}"
