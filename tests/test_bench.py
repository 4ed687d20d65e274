"""Figures: how they compare, and that a missed goal is never shown as met."""

import json
import math
from pathlib import Path

import pytest

from bench.figures import Figure, percentile
from bench.installation import settings_for


def test_a_row_of_json_has_these_keys() -> None:
    row = json.loads(Figure("requests", 300.0, "1/s", 200.0, 250.0, more_is_better=True).as_json())
    assert row == {
        "name": "requests",
        "value": 300.0,
        "unit": "1/s",
        "baseline": 200.0,
        "ratio": 1.5,
        "goal": 250.0,
        "goal_met": True,
    }


@pytest.mark.parametrize(
    ("value", "goal", "more_is_better", "met"),
    [
        (5.0, 5.0, False, True),
        (5.1, 5.0, False, False),
        (5.1, 5.0, True, True),
        (math.nan, 5.0, False, False),
        (math.nan, 5.0, True, False),
        (5.0, None, False, None),
    ],
)
def test_goals(value: float, goal: float | None, more_is_better: bool, met: bool | None) -> None:
    assert Figure("x", value, "s", goal=goal, more_is_better=more_is_better).goal_met is met


def test_what_could_not_be_measured_is_null() -> None:
    assert json.loads(Figure("x", percentile([], 0.5), "s").as_json())["value"] is None


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_percentiles(share: float, value: int) -> None:
    assert percentile(range(1, 101), share) == value


def test_a_bench_sees_no_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://poison.invalid/residents")
    settings = settings_for(tmp_path, 8700, {"RETENTION_DAYS": "3"})
    assert "DATABASE_URL" not in settings
    assert settings["RETENTION_DAYS"] == "3"
