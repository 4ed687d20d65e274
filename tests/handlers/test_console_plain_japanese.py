"""Hints for plain Japanese beside a notice: in the preview, in the check, and never in the way."""

import re
from typing import Any

import pytest
from flask import Flask

from bot.runtime import Runtime
from handlers.console import plain_words
from tests.handlers.officer import OPERATOR, Officer
from tests.handlers.test_console_notices import COMPOSE, draft, fields, words

PREVIEW = f"{COMPOSE[:-7]}preview"
HARD = "市民の皆様は直ちに避難してください。"
PLAIN = "川(かわ)の 近(ちか)くの 人は、高い ところへ 逃(に)げて ください。"


@pytest.fixture
def author(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


def written(**texts: str) -> dict[str, Any]:
    """The form of an ordinary notice with texts by blank and language tag, as title_ja."""
    blanks = {"title_ja": "お知らせ", "body_ja": "水を 飲んで ください。"} | texts
    typed = {f"blank-{name.replace('_', '-', 1)}": text for name, text in blanks.items()}
    return fields(template_id="ordinary", **typed)


def easy(text: str) -> dict[str, Any]:
    return written() | {"blank-title-ja-x-easy": "お知らせ", "blank-body-ja-x-easy": text}


def hinted(page: str, part: str) -> list[str]:
    """The hints of one text, each as the page shows it."""
    found = re.search(rf'data-part="hints-{part}".*?</details>', page, re.DOTALL)
    return (
        [words(row) for row in re.findall(r"<li>.*?</li>", found.group(), re.DOTALL)]
        if found
        else []
    )


def test_the_preview_says_what_is_hard_where_and_what_to_write(author: Officer) -> None:
    page = author.send(PREVIEW, **easy(HARD)).text
    told = hinted(page, "body-ja-x-easy")
    assert "Told to flee, but not everything is said" in told[0]
    assert "Add: from where, to where" in told[0]
    assert any("Hard word" in row and "直ちに" in row and "Plainer: すぐに" in row for row in told)
    assert "Nothing is held back by them" in words(page)


def test_a_plain_text_has_no_hints(author: Officer) -> None:
    page = author.send(PREVIEW, **easy(PLAIN)).text
    assert hinted(page, "body-ja-x-easy") == []
    assert "No hints Text: やさしい日本語" in words(page)


def test_the_words_in_question_are_marked_in_their_line(author: Officer) -> None:
    page = author.send(PREVIEW, **easy("あした、\n学校の 前で 避難(ひなん)の 練習を します。")).text
    assert "学校の 前で <mark>避難</mark>(ひなん)の 練…" in page


def test_what_is_typed_cannot_break_out_of_its_mark(author: Officer) -> None:
    page = author.send(PREVIEW, **easy("<b>直ちに</b>逃げる")).text
    assert "<b>直ちに" not in page
    assert "&lt;b&gt;<mark>直ちに</mark>&lt;/b&gt;" in page


def test_the_title_completes_the_text(author: Officer) -> None:
    page = author.send(
        PREVIEW,
        **written(title_ja="川の 近くの 人へ", body_ja="市役所に 逃げて ください。"),
    ).text
    assert "Told to flee" not in page


def test_without_a_script_the_page_shows_them_and_keeps_what_was_typed(author: Officer) -> None:
    response = author.send(COMPOSE, **easy(HARD) | {"do": "preview"})
    assert response.status_code == 200
    assert hinted(response.text, "body-ja-x-easy")
    assert HARD in response.text


def test_the_check_shows_them_and_lets_it_go_on(author: Officer) -> None:
    path = draft(author, **easy(HARD))
    page = author.text(path)
    assert hinted(page, "body-ja-x-easy")
    assert "Is it plain Japanese?" in page
    assert "Approval is asked for" in words(author.send(f"{path}/submit", follow=True))


def test_a_template_without_typed_texts_has_nothing_to_check(author: Officer) -> None:
    assert "Is it plain Japanese?" not in author.send(PREVIEW, **fields()).text


def test_in_japanese(app: Flask, demo_city: Runtime) -> None:
    officer = Officer(app, "ja").signed_in(OPERATOR)
    told = hinted(officer.send(PREVIEW, **easy(HARD)).text, "body-ja-x-easy")
    assert (
        "逃げる指示に、足りないことがあります" in told[0]
        and "書き足す：どこから、どこへ" in told[0]
    )
    assert any("難しい言葉" in row and "言いかえ：すぐに" in row for row in told)


def test_the_citys_words_and_names_are_known(author: Officer, demo_city: Runtime) -> None:
    text = "川端町(かわばたちょう)コミュニティセンターで、職員(しょくいん)に 聞いて ください。"
    with demo_city.database.read() as session:
        assert plain_words.hints(session, text) == []


def test_the_same_word_is_told_once_and_a_long_list_is_cut(author: Officer) -> None:
    many = "。".join(
        ["高台", "高台", "浸水", "冠水", "断水", "復旧", "遅延", "配布", "提出", "持参", "帰宅"]
    )
    more = "。".join(["混雑", "休校", "休館", "解除"])
    page = author.send(PREVIEW, **easy(f"{many}。{more}")).text
    told = hinted(page, "body-ja-x-easy")
    assert len(told) == plain_words.SHOWN
    assert "Hard word 2 times" in told[0]
    assert "14 hints" in words(page) and "and 2 more" in words(page)
