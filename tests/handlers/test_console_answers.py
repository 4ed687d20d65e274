"""Answering a resident at the console: each way, once, and never over a colleague's head."""

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from threading import Barrier, Thread

import pytest
from flask import Flask

from bot.models import Case, Delivery, StockText
from bot.runtime import Runtime
from handlers.app import create_app
from tests import factories
from tests.handlers.officer import (
    ADMIN,
    OPERATOR,
    SEES_PROTECTED,
    Officer,
    deliveries,
    open_case,
    reply,
    said,
    sent,
    staff_of,
)
from tests.translator import TranslationService, translation_service

LAN = "lan@minato.example"


@pytest.fixture
def sato(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


@pytest.fixture
def service() -> Iterator[TranslationService]:
    with translation_service() as running:
        yield running


@pytest.fixture
def translated_app(demo_city: Runtime, service: TranslationService) -> Iterator[Flask]:
    """The console with a translator for residents' words."""
    given = {"translator": "libre", "translator_url": service.url}
    settings = replace(demo_city.settings, translate_residents=True, **given)  # type: ignore[arg-type]
    built = Runtime.build(settings)
    yield create_app(built)
    built.close()


def test_a_prepared_answer_goes_out_in_the_residents_language(
    sato: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city)
    said(demo_city, case_id, "Xin chào")
    done = reply(sato, case_id, "stock", key="come-to-counter")
    assert done.status_code == 303
    (answer,) = sent(demo_city, case_id)
    assert "Hãy đến:" in (answer.text or "")
    assert "窓口に来てください" in (answer.japanese or "")
    (delivery,) = deliveries(demo_city)
    assert '"sender":{"name":"佐藤 真由, ' in (delivery.body or "")
    case = factories.stored(demo_city, Case, case_id)
    assert (case.state, case.waiting_since) == ("answered", None)
    assert case.assignee_id == staff_of(demo_city, OPERATOR).id
    page = sato.text(f"/console/cases/{case_id}")
    assert "Waiting to be sent" in page
    assert "answered" in page


def test_a_drafted_text_goes_out_with_its_remark_and_a_missing_one_not_at_all(
    sato: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city)
    with demo_city.database.write() as session:
        session.get_one(StockText, ("reply", "call-us", "vi")).review = "drafted"
        session.delete(session.get_one(StockText, ("reply", "which-area", "vi")))
    assert reply(sato, case_id, "stock", key="which-area").status_code == 422
    assert reply(sato, case_id, "stock", key="nonsense").status_code == 422
    assert reply(sato, case_id, "stock").status_code == 422
    reply(sato, case_id, "stock", key="call-us")
    (answer,) = sent(demo_city, case_id)
    assert demo_city.words.text("vi", "answer.drafted") in (answer.text or "")


def test_who_speaks_the_language_writes_in_it_and_leaves_a_japanese_note(
    app: Flask, sato: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city)
    assert reply(sato, case_id, "direct", words="Vâng", note="はい").status_code == 422
    lan = Officer(app).signed_in(LAN)
    missing = reply(lan, case_id, "direct", words="Vâng, được ạ")
    assert missing.status_code == 422
    assert "Write in Japanese what you said" in missing.text
    assert "Vâng, được ạ" in missing.text
    assert reply(lan, case_id, "direct", words="Vâng, được ạ", note="はい").status_code == 303
    (answer,) = sent(demo_city, case_id)
    assert (answer.text, answer.japanese, answer.origin) == ("Vâng, được ạ", "はい", "person")
    assert "はい" not in (deliveries(demo_city)[0].body or "")
    other = open_case(demo_city, 2, language="zh-Hans")
    admin = Officer(app).signed_in(ADMIN)
    assert reply(admin, other, "direct", words="好的", note="はい").status_code == 303


def test_without_a_translator_japanese_is_only_for_who_reads_it(
    sato: Officer, demo_city: Runtime
) -> None:
    foreign = open_case(demo_city, 1)
    page = sato.text(f"/console/cases/{foreign}")
    assert "No translator is set up here" in page
    assert reply(sato, foreign, "japanese", japanese="はい").status_code == 422
    reader = open_case(demo_city, 2, language="ja-x-easy")
    assert "Write in plain Japanese" in sato.text(f"/console/cases/{reader}")
    reply(sato, reader, "japanese", japanese="市役所(しやくしょ)に 来(き)て ください")
    (answer,) = sent(demo_city, reader)
    assert (answer.language, answer.origin) == ("ja-x-easy", "person")


def test_a_machines_words_are_shown_before_they_go_and_marked(
    translated_app: Flask, demo_city: Runtime, service: TranslationService
) -> None:
    officer = Officer(translated_app).signed_in(OPERATOR)
    case_id = open_case(demo_city)
    first = reply(officer, case_id, "japanese", japanese="8時に来てください", once="one")
    assert first.status_code == 200
    assert "[vi] 8時に来てください" in first.text
    assert sent(demo_city, case_id) == []
    # Changed after the look: the new words are shown first.
    changed = reply(
        officer, case_id, "japanese", japanese="9時に来てください", checked="[vi] 8時に来てください"
    )
    assert changed.status_code == 200
    assert sent(demo_city, case_id) == []
    done = reply(
        officer, case_id, "japanese", japanese="9時に来てください", checked="[vi] 9時に来てください"
    )
    assert done.status_code == 303
    (answer,) = sent(demo_city, case_id)
    assert (answer.text, answer.origin) == ("[vi] 9時に来てください", "machine")
    body = deliveries(demo_city)[0].body or ""
    assert demo_city.words.text("vi", "staff.machine_note") in body
    assert f"do=original&m={answer.id}" in body
    assert len(service.asked) == 2


def test_a_bad_translation_keeps_the_typed_words(
    translated_app: Flask, demo_city: Runtime, service: TranslationService
) -> None:
    officer = Officer(translated_app).signed_in(OPERATOR)
    case_id = open_case(demo_city)
    for behaviour, expected in (("losing", "lost these numbers"), ("away", "does not answer")):
        service.behaves = behaviour
        shown = reply(officer, case_id, "japanese", japanese="119に電話")
        assert shown.status_code == 422
        assert expected in shown.text
        assert "119に電話</textarea>" in shown.text


def test_a_protected_case_gets_no_machine(
    translated_app: Flask, demo_city: Runtime, service: TranslationService
) -> None:
    chen = Officer(translated_app).signed_in(SEES_PROTECTED)
    case_id = open_case(demo_city, protected=True, reason="protected")
    message_id = said(demo_city, case_id, "Giúp tôi")
    page = chen.text(f"/console/cases/{case_id}")
    assert "never given to a machine" in page
    assert "/translate/" not in page
    assert reply(chen, case_id, "japanese", japanese="大丈夫").status_code == 422
    chen.send(f"/console/cases/{case_id}/translate/{message_id}")
    reply(chen, case_id, "stock", key="call-us")
    assert len(sent(demo_city, case_id)) == 1
    assert sent(demo_city, case_id)[0].text is None
    assert service.asked == []


def test_a_message_can_be_translated_by_hand(
    translated_app: Flask, demo_city: Runtime, service: TranslationService
) -> None:
    officer = Officer(translated_app).signed_in(OPERATOR)
    case_id, other = open_case(demo_city, 1), open_case(demo_city, 2)
    message_id = said(demo_city, case_id, "Xin chào")
    path = f"/console/cases/{case_id}/translate/{message_id}"
    assert f'action="{path}"' in officer.text(f"/console/cases/{case_id}")
    assert officer.send(f"/console/cases/{other}/translate/{message_id}").status_code == 404
    assert "[ja] Xin chào" in officer.send(path, follow=True).text
    assert path not in officer.text(f"/console/cases/{case_id}")


def test_pressed_twice_it_is_sent_once(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    for _ in range(2):
        done = reply(sato, case_id, "stock", key="call-us", once="same form")
        assert done.status_code == 303
    assert len(sent(demo_city, case_id)) == len(deliveries(demo_city)) == 1
    assert "goes out once" in sato.text(f"/console/cases/{case_id}")


def test_pressed_twice_at_the_same_moment_it_is_sent_once(app: Flask, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    together = Barrier(6)
    found: list[int] = []

    def press() -> None:
        officer = Officer(app).signed_in(OPERATOR)
        token = officer.token()
        form = {"way": "stock", "key": "call-us", "once": "x", "csrf_token": token}
        together.wait()
        path = f"/console/cases/{case_id}/reply"
        found.append(officer.client.post(path, data=form, headers=officer.headers).status_code)

    threads = [Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [303] * 6
    assert len(sent(demo_city, case_id)) == len(deliveries(demo_city)) == 1


def test_two_at_once_the_second_is_told_and_keeps_the_text(
    app: Flask, sato: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city)
    newest = said(demo_city, case_id, "Xin chào")
    lan = Officer(app).signed_in(LAN)
    assert sato.send(f"/console/cases/{case_id}/writing").status_code == 204
    assert "佐藤 真由 is writing an answer" in lan.text(f"/console/cases/{case_id}")
    assert "佐藤 真由 is writing" in lan.text("/console/cases")
    assert lan.send(f"/console/cases/{case_id}/writing").status_code == 409
    typed = {"words": "Chào chị", "note": "こんにちは", "newest": newest}
    held = reply(lan, case_id, "direct", **typed)
    assert held.status_code == 409
    assert "佐藤 真由 is writing an answer now" in held.text
    assert "Chào chị</textarea>" in unescape(held.text)
    assert reply(sato, case_id, "stock", key="call-us", newest=newest).status_code == 303
    late = reply(lan, case_id, "direct", **typed)
    assert late.status_code == 409
    assert "佐藤 真由 has answered meanwhile" in late.text
    assert len(sent(demo_city, case_id)) == 1
    assert reply(lan, case_id, "direct", knowingly="yes", **typed).status_code == 303
    assert len(sent(demo_city, case_id)) == 2


def test_a_lease_on_writing_ends_by_itself(app: Flask, sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    sato.send(f"/console/cases/{case_id}/writing")
    demo_city.clock.move(121)
    lan = Officer(app).signed_in(LAN)
    assert "is writing" not in lan.text(f"/console/cases/{case_id}")
    assert lan.send(f"/console/cases/{case_id}/writing").status_code == 204


@pytest.mark.parametrize(
    ("way", "fields"),
    [
        ("", {}),
        ("japanese", {"japanese": " \n"}),
        ("japanese", {"japanese": "長" * 5001}),
        ("japanese", {"japanese": "😀" * 2501}),
        ("direct", {"words": "x", "note": "x"}),
        ("carrier pigeon", {"japanese": "はい"}),
    ],
)
def test_what_cannot_be_sent_is_refused_and_kept(
    sato: Officer, demo_city: Runtime, way: str, fields: dict[str, str]
) -> None:
    case_id = open_case(demo_city, language="ja")
    refused = reply(sato, case_id, way, **fields)
    assert refused.status_code == 422
    assert deliveries(demo_city) == []
    assert "This was not accepted" in refused.text
    assert fields.get("japanese", "").strip() in unescape(refused.text)


def test_nothing_is_sent_to_who_cannot_get_it(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)

    def change(**values: object) -> None:
        with demo_city.database.write() as session:
            resident = session.get_one(Case, case_id).resident
            for name, value in values.items():
                setattr(resident, name, value)

    change(following=False)
    assert "has blocked this account" in sato.text(f"/console/cases/{case_id}")
    assert reply(sato, case_id, "stock", key="call-us").status_code == 409
    change(following=True, line_user_id=None)
    assert "had their data deleted" in sato.text(f"/console/cases/{case_id}")
    assert reply(sato, case_id, "stock", key="call-us").status_code == 409
    change(line_user_id="U" + "9" * 32)
    sato.send(f"/console/cases/{case_id}/close", tell="no")
    assert "open it again" in sato.text(f"/console/cases/{case_id}")
    assert "is closed" in reply(sato, case_id, "stock", key="call-us").text
    assert deliveries(demo_city) == []


def test_what_line_did_not_take_stands_below_the_answer(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    reply(sato, case_id, "stock", key="call-us")
    for state, expected in (
        ("accepted", "LINE accepted it"),
        ("failed", "Could not be sent: refused: no such user"),
        ("unclear", "Perhaps received"),
    ):
        with demo_city.database.write() as session:
            delivery = session.query(Delivery).one()
            delivery.state, delivery.problem = state, "refused: no such user"
        assert expected in sato.text(f"/console/cases/{case_id}")
    with demo_city.database.write() as session:
        session.delete(session.query(Delivery).one())
    assert sato.get(f"/console/cases/{case_id}").status_code == 200
