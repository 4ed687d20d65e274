"""A notice read aloud by a key person: asked for, fetched, listened to by staff, then released.

One voice message of at most five megabytes for each text in use; a newer one takes its place.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select
from sqlalchemy.orm import Session, undefer

from bot.channel import Failure, SendError
from bot.database import after_commit
from bot.languages import language
from bot.models import Relay, Sound, Transition
from bot.models.broadcasts import Broadcast, Rendition
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import reading
from broadcasts.relay_messages import say_to
from broadcasts.relaying import TAKEN

log = logging.getLogger(__name__)

QUEUE = "default"
LARGEST = 5_000_000
KEPT = timedelta(days=7)
ATTEMPTS = 8
MIMETYPE = "audio/mp4"
IN_USE = ("fetching", "submitted", "released")

_MARK = slice(4, 8), b"ftyp"
"""Where MPEG-4 files have which bytes."""


def readable(
    session: Session, broadcast: Broadcast, relay: Relay, now: datetime
) -> Rendition | None:
    """The text a carrier may read aloud now: a person's or a checked one, in their network's
    language.
    """
    if relay.state not in TAKEN or not broadcast.is_active(now):
        return None
    tag = relay.network.language
    row = next((row for row in reading.texts(session, broadcast) if row.language == tag), None)
    usable = row is not None and (row.is_reviewed or row.origin == "person")
    return row if usable else None


def recorded(
    session: Session, runtime: Runtime, relay: Relay, text: Rendition, message_id: str
) -> Sound:
    """A voice message came; it is fetched from the channel soon. Earlier ones not released go."""
    now = runtime.clock.now()
    mine = select(Sound).where(
        Sound.broadcast_id == relay.broadcast_id,
        Sound.language == text.language,
        Sound.state.in_(("fetching", "submitted")),
    )
    for old in session.scalars(mine).all():
        _refuse(session, old, f"key_person:{relay.key_person_id}", "recorded again", now)
    row = Sound(
        broadcast_id=relay.broadcast_id,
        relay_id=relay.id,
        rendition_id=text.id,
        language=text.language,
        state="fetching",
        message_id=message_id,
        due_at=now,
        created_at=now,
    )
    session.add(row)
    session.flush()
    after_commit(session, lambda: runtime.wakeups.send(QUEUE))
    return row


def unsent(session: Session, message_id: str, now: datetime) -> None:
    """Whoever sent it took it back: it is nowhere any more."""
    for row in session.scalars(select(Sound).where(Sound.message_id == message_id)).all():
        if row.state in IN_USE:
            _refuse(session, row, "resident", "taken back", now)


def is_due(runtime: Runtime) -> bool:
    now = runtime.clock.now()
    with runtime.database.read() as session:
        old = select(Sound.id).where(_old(now)).limit(1)
        looks = (_to_fetch(now).limit(1), old)
        return any(session.execute(look).first() is not None for look in looks)


def run(runtime: Runtime) -> None:
    """Fetch what waits at the channel, and erase what is past its time."""
    now = runtime.clock.now()
    with runtime.database.read() as session:
        old = session.scalars(select(Sound.id).where(_old(now))).all()
        waiting = session.scalars(_to_fetch(now)).all()
        messages = [(row.id, row.message_id) for row in waiting]
    for id, message_id in messages:
        _fetch(runtime, id, message_id)
    if old:
        with runtime.database.write() as session:
            session.execute(delete(Sound).where(Sound.id.in_(old)))


def _to_fetch(now: datetime) -> Select[Sound]:
    return select(Sound).where(Sound.state == "fetching", Sound.due_at <= now)


def _fetch(runtime: Runtime, id: int, message_id: str) -> None:
    content, gone = None, False
    try:
        content = runtime.channel.content(message_id, LARGEST)
    except SendError as error:
        log.info("sound %s: %s", id, error)
        gone = error.failure is Failure.REFUSED
    where, mark = _MARK
    gone = gone or (content is not None and content[where] != mark)
    with runtime.database.write() as session:
        row = session.get(Sound, id, with_for_update=True)
        if row is None or row.state != "fetching":
            return
        now = runtime.clock.now()
        row.attempts += 1
        if content is not None and not gone:
            transition(
                session, row, "submitted", by="line", reason="fetched", at=now, content=content
            )
        elif gone or row.attempts >= ATTEMPTS:
            transition(session, row, "failed", by="line", reason="could not be fetched", at=now)
            _tell(session, runtime, row, "kp.sound.failed")
        else:
            row.due_at = now + timedelta(seconds=2.0**row.attempts)


def of_notice(session: Session, broadcast: Broadcast) -> Sequence[Sound]:
    """What staff may listen to, the newest first."""
    return session.scalars(
        select(Sound)
        .where(Sound.broadcast_id == broadcast.id, Sound.state.in_(("submitted", "released")))
        .order_by(Sound.id.desc())
    ).all()


def released(session: Session, text: Rendition, *, with_content: bool = False) -> Sound | None:
    """What the public page plays beside this very text."""
    found = (
        select(Sound)
        .where(Sound.rendition_id == text.id, Sound.state == "released")
        .order_by(Sound.id.desc())
        .limit(1)
    )
    return session.scalars(found.options(undefer(Sound.content)) if with_content else found).first()


def release(session: Session, runtime: Runtime, row: Sound, by: str) -> bool:
    """Staff listened: it stands on the public page, instead of an earlier one."""
    now = runtime.clock.now()
    if row.state != "submitted" or not transition(
        session, row, "released", by=by, reason="listened to", at=now
    ):
        return False
    earlier = select(Sound).where(
        Sound.rendition_id == row.rendition_id, Sound.state == "released", Sound.id != row.id
    )
    for old in session.scalars(earlier).all():
        _refuse(session, old, by, "replaced", now)
    _tell(session, runtime, row, "kp.sound.released")
    return True


def refuse(session: Session, row: Sound, by: str, now: datetime) -> bool:
    """Staff do not let it stand, or not any longer; it is erased."""
    return row.state in IN_USE and _refuse(session, row, by, "refused by staff", now)


def _refuse(session: Session, row: Sound, by: str, reason: str, now: datetime) -> bool:
    return transition(session, row, "refused", by=by, reason=reason, at=now, content=None)


def _tell(session: Session, runtime: Runtime, row: Sound, id: str) -> None:
    broadcast = session.get_one(Broadcast, row.broadcast_id)
    name = language(row.language).own_name
    say_to(session, runtime, broadcast, row.relay.key_person, id, language=name)


def _old(now: datetime) -> ColumnElement[bool]:
    before = now - KEPT
    moved_since = exists().where(
        Transition.subject == Broadcast.__tablename__,
        Transition.subject_id == Broadcast.id,
        Transition.at >= before,
    )
    ended = and_(Broadcast.state.in_(("completed", "cancelled")), ~moved_since)
    over = or_(Broadcast.expires_at < before, ended)
    return exists().where(Broadcast.id == Sound.broadcast_id, over)
