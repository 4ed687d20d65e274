"""A notice waits at night: somebody is called by mail, whatever dies meanwhile."""

import re
import signal
from collections.abc import Iterator
from threading import Thread

import pytest
from sqlalchemy import select

from bot import alarm_causes, alarms
from bot.models import Alarm, AlarmCall, OnCall, Staff
from broadcasts import sending
from tests import notices
from tests.conftest import wait_until
from tests.console import Console
from tests.mail_server import MailServer
from tests.world import World

APPROVER, ADMIN = "suzuki@minato.example", "takahashi@minato.example"


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with MailServer() as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.answering.set()
        running.shutdown()


@pytest.fixture
def night(own_world: World, mailbox: MailServer) -> World:
    """A world that mails, with an approver and an admin on call."""
    own_world.environment |= {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mailbox.server_address[1]),
        "MAIL_FROM": "console@minato.example",
    }
    own_world.kill("default", signal.SIGTERM)
    own_world.start_process("default")
    with notices.running(own_world) as runtime, runtime.database.write() as session:
        for position, email in enumerate((APPROVER, ADMIN)):
            staff = session.scalars(select(Staff).where(Staff.email == email)).one()
            session.add(OnCall(staff_id=staff.id, position=position))
    return own_world


def submit(world: World) -> str:
    """A notice by the first operator that waits for approval; its number."""
    with notices.running(world) as runtime, runtime.database.write() as session:
        row = notices.draft(session, runtime.clock.now())
        sending.submit(session, runtime, row, notices.staff(session, "operator"))
        return row.number


def called(mailbox: MailServer) -> list[str]:
    return [str(message["To"]) for message in mailbox.messages]


def states(world: World) -> list[str]:
    with notices.running(world) as runtime, runtime.database.read() as session:
        return list(session.scalars(select(Alarm.state)))


def test_from_the_mail_to_the_approval(night: World, mailbox: MailServer) -> None:
    number = submit(night)
    night.move_clock(alarm_causes.APPROVAL_WAITS.total_seconds())
    wait_until(lambda: called(mailbox) == [APPROVER])
    night.move_clock(alarms.NEXT_PERSON.total_seconds())
    wait_until(lambda: called(mailbox) == [APPROVER, ADMIN])
    link = re.search(r"/console/alarms/\d+", mailbox.messages[1].get_content())
    assert link
    admin = Console(night.url).sign_in(ADMIN)
    assert number in admin.post(link.group(), f"{link.group()}/take")
    assert "高橋 直美" in Console(night.url).sign_in(APPROVER).get("/console/")
    night.move_clock(3 * alarms.EVERYBODY_AGAIN.total_seconds())
    with notices.running(night) as runtime, runtime.database.write() as session:
        row = session.scalars(select(sending.Broadcast)).one()
        sending.approve(session, runtime, row, notices.staff(session, "approver"))
    night.move_clock(alarms.LOOK_EVERY.total_seconds())
    wait_until(lambda: states(night) == ["ended"])
    assert called(mailbox) == [APPROVER, ADMIN]


def test_a_worker_killed_in_the_middle_of_a_mail_loses_nothing(
    night: World, mailbox: MailServer
) -> None:
    mailbox.answering.clear()
    submit(night)
    night.move_clock(alarm_causes.APPROVAL_WAITS.total_seconds())

    def is_claimed() -> bool:
        with notices.running(night) as runtime, runtime.database.read() as session:
            return bool(session.scalars(select(AlarmCall.id).where(AlarmCall.attempts > 0)).all())

    wait_until(is_claimed)
    night.kill("default")
    mailbox.answering.set()
    night.start_process("default")
    night.move_clock(alarms.LEASE.total_seconds())
    wait_until(lambda: APPROVER in called(mailbox))
    assert set(called(mailbox)) == {APPROVER}
    assert states(night) == ["open"]
