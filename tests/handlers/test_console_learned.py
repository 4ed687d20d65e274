"""What a case was about, the bot taught from it, and the list of what it was taught."""

import re

import pytest
from flask import Flask

from bot.models import Case, Learned, Resident
from bot.runtime import Runtime
from handlers.app import create_app
from tests import factories
from tests.handlers.officer import OPERATOR, SEES_PROTECTED, Officer, open_case, said
from tests.world import Simulator

LIST = "/console/learned"
SAID = "Chị ơi làm sao để vào Kazenoko vậy?"
WORDING = "làm sao để vào Kazenoko"


@pytest.fixture
def sato(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


def taught(runtime: Runtime) -> list[tuple[str, str, str]]:
    with runtime.database.read() as session:
        rows = session.query(Learned).order_by(Learned.id).all()
        return [(row.topic_id, row.language, row.text) for row in rows]


def teach(officer: Officer, case_id: int, topic: str, wording: str, act: str = "teach") -> str:
    fields = {"topic": topic, "wording": wording, "act": act}
    return officer.send(f"/console/cases/{case_id}/teach", follow=True, **fields).text


def form(page: str) -> str:
    return page[page.index('id="lesson"') :].split("</form>")[0]


def test_the_form_says_what_the_bot_had_thought(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    said(demo_city, case_id, "Xin chào")
    assert "The bot recognised no topic." in sato.text(f"/console/cases/{case_id}")
    for topic in ("moving.in", "garbage.days", "moving.in"):
        said(demo_city, case_id, SAID, topic_id=topic)
    page = sato.text(f"/console/cases/{case_id}")
    thought = re.search(r"The bot thought: ([^<]+)<", page)
    assert thought
    assert len(thought.group(1).split(", ")) == 2
    assert "in Vietnamese" in form(page)
    assert 'value="child.nursery"' in form(page)
    assert 'value="emergency.police"' not in form(page)
    assert 'value="rights.domestic-violence"' not in form(page)
    assert SAID not in form(page)


def test_a_wording_is_taught_listed_and_deleted(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    said(demo_city, case_id, SAID, topic_id="moving.in")
    assert "Taught. Questions" in teach(sato, case_id, "child.nursery", f"  {WORDING}\n ")
    assert taught(demo_city) == [("child.nursery", "vi", WORDING)]
    assert "knew this already" in teach(sato, case_id, "child.nursery", WORDING)
    assert "another topic before" in teach(sato, case_id, "japanese.class", WORDING)
    assert taught(demo_city) == [("japanese.class", "vi", WORDING)]
    assert factories.stored(demo_city, Case, case_id).topic_id == "japanese.class"
    assert "said what it was about" in sato.text(f"/console/cases/{case_id}")

    english = open_case(demo_city, 2, language="en")
    said(demo_city, english, "What is Kazenoko?", language="en")
    teach(sato, english, "child.nursery", "Kazenoko, <the> nursery")
    page = sato.get(LIST).text
    assert "The bot was taught 2 wordings" in page
    assert "Kazenoko, &lt;the&gt; nursery" in page
    assert page.count("佐藤 真由") >= 2
    assert WORDING not in sato.text(f"{LIST}?language=en")
    first = min(map(int, re.findall(r"/console/learned/(\d+)/remove", page)))
    assert "Deleted." in sato.send(f"{LIST}/{first}/remove", follow=True).text
    assert taught(demo_city) == [("child.nursery", "en", "Kazenoko, <the> nursery")]
    assert "deleted a wording (Vietnamese)" in sato.text(LIST)
    assert sato.send(f"{LIST}/{first}/remove").status_code == 404


def test_only_the_topic_can_be_saved(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    assert "Topic saved." in teach(sato, case_id, "child.nursery", "", act="topic")
    assert factories.stored(demo_city, Case, case_id).topic_id == "child.nursery"
    assert taught(demo_city) == []


@pytest.mark.parametrize(
    ("topic", "wording", "why"),
    [
        ("", WORDING, "Choose what it was about."),
        ("nowhere", WORDING, "Choose what it was about."),
        ("rights.domestic-violence", WORDING, "Choose what it was about."),
        ("child.nursery", " ", "Write the question in neutral words."),
        ("child.nursery", "x" * 201, "At most 200 characters."),
        ("child.nursery", "gọi 090-1234-5678", "Seven digits or more"),
        ("child.nursery", "viết cho a@example.com", "There is an address"),
        ("child.nursery", SAID.upper(), "the resident's own words"),
    ],
)
def test_what_cannot_be_taught_stays_in_the_form(
    sato: Officer, demo_city: Runtime, topic: str, wording: str, why: str
) -> None:
    case_id = open_case(demo_city)
    said(demo_city, case_id, SAID)
    fields = {"topic": topic, "wording": wording, "act": "teach"}
    refused = sato.send(f"/console/cases/{case_id}/teach", **fields)
    assert refused.status_code == 422
    assert why.replace("'", "&#39;") in form(refused.text)
    assert taught(demo_city) == []
    assert factories.stored(demo_city, Case, case_id).topic_id is None


def test_the_residents_name_is_refused(
    demo_city: Runtime, on_line: Runtime, simulator: Simulator
) -> None:
    person = simulator.post("users", name="Nguyễn Thị Hạnh", language="vi")["id"]
    officer = Officer(create_app(on_line)).signed_in(OPERATOR)
    case_id = open_case(on_line)
    with on_line.database.write() as session:
        resident_id = session.get_one(Case, case_id).resident_id
        session.get_one(Resident, resident_id).line_user_id = person
    simulator.post("event", user=person, type="follow")
    assert "contains the resident" in teach(officer, case_id, "child.nursery", "con của hạnh")
    assert "Taught." in teach(officer, case_id, "child.nursery", "con 2 tuổi")
    assert len(taught(on_line)) == 1


def test_nothing_of_a_protected_case_is_taught(app: Flask, demo_city: Runtime) -> None:
    case_id = open_case(demo_city, protected=True, reason="protected")
    chen = Officer(app).signed_in(SEES_PROTECTED)
    assert "Teach the bot" not in chen.text(f"/console/cases/{case_id}")
    fields = {"topic": "child.nursery", "wording": WORDING, "act": "teach"}
    assert chen.send(f"/console/cases/{case_id}/teach", **fields).status_code == 403
    assert taught(demo_city) == []
