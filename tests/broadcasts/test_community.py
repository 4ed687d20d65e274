"""Which key person is asked a resident's question, how many at a time, and who never is."""

from datetime import timedelta
from functools import partial

import pytest

from bot import cases
from bot.models import (
    CommunityQuestion,
    Delivery,
    KeyPerson,
    Member,
    Message,
    Network,
    PrivatePage,
    Resident,
)
from broadcasts import community
from tests.broadcasts.carriers import Carriers
from tests.broadcasts.test_sending import at_once
from tests.broadcasts.town import Town

WORDS = "Where do the neighbours put the bags after the festival?"


@pytest.fixture
def carriers(town: Town) -> Carriers:
    return Carriers(town)


def member(carriers: Carriers, network: int, words: str = WORDS) -> int:
    """Somebody of a network who has just written; their id."""
    id = carriers.town.person(languages=["en"])
    with carriers.town.runtime.database.write() as session:
        now = carriers.town.runtime.clock.now()
        session.add(Member(network_id=network, resident_id=id, joined_at=now))
        session.add(
            Message(
                resident_id=id, at=now, author="resident", kind="text", language="en", text=words
            )
        )
    return id


def offered(carriers: Carriers, resident_id: int) -> int | None:
    """The network whose key person may be asked what this resident wrote last."""
    runtime = carriers.town.runtime
    with runtime.database.read() as session:
        resident, now = session.get_one(Resident, resident_id), runtime.clock.now()
        if community.newest_shareable(session, runtime, resident, now) is None:
            return None
        network = community.network_for(session, resident, now)
        return network.id if network else None


def ask(carriers: Carriers, resident_id: int, network: int) -> int | None:
    """Send what was written last; the question's id."""
    runtime = carriers.town.runtime
    with runtime.database.write() as session:
        resident, now = session.get_one(Resident, resident_id), runtime.clock.now()
        message = community.newest_shareable(session, runtime, resident, now)
        to = session.get_one(Network, network)
        question = community.ask(session, runtime, resident, to, language="en", message=message)
        return question.id if question else None


def question(carriers: Carriers, id: int | None) -> CommunityQuestion:
    with carriers.town.runtime.database.read() as session:
        return session.get_one(CommunityQuestion, id)


def test_one_has_three_in_hand_at_most_then_the_next_is_asked(carriers: Carriers) -> None:
    network = carriers.network("en", key_persons=2)
    first, second = carriers.persons
    people = [member(carriers, network) for _ in range(7)]
    asked = [ask(carriers, person, network) for person in people]
    assert asked[6] is None
    assert offered(carriers, people[6]) is None
    to = [question(carriers, id).key_person_id for id in asked[:6]]
    assert (to.count(first), to.count(second)) == (3, 3)


def test_two_taps_at_the_same_moment_make_one_question(carriers: Carriers) -> None:
    network = carriers.network("en", key_persons=1)
    person = member(carriers, network)
    one, two = (partial(ask, carriers, person, network) for _ in range(2))
    assert sorted(map(bool, at_once(one, two))) == [False, True]


def test_nobody_asks_themselves_or_who_is_not_there(carriers: Carriers) -> None:
    network = carriers.network("en", key_persons=1)
    [speaker] = carriers.persons
    own = carriers.persons[speaker]
    with carriers.town.runtime.database.write() as session:
        now = carriers.town.runtime.clock.now()
        session.add(Member(network_id=network, resident_id=own, joined_at=now))
        session.add(
            Message(
                resident_id=own, at=now, author="resident", kind="text", language="en", text=WORDS
            )
        )
    assert offered(carriers, own) is None
    person = member(carriers, network)
    assert offered(carriers, person) == network
    with carriers.town.runtime.database.write() as session:
        now = carriers.town.runtime.clock.now()
        session.get_one(KeyPerson, speaker).paused_until = now + timedelta(hours=1)
    assert offered(carriers, person) is None


def test_a_network_out_of_use_is_not_asked(carriers: Carriers) -> None:
    network = carriers.network("en", key_persons=1)
    person = member(carriers, network)
    with carriers.town.runtime.database.write() as session:
        session.get_one(Network, network).active = False
    assert offered(carriers, person) is None
    assert ask(carriers, person, network) is None


@pytest.mark.parametrize("why", ["protected", "urgent", "page", "old", "unsent", "picture"])
def test_what_is_private_or_old_is_not_offered(carriers: Carriers, why: str) -> None:
    network = carriers.network("en", key_persons=1)
    person = member(carriers, network)
    assert offered(carriers, person) == network
    runtime = carriers.town.runtime
    if why == "old":
        carriers.town.move_clock(30 * 60 + 1)
    with runtime.database.write() as session:
        resident, now = session.get_one(Resident, person), runtime.clock.now()
        if why in ("protected", "urgent"):
            cases.open_case(
                session, runtime, resident, reason="asked",
                protected=why == "protected", urgent=why == "urgent",
            )  # fmt: skip
        elif why == "page":
            until = now + timedelta(minutes=5)
            page = PrivatePage(
                token_hash="x", resident_id=person, topic_id="t", language="en", expires_at=until
            )
            session.add(page)
        elif why in ("unsent", "picture"):
            message = community.newest_shareable(session, runtime, resident, now)
            assert message is not None
            message.unsent, message.kind = why == "unsent", "image" if why == "picture" else "text"
    assert offered(carriers, person) is None


def test_withdrawn_before_it_went_out_it_never_goes_out(carriers: Carriers) -> None:
    network = carriers.network("en", key_persons=1)
    person = member(carriers, network)
    id = ask(carriers, person, network)
    runtime = carriers.town.runtime
    with runtime.database.write() as session:
        community.withdraw_all(session, runtime, session.get_one(Resident, person))
    row = question(carriers, id)
    with runtime.database.read() as session:
        delivery = session.get_one(Delivery, row.delivery_id)
    assert (row.state, delivery.state, delivery.body) == ("withdrawn", "cancelled", None)
    [speaker] = carriers.persons
    assert WORDS not in carriers.told(speaker)


def test_only_the_words_reach_the_key_person(carriers: Carriers) -> None:
    network = carriers.network("en", key_persons=1)
    person = member(carriers, network)
    ask(carriers, person, network)
    [speaker] = carriers.persons
    told = carriers.told(speaker)
    assert WORDS in told and carriers.town.ids[person] not in told
