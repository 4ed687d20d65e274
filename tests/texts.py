"""What every test of words needs: the texts as they are stored, and how to measure them."""

import csv
import re
import tomllib
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any
from unicodedata import category, digit

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "bot" / "locale"
DEMO = ROOT / "bot" / "demo"

BUTTON_GRAPHEMES = 20

# The only telephone numbers that may be written into a text: they are the same in all of Japan.
NATIONAL_NUMBERS = {
    "110", "118", "119", "171", "189", "#7119", "#8008",
    "0120-279-338", "0570-011000", "0570-013904", "0570-078377",
}  # fmt: skip

# Words that claim more than is known, blame a machine for an error, or are rude.
NEVER = re.compile(
    r"配信済み|\bdelivered\b|既読|\bseen\b|送信完了|\bsent to all\b|回収|\brecall"
    r"|エラーが発生しました|ユーザー|\busers?\b|外人|\A(?:OK|はい)\Z",
    re.IGNORECASE,
)
BLANK = re.compile(r"\{\w+\}")
# A chat shows plain text: what would be bold or a link elsewhere stands there as rubbish.
MARKUP = re.compile(r"[*`<>_\t]|\]\(|^#+ |&\w+;", re.MULTILINE)

# Kanji a learner knows first: the list of the old fourth (lowest) level, today's N5.
N5_KANJI = frozenset(
    "一二三四五六七八九十百千万円日月火水木金土年週時分半間今毎午前後人男女子父母友名大小多少"
    "新古高安長白上下中外左右東西南北口目耳手足山川空天気雨花魚車電学校本語書読話聞見言食飲買"
    "行来出入休立会生国店駅道社何先"
)
KANJI_RUN = re.compile(r"[\u3400-\u9fff々]+")
READING = re.compile(r"\([ぁ-ゖー]+\)")


def load(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data: dict[str, Any] = tomllib.load(file)
    return data


@cache
def words(tag: str) -> dict[str, str]:
    """What the bot itself says: text by id."""
    with (LOCALE / tag / "LC_MESSAGES" / "bot.po").open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file) if each.id}


@cache
def city() -> dict[str, Any]:
    return load(DEMO / "city.toml")


def sites() -> list[dict[str, str]]:
    with (DEMO / "evacuation_sites.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def graphemes(text: str) -> int:
    """Characters as a reader counts them: marks belong to the letter before."""
    return sum(not category(character).startswith("M") for character in text)


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def blanks(text: str) -> set[str]:
    """The names in braces; `ValueError` for a brace that does not close."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def numbers(text: str, months: list[str]) -> set[str]:
    """All numbers of a text in ASCII digits, telephone numbers in one piece, months as numbers."""
    for number, month in enumerate(months, start=1):
        text = re.sub(rf"\b{month}\b", str(number), text)
    text = "".join(str(digit(each)) if each.isdecimal() else each for each in text)
    return set(re.findall(r"#?\d+(?:-\d+)*", text))


def unread_kanji(text: str) -> list[str]:
    """Words with kanji above N5 and no reading right behind."""
    return [
        run.group()
        for run in KANJI_RUN.finditer(text)
        if set(run.group()) - N5_KANJI and not READING.match(text, run.end())
    ]
