"""A linear model: votes, shares, its file."""

from array import array
from pathlib import Path

import pytest

from bot.linear import Columns, Linear, ModelError, hashed


def model() -> Linear:
    """`smoke` speaks for fire and against water, `tap` for water, which is likelier at first."""
    rows = sorted([(hashed("smoke"), [(0, 100), (1, -50)]), (hashed("tap"), [(1, 127)])])
    columns = Columns(array("I"), array("I", [0]), array("B"), array("b"))
    for number, votes in rows:
        columns.hashes.append(number)
        for label, weight in votes:
            columns.labels.append(label)
            columns.weights.append(weight)
        columns.begins.append(len(columns.labels))
    return Linear(("fire", "water"), (0.0, 0.5), (0.0, -0.1), 0.02, columns, "made from this")


def test_each_feature_votes_with_what_it_counts() -> None:
    assert model().votes({"smoke": 1.0, "unheard of": 1.0}) == pytest.approx([2.0, 0.5 - 1.0 - 0.1])
    assert model().votes({"smoke": 0.5, "tap": 1.0}) == pytest.approx(
        [1.0, 0.5 - 0.5 + 2.54 - 0.15]
    )


def test_shares_are_one_together() -> None:
    shares = model().shares({"tap": 1.0})
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["water"] > 0.9
    assert model().shares({})["water"] == pytest.approx(0.622, abs=0.001)


def test_a_file_gives_the_same_model_back(tmp_path: Path) -> None:
    model().save(tmp_path / "model.bin")
    loaded = Linear.load(tmp_path / "model.bin")
    assert (loaded.labels, loaded.digest) == (("fire", "water"), "made from this")
    found = {"smoke": 1.0, "tap": 0.3}
    assert loaded.votes(found) == pytest.approx(model().votes(found))


@pytest.mark.parametrize("content", [b"", b"{}\n", b"no model", b'{"sizes": [1]}\nabc'])
def test_a_damaged_file_says_how_to_mend_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.bin is damaged: .* bot\.knowledge\.training"):
        Linear.load(path)


def test_a_missing_file_says_so_too(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Linear.load(tmp_path / "nowhere.bin")
