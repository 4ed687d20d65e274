"""当番: who is called when something must not wait, what called, and who took it."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot import alarms
from bot.alarm_causes import (
    APPROVAL_WAITS,
    CASE_WAITS,
    OTHER_APPROVAL_WAITS,
    OTHER_RELEASE_WAITS,
    OTHER_SOUND_WAITS,
    RELEASE_WAITS,
    RUMOUR_WAITS,
    SOUND_WAITS,
)
from bot.models import Alarm, AlarmCall, CityChange, OnCall, Staff, Transition
from bot.runtime import Runtime
from handlers.console.changes import city_changes, staff_names
from handlers.console.language import _, day_and_time, duration
from handlers.console.permissions import the_staff

blueprint = Blueprint("oncall", __name__)

_ENDED_SHOWN = 20


@dataclass(frozen=True)
class ShownAlarm:
    """An alarm in the page's language. `where` is the page of the thing itself."""

    id: int
    what: str
    drill: bool
    state: str
    since: str
    waiting: str
    taker: str
    mine: bool
    next_at: str
    where: str
    can_be_settled: bool


@dataclass(frozen=True)
class Mailing:
    """Whether alarms reach anybody by mail: no server is set, or it does not take them."""

    server: bool
    problem: str


@dataclass(frozen=True)
class Step:
    """What happened with an alarm: somebody was asked, took it, gave it back; or it ended."""

    at: str
    what: str
    problem: str = ""


@dataclass(frozen=True)
class Listed:
    """A person on the list, and what they cannot do when it rings."""

    id: int
    name: str
    email: str
    active: bool
    approves: bool
    sees_protected: bool


@blueprint.get("/on-call")
def page() -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        listed = _listed(session)
        on_list = {person.id for person in listed}
        everybody = session.scalars(select(Staff).where(Staff.active).order_by(Staff.name)).all()
        ended = session.scalars(
            select(Alarm)
            .where(Alarm.state == "ended")
            .order_by(Alarm.id.desc())
            .limit(_ENDED_SHOWN)
        ).all()
        return render_template(
            "console/oncall.html",
            listed=listed,
            others=[person for person in everybody if person.id not in on_list],
            alarms=shown_alarms(session, runtime, the_staff()),
            ended=[_shown(session, runtime, alarm, the_staff()) for alarm in ended],
            mailing=mailing(session, runtime),
            waits=[
                (
                    _("Notice waiting for approval, urgency: now"),
                    duration(APPROVAL_WAITS),
                ),
                (
                    _("Any other notice waiting for approval"),
                    duration(OTHER_APPROVAL_WAITS),
                ),
                (_("Text waiting for release, urgency: now"), duration(RELEASE_WAITS)),
                (_("Any other text waiting for release"), duration(OTHER_RELEASE_WAITS)),
                (_("Recording waiting for release, urgency: now"), duration(SOUND_WAITS)),
                (_("Any other recording waiting for release"), duration(OTHER_SOUND_WAITS)),
                (_("Answer to a rumour waiting for a second person"), duration(RUMOUR_WAITS)),
                (_("Urgent or protected case nobody has taken"), duration(CASE_WAITS)),
                (_("Nobody is left to carry a notice into a network"), _("at once")),
                (_("Something failed, or LINE's monthly limit is reached"), _("at once")),
            ],
            next_person=duration(alarms.NEXT_PERSON),
            again=duration(alarms.EVERYBODY_AGAIN),
            changes=city_changes(session, now, CityChange.what == "on_call", _sentence),
        )


@blueprint.post("/on-call/add")
def add() -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        staff = session.get(Staff, request.form.get("staff", type=int) or 0) or abort(404)
        ids = _ids(session)
        if staff.id not in ids:
            _store(session, [*ids, staff.id], runtime.clock.now())
    return redirect(url_for("console.oncall.page"))


@blueprint.post("/on-call/<int:staff_id>/up")
def up(staff_id: int) -> Response:
    """Ask this person before the one who stood before them."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        ids = _ids(session)
        if staff_id not in ids:
            abort(404)
        place = ids.index(staff_id)
        if place:
            ids[place - 1 : place + 1] = [staff_id, ids[place - 1]]
            _store(session, ids, runtime.clock.now())
    return redirect(url_for("console.oncall.page"))


@blueprint.post("/on-call/<int:staff_id>/remove")
def remove(staff_id: int) -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        ids = _ids(session)
        if staff_id not in ids:
            abort(404)
        ids.remove(staff_id)
        _store(session, ids, runtime.clock.now())
    return redirect(url_for("console.oncall.page"))


@blueprint.get("/alarms/<int:alarm_id>")
def alarm(alarm_id: int) -> str:
    """Where the link in the mail leads: what it is, who was asked, and the button to take it."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        row = session.get(Alarm, alarm_id) or abort(404)
        return render_template(
            "console/oncall_alarm.html",
            alarm=_shown(session, runtime, row, the_staff()),
            steps=_steps(session, runtime, row),
            mailing=mailing(session, runtime),
        )


@blueprint.post("/alarms/<int:alarm_id>/take")
def take(alarm_id: int) -> Response:
    """Take it, and go to the thing itself."""
    runtime: Runtime = current_app.extensions["runtime"]
    staff = the_staff()
    with runtime.database.write() as session:
        row = session.get(Alarm, alarm_id, with_for_update=True) or abort(404)
        if alarms.take(session, row, staff, runtime.clock.now()):
            flash(_("You have taken this alarm. Nobody else is asked."))
            return redirect(_where(row))
        if row.state == "taken" and row.taker_id == staff.id:
            return redirect(_where(row))
        if row.state == "taken":
            other = session.get_one(Staff, row.taker_id)
            flash(_("Nothing changed: %(name)s took this alarm first.", name=other.name))
        else:
            flash(_("Nothing changed: this alarm has ended already."))
    return redirect(url_for("console.oncall.alarm", alarm_id=alarm_id))


@blueprint.post("/alarms/<int:alarm_id>/give-back")
def give_back(alarm_id: int) -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        row = session.get(Alarm, alarm_id, with_for_update=True) or abort(404)
        if alarms.give_back(session, row, the_staff(), runtime.clock.now()):
            flash(_("Given back. The next person is being asked."))
        else:
            flash(_("Nothing changed: nobody had taken this alarm."))
    return redirect(url_for("console.oncall.alarm", alarm_id=alarm_id))


@blueprint.post("/alarms/<int:alarm_id>/settle")
def settle(alarm_id: int) -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        row = session.get(Alarm, alarm_id, with_for_update=True) or abort(404)
        if alarms.settle(session, row, the_staff(), runtime.clock.now()):
            flash(_("Ended. Later failures call again."))
        else:
            flash(_("Nothing changed: take this alarm first."))
    return redirect(url_for("console.oncall.alarm", alarm_id=alarm_id))


def mailing(session: Session, runtime: Runtime) -> Mailing:
    return Mailing(bool(runtime.settings.smtp_host), alarms.mail_problem(session))


def shown_alarms(session: Session, runtime: Runtime, staff: Staff) -> tuple[ShownAlarm, ...]:
    """The alarms that have not ended, oldest first."""
    return tuple(_shown(session, runtime, row, staff) for row in alarms.live(session))


def _shown(session: Session, runtime: Runtime, row: Alarm, staff: Staff) -> ShownAlarm:
    now = runtime.clock.now()
    taker = session.get(Staff, row.taker_id) if row.taker_id else None
    return ShownAlarm(
        id=row.id,
        what=_what(row),
        drill=row.drill,
        state=row.state,
        since=day_and_time(row.since, now),
        waiting=duration(now - row.since),
        taker=taker.name if taker else "",
        mine=row.taker_id == staff.id,
        next_at=day_and_time(row.next_at, now),
        where=_where(row),
        can_be_settled=row.state == "taken" and row.kind in alarms.FAILURES,
    )


def _what(row: Alarm) -> str:
    names = {
        "approval": _("Notice %(number)s waits for approval"),
        "urgent": _("Urgent case %(number)s"),
        "protected": _("Protected case %(number)s"),
        "notice": _("Notice %(number)s could not be sent to everybody"),
        "release": _("A text of notice %(number)s waits for its release"),
        "sound": _("A recording of notice %(number)s waits for its release"),
        "rumour": _("An answer to rumour %(number)s waits for a second person"),
        "relay": _("Notice %(number)s: nobody is left to carry it into a network"),
        "replies": _("Messages to residents could not be sent"),
        "events": _("Messages from residents could not be handled"),
    }
    return names[row.kind] % {"number": row.number}


def _where(row: Alarm) -> str:
    if row.kind in ("approval", "notice"):
        return url_for("console.notices.notice", number=row.number)
    if row.kind in ("release", "relay"):
        return url_for("console.notices.relay.page", number=row.number)
    if row.kind == "sound":
        return url_for("console.notices.relay.page", number=row.number, _anchor="sounds")
    if row.kind == "rumour":
        return url_for("console.rumours.rumour", rumour_id=row.number)
    if row.kind in ("urgent", "protected"):
        return url_for("console.cases.page", case_id=row.subject_id)
    return url_for("console.now.page", _anchor="trouble")


def _steps(session: Session, runtime: Runtime, row: Alarm) -> list[Step]:
    """Everything that happened with an alarm, newest first."""
    now = runtime.clock.now()
    names = staff_names(session)
    calls = session.scalars(select(AlarmCall).where(AlarmCall.alarm_id == row.id)).all()
    moves = session.scalars(
        select(Transition).where(
            Transition.subject == Alarm.__tablename__, Transition.subject_id == row.id
        )
    ).all()
    timed: list[tuple[datetime, Step]] = [
        (call.asked_at, _call_step(call, names.get(f"staff:{call.staff_id}", ""), now))
        for call in calls
    ]
    timed += [(move.at, _move_step(move, names, now)) for move in moves]
    return [step for _at, step in sorted(timed, key=lambda item: item[0], reverse=True)]


def _call_step(call: AlarmCall, name: str, now: datetime) -> Step:
    at = day_and_time(call.asked_at, now)
    if call.accepted_at is not None:
        accepted = day_and_time(call.accepted_at, now)
        return Step(
            at, _("%(name)s: mail accepted by the mail server %(time)s", name=name, time=accepted)
        )
    if call.problem:
        return Step(at, _("%(name)s: not mailed yet", name=name), call.problem)
    return Step(at, _("%(name)s: the mail is waiting", name=name))


def _move_step(move: Transition, names: dict[str, str], now: datetime) -> Step:
    said = {
        "taken": _("%(name)s took it"),
        "given back": _("%(name)s gave it back"),
        "settled": _("%(name)s: dealt with"),
        "cause gone": _("Ended: nothing waits any more"),
        "further failures": _("There were further failures"),
        "whoever took it has left": _("The account of whoever took it was deactivated"),
    }.get(move.reason, move.reason)
    by = names.get(move.by, "")
    return Step(day_and_time(move.at, now), said % {"name": by} if by else said)


def _listed(session: Session) -> list[Listed]:
    people = session.scalars(
        select(Staff).join(OnCall, OnCall.staff_id == Staff.id).order_by(OnCall.position)
    )
    return [
        Listed(
            id=person.id,
            name=person.name,
            email=person.email,
            active=person.active,
            approves=person.may("approver"),
            sees_protected=person.active and person.sees_protected,
        )
        for person in people
    ]


def _ids(session: Session) -> list[int]:
    rows = session.scalars(select(OnCall).order_by(OnCall.position).with_for_update())
    return [row.staff_id for row in rows]


def _store(session: Session, ids: list[int], now: datetime) -> None:
    """Make this the list, in this order, and record it."""
    for row in session.scalars(select(OnCall).where(OnCall.staff_id.not_in(ids))):
        session.delete(row)
    for position, staff_id in enumerate(ids):
        session.merge(OnCall(staff_id=staff_id, position=position))
    names = [session.get_one(Staff, id).name for id in ids]
    session.add(
        CityChange(
            what="on_call", value=", ".join(names)[:300], by=f"staff:{the_staff().id}", at=now
        )
    )


def _sentence(row: CityChange) -> str:
    return _("the list became: %(names)s", names=row.value or _("None"))
