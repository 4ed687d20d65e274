"""The networks of a town and its key persons, as the console, the chat and the lane move them."""

import itertools
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import networks
from bot.models import KeyPerson, Member, Network, Relay, RelayGap, Resident, TextClaim
from bot.models.broadcasts import Broadcast
from broadcasts import key_persons, relaying, text_checks, text_claims
from broadcasts.text_claims import NotPossible
from tests.broadcasts.town import Town
from tests.world import words_of

_names = itertools.count(1)
STAFF = "staff:1"


@dataclass
class Carriers:
    """Everything is done by id, each thing in its own transaction."""

    town: Town
    persons: dict[int, int] = field(default_factory=dict)  # resident ids by key person id

    def network(self, language: str = "hi", key_persons: int = 2, members: int = 0) -> int:
        with self.town.runtime.database.write() as session:
            now = self.town.runtime.clock.now()
            network = networks.create(session, f"net {next(_names)}", language, "language", now)
            id = network.id
        for _ in range(key_persons):
            self.key_person(id)
        for resident in self.town.people(members, languages=[language]) if members else ():
            with self.town.runtime.database.write() as session:
                now = self.town.runtime.clock.now()
                session.add(Member(network_id=id, resident_id=resident, joined_at=now))
        return id

    def key_person(self, network_id: int, language: str = "en", state: str = "active") -> int:
        """Invited, called and practised, unless another `state` is wanted on the way."""
        resident_id = self.town.person(languages=[language])
        runtime = self.town.runtime
        with runtime.database.write() as session:
            now = runtime.clock.now()
            network = session.get_one(Network, network_id)
            person, code = networks.invite(session, network, f"人{next(_names)}", "090", now)
            resident = session.get_one(Resident, resident_id)
            assert networks.enter(session, resident, code, now).entry == "invited"
            session.refresh(person)
            if state in ("training", "active"):
                assert key_persons.confirm(session, runtime, person, STAFF)
            if state == "active":
                assert key_persons.practised(session, runtime, person)
            id = person.id
        self.persons[id] = resident_id
        return id

    def ask(self) -> None:
        """What the default lane does when it is woken."""
        relaying.run(self.town.runtime)

    def relays(self, broadcast_id: int, state: str | None = None) -> list[Relay]:
        with self.town.runtime.database.read() as session:
            mine = select(Relay).where(Relay.broadcast_id == broadcast_id).order_by(Relay.id)
            return [row for row in session.scalars(mine) if state in (None, row.state)]

    def states(self, broadcast_id: int) -> list[tuple[int, str]]:
        """Key person and state of every relay of a notice."""
        return [(row.key_person_id, row.state) for row in self.relays(broadcast_id)]

    def gaps(self, broadcast_id: int) -> set[int]:
        with self.town.runtime.database.read() as session:
            mine = select(RelayGap.network_id).where(RelayGap.broadcast_id == broadcast_id)
            return set(session.scalars(mine))

    def claims(self, broadcast_id: int) -> Counter[str]:
        with self.town.runtime.database.read() as session:
            mine = select(TextClaim.state).where(TextClaim.broadcast_id == broadcast_id)
            return Counter(session.scalars(mine))

    def will(self, relay_id: int) -> bool:
        with self.town.runtime.database.write() as session:
            return relaying.accept(session, self.town.runtime, *_locked(session, relay_id))

    def cannot(self, relay_id: int) -> bool:
        with self.town.runtime.database.write() as session:
            return relaying.decline(session, self.town.runtime, *_locked(session, relay_id))

    def report(self, relay_id: int, reached: int | None = 10) -> bool:
        with self.town.runtime.database.write() as session:
            return relaying.report(session, self.town.runtime, *_locked(session, relay_id), reached)

    def hold(self, relay_id: int) -> None:
        with self.town.runtime.database.write() as session:
            text_claims.hold(session, self.town.runtime, *_locked(session, relay_id))

    def write(self, relay_id: int, text: str = "सब लोग ऊपर जाएँ") -> str:
        """Claim, write and submit; "submitted", or why it was not possible."""
        runtime = self.town.runtime
        with runtime.database.write() as session:
            broadcast, relay = _locked(session, relay_id)
            try:
                claim = text_claims.hold(session, runtime, broadcast, relay)
            except NotPossible as refused:
                return refused.reason
            text_claims.write(claim, text)
            text_claims.submit(session, runtime, broadcast, claim)
            return claim.state

    def release(self, broadcast_id: int) -> str:
        """Release the oldest text that waits; "released", or why it was not possible."""
        runtime = self.town.runtime
        with runtime.database.write() as session:
            broadcast = session.get_one(Broadcast, broadcast_id, with_for_update=True)
            for claim in relaying.claims(session, broadcast, ("submitted",)):
                try:
                    text_claims.release(session, runtime, broadcast, claim, STAFF)
                except NotPossible as refused:
                    return refused.reason
                return claim.state
        return "none"

    def release_if_clean(self, broadcast_id: int) -> bool:
        runtime = self.town.runtime
        with runtime.database.write() as session:
            broadcast = session.get_one(Broadcast, broadcast_id, with_for_update=True)
            claim = relaying.claims(session, broadcast, ("submitted",))[0]
            return text_checks.release_if_clean(session, runtime, broadcast, claim)

    def checked(self, relay_id: int) -> bool:
        with self.town.runtime.database.write() as session:
            return text_claims.checked(session, _locked(session, relay_id)[1])

    def withdraw(self, broadcast_id: int) -> bool:
        """Stop the text that was released last; False where there is none."""
        runtime = self.town.runtime
        with runtime.database.write() as session:
            broadcast = session.get(Broadcast, broadcast_id, with_for_update=True)
            claims = relaying.claims(session, broadcast, ("released",)) if broadcast else []
            if broadcast is None or not claims or claims[-1].rendition_id is None:
                return False
            id = claims[-1].rendition_id
            return text_claims.withdraw(session, runtime, broadcast, id, STAFF, "wrong")

    def suspend(self, key_person_id: int) -> bool:
        runtime = self.town.runtime
        with runtime.database.write() as session:
            person = session.get_one(KeyPerson, key_person_id)
            return key_persons.suspend(session, runtime, person, STAFF, "why")

    def told(self, key_person_id: int) -> str:
        """Every word a key person got, after what waits was sent."""
        with self.town.runtime.database.read() as session:
            resident = self.persons[key_person_id]
            assert session.get(Resident, resident) is not None
        self.town.answers()
        return words_of([item["message"] for item in self.town.chat(resident)])


def _locked(session: Session, relay_id: int) -> tuple[Broadcast, Relay]:
    relay = session.get_one(Relay, relay_id)
    broadcast = session.get_one(Broadcast, relay.broadcast_id, with_for_update=True)
    session.refresh(relay)
    return broadcast, relay
