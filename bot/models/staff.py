"""Staff of the city, how they sign in, and who changed what about them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base

ROLES = ("operator", "approver", "admin")
"""From least to most: each may do what the ones before it may."""


class Staff(Base):
    """A municipal employee.

    `sees_protected` is given by an admin, by name: whoever has it opens protected cases.
    `password_hash` is empty until the person used their link.
    """

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(16))
    languages: Mapped[list[str]]
    sees_protected: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")

    def may(self, role: str) -> bool:
        """Whether this person has the role or a higher one, and is active."""
        return self.active and ROLES.index(self.role) >= ROLES.index(role)


class StaffLink(Base):
    """A link that sets a password, once. Only its SHA-256 is kept."""

    __tablename__ = "staff_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]


class StaffSession(Base):
    """One browser that is signed in. Its cookie carries the id; without the row it is worthless.

    `seen_at` is when it last asked for a page, to within some minutes.
    """

    __tablename__ = "staff_sessions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class SignInFailure(Base):
    """A failed sign-in: by what was tried and from where, both hashed; erased after a day."""

    __tablename__ = "sign_in_failures"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]


class StaffChange(Base):
    """Who changed what about an account, and when. Rows are only ever added.

    `by` is "staff:ID" or "command line". `what` is created, link, password, name, role, languages,
    sees_protected or active; `value` is what it became, empty where there is nothing to say.
    """

    __tablename__ = "staff_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    by: Mapped[str] = mapped_column(String(32))
    what: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime]
