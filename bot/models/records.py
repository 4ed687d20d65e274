"""What happened, and what happens by the clock."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base, BigId


class Transition(Base):
    """Who moved what from where to where, when and why. Rows are only ever added.

    `by` is "bot", "line", "resident" or "staff:ID".
    """

    __tablename__ = "transitions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int] = mapped_column(BigId)
    from_state: Mapped[str] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(300))

    __table_args__ = (Index("ix_transitions_subject", "subject", "subject_id"),)


class Chore(Base):
    """A job that runs by the clock, such as the nightly erasing. Claimed by moving `due_at`."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    due_at: Mapped[datetime]


class ClockOffset(Base):
    """How far the clock was moved, in seconds; only where LINE is the simulator."""

    __tablename__ = "clock_offsets"

    id: Mapped[int] = mapped_column(primary_key=True)
    seconds: Mapped[float]
