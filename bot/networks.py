"""Networks of residents: their codes, who joined, and who was invited to speak for them."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from unicodedata import normalize
from urllib.parse import quote

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.models import KeyPerson, Member, Network, Post, Resident, SignInFailure
from bot.settings import Settings
from bot.states import transition

INVITATION_LIFE = timedelta(hours=24)
WRONG_CODES, WRONG_CODES_WITHIN = 5, timedelta(minutes=10)
FEW = 5
"""Fewer people than this are never counted to a key person: they could be recognised."""

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without those people mistake for each other: I and 1, O and 0, L."""
_NETWORK_LETTERS, _INVITATION_LETTERS = 8, 14
_CODE = re.compile(rf"\s*([NKG])\s*[-–—‐ー]?\s*([{_LETTERS}]{{8}}|[{_LETTERS}]{{14}})\s*")


class Entry(StrEnum):
    """What came of a code somebody sent."""

    JOINED = "joined"
    ALREADY = "already"
    INVITED = "invited"
    UNKNOWN = "unknown"
    OVER = "over"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class Entered:
    """What came of a code, and of which network or person."""

    entry: Entry
    network: Network | None = None
    person: KeyPerson | None = None


def create(session: Session, name: str, language: str, kind: str, now: datetime) -> Network:
    """A new network, with a code to join it."""
    network = Network(
        name=name, language=language, kind=kind, code=new_code("N", _NETWORK_LETTERS),
        active=True, created_at=now,
    )  # fmt: skip
    session.add(network)
    session.flush()
    return network


def renew_code(network: Network) -> None:
    """Another code: the old one, wherever it was printed, stops working."""
    network.code = new_code("N", _NETWORK_LETTERS)


def new_code(kind: str, length: int) -> str:
    return f"{kind}-" + "".join(secrets.choice(_LETTERS) for _ in range(length))


def new_group_code() -> str:
    """What a member writes in a LINE group to connect it."""
    return new_code("G", _NETWORK_LETTERS)


def invite(
    session: Session, network: Network, name: str, phone: str, now: datetime
) -> tuple[KeyPerson, str]:
    """Invite somebody to speak for a network, after all others; returns them and their code.

    The code is usable once, for 24 hours, and is stored nowhere.
    """
    person = KeyPerson(state="invited", name=name, phone=phone)
    code = invite_again(person, now)
    session.add(person)
    session.flush()
    add_post(session, network, person)
    return person, code


def invite_again(person: KeyPerson, now: datetime) -> str:
    """Another code for somebody who has not used theirs, which ends; returns it."""
    code = new_code("K", _INVITATION_LETTERS)
    person.code_hash, person.invited_until = _hashed(code), now + INVITATION_LIFE
    return code


def add_post(session: Session, network: Network, person: KeyPerson) -> None:
    """Put somebody last among those who speak for a network."""
    last = session.scalar(select(func.max(Post.position)).where(Post.network_id == network.id))
    post = Post(network_id=network.id, key_person_id=person.id, position=(last or 0) + 1)
    session.add(post)
    session.flush()


def code_in(text: str) -> str | None:
    """The code a message consists of, however it was typed, or None."""
    found = _CODE.fullmatch(normalize("NFKC", text).upper())
    return f"{found[1]}-{found[2]}" if found else None


def enter(session: Session, resident: Resident, code: str, now: datetime) -> Entered:
    """Use a code: join a network, or accept an invitation as a key person.

    Whoever sends many wrong ones has to wait.
    """
    if _tries(session, resident, now) >= WRONG_CODES:
        return Entered(Entry.TOO_MANY)
    found = _accept(session, resident, code, now) if code[0] == "K" else _join(
        session, resident, code, now
    )  # fmt: skip
    if found.entry in (Entry.UNKNOWN, Entry.OVER):
        session.add(SignInFailure(subject=_subject(resident), at=now))
    return found


def _join(session: Session, resident: Resident, code: str, now: datetime) -> Entered:
    network = session.scalars(select(Network).where(Network.code == code, Network.active)).first()
    if network is None:
        return Entered(Entry.UNKNOWN)
    if session.get(Member, (network.id, resident.id)) is not None:
        return Entered(Entry.ALREADY, network)
    session.add(Member(network_id=network.id, resident_id=resident.id, joined_at=now))
    return Entered(Entry.JOINED, network)


def _accept(session: Session, resident: Resident, code: str, now: datetime) -> Entered:
    """A LINE account becomes a key person only here, and once."""
    person = session.scalars(
        select(KeyPerson).where(KeyPerson.code_hash == _hashed(code)).with_for_update()
    ).first()
    if person is None:
        return Entered(Entry.UNKNOWN)
    taken = session.scalars(select(KeyPerson).where(KeyPerson.resident_id == resident.id)).first()
    late = person.invited_until is None or person.invited_until <= now
    if person.state != "invited" or late or taken is not None:
        return Entered(Entry.OVER)
    usable = transition(
        session, person, "to_confirm", by="resident", reason="invitation used", at=now,
        resident_id=resident.id, code_hash=None,
    )  # fmt: skip
    return (
        Entered(Entry.INVITED, person.posts[0].network, person) if usable else Entered(Entry.OVER)
    )


def leave(session: Session, resident: Resident, network_id: int) -> Network | None:
    """Take a resident out of a network; None where they were in none of this id."""
    member = session.get(Member, (network_id, resident.id))
    if member is None:
        return None
    session.delete(member)
    return session.get_one(Network, network_id)


def of_resident(session: Session, resident: Resident) -> list[Network]:
    """The networks somebody is in, by name."""
    mine = select(Network).join(Member).where(Member.resident_id == resident.id)
    return list(session.scalars(mine.order_by(Network.name)))


def key_person_of(session: Session, resident: Resident) -> KeyPerson | None:
    """Who this LINE account is as a key person, if anybody."""
    return session.scalars(select(KeyPerson).where(KeyPerson.resident_id == resident.id)).first()


def sizes(session: Session) -> dict[int, int]:
    """How many members each network has, by its id."""
    rows = session.execute(
        select(Member.network_id, func.count())
        .join(Resident, Resident.id == Member.resident_id)
        .where(Resident.following)
        .group_by(Member.network_id)
    )
    return {id: count for id, count in rows}


def forget(session: Session, resident: Resident, now: datetime) -> None:
    """Somebody had their data deleted: they are in no network and speak for none."""
    session.execute(delete(Member).where(Member.resident_id == resident.id))
    person = key_person_of(session, resident)
    if person is not None:
        end(session, person, "data deleted", "resident", now)


def end(session: Session, person: KeyPerson, reason: str, by: str, now: datetime) -> None:
    """Take the role away for good; the name and number are erased with it."""
    gone = {"name": "", "phone": "", "resident_id": None, "code_hash": None}
    transition(session, person, "left", by=by, reason=reason, at=now, **gone)
    session.execute(delete(Post).where(Post.key_person_id == person.id))


def chat_link(settings: Settings, words: str) -> str:
    """A link that opens the chat with words typed in but not sent; "" where no LINE id is set."""
    if not settings.line_basic_id:
        return ""
    return f"https://line.me/R/oaMessage/{quote(settings.line_basic_id)}/?{quote(words)}"


def _tries(session: Session, resident: Resident, now: datetime) -> int:
    return session.scalars(
        select(func.count())
        .select_from(SignInFailure)
        .where(
            SignInFailure.subject == _subject(resident),
            SignInFailure.at > now - WRONG_CODES_WITHIN,
        )
    ).one()


def _subject(resident: Resident) -> str:
    return _hashed(f"code of resident {resident.id}")


def _hashed(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
