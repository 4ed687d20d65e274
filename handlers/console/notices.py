"""お知らせ: notices to many, from the first tap to the last figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from bot.models import Delivery, Staff, Transition
from bot.models.broadcasts import SEVERITIES, Broadcast, Recipient
from bot.runtime import Runtime
from broadcasts import group_cards, reading
from broadcasts.templates import templates
from handlers.console import (
    notices_approval,
    notices_compose,
    notices_live,
    notices_machine,
    notices_preview,
    notices_relay,
    notices_safety,
    notices_sound,
    plain_words,
)
from handlers.console.language import _, clock_time, day_and_time, duration
from handlers.console.notices_form import Entered
from handlers.console.notices_words import (
    Names,
    band,
    category_name,
    history,
    kind_name,
    severity_name,
    state_name,
    urgency_name,
)
from handlers.console.permissions import the_staff

blueprint = Blueprint("notices", __name__, url_prefix="/notices")
for part in (
    notices_compose,
    notices_machine,
    notices_approval,
    notices_live,
    notices_relay,
    notices_safety,
    notices_sound,
):
    blueprint.register_blueprint(part.blueprint)

PAST_SHOWN = 50
EARLIER_SHOWN = 10
SENT = ("scheduled", "broadcasting", "paused", "completed")


@dataclass(frozen=True)
class Row:
    """A notice as a line of a list, in the page's language."""

    number: str
    state: str
    state_word: str
    kind: str
    drill: bool
    subject: str
    color: str
    level: str
    people: int
    author: str
    since: str


@dataclass(frozen=True)
class Tile:
    """A template to begin from."""

    id: str
    name: str
    color: str
    level: str


@dataclass(frozen=True)
class Pending:
    """A notice that waits for approval, with everything its approver must see.

    `alone`: the author may approve it alone, with a reason.
    """

    row: Row
    broadcast: Broadcast = field(repr=False)  # the rest tells whether something changed
    facts: Sequence[tuple[str, str, str]]
    bubbles: Sequence[notices_preview.Bubble]
    reached: notices_preview.Audience
    version: int
    mine: bool
    may_approve: bool
    alone: bool
    waited: str
    expired: bool


@blueprint.get("")
def page() -> str:
    """All notices: what waits, what is in force, what was."""
    return list_of("console/notices.html", drills_only=False)


def list_of(template: str, *, drills_only: bool, **more: object) -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    in_force = and_(Broadcast.state.in_(("broadcasting", "paused")), Broadcast.expires_at > now)
    over = and_(
        Broadcast.state.in_(("broadcasting", "paused", "completed", "rejected", "cancelled")),
        or_(Broadcast.expires_at <= now, Broadcast.state.not_in(("broadcasting", "paused"))),
    )
    kinds: dict[str, ColumnElement[bool]] = {
        "pending": Broadcast.state == "pending_approval",
        "in_force": in_force,
        "scheduled": Broadcast.state == "scheduled",
        "draft": Broadcast.state == "draft",
        "past": over,
    }
    with runtime.database.read() as session:
        names = Names.load(session)
        return render_template(
            template,
            sections={
                kind: _rows(session, names, _only(condition, drills_only), now)
                for kind, condition in kinds.items()
            },
            past_shown=PAST_SHOWN,
            as_of=clock_time(now),
            **more,
        )


def _only(condition: ColumnElement[bool], drills_only: bool) -> ColumnElement[bool]:
    return and_(condition, Broadcast.drill) if drills_only else condition


@blueprint.get("/new")
def choose() -> str:
    """What to begin from: a template, an earlier notice, or an empty text.

    With `update` the number of the notice that another template shall update.
    """
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        names = Names.load(session)
        return render_template(
            "console/notice_new.html",
            tiles=tiles(names),
            earlier=_rows(session, names, Broadcast.state.in_(SENT), now)[:EARLIER_SHOWN],
            update=request.args.get("update", ""),
            drill="drill" in request.args,
        )


@blueprint.get("/<number>")
def notice(number: str) -> str:
    """One notice: to be checked, approved or watched, as its state demands."""
    runtime: Runtime = current_app.extensions["runtime"]
    now, staff = runtime.clock.now(), the_staff()
    with runtime.database.read() as session:
        broadcast = session.scalars(select(Broadcast).where(Broadcast.number == number)).first()
        if broadcast is None:
            abort(404)
        names = Names.load(session)
        common = {
            "broadcast": broadcast,
            "row": _row(session, names, broadcast, now),
            "facts": facts_of(names, broadcast, now),
            "steps": history(session, names, broadcast, now),
            "drill": broadcast.drill,
            "follow_ups": _follow_ups(session, names, broadcast, now),
        }
        if broadcast.state == "draft":
            return _check(session, runtime, broadcast, staff, common)
        if broadcast.state == "pending_approval":
            waiting = pending(session, names, broadcast, staff, now)
            return render_template("console/notice_approve.html", pending=waiting, **common)
        if broadcast.state == "rejected" or (
            broadcast.state == "cancelled" and not reading.by_number(session, number)
        ):
            bubbles, reached = notices_preview.of_frozen(session, broadcast, now)
            return render_template(
                "console/notice_over.html", bubbles=bubbles, reached=reached, **common
            )
        progress = notices_live.look(session, broadcast, now)
        return render_template(
            "console/notice_live.html",
            progress=progress,
            shown=broadcast.state,
            etag=notices_live.etag_of(progress, broadcast.state),
            as_of=clock_time(now, seconds=True),
            active=broadcast.is_active(now),
            newest=reading.newest(session, broadcast).number,
            bubbles=notices_preview.of_frozen(session, broadcast, now)[0],
            **common,
        )


def _check(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    staff: Staff,
    common: Mapping[str, Any],
) -> str:
    """Before asking for approval: everything once more, and what is still missing."""
    now = runtime.clock.now()
    bubbles, reached = notices_preview.of_draft(session, runtime, broadcast, now)
    gaps = Entered.of(broadcast).missing(now)
    problems = [bubble for bubble in bubbles if bubble.problem]
    replaced = broadcast.references and reading.newest(session, broadcast.references)
    return render_template(
        "console/notice_check.html",
        bubbles=bubbles,
        reached=reached,
        groups=group_cards.cost(session),
        gaps=gaps,
        machine=notices_machine.offered(session, runtime, broadcast),
        problems=problems,
        replaced=replaced if replaced and replaced.id != broadcast.references_id else None,
        mine=notices_compose.may_change(broadcast, staff),
        typed_japanese=plain_words.of_notice(session, broadcast),
        **common,
    )


def pending(
    session: Session, names: Names, broadcast: Broadcast, staff: Staff, now: datetime
) -> Pending:
    """What the approver must see of a notice that waits."""
    bubbles, reached = notices_preview.of_frozen(session, broadcast, now)
    asked_at = _asked_at(session, broadcast)
    mine = broadcast.author_id == staff.id
    return Pending(
        row=_row(session, names, broadcast, now),
        broadcast=broadcast,
        facts=facts_of(names, broadcast, now),
        bubbles=bubbles,
        reached=reached,
        version=notices_approval.version(session, broadcast),
        mine=mine,
        may_approve=staff.may("approver"),
        alone=mine and notices_approval.alone_allowed(session, broadcast),
        waited=duration(now - asked_at) if asked_at else "",
        expired=broadcast.expires_at <= now,
    )


def _asked_at(session: Session, broadcast: Broadcast) -> datetime | None:
    """When approval was asked for last."""
    return session.scalar(
        select(func.max(Transition.at)).where(
            Transition.subject == Broadcast.__tablename__,
            Transition.subject_id == broadcast.id,
            Transition.to_state == "pending_approval",
        )
    )


def waiting_for(session: Session, staff: Staff, now: datetime) -> list[Pending]:
    """Every notice that waits for approval: real before drill, the gravest first, then by age."""
    rows = session.scalars(
        select(Broadcast).where(Broadcast.state == "pending_approval").order_by(Broadcast.id)
    ).all()
    names = Names.load(session)
    pressing = sorted(rows, key=lambda row: (row.drill, SEVERITIES.index(row.severity)))
    return [pending(session, names, broadcast, staff, now) for broadcast in pressing]


def held(session: Session, now: datetime) -> list[Row]:
    """Notices in force that are paused, or of which something failed: somebody must look."""
    failed = exists().where(Delivery.broadcast_id == Broadcast.id, Delivery.state == "failed")
    condition = and_(
        Broadcast.state.in_(("broadcasting", "paused")),
        Broadcast.expires_at > now,
        or_(Broadcast.state == "paused", failed),
    )
    return _rows(session, Names.load(session), condition, now)


def tiles(names: Names) -> list[Tile]:
    """All templates in the order the city's staff look for them."""
    return [
        Tile(
            id=template.id,
            name=names.templates.get(template.id, template.id),
            color="drill"
            if template.id == "drill"
            else str(template.level or template.color_level or "other"),
            level=_("Level %(level)s", level=template.level) if template.level else "",
        )
        for template in templates().values()
    ]


def facts_of(names: Names, broadcast: Broadcast, now: datetime) -> list[tuple[str, str, str]]:
    """Label, value and the composer's field of everything that was decided about a notice."""
    starts = broadcast.starts_at
    facts = [
        (_("Template"), names.templates.get(broadcast.template_id, broadcast.template_id), ""),
        (_("Areas"), names.where(broadcast), "scope"),
        (_("Begins"), day_and_time(starts, now) if starts else _("as soon as approved"), "start"),
        (_("Expires"), day_and_time(broadcast.expires_at, now), "expires_at"),
    ]
    if broadcast.kind == "cancel":
        to_whom = _("all who got or may have got %(number)s", number=_referenced(broadcast))
        facts[1] = (_("To"), to_whom, "")
    elif broadcast.kind == "update":
        more = _("and all who got or may have got %(number)s", number=_referenced(broadcast))
        facts.insert(2, (_("Also to"), more, ""))
    if broadcast.relay_only:
        facts[1] = (_("To"), _("key persons only: no resident gets it"), "relay_only")
    decided = day_and_time(broadcast.decided_at, now) if broadcast.decided_at else ""
    facts += [
        (_("Decided by"), broadcast.issuer, "issuer"),
        (_("Decided at"), decided, "decided_at"),
        (_("Decision number"), broadcast.decision_number, "decision_number"),
        (_("Severity"), severity_name(broadcast.severity), "severity"),
        (_("Urgency"), urgency_name(broadcast.urgency), "urgency"),
        (_("Category"), category_name(broadcast.category), "category"),
    ]
    if broadcast.asks_safety:
        asks = _("Are you safe? I am safe, I need help, where I am")
        facts.insert(2, (_("Asks"), asks, "asks_safety"))
    return facts


def _referenced(broadcast: Broadcast) -> str:
    return broadcast.references.number if broadcast.references else ""


def _follow_ups(session: Session, names: Names, broadcast: Broadcast, now: datetime) -> list[Row]:
    """The notices that correct this one, and the one it corrects."""
    condition = Broadcast.references_id == broadcast.id
    if broadcast.references_id:
        condition = or_(condition, Broadcast.id == broadcast.references_id)
    return _rows(session, names, condition, now)


def _rows(
    session: Session, names: Names, condition: ColumnElement[bool], now: datetime
) -> list[Row]:
    found = session.scalars(
        select(Broadcast).where(condition).order_by(Broadcast.id.desc()).limit(PAST_SHOWN)
    ).all()
    people = _people(session, [broadcast.id for broadcast in found])
    return [_row_of(names, broadcast, people.get(broadcast.id, 0), now) for broadcast in found]


def _row(session: Session, names: Names, broadcast: Broadcast, now: datetime) -> Row:
    people = _people(session, [broadcast.id])
    return _row_of(names, broadcast, people.get(broadcast.id, 0), now)


def _people(session: Session, ids: list[int]) -> dict[int, int]:
    """Recipients by notice."""
    rows = session.execute(
        select(Recipient.broadcast_id, func.count())
        .where(Recipient.broadcast_id.in_(ids))
        .group_by(Recipient.broadcast_id)
    )
    return {id: number for id, number in rows}


def _row_of(names: Names, broadcast: Broadcast, people: int, now: datetime) -> Row:
    color, level = band(broadcast)
    return Row(
        number=broadcast.number,
        state=broadcast.state,
        state_word=state_name(broadcast, now),
        kind="" if broadcast.kind == "alert" else kind_name(broadcast.kind),
        drill=broadcast.drill,
        subject=names.subject(broadcast),
        color=color,
        level=level,
        people=people,
        author=names.who(f"staff:{broadcast.author_id}"),
        since=day_and_time(broadcast.created_at, now),
    )
