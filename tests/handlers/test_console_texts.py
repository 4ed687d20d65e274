"""文: who may adopt and change texts, what is checked, and that nothing earlier is lost."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from bot import languages
from bot.city import JAPAN
from bot.models import Broadcast, StockText, TextVersion
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import stock_texts
from tests import notices
from tests.handlers.officer import APPROVER, OPERATOR, Officer

VI = ("alert", "rain-4", "vi")
PATH = "/console/texts/alert/rain-4/vi"


@pytest.fixture
def approver(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(APPROVER)


def stored(runtime: Runtime, place: tuple[str, str, str] = VI) -> StockText:
    with runtime.database.read() as session:
        return session.get_one(StockText, place)


def set_review(runtime: Runtime, review: str, *, kind: str = "alert", tag: str = "vi") -> None:
    with runtime.database.write() as session:
        mine = StockText.kind == kind, StockText.language == tag
        session.execute(update(StockText).where(*mine).values(review=review, reviewed_by=None))


def versions(runtime: Runtime, place: tuple[str, str, str] = VI) -> list[TextVersion]:
    with runtime.database.read() as session:
        kind, key, tag = place
        rows = select(TextVersion).where(
            TextVersion.kind == kind, TextVersion.key == key, TextVersion.language == tag
        )
        return list(session.scalars(rows.order_by(TextVersion.id)))


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(page)))


def hidden(page: str, name: str = "seen") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found.group(1)


def form(officer: Officer, path: str = PATH, **changes: str) -> dict[str, str]:
    """The edit form as it stands on the page, with some parts changed."""
    page = officer.text(path)
    fields = dict(re.findall(r'<textarea id="part-\w+" name="(part-\w+)"[^>]*>\n([^<]*)<', page))
    return {"seen": hidden(page), **fields, **{f"part-{key}": v for key, v in changes.items()}}


def test_what_comes_with_this_version_has_no_problem(demo_city: Runtime) -> None:
    with demo_city.database.read() as session:
        proofreader = stock_texts.Proofreader(session, demo_city)
        texts = session.scalars(select(StockText)).all()
        by_place = {(text.kind, text.key, text.language): text for text in texts}
        problems = {
            place: found
            for place, text in by_place.items()
            if (found := proofreader.problems(
                *place, text.parts, by_place[text.kind, text.key, "ja"].parts))
        }  # fmt: skip
    assert len(by_place) > 300
    assert problems == {}


def test_the_matrix_shows_every_text_in_every_language_worst_first(
    approver: Officer, demo_city: Runtime
) -> None:
    with demo_city.database.write() as session:
        session.delete(session.get_one(StockText, ("alert", "typhoon", "zh-Hans")))
    set_review(demo_city, "drafted")
    page = approver.text("/console/texts")
    cells = re.findall(r'<a class="cell" href="/console/texts/alert/([\w-]+)/([\w-]+)">', page)
    assert len(cells) == len(set(cells)) == 24 * len(languages.complete("alerts"))
    assert cells[0][0] == "typhoon"
    assert "25 texts need work" in page
    assert "missing: 1" in words(page) and "drafted: 24" in words(page)
    only = approver.text("/console/texts?language=zh-Hans&state=missing")
    assert re.findall(r'<a class="cell" href="([^"]+)"', only) == [
        "/console/texts/alert/typhoon/zh-Hans"
    ]
    for kind, number, texts in (("faq", 87, "topics"), ("reply", 10, "alerts")):
        page = approver.text(f"/console/texts?kind={kind}")
        assert page.count('<a class="cell"') == number * len(languages.complete(texts))
        assert "nothing needs work" in page


def test_one_page_shows_the_japanese_beside_it(approver: Officer) -> None:
    page = approver.text(PATH)
    assert 'lang="vi"' in page and 'lang="ja"' in page
    assert "SƠ TÁN NGAY" in page and "今すぐ避難" in page
    assert "of 400 characters" in page


def test_an_approver_adopts_by_name(approver: Officer, demo_city: Runtime) -> None:
    set_review(demo_city, "drafted")
    done = approver.send(f"{PATH}/adopt", follow=True, seen=hidden(approver.text(PATH)))
    assert "Adopted by 鈴木 健一." in done.text
    text = stored(demo_city)
    day = demo_city.clock.now().astimezone(JAPAN).date()
    assert (text.review, text.reviewed_by) == ("adopted", f"鈴木 健一 {day}")
    (version,) = versions(demo_city)
    assert (version.what, version.review, version.by) == ("adopted", "drafted", "staff:4")
    assert version.parts == text.parts
    again = approver.send(f"{PATH}/adopt", follow=True, seen=hidden(approver.text(PATH)))
    assert "vouched for already" in again.text
    assert len(versions(demo_city)) == 1


def test_operators_read_but_do_not_change(app: Flask, demo_city: Runtime) -> None:
    officer = Officer(app).signed_in(OPERATOR)
    assert "Save as drafted" not in officer.text(PATH)
    for path in (PATH, f"{PATH}/adopt", f"{PATH}/review", "/console/texts-adopt/alert/vi"):
        assert officer.send(path).status_code == 403
    assert versions(demo_city) == []


def test_a_native_speaker_is_named(approver: Officer, demo_city: Runtime) -> None:
    seen = hidden(approver.text(PATH))
    nobody = approver.send(f"{PATH}/review", seen=seen, reviewer="  ")
    assert nobody.status_code == 422
    done = approver.send(f"{PATH}/review", follow=True, seen=seen, reviewer=" Trần  Thị Mai ")
    assert "reviewed by Trần Thị Mai" in done.text
    text = stored(demo_city)
    assert text.review == "reviewed"
    assert str(text.reviewed_by).startswith("Trần Thị Mai 20")


def test_a_change_is_drafted_and_the_earlier_words_are_kept(
    approver: Officer, demo_city: Runtime
) -> None:
    before = stored(demo_city)
    done = approver.send(
        PATH,
        follow=True,
        **form(approver, avoid=" Tránh sông.\r\nTránh hầm. ".replace("\r\n", " ")),
    )
    assert "drafted until somebody adopts it" in done.text
    text = stored(demo_city)
    assert (text.review, text.reviewed_by, text.origin) == ("drafted", None, "city")
    assert text.parts["avoid"] == "Tránh sông. Tránh hầm."
    (version,) = versions(demo_city)
    assert (version.what, version.review) == ("edited", "adopted")
    assert (version.parts, version.reviewed_by) == (before.parts, before.reviewed_by)
    page = approver.text(PATH)
    assert "As it was before (adopted)" in page
    assert before.parts["avoid"] in page


def test_saving_the_same_words_changes_nothing(approver: Officer, demo_city: Runtime) -> None:
    assert "the words that were there" in approver.send(PATH, follow=True, **form(approver)).text
    assert versions(demo_city) == []
    assert stored(demo_city).review == "adopted"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"whom": ""}, "A text is missing here."),
        ({"where": "{sties}: tầng trên."}, "There is no such blank: {sties}"),
        ({"where": "Lên tầng trên."}, "must be those of the Japanese text: {sites}"),
        ({"where": "{sites: tầng"}, "Braces are only for blanks"),
        ({"where": "{sites.__class__}"}, "Braces are only for blanks"),
        ({"where": "{0}"}, "Braces are only for blanks"),
        ({"headline": "[CẤP ĐỘ CẢNH GIÁC 3] {areas}: SƠ TÁN"}, "Other numbers than in the"),
        ({"action": "Sơ tán\nngay"}, "This part must be one line."),
        ({"hazard": "Mưa " * 60}, "Too long: "),
        ({"name": "Mưa " * 20}, "Too long: "),
    ],
)
def test_what_would_harm_is_refused_and_what_was_typed_stays(
    approver: Officer, demo_city: Runtime, changes: dict[str, str], said: str
) -> None:
    refused = approver.send(PATH, **form(approver, **changes))
    assert refused.status_code == 422
    assert said in unescape(refused.text)
    assert all(value.strip() in unescape(refused.text) for value in changes.values())
    assert versions(demo_city) == []


@pytest.mark.parametrize(
    ("path", "changes", "said"),
    [
        ("alert/rain-4/ja", {"where": "{sites}と{city}へ。"}, "line of its own"),
        ("faq/emergency.police/ja", {"text": "警察に電話してください。"}, "is missing: 110"),
        ("faq/emergency.police/en", {"title": "Police: 110. " + "Now. " * 8}, "Too long: "),
        ("faq/rights.suicide/en", {"text": "We are here."}, "must be the same for all protected"),
        ("reply/call-us/en", {"text": "Call {garbage_phone}."}, "must be those of the Japanese"),
    ],
)  # fmt: skip
def test_each_kind_has_its_own_dangers(
    approver: Officer, path: str, changes: dict[str, str], said: str
) -> None:
    path = f"/console/texts/{path}"
    refused = approver.send(path, **form(approver, path, **changes))
    assert refused.status_code == 422
    assert said in unescape(refused.text)


def test_nobody_saves_over_or_adopts_what_they_did_not_read(
    approver: Officer, demo_city: Runtime
) -> None:
    mine = form(approver, avoid="Tránh sông.")
    first = approver.send(PATH, **form(approver, avoid="Tránh hầm."))
    assert first.status_code == 302
    late = approver.send(PATH, **mine)
    assert late.status_code == 409
    assert "Somebody changed this text meanwhile" in late.text
    assert "Tránh sông." in unescape(late.text)
    assert stored(demo_city).parts["avoid"] == "Tránh hầm."
    adopted = approver.send(f"{PATH}/adopt", seen=mine["seen"])
    assert adopted.status_code == 409
    assert stored(demo_city).review == "drafted"


def test_a_changed_japanese_text_makes_the_others_outdated_until_somebody_looks(
    approver: Officer, demo_city: Runtime
) -> None:
    path = "/console/texts/alert/rain-4/ja"
    assert approver.send(path, **form(approver, path, avoid="川に近づかない。")).status_code == 302
    page = approver.text("/console/texts?state=outdated")
    assert page.count('<a class="cell"') == len(languages.complete("alerts")) - 1
    assert "The Japanese was changed after this text" in approver.text(PATH)
    assert stored(demo_city).review == "adopted"
    approver.send(f"{PATH}/adopt", seen=hidden(approver.text(PATH)))
    assert "The Japanese was changed after this text" not in approver.text(PATH)


def test_a_text_with_a_problem_is_not_adopted(approver: Officer, demo_city: Runtime) -> None:
    set_review(demo_city, "drafted")
    with demo_city.database.write() as session:
        text = session.get_one(StockText, VI)
        text.parts = {**text.parts, "hazard": "3 nơi có thể ngập."}
    page = approver.text(PATH)
    assert "Adopt as" not in page
    assert "Other numbers than in the Japanese text: 3" in page
    refused = approver.send(f"{PATH}/adopt", seen=hidden(page))
    assert refused.status_code == 422
    many = approver.text("/console/texts-adopt/alert/vi")
    assert "23 drafted texts in Vietnamese to read" in words(many)
    assert "1 more is left out" in many


def test_a_gap_is_filled_beside_the_japanese(approver: Officer, demo_city: Runtime) -> None:
    parts = stored(demo_city).parts
    with demo_city.database.write() as session:
        session.delete(session.get_one(StockText, VI))
    page = approver.text(PATH)
    assert "There is no text in this language yet." in page
    fields = {f"part-{name}": text for name, text in parts.items()}
    approver.send(PATH, seen="", **fields)
    assert (stored(demo_city).parts, stored(demo_city).review) == (parts, "drafted")
    assert [(row.what, row.parts) for row in versions(demo_city)] == [("added", {})]


def test_many_are_adopted_at_once_with_ones_own_name(approver: Officer, demo_city: Runtime) -> None:
    set_review(demo_city, "drafted", kind="reply")
    path = "/console/texts-adopt/reply/vi"
    page = approver.text(path)
    assert page.count("<section>") == 10
    wrong = approver.send(path, seen=hidden(page), name="佐藤 真由")
    assert wrong.status_code == 422
    assert "Type your own name" in wrong.text
    done = approver.send(path, follow=True, seen=hidden(page), name="鈴木　健一")
    assert "鈴木 健一 adopted 10 texts in Vietnamese." in done.text
    with demo_city.database.read() as session:
        rows = session.scalars(
            select(StockText).where(StockText.kind == "reply", StockText.language == "vi")
        ).all()
        assert {row.review for row in rows} == {"adopted"}
        assert len(session.scalars(select(TextVersion)).all()) == 10
    again = approver.send(path, seen=hidden(page), name="鈴木 健一")
    assert again.status_code == 409


def test_texts_that_changed_while_they_were_read_are_not_adopted(
    approver: Officer, demo_city: Runtime
) -> None:
    set_review(demo_city, "drafted", kind="reply")
    page = approver.text("/console/texts-adopt/reply/vi")
    path = "/console/texts/reply/which-area/vi"
    approver.send(path, **form(approver, path, text="Bạn sống ở khu nào?"))
    late = approver.send("/console/texts-adopt/reply/vi", seen=hidden(page), name="鈴木 健一")
    assert late.status_code == 409
    assert stored(demo_city, ("reply", "call-us", "vi")).review == "drafted"


def test_the_page_says_that_waiting_notices_keep_their_words(
    approver: Officer, demo_city: Runtime
) -> None:
    now = demo_city.clock.now()
    with demo_city.database.write() as session:
        for template in ("rain-4", "rain-4", "rain-3"):
            row = notices.draft(session, now, template)
            transition(session, row, "pending_approval", by="staff:1", reason="", at=now)
        assert session.query(Broadcast).count() == 3
    assert "2 notices that wait keep the words from before any change." in approver.text(PATH)
    approver.headers["Accept-Language"] = "ja"
    assert "承認待ち・予約中のお知らせ2件は、変更前の文のままです。" in approver.text(PATH)


def test_what_is_not_there_is_not_found(approver: Officer) -> None:
    for path in ("alert/rain-4/xx", "alert/rain-9/vi", "news/rain-4/vi", "alert/rain-4/VI"):
        assert approver.get(f"/console/texts/{path}").status_code == 404
    assert approver.get("/console/texts-adopt/alert/xx").status_code == 404


def test_before_texts_are_loaded_the_page_says_how(app: Flask, demo_city: Runtime) -> None:
    with demo_city.database.write() as session:
        session.query(StockText).delete()
    page = Officer(app).signed_in(OPERATOR).text("/console/texts")
    assert "no texts are loaded" in page
    assert "flask texts load" in page
