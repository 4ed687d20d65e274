"""Bringing messages, words and examples to one spelling, so that they can be compared."""

from dataclasses import dataclass
from unicodedata import normalize

import regex as re

from bot.han import folded

# LINE lets nobody write more.
LONGEST = 5_000

URL = re.compile(r"https?://\S+|www\.\S+")
# Marks that show nothing: word breaks in scripts without spaces, joiners, directions.
UNSEEN = re.compile(r"[\p{Cf}\ufe0e\ufe0f]")
APOSTROPHES = re.compile(r"['`\u00b4\u2018\u2019\u02bc]")
SEPARATORS = re.compile(r"[^\w\s\p{M}]|_")
REPEATED = re.compile(r"([^\W\d])\1{3,}")
SPACES, BREAKS = re.compile(r"[^\S\n]+"), re.compile(r"\s*\n\s*")

UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\uaa60-\uaa7f"
)
"""Letters of the scripts that are written without spaces between words."""

# Whoever puts spaces between words there all the same has not spelt anything else.
SPACE_WITHIN = re.compile(rf" (?<=[{UNSPACED}] )(?=[{UNSPACED}])")
WORD = re.compile(rf"[^\W{UNSPACED}]+")
LATIN_WORD = re.compile(r"[0-9a-z\u00df-\u024f\u1e00-\u1eff]+")
HAN = re.compile(r"[\u3400-\u9fff]")
HIRAGANA = re.compile(r"[\u3041-\u3096]")


def _unmarking() -> dict[int, str]:
    """Each marked Latin letter and its plain one; one to one, so that positions stay the same."""
    table = {ord("đ"): "d", ord("ё"): "е"}
    for number in (*range(0xDF, 0x250), *range(0x1E00, 0x1F00)):
        plain = normalize("NFD", chr(number))[0]
        if plain.isascii() and plain.isalpha():
            table[number] = plain
    return table


UNMARKING = _unmarking()
MARKED = re.compile(r"[\u00df-\u024f\u1e00-\u1effё]")


@dataclass(frozen=True)
class Text:
    """A message prepared for matching: lower case, separators as line breaks, Han characters in one
    shape.

    ``plain`` is ``marked`` without the marks on Latin letters, of the same length.
    """

    marked: str
    plain: str


def prepare(message: str) -> Text:
    """The message in the one spelling that words and examples are brought to as well."""
    text = UNSEEN.sub("", URL.sub(" ", normalize("NFKC", message[:LONGEST])[:LONGEST])).lower()
    text = SEPARATORS.sub("\n", APOSTROPHES.sub("", text))
    text = folded(text) if HAN.search(text) else text
    text = REPEATED.sub(r"\1\1", text)
    text = SPACE_WITHIN.sub("", SPACES.sub(" ", text))
    return unmarked(BREAKS.sub("\n", text).strip())


def unmarked(spelled: str) -> Text:
    return Text(spelled, spelled.translate(UNMARKING) if MARKED.search(spelled) else spelled)


def is_inside_word(plain: str, at: int) -> bool:
    """Whether a word of a script with spaces goes on at this place."""
    return bool(at and WORD.match(plain, at - 1, at) and WORD.match(plain, at, at + 1))
