"""備え, drills' reports, planned drills, and when a key person is asked: pages and their files."""

import csv
import re
import time
from datetime import timedelta
from io import StringIO

import pytest
from flask import Flask
from sqlalchemy import select

from bot import networks
from bot.city import JAPAN
from bot.models import (
    CarePolicy,
    CityChange,
    DrillPlan,
    KeyPerson,
    LanguageAim,
    Network,
    Post,
    Relay,
    Resident,
)
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from broadcasts import key_persons, readiness, relaying, sending
from broadcasts.readiness import Standing
from tests import notices
from tests.handlers.officer import ADMIN, APPROVER, OPERATOR, Officer


def network(runtime: Runtime, name: str, language: str = "vi", people: int = 1) -> int:
    """A network with so many active key persons; its id."""
    with runtime.database.write() as session:
        made = networks.create(session, name, language, "language", runtime.clock.now())
        for number in range(people):
            add_person(session, runtime, made, f"{name} {number}")
        return made.id


def add_person(session, runtime: Runtime, made: Network, name: str) -> None:  # type: ignore[no-untyped-def]
    now = runtime.clock.now()
    person, code = networks.invite(session, made, name, "090-0000-0000", now)
    one = resident(session, runtime, "en")
    assert networks.enter(session, one, code, now).entry == "invited"
    session.refresh(person)
    assert key_persons.confirm(session, runtime, person, "staff:1")
    assert key_persons.practised(session, runtime, person)


def resident(session, runtime: Runtime, language: str) -> Resident:  # type: ignore[no-untyped-def]
    count = len(session.scalars(select(Resident.id)).all())
    row = Resident(
        line_user_id=f"U{count:032x}",
        languages=[language],
        languages_chosen=True,
        following=True,
        joined_at=runtime.clock.now(),
        muted_categories=[],
        expecting={},
    )
    session.add(row)
    session.flush()
    return row


def drill(runtime: Runtime, **changes: object) -> str:
    """A drill for key persons in force, its networks asked; its number."""
    values = {"drill": True, "relay_only": True} | changes
    number = notices.send(runtime, "drill", **values)
    relaying.run(runtime)
    return number


def relays(runtime: Runtime) -> list[int]:
    with runtime.database.read() as session:
        return list(session.scalars(select(Relay.id).order_by(Relay.id)))


def carried(runtime: Runtime, relay_id: int) -> None:
    with runtime.database.write() as session:
        relay = session.get_one(Relay, relay_id)
        broadcast = session.get_one(Broadcast, relay.broadcast_id)
        assert relaying.accept(session, runtime, broadcast, relay)
        assert relaying.report(session, runtime, broadcast, relay, 30)


def standings(runtime: Runtime) -> dict[str, Standing]:
    with runtime.database.read() as session:
        found = readiness.board(session, runtime.clock.now())
    return {row.language: row for row in found.languages}


def only_person(runtime: Runtime) -> KeyPerson:
    with runtime.database.read() as session:
        return session.scalars(select(KeyPerson).order_by(KeyPerson.id)).all()[0]


def test_the_worst_gap_stands_first_and_leads_to_where_it_is_mended(
    app: Flask, demo_city: Runtime
) -> None:
    strong = network(demo_city, "Strong", "vi", people=2)
    weak = network(demo_city, "Weak {x} <b>", "ne", people=1)
    empty = network(demo_city, "Empty", "ne", people=0)
    with demo_city.database.write() as session:
        for _ in range(9):
            resident(session, demo_city, "my")
    page = Officer(app).signed_in(OPERATOR).text("/console/networks/readiness")
    order = re.findall(r'<li id="([\w-]+)">', page)
    assert order[0] == "my"  # nobody to ask, and people
    assert "th" not in order  # of nobody here: only named
    assert "Nobody reads these here so far" in page and "Thai" in page
    assert order.index("ne") < order.index("vi")
    assert f"/console/networks/{empty}#people" in page
    assert f"/console/networks/{weak}#people" in page
    assert f"/console/networks/{strong}#people" not in page
    assert "Weak {x} <b>" in page
    found = standings(demo_city)
    assert found["ne"].gaps[:2] == ("empty", "one")
    assert "one" not in found["vi"].gaps
    assert found["ja"].gaps == ()


def test_numbers_are_entered_by_an_admin_and_measured_against(
    app: Flask, demo_city: Runtime
) -> None:
    with demo_city.database.write() as session:
        for _ in range(4):
            resident(session, demo_city, "vi")
    admin = Officer(app).signed_in(ADMIN)
    path = "/console/networks/readiness/aims"
    numbers = {"most_open": "2", "vi.adults": "40", "vi.target": "10", ".target": "450"}
    page = admin.send(path, follow=True, **numbers).text
    assert "Saved." in page
    with demo_city.database.read() as session:
        aim = session.get_one(LanguageAim, "vi")
        assert (aim.adults, aim.target) == (40, 10)
        assert session.get_one(CarePolicy, 1).most_open == 2
        changes = session.scalars(select(CityChange.what)).all()
        assert set(changes) == {"aim vi.adults", "aim vi.target", "aim .target", "most_open"}
    page = admin.text("/console/networks/readiness")
    assert "4 → 10" in page
    assert "10.0% of 40 adults" in page
    assert "4 → target 450" in page
    assert "target" in standings(demo_city)["vi"].gaps
    assert "Nothing changed." in admin.send(path, follow=True, **numbers).text


@pytest.mark.parametrize(
    ("field", "value"),
    [("most_open", "0"), ("most_open", "99"), ("vi.adults", "-1"), ("vi.target", "１２"),
     ("vi.adults", "12345678")],
)  # fmt: skip
def test_what_is_no_number_is_not_stored(
    app: Flask, demo_city: Runtime, field: str, value: str
) -> None:
    admin = Officer(app).signed_in(ADMIN)
    numbers = {"most_open": "3", "vi.adults": "40"} | {field: value}
    response = admin.send("/console/networks/readiness/aims", **numbers)
    assert response.status_code == 422
    assert "This was not accepted" in response.text
    with demo_city.database.read() as session:
        assert session.scalars(select(LanguageAim)).all() == []


def test_only_admins_set_numbers(app: Flask, demo_city: Runtime) -> None:
    approver = Officer(app).signed_in(APPROVER)
    assert approver.get("/console/networks/readiness/aims").status_code == 403
    assert approver.send("/console/networks/readiness/aims", most_open="9").status_code == 403
    assert (
        approver.send("/console/drills/plan", every="month", day="1", hour="9").status_code == 403
    )


def test_night_is_covered_only_if_somebody_can_be_asked_in_every_hour(demo_city: Runtime) -> None:
    network(demo_city, "Night", "vi", people=2)
    assert standings(demo_city)["vi"].night == "all"
    with demo_city.database.write() as session:
        for person in session.scalars(select(KeyPerson)):
            person.quiet_from, person.quiet_to = 22, 6
    assert standings(demo_city)["vi"].night == "none"
    assert "night" in standings(demo_city)["vi"].gaps
    with demo_city.database.write() as session:
        session.scalars(select(KeyPerson)).all()[0].night_ok = True
    assert standings(demo_city)["vi"].night == "life"
    assert "night" not in standings(demo_city)["vi"].gaps


def test_the_boards_table_is_for_spreadsheets(app: Flask, demo_city: Runtime) -> None:
    network(demo_city, "=cmd", "vi", people=1)
    response = Officer(app).signed_in(OPERATOR).get("/console/networks/readiness.csv")
    assert response.mimetype == "text/csv"
    text = response.get_data(as_text=True)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))
    vi = next(row for row in rows if row["Language"] == "Vietnamese")
    assert (vi["Networks"], vi["Key persons"]) == ("1", "1")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_a_drill_has_a_report_as_page_table_and_paper(app: Flask, demo_city: Runtime) -> None:
    network(demo_city, "Alpha", "vi", people=2)
    network(demo_city, "Beta", "ne", people=1)
    first = drill(demo_city)
    carried(demo_city, relays(demo_city)[0])
    with demo_city.database.write() as session:
        broadcast = session.scalars(select(Broadcast).where(Broadcast.number == first)).one()
        sending.stop(session, demo_city, broadcast, "staff:1", "enough")
    second = drill(demo_city)
    officer = Officer(app).signed_in(OPERATOR)
    page = officer.text(f"/console/drills/{second}/report")
    assert "2 languages were not carried everywhere" in page
    assert "key persons only" in page and "still running" in page
    assert f"before: the drill {first}" in page and "before: 1 of 1" in page
    assert "no drill before" in officer.text(f"/console/drills/{first}/report")
    text = officer.get(f"/console/drills/{first}/report.csv").get_data(as_text=True)
    rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))
    assert [row["Language"] for row in rows] == ["Nepali", "Vietnamese", "All languages"]
    assert (rows[1]["Networks reported"], rows[1]["People reached, at least"]) == ("1", "30")
    assert rows[0]["Minutes to yes, median"] == ""
    assert f"Report of drill {first}" in officer.text("/console/drills")


def test_the_paper_is_made_quickly_and_marked(app: Flask, demo_city: Runtime) -> None:
    for tag in ("vi", "ne", "my", "pt-BR"):
        network(demo_city, f"net {tag}", tag)
    number = drill(demo_city)
    officer = Officer(app, "ja").signed_in(OPERATOR)
    began = time.process_time()
    response = officer.get(f"/console/drills/{number}/report.pdf")
    assert time.process_time() - began < 3
    assert response.mimetype == "application/pdf"
    assert response.data.startswith(b"%PDF-")
    assert len(response.data) < 200_000
    assert "%E8%A8%93%E7%B7%B4" in response.headers["Content-Disposition"]  # 訓練


def test_only_drills_have_reports(app: Flask, demo_city: Runtime) -> None:
    number = notices.send(demo_city)
    officer = Officer(app).signed_in(OPERATOR)
    for path in (f"{number}/report", f"{number}/report.pdf", "9999-1/report.csv"):
        assert officer.get(f"/console/drills/{path}").status_code == 404


def test_drills_are_planned_by_an_admin_and_it_is_recorded(app: Flask, demo_city: Runtime) -> None:
    admin = Officer(app).signed_in(ADMIN)
    page = admin.send(
        "/console/drills/plan", follow=True, every="month", day="15", hour="10", scope="residents"
    ).text
    assert "Planned. Each drill still waits" in page
    assert "every month, day 15, 10:00, with residents" in page
    with demo_city.database.read() as session:
        row = session.get_one(DrillPlan, 1)
        assert (row.every, row.day, row.hour, row.relay_only) == ("month", 15, 10, False)
    page = admin.send("/console/drills/plan", follow=True, every="", day="15", hour="10").text
    assert "No drill is planned" in page and "no planned drills" in page
    for wrong in ({"day": "29"}, {"hour": "24"}, {"every": "daily"}, {"day": "x"}):
        form = {"every": "month", "day": "1", "hour": "1"} | wrong
        assert "Nothing was planned" in admin.send("/console/drills/plan", follow=True, **form).text


def test_when_somebody_is_asked_is_set_on_their_page(app: Flask, demo_city: Runtime) -> None:
    id = network(demo_city, "Carers")
    person = only_person(demo_city)
    officer = Officer(app).signed_in(OPERATOR)
    until = (demo_city.clock.now().astimezone(JAPAN) + timedelta(days=9)).date()
    form = {
        f"days-{id}": ["0", "2", "9", "x"],
        "quiet_from": "22",
        "quiet_to": "6",
        "night_ok": "yes",
        "paused_until": until.isoformat(),
    }
    path = f"/console/networks/people/{person.id}/care"
    assert "Saved: when" in officer.send(path, follow=True, **form).text
    person = only_person(demo_city)
    assert (person.quiet_from, person.quiet_to, person.night_ok) == (22, 6, True)
    assert person.paused_until is not None
    end = person.paused_until.astimezone(JAPAN)
    assert (end.date(), end.hour) == (until + timedelta(days=1), 0)
    with demo_city.database.read() as session:
        assert session.get_one(Post, (id, person.id)).on_days == [0, 2]
    assert "Nothing changed." in officer.send(path, follow=True, **form).text
    page = officer.text(f"/console/networks/{id}")
    assert "was changed" in page and "first on Mon, Wed" in page
    assert "Saved: when" in officer.send(path, follow=True, quiet_from="5", quiet_to="5").text
    person = only_person(demo_city)
    assert (person.quiet_from, person.night_ok, person.paused_until) == (None, False, None)


@pytest.mark.parametrize("given", ["2020-01-01", "9999-12-31", "soon", "2026-02-30"])
def test_a_day_that_makes_no_sense_is_no_pause(app: Flask, demo_city: Runtime, given: str) -> None:
    network(demo_city, "Odd days")
    person = only_person(demo_city)
    officer = Officer(app).signed_in(OPERATOR)
    path = f"/console/networks/people/{person.id}/care"
    assert officer.send(path, paused_until=given, quiet_from="x", quiet_to="77").status_code == 302
    person = only_person(demo_city)
    assert (person.paused_until, person.quiet_from) == (None, None)


def test_who_does_not_answer_the_yearly_question_is_seen(app: Flask, demo_city: Runtime) -> None:
    network(demo_city, "Silent")
    person = only_person(demo_city)
    with demo_city.database.write() as session:
        asked = demo_city.clock.now() - timedelta(days=31)
        session.get_one(KeyPerson, person.id).stay_asked_at = asked
    officer = Officer(app).signed_in(OPERATOR)
    assert "does not answer whether they stay" in officer.text("/console/networks")
    assert "no answer so far" in officer.text(f"/console/networks/people/{person.id}")


def test_a_drill_for_key_persons_is_composed_checked_and_approved(
    app: Flask, demo_city: Runtime
) -> None:
    officer = Officer(app).signed_in(OPERATOR)
    form = officer.text("/console/notices/compose?template=drill")
    assert 'name="relay_only"' in form
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    expires = re.search(r'name="expires_at" value="([^"]+)"', form)
    assert expires
    fields = hidden | {"scope": "city", "start": "now", "expires_at": expires.group(1)}
    page = officer.send(
        "/console/notices/compose", follow=True, **fields, relay_only="yes", do="check"
    ).text
    assert "Check before key persons are asked" in page
    assert "no resident gets it" in page
    with demo_city.database.read() as session:
        row = session.scalars(select(Broadcast)).one()
        assert (row.drill, row.relay_only) == (True, True)
    officer.send(f"/console/notices/{row.number}/submit")
    approver = Officer(app).signed_in(APPROVER)
    assert "Approve and start the drill for key persons" in approver.text(
        f"/console/notices/{row.number}"
    )


def test_a_real_notice_cannot_be_for_key_persons_alone(app: Flask, demo_city: Runtime) -> None:
    officer = Officer(app).signed_in(OPERATOR)
    response = officer.send(
        "/console/notices/compose", template_id="water-cut", drill="no", relay_only="yes",
        scope="city", do="save",
    )  # fmt: skip
    assert response.status_code == 422
    assert "Only a drill can be for key persons alone." in response.text
