"""A staff member's browser, for tests of the console."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot import conversations, staff_accounts
from bot.models import Case, Delivery, Message, Resident, Staff
from bot.runtime import Runtime
from handlers.console.permissions import SESSION_ID

PASSWORD = "correct horse battery"
OPERATOR, APPROVER, ADMIN = (
    "sato@minato.example",
    "suzuki@minato.example",
    "takahashi@minato.example",
)
SEES_PROTECTED = "chen@minato.example"
OURS = {"Sec-Fetch-Site": "same-origin"}


class Officer:
    """Keeps cookies and puts the token into forms, as a browser does."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.app = app
        self.client = app.test_client()
        self.headers = {"Accept-Language": language}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self.headers | headers)

    def text(self, path: str) -> str:
        response = self.client.get(path, headers=self.headers, follow_redirects=True)
        return unescape(response.text)

    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.text("/console/password"))
        assert found
        return found.group(1)

    def send(self, path: str, follow: bool = False, **fields: Any) -> TestResponse:
        """Press a form's button; `follow` goes on to where it leads."""
        data = {"csrf_token": self.token()} | fields
        return self.client.post(
            path, data=data, headers=self.headers | OURS, follow_redirects=follow
        )

    def try_password(self, email: str, password: str, **more: Any) -> TestResponse:
        return self.send("/console/sign-in", email=email, password=password, **more)

    def signed_in(self, email: str) -> "Officer":
        """Signed in without the form, which has its own tests."""
        runtime: Runtime = self.app.extensions["runtime"]
        with runtime.database.write() as database:
            started = staff_accounts.start_session(
                database, staff_of(runtime, email), runtime.clock.now()
            )
        with self.client.session_transaction() as session:
            session[SESSION_ID] = started
        return self


def staff_of(runtime: Runtime, email: str) -> Staff:
    with runtime.database.read() as session:
        return session.scalars(select(Staff).where(Staff.email == email)).one()


def open_case(runtime: Runtime, number: int = 1, language: str = "vi", **what: Any) -> int:
    """A case of a resident of its own; its id. `number` tells the residents apart."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        resident = Resident(
            line_user_id=f"U{number:032x}",
            languages=[language],
            joined_at=now,
            muted_categories=[],
            expecting={},
        )
        session.add(resident)
        session.flush()
        fields = {"state": "open", "reason": "asked", "opened_at": now} | what
        case = Case(resident_id=resident.id, **fields)
        session.add(case)
        session.flush()
        return case.id


def said(runtime: Runtime, case_id: int, text: str, **what: object) -> int:
    """Something the resident wrote in a case; its id."""
    with runtime.database.write() as session:
        case = session.get_one(Case, case_id)
        given = {"author": "resident", "kind": "text", "language": "vi", "text": text}
        at = runtime.clock.now()
        message = Message(resident_id=case.resident_id, case_id=case_id, at=at, **(given | what))
        session.add(message)
        session.flush()
        if case.protected:
            conversations.protect(session, case, case.resident, runtime.sealer)
        return message.id


def reply(officer: Officer, case_id: int, way: str, **fields: object) -> TestResponse:
    form = {"way": way, "once": str(uuid4()), "newest": 10_000_000} | fields
    return officer.send(f"/console/cases/{case_id}/reply", **form)


def sent(runtime: Runtime, case_id: int) -> list[Message]:
    """What staff said in a case, notes left out."""
    with runtime.database.read() as session:
        found = session.query(Message).filter_by(case_id=case_id, author="staff", kind="text")
        return found.order_by(Message.id).all()


def deliveries(runtime: Runtime) -> list[Delivery]:
    with runtime.database.read() as session:
        return session.query(Delivery).order_by(Delivery.id).all()
