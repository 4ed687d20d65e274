"""The composer offers a machine's words where the policy allows them, and names what failed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from bot.models import Broadcast, MachineText, Policy, StockText
from bot.runtime import Runtime
from handlers.app import create_app
from tests import factories
from tests.handlers.officer import ADMIN, APPROVER, OPERATOR, Officer
from tests.handlers.test_console_notices import COMPOSE, draft, fields, words
from tests.translator import TranslationService, translation_service

ORDINARY = {
    "template_id": "ordinary",
    "scope": "city",
    "areas": [],
    "issuer": "",
    "decided_at": "",
    "decision_number": "",
    "blank-title-ja": "図書館の休み",
    "blank-body-ja": "6月3日は休みです。",
    "blank-body-en": "The library is closed on June 3.",
    "blank-title-en": "Library closed",
}
OFFER = "missing languages by machine"


@pytest.fixture
def service() -> Iterator[TranslationService]:
    with translation_service() as running:
        running.answers["vi"] = "Thư viện nghỉ\nNgày 3 tháng 6 nghỉ."
        running.answers["ne"] = "पुस्तकालय बन्द\nजुन 4 मा बन्द छ।"
        yield running


@pytest.fixture
def office(demo_city: Runtime, service: TranslationService) -> Iterator[Flask]:
    """The console with a translator for notices, and one who reads Vietnamese."""
    given = {"translator": "libre", "translator_url": service.url}
    settings = replace(demo_city.settings, translate_notices=True, **given)  # type: ignore[arg-type]
    built = Runtime.build(settings)
    with built.database.write() as session:
        factories.resident(session, languages=["vi"])
        session.add(Policy(severity="Minor", machine_allowed=True))
    yield create_app(built)
    built.close()


@pytest.fixture
def author(office: Flask) -> Officer:
    return Officer(office).signed_in(OPERATOR)


def test_the_check_page_offers_it_keeps_what_is_right_and_names_the_rest(
    author: Officer, service: TranslationService
) -> None:
    path = draft(author, **ORDINARY)
    page = words(author.text(path))
    assert f"Translate the 18 {OFFER}" in page and "It takes up to 20 seconds" in page
    assert "1 people have no checked text" in page
    page = words(author.send(f"{path}/machine", follow=True))
    assert "Languages by machine: 1. Not used: 17; the reasons stand below." in page
    assert "By machine, unchecked: Vietnamese" in page
    assert re.search(r"Nepali: not the same as in the Japanese: \S", page)
    assert "Thai: some of it came back in Japanese" in page
    assert "machine translation, unchecked" in page
    assert "1 people get a machine's translation that nobody has checked; it says so." in page
    assert "people have no checked text" not in page
    assert f"Translate the 17 {OFFER}" in page
    service.behaves = "away"
    page = words(author.send(f"{path}/machine", follow=True))
    assert "Nepali: the translator did not answer in time" in page
    assert "By machine, unchecked: Vietnamese" in page
    author.send(f"{path}/submit")
    approver = Officer(author.app).signed_in(APPROVER)
    page = words(approver.text(path))
    assert "Thư viện nghỉ" in page and "Bản dịch máy, chưa kiểm tra" in page
    assert "machine translation, unchecked" in page and OFFER not in page


def test_the_composer_offers_it_too_and_a_changed_draft_has_none_of_it(
    author: Officer, office: Flask
) -> None:
    assert OFFER not in words(author.text(f"{COMPOSE}?template=ordinary"))
    form = fields(**ORDINARY)
    preview = author.send("/console/notices/preview", **form).text
    assert 'name="do" value="machine"' in preview
    page = words(author.send(COMPOSE, follow=True, **form | {"do": "machine"}))
    assert "Languages by machine: 1." in page
    page = words(author.send("/console/notices/preview", **form))
    assert "By machine, unchecked: Vietnamese" in page
    changed = form | {"blank-body-ja": "6月4日は休みです。"}
    page = words(author.send("/console/notices/preview", **changed))
    assert "By machine" not in page and "texts by machine are not used any more" in page


def test_only_its_author_while_it_is_a_draft(author: Officer, office: Flask) -> None:
    path = draft(author, **ORDINARY)
    other = Officer(office).signed_in(ADMIN)
    assert OFFER not in words(other.text(path))
    said = "this notice is no longer a draft of yours"
    assert said in words(other.send(f"{path}/machine", follow=True))
    author.send(f"{path}/submit")
    assert said in words(author.send(f"{path}/machine", follow=True))
    assert author.send("/console/notices/0101-9/machine").status_code == 404
    runtime: Runtime = office.extensions["runtime"]
    with runtime.database.read() as session:
        assert session.scalars(select(MachineText)).all() == []


def test_without_the_policy_or_a_translator_nothing_is_offered(
    app: Flask, author: Officer, office: Flask
) -> None:
    path = draft(author, **ORDINARY)
    without = Officer(app).signed_in(OPERATOR)
    assert OFFER not in words(without.text(path))
    said = words(without.send(f"{path}/machine", follow=True))
    assert "No translator is set up for this." in said
    runtime: Runtime = office.extensions["runtime"]
    with runtime.database.write() as session:
        session.get_one(Policy, "Minor").machine_allowed = False
    assert OFFER not in words(author.text(path))
    author.send(f"{path}/machine")
    with runtime.database.read() as session:
        assert session.scalars(select(MachineText)).all() == []


def test_a_grave_notice_is_warned_about_and_every_decision_is_recorded(
    office: Flask, service: TranslationService
) -> None:
    admin = Officer(office).signed_in(ADMIN)
    page = admin.text("/console/policy")
    assert unescape(page).count("a machine can turn a warning into its opposite") == 2
    switches = {"Severe.machine": "yes", "Minor.automatic": "yes"}
    page = words(admin.send("/console/policy", follow=True, **switches))
    assert "Severe: danger to life / machine text for residents: allowed" in page
    assert "Minor: little or no danger / a key person's text without staff: allowed" in page
    runtime: Runtime = office.extensions["runtime"]
    with runtime.database.write() as session:
        assert session.get_one(Policy, "Severe").machine_allowed
        assert not session.get_one(Policy, "Minor").machine_allowed
        session.get_one(StockText, ("alert", "rain-4", "vi")).review = "drafted"
    author = Officer(office).signed_in(OPERATOR)
    path = draft(author)
    page = words(author.send(f"{path}/machine", follow=True))
    assert "Vietnamese: not the same as in the Japanese: 4" in page
    with runtime.database.read() as session:
        assert session.scalars(select(Broadcast)).one().state == "draft"
