"""The city: its facts, areas, evacuation sites and approved answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base, BigId


class City(Base):
    """The one city of this installation (decision 1).

    `facts`: names per language, telephone numbers, hours, links; see `bot/demo/city.toml`.
    """

    __tablename__ = "cities"

    id: Mapped[int] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]]


class Area(Base):
    """A town or ward a resident can choose. `names` by language tag; centre in degrees."""

    __tablename__ = "areas"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    names: Mapped[dict[str, str]]
    latitude: Mapped[float] = mapped_column(Float(53))
    longitude: Mapped[float] = mapped_column(Float(53))


class EvacuationSite(Base):
    """A 指定緊急避難場所. `hazards` lists what it is designated for; anything else it is not."""

    __tablename__ = "evacuation_sites"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(300))
    hazards: Mapped[list[str]]
    latitude: Mapped[float] = mapped_column(Float(53))
    longitude: Mapped[float] = mapped_column(Float(53))
    remarks: Mapped[str] = mapped_column(Text)


class StockText(Base):
    """Words the city keeps ready in one language: an answer, an alert's template, a reply.

    `kind` is faq, alert or reply; `key` the topic's, template's or reply's id; `parts` its texts by
    name. `review` is official, drafted, adopted or reviewed; `reviewed_by` names who took
    responsibility.
    """

    __tablename__ = "stock_texts"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    parts: Mapped[dict[str, str]]
    origin: Mapped[str] = mapped_column(String(100))
    review: Mapped[str] = mapped_column(String(16))
    reviewed_by: Mapped[str | None] = mapped_column(String(200))


class TextVersion(Base):
    """A stock text as it was before one change of it. Rows are only ever added.

    `by` ("staff:ID") did `what` at `at`: added (there was no text), edited, adopted or reviewed.
    """

    __tablename__ = "text_versions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16))
    parts: Mapped[dict[str, str]]
    origin: Mapped[str] = mapped_column(String(100))
    review: Mapped[str] = mapped_column(String(16))
    reviewed_by: Mapped[str | None] = mapped_column(String(200))
    what: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_text_versions_text", "kind", "key", "language"),)


class CityChange(Base):
    """Who changed what the city decided about its service. Rows are only ever added.

    `what`, and the `value` it became: on_call, the names; drill_plan; most_open, "aim TAG.adults"
    and "aim TAG.target", numbers; "network ID ASPECT", whose ASPECT is created, name, language,
    kind, code, active, care, expected, group, invited, invited again, added, order or removed;
    "learned TAG", the topic, or "" where one was removed, never the words; of the policy
    SEVERITY.drafted, .machine, .alone and .automatic, yes or no, and SEVERITY.answer_minutes and
    .carry_minutes, a number, "" for as usual.
    """

    __tablename__ = "city_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    what: Mapped[str] = mapped_column(String(32), index=True)
    value: Mapped[str] = mapped_column(String(300))
    by: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
