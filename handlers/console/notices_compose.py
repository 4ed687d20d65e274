"""The composer: one page with the blanks, whom it is for, and a preview in every language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot import city
from bot.languages import registered
from bot.models import Area, City, EvacuationSite, Resident, ResidentArea, Staff
from bot.models.broadcasts import CATEGORIES, SEVERITIES, URGENCIES, Broadcast
from bot.runtime import Runtime
from broadcasts import reading
from broadcasts.drafting import missing_blanks
from broadcasts.sending import next_number
from broadcasts.templates import templates
from handlers.console import notices_machine, notices_preview, plain_words
from handlers.console.language import _, current
from handlers.console.notices_form import Entered
from handlers.console.notices_words import (
    Names,
    band,
    category_name,
    kind_name,
    severity_name,
    urgency_name,
)
from handlers.console.permissions import the_staff

blueprint = Blueprint("compose", __name__)

ATTEMPTS = 3
"""Two drafts begun in the same instant reach for the same number."""


@dataclass(frozen=True)
class Place:
    """A river or an evacuation site of the city. `warning`: it is not designated for the hazard."""

    id: str
    name: str
    warning: bool = False


@blueprint.get("/compose")
def blank() -> Response | str:
    """An empty form of a template, or one filled from an earlier notice."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        entered = _beginning(session, now)
        if entered is None:
            return redirect(url_for("console.notices.choose"))
        return _page(session, runtime, entered, {}, now)


@blueprint.get("/<number>/edit")
def edit(number: str) -> Response | str:
    """A draft of one's own."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        broadcast = _stored(session, number)
        if not may_change(broadcast, the_staff()):
            return redirect(url_for("console.notices.notice", number=number))
        entered = Entered.of(broadcast)
        problems = entered.missing(now) if "problems" in request.args else {}
        return _page(session, runtime, entered, problems, now, broadcast.number)


@blueprint.post("/compose")
def send() -> Response | str | tuple[str, int]:
    """Look at it, keep it, have its missing languages translated, or check it: as the pressed
    button says.
    """
    runtime: Runtime = current_app.extensions["runtime"]
    entered, now = Entered.from_form(request.form) or abort(400), runtime.clock.now()
    do = request.form.get("do", "check")
    with runtime.database.read() as session:
        entered = _with_reference(session, entered)
        if do == "preview":
            return _page(session, runtime, entered, {}, now)
        errors = entered.missing(now) if do == "check" else entered.unreadable(now)
        if errors:
            return _page(session, runtime, entered, errors, now), 422
    broadcast = _store(runtime, entered, the_staff(), now)
    if not may_change(broadcast, the_staff()):
        flash(_("Nothing was changed: this notice is no longer a draft of yours."))
    elif do == "machine":
        flash(notices_machine.translated(runtime, broadcast))
    elif do == "save":
        flash(_("Kept as a draft. Nothing has been sent."))
    return redirect(url_for("console.notices.notice", number=broadcast.number))


@blueprint.post("/preview")
def preview() -> str:
    """The bubbles for what is typed at this moment; nothing is kept."""
    runtime: Runtime = current_app.extensions["runtime"]
    entered, now = Entered.from_form(request.form) or abort(400), runtime.clock.now()
    with runtime.database.read() as session:
        entered = _with_reference(session, entered)
        return render_template(
            "console/notice_preview.html", **_preview(session, runtime, entered, now)
        )


def may_change(broadcast: Broadcast, staff: Staff) -> bool:
    """Only its author writes a draft: whoever approves it must not have written in it."""
    return broadcast.state == "draft" and broadcast.author_id == staff.id


def _beginning(session: Session, now: datetime) -> Entered | None:
    asked = request.args
    for name, kind in (("update", "update"), ("cancel", "cancel"), ("like", "alert")):
        if name in asked:
            old = _stored(session, asked[name])
            if kind != "alert":
                old = _newest(session, old)
            entered = replace(
                Entered.like(old, now, kind),
                asks_safety=kind == "update" and "ask" in asked,
            )
            other = templates().get(asked.get("template", ""))
            if other is None or other.id == entered.template_id:
                return entered
            fresh = Entered.empty(other, now, drill=old.drill)
            return replace(
                fresh,
                relay_only=entered.relay_only,
                kind=kind,
                references=entered.references,
                scope=entered.scope,
                area_ids=entered.area_ids,
            )
    template = templates().get(asked.get("template", ""))
    return Entered.empty(template, now, drill="drill" in asked) if template else None


def _newest(session: Session, old: Broadcast) -> Broadcast:
    """What is corrected is the last of a chain, never one that was replaced already."""
    newest = reading.newest(session, old)
    if newest.id != old.id:
        flash(
            _(
                "%(old)s was replaced by %(new)s already: this is about %(new)s.",
                old=old.number,
                new=newest.number,
            )
        )
    return newest


def _with_reference(session: Session, entered: Entered) -> Entered:
    """A correction is a drill exactly where the notice it corrects is one."""
    if entered.kind not in ("update", "cancel"):
        return replace(entered, kind="alert", references="")
    old = reading.by_number(session, entered.references) or abort(400)
    return replace(entered, drill=old.drill, relay_only=old.relay_only)


def _stored(session: Session, number: str) -> Broadcast:
    found = session.scalars(select(Broadcast).where(Broadcast.number == number)).first()
    return found or abort(404)


def _store(runtime: Runtime, entered: Entered, staff: Staff, now: datetime) -> Broadcast:
    """The draft of this form, made or changed; one that is no draft any more stays as it is."""
    for attempt in range(ATTEMPTS):
        try:
            with runtime.database.write() as session:
                return _store_once(session, entered, staff, now)
        except IntegrityError:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def _store_once(session: Session, entered: Entered, staff: Staff, now: datetime) -> Broadcast:
    broadcast = session.scalars(
        select(Broadcast).where(Broadcast.form_key == entered.form_key).with_for_update()
    ).first()
    old = reading.by_number(session, entered.references) if entered.references else None
    references_id = old.id if old else None
    if broadcast is None:
        broadcast = entered.broadcast(next_number(session, now), references_id, now)
        broadcast.state, broadcast.author_id = "draft", staff.id
        session.add(broadcast)
    elif may_change(broadcast, staff):
        for name, value in entered.fields(references_id, now).items():
            setattr(broadcast, name, value)
    session.flush()
    return broadcast


def _page(
    session: Session,
    runtime: Runtime,
    entered: Entered,
    errors: Mapping[str, str],
    now: datetime,
    number: str = "",
) -> str:
    names = Names.load(session)
    row = session.get(City, 1)
    facts: Mapping[str, Any] = row.facts if row else {}
    staff = the_staff()
    return render_template(
        "console/notice_compose.html",
        entered=entered,
        errors=errors,
        number=number,
        template_name=names.templates.get(entered.template_id, entered.template_id),
        kind=kind_name(entered.kind),
        areas=_areas(session),
        rivers=_places(facts, "river"),
        sites=_sites(session, facts, entered.template.hazard),
        issuers=[names["ja"] for names in facts.get("issuers", {}).values()],
        writers=[known for known in registered() if known.tag in {"ja", *staff.languages}],
        others=[known for known in registered() if known.tag not in {"ja", *staff.languages}],
        categories={name: category_name(name) for name in CATEGORIES},
        severities={name: severity_name(name) for name in SEVERITIES},
        urgencies={name: urgency_name(name) for name in URGENCIES},
        **_preview(session, runtime, entered, now),
    )


def _preview(
    session: Session, runtime: Runtime, entered: Entered, now: datetime
) -> dict[str, object]:
    """The notice as it would be at this moment. Nothing of it is stored."""
    old = reading.by_number(session, entered.references) if entered.references else None
    stored = session.scalar(select(Broadcast.number).where(Broadcast.form_key == entered.form_key))
    number = stored or next_number(session, now)
    broadcast = entered.broadcast(number, old.id if old else None, now)
    bubbles, reached = notices_preview.of_draft(session, runtime, broadcast, now)
    color, level = band(broadcast)
    empty = missing_blanks(entered.template, entered.blanks)
    written = [blank.name for blank in entered.template.blanks if blank.kind == "text"]
    return {
        "unwritten": any(name in empty for name in written),
        "typed_japanese": plain_words.of_notice(session, broadcast),
        "bubbles": bubbles,
        "machine": notices_machine.offered(session, runtime, broadcast),
        "reached": reached,
        "undecided": entered.kind != "cancel"
        and (not entered.scope or (entered.scope == "areas" and not entered.area_ids)),
        "drill": entered.drill,
        "color": color,
        "level": level,
    }


def _areas(session: Session) -> Sequence[tuple[str, str, int]]:
    """Id, name and how many people who follow live there; nobody counts twice in one area."""
    counts = {
        area_id: number
        for area_id, number in session.execute(
            select(ResidentArea.area_id, func.count())
            .join(Resident, Resident.id == ResidentArea.resident_id)
            .where(Resident.following)
            .group_by(ResidentArea.area_id)
        )
    }
    areas = session.scalars(select(Area).order_by(Area.position))
    return [(area.id, city.named(area.names, current()), counts.get(area.id, 0)) for area in areas]


def _places(facts: Mapping[str, Any], kind: str) -> list[Place]:
    return [
        Place(place["id"], city.named(place["names"], current()))
        for place in facts.get("places", ())
        if place["kind"] == kind
    ]


def _sites(session: Session, facts: Mapping[str, Any], hazard: str | None) -> list[Place]:
    """The city's sites, those designated for the hazard first."""
    known = {
        id: hazards
        for id, hazards in session.execute(select(EvacuationSite.id, EvacuationSite.hazards))
    }
    sites = [
        replace(site, warning=hazard is not None and hazard not in known.get(site.id, ()))
        for site in _places(facts, "site")
    ]
    return sorted(sites, key=lambda site: site.warning)
