"""Questions that staff must answer: opened, taken, answered, closed, and opened again.

Every act begins with the case's row locked (`locked`), so two members of staff act one after the
other and the second sees what the first did.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from bot import conversations
from bot.channel import Text
from bot.models import Case, Message, Resident, Staff, Transition
from bot.runtime import Runtime
from bot.states import transition

WITH_STAFF = ("open", "assigned")
"""While a case is in one of these, ordinary messages are for staff, not for the bot."""

FOLLOW_UP = timedelta(hours=24)
"""What a resident writes this soon after staff's answer is for staff again (decision 15)."""

WRITING = timedelta(minutes=2)
"""How long somebody counts as writing after they last typed."""


class Reason(StrEnum):
    """Why an act was not done."""

    CLOSED = "closed"
    GONE = "gone"  # the resident's data was deleted
    BLOCKED = "blocked"  # the resident blocked the account
    WRITING = "writing"  # somebody else is writing an answer
    ANSWERED = "answered"  # somebody else answered since this page was shown
    MAY_NOT_SEE = "may not see"  # a colleague who may not open protected cases
    TOO_LATE = "too late"  # somebody else moved the case first


class NotDone(Exception):
    """An act that was not done, and who was in its way."""

    def __init__(self, reason: Reason, staff_id: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.staff_id = staff_id


def visible_to(staff: Staff) -> ColumnElement[bool]:
    """Which cases a member of staff may open: protected ones only who was named for them."""
    return Case.id.is_not(None) if staff.sees_protected else Case.protected.is_(False)


def locked(session: Session, case_id: int) -> Case | None:
    """The case, for this unit of work alone."""
    return session.get(Case, case_id, with_for_update=True, populate_existing=True)


def current(session: Session, resident: Resident, *, protected: bool = False) -> Case | None:
    """The case of this resident that staff still have to answer, if any."""
    return _newest(session, resident, protected, Case.state.in_(WITH_STAFF))


def receiving(
    session: Session, resident: Resident, now: datetime, *, protected: bool = False
) -> Case | None:
    """The case a message of this resident belongs to now: waiting, or answered lately."""
    answered_lately = exists().where(
        Message.case_id == Case.id,
        Message.author == "staff",
        Message.kind != "note",
        Message.at > now - FOLLOW_UP,
    )
    return current(session, resident, protected=protected) or _newest(
        session, resident, protected, Case.state == "answered", answered_lately
    )


def _newest(
    session: Session, resident: Resident, protected: bool, *conditions: ColumnElement[bool]
) -> Case | None:
    return session.scalars(
        select(Case)
        .where(Case.resident_id == resident.id, Case.protected == protected, *conditions)
        .order_by(Case.id.desc())
        .limit(1)
    ).first()


def open_case(
    session: Session,
    runtime: Runtime,
    resident: Resident,
    *,
    reason: str,
    topic_id: str | None = None,
    urgent: bool = False,
    protected: bool = False,
    about: Message | None = None,
    broadcast_id: int | None = None,
) -> tuple[Case, bool]:
    """The resident's case of this kind, opened if there is none: (case, whether it is new).

    `about` is the message it began with. A protected case seals it. An answered case is opened
    again: a second one about the same would have two people answer.
    """
    now = runtime.clock.now()
    case = current(session, resident, protected=protected) or _newest(
        session, resident, protected, Case.state == "answered"
    )
    is_new = case is None
    if case is None:
        case = Case(
            resident_id=resident.id,
            state="open",
            reason=reason,
            topic_id=topic_id,
            urgent=urgent,
            protected=protected,
            broadcast_id=broadcast_id,
            opened_at=now,
            waiting_since=now,
        )
        session.add(case)
        session.flush()
    case.urgent = case.urgent or urgent
    case.broadcast_id = case.broadcast_id or broadcast_id
    resident_wrote(session, case, at=now)
    if about is not None:
        about.case_id = case.id
        conversations.await_translation(runtime, about, case)
        session.flush()
        if protected:
            conversations.protect(session, case, resident, runtime.sealer)
    return case, is_new


def resident_wrote(session: Session, case: Case, *, at: datetime) -> None:
    """Staff have to answer again: whoever answered before, if they are still there."""
    if case.state == "answered":
        staff = session.get(Staff, case.assignee_id) if case.assignee_id else None
        stays = staff is not None and staff.active and (staff.sees_protected or not case.protected)
        transition(
            session,
            case,
            "assigned" if stays else "open",
            by="resident",
            reason="wrote again",
            at=at,
            assignee_id=case.assignee_id if stays else None,
        )
    if case.waiting_since is None and case.state in WITH_STAFF:
        case.waiting_since = at


def take(runtime: Runtime, session: Session, case: Case, staff: Staff) -> bool:
    """Make `staff` the one who answers, and tell the resident that somebody is there.

    False when somebody else was faster or the case is closed.
    """
    if case.state not in ("open", "answered"):
        return False
    tells = case.state == "open"
    moved = transition(
        session,
        case,
        "assigned",
        by=by(staff),
        reason="taken",
        at=runtime.clock.now(),
        assignee_id=staff.id,
    )
    if moved and tells:
        _tell(session, runtime, case, "case.somebody_is_here")
    return moved


def hand_over(runtime: Runtime, session: Session, case: Case, staff: Staff, to: Staff) -> None:
    """Give the case to a colleague by name."""
    if case.state == "closed":
        raise NotDone(Reason.CLOSED)
    if not to.active or (case.protected and not to.sees_protected):
        raise NotDone(Reason.MAY_NOT_SEE, to.id)
    if case.state == "assigned":
        case.assignee_id = to.id
        _record(session, case, staff, f"handed over to {by(to)}", runtime.clock.now())
        return
    _move(session, runtime, case, "assigned", staff, f"handed over to {by(to)}", assignee_id=to.id)


def give_back(runtime: Runtime, session: Session, case: Case, staff: Staff) -> None:
    """Nobody in particular answers from now on."""
    if case.state != "assigned":
        raise NotDone(Reason.TOO_LATE)
    _move(session, runtime, case, "open", staff, "given back", assignee_id=None)


def close(
    runtime: Runtime, session: Session, case: Case, staff: Staff, *, tell_resident: bool
) -> None:
    """End the case; `tell_resident` says so in the chat."""
    if case.state == "closed":
        raise NotDone(Reason.CLOSED)
    _move(session, runtime, case, "closed", staff, "closed", writing_id=None, waiting_since=None)
    if tell_resident:
        _tell(session, runtime, case, "case.closed")


def reopen(runtime: Runtime, session: Session, case: Case, staff: Staff) -> None:
    """Take up a case that was closed or answered, as one's own."""
    if case.state not in ("closed", "answered"):
        raise NotDone(Reason.TOO_LATE)
    _move(session, runtime, case, "assigned", staff, "opened again", assignee_id=staff.id)


def name_topic(runtime: Runtime, session: Session, case: Case, staff: Staff, topic_id: str) -> None:
    """Say what a case was about, whatever the bot had thought."""
    if case.topic_id != topic_id:
        case.topic_id = topic_id
        _record(session, case, staff, "topic named", runtime.clock.now())


def set_urgent(runtime: Runtime, session: Session, case: Case, staff: Staff, urgent: bool) -> None:
    """Move the case to the top of every list, or back."""
    if case.urgent != urgent:
        case.urgent = urgent
        words = "marked urgent" if urgent else "urgent mark removed"
        _record(session, case, staff, words, runtime.clock.now())


def protect(runtime: Runtime, session: Session, case: Case, staff: Staff) -> None:
    """Close the case to all but those named for protected cases, and encrypt its texts for good.

    Anybody may do so, also who will not see it any more.
    """
    if case.protected:
        return
    case.protected = True
    conversations.protect(session, case, case.resident, runtime.sealer)
    _record(session, case, staff, "marked protected", runtime.clock.now())
    holder = session.get(Staff, case.assignee_id) if case.assignee_id else None
    if holder is not None and not holder.sees_protected:
        case.writing_id = None
        if case.state == "assigned":
            _move(session, runtime, case, "open", staff, "given back", assignee_id=None)
        else:
            case.assignee_id = None


def hold(case: Case, staff: Staff, now: datetime, *, knowingly: bool = False) -> None:
    """Say that `staff` is writing, for the next two minutes.

    Raises `NotDone` while somebody else is, unless `knowingly`.
    """
    other = writer(case, now)
    if other not in (None, staff.id) and not knowingly:
        raise NotDone(Reason.WRITING, other)
    case.writing_id, case.writing_until = staff.id, now + WRITING


def writer(case: Case, now: datetime) -> int | None:
    """Who is writing an answer now."""
    writing = case.writing_until is not None and case.writing_until > now
    return case.writing_id if writing else None


def may_answer(
    session: Session, case: Case, staff: Staff, now: datetime, *, newest_shown: int, knowingly: bool
) -> None:
    """Raise `NotDone` where an answer must not go out as things are.

    `newest_shown` is the newest message the writer had before them. `knowingly`: although somebody
    else is writing, or has answered since.
    """
    if case.state == "closed":
        raise NotDone(Reason.CLOSED)
    if case.resident.line_user_id is None:
        raise NotDone(Reason.GONE)
    if not case.resident.following:
        raise NotDone(Reason.BLOCKED)
    if knowingly:
        return
    answered = session.scalars(
        select(Message.staff_id)
        .where(
            Message.case_id == case.id,
            Message.author == "staff",
            Message.kind != "note",
            Message.id > newest_shown,
        )
        .order_by(Message.id.desc())
        .limit(1)
    ).first()
    if answered is not None:
        raise NotDone(Reason.ANSWERED, answered)
    other = writer(case, now)
    if other not in (None, staff.id):
        raise NotDone(Reason.WRITING, other)


def answered(runtime: Runtime, session: Session, case: Case, staff: Staff) -> None:
    """An answer was queued: the resident waits no longer."""
    case.writing_id, case.writing_until, case.waiting_since = None, None, None
    if case.state in WITH_STAFF:
        assignee = case.assignee_id if case.state == "assigned" else staff.id
        _move(session, runtime, case, "answered", staff, "answered", assignee_id=assignee)


def close_answered(session: Session, runtime: Runtime, now: datetime) -> int:
    """Close the cases that were answered long ago; returns how many. The resident hears nothing:
    there is nothing to do for them, and a message would cost them a look.
    """
    limit = now - timedelta(days=runtime.settings.case_close_days)
    later = select(Transition.subject_id).where(
        Transition.subject == Case.__tablename__, Transition.at >= limit
    )
    found = session.scalars(
        select(Case).where(
            Case.state == "answered",
            Case.id.not_in(later),
            ~exists().where(Message.case_id == Case.id, Message.at >= limit),
        )
    ).all()
    for case in found:
        transition(session, case, "closed", by="bot", reason="nobody wrote again", at=now)
    return len(found)


def by(staff: Staff) -> str:
    """How a member of staff is named in what is recorded."""
    return f"staff:{staff.id}"


def _move(
    session: Session,
    runtime: Runtime,
    case: Case,
    to: str,
    staff: Staff,
    reason: str,
    **changes: object,
) -> None:
    now = runtime.clock.now()
    if not transition(session, case, to, by=by(staff), reason=reason, at=now, **changes):
        raise NotDone(Reason.TOO_LATE)


def _record(session: Session, case: Case, staff: Staff, reason: str, at: datetime) -> None:
    """Who did what, where the state stays as it is."""
    session.add(
        Transition(
            subject=Case.__tablename__,
            subject_id=case.id,
            from_state=case.state,
            to_state=case.state,
            at=at,
            by=by(staff),
            reason=reason,
        )
    )


def _tell(session: Session, runtime: Runtime, case: Case, words_id: str) -> None:
    """The bot's own words about the case, to a resident who can get them."""
    resident = case.resident
    if resident.line_user_id is None or not resident.following:
        return
    tag = conversations.language_of(session, case)
    words = runtime.words.text(tag, words_id)
    conversations.say(session, runtime, resident, [Text(words)], language=tag, case=case)
