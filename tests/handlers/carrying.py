"""Networks, key persons and a notice they carry, for tests of the console: no LINE is there."""

import itertools
from collections.abc import Callable

from sqlalchemy import select, update

from bot import networks
from bot.models import Delivery, KeyPerson, Member, Network, Relay, TextClaim
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from broadcasts import key_persons, relaying, text_claims, waves
from tests import factories, notices

_numbers = itertools.count(1)
STAFF = "staff:1"
PHONE = "076-220-2111"


def network(runtime: Runtime, language: str = "hi", name: str = "", members: int = 0) -> int:
    """A network with a name of its own; its id."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        name = name or f"ネットワーク{next(_numbers)}"
        made = networks.create(session, name, language, "language", now)
        for _ in range(members):
            resident = factories.resident(session, languages=[language])
            session.add(Member(network_id=made.id, resident_id=resident.id, joined_at=now))
        return made.id


def key_person(
    runtime: Runtime, network_id: int, name: str = "", state: str = "active", language: str = "en"
) -> int:
    """Somebody who came as far as `state`, in the way everybody comes; their id."""
    with runtime.database.write() as session:
        row = session.get_one(Network, network_id)
        now, name = runtime.clock.now(), name or f"人{next(_numbers)}"
        person, code = networks.invite(session, row, name, PHONE, now)
        if state != "invited":
            resident = factories.resident(session, languages=[language])
            assert networks.enter(session, resident, code, now).entry == "invited"
            session.refresh(person)
        if state in ("training", "active", "suspended"):
            assert key_persons.confirm(session, runtime, person, STAFF)
        if state in ("active", "suspended"):
            assert key_persons.practised(session, runtime, person)
        if state == "suspended":
            assert key_persons.suspend(session, runtime, person, STAFF, "why")
        return person.id


def notice(runtime: Runtime, **changes: object) -> str:
    """A notice in force whose networks were asked; its number."""
    number = notices.send(runtime, **changes)
    relaying.run(runtime)
    return number


def relay(runtime: Runtime, person_id: int) -> Relay:
    """What this person was asked last."""
    with runtime.database.read() as session:
        mine = select(Relay).where(Relay.key_person_id == person_id).order_by(Relay.id.desc())
        return session.scalars(mine).first() or Relay()


def does(runtime: Runtime, person_id: int, what: Callable[..., object], *more: object) -> object:
    """What a key person answers to the last thing they were asked, as the chat does it."""
    with runtime.database.write() as session:
        row = session.get_one(Relay, relay(runtime, person_id).id)
        broadcast = session.get_one(Broadcast, row.broadcast_id, with_for_update=True)
        return what(session, runtime, broadcast, row, *more)


def writes(runtime: Runtime, person_id: int, text: str, submit: bool = True) -> int:
    """Takes the language's text, writes it, and gives it to staff; the claim's id."""
    with runtime.database.write() as session:
        row = session.get_one(Relay, relay(runtime, person_id).id)
        broadcast = session.get_one(Broadcast, row.broadcast_id, with_for_update=True)
        claim = text_claims.hold(session, runtime, broadcast, row)
        text_claims.write(claim, text)
        assert not submit or text_claims.submit(session, runtime, broadcast, claim)
        return claim.id


def state_of(runtime: Runtime, table: type[KeyPerson | TextClaim | Relay], id: int) -> str:
    return str(factories.stored(runtime, table, id).state)


def accepted(runtime: Runtime, number: str) -> None:
    """Whatever waits of a notice is planned, and LINE accepts it."""
    with runtime.database.read() as session:
        id = session.scalars(select(Broadcast.id).where(Broadcast.number == number)).one()
    waves.plan(runtime, id)
    with runtime.database.write() as session:
        mine = update(Delivery).where(Delivery.broadcast_id == id, Delivery.state == "queued")
        session.execute(mine.values(state="accepted"))
