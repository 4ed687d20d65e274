"""What a drill showed, beside the drill before: as a page, a table and a paper to hand round."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from bot import city
from bot.models import City
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from broadcasts import drill_reports, reading
from broadcasts.drill_reports import Report, Result, Times
from handlers.console.downloads import download
from handlers.console.drill_reports_pdf import FontMissing, Paper, pdf
from handlers.console.language import _, clock_time, current, day_and_time, language_name
from handlers.console.notices_words import Names

blueprint = Blueprint("reports", __name__)


@dataclass(frozen=True)
class Line:
    """One language as a line: `figures` as words by column, `before` those of the drill before."""

    name: str
    figures: Mapping[str, str]
    before: Mapping[str, str]
    weak: bool


@dataclass(frozen=True)
class Shown:
    """A report in the page's language."""

    number: str
    subject: str
    scope: str
    began: str
    running: bool
    previous: str
    columns: Mapping[str, str]
    lines: tuple[Line, ...]
    total: Line
    notes: tuple[str, ...]


@blueprint.get("/drills/<number>/report")
def page(number: str) -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        shown = look(session, runtime, _drill(session, number))
        return render_template(
            "console/drill_report.html", shown=shown, drill=True, as_of=clock_time(now)
        )


@blueprint.get("/drills/<number>/report.csv")
def table(number: str) -> Response:
    """One line for each language and one for all; times in minutes."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        broadcast = _drill(session, number)
        found = drill_reports.report(session, broadcast)
        cells = StringIO()
        writer = csv.writer(cells)
        writer.writerow([_("Number"), _("Language"), *_headings()])
        for result in (*found.languages, found.total):
            writer.writerow([number, _name(result), *_cells(result)])
    return _file(cells.getvalue(), "text/csv", f"{number}.csv")


@blueprint.get("/drills/<number>/report.pdf")
def paper(number: str) -> AnyResponse:
    """A4, black on white, marked as a drill."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        shown = look(session, runtime, _drill(session, number))
        row = session.get(City, 1)
        names = row.facts.get("city", {}).get("name", {}) if row else {}
    lines = [(line.name, *line.figures.values()) for line in (*shown.lines, shown.total)]
    earlier = [
        (line.name, *(line.before.get(name, "") for name in ("to_accept", "to_report", "reached")))
        for line in (*shown.lines, shown.total)
    ]
    facts = [_("Drill %(number)s", number=number), shown.subject, shown.scope, shown.began]
    try:
        made = pdf(
            Paper(
                mark=_("DRILL"),
                title=_("Relay drill: report"),
                city=city.named(names, current()),
                facts=tuple(fact for fact in facts if fact),
                heading=(_("Language"), *shown.columns.values()),
                lines=tuple(lines),
                earlier_title=_("The drill before: %(number)s", number=shown.previous)
                if shown.previous
                else "",
                earlier_heading=(
                    _("Language"),
                    *(shown.columns[name] for name in ("to_accept", "to_report", "reached")),
                ),
                earlier=tuple(earlier),
                notes=shown.notes,
                made=_("As of %(time)s", time=f"{now.astimezone(city.JAPAN):%Y-%m-%d %H:%M}"),
            )
        )
    except FontMissing as missing:
        flash(_("The PDF cannot be made: %(problem)s", problem=str(missing)))
        return redirect(url_for("console.reports.page", number=number))
    return _file(made, "application/pdf", f"{number}.pdf")


def _file(content: str | bytes, mimetype: str, name: str) -> Response:
    return download(content, mimetype, f"{_('DRILL')}-report-{name}")


def look(session: Session, runtime: Runtime, broadcast: Broadcast) -> Shown:
    """Everything the page and the paper show."""
    now = runtime.clock.now()
    found = drill_reports.report(session, broadcast)
    old = drill_reports.before(session, broadcast)
    earlier = drill_reports.report(session, old) if old else None
    names = Names.load(session)
    began = day_and_time(found.began, now) if found.began else ""
    return Shown(
        number=broadcast.number,
        subject=names.subject(broadcast),
        scope=_("key persons only") if broadcast.relay_only else _("with residents"),
        began=_("key persons asked from %(time)s", time=began) if began else "",
        running=broadcast.is_active(now),
        previous=old.number if old else "",
        columns=_columns(),
        lines=tuple(_line(result, earlier) for result in found.languages),
        total=_line(found.total, earlier),
        notes=_notes(),
    )


def _drill(session: Session, number: str) -> Broadcast:
    found = reading.by_number(session, number)
    return found if found is not None and found.drill else abort(404)


def _line(result: Result, earlier: Report | None) -> Line:
    old = None
    if earlier is not None:
        every = {row.language: row for row in (*earlier.languages, earlier.total)}
        old = every.get(result.language)
    return Line(
        name=_name(result),
        figures=_figures(result),
        before=_figures(old) if old else {},
        weak=result.uncarried > 0,
    )


def _name(result: Result) -> str:
    return language_name(result.language) if result.language else _("All languages")


def _columns() -> dict[str, str]:
    return {
        "networks": _("Networks reported"),
        "asked": _("Asked"),
        "opened": _("Opened it"),
        "accepted": _("Took it on"),
        "declined": _("Cannot"),
        "silent": _("Silent"),
        "to_accept": _("Asked to yes: median, slowest"),
        "to_report": _("Asked to report: median, slowest"),
        "reached": _("Reached, as reported"),
    }


def _figures(result: Result) -> dict[str, str]:
    networks = _("%(reported)s of %(all)s", reported=result.reported, all=result.networks)
    return {
        "networks": networks,
        "asked": str(result.asked),
        "opened": str(result.opened),
        "accepted": str(result.accepted),
        "declined": str(result.declined),
        "silent": str(result.silent),
        "to_accept": _times(result.to_accept),
        "to_report": _times(result.to_report),
        "reached": _("%(number)s people or more", number=result.reach) if result.reach else "—",
    }


def _times(times: Times | None) -> str:
    if times is None:
        return "—"
    return _("%(median)s, %(slowest)s min",
             median=minutes(times.median), slowest=minutes(times.slowest))  # fmt: skip


def minutes(length: timedelta) -> str:
    """Minutes with one decimal below ten, whole ones from there."""
    number = length.total_seconds() / 60
    return f"{number:.1f}" if number < 9.95 else f"{number:.0f}"


def _headings() -> list[str]:
    return [
        _("Networks"),
        _("Networks reported"),
        _("Asked"),
        _("Opened it"),
        _("Took it on"),
        _("Cannot"),
        _("Silent"),
        _("Not due yet"),
        _("Minutes to yes, median"),
        _("Minutes to yes, slowest"),
        _("Minutes to report, median"),
        _("Minutes to report, slowest"),
        _("People reached, at least"),
    ]


def _cells(result: Result) -> list[object]:
    times = [
        minutes(length) if times else ""
        for times in (result.to_accept, result.to_report)
        for length in ((times.median, times.slowest) if times else (timedelta(), timedelta()))
    ]
    return [
        result.networks,
        result.reported,
        result.asked,
        result.opened,
        result.accepted,
        result.declined,
        result.silent,
        result.waiting,
        *times,
        result.reach,
    ]


def _notes() -> tuple[str, ...]:
    return (
        _("Asked, opened, took it on, cannot and silent count key persons; times are of networks."),
        _("Times run from a network's first question to the yes that held, and to its report."),
        _("Reached is what key persons said. Nobody can measure how many people read it."),
    )
