"""What goes round in the city: who asked whether it is true, what was found, who was told."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId
from bot.models.conversations import Message
from bot.models.people import Resident

VERDICTS = ("true", "false", "unknown")


class Rumour(Base):
    """One claim that goes round; `claim` is it in Japanese, for staff.

    A message that contains every word of one line of `keywords` asks about it.
    """

    __tablename__ = "rumours"
    MOVES: ClassVar = {
        "open": {"answered", "ended"},
        "answered": {"ended", "open"},
        "ended": {"open", "answered"},
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    claim: Mapped[str] = mapped_column(Text)
    keywords: Mapped[list[str]]
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]


class RumourQuestion(Base):
    """Somebody asked whether something is true. The words are the message's and go with it.

    `fold` is a keyed hash of the words without case, spaces and signs: equal for who wrote the
    same. `rumour_id` is what staff, or equal words, found it to be about. Passed: it became a case.
    """

    __tablename__ = "rumour_questions"
    MOVES: ClassVar = {
        "waiting": {"grouped", "passed"},
        "grouped": {"waiting"},
        "passed": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), index=True
    )
    message_id: Mapped[int] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), unique=True
    )
    rumour_id: Mapped[int | None] = mapped_column(ForeignKey("rumours.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting", index=True)
    language: Mapped[str] = mapped_column(String(16))
    fold: Mapped[str] = mapped_column(String(64), index=True)
    asked_at: Mapped[datetime]

    resident: Mapped[Resident] = relationship()
    message: Mapped[Message] = relationship()


class RumourAnswer(Base):
    """What the city says of a rumour: written by one member of staff, confirmed by another.

    Never changed: another answer replaces it. The claim stands in it as residents read it, in
    Japanese, plain Japanese and perhaps English ("" where nobody wrote it). `checked_at` is when
    the `source` was looked at. It goes to the key persons of `network_ids` too.
    """

    __tablename__ = "rumour_answers"
    MOVES: ClassVar = {
        "proposed": {"in_force", "withdrawn"},
        "in_force": {"replaced", "ended"},
        "withdrawn": set[str](),
        "replaced": set[str](),
        "ended": set[str](),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    rumour_id: Mapped[int] = mapped_column(ForeignKey("rumours.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    verdict: Mapped[str] = mapped_column(String(8))
    japanese: Mapped[str] = mapped_column(Text)
    plain: Mapped[str] = mapped_column(Text)
    english: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(500), default="")
    checked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    network_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]

    rumour: Mapped[Rumour] = relationship()

    __table_args__ = (
        Index(
            "uq_rumour_answers_proposed",
            "rumour_id",
            unique=True,
            sqlite_where=sql("state = 'proposed'"),
            postgresql_where=sql("state = 'proposed'"),
        ),
        Index(
            "uq_rumour_answers_in_force",
            "rumour_id",
            unique=True,
            sqlite_where=sql("state = 'in_force'"),
            postgresql_where=sql("state = 'in_force'"),
        ),
    )


class RumourTelling(Base):
    """An answer for one person: once. `due_at` is when they are told; None: it was queued.

    `as_key_person`: to pass on. `again`: they were told an earlier answer of the same rumour.
    Without a delivery although not due: they read it in the answer to their own question.
    """

    __tablename__ = "rumour_tellings"

    answer_id: Mapped[int] = mapped_column(ForeignKey("rumour_answers.id"), primary_key=True)
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    as_key_person: Mapped[bool] = mapped_column(default=False)
    again: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL")
    )

    __table_args__ = (
        Index(
            "ix_rumour_tellings_due",
            "due_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
    )
