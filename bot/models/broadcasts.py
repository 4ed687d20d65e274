"""Notices to many: what is said, in which languages, to whom, and what people tapped."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId

KINDS = ("alert", "update", "cancel")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor")
URGENCIES = ("Immediate", "Expected", "Future", "Past")
CATEGORIES = ("alert", "health", "money", "school", "events", "other")
REVIEWED = ("official", "adopted", "reviewed")
"""Only these count as reviewed text; *drafted* is ours, *machine* nobody's."""


class Broadcast(Base):
    """One notice to many (residents read "notice" or "alert"). Words as in CAP 1.2.

    `number` is what people see, such as 1120-3: month, day, and a count. `blanks` are what the
    template's blanks were filled with: a text, a list of place ids, or texts by language tag.
    `form_key` is the form a draft was typed into: sending it again changes the same draft.
    `area_ids` empty means the whole city. `issuer`, `decided_at` and `decision_number` say whose
    decision is passed on. `references_id` is the notice this one updates or cancels. At
    `relays_due_at` somebody must look who carries it into the networks; None: nobody has to.
    A drill that is `relay_only` is for key persons: it has no recipients. One that `asks_safety`
    also asks *Are you safe?*
    """

    __tablename__ = "broadcasts"
    MOVES: ClassVar = {
        "draft": {"pending_approval", "cancelled"},
        "pending_approval": {"draft", "rejected", "scheduled", "broadcasting", "cancelled"},
        "scheduled": {"broadcasting", "cancelled"},
        "broadcasting": {"paused", "completed", "cancelled"},
        "paused": {"broadcasting", "cancelled"},
        "rejected": set[str](),
        "completed": set[str](),
        "cancelled": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="draft", index=True)
    kind: Mapped[str] = mapped_column(String(8), default="alert")
    drill: Mapped[bool] = mapped_column(default=False)
    template_id: Mapped[str] = mapped_column(String(32))
    blanks: Mapped[dict[str, Any]]
    category: Mapped[str] = mapped_column(String(16))
    severity: Mapped[str] = mapped_column(String(16))
    urgency: Mapped[str] = mapped_column(String(16))
    area_ids: Mapped[list[str]]
    issuer: Mapped[str] = mapped_column(String(100), default="")
    decided_at: Mapped[datetime | None]
    decision_number: Mapped[str] = mapped_column(String(100), default="")
    references_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id"), index=True)
    starts_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    form_key: Mapped[str | None] = mapped_column(String(36), unique=True)
    relays_due_at: Mapped[datetime | None] = mapped_column(index=True)
    relay_only: Mapped[bool] = mapped_column(default=False)
    asks_safety: Mapped[bool] = mapped_column(default=False)

    references: Mapped["Broadcast | None"] = relationship(remote_side="Broadcast.id")
    renditions: Mapped[list["Rendition"]] = relationship(order_by="Rendition.id")

    def is_active(self, now: datetime) -> bool:
        """Whether it is in force: what is expired, replaced or stopped is not."""
        return self.state in ("broadcasting", "paused") and self.expires_at > now


class Rendition(Base):
    """The notice in one language, frozen at submission: `body` is the channel's own JSON.

    `origin` is official, template, person, machine or fallback; `review` official, adopted,
    reviewed or drafted. `words` are what the console and the public page show: its `parts` by
    name, the `texts` in lines, the `messages` as they go out, and the `card`. Of a machine's text
    `instead` are those of the fallback, with its card's `body`: a person's text later stands above
    a card that no machine wrote.
    """

    __tablename__ = "renditions"
    MOVES: ClassVar = {
        "pending": {"ready", "failed", "withdrawn"},
        "failed": {"pending", "ready"},
        "ready": {"stale", "withdrawn"},
        "stale": {"ready", "withdrawn"},
        "withdrawn": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"), index=True)
    language: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="pending")
    origin: Mapped[str] = mapped_column(String(16))
    review: Mapped[str] = mapped_column(String(16))
    reviewed_by: Mapped[str | None] = mapped_column(String(200))
    words: Mapped[dict[str, Any]]
    body: Mapped[str] = mapped_column(Text)

    @property
    def is_reviewed(self) -> bool:
        return self.review in REVIEWED and self.origin != "fallback"


class Recipient(Base):
    """One resident of one broadcast's audience. `languages` is theirs when they became one, as
    tags separated by spaces, first preferred: whoever has the same gets the same rendition.
    """

    __tablename__ = "recipients"

    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcasts.id"), primary_key=True, autoincrement=False
    )
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    languages: Mapped[str] = mapped_column(String(200))

    __table_args__ = (Index("ix_recipients_resident_id", "resident_id"),)


class Sending(Base):
    """One rendition for one recipient, in one delivery once it is planned."""

    __tablename__ = "sendings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"))
    rendition_id: Mapped[int] = mapped_column(ForeignKey("renditions.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"), index=True)

    __table_args__ = (
        UniqueConstraint("rendition_id", "resident_id"),
        Index("ix_sendings_broadcast_id_resident_id", "broadcast_id", "resident_id"),
        Index("ix_sendings_resident_id", "resident_id"),
    )


class Acknowledgement(Base):
    """A resident's tap on an alert: read, not_understood or help. The first of each kind counts."""

    __tablename__ = "acknowledgements"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"))
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("broadcast_id", "resident_id", "kind"),)


class Policy(Base):
    """What an admin allows for notices of one severity; without a row, nothing of it.

    `machine_allowed`: a machine's text may go to residents, marked, where nothing better is there.
    `automatic_allowed`: a key person's text may go out without staff where a machine finds all its
    facts. `answer_minutes`: how long a key person may take to answer before the next one is asked;
    `carry_minutes`: to carry the notice into their network or to write its text. None: as usual.
    """

    __tablename__ = "policies"

    severity: Mapped[str] = mapped_column(String(16), primary_key=True)
    drafted_allowed: Mapped[bool] = mapped_column(default=False)
    alone_allowed: Mapped[bool] = mapped_column(default=False)
    automatic_allowed: Mapped[bool] = mapped_column(default=False)
    machine_allowed: Mapped[bool] = mapped_column(default=False)
    answer_minutes: Mapped[int | None]
    carry_minutes: Mapped[int | None]
