"""What residents and the city say to each other, and what must still be sent."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId
from bot.models.people import Resident


class WebhookEvent(Base):
    """One event of the channel, recorded before the webhook answered.

    `chat` is the user, group or room it happened in: its normal events are handled one after the
    other. `urgent` ones are not held up by them. `body` is the event as JSON; `chat` and `body` are
    erased once handled.
    `topic` is the urgent or protected topic recognised on arrival.
    """

    __tablename__ = "webhook_events"
    MOVES: ClassVar = {
        "received": {"handled", "failed"},
        "failed": {"received"},
        "handled": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    webhook_event_id: Mapped[str] = mapped_column(String(64), unique=True)
    chat: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    urgent: Mapped[bool]
    topic: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="received")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "ix_webhook_events_waiting",
            "urgent",
            "chat",
            "occurred_at",
            sqlite_where=text("state = 'received'"),
            postgresql_where=text("state = 'received'"),
        ),
        Index(
            "ix_webhook_events_in_order",
            "urgent",
            "id",
            sqlite_where=text("state = 'received'"),
            postgresql_where=text("state = 'received'"),
        ),
        Index(
            "ix_webhook_events_failed",
            "id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
        Index("ix_webhook_events_received_at", "received_at"),
    )


class Case(Base):
    """A question staff must answer.

    `reason` says why it was handed over: asked, topic, concern, help, protected. `broadcast_id` is
    the notice it came with. A protected case is opened only by staff who may; the texts of its
    messages are encrypted. `waiting_since` is the oldest word nobody answered yet. Until
    `writing_until` the member of staff `writing_id` is writing an answer: a courtesy, no right.
    """

    __tablename__ = "cases"
    MOVES: ClassVar = {
        "open": {"assigned", "answered", "closed"},
        "assigned": {"open", "answered", "closed"},
        "answered": {"open", "assigned", "closed"},
        "closed": {"open", "assigned"},
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    reason: Mapped[str] = mapped_column(String(16))
    topic_id: Mapped[str | None] = mapped_column(String(64))
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id"))
    urgent: Mapped[bool] = mapped_column(default=False)
    protected: Mapped[bool] = mapped_column(default=False)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    opened_at: Mapped[datetime]
    waiting_since: Mapped[datetime | None]
    writing_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    writing_until: Mapped[datetime | None]

    resident: Mapped[Resident] = relationship()


class Message(Base):
    """One utterance, either way.

    `author` is resident, bot or staff; of kind note it is staff's own and never sent. `text` is as
    written; in a protected case it is empty and `sealed` holds it encrypted. `japanese` is what it
    says in Japanese, sealed likewise: of a resident's words by machine; of an answer, by its
    `origin`, what staff wrote and a machine translated (machine), staff's own note of what they
    said (person), or the same stock text (stock). `topic_id` is the topic a message was found to be
    about, or that the bot answered with; `helpful` what the resident said of that answer. `once`
    names the form an answer was sent with. `translate_at` is when a machine is asked (again).
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    author: Mapped[str] = mapped_column(String(16))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[str] = mapped_column(String(16))
    language: Mapped[str | None] = mapped_column(String(16))
    text: Mapped[str | None] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    japanese: Mapped[str | None] = mapped_column(Text)
    sealed_japanese: Mapped[bytes | None] = mapped_column(LargeBinary)
    origin: Mapped[str | None] = mapped_column(String(16))
    once: Mapped[str | None] = mapped_column(String(36), unique=True)
    translate_at: Mapped[datetime | None] = mapped_column(index=True)
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL"), index=True
    )
    line_message_id: Mapped[str | None] = mapped_column(String(64), index=True)
    unsent: Mapped[bool] = mapped_column(default=False)
    topic_id: Mapped[str | None] = mapped_column(String(64))
    helpful: Mapped[bool | None]

    delivery: Mapped["Delivery | None"] = relationship()

    __table_args__ = (Index("ix_messages_resident_id_id", "resident_id", "id"),)


class Delivery(Base):
    """One request to the channel, with everything needed to repeat it byte for byte.

    `body` is the channel's own JSON for the messages; `recipient` and `body` are erased once it is
    accepted or given up. `retry_key` is made before the first request. While `reply_token` is
    usable the answer goes out as a free reply; `pushed_at` is when the first push began: its key
    is worth 24 hours. A wave of a notice has `broadcast_id` and `rendition_id`: its body is the
    rendition's, and `recipient` the ids of up to 500 people with commas, fixed at the first claim.
    """

    __tablename__ = "deliveries"
    MOVES: ClassVar = {
        "queued": {"sending", "cancelled"},
        "sending": {"accepted", "queued", "unclear", "failed"},
        "unclear": {"sending", "failed"},
        "failed": {"queued"},
        "accepted": set[str](),
        "cancelled": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("residents.id"))
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcasts.id"), index=True)
    rendition_id: Mapped[int | None] = mapped_column(ForeignKey("renditions.id"))
    recipient: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    urgent: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    retry_key: Mapped[str] = mapped_column(String(36), unique=True)
    reply_token: Mapped[str | None] = mapped_column(String(100))
    reply_until: Mapped[datetime | None]
    pushed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(String(300))
    request_id: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index(
            "ix_deliveries_waiting",
            "urgent",
            "resident_id",
            "id",
            sqlite_where=text("state IN ('queued', 'sending', 'unclear')"),
            postgresql_where=text("state IN ('queued', 'sending', 'unclear')"),
        ),
        Index(
            "ix_deliveries_in_order",
            "urgent",
            "id",
            sqlite_where=text("state IN ('queued', 'sending', 'unclear')"),
            postgresql_where=text("state IN ('queued', 'sending', 'unclear')"),
        ),
        Index("ix_deliveries_state", "state"),
    )


class PrivatePage(Base):
    """A short-lived page with what must not stand in the chat. Only its token's SHA-256 is kept."""

    __tablename__ = "private_pages"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), index=True
    )
    topic_id: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16))
    expires_at: Mapped[datetime]


class Translation(Base):
    """What a machine made of our own words: a notice, an answer before it is sent.

    `key` is a keyed hash of provider, languages and text; the translation is encrypted. Residents'
    words are never here: theirs stand with their message and go with it.
    """

    __tablename__ = "translations"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(index=True)
