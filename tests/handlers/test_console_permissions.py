"""One table says who opens what; every route is held to it."""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from bot.models import ROLES, Staff
from bot.runtime import Runtime
from handlers.console.permissions import ANYBODY, ROLES_BY_ENDPOINT, may_open
from tests.handlers.officer import ADMIN, APPROVER, OPERATOR, Officer

ARGUMENTS = {
    "staff_id": 4_000_000,
    "case_id": 4_000_000,
    "message_id": 4_000_000,
    "alarm_id": 4_000_000,
    "network_id": 4_000_000,
    "person_id": 4_000_000,
    "relay_id": 4_000_000,
    "claim_id": 4_000_000,
    "question_id": 4_000_000,
    "rumour_id": 4_000_000,
    "answer_id": 4_000_000,
    "learned_id": 4_000_000,
    "sound_id": 4_000_000,
    "kind": "faq",
    "key": "nowhere",
    "tag": "nowhere",
    "number": "0000-0",
    "token": "unknown",
    "rest": "nowhere",
}
"""Rows that do not exist: a page that opens says so with 404 or 410, and nothing changes."""


def console_rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("console.")]


def walk(app: Flask) -> list[tuple[str, str, str]]:
    """Every (endpoint, method, path) of the console; signing out comes last."""
    urls = app.url_map.bind("localhost")
    found = [
        (rule.endpoint, method, urls.build(rule.endpoint, known_arguments(rule), method))
        for rule in console_rules(app)
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]
    return sorted(found, key=lambda item: item[0] == "console.sign_in.leave")


def known_arguments(rule: Rule) -> dict[str, object]:
    return {name: ARGUMENTS[name] for name in rule.arguments}


def test_the_table_names_every_route_and_no_other(app: Flask) -> None:
    assert {rule.endpoint for rule in console_rules(app)} == set(ROLES_BY_ENDPOINT)
    assert {role for role in ROLES_BY_ENDPOINT.values() if role is not ANYBODY} <= set(ROLES)


def test_a_route_that_is_not_in_the_table_opens_for_nobody() -> None:
    admin = Staff(role="admin", active=True)
    assert not may_open(admin, "console.new.page")
    assert not may_open(None, "console.new.page")


def test_without_a_session_only_the_open_pages_open(app: Flask, demo_city: Runtime) -> None:
    officer = Officer(app)
    for endpoint, method, path in walk(app):
        response = officer.get(path) if method == "GET" else officer.send(path)
        if ROLES_BY_ENDPOINT[endpoint] is ANYBODY:
            assert response.status_code != 403, path
        elif method == "GET":
            assert response.status_code == 302, path
            assert response.location.startswith("/console/sign-in?next="), path
        else:
            assert response.status_code == 401, path


@pytest.mark.parametrize("email", [OPERATOR, APPROVER, ADMIN])
def test_each_role_opens_what_the_table_says(app: Flask, demo_city: Runtime, email: str) -> None:
    role = {OPERATOR: "operator", APPROVER: "approver", ADMIN: "admin"}[email]
    officer = Officer(app).signed_in(email)
    for endpoint, method, path in walk(app):
        response = officer.get(path) if method == "GET" else officer.send(path)
        needed = ROLES_BY_ENDPOINT[endpoint]
        may = needed is ANYBODY or ROLES.index(role) >= ROLES.index(needed)
        assert (response.status_code == 403) is not may, (path, response.status_code)
        assert response.status_code < 500, path
