"""Rows of networks and key persons that an address names; 404 where there is none.

Whoever locks several kinds of rows locks notices first, then networks or key persons.
"""

from datetime import datetime

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import KeyPerson, Network
from bot.models.broadcasts import Broadcast
from broadcasts.relay_reading import in_force
from broadcasts.sending import LOCK

_ID = "int(max=2147483647)"
"""What a database takes as an id; a greater number is an address of nothing."""

NETWORK, PERSON = f"<{_ID}:network_id>", f"<{_ID}:person_id>"
RELAY, CLAIM = f"<{_ID}:relay_id>", f"<{_ID}:claim_id>"


def found_network(session: Session, network_id: int) -> Network:
    return session.get(Network, network_id) or abort(404)


def locked_network(session: Session, network_id: int) -> Network:
    return session.get(Network, network_id, with_for_update=LOCK) or abort(404)


def found_person(session: Session, person_id: int) -> KeyPerson:
    return session.get(KeyPerson, person_id) or abort(404)


def locked_person(session: Session, person_id: int) -> KeyPerson:
    return session.get(KeyPerson, person_id, with_for_update=LOCK) or abort(404)


def lock_notices(session: Session, now: datetime) -> None:
    """Before something is taken back from a key person: hold the notices it may belong to."""
    rows = select(Broadcast).where(in_force(now)).order_by(Broadcast.id)
    session.scalars(rows.with_for_update(key_share=True)).all()
