"""The desk of rumours: what waits, putting it together, an answer by two people, its page."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from bot import networks
from bot.models import (
    Case,
    Delivery,
    Member,
    Message,
    Rumour,
    RumourAnswer,
    RumourQuestion,
)
from bot.runtime import Runtime
from broadcasts import rumour_telling, rumours
from tests import factories
from tests.handlers.officer import ADMIN, APPROVER, OPERATOR, Officer

DESK = "/console/rumours"
ANSWER: dict[str, Any] = {
    "verdict": "false",
    "japanese": "ダムが壊れた",
    "plain": "ダムが こわれました。",
    "english": "The dam broke.",
    "source": "気象庁",
    "link": "https://www.jma.go.jp/",
    "hours": "24",
}

Ask = Callable[..., str]


@pytest.fixture
def ask(demo_city: Runtime) -> Ask:
    """Somebody new asks; returns what their words have in common with equal ones."""

    def asked(words: str = "Vỡ đập rồi?", tag: str = "vi", japanese: str | None = None) -> str:
        with demo_city.database.write() as session:
            resident = factories.resident(session, languages=[tag])
            message = Message(
                resident_id=resident.id, at=demo_city.clock.now(), author="resident",
                kind="text", language=tag, text=words, japanese=japanese,
            )  # fmt: skip
            session.add(message)
            session.flush()
            return rumours.ask(session, demo_city, message, tag).fold

    return asked


@pytest.fixture
def operator(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


@pytest.fixture
def approver(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(APPROVER)


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def noted(operator: Officer, *folds: str) -> str:
    """A new rumour of these words; its address."""
    response = operator.send(f"{DESK}/group", heard=list(folds), claim="ダム決壊")
    assert response.status_code == 303
    return str(response.location)


def confirmed(operator: Officer, approver: Officer, path: str, **changes: object) -> None:
    assert operator.send(f"{path}/answer", **(ANSWER | changes)).status_code == 303
    assert "Confirmed" in words(approver.send(confirm_path(approver, path), follow=True).text)


def confirm_path(officer: Officer, path: str) -> str:
    found = re.search(r'action="([^"]+/confirm)"', officer.text(path))
    assert found, "nothing to confirm"
    return found.group(1)


def test_equal_words_are_one_line_with_a_count_and_the_machines_japanese(
    operator: Officer, ask: Ask
) -> None:
    ask(japanese="ダムが壊れましたか")
    ask("vỡ ĐẬP rồi")
    ask("Is the water safe?", "en")
    page = words(operator.text(DESK))
    assert "2 things were asked" in page
    assert "machine translation, unchecked: ダムが壊れましたか" in page
    assert "Vietnamese · 2 people" in page and "English · 1 person" in page


def test_what_was_ticked_is_put_together_under_a_claim(operator: Officer, ask: Ask) -> None:
    one, two, other = ask(), ask("Dam broken?", "en"), ask("Water?", "en")
    response = operator.send(f"{DESK}/group", heard=[one, two], claim=" ")
    assert response.status_code == 422
    assert "Say in Japanese what goes round" in response.text
    assert response.text.count("checked>") == 2
    page = words(operator.text(noted(operator, one, two)))
    assert "No answer yet: ダム決壊" in page
    assert "English: 1 person" in page and "Vietnamese: 1 person" in page
    assert "1 thing was asked" in words(operator.text(DESK))
    rumour_id = noted(operator, other).rpartition("/")[2]
    late = ask("Dam gone?", "en")
    response = operator.send(f"{DESK}/group", heard=[late], rumour=rumour_id)
    assert str(response.location).endswith(rumour_id)
    assert "nothing waits" in words(operator.text(DESK))


def test_words_can_be_taken_out_or_made_a_case(
    operator: Officer, ask: Ask, demo_city: Runtime
) -> None:
    one = ask("Where is the shelter?", "en")
    path = noted(operator, one)
    assert "taken out: 1" in words(operator.send(f"{path}/take-out", True, heard=[one]).text)
    assert "cases now: 1" in words(operator.send(f"{DESK}/case", True, heard=[one]).text)
    with demo_city.database.read() as session:
        assert session.scalars(select(Case)).one().state == "open"
        assert session.scalars(select(RumourQuestion)).one().state == "passed"


def test_whoever_wrote_it_cannot_confirm_it(
    app: Flask, operator: Officer, approver: Officer, ask: Ask, demo_city: Runtime
) -> None:
    path = noted(operator, ask())
    approver.send(f"{path}/answer", **ANSWER)
    page = words(approver.text(path))
    assert "An approver confirms it who did not write it." in page
    assert "Confirm and send" not in page
    with demo_city.database.read() as session:
        id = session.scalars(select(RumourAnswer)).one().id
    mine = approver.send(f"{path}/answers/{id}/confirm", follow=True)
    assert "Somebody else must confirm it" in words(mine.text)
    assert operator.send(f"{path}/answers/{id}/confirm").status_code == 403
    rumour_telling.run(demo_city)
    with demo_city.database.read() as session:
        assert session.scalars(select(Delivery)).first() is None
    admin = Officer(app).signed_in(ADMIN)
    assert "told: 1" in words(admin.send(confirm_path(admin, path), follow=True).text)


def test_what_is_to_be_confirmed_is_shown_as_it_will_be_sent(
    operator: Officer, approver: Officer, ask: Ask
) -> None:
    path = noted(operator, ask())
    operator.send(f"{path}/answer", **(ANSWER | {"plain": "直ちに避難してください。"}))
    page = approver.text(path)
    assert "NOT TRUE\nAbout: The dam broke." in page
    assert "Is it plain Japanese?" in page and "すぐに" in page
    confirm = confirm_path(approver, path)
    back = approver.send(f"{path}/answers/{confirm.split('/')[-2]}/withdraw", True, reason="hard")
    assert "Nothing was sent" in words(back.text) and "hard" in back.text
    assert "直ちに避難してください。" in back.text  # the form begins from its words
    assert "Confirm and send" not in back.text


def test_who_was_told_is_counted_by_what_is_known(
    operator: Officer, approver: Officer, ask: Ask, demo_city: Runtime
) -> None:
    path = noted(operator, ask(), ask("Đập vỡ"))
    confirmed(operator, approver, path)
    assert "not told yet: 2 people" in words(operator.text(path))
    rumour_telling.run(demo_city)
    page = words(operator.text(path))
    assert "being sent: 2 people" in page and "Not true: ダム決壊" in page
    ask()
    page = words(operator.text(path))
    assert "answered in the chat: 1 person" in page and "Vietnamese: 3 people" in page
    assert "confirmed: Not true" in page


def test_members_of_networks_are_counted_and_never_named(
    operator: Officer, ask: Ask, demo_city: Runtime
) -> None:
    path = noted(operator, ask())
    with demo_city.database.write() as session:
        now = demo_city.clock.now()
        network = networks.create(session, "Hội & Việt", "vi", "language", now)
        asker = session.scalars(select(RumourQuestion.resident_id)).one()
        session.add(Member(network_id=network.id, resident_id=asker, joined_at=now))
    page = words(operator.text(path))
    assert "1 member asked" in page and "Hội & Việt (Tiếng Việt): 1 person" in page


def test_a_form_that_lacks_something_keeps_what_was_typed(operator: Officer, ask: Ask) -> None:
    path = noted(operator, ask())
    for lacking, said in (
        ({"verdict": "maybe"}, "Choose what was found."),
        ({"plain": ""}, "Write at most 300 characters."),
        ({"source": ""}, "Say who told the city"),
        ({"link": "javascript:alert(1)"}, "Enter an address that begins with https://."),
        ({"hours": "5000"}, "Choose how long"),
    ):
        response = operator.send(f"{path}/answer", **(ANSWER | lacking))
        assert response.status_code == 422, lacking
        assert said in words(response.text) and "The dam broke." in response.text


def test_keywords_need_more_than_one_short_word(
    operator: Officer, ask: Ask, demo_city: Runtime
) -> None:
    path = noted(operator, ask())
    response = operator.send(path, claim="ダム決壊", keywords="ダム")
    assert response.status_code == 422 and ">ダム</textarea>" in response.text
    operator.send(path, claim="ダムの決壊", keywords="ダム  決壊\n\ndam broke\n")
    with demo_city.database.read() as session:
        row = session.scalars(select(Rumour)).one()
        assert (row.claim, row.keywords) == ("ダムの決壊", ["ダム 決壊", "dam broke"])


def test_the_public_page_says_it_in_the_readers_language(
    operator: Officer, approver: Officer, ask: Ask, app: Flask
) -> None:
    path = noted(operator, ask())
    public = f"/r/{path.rpartition('/')[2]}"
    client = app.test_client()
    assert client.get(public).status_code == 404
    operator.send(f"{path}/answer", **ANSWER)
    assert client.get(public).status_code == 404  # nobody confirmed it yet
    approver.send(confirm_path(approver, path))
    response = client.get(f"{public}?lang=en")
    page = words(response.text)
    assert "NOT TRUE" in page and "About: The dam broke." in page and "In force" in page
    assert "気象庁" in page and 'href="https://www.jma.go.jp/"' in response.text
    assert "<script" not in response.text and len(response.data) < 50_000
    vietnamese = client.get(f"{public}?lang=vi").text
    assert 'lang="vi"' in vietnamese and ANSWER["plain"] in vietnamese
    farsi = client.get(f"{public}?lang=fa").text
    assert 'dir="rtl"' in farsi
    assert "Stopped" in words(operator.send(f"{path}/end", True, reason="over").text)
    assert "Ended" in words(client.get(f"{public}?lang=en").text)
    assert client.get("/r/0").status_code == 404
    assert client.get(f"/r/{2**31}").status_code == 404


def test_in_japanese(app: Flask, demo_city: Runtime, ask: Ask) -> None:
    officer = Officer(app, "ja").signed_in(OPERATOR)
    one = ask()
    assert "まだ誰も見ていない問い合わせが1件あります" in officer.text(DESK)
    path = noted(officer, one)
    assert "別の承認者の確認が要ります" in officer.send(f"{path}/answer", True, **ANSWER).text
