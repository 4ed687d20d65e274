"""What a relay lacks calls somebody too, and every decision of staff that waits too long."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from bot import alarms, networks
from bot.alarms import TAKEN_HOLDS
from bot.models import (
    Broadcast,
    Network,
    Relay,
    RelayGap,
    Rendition,
    Rumour,
    RumourAnswer,
    Sound,
    Staff,
    TextClaim,
)
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import rumours, sending, sounds
from tests import notices
from tests.bot.test_alarms import (
    SATO,
    SUZUKI,
    TAKAHASHI,
    act,
    asked,
    later,
    live,
    put_on_call,
    the_alarm,
)
from tests.mail_server import MailServer


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with MailServer() as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def city(demo_city: Runtime, mailbox: MailServer) -> Runtime:
    """みなと市 with a mail server; nobody is on the list yet."""
    return replace(demo_city, settings=mailbox.settings(demo_city.settings))


def gap(runtime: Runtime, broadcast_id: int, name: str) -> int:
    """From now on nobody is left to carry the notice into a network; the network's id."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        network = networks.create(session, name, "hi", "language", now)
        session.add(RelayGap(broadcast_id=broadcast_id, network_id=network.id, since=now))
        return network.id


def in_force(runtime: Runtime, **values: object) -> int:
    number = notices.send(runtime, **values)
    with runtime.database.read() as session:
        return session.scalars(select(Broadcast.id).where(Broadcast.number == number)).one()


def test_networks_nobody_is_left_for_are_one_alarm_for_each_notice(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, SATO, SUZUKI)
    id = in_force(city)
    first = gap(city, id, "one")
    later(city, 16)
    assert (the_alarm(city).kind, the_alarm(city).subject_id) == ("relay", id)
    [mail] = mailbox.messages
    assert "担当がいないネットワーク" in str(mail["Subject"])
    assert asked(mailbox) == [SATO]
    assert act(city, alarms.take, SATO)
    gap(city, id, "two")
    later(city, TAKEN_HOLDS.total_seconds() + 16)
    assert the_alarm(city).state == "open"
    with city.database.write() as session:
        session.get_one(Network, first).active = False
        for row in session.scalars(select(RelayGap)):
            session.delete(row)
    later(city, 16)
    assert live(city) == []
    gap(city, id, "three")  # fewer than before, and as urgent
    later(city, 16)
    assert the_alarm(city).state == "open"
    with city.database.write() as session:
        broadcast = session.get_one(Broadcast, id)
        sending.stop(session, city, broadcast, "staff:1", "over")
    later(city, 16)
    assert live(city) == []


@pytest.mark.parametrize(("urgency", "waits"), [("Immediate", 120), ("Expected", 1800)])
def test_a_text_that_nobody_releases_calls(
    city: Runtime, mailbox: MailServer, urgency: str, waits: int
) -> None:
    put_on_call(city, SATO)
    id, now = in_force(city, urgency=urgency), city.clock.now()
    with city.database.write() as session:
        network = networks.create(session, "net", "hi", "language", now)
        person, _code = networks.invite(session, network, "ラージ", "076-220-2111", now)
        row = {"broadcast_id": id, "due_at": now + timedelta(days=1)}
        relay = Relay(**row, network_id=network.id, key_person_id=person.id, asked_at=now)
        session.add(relay)
        session.flush()
        claim = TextClaim(**row, relay_id=relay.id, language="hi", state="held", held_at=now)
        session.add(claim)
        session.flush()
        transition(session, claim, "submitted", by="key_person:1", reason="written", at=now)
        claim_id = claim.id
    later(city, waits - 10)
    assert live(city) == []
    later(city, 26)
    assert (the_alarm(city).kind, the_alarm(city).subject_id) == ("release", claim_id)
    assert asked(mailbox) == [SATO]
    with city.database.write() as session:
        row = session.get_one(TextClaim, claim_id)
        transition(session, row, "held", by="staff:1", reason="change it", at=city.clock.now())
    later(city, 16)
    assert live(city) == []


@pytest.mark.parametrize(("urgency", "waits"), [("Immediate", 600), ("Expected", 7200)])
def test_a_recording_that_nobody_listens_to_calls(
    city: Runtime, mailbox: MailServer, urgency: str, waits: int
) -> None:
    put_on_call(city, SATO)
    id, now = in_force(city, urgency=urgency), city.clock.now()
    with city.database.write() as session:
        network = networks.create(session, "net", "vi", "language", now)
        person, _code = networks.invite(session, network, "ラージ", "076-220-2111", now)
        row = {"broadcast_id": id, "due_at": now + timedelta(days=1)}
        relay = Relay(**row, network_id=network.id, key_person_id=person.id, asked_at=now)
        session.add(relay)
        session.flush()
        text = session.scalars(select(Rendition.id).where(Rendition.language == "vi")).one()
        sound = Sound(
            **row, relay_id=relay.id, rendition_id=text, language="vi", message_id="1",
            created_at=now,
        )  # fmt: skip
        session.add(sound)
        session.flush()
        sound_id = sound.id
    later(city, waits + 16)
    assert live(city) == []  # it is still being fetched
    with city.database.write() as session:
        sound = session.get_one(Sound, sound_id)
        transition(session, sound, "submitted", by="line", reason="", at=city.clock.now())
    later(city, waits - 10)
    assert live(city) == []
    later(city, 26)
    assert (the_alarm(city).kind, the_alarm(city).subject_id) == ("sound", sound_id)
    assert "録音" in str(mailbox.messages[0]["Subject"])
    with city.database.write() as session:
        assert sounds.refuse(session, session.get_one(Sound, sound_id), "staff:1", now)
    later(city, 16)
    assert live(city) == []


def test_an_answer_to_a_rumour_calls_who_may_confirm_it(city: Runtime, mailbox: MailServer) -> None:
    put_on_call(city, SATO, SUZUKI, TAKAHASHI)
    now = city.clock.now()
    with city.database.write() as session:
        author = session.scalars(select(Staff).where(Staff.email == SUZUKI)).one()
        rumour = Rumour(claim="ダム", keywords=[], author_id=author.id, created_at=now)
        session.add(rumour)
        session.flush()
        answer = RumourAnswer(
            verdict="false", japanese="ダム", plain="ダム", source="気象庁", checked_at=now,
            expires_at=now + timedelta(minutes=15), network_ids=[],
        )  # fmt: skip
        id = rumours.propose(session, city, rumour, answer, author).id
    later(city, 590)
    assert live(city) == []
    later(city, 26)
    assert (the_alarm(city).kind, the_alarm(city).subject_id) == ("rumour", id)
    assert asked(mailbox) == [TAKAHASHI]  # an operator may not, and its author may not
    later(city, 600)
    assert the_alarm(city).state == "open"  # past its time it waits all the same
    with city.database.write() as session:
        answer = session.get_one(RumourAnswer, id)
        assert rumours.withdraw(session, answer, author, "late", city.clock.now())
    later(city, 16)
    assert live(city) == []
