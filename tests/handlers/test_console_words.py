"""Every sentence of the console is in the Japanese catalogue, and nothing else is."""

import re

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.runtime import ROOT

METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
NEVER = (
    "配信済み",
    "既読",
    "送信完了",
    "回収",
    "エラーが発生",
    "ユーザー",
    "外人",
    "delivered",
    "seen ",
)
"""Words that claim more than is known, or are not to be used of people."""


def catalogue() -> Catalog:
    with (ROOT / "bot/locale/ja/LC_MESSAGES/console.po").open("rb") as file:
        return read_po(file, locale="ja")


def extracted() -> set[str | tuple[str, ...]]:
    folders = (ROOT / "handlers" / "console", ROOT / "templates" / "console")
    return {
        message
        for folder in folders
        for _file, _line, message, _comments, _context in extract_from_dir(folder, METHODS)
    }


def test_japanese_lacks_nothing_and_has_nothing_dead() -> None:
    found = {message.id for message in catalogue() if message.id and all(message.string)}
    assert extracted() - found == set(), "missing in bot/locale/ja/LC_MESSAGES/console.po"
    assert found - extracted() == set(), "no page says this any more"


def test_the_blanks_are_the_same_in_both_languages() -> None:
    for message in catalogue():
        if message.id:
            english = message.id if isinstance(message.id, str) else message.id[-1]
            japanese = message.string if isinstance(message.string, str) else message.string[0]
            assert set(re.findall(r"%\(\w+\)s", english)) == set(
                re.findall(r"%\(\w+\)s", japanese)
            ), english


def test_no_word_claims_more_than_is_known() -> None:
    for message in catalogue():
        for text in (message.id, message.string):
            for part in (text,) if isinstance(text, str) else text:
                assert not [word for word in NEVER if word in part], part
