"""What waits or failed calls somebody: in time, in order, once, and until somebody takes it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Thread

import pytest
from sqlalchemy import select, update

from bot import alarms
from bot.alarm_causes import CASE_WAITS
from bot.alarms import EVERYBODY_AGAIN, LEASE, NEXT_PERSON, TAKEN_HOLDS
from bot.models import (
    Alarm,
    AlarmCall,
    Broadcast,
    Case,
    OnCall,
    Policy,
    Staff,
    WebhookEvent,
)
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import sending
from tests import factories, notices
from tests.mail_server import MailServer

SATO, LAN, CHEN, SUZUKI, TAKAHASHI = (
    f"{name}@minato.example" for name in ("sato", "lan", "chen", "suzuki", "takahashi")
)


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


def put_on_call(runtime: Runtime, *emails: str) -> None:
    with runtime.database.write() as session:
        for position, email in enumerate(emails):
            staff = session.scalars(select(Staff).where(Staff.email == email)).one()
            session.add(OnCall(staff_id=staff.id, position=position))


def person(runtime: Runtime, email: str) -> Staff:
    with runtime.database.read() as session:
        return session.scalars(select(Staff).where(Staff.email == email)).one()


def later(runtime: Runtime, seconds: float) -> None:
    """Time passes, and the default lane runs."""
    runtime.clock.move(seconds)
    alarms.run(runtime)


def asked(mailbox: MailServer) -> list[str]:
    """Whom the mails since the last look went to."""
    found = [str(message["To"]) for message in mailbox.messages]
    mailbox.mails.clear()
    return found


def live(runtime: Runtime) -> list[Alarm]:
    with runtime.database.read() as session:
        return list(alarms.live(session))


def the_alarm(runtime: Runtime) -> Alarm:
    (alarm,) = live(runtime)
    return alarm


def act(runtime: Runtime, what: Callable[..., bool], email: str) -> bool:
    """Take, give back or settle the one live alarm."""
    with runtime.database.write() as session:
        alarm = session.get_one(Alarm, the_alarm(runtime).id)
        return what(session, alarm, person(runtime, email), runtime.clock.now())


def notice(runtime: Runtime, template_id: str = "river-4", **values: object) -> int:
    """A notice that waits for approval from now on."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        row = notices.draft(session, now, template_id, **values)
        transition(session, row, "pending_approval", by="staff:1", reason="submitted", at=now)
        return row.id


def case(runtime: Runtime, **values: object) -> int:
    with runtime.database.write() as session:
        resident = factories.resident(session)
        return factories.case(session, resident, opened_at=runtime.clock.now(), **values).id


def failed_delivery(runtime: Runtime, broadcast_id: int | None = None) -> int:
    with runtime.database.write() as session:
        row = factories.delivery(session, state="sending", broadcast_id=broadcast_id)
        transition(session, row, "failed", by="line", reason="refused", at=runtime.clock.now())
        return row.id


def test_an_urgent_notice_calls_after_two_minutes_one_after_the_other(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, SUZUKI, TAKAHASHI)
    notice(city)
    later(city, 110)
    assert (live(city), asked(mailbox)) == ([], [])
    later(city, 20)
    assert asked(mailbox) == [SUZUKI]
    later(city, NEXT_PERSON.total_seconds() - 5)
    assert asked(mailbox) == []
    later(city, 15)
    assert asked(mailbox) == [TAKAHASHI]
    later(city, NEXT_PERSON.total_seconds())
    assert sorted(asked(mailbox)) == [SUZUKI, TAKAHASHI]
    later(city, EVERYBODY_AGAIN.total_seconds() - 30)
    assert asked(mailbox) == []
    later(city, 40)
    assert sorted(asked(mailbox)) == [SUZUKI, TAKAHASHI]
    assert len(live(city)) == 1


def test_an_ordinary_notice_may_wait_half_an_hour(city: Runtime, mailbox: MailServer) -> None:
    notice(city, "rain-3")
    later(city, 29 * 60)
    assert live(city) == []
    later(city, 61)
    assert asked(mailbox) == [TAKAHASHI]


def test_the_mail_has_kind_number_time_link_and_who_was_asked_and_nothing_else(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, SUZUKI, TAKAHASHI)
    notice(city, number="1120-3", drill=True)
    later(city, 130)
    later(city, 301)
    first, second = mailbox.messages
    assert first["Subject"] == (
        "【訓練 / DRILL】承認待ちのお知らせ 1120-3 / Notice waiting for approval 1120-3"
    )
    alarm = the_alarm(city)
    words = second.get_content()
    assert f"http://127.0.0.1:9/console/alarms/{alarm.id}\n" in words
    assert f"{alarm.since.astimezone(alarms.JAPAN):%m-%d %H:%M}から" in words
    assert "鈴木 健一" in words
    assert "なし / nobody" in first.get_content()
    for content in ("みなと川", "避難", "river"):
        assert content not in words


@pytest.mark.parametrize("what", [{"urgent": True}, {"protected": True, "reason": "protected"}])
def test_a_pressing_case_calls_after_three_minutes(
    city: Runtime, mailbox: MailServer, what: dict[str, object]
) -> None:
    put_on_call(city, SATO, CHEN)
    case(city)
    case_id = case(city, **what)
    later(city, CASE_WAITS.total_seconds() - 5)
    assert live(city) == []
    later(city, 20)
    # Nobody is woken for what they may not open.
    assert asked(mailbox) == [CHEN if "protected" in what else SATO]
    assert the_alarm(city).number == str(case_id)
    with city.database.write() as session:
        row = session.get_one(Case, case_id)
        transition(session, row, "assigned", by="staff:3", reason="taken", at=city.clock.now())
    later(city, 16)
    assert live(city) == []


def test_a_case_given_back_calls_anew(city: Runtime, mailbox: MailServer) -> None:
    put_on_call(city, SATO)
    case_id = case(city, urgent=True)
    later(city, 200)
    for state in ("assigned", "open"):
        with city.database.write() as session:
            row = session.get_one(Case, case_id)
            transition(session, row, state, by="staff:1", reason="", at=city.clock.now())
        later(city, 20)
    assert (live(city), asked(mailbox)) == ([], [SATO])
    later(city, 180)
    assert asked(mailbox) == [SATO]


def test_an_author_is_not_asked_to_approve_unless_one_may_alone(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, LAN, SUZUKI, TAKAHASHI)
    own = notice(city, author_id=person(city, SUZUKI).id)
    later(city, 130)
    assert asked(mailbox) == [TAKAHASHI]
    with city.database.write() as session:
        session.add(Policy(severity="Severe", alone_allowed=True))
        row = session.get_one(Broadcast, own)
        transition(session, row, "draft", by="staff:4", reason="back", at=city.clock.now())
    later(city, 20)
    notice(city, author_id=person(city, SUZUKI).id)
    later(city, 130)
    assert asked(mailbox) == [SUZUKI]


def test_taken_stops_the_chain_and_given_back_asks_the_next(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, SUZUKI, TAKAHASHI)
    notice(city)
    later(city, 130)
    assert asked(mailbox) == [SUZUKI]
    assert act(city, alarms.take, SUZUKI)
    assert not act(city, alarms.take, TAKAHASHI)
    later(city, 3 * 3600)
    assert asked(mailbox) == []
    assert the_alarm(city).taker_id == person(city, SUZUKI).id
    assert act(city, alarms.give_back, SUZUKI)
    later(city, 16)
    assert asked(mailbox) == [TAKAHASHI]


def test_who_took_it_and_left_the_city_holds_nothing(city: Runtime, mailbox: MailServer) -> None:
    put_on_call(city, SUZUKI, TAKAHASHI)
    notice(city)
    later(city, 130)
    assert act(city, alarms.take, SUZUKI)
    with city.database.write() as session:
        session.execute(update(Staff).where(Staff.email == SUZUKI).values(active=False))
    later(city, 20)
    assert asked(mailbox) == [SUZUKI, TAKAHASHI]


def test_an_alarm_ends_when_its_cause_is_gone(city: Runtime, mailbox: MailServer) -> None:
    put_on_call(city, SUZUKI)
    id = notice(city)
    later(city, 130)
    with city.database.write() as session:
        broadcast = session.get_one(Broadcast, id)
        sending.approve(session, city, broadcast, notices.staff(session, "approver"))
    later(city, 3600)
    assert live(city) == []
    assert asked(mailbox) == [SUZUKI]


def test_a_notice_that_failed_calls_until_it_is_queued_again(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, LAN)
    id = notice(city)
    with city.database.write() as session:
        broadcast = session.get_one(Broadcast, id)
        sending.approve(session, city, broadcast, notices.staff(session, "approver"))
    failed_delivery(city, id)
    failed_delivery(city, id)
    later(city, 16)
    assert asked(mailbox) == [LAN]
    with city.database.write() as session:
        broadcast = session.get_one(Broadcast, id)
        sending.queue_again(session, city, broadcast, notices.staff(session, "operator"))
    later(city, 16)
    assert live(city) == []


def test_a_notice_held_by_the_monthly_limit_calls_but_one_held_by_staff_does_not(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, LAN)
    ids = [notice(city), notice(city)]
    for id, by in zip(ids, ("line", "staff:1"), strict=True):
        with city.database.write() as session:
            broadcast = session.get_one(Broadcast, id)
            sending.approve(session, city, broadcast, notices.staff(session, "approver"))
            sending.pause(session, broadcast, by, "limit", city.clock.now())
    later(city, 16)
    assert (the_alarm(city).kind, the_alarm(city).subject_id) == ("notice", ids[0])
    with city.database.write() as session:
        sending.resume(session, city, session.get_one(Broadcast, ids[0]), "staff:1")
    later(city, 16)
    assert live(city) == []


def test_hundreds_of_failed_replies_are_one_alarm_that_can_be_settled(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, LAN)
    failed_delivery(city)
    later(city, 16)
    failed_delivery(city)
    later(city, 16)
    assert asked(mailbox) == [LAN]
    assert not act(city, alarms.settle, LAN)  # first somebody has to take it
    assert act(city, alarms.take, LAN)
    failed_delivery(city)
    later(city, 16)
    assert act(city, alarms.settle, LAN)
    later(city, 16)
    assert live(city) == []
    failed_delivery(city)
    later(city, 16)
    assert asked(mailbox) == [LAN]


def test_new_failures_call_again_though_somebody_took_the_old_ones(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, LAN)
    failed_delivery(city)
    later(city, 16)
    assert act(city, alarms.take, LAN)
    later(city, TAKEN_HOLDS.total_seconds())
    assert asked(mailbox) == [LAN]
    failed_delivery(city)
    later(city, 16)
    assert the_alarm(city).state == "open"
    assert asked(mailbox) == [LAN]


def test_events_that_failed_call(city: Runtime, mailbox: MailServer) -> None:
    put_on_call(city, LAN)
    with city.database.write() as session:
        row = factories.event(session)
        transition(session, row, "failed", by="bot", reason="?", at=city.clock.now())
    later(city, 16)
    assert asked(mailbox) == [LAN]
    with city.database.write() as session:
        row = session.scalars(select(WebhookEvent)).one()
        transition(session, row, "received", by="staff:1", reason="again", at=city.clock.now())
    later(city, 16)
    assert live(city) == []


def test_a_mail_that_fails_is_tried_again_and_the_next_person_is_asked_meanwhile(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, SUZUKI, TAKAHASHI)
    notice(city)
    mailbox.refuses = True
    later(city, 130)
    alarms.run(city)  # woken by the failure
    with city.database.read() as session:
        calls = session.scalars(select(AlarmCall).order_by(AlarmCall.id)).all()
    assert [call.staff_id for call in calls] == [4, 5]
    assert {call.problem for call in calls} == {"SMTPRecipientsRefused"}
    later(city, 3600)  # everybody again: those whose mail still waits get no second one
    mailbox.refuses = False
    later(city, 301)
    assert sorted(asked(mailbox)) == [SUZUKI, TAKAHASHI]


def test_a_mail_whose_process_died_goes_out_later(city: Runtime, mailbox: MailServer) -> None:
    put_on_call(city, SUZUKI)
    notice(city)
    city.clock.move(130)
    alarms.look(city)
    assert len(alarms._claim(city, 10)) == 1  # and then kill -9
    assert alarms._claim(city, 10) == []
    later(city, LEASE.total_seconds() - 5)
    assert asked(mailbox) == []
    later(city, 10)
    assert asked(mailbox) == [SUZUKI]


def test_many_at_once_open_one_alarm_and_send_one_mail(city: Runtime, mailbox: MailServer) -> None:
    put_on_call(city, SUZUKI)
    notice(city)
    city.clock.move(130)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(alarms.run, [city] * 8))
    assert asked(mailbox) == [SUZUKI]
    assert len(live(city)) == 1


def test_what_was_taken_before_the_mail_went_out_is_not_mailed(
    city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, SUZUKI)
    notice(city)
    city.clock.move(130)
    alarms.look(city)
    assert act(city, alarms.take, TAKAHASHI)
    alarms.run(city)
    assert asked(mailbox) == []
    assert not alarms.is_due(city)


def test_without_a_mail_server_the_alarm_is_there_and_asks_once_there_is_one(
    demo_city: Runtime, city: Runtime, mailbox: MailServer
) -> None:
    put_on_call(city, SUZUKI)
    notice(demo_city)
    later(demo_city, 130)
    assert the_alarm(demo_city).state == "open"
    assert not alarms.is_due(demo_city)
    later(city, 16)
    assert asked(mailbox) == [SUZUKI]


def test_with_nobody_on_the_list_the_admins_are_asked(city: Runtime, mailbox: MailServer) -> None:
    case(city, urgent=True)
    later(city, 200)
    assert asked(mailbox) == [TAKAHASHI]


def test_who_left_is_not_asked(city: Runtime, mailbox: MailServer) -> None:
    put_on_call(city, SUZUKI, TAKAHASHI)
    with city.database.write() as session:
        session.execute(update(Staff).where(Staff.email == SUZUKI).values(active=False))
    notice(city)
    later(city, 130)
    assert asked(mailbox) == [TAKAHASHI]


def test_looking_is_due_every_few_seconds_only(city: Runtime) -> None:
    assert alarms.is_due(city)
    alarms.run(city)
    assert not alarms.is_due(city)
    city.clock.move(alarms.LOOK_EVERY.total_seconds())
    assert alarms.is_due(city)
