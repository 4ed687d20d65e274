"""Nobody is asleep by accident: what waits too long or failed calls the staff on the on-call list.

Every `LOOK_EVERY` somebody looks: an alarm is opened once for each thing that waits, and ends by
itself when its cause is gone. Until somebody takes it, people are asked one after the other. Who is
asked is decided and committed first; then the mail is handed over under a lease. A process that
dies in between leaves a mail that goes out later, perhaps twice, never not at all.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot import mail
from bot.alarm_causes import Cause, all_causes
from bot.city import JAPAN
from bot.database import after_commit
from bot.jobs import work_off
from bot.models import (
    Alarm,
    AlarmCall,
    Broadcast,
    Chore,
    OnCall,
    Policy,
    RumourAnswer,
    Staff,
)
from bot.runtime import Runtime
from bot.states import transition

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=15)
NEXT_PERSON = timedelta(minutes=5)
EVERYBODY_AGAIN = timedelta(minutes=15)
TAKEN_HOLDS = timedelta(hours=1)
"""New failures of what was taken call again after this."""

FAILURES = ("notice", "replies", "events")
"""Kinds whose cause may be past repair: whoever took them may say that they are settled."""

LEASE = timedelta(minutes=1)
RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(minutes=5)
THREADS = 4
_CHORE = "alarms"
_KINDS = {
    "approval": ("承認待ちのお知らせ", "Notice waiting for approval"),
    "urgent": ("緊急の相談", "Urgent case"),
    "protected": ("保護された相談", "Protected case"),
    "notice": ("送れなかったお知らせ", "Notice with failures"),
    "release": ("送信許可を待つ文：お知らせ", "Text waiting for release: notice"),
    "sound": ("公開を待つ録音：お知らせ", "Recording waiting for release: notice"),
    "rumour": ("2人目の確認を待つ答え：うわさ", "Answer waiting for a second person: rumour"),
    "relay": ("担当がいないネットワーク：お知らせ", "Networks with nobody left: notice"),
    "replies": ("住民に送れなかったメッセージ", "Messages to residents that failed"),
    "events": ("処理できなかった住民のメッセージ", "Messages from residents that failed"),
}


@dataclass(frozen=True)
class ClaimedCall:
    """A mail this process may hand over now."""

    id: int
    attempts: int
    email: str
    subject: str
    text: str


def is_due(runtime: Runtime) -> bool:
    """Whether it is time to look, or a mail waits."""
    now = runtime.clock.now()
    with runtime.database.read() as session:
        chore = session.get(Chore, _CHORE)
        if chore is None or chore.due_at <= now:
            return True
        return bool(runtime.settings.smtp_host) and _call_is_due(session, now)


def run(runtime: Runtime) -> bool:
    """Look if it is time, then hand over the mails that are due; True when some may be left."""
    look(runtime)
    return work_off(partial(_claim, runtime), THREADS)


def look(runtime: Runtime) -> None:
    """Open, end and pass on alarms; whoever moves the chore's `due_at` first does it."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        if not _is_my_turn(session, runtime, now):
            return
        causes = {(cause.kind, cause.subject_id): cause for cause in all_causes(session, now)}
        for alarm in live(session):
            if (alarm.kind, alarm.subject_id) not in causes:
                transition(session, alarm, "ended", by="bot", reason="cause gone", at=now)
            elif alarm.taker_id and not session.get_one(Staff, alarm.taker_id).active:
                _call_again(session, alarm, "whoever took it has left", now)
        for cause in causes.values():
            _open_or_renew(session, cause, now)
        if runtime.settings.smtp_host:
            for alarm in live(session):
                if alarm.state == "open" and alarm.next_at <= now:
                    _ask_next(session, alarm, now)


def live(session: Session) -> Sequence[Alarm]:
    """The alarms that have not ended, oldest first."""
    return session.scalars(
        select(Alarm).where(Alarm.state != "ended").order_by(Alarm.since, Alarm.id)
    ).all()


def mail_problem(session: Session) -> str:
    """Why the newest mail that waits could not be handed over, "" while none has failed."""
    failed = (
        select(AlarmCall.problem)
        .join(Alarm, Alarm.id == AlarmCall.alarm_id)
        .where(Alarm.state == "open", AlarmCall.accepted_at.is_(None), AlarmCall.problem != "")
    )
    return session.scalars(failed.order_by(AlarmCall.id.desc()).limit(1)).first() or ""


def take(session: Session, alarm: Alarm, by: Staff, at: datetime) -> bool:
    """Stop asking others: this person looks after it. False when somebody else was faster."""
    return alarm.state == "open" and transition(
        session,
        alarm,
        "taken",
        by=f"staff:{by.id}",
        reason="taken",
        at=at,
        taker_id=by.id,
        next_at=at + TAKEN_HOLDS,
    )


def give_back(session: Session, alarm: Alarm, by: Staff, at: datetime) -> bool:
    """Whoever took it cannot: the next person is asked at once."""
    return alarm.state == "taken" and transition(
        session,
        alarm,
        "open",
        by=f"staff:{by.id}",
        reason="given back",
        at=at,
        taker_id=None,
        next_at=at,
    )


def settle(session: Session, alarm: Alarm, by: Staff, at: datetime) -> bool:
    """A person says that these failures are dealt with; later ones open an alarm of their own."""
    settled = alarm.state == "taken" and alarm.kind in FAILURES
    return settled and transition(
        session, alarm, "ended", by=f"staff:{by.id}", reason="settled", at=at
    )


def people(session: Session, alarm: Alarm) -> list[Staff]:
    """Who is asked, in order: those on the list who can do it, else all of it, else the admins."""
    listed = on_call(session)
    able = [person for person in listed if _is_able(session, alarm, person)]
    return able or listed or _admins(session)


def on_call(session: Session) -> list[Staff]:
    """The active people on the on-call list, first to be asked first."""
    return list(
        session.scalars(
            select(Staff)
            .join(OnCall, OnCall.staff_id == Staff.id)
            .where(Staff.active)
            .order_by(OnCall.position, OnCall.staff_id)
        )
    )


def _admins(session: Session) -> list[Staff]:
    usable = Staff.active, Staff.role == "admin", Staff.password_hash != ""
    return list(session.scalars(select(Staff).where(*usable).order_by(Staff.id)))


def _is_able(session: Session, alarm: Alarm, person: Staff) -> bool:
    """Whether this person could end the alarm; nobody is woken for what they may not open."""
    if alarm.kind == "protected":
        return person.sees_protected
    if alarm.kind == "rumour":
        answer = session.get(RumourAnswer, alarm.subject_id)
        return person.may("approver") and answer is not None and answer.author_id != person.id
    if alarm.kind != "approval":
        return True
    broadcast = session.get(Broadcast, alarm.subject_id)
    policy = session.get(Policy, broadcast.severity) if broadcast else None
    alone = policy is not None and policy.alone_allowed
    own = broadcast is not None and broadcast.author_id == person.id
    return person.may("approver") and (alone or not own)


def _is_my_turn(session: Session, runtime: Runtime, now: datetime) -> bool:
    insert = sqlite.insert if runtime.database.is_sqlite else postgresql.insert
    first = insert(Chore).values(name=_CHORE, due_at=now).on_conflict_do_nothing()
    session.execute(first)
    chore = session.get_one(Chore, _CHORE, with_for_update=True)
    if chore.due_at > now:
        return False
    chore.due_at = now + LOOK_EVERY
    return True


def _open_or_renew(session: Session, cause: Cause, now: datetime) -> None:
    """One alarm for each cause: a new one, or the one there is, which may have to call again."""
    last = session.scalars(
        select(Alarm)
        .where(Alarm.kind == cause.kind, Alarm.subject_id == cause.subject_id)
        .order_by(Alarm.id.desc())
        .limit(1)
    ).first()
    if last is None or last.state == "ended":
        settled = last is not None and cause.mark > 0 and cause.mark <= last.mark
        if not settled:
            session.add(
                Alarm(
                    kind=cause.kind,
                    subject_id=cause.subject_id,
                    number=cause.number,
                    drill=cause.drill,
                    state="open",
                    since=cause.since,
                    mark=cause.mark,
                    next_at=now,
                )
            )
            session.flush()
    elif cause.mark > last.mark:
        last.mark = cause.mark
        if last.state == "taken" and last.next_at <= now:
            _call_again(session, last, "further failures", now)


def _call_again(session: Session, alarm: Alarm, reason: str, now: datetime) -> None:
    transition(session, alarm, "open", by="bot", reason=reason, at=now, taker_id=None, next_at=now)


def _ask_next(session: Session, alarm: Alarm, now: datetime) -> None:
    """Ask the first person nobody asked yet; when there is none, all of them again."""
    everybody = people(session, alarm)
    calls = session.scalars(select(AlarmCall).where(AlarmCall.alarm_id == alarm.id)).all()
    asked = {call.staff_id for call in calls}
    fresh = next((person for person in everybody if person.id not in asked), None)
    still_tried = {call.staff_id for call in calls if call.accepted_at is None}
    again = [person for person in everybody if person.id not in still_tried]
    for person in [fresh] if fresh else again:
        session.add(AlarmCall(alarm_id=alarm.id, staff_id=person.id, asked_at=now, due_at=now))
    alarm.next_at = now + (NEXT_PERSON if fresh else EVERYBODY_AGAIN)
    session.flush()


def _due_calls(now: datetime) -> Select[AlarmCall]:
    return (
        select(AlarmCall)
        .join(Alarm, Alarm.id == AlarmCall.alarm_id)
        .where(Alarm.state == "open", AlarmCall.accepted_at.is_(None), AlarmCall.due_at <= now)
    )


def _call_is_due(session: Session, now: datetime) -> bool:
    return session.scalars(_due_calls(now).limit(1)).first() is not None


def _claim(runtime: Runtime, limit: int) -> list[Callable[[], object]]:
    """Lease up to `limit` mails; their words are what is known now."""
    now = runtime.clock.now()
    if not runtime.settings.smtp_host:
        return []
    with runtime.database.read() as session:  # a look takes no lock
        if not _call_is_due(session, now):
            return []
    with runtime.database.write() as session:
        rows = session.scalars(
            _due_calls(now)
            .order_by(AlarmCall.id)
            .limit(limit)
            .with_for_update(of=AlarmCall, skip_locked=True)
        ).all()
        claimed = []
        for row in rows:
            row.due_at = now + LEASE
            row.attempts += 1
            alarm = session.get_one(Alarm, row.alarm_id)
            claimed.append(
                ClaimedCall(
                    id=row.id,
                    attempts=row.attempts,
                    email=session.get_one(Staff, row.staff_id).email,
                    subject=_subject(alarm),
                    text=_text(session, runtime, alarm, row),
                )
            )
    return [partial(_send, runtime, call) for call in claimed]


def _send(runtime: Runtime, call: ClaimedCall) -> None:
    """Hand the mail over once and record what came of it."""
    problem = ""
    try:
        mail.send(runtime.settings, call.email, call.subject, call.text)
    except mail.MailError as error:
        problem = str(error)
        log.error("alarm call %s was not mailed: %s", call.id, problem)
    now = runtime.clock.now()
    with runtime.database.write() as session:
        row = session.get_one(AlarmCall, call.id, with_for_update=True)
        if row.accepted_at is not None:
            return
        row.problem = problem[:200]
        if not problem:
            row.accepted_at = now
        elif row.attempts == call.attempts:
            row.due_at = now + min(RETRY * 2 ** (call.attempts - 1), LONGEST_RETRY)
            if call.attempts == 1:
                _do_not_wait(session, runtime, row.alarm_id, now)


def _do_not_wait(session: Session, runtime: Runtime, alarm_id: int, now: datetime) -> None:
    """A mail could not be handed over: whoever was not asked yet is asked meanwhile."""
    # In the order in which `look` locks them.
    chore = session.get_one(Chore, _CHORE, with_for_update=True)
    alarm = session.get_one(Alarm, alarm_id, with_for_update=True)
    asked = set(session.scalars(select(AlarmCall.staff_id).where(AlarmCall.alarm_id == alarm_id)))
    if alarm.state != "open" or {person.id for person in people(session, alarm)} <= asked:
        return
    alarm.next_at = chore.due_at = now
    after_commit(session, lambda: runtime.wakeups.send("default"))


def _subject(alarm: Alarm) -> str:
    japanese, english = _KINDS[alarm.kind]
    drill = "【訓練 / DRILL】" if alarm.drill else ""
    return f"{drill}{japanese} {alarm.number} / {english} {alarm.number}".replace("  ", " ").strip()


def _text(session: Session, runtime: Runtime, alarm: Alarm, call: AlarmCall) -> str:
    """What the mail says: kind, number, since when, whom it went to before, where to look."""
    rows = session.execute(
        select(Staff.name, AlarmCall.asked_at, AlarmCall.accepted_at)
        .join(Staff, Staff.id == AlarmCall.staff_id)
        .where(AlarmCall.alarm_id == alarm.id, AlarmCall.id < call.id)
        .order_by(AlarmCall.id)
    )
    before = [
        f"  {_clock(asked_at)} {name}"
        + ("" if accepted_at else " （メールを送れませんでした / the mail could not be sent）")
        for name, asked_at, accepted_at in rows
    ]
    link = f"{runtime.settings.public_base_url.rstrip('/')}/console/alarms/{alarm.id}"
    lines = [
        _subject(alarm),
        f"{_clock(alarm.since)}から / since {_clock(alarm.since)}",
        "",
        link,
        "",
        "リンクを開き、「引き受ける」を押してください。押すまで、ほかの人にも連絡が続きます。",
        'Open the link and press "I take it". Until then others are asked too.',
        "",
        "前に連絡した人 / Asked before:",
        *(before or ["  なし / nobody"]),
    ]
    return "\n".join(lines) + "\n"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(JAPAN):%m-%d %H:%M}"
