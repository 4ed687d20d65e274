"""Residents: who added the account, and what they chose."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId

MUTABLE_CATEGORIES = ("health", "money", "school", "events", "other")
"""Notices a resident may pause. Alerts are not among them."""


class Resident(Base):
    """A person who added the account.

    `line_user_id` is None once the person had their data deleted; the row stays only where a case
    must be kept. `expecting` is what the next message answers, until `expecting_until`. `menu_id`
    is the rich menu this person was linked to last; None waits for the one of their language.
    """

    __tablename__ = "residents"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    line_user_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    languages: Mapped[list[str]]
    languages_chosen: Mapped[bool] = mapped_column(default=False)
    following: Mapped[bool] = mapped_column(default=True)
    joined_at: Mapped[datetime]
    areas_answered: Mapped[bool] = mapped_column(default=False)
    muted_categories: Mapped[list[str]]
    expecting: Mapped[dict[str, Any]]
    expecting_until: Mapped[datetime | None]
    menu_id: Mapped[int | None] = mapped_column(ForeignKey("rich_menus.id", ondelete="SET NULL"))

    areas: Mapped[list["ResidentArea"]] = relationship(
        cascade="all, delete-orphan", order_by="ResidentArea.area_id"
    )

    @property
    def language(self) -> str:
        """The tag this person is written to in: the first of their languages."""
        return self.languages[0]

    @property
    def paused(self) -> bool:
        """Whether every notice that can be paused is."""
        return set(MUTABLE_CATEGORIES) <= set(self.muted_categories)

    __table_args__ = (Index("ix_residents_menu_id_following", "menu_id", "following"),)


class ResidentArea(Base):
    """An area a resident wants alerts for, and when they last said so."""

    __tablename__ = "resident_areas"

    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), primary_key=True
    )
    area_id: Mapped[str] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    confirmed_at: Mapped[datetime]
