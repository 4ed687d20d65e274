"""Accounts of staff: making them, changing them, and signing in.

Failures are counted in the database, and too many stop the signing in for a while. A browser in
which this person signed in before has a count of its own: whoever guesses from elsewhere cannot
lock out the officer on duty.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_network
from unicodedata import normalize
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.models import ROLES, SignInFailure, Staff, StaffChange, StaffLink, StaffSession

COMMAND_LINE = "command line"
LINK_VALID = timedelta(hours=24)
SESSION_LASTS = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=2)
PASSWORD_LENGTH = (12, 200)

_SEEN_STEP = timedelta(minutes=5)
_FAILURES_WITHIN = timedelta(minutes=15)
_FAILURES_PER_ACCOUNT = 5
# A whole town hall may share one address.
_FAILURES_PER_ADDRESS = 50
_FAILURES_KEPT = timedelta(days=1)

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")

# OWASP's second choice (19 MiB, 2 passes, 1 lane): eight sign-ins at once stay small beside the
# webhook that the same process serves.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS_HASH = _hasher.hash(secrets.token_urlsafe())


class AccountError(Exception):
    """What was asked for is not possible; `reason` is one of the codes below, for the page to say.

    email, email_taken, name, role, last_admin, inactive, password_short, password_long,
    password_known (it is the person's name or address).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Locked:
    """Too many failures; the next try counts again at `until`."""

    until: datetime


def normal_email(text: str) -> str:
    """An address as it is stored: half-width and lower case, whatever the input method made."""
    return normalize("NFKC", text).strip().lower()


def find(session: Session, email: str) -> Staff | None:
    """The account of an address, active or not."""
    return session.scalars(select(Staff).where(Staff.email == normal_email(email))).first()


def create(
    session: Session,
    *,
    email: str,
    name: str,
    role: str,
    languages: list[str],
    by: str,
    now: datetime,
    sees_protected: bool = False,
) -> Staff:
    """A new account without a password. `by` is "staff:ID" or `COMMAND_LINE`.

    Raises `AccountError`: email, email_taken, name, role.
    """
    email = normal_email(email)
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise AccountError("email")
    _check_name_and_role(name, role)
    if find(session, email) is not None:
        raise AccountError("email_taken")
    staff = Staff(
        email=email,
        name=name.strip(),
        role=role,
        languages=languages,
        sees_protected=sees_protected,
        active=True,
        password_hash="",
    )
    session.add(staff)
    session.flush()
    _record(session, staff, "created", role, by, now)
    if sees_protected:
        _record(session, staff, "sees_protected", "yes", by, now)
    return staff


def change(
    session: Session,
    staff: Staff,
    *,
    name: str,
    role: str,
    languages: list[str],
    sees_protected: bool,
    by: str,
    now: datetime,
) -> None:
    """Set what an admin may set, recording each difference.

    Raises `AccountError`: name, role, last_admin.
    """
    _check_name_and_role(name, role)
    if role != "admin":
        _keep_an_admin(session, staff)
    wanted: dict[str, str | bool | list[str]] = {
        "name": name.strip(),
        "role": role,
        "languages": languages,
        "sees_protected": sees_protected,
    }
    for field, value in wanted.items():
        if getattr(staff, field) != value:
            setattr(staff, field, value)
            _record(session, staff, field, _shown(value), by, now)


def set_active(session: Session, staff: Staff, active: bool, *, by: str, now: datetime) -> None:
    """Let somebody in again, or end their sessions and links and keep them out.

    Raises `AccountError`: last_admin.
    """
    if staff.active == active:
        return
    if not active:
        _keep_an_admin(session, staff)
        _end_sessions_and_links(session, staff)
    staff.active = active
    _record(session, staff, "active", _shown(active), by, now)


def make_link(session: Session, staff: Staff, *, by: str, now: datetime) -> str:
    """The token of a link that sets the password once, within `LINK_VALID`; older ones end.

    Raises `AccountError`: inactive.
    """
    if not staff.active:
        raise AccountError("inactive")
    token = secrets.token_urlsafe(32)
    session.execute(delete(StaffLink).where(StaffLink.staff_id == staff.id))
    session.add(
        StaffLink(token_hash=_hashed(token), staff_id=staff.id, expires_at=now + LINK_VALID)
    )
    _record(session, staff, "link", "", by, now)
    return token


def staff_of_link(session: Session, token: str, now: datetime) -> Staff | None:
    """Whose link this is; None where it was used, replaced, is over or never was."""
    link = session.get(StaffLink, _hashed(token))
    if link is None or link.expires_at <= now:
        return None
    staff = session.get(Staff, link.staff_id)
    return staff if staff is not None and staff.active else None


def set_password(session: Session, staff: Staff, password: str, *, by: str, now: datetime) -> None:
    """Give the account this password; every session and link it has ends.

    Raises `AccountError`: password_short, password_long, password_known.
    """
    _check_password(staff, password)
    staff.password_hash = _hasher.hash(_normal_password(password))
    _end_sessions_and_links(session, staff)
    _record(session, staff, "password", "", by, now)


def check_password(
    database: Database,
    email: str,
    password: str,
    address: str,
    now: datetime,
    *,
    known_browser: str | None = None,
) -> Staff | Locked | None:
    """Who this is; None where account or password is wrong; `Locked` after too many failures.

    The answer and about the time it takes are the same whether or not the account exists.
    `known_browser` names a browser where this account signed in before. The try is counted before
    the password is looked at, in a transaction of its own: tries at the same time all count, and
    nobody else waits for the hashing.
    """
    email = normal_email(email)
    if known_browser:
        limits = {_hashed(f"browser:{known_browser}"): _FAILURES_PER_ACCOUNT}
    else:
        limits = {
            _hashed(f"account:{email}"): _FAILURES_PER_ACCOUNT,
            _hashed(f"address:{_network(address)}"): _FAILURES_PER_ADDRESS,
        }
    with database.write() as session:
        locks = [lock for item in limits.items() if (lock := _lock(session, *item, now))]
        if locks:
            return max(locks, key=lambda lock: lock.until)
        session.execute(delete(SignInFailure).where(SignInFailure.at < now - _FAILURES_KEPT))
        counted = [SignInFailure(subject=subject, at=now) for subject in limits]
        session.add_all(counted)
        staff = find(session, email)
    usable = staff is not None and staff.active and staff.password_hash != ""
    if not _fits(staff.password_hash if staff and usable else _NOBODYS_HASH, password):
        return None
    if staff is None or not usable:
        return None
    _forgive(database, staff, password, counted)
    return staff


def start_session(session: Session, staff: Staff, now: datetime) -> str:
    """Sign a browser in: the id for its cookie. Sessions that are over are erased on the way."""
    session.execute(
        delete(StaffSession).where(
            StaffSession.staff_id == staff.id, StaffSession.started_at <= now - SESSION_LASTS
        )
    )
    started = StaffSession(id=str(uuid4()), staff_id=staff.id, started_at=now, seen_at=now)
    session.add(started)
    return started.id


def staff_of_session(database: Database, session_id: str, now: datetime) -> Staff | None:
    """Who is signed in there; None where the session ended, by the clock or by somebody.

    It lasts `SESSION_LASTS`, and `SESSION_IDLE` after its last page; an open page that keeps
    asking for news is in use.
    """
    with database.read() as session:
        row = session.get(StaffSession, session_id)
        staff = session.get(Staff, row.staff_id) if row else None
    if row is None or staff is None or not staff.active:
        return None
    if now >= row.started_at + SESSION_LASTS or now >= row.seen_at + SESSION_IDLE:
        return None
    if now >= row.seen_at + _SEEN_STEP:
        with database.write() as session:
            session.execute(
                update(StaffSession).where(StaffSession.id == session_id).values(seen_at=now)
            )
    return staff


def end_session(session: Session, session_id: str) -> None:
    """Sign a browser out; a copy of its cookie is worth nothing any more."""
    session.execute(delete(StaffSession).where(StaffSession.id == session_id))


def _check_name_and_role(name: str, role: str) -> None:
    if not name.strip() or len(name.strip()) > 100:
        raise AccountError("name")
    if role not in ROLES:
        raise AccountError("role")


def _check_password(staff: Staff, password: str) -> None:
    password = _normal_password(password)
    shortest, longest = PASSWORD_LENGTH
    if len(password) < shortest:
        raise AccountError("password_short")
    if len(password) > longest:
        raise AccountError("password_long")
    known = (staff.email, staff.email.partition("@")[0], normalize("NFKC", staff.name).lower())
    if password.lower().replace(" ", "") in {word.replace(" ", "") for word in known}:
        raise AccountError("password_known")


def _keep_an_admin(session: Session, staff: Staff) -> None:
    """Raise where nobody else could let people in: an admin without a password cannot."""
    if staff.role != "admin" or not staff.active:
        return
    admins = session.scalars(
        select(Staff).where(Staff.role == "admin", Staff.active).with_for_update()
    ).all()
    if not any(admin.id != staff.id and admin.password_hash for admin in admins):
        raise AccountError("last_admin")


def _end_sessions_and_links(session: Session, staff: Staff) -> None:
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff.id))
    session.execute(delete(StaffLink).where(StaffLink.staff_id == staff.id))


def _record(session: Session, staff: Staff, what: str, value: str, by: str, now: datetime) -> None:
    session.add(StaffChange(staff_id=staff.id, by=by, what=what, value=value[:300], at=now))


def _shown(value: str | bool | list[str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else ", ".join(value)


def _lock(session: Session, subject: str, limit: int, now: datetime) -> Locked | None:
    failures = session.scalars(
        select(SignInFailure.at)
        .where(SignInFailure.subject == subject, SignInFailure.at > now - _FAILURES_WITHIN)
        .order_by(SignInFailure.at.desc())
        .limit(limit)
    ).all()
    return Locked(failures[-1] + _FAILURES_WITHIN) if len(failures) == limit else None


def _forgive(database: Database, staff: Staff, password: str, counted: list[SignInFailure]) -> None:
    """The password was right: the account's count begins anew, the address's loses this try."""
    own, *others = counted
    outdated = _hasher.check_needs_rehash(staff.password_hash)
    fresh = _hasher.hash(_normal_password(password)) if outdated else staff.password_hash
    with database.write() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.subject == own.subject))
        for failure in others:
            session.execute(delete(SignInFailure).where(SignInFailure.id == failure.id))
        if outdated:
            session.execute(
                update(Staff)
                .where(Staff.id == staff.id, Staff.password_hash == staff.password_hash)
                .values(password_hash=fresh)
            )


def _network(address: str) -> str:
    # One person's connection has a whole /64 of IPv6 addresses.
    try:
        return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address
    except ValueError:
        return address


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, _normal_password(password))
    except (VerificationError, InvalidHashError):
        return False


def _normal_password(password: str) -> str:
    # The same keys give other characters on another device's input method (NIST SP 800-63B).
    return normalize("NFKC", password)


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()
