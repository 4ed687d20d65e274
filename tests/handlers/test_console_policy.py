"""方針: nothing is allowed unless an admin said so, and everybody sees who did."""

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from bot.models import CityChange, Policy
from bot.models.broadcasts import SEVERITIES
from bot.runtime import Runtime
from broadcasts.relaying import limits
from handlers.console.policy import SWITCHES
from tests.handlers.officer import ADMIN, APPROVER, Officer


def checked(page: str) -> list[str]:
    return re.findall(r'<input type="checkbox" name="([^"]+)" value="yes" checked', page)


def stored(runtime: Runtime) -> dict[str, tuple[bool, bool]]:
    with runtime.database.read() as session:
        return {
            row.severity: (row.drafted_allowed, row.alone_allowed)
            for row in session.scalars(select(Policy))
        }


def test_at_first_nothing_is_allowed_and_the_page_says_what_follows(
    app: Flask, demo_city: Runtime
) -> None:
    page = Officer(app).signed_in(ADMIN).text("/console/policy")
    assert "no exceptions" in page
    assert page.count('type="checkbox"') == len(SWITCHES) * len(SEVERITIES)
    assert checked(page) == []
    assert "Tsunami Warning" in page


def test_an_admin_allows_and_forbids_and_it_is_recorded(app: Flask, demo_city: Runtime) -> None:
    admin = Officer(app).signed_in(ADMIN)
    allowed = {"Extreme.alone": "yes", "Severe.drafted": "yes", "Nonsense.drafted": "yes"}
    page = admin.send("/console/policy", follow=True, **allowed).text
    assert checked(page) == ["Extreme.alone", "Severe.drafted"]
    assert "2 exceptions are allowed" in page
    assert stored(demo_city) == {
        "Extreme": (False, True),
        "Severe": (True, False),
        "Moderate": (False, False),
        "Minor": (False, False),
    }
    page = admin.send("/console/policy", follow=True, **{"Extreme.alone": "yes"}).text
    assert checked(page) == ["Extreme.alone"]
    assert "Severe: danger to life / drafted texts: not allowed" in page
    with demo_city.database.read() as session:
        changes = session.scalars(select(CityChange).order_by(CityChange.id)).all()
    assert [(change.what, change.value) for change in changes] == [
        ("Extreme.alone", "yes"),
        ("Severe.drafted", "yes"),
        ("Severe.drafted", "no"),
    ]
    assert {change.by for change in changes} == {"staff:5"}
    assert "高橋 直美" in page


def test_saving_the_same_again_records_nothing(app: Flask, demo_city: Runtime) -> None:
    admin = Officer(app).signed_in(ADMIN)
    assert "Nothing changed." in admin.send("/console/policy", follow=True).text
    with demo_city.database.read() as session:
        assert session.scalars(select(CityChange)).all() == []


def test_only_admins_decide(app: Flask, demo_city: Runtime) -> None:
    approver = Officer(app).signed_in(APPROVER)
    assert approver.get("/console/policy").status_code == 403
    assert approver.send("/console/policy", **{"Minor.drafted": "yes"}).status_code == 403
    assert stored(demo_city) == {}


def test_how_long_key_persons_may_take_is_set_and_recorded(app: Flask, demo_city: Runtime) -> None:
    admin = Officer(app).signed_in(ADMIN)
    page = admin.text("/console/policy")
    assert "Empty: as usual, 3 minutes" in page and "Empty: as usual, 1440 minutes" in page
    form = {"Severe.answer_minutes": " 7 ", "Severe.carry_minutes": "", "Minor.alone": "yes"}
    page = admin.send("/console/policy", follow=True, **form).text
    assert 'name="Severe.answer_minutes" inputmode="numeric" maxlength="5"' in page
    assert 'value="7"' in page and checked(page) == ["Minor.alone"]
    assert "Severe: danger to life / minutes to answer: 7" in page
    with demo_city.database.read() as session:
        assert limits(session, "Severe").answer == timedelta(minutes=7)
        assert limits(session, "Severe").carry == timedelta(minutes=15)
    form["Severe.answer_minutes"] = ""
    page = admin.send("/console/policy", follow=True, **form).text
    assert "Severe: danger to life / minutes to answer: as usual" in page
    with demo_city.database.read() as session:
        assert limits(session, "Severe").answer == timedelta(minutes=3)
        assert max(len(row.what) for row in session.scalars(select(CityChange))) <= 32


def test_a_wrong_number_changes_nothing_and_is_kept_to_be_mended(
    app: Flask, demo_city: Runtime
) -> None:
    admin = Officer(app).signed_in(ADMIN)
    for wrong in ("0", "-1", "1441", "3.5", "soon", "9" * 30):
        form = {"Extreme.answer_minutes": wrong, "Severe.drafted": "yes"}
        refused = admin.send("/console/policy", **form)
        assert refused.status_code == 422
        assert "Enter whole minutes from 1 to 1440, or nothing." in refused.text
        assert f'value="{wrong}"' in refused.text
        assert checked(refused.text) == ["Severe.drafted"]
    assert stored(demo_city) == {}
