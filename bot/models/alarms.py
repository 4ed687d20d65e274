"""Who is called when something must not wait, and whether anybody took it."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base, BigId


class OnCall(Base):
    """One person on the on-call list; whoever has the lowest `position` is asked first."""

    __tablename__ = "on_call"

    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    position: Mapped[int]


class Alarm(Base):
    """Something that must not wait unseen: people are asked one after the other until one takes it.

    `kind` is approval, release (a key person's text), sound (their recording), rumour (an answer
    to it), urgent, protected, relay (networks nobody is left for), notice, replies or events.
    `subject_id` is the id of the notice (approval, relay, notice), text claim, sound, answer or
    case, 0 where one alarm stands for all; `number` what people call it by. `since` is when the
    waiting or the first failure began, `mark` the newest failure it knows of: a Transition's id, of
    relay a second. `next_at` is when the next person is asked; once taken, from when on further
    failures call again.
    """

    __tablename__ = "alarms"
    MOVES: ClassVar = {
        "open": {"taken", "ended"},
        "taken": {"open", "ended"},
        "ended": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[str] = mapped_column(String(20), default="")
    drill: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(16), default="open")
    since: Mapped[datetime]
    mark: Mapped[int] = mapped_column(BigId, default=0)
    next_at: Mapped[datetime]
    taker_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        Index(
            "ix_alarms_live",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
        Index("ix_alarms_subject", "kind", "subject_id"),
    )


class AlarmCall(Base):
    """One person asked to take an alarm: a mail that is tried until the mail server accepts it.

    `due_at` is when it may be tried, or the end of the lease of who is trying.
    """

    __tablename__ = "alarm_calls"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarms.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    accepted_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(200), default="")
