"""What a network's notices are passed on with besides words: its LINE group, a spoken text."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId
from bot.models.networks import Network, Relay


class NetworkGroup(Base):
    """A network's LINE group that gets a card of each notice; no row where nobody switched it on.

    `code` connects the group when a member writes it there, once; then `line_id` is the group's.
    `members` is how many people LINE last counted in it, at `counted_at`: what one card costs.
    """

    __tablename__ = "network_groups"

    network_id: Mapped[int] = mapped_column(
        ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    code: Mapped[str | None] = mapped_column(String(16), unique=True)
    line_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    members: Mapped[int | None]
    counted_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]

    network: Mapped[Network] = relationship()


class GroupCard(Base):
    """That a notice was put before a network's group: once, whatever happens to its delivery."""

    __tablename__ = "group_cards"

    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcasts.id"), primary_key=True, autoincrement=False
    )
    network_id: Mapped[int] = mapped_column(
        ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL")
    )


class Sound(Base):
    """A notice's text read aloud by a key person, in the language of their relay's network.

    `message_id` is the voice message at the channel, which is *fetching* until `content` (MPEG-4
    audio, as it came) is here; `due_at` is when it is tried (again). Staff listen, then release
    it. Erased seven days after the notice is over.
    """

    __tablename__ = "sounds"
    MOVES: ClassVar = {
        "fetching": {"submitted", "failed", "refused"},
        "submitted": {"released", "refused"},
        "released": {"refused"},
        "refused": set[str](),
        "failed": set[str](),
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"))
    relay_id: Mapped[int] = mapped_column(ForeignKey("relays.id", ondelete="CASCADE"), index=True)
    rendition_id: Mapped[int] = mapped_column(ForeignKey("renditions.id"))
    language: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="fetching", index=True)
    message_id: Mapped[str] = mapped_column(String(64), unique=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]

    relay: Mapped[Relay] = relationship()

    __table_args__ = (Index("ix_sounds_broadcast_id_language", "broadcast_id", "language"),)
