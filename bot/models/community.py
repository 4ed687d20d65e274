"""What residents say beyond their questions to the city: whether they are safe, and what they ask
their own community.
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId
from bot.models.broadcasts import Broadcast
from bot.models.conversations import Message
from bot.models.networks import KeyPerson, Network
from bot.models.people import Resident

SAFETY_KINDS = ("safe", "help")


class SafetyAnswer(Base):
    """What a resident said last to *Are you safe?* of one notice: `kind` is safe or help, None
    where they only sent where they are.

    A location is taken until `where_until`, a while after they tapped the button for it. Degrees;
    both are erased when the notice has been over for some days.
    """

    __tablename__ = "safety_answers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"))
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str | None] = mapped_column(String(8))
    at: Mapped[datetime]
    where_until: Mapped[datetime | None]
    latitude: Mapped[float | None] = mapped_column(Float(53))
    longitude: Mapped[float | None] = mapped_column(Float(53))
    located_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("broadcast_id", "resident_id"),)


class CommunityQuestion(Base):
    """A question that a resident had a key person of one of their networks asked.

    Its words are those of the `message` and go with it; without one it says that the notice
    `broadcast_id` was not understood. The key person sees the words only. `language` is the
    question's. Until `due_at` an answer is expected; afterwards staff have it.
    """

    __tablename__ = "community_questions"
    MOVES: ClassVar = {
        "asked": {"answered", "passed", "withdrawn", "expired"},
        "answered": {"withdrawn"},
        "passed": set[str](),
        "withdrawn": set[str](),
        "expired": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), index=True
    )
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id", ondelete="CASCADE"))
    key_person_id: Mapped[int] = mapped_column(ForeignKey("key_persons.id"))
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), index=True
    )
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id"))
    language: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="asked")
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(Text)
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL")
    )

    resident: Mapped[Resident] = relationship()
    network: Mapped[Network] = relationship()
    key_person: Mapped[KeyPerson] = relationship()
    message: Mapped[Message | None] = relationship()
    broadcast: Mapped[Broadcast | None] = relationship()

    __table_args__ = (
        Index(
            "uq_community_questions_asked",
            "resident_id",
            "network_id",
            unique=True,
            sqlite_where=sql("state = 'asked'"),
            postgresql_where=sql("state = 'asked'"),
        ),
        Index(
            "ix_community_questions_waiting",
            "due_at",
            sqlite_where=sql("state = 'asked'"),
            postgresql_where=sql("state = 'asked'"),
        ),
        Index("ix_community_questions_key_person_id", "key_person_id"),
    )
