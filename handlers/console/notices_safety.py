"""*Are you safe?*: how many answered what, and where those are who need help."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, abort, current_app, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import Case, Staff
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from broadcasts import reading, safety
from handlers.console.language import _, clock_time, day_and_time, duration, language_name
from handlers.console.notices_words import Names
from handlers.console.permissions import the_staff

blueprint = Blueprint("safety", __name__)

KINDS = ("safe", "help", "")
"""What is answered; "" is nothing yet."""


@dataclass(frozen=True)
class Answers:
    """People of one language or area by what they answered last."""

    name: str
    safe: int
    help: int
    none: int


@dataclass(frozen=True)
class Safety:
    """The answers to one notice. `may_ask_again`: by an Update, once, while it is in force."""

    total: Answers
    by_language: tuple[Answers, ...]
    by_area: tuple[Answers, ...]
    may_ask_again: bool


@dataclass(frozen=True)
class Person:
    """Somebody who needs help. `case_id` is None where there is none this member of staff may
    open; `closed`: there is one that they may not, and where they are is not shown either.
    """

    language: str
    areas: str
    since: str
    waits: str
    case_id: int | None
    closed: bool
    latitude: float | None = None
    longitude: float | None = None
    located: str = ""


def look(session: Session, broadcast: Broadcast, names: Names, now: datetime) -> Safety | None:
    """The answers so far; None where the notice does not ask."""
    if not broadcast.asks_safety:
        return None
    by_language = _by_language(safety.counts(session, broadcast))
    asked_before = broadcast.references is not None and broadcast.references.asks_safety
    is_newest = reading.newest(session, broadcast).id == broadcast.id
    total = [sum(getattr(row, kind) for row in by_language) for kind in ("safe", "help", "none")]
    return Safety(
        total=Answers("", *total),
        by_language=by_language,
        by_area=_by_area(safety.counts_by_area(session, broadcast), names),
        may_ask_again=is_newest and not asked_before and broadcast.is_active(now),
    )


def _by_language(counts: Mapping[tuple[str, str], int]) -> tuple[Answers, ...]:
    sums: dict[tuple[str, str], int] = {}
    for (key, kind), number in counts.items():
        place = language_name(json.loads(key)[0]), kind
        sums[place] = sums.get(place, 0) + number
    return _rows(sums)


def _by_area(counts: Mapping[tuple[str, str], int], names: Names) -> tuple[Answers, ...]:
    unknown = _("area not known")
    return _rows({(names.areas.get(id) or unknown, kind): n for (id, kind), n in counts.items()})


def _rows(counts: Mapping[tuple[str, str], int]) -> tuple[Answers, ...]:
    """The most help first, then the most silence."""
    rows = [
        Answers(name, *(counts.get((name, kind), 0) for kind in KINDS))
        for name in {name for name, _kind in counts}
    ]
    return tuple(sorted(rows, key=lambda row: (-row.help, -row.none, row.name)))


@blueprint.get("/<number>/help")
def page(number: str) -> str:
    """Everybody whose last answer is that they need help, who waits longest first."""
    runtime: Runtime = current_app.extensions["runtime"]
    now, staff = runtime.clock.now(), the_staff()
    with runtime.database.read() as session:
        broadcast = session.scalars(select(Broadcast).where(Broadcast.number == number)).first()
        if broadcast is None or not broadcast.asks_safety:
            abort(404)
        names = Names.load(session)
        people = [
            _person(session, staff, found, names, now)
            for found in safety.in_need(session, broadcast)
        ]
        return render_template(
            "console/notice_help.html",
            broadcast=broadcast,
            subject=names.subject(broadcast),
            people=people,
            drill=broadcast.drill,
            as_of=clock_time(now, seconds=True),
        )


def _person(
    session: Session, staff: Staff, found: safety.InNeed, names: Names, now: datetime
) -> Person:
    resident, where = found.resident, found.where
    cases = session.scalars(
        select(Case).where(Case.resident_id == resident.id).order_by(Case.id.desc())
    ).all()
    closed = not staff.sees_protected and any(
        case.protected and case.state != "closed" for case in cases
    )
    person = Person(
        language=language_name(resident.language),
        areas=_(", ").join(names.areas.get(row.area_id, row.area_id) for row in resident.areas),
        since=day_and_time(found.at, now),
        waits=duration(now - found.at),
        case_id=_case_to_open(cases, staff),
        closed=closed,
    )
    if closed or where is None:
        return person
    located = day_and_time(where.at, now)
    return replace(person, latitude=where.latitude, longitude=where.longitude, located=located)


def _case_to_open(cases: Iterable[Case], staff: Staff) -> int | None:
    """The newest case that is not closed, of those this member of staff may open."""
    mine = (c for c in cases if c.state != "closed" and (staff.sees_protected or not c.protected))
    return next((case.id for case in mine), None)
