"""Accounts: added by a link, changed, stopped; and always somebody who can let people in."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from bot.models import StaffChange, StaffLink
from bot.runtime import Runtime
from tests.handlers.officer import ADMIN, OPERATOR, PASSWORD, Officer, staff_of

NEW = "mori@minato.example"
NEW_PASSWORD = "the tide comes in twice"


@pytest.fixture
def admin(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(ADMIN)


def link_in(page: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:9(/console/link/[\w-]{43})<", page)
    assert found, page
    return found.group(1)


def test_a_new_colleague_comes_in_by_a_link_that_works_once(
    admin: Officer, demo_city: Runtime
) -> None:
    made = admin.send(
        "/console/accounts/new", name="森 蓮", email=NEW, role="operator", languages=["ja", "vi"]
    )
    path = link_in(made.text)
    with demo_city.database.read() as session:
        stored = session.scalars(select(StaffLink)).one()
    assert stored.token_hash not in path
    assert path.rsplit("/", 1)[1] not in stored.token_hash
    colleague = Officer(admin.app)
    assert colleague.try_password(NEW, "").status_code == 422
    assert "森 蓮" in colleague.text(path)
    assert "森 蓮" in colleague.text(path)  # looking does not use it up
    for weak in ("short", NEW.upper(), "mori@minato"):
        assert colleague.send(path, password=weak).status_code == 422
    assert colleague.send(path, password=NEW_PASSWORD).location == "/console/"
    assert colleague.get("/console/").status_code == 200
    assert colleague.get(path).status_code == 410
    assert colleague.send(path, password="another long password").status_code == 410
    assert Officer(admin.app).try_password(NEW, NEW_PASSWORD).status_code == 302
    assert "account made: Operator" in admin.text("/console/accounts")


def test_a_link_is_over_after_a_day_or_when_a_newer_one_is_made(
    admin: Officer, demo_city: Runtime
) -> None:
    staff = staff_of(demo_city, OPERATOR)
    first = link_in(admin.send(f"/console/accounts/{staff.id}/link").text)
    second = link_in(admin.send(f"/console/accounts/{staff.id}/link").text)
    visitor = Officer(admin.app)
    assert visitor.get(first).status_code == 410
    assert visitor.get(second).status_code == 200
    demo_city.clock.move(24 * 3600)
    assert visitor.get(second).status_code == 410


def test_mistakes_are_named_and_what_was_typed_stays(admin: Officer, demo_city: Runtime) -> None:
    form = {"name": "森 蓮", "email": "no address", "role": "approver", "sees_protected": "yes"}
    refused = admin.send("/console/accounts/new", **form)
    assert refused.status_code == 422
    assert 'href="#email"' in refused.text
    assert 'value="no address"' in refused.text
    assert re.search(r'value="approver" checked', refused.text)
    taken = admin.send("/console/accounts/new", **form | {"email": OPERATOR.upper()})
    assert "There is an account with this e-mail address already." in taken.text
    nameless = admin.send("/console/accounts/new", **form | {"email": NEW, "name": " "})
    assert 'href="#name"' in nameless.text
    odd = admin.send("/console/accounts/new", **form | {"email": NEW, "role": "mayor"})
    assert 'href="#role"' in odd.text


def test_every_change_is_recorded_with_who_and_what(admin: Officer, demo_city: Runtime) -> None:
    staff = staff_of(demo_city, OPERATOR)
    saved = admin.send(
        f"/console/accounts/{staff.id}",
        name="佐藤 真由美",
        role="approver",
        languages=["ja", "en", "tlh"],
        sees_protected="yes",
    )
    assert saved.location == "/console/accounts"
    changed = staff_of(demo_city, OPERATOR)
    assert (changed.name, changed.role, changed.sees_protected) == ("佐藤 真由美", "approver", True)
    assert changed.languages == ["ja", "en"]
    by = f"staff:{staff_of(demo_city, ADMIN).id}"
    with demo_city.database.read() as session:
        record = session.scalars(select(StaffChange).where(StaffChange.by == by)).all()
    assert [(change.what, change.value) for change in record] == [
        ("name", "佐藤 真由美"),
        ("role", "approver"),
        ("languages", "ja, en"),
        ("sees_protected", "yes"),
    ]
    page = admin.text(f"/console/accounts/{staff.id}")
    assert "role: Approver" in page
    assert "languages: Japanese, English" in page
    assert "高橋 直美" in page


def test_a_deactivated_colleague_is_out_at_once(admin: Officer, demo_city: Runtime) -> None:
    staff = staff_of(demo_city, OPERATOR)
    colleague = Officer(admin.app).signed_in(OPERATOR)
    path = link_in(admin.send(f"/console/accounts/{staff.id}/link").text)
    assert colleague.get("/console/").status_code == 200
    admin.send(f"/console/accounts/{staff.id}/deactivate")
    assert colleague.get("/console/").status_code == 302
    assert colleague.try_password(OPERATOR, PASSWORD).status_code == 401
    assert colleague.get(path).status_code == 410
    assert admin.send(f"/console/accounts/{staff.id}/link").status_code == 422
    admin.send(f"/console/accounts/{staff.id}/activate")
    assert colleague.try_password(OPERATOR, PASSWORD).status_code == 302


def test_somebody_who_can_let_people_in_always_stays(admin: Officer, demo_city: Runtime) -> None:
    me = staff_of(demo_city, ADMIN)
    refused = admin.send(f"/console/accounts/{me.id}/deactivate")
    assert refused.status_code == 422
    assert "make another administrator first" in refused.text
    assert admin.send(f"/console/accounts/{me.id}", name="高橋", role="operator").status_code == 422
    admin.send("/console/accounts/new", name="森 蓮", email=NEW, role="admin")
    # Without a password the new one cannot let anybody in.
    assert admin.send(f"/console/accounts/{me.id}/deactivate").status_code == 422
    new = staff_of(demo_city, NEW)
    path = link_in(admin.send(f"/console/accounts/{new.id}/link").text)
    Officer(admin.app).send(path, password=NEW_PASSWORD)
    demoted = admin.send(f"/console/accounts/{me.id}", name="高橋 直美", role="operator")
    assert demoted.location == "/console/"
    assert admin.get("/console/accounts").status_code == 403
