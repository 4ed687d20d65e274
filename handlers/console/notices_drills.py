"""訓練: drills are notices like any other, under a mark of their own, and can be planned."""

from flask import Blueprint, current_app, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.models import DRILL_RHYTHMS, CityChange, DrillPlan, Staff
from bot.runtime import Runtime
from broadcasts import drill_plan
from handlers.console import notices
from handlers.console.changes import city_changes
from handlers.console.language import _, day_and_time
from handlers.console.permissions import the_staff

blueprint = Blueprint("drills", __name__)

LAST_DAY = 28
_WHAT = "drill_plan"


@blueprint.get("/drills")
def page() -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        row = session.get(DrillPlan, 1) or DrillPlan(every="", day=1, hour=10, relay_only=True)
        start = drill_plan.next_start(row, now)
        changes = city_changes(
            session, now, CityChange.what == _WHAT, lambda change: _sentence(change.value)
        )
    return notices.list_of(
        "console/notice_drills.html",
        drills_only=True,
        plan=row,
        rhythms={every: _rhythm(every) for every in DRILL_RHYTHMS},
        next_drill=day_and_time(start, now) if start else "",
        ahead=drill_plan.AHEAD.days,
        last_day=LAST_DAY,
        changes=changes,
    )


@blueprint.post("/drills/plan")
def plan() -> Response:
    """Plan drills by the calendar, or none any more; who did it is kept."""
    runtime: Runtime = current_app.extensions["runtime"]
    every = request.form.get("every", "")
    day, hour = _number("day", 1, LAST_DAY), _number("hour", 0, 23)
    if every not in DRILL_RHYTHMS or day is None or hour is None:
        flash(_("Nothing was planned: choose how often, a day and an hour."))
        return redirect(url_for("console.drills.page", _anchor="plan"))
    relay_only = request.form.get("scope") != "residents"
    with runtime.database.write() as session:
        _store(session, the_staff(), (every, day, hour, relay_only), runtime)
    return redirect(url_for("console.drills.page", _anchor="plan"))


def _store(
    session: Session, by: Staff, wanted: tuple[str, int, int, bool], runtime: Runtime
) -> None:
    now, old = runtime.clock.now(), session.get(DrillPlan, 1, with_for_update=True)
    if old is not None and (old.every, old.day, old.hour, old.relay_only) == wanted:
        flash(_("Nothing changed."))
        return
    every, day, hour, relay_only = wanted
    drill_plan.plan(session, by, every, day, hour, relay_only, now)
    value = f"{every} {day} {hour} {'key persons' if relay_only else 'residents'}"
    session.add(CityChange(what=_WHAT, value=value.strip(), by=f"staff:{by.id}", at=now))
    flash(
        _("Planned. Each drill still waits for somebody's approval.")
        if every
        else _("No drill is planned any more.")
    )


def _number(field: str, least: int, most: int) -> int | None:
    given = request.form.get(field, "")
    usable = given.isascii() and given.isdecimal() and len(given) < 3
    return int(given) if usable and least <= int(given) <= most else None


def _rhythm(every: str) -> str:
    return {
        "": _("no planned drills"),
        "month": _("every month"),
        "quarter": _("every quarter (April, July, October, January)"),
    }[every]


def _sentence(value: str) -> str:
    every, _space, rest = value.partition(" ")
    if every not in DRILL_RHYTHMS:  # the rhythm is empty: nothing is planned
        return _rhythm("")
    day, hour, scope = rest.split(" ", 2)
    return _(
        "%(every)s, day %(day)s, %(hour)s:00, %(scope)s",
        every=_rhythm(every),
        day=day,
        hour=hour,
        scope=_("key persons only") if scope == "key persons" else _("with residents"),
    )
