"""Who changed what the city decided about its service: lines of the record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.models import CityChange, Staff
from handlers.console.language import day_and_time

_SHOWN = 50


@dataclass(frozen=True)
class ShownChange:
    """A line of the record: when, who, what, in the page's language."""

    at: str
    by: str
    what: str


def staff_names(session: Session) -> dict[str, str]:
    """What everybody is called, by what stands in a record: "staff:ID"."""
    return {f"staff:{id}": name for id, name in session.execute(select(Staff.id, Staff.name))}


def city_changes(
    session: Session,
    now: datetime,
    which: ColumnElement[bool],
    sentence: Callable[[CityChange], str],
) -> list[ShownChange]:
    """The newest changes of one kind, newest first."""
    rows = session.scalars(
        select(CityChange).where(which).order_by(CityChange.id.desc()).limit(_SHOWN)
    ).all()
    names = staff_names(session)
    return [
        ShownChange(day_and_time(row.at, now), names.get(row.by, row.by), sentence(row))
        for row in rows
    ]
