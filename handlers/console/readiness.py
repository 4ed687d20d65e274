"""備え: how ready each language is, the worst gap first, and what the city aims at."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy import or_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from bot.city import JAPAN
from bot.languages import registered
from bot.models import USUAL_MOST_OPEN, CarePolicy, CityChange, LanguageAim
from bot.runtime import Runtime
from broadcasts import availability, readiness
from broadcasts.drill_reports import Times
from broadcasts.readiness import WHOLE_CITY, Standing
from handlers.console.changes import city_changes
from handlers.console.downloads import download
from handlers.console.drill_reports import minutes
from handlers.console.language import _, clock_time, language_name
from handlers.console.notices_preview import own_name
from handlers.console.permissions import the_staff

blueprint = Blueprint("readiness", __name__)

MOST_PEOPLE, MOST_OPEN = 9_999_999, 50
NUMBERS = ("adults", "target")
_AIM, _LOAD = "aim ", "most_open"


@dataclass(frozen=True)
class Gap:
    """What is missing, in words, and where it is mended; "" for who may not mend it."""

    words: str
    link: str
    grave: bool


@dataclass(frozen=True)
class Line:
    """One language of the board, in the page's language."""

    tag: str
    name: str
    own_name: str
    standing: Standing
    people: str
    share: str
    done: int
    night: str
    to_accept: str
    to_report: str
    texts: str
    gaps: tuple[Gap, ...]


@blueprint.get("/readiness")
def page() -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        found = readiness.board(session, now)
        lines = [_line(row, found.drill_number) for row in found.languages]
        return render_template(
            "console/readiness.html",
            lines=[line for line in lines if line.gaps and line.standing.concerns_somebody],
            fine=[line for line in lines if not line.gaps and line.standing.concerns_somebody],
            nobodys=[line for line in lines if not line.standing.concerns_somebody],
            residents=found.residents,
            target=found.target,
            done=_percent(found.residents, found.target),
            drill_number=found.drill_number,
            as_of=clock_time(now),
        )


@blueprint.get("/readiness.csv")
def table() -> Response:
    """One line for each language; empty where nobody entered a number."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        found = readiness.board(session, now)
    cells = StringIO()
    writer = csv.writer(cells)
    writer.writerow(_headings())
    for row in found.languages:
        writer.writerow(_cells(row, found.drill_number))
    return download(cells.getvalue(), "text/csv", f"readiness-{now.astimezone(JAPAN):%Y%m%d}.csv")


@blueprint.get("/readiness/aims")
def aims() -> str:
    """What the board measures against, and how much one key person may have in hand."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        return _form(session, _stored(session), {}, runtime.clock.now())


@blueprint.post("/readiness/aims")
def set_aims() -> AnyResponse | tuple[str, int]:
    """Set every number as the form says, recording each difference; nothing if one is wrong."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        stored = _stored(session)
        entered = {field: request.form.get(field, "").strip() for field in stored}
        errors = dict(_problems(entered))
        if errors:
            return _form(session, entered, errors, now), 422
        changed = {field: value for field, value in entered.items() if value != stored[field]}
        for field, value in changed.items():
            _set(session, field, int(value) if value else None)
            by = f"staff:{the_staff().id}"
            what = _LOAD if field == _LOAD else f"{_AIM}{field}"
            session.add(CityChange(what=what, value=value, by=by, at=now))
    flash(_("Saved.") if changed else _("Nothing changed."))
    return redirect(url_for("console.networks.readiness.aims"))


def _stored(session: Session) -> dict[str, str]:
    """Every number as the form shows it, by field: "LANGUAGE.adults", "LANGUAGE.target"."""
    tags = [WHOLE_CITY, *(known.tag for known in registered())]
    rows = {tag: session.get(LanguageAim, tag) for tag in tags}
    numbers = {
        f"{tag}.{name}": str(getattr(row, name, None) or "")
        for tag, row in rows.items()
        for name in NUMBERS
        if tag or name == "target"
    }
    return {**numbers, _LOAD: str(availability.most_open(session))}


def _problems(entered: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for field, value in entered.items():
        most = MOST_OPEN if field == _LOAD else MOST_PEOPLE
        is_number = value.isascii() and value.isdecimal() and len(value) <= len(str(most))
        if field == _LOAD and not (is_number and 1 <= int(value) <= most):
            yield field, _("Enter a whole number from 1 to %(most)s.", most=most)
        elif value and not (is_number and int(value) <= most):
            yield field, _("Enter a whole number, or nothing.")


def _set(session: Session, field: str, value: int | None) -> None:
    if field == _LOAD:
        session.merge(CarePolicy(id=1, most_open=value or USUAL_MOST_OPEN))
        return
    tag, _dot, name = field.rpartition(".")
    row = session.get(LanguageAim, tag) or LanguageAim(language=tag)
    setattr(row, name, value)
    session.add(row)
    session.flush()


def _form(
    session: Session, entered: Mapping[str, str], errors: Mapping[str, str], now: datetime
) -> str:
    return render_template(
        "console/readiness_aims.html",
        entered=entered,
        errors=errors,
        rows=[(known.tag, language_name(known.tag)) for known in registered()],
        whole_city=WHOLE_CITY,
        most_open=MOST_OPEN,
        changes=city_changes(
            session,
            now,
            or_(CityChange.what.startswith(_AIM), CityChange.what == _LOAD),
            _sentence,
        ),
    )


def _sentence(row: CityChange) -> str:
    value = row.value or _("nothing")
    if row.what == _LOAD:
        return _("most in hand of one key person: %(value)s", value=value)
    tag, _dot, name = row.what.removeprefix(_AIM).rpartition(".")
    language = language_name(tag) if tag else _("whole city")
    if name == "adults":
        return _("%(language)s, adults: %(value)s", language=language, value=value)
    return _("%(language)s, target: %(value)s", language=language, value=value)


def _line(row: Standing, drill_number: str) -> Line:
    drill = row.drill
    return Line(
        tag=row.language,
        name=language_name(row.language),
        own_name=own_name(row.language),
        standing=row,
        people=_people(row),
        share=_share(row),
        done=_percent(row.residents, row.target),
        night=_night(row),
        to_accept=_median(drill.to_accept if drill else None),
        to_report=_median(drill.to_report if drill else None),
        texts=_texts(row),
        gaps=tuple(_gap(row, gap, drill_number) for gap in row.gaps),
    )


def _people(row: Standing) -> str:
    if row.target is None:
        return str(row.residents)
    return _("%(now)s → %(target)s", now=row.residents, target=row.target)


def _share(row: Standing) -> str:
    """The part of the adults an administrator entered; "" where nobody did."""
    if not row.adults:
        return ""
    percent = f"{100 * row.residents / row.adults:.1f}"
    return _("%(percent)s%% of %(adults)s adults", percent=percent, adults=row.adults)


def _percent(number: int, of: int | None) -> int:
    """How far towards an aim, 0 to 100."""
    return min(round(100 * number / of), 100) if of else 0


def _night(row: Standing) -> str:
    if not row.key_persons:
        return "—"
    return {
        "all": _("22–6 covered"),
        "life": _("22–6 for danger to life only"),
        "none": _("22–6 has hours with nobody"),
    }[row.night]


def _median(times: Times | None) -> str:
    return _("%(minutes)s min", minutes=minutes(times.median)) if times else "—"


def _texts(row: Standing) -> str:
    if row.missing and row.drafted:
        return _("%(drafted)s not adopted, %(missing)s missing",
                 drafted=row.drafted, missing=row.missing)  # fmt: skip
    if row.missing:
        return _("%(missing)s missing", missing=row.missing)
    return _("%(drafted)s not adopted", drafted=row.drafted) if row.drafted else _("all adopted")


def _gap(row: Standing, gap: str, drill_number: str) -> Gap:
    grave = gap in ("nobody", "empty", "silent", "night")
    return Gap(_gap_words(row, gap), _gap_link(row, gap, drill_number), grave)


def _gap_words(row: Standing, gap: str) -> str:
    names = _(", ")
    return {
        "nobody": _("no key person can be asked"),
        "empty": _("nobody for %(networks)s", networks=names.join(n.name for n in row.empty)),
        "silent": _("last drill: %(number)s networks without a report",
                    number=row.drill.uncarried if row.drill else 0),
        "night": _("at night there are hours with nobody"),
        "one": _("only one key person for %(networks)s",
                 networks=names.join(network.name for network in row.weak)),
        "texts": _("alert texts: %(texts)s", texts=_texts(row)),
        "target": _("%(number)s residents short of the target",
                    number=(row.target or 0) - row.residents),
    }[gap]  # fmt: skip


def _gap_link(row: Standing, gap: str, drill_number: str) -> str:
    """The page where it is mended."""
    if gap == "texts":
        return url_for("console.texts.page", kind="alert", language=row.language)
    if gap == "silent":
        return url_for("console.reports.page", number=drill_number)
    networks = {"empty": row.empty, "one": row.weak}.get(gap, (*row.empty, *row.weak))
    if networks:
        return url_for("console.networks.network", network_id=networks[0].id, _anchor="people")
    return url_for("console.networks.page")


def _headings() -> list[str]:
    return [
        _("Language"),
        _("Residents"),
        _("Adults, as entered"),
        _("Target"),
        _("Networks"),
        _("Key persons"),
        _("Networks with two or more"),
        _("At night"),
        _("Last drill"),
        _("Minutes to yes, median"),
        _("Minutes to report, median"),
        _("Alert texts not adopted"),
        _("Alert texts missing"),
        _("Gaps"),
    ]


def _cells(row: Standing, drill_number: str) -> list[object]:
    drill = row.drill
    medians = [
        minutes(times.median) if times else ""
        for times in (drill.to_accept if drill else None, drill.to_report if drill else None)
    ]
    return [
        language_name(row.language),
        row.residents,
        "" if row.adults is None else row.adults,
        "" if row.target is None else row.target,
        row.networks,
        row.key_persons,
        row.backed,
        _night(row),
        drill_number if drill else "",
        *medians,
        row.drafted,
        row.missing,
        " / ".join(_gap_words(row, gap) for gap in row.gaps),
    ]
