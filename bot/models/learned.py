"""What staff taught the bot."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base, BigId

LONGEST_LESSON = 200


class Learned(Base):
    """A question in staff's own neutral words, and the topic it is about.

    Never a resident's words, and tied to no case: it outlives both. `by` is "staff:ID" or "command
    line". Rows are added and deleted, never changed: their number and newest tell every change.
    """

    __tablename__ = "learned"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    topic_id: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(LONGEST_LESSON))
    by: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("language", "text"),)
