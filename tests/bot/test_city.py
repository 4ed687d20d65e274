"""The city's file: refused with a line for each mistake; hours, holidays and names as they are."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import city
from bot.city import JAPAN, CityFileError, next_opening, staffed_until
from bot.models import Area, ResidentArea
from bot.runtime import ROOT, Runtime
from tests import factories

DEMO = ROOT / "bot" / "demo" / "city.toml"
WEEK = {name: ["08:30-12:00", "13:00-17:15"] for name in ("mon", "tue", "wed", "thu", "fri")}
FACTS = {
    "hours": {"counter": WEEK | {"sat": [], "sun": [], "holiday": [], "closed": ["12-29"]}},
    "holidays": {"dates": ["2026-09-21", "2026-09-22"]},
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAPAN)


def test_the_demo_city_can_be_read() -> None:
    read = city.read(DEMO)
    assert read.facts["city"]["name"]["ja"] == "みなと市"
    assert len(read.areas) >= 2


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('ja = "みなと市"\n', "", "[city.name] needs a ja name"),
        ('counter = "000-000-0100"\n', "", "[phones] needs counter"),
        ("[[areas]]", "[[areas]]\nlatitude = 1\n[[areas]]", "needs an id and a ja name"),
        ('"08:30-', '"8h30-', "is not HH:MM-HH:MM"),
        ("[city.name]", "[city.name", "city.toml"),
    ],
)
def test_a_mistake_in_the_file_is_told_by_its_place(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    text = DEMO.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "city.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CityFileError) as caught:
        city.read(path)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-09-01T08:29", None),
        ("2026-09-01T08:30", "2026-09-01T12:00"),
        ("2026-09-01T12:00", None),
        ("2026-09-01T17:14", "2026-09-01T17:15"),
        ("2026-09-05T10:00", None),  # Saturday
        ("2026-09-21T10:00", None),  # a holiday on a Monday
        ("2026-12-29T10:00", None),  # closed every year
    ],
)
def test_when_somebody_is_there(now: str, until: str | None) -> None:
    assert staffed_until(FACTS, at(now)) == (at(until) if until else None)


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-09-01T07:00", "2026-09-01T08:30"),
        ("2026-09-01T12:30", "2026-09-01T13:00"),
        ("2026-09-18T18:00", "2026-09-23T08:30"),  # a weekend and two holidays
    ],
)
def test_when_somebody_is_there_next(now: str, opening: str) -> None:
    assert next_opening(FACTS, at(now)) == at(opening)


def test_without_hours_nobody_is_promised() -> None:
    assert staffed_until({}, at("2026-09-01T10:00")) is None
    assert next_opening({}, at("2026-09-01T10:00")) is None


def test_an_area_that_is_gone_leaves_the_choices_and_the_rest_stays(runtime: Runtime) -> None:
    file = city.read(DEMO)
    with runtime.database.write() as session:
        city.load(session, file)
        resident = factories.resident(session)
        for area in file.areas[:2]:
            session.add(
                ResidentArea(
                    resident_id=resident.id, area_id=area["id"], confirmed_at=factories.NOON
                )
            )
    smaller = city.CityFile(file.facts, file.areas[1:], ())
    with runtime.database.write() as session:
        city.load(session, smaller)
    with runtime.database.read() as session:
        assert session.scalars(select(ResidentArea.area_id)).all() == [file.areas[1]["id"]]
        assert len(session.scalars(select(Area)).all()) == len(file.areas) - 1
