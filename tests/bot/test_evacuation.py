"""Evacuation sites: GSI's table as it is, and only sites designated for the danger."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import EvacuationSite
from bot.opendata.evacuation import (
    HAZARD_COLUMNS,
    EvacuationDataError,
    metres_between,
    nearest,
    read_gsi,
)
from bot.runtime import ROOT

DEMO = ROOT / "bot" / "demo" / "evacuation_sites.csv"
HEADER = ["共通ID", "施設・場所名", "住所", "緯度", "経度", "備考", *HAZARD_COLUMNS.values()]


def table(*rows: dict[str, str]) -> io.StringIO:
    lines = [",".join(HEADER)]
    for row in rows:
        given = {"共通ID": "E1", "施設・場所名": "School", "緯度": "35.0", "経度": "139.0"} | row
        lines.append(",".join(given.get(name, "") for name in HEADER))
    return io.StringIO("\n".join(lines))


def site(id: str, latitude: float, *hazards: str) -> EvacuationSite:
    return EvacuationSite(id=id, name=id, hazards=list(hazards), latitude=latitude, longitude=139.0)


def test_a_blank_column_is_not_designated() -> None:
    (found,) = read_gsi(table({"洪水": "1", "津波": "", "備考": " ２階以上 "}))
    assert (found.id, found.hazards, found.remarks) == ("E1", ["flood"], "２階以上")


def test_the_demo_city_has_sites_for_every_danger_it_offers() -> None:
    sites = read_gsi(io.StringIO(DEMO.read_text(encoding="utf-8-sig")))
    offered = ("earthquake", "tsunami", "flood", "landslide", "fire")
    for hazard in offered:
        assert any(hazard in found.hazards for found in sites), hazard
        assert any(hazard not in found.hazards for found in sites), hazard


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({"緯度": "north"}, "line 3"),
        ({"経度": ""}, "line 3"),
        ({"共通ID": " "}, "line 3"),
        ({"施設・場所名": ""}, "line 3"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_nothing_is_read_halfway(
    row: dict[str, str], line: str
) -> None:
    with pytest.raises(EvacuationDataError, match=line):
        read_gsi(table({}, row))


def test_another_table_says_which_columns_it_lacks() -> None:
    with pytest.raises(EvacuationDataError, match="津波"):
        read_gsi(io.StringIO("共通ID,施設・場所名\n1,a\n"))


def test_nearer_sites_that_are_not_designated_are_left_out() -> None:
    sites = [site("near", 35.0, "fire"), site("far", 35.2, "flood"), site("mid", 35.1, "flood")]
    assert [found.site.id for found in nearest(sites, "flood", 35.0, 139.0, 3)] == ["mid", "far"]
    assert nearest(sites, "volcano", 35.0, 139.0, 3) == []


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert metres_between(35.0, 139.0, 36.0, 139.0) == pytest.approx(111_195, abs=5)


DEGREES = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(DEGREES, DEGREES)
def test_the_way_there_is_as_long_as_the_way_back(
    here: tuple[float, float], there: tuple[float, float]
) -> None:
    metres = metres_between(*here, *there)
    assert metres == metres_between(*there, *here)
    assert 0 <= metres <= 20_015_087
    assert metres_between(*here, *here) == 0
