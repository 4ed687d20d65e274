"""A notice's words by machine, before anybody asks for its approval."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base


class MachineText(Base):
    """What a machine made of a draft in one language, or why that is not used.

    `pieces` are its words by the name of a line or of a blank. They hold for the very Japanese
    whose SHA-256 is `source`: a draft that says something else has no machine's words.

    `problem` is "" where they are used, else off, away, key, refused or facts (the translator's),
    empty, lines (a line is missing or too many), japanese (some of it was not translated),
    too_long, or unchecked (nobody can compare the language here); `lost` the facts that differ.
    """

    __tablename__ = "machine_texts"

    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    pieces: Mapped[dict[str, Any]]
    problem: Mapped[str] = mapped_column(String(16), default="")
    lost: Mapped[list[str]]
    made_at: Mapped[datetime]
