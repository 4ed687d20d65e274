"""当番: the list, the alarms, taking one, and being told when nobody is mailed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select

from bot import alarms
from bot.models import Alarm, CityChange, OnCall, Staff
from bot.runtime import Runtime
from bot.states import transition
from handlers.app import create_app
from tests import factories, notices
from tests.handlers.officer import ADMIN, APPROVER, OPERATOR, Officer, open_case, staff_of
from tests.mail_server import MailServer


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with MailServer() as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def mailing(demo_city: Runtime, mailbox: MailServer) -> Runtime:
    return replace(demo_city, settings=mailbox.settings(demo_city.settings))


def on_list(runtime: Runtime) -> list[str]:
    with runtime.database.read() as session:
        rows = select(Staff.email).join(OnCall, OnCall.staff_id == Staff.id)
        return list(session.scalars(rows.order_by(OnCall.position)))


def put(officer: Officer, runtime: Runtime, *emails: str) -> None:
    for email in emails:
        officer.send("/console/on-call/add", staff=staff_of(runtime, email).id)


def pending_notice(runtime: Runtime, **values: object) -> str:
    now = runtime.clock.now()
    with runtime.database.write() as session:
        row = notices.draft(session, now, **values)
        transition(session, row, "pending_approval", by="staff:1", reason="submitted", at=now)
        return row.number


def failed_delivery(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        row = factories.delivery(session, state="sending")
        transition(session, row, "failed", by="line", reason="refused", at=runtime.clock.now())


def the_alarm(runtime: Runtime) -> Alarm:
    with runtime.database.read() as session:
        return session.scalars(select(Alarm).order_by(Alarm.id.desc())).first() or Alarm()


def later(runtime: Runtime, seconds: float) -> None:
    runtime.clock.move(seconds)
    alarms.run(runtime)


def test_an_admin_orders_the_list_and_it_is_recorded(app: Flask, demo_city: Runtime) -> None:
    admin = Officer(app).signed_in(ADMIN)
    page = admin.text("/console/on-call")
    assert "Nobody is on call" in page
    assert "The list is empty: all administrators are asked" in page
    put(admin, demo_city, OPERATOR, APPROVER, ADMIN, APPROVER)
    assert on_list(demo_city) == [OPERATOR, APPROVER, ADMIN]
    admin.send(f"/console/on-call/{staff_of(demo_city, ADMIN).id}/up")
    assert on_list(demo_city) == [OPERATOR, ADMIN, APPROVER]
    admin.send(f"/console/on-call/{staff_of(demo_city, OPERATOR).id}/up")
    admin.send(f"/console/on-call/{staff_of(demo_city, OPERATOR).id}/remove")
    assert on_list(demo_city) == [ADMIN, APPROVER]
    page = admin.text("/console/on-call")
    assert "On call first: 高橋 直美" in page
    assert "the list became: 高橋 直美, 鈴木 健一" in page
    with demo_city.database.read() as session:
        assert {row.what for row in session.scalars(select(CityChange))} == {"on_call"}
    assert admin.send("/console/on-call/add", staff="x").status_code == 404
    assert admin.send("/console/on-call/4000000/up").status_code == 404


def test_the_page_says_what_the_people_on_the_list_cannot_do(
    app: Flask, demo_city: Runtime
) -> None:
    admin = Officer(app).signed_in(ADMIN)
    put(admin, demo_city, OPERATOR)
    page = admin.text("/console/on-call")
    assert "Nobody on this list may approve notices" in page
    assert "Nobody on this list may open protected cases" in page
    put(admin, demo_city, ADMIN)
    assert "Nobody on this list" not in admin.text("/console/on-call")


def test_others_see_the_list_and_leave_it(app: Flask, demo_city: Runtime) -> None:
    operator = Officer(app).signed_in(OPERATOR)
    assert "Administrators change this list." in operator.text("/console/on-call")
    assert operator.send("/console/on-call/add", staff=1).status_code == 403
    assert on_list(demo_city) == []


def test_without_a_mail_server_admins_are_told_everywhere(app: Flask, demo_city: Runtime) -> None:
    admin, operator = Officer(app).signed_in(ADMIN), Officer(app).signed_in(OPERATOR)
    for path in ("/console/", "/console/on-call"):
        assert "Nobody is being mailed: no mail server is set." in admin.text(path)
    assert "Nobody is being mailed" not in operator.text("/console/")
    open_case(demo_city, urgent=True)
    later(demo_city, 200)
    assert "Nobody is being mailed" in operator.text("/console/")


def test_a_mail_server_that_refuses_is_named(mailing: Runtime, mailbox: MailServer) -> None:
    officer = Officer(create_app(mailing)).signed_in(OPERATOR)
    assert "mail server" not in officer.text("/console/")
    mailbox.refuses = True
    open_case(mailing, urgent=True)
    later(mailing, 200)
    for path in ("/console/", "/console/on-call", f"/console/alarms/{the_alarm(mailing).id}"):
        assert "does not take the mails (SMTPRecipientsRefused)" in officer.text(path)
    mailbox.refuses = False
    later(mailing, 60)
    assert "does not take the mails" not in officer.text("/console/")


def test_the_link_in_the_mail_leads_to_the_thing_after_signing_in(
    mailing: Runtime, mailbox: MailServer
) -> None:
    number = pending_notice(mailing)
    app = create_app(mailing)
    put(Officer(app).signed_in(ADMIN), mailing, APPROVER)
    later(mailing, 130)
    (mail,) = mailbox.messages
    assert mail["To"] == APPROVER
    found = re.search(r"^http://127\.0\.0\.1:9(/console/alarms/\d+)$", mail.get_content(), re.M)
    assert found
    path = found.group(1)
    visitor = Officer(app)
    asked = visitor.get(path)
    assert asked.location == f"/console/sign-in?next={path}"
    entered = visitor.try_password(APPROVER, "correct horse battery", next=path)
    assert entered.location == path
    page = visitor.text(path)
    assert f"Notice {number} waits for approval" in page
    assert "mail accepted by the mail server" in page
    assert visitor.send(f"{path}/take").location == f"/console/notices/{number}"


def test_taking_shows_on_now_and_stops_the_others(mailing: Runtime, mailbox: MailServer) -> None:
    app = create_app(mailing)
    put(Officer(app).signed_in(ADMIN), mailing, OPERATOR, APPROVER)
    case_id = open_case(mailing, urgent=True)
    later(mailing, 200)
    path = f"/console/alarms/{the_alarm(mailing).id}"
    first, second = Officer(app).signed_in(OPERATOR), Officer(app).signed_in(APPROVER)
    assert "nobody has taken it" in second.text("/console/")
    assert first.send(f"{path}/take").location == f"/console/cases/{case_id}"
    assert first.send(f"{path}/take").location == f"/console/cases/{case_id}"
    late = second.send(f"{path}/take", follow=True)
    assert "佐藤 真由 took this alarm first" in late.text
    assert "taken by 佐藤 真由" in second.text("/console/")
    assert "taken by you" in first.text("/console/")
    later(mailing, 3600)
    assert len(mailbox.mails) == 1
    given = first.send(f"{path}/give-back", follow=True)
    assert "The next person is being asked" in given.text
    later(mailing, 16)
    assert mailbox.messages[-1]["To"] == APPROVER
    assert "nobody had taken" in first.send(f"{path}/give-back", follow=True).text


def test_an_alarm_that_ended_says_so(app: Flask, demo_city: Runtime) -> None:
    officer = Officer(app).signed_in(OPERATOR)
    open_case(demo_city, urgent=True)
    later(demo_city, 200)
    alarm = the_alarm(demo_city)
    officer.send(f"/console/cases/{alarm.subject_id}/take")
    later(demo_city, 16)
    path = f"/console/alarms/{alarm.id}"
    assert "Ended: nothing waits any more" in officer.text(path)
    assert "has ended already" in officer.send(f"{path}/take", follow=True).text
    assert "Urgent case" in officer.text("/console/on-call")
    assert officer.get("/console/alarms/4000000").status_code == 404


def test_failures_past_repair_are_ended_by_who_took_them(app: Flask, demo_city: Runtime) -> None:
    officer = Officer(app).signed_in(OPERATOR)
    failed_delivery(demo_city)
    later(demo_city, 16)
    path = f"/console/alarms/{the_alarm(demo_city).id}"
    assert "take this alarm first" in officer.send(f"{path}/settle", follow=True).text
    assert officer.send(f"{path}/take").location == "/console/#trouble"
    assert "Dealt with, end this alarm" in officer.text(path)
    assert "Later failures call again" in officer.send(f"{path}/settle", follow=True).text
    later(demo_city, 16)
    assert the_alarm(demo_city).state == "ended"


def test_a_protected_case_is_only_a_number(app: Flask, demo_city: Runtime) -> None:
    case_id = open_case(demo_city, protected=True, reason="protected", topic_id="rights.suicide")
    later(demo_city, 200)
    operator = Officer(app).signed_in(OPERATOR)
    page = operator.text(f"/console/alarms/{the_alarm(demo_city).id}")
    assert f"Protected case {case_id}" in page
    assert "suicide" not in page.lower()
    assert operator.get(f"/console/cases/{case_id}").status_code in (403, 404)


def test_a_drill_says_so(app: Flask, demo_city: Runtime) -> None:
    pending_notice(demo_city, drill=True)
    later(demo_city, 130)
    page = Officer(app, "ja").signed_in(APPROVER).text(f"/console/alarms/{the_alarm(demo_city).id}")
    assert "<h1>訓練：お知らせ" in page
