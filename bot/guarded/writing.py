"""One way of writing for all texts: digits, widths and cases agree before the search."""

from unicodedata import normalize

import regex

_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
_INVISIBLE = regex.compile(r"[\p{Cf}\ufe00-\ufe0f]")
_FOREIGN_DIGIT = regex.compile(r"[\p{Nd}--[0-9]]", regex.V1)
_FRACTION = regex.compile(r"(\d*)\s?([½¼¾])")
_SAME = str.maketrans("’‘ʼ`´′‐‑‒–—−﹣", "''''''-------")
_REIWA = regex.compile(r"令和(\d{1,2}|元)年")
_AND_A_HALF = regex.compile(r"(?<![\d.])(\d+)(分|時間|年|日|か月|週間|倍)半(?!額|分|径)")
_TENTHS = regex.compile(r"(?<=\d)度(\d)分(?!間)")
_FURIGANA = regex.compile(r"(?<=[\p{Han}々ヶ])[(]([\p{Hiragana}\p{Katakana}ー]+)[)]")
_SPACE_IN_JAPANESE = regex.compile(
    r"(?<=[\p{Han}\p{Hiragana}\p{Katakana}ー、。:)「」]) +(?=[\p{Han}\p{Hiragana}\p{Katakana}ー「])"
)


def plain(text: str) -> str:
    """NFKC, lower case, ASCII digits, no invisible characters; line breaks stay.

    Full-width, Devanagari, Bengali, Thai, Lao, Burmese, Khmer, Sinhala and Persian digits become
    ASCII; dashes and apostrophes become one kind; joiners and direction marks go.
    """
    if not text.isascii():
        text = _FRACTION.sub(lambda m: f"{m[1] or 0}{_FRACTIONS[m[2]]}", text)
        text = normalize("NFKC", _INVISIBLE.sub("", text)).translate(_SAME)
        text = _FOREIGN_DIGIT.sub(lambda m: str(int(m.group())), text)
    return text.casefold()


def plain_japanese(text: str) -> str:
    """As `plain`, without the readings in brackets and the spaces of plain Japanese, and with the
    years of Reiwa as years of the common era.
    """
    text = _SPACE_IN_JAPANESE.sub("", _FURIGANA.sub("", plain(text)))
    text = _TENTHS.sub(r".\1度", text)
    text = _AND_A_HALF.sub(r"\1.5\2", text)
    return _REIWA.sub(lambda m: f"{2018 + int(m[1].replace('元', '1'))}年", text)


def plain_pattern(pattern: str) -> str:
    """A regular expression of the data, written as texts are once they are plain."""
    return normalize("NFKC", _INVISIBLE.sub("", pattern)).replace("’", "'")
