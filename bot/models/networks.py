"""Networks of residents, the key persons who speak for them, and what they do for a notice."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId
from bot.models.people import Resident

NETWORK_KINDS = ("language", "school", "employer", "shop", "worship")


class Network(Base):
    """A community: people of one language, a school, a company, a shop, a place of worship.

    `code` is what members join with; None once it was revoked. `expected`: how many people are in
    its existing group, as staff were told, so that it is seen how many have come.
    """

    __tablename__ = "networks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    language: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    code: Mapped[str | None] = mapped_column(String(16), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    expected: Mapped[int | None]
    created_at: Mapped[datetime]

    posts: Mapped[list["Post"]] = relationship(order_by="Post.position", back_populates="network")


class Member(Base):
    """A resident of a network. Key persons see only how many there are."""

    __tablename__ = "members"

    network_id: Mapped[int] = mapped_column(
        ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True
    )
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    joined_at: Mapped[datetime]


class KeyPerson(Base):
    """A resident who knows Japanese well and passes notices on.

    Invited by staff; of the invitation only the SHA-256 of its code is kept, until
    `invited_until`. `resident_id` is the LINE account that used it: another account never becomes
    this person. Staff confirm after a call to `phone`. `paused_until` is the person's own word.

    From `quiet_from` to `quiet_to` (whole hours in Japan, perhaps over midnight; None: never) they
    are not asked, unless it is a matter of life and they are `night_ok`. `confirmed_at` is when
    they last said that they stay; `stay_asked_at` when they were asked and have not answered.
    """

    __tablename__ = "key_persons"
    MOVES: ClassVar = {
        "invited": {"to_confirm", "left"},
        "to_confirm": {"training", "left"},
        "training": {"active", "suspended", "left"},
        "active": {"suspended", "left"},
        "suspended": {"active", "left"},
        "left": set[str](),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="invited")
    name: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(40))
    resident_id: Mapped[int | None] = mapped_column(
        ForeignKey("residents.id", ondelete="SET NULL"), unique=True
    )
    code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    invited_until: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    night_ok: Mapped[bool] = mapped_column(default=False)
    confirmed_at: Mapped[datetime | None]
    stay_asked_at: Mapped[datetime | None]

    resident: Mapped[Resident | None] = relationship()
    posts: Mapped[list["Post"]] = relationship(back_populates="key_person")


class Post(Base):
    """A key person's place in a network: the lowest `position` is asked first, after whoever has
    the day. `on_days` are those weekdays in Japan, Monday is 0.
    """

    __tablename__ = "posts"

    network_id: Mapped[int] = mapped_column(
        ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True
    )
    key_person_id: Mapped[int] = mapped_column(
        ForeignKey("key_persons.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]
    on_days: Mapped[list[int]] = mapped_column(JSON, default=list)

    network: Mapped[Network] = relationship(back_populates="posts")
    key_person: Mapped[KeyPerson] = relationship(back_populates="posts")


class Relay(Base):
    """The task of one key person to carry one notice into one network.

    `due_at` is when an answer, then the report is expected. `opened_at` is their first tap or look
    at the notice's page, `reached` how many people they say they reached at least. `draft` is the
    text they may begin from, of `draft_origin` drafted or machine. `delivery_id` is the question.
    """

    __tablename__ = "relays"
    MOVES: ClassVar = {
        "requested": {"accepted", "declined", "expired", "cancelled"},
        "accepted": {"relayed", "declined", "expired", "cancelled"},
        "expired": {"accepted", "cancelled"},
        "declined": set[str](),
        "relayed": set[str](),
        "cancelled": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"))
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id", ondelete="CASCADE"))
    key_person_id: Mapped[int] = mapped_column(ForeignKey("key_persons.id"))
    state: Mapped[str] = mapped_column(String(16), default="requested")
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    reached: Mapped[int | None]
    draft: Mapped[str | None] = mapped_column(Text)
    draft_origin: Mapped[str | None] = mapped_column(String(16))
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL")
    )

    network: Mapped[Network] = relationship()
    key_person: Mapped[KeyPerson] = relationship()

    __table_args__ = (
        UniqueConstraint("broadcast_id", "network_id", "key_person_id"),
        Index(
            "uq_relays_taken",
            "broadcast_id",
            "network_id",
            unique=True,
            sqlite_where=sql("state IN ('accepted', 'relayed')"),
            postgresql_where=sql("state IN ('accepted', 'relayed')"),
        ),
        Index("ix_relays_key_person_id", "key_person_id"),
    )


class RelayGap(Base):
    """A network nobody is left to ask for, since when: staff must reach it in another way."""

    __tablename__ = "relay_gaps"

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"), primary_key=True)
    network_id: Mapped[int] = mapped_column(
        ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime]


class TextClaim(Base):
    """The right of one key person to write a notice's text in one language, until `due_at`.

    `text` is what they wrote last, `japanese` its first line translated back by a machine, where
    there is one; once released, `rendition_id` is what it became.
    """

    __tablename__ = "text_claims"
    MOVES: ClassVar = {
        "held": {"submitted", "lapsed", "cancelled"},
        "submitted": {"released", "held", "cancelled"},
        "released": set[str](),
        "lapsed": set[str](),
        "cancelled": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"))
    language: Mapped[str] = mapped_column(String(16))
    relay_id: Mapped[int] = mapped_column(ForeignKey("relays.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16), default="held")
    held_at: Mapped[datetime]
    due_at: Mapped[datetime]
    text: Mapped[str | None] = mapped_column(Text)
    japanese: Mapped[str | None] = mapped_column(Text)
    rendition_id: Mapped[int | None] = mapped_column(ForeignKey("renditions.id"))

    relay: Mapped[Relay] = relationship()

    __table_args__ = (
        Index(
            "uq_text_claims_open",
            "broadcast_id",
            "language",
            unique=True,
            sqlite_where=sql("state IN ('held', 'submitted')"),
            postgresql_where=sql("state IN ('held', 'submitted')"),
        ),
        Index("ix_text_claims_broadcast_id_language", "broadcast_id", "language"),
    )
