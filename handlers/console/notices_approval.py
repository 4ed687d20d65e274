"""From draft to approval: asking for it, giving it, returning it, and who may do so."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.models import Staff
from bot.models.broadcasts import Broadcast, Policy, Rendition
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import reading, sending
from broadcasts.sending import NotPossible
from handlers.console.language import _, day_and_time
from handlers.console.notices_words import Names, history
from handlers.console.permissions import the_staff

blueprint = Blueprint("approval", __name__)

Act = Callable[[Session, Runtime, Broadcast, Staff, datetime], str]
"""Does something to a notice and returns what to say. Raises `NotPossible`."""


@blueprint.post("/<number>/submit")
def submit(number: str) -> Response:
    return decide(number, _submit)


@blueprint.post("/<number>/approve")
def approve(number: str) -> Response:
    return decide(number, _approve)


@blueprint.post("/<number>/return")
def give_back(number: str) -> Response:
    return decide(number, _give_back)


@blueprint.post("/<number>/reject")
def reject(number: str) -> Response:
    return decide(number, _reject)


@blueprint.post("/<number>/take-back")
def take_back(number: str) -> Response:
    return decide(number, _take_back)


@blueprint.post("/<number>/discard")
def discard(number: str) -> Response:
    return decide(number, _discard)


def decide(number: str, act: Act) -> Response:
    """Do it in one transaction and say what happened, or why not; back to the notice."""
    runtime: Runtime = current_app.extensions["runtime"]
    staff, now = the_staff(), runtime.clock.now()
    try:
        with runtime.database.write() as session:
            flash(act(session, runtime, _locked(session, number), staff, now))
    except NotPossible as refused:
        with runtime.database.read() as session:
            flash(why_not(session, refused.reason, _found(session, number), now))
    return redirect(url_for("console.notices.notice", number=number))


def _found(session: Session, number: str) -> Broadcast:
    found = session.scalars(select(Broadcast).where(Broadcast.number == number)).first()
    return found or abort(404)


def _locked(session: Session, number: str) -> Broadcast:
    found = session.scalars(
        select(Broadcast).where(Broadcast.number == number).with_for_update()
    ).first()
    return found or abort(404)


def _submit(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    if broadcast.author_id != staff.id or broadcast.state != "draft":
        raise NotPossible("state")
    if broadcast.references and reading.newest(session, broadcast.references).id != (
        broadcast.references_id
    ):
        raise NotPossible("replaced")
    sending.submit(session, runtime, broadcast, staff)
    return _("Approval is asked for. Nothing is sent before somebody else has approved it.")


def _approve(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    if broadcast.state == "pending_approval" and request.form.get("version") != str(
        version(session, broadcast)
    ):
        raise NotPossible("changed")
    sending.approve(session, runtime, broadcast, staff, request.form.get("alone", ""))
    if broadcast.state == "scheduled" and broadcast.starts_at:
        at = day_and_time(broadcast.starts_at, now)
        return _("Approved. Sending begins at %(time)s.", time=at)
    return _("Approved. Sending has begun.")


def _give_back(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    _waits(broadcast)
    sending.give_back(session, broadcast, staff, _why(), now)
    return _("Returned to the author with your reason.")


def _reject(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    _waits(broadcast)
    sending.reject(session, broadcast, staff, _why(), now)
    return _("Rejected. It will not be sent.")


def _take_back(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    _waits(broadcast)
    if broadcast.author_id != staff.id:
        raise NotPossible("state")
    sending.give_back(session, broadcast, staff, "taken back", now)
    return _("It is a draft again and can be changed.")


def _discard(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    mine = broadcast.author_id == staff.id
    if not mine or broadcast.state != "draft":
        raise NotPossible("state")
    by = f"staff:{staff.id}"
    if not transition(session, broadcast, "cancelled", by=by, reason="", at=now):
        raise NotPossible("state")
    return _("Thrown away. Nothing was sent.")


def _waits(broadcast: Broadcast) -> None:
    if broadcast.state != "pending_approval":
        raise NotPossible("state")


def _why() -> str:
    """The reason that is demanded, as typed."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise NotPossible("reason")
    return reason


def version(session: Session, broadcast: Broadcast) -> int:
    """Grows with every submission: whoever approves, approves what they saw."""
    newest = select(func.max(Rendition.id)).where(Rendition.broadcast_id == broadcast.id)
    return session.scalar(newest) or 0


def alone_allowed(session: Session, broadcast: Broadcast) -> bool:
    """Whether one person may approve their own notice of this severity."""
    policy = session.get(Policy, broadcast.severity)
    return bool(policy and policy.alone_allowed)


def why_not(session: Session, reason: str, broadcast: Broadcast, now: datetime) -> str:
    """Why something was not done, and what to do instead."""
    if reason == "state":
        return _too_late(session, broadcast, now)
    return {
        "decision": _("Not yet: enter who decided, when, and the number of the decision."),
        "blanks": _("Not yet: a blank of the text is still empty. Fill it in."),
        "expired": _("Its time is over, or it would begin too late. Choose a later expiry."),
        "too_long": _("A text is too long to be sent. Shorten it or choose fewer places."),
        "no_checked_text": _("There is no checked text to send. Adopt one under Texts first."),
        "author": _("Somebody else must approve it: you wrote it."),
        "drill": _("A drill can only be corrected by a drill, a real notice by a real one."),
        "real_alert": _("A real alert is in force. Begin the drill when it is over."),
        "references": _("The notice it corrects is missing. Begin again from that notice."),
        "replaced": _("The notice it corrects was replaced meanwhile. Begin from the newest."),
        "changed": _("The author changed it after you opened it. Read it again, then approve."),
        "reason": _("Write a reason. The author needs it."),
    }[reason]


def _too_late(session: Session, broadcast: Broadcast, now: datetime) -> str:
    last = history(session, Names.load(session), broadcast, now)[0]
    return _(
        "Nothing changed: %(who)s was first (%(what)s, %(time)s).",
        who=last.who,
        what=last.what,
        time=last.at,
    )
