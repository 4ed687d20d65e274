"""The rich menus below the chats: which of them the channel has."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base, BigId


class RichMenu(Base):
    """One menu in one language, as it was made at the channel; it is never changed there.

    `digest` tells whether words and picture are still today's. `line_id` is None until the channel
    answered, `drawn` says that it has its picture: only then it can be linked. The newest drawn one
    of a language is in use; the others are deleted once nobody is linked to them. After a failure
    nothing is tried with it before `due_at`.
    """

    __tablename__ = "rich_menus"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    language: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    line_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    drawn: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
