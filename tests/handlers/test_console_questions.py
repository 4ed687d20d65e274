"""Exchanges through key persons, as staff read them, and an answer that becomes a draft."""

from datetime import timedelta

import pytest
from flask import Flask

from bot import cases, conversations
from bot.models import CommunityQuestion, KeyPerson, Message, Network, StockText
from bot.runtime import Runtime
from tests import factories
from tests.handlers.officer import APPROVER, OPERATOR, Officer

LIST = "/console/networks/questions"
ANSWER = "Put it out before eight on <Monday>, {at} the corner."


@pytest.fixture
def officer(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


@pytest.fixture
def approver(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(APPROVER)


def asked(
    runtime: Runtime,
    words: str,
    state: str = "answered",
    answer: str | None = ANSWER,
    topic: str | None = "garbage.days",
) -> int:
    """An exchange in some network; its id."""
    with runtime.database.write() as session:
        resident, now = factories.resident(session), runtime.clock.now()
        name = f"Network {resident.id} =1+1 {{x}}"
        question = CommunityQuestion(
            resident=resident,
            network=Network(name=name, language="en", kind="language", created_at=now),
            key_person=KeyPerson(name=f"Asha {resident.id}", phone="090", state="active"),
            message=Message(
                resident_id=resident.id,
                at=now,
                author="resident",
                kind="text",
                language="en",
                text=words,
                topic_id=topic,
                line_message_id=f"m{resident.id}",
            ),
            language="en",
            state=state,
            asked_at=now,
            due_at=now + timedelta(days=1),
            answer=answer if state == "answered" else None,
        )
        session.add(question)
        session.flush()
        return question.id


def test_nobody_asked(officer: Officer) -> None:
    assert "Nobody has asked through a key person yet." in officer.text(LIST)
    assert LIST in officer.text("/console/networks")


def test_question_answer_network_and_state_what_waits_first(
    officer: Officer, demo_city: Runtime
) -> None:
    asked(demo_city, "When is <b>the</b> garbage day?")
    for state in ("passed", "withdrawn", "expired"):
        asked(demo_city, f"A question that was {state}", state)
    asked(demo_city, "Somebody waits with this", "asked")
    asked(demo_city, "And a later one")
    raw = officer.get(LIST).text
    assert "<b>the</b>" not in raw and "&lt;b&gt;the" in raw
    page = officer.text(LIST)
    assert "1 question waits for a key person" in page
    assert page.index("Somebody waits") < page.index("And a later one") < page.index("garbage day")
    assert ANSWER in page and "=1+1 {x}" in page and "Asha" in page
    for word in ("passed to staff", "taken back by the resident", "no answer in a day"):
        assert word in page
    assert "Make this a topic's draft text" not in page


def test_what_was_unsent_or_became_protected_is_not_shown(
    approver: Officer, demo_city: Runtime
) -> None:
    unsent, sealed = (asked(demo_city, f"Words {number}") for number in (1, 2))
    with demo_city.database.write() as session:
        row = session.get_one(CommunityQuestion, unsent)
        assert row.message is not None
        conversations.unsay(session, row.resident, row.message.line_message_id)
        row = session.get_one(CommunityQuestion, sealed)
        cases.open_case(
            session,
            demo_city,
            row.resident,
            reason="protected",
            protected=True,
            about=row.message,
        )
    page = approver.text(LIST)
    assert "Words 1" not in page and "Words 2" not in page and ANSWER not in page
    assert page.count("The words may not be read any more.") == 2
    assert factories.stored(demo_city, CommunityQuestion, sealed).answer is None
    for id in (unsent, sealed):
        assert approver.get(f"{LIST}/{id}/draft?topic=garbage.days").status_code == 404


def test_a_good_answer_becomes_the_draft_of_a_text(approver: Officer, demo_city: Runtime) -> None:
    id = asked(demo_city, "When is the garbage day?")
    page = approver.text(LIST)
    assert '<option value="garbage.days" selected>' in page
    assert 'value="status.renewal"' not in page
    form = approver.get(f"{LIST}/{id}/draft?topic=garbage.days")
    assert form.location == f"/console/texts/faq/garbage.days/en?answer={id}#edit"
    filled = approver.text(form.location)
    assert ANSWER in filled and '<details id="edit" open>' in filled
    with demo_city.database.read() as session:
        kept = session.get_one(StockText, ("faq", "garbage.days", "en"))
        assert kept.parts["text"] != ANSWER and kept.review == "adopted"


def test_only_approvers_and_only_topics_of_the_community(
    officer: Officer, approver: Officer, demo_city: Runtime
) -> None:
    id = asked(demo_city, "When is the garbage day?")
    assert officer.get(f"{LIST}/{id}/draft?topic=garbage.days").status_code == 403
    assert ANSWER not in officer.text(f"/console/texts/faq/garbage.days/en?answer={id}")
    for topic in ("status.renewal", "nowhere", ""):
        assert approver.get(f"{LIST}/{id}/draft?topic={topic}").status_code == 404
    waiting = asked(demo_city, "No answer yet", "asked")
    assert approver.get(f"{LIST}/{waiting}/draft?topic=garbage.days").status_code == 404
