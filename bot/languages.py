"""The languages the bot speaks, and which of them a message is written in.

Everything about a language is data in ``languages.toml``. What a person chose outranks what is
found here; only unambiguous script evidence outranks a profile; a guess by itself changes nothing.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import bidirectional, normalize

DATA = Path(__file__).with_name("languages.toml")

# More than this says nothing new about the language, and costs time.
LOOKED_AT = 400

NOT_WORDS = re.compile(r"https?://\S+|www\.\S+|(?<!\S)[^\s@]*@\S+|[\d_]+")
LATIN_WORD = re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff]+(?:['\u2019][a-z]+)?")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
OTHER_LETTER = re.compile(r"[^\W\d_a-z\u00aa-\u024f\u1e00-\u1eff]")

# Sure signs count double. A known word weighs more than one that could merely be of the language.
PROOF = 2.0
KNOWN_WORD, POSSIBLE_WORD, FOREIGN_WORD = 1.0, 0.2, -0.4

# Below this many votes, in all and per Latin word, nothing was recognised.
ENOUGH, ENOUGH_PER_WORD = 0.4, 0.2

# Whoever writes this many Han characters without anything else hardly writes kana at all.
HAN_ONLY = 6


class UnknownLanguage(LookupError):
    """The tag is not registered; the message names those that are."""

    def __init__(self, tag: str) -> None:
        known = ", ".join(known.tag for known in registered())
        super().__init__(
            f"{tag!r} is not in bot/languages.toml: add it there or use one of {known}"
        )


@dataclass(frozen=True)
class Language:
    """One language residents can choose.

    ``tag`` BCP 47; ``script`` ISO 15924; ``direction`` "ltr" or "rtl"; ``profile`` the messaging
    profile's codes for it; ``fallback`` tags of the languages its readers most likely read too,
    best first; ``complete`` names of the sets of texts that must not lack anything in it.
    """

    tag: str
    own_name: str
    japanese_name: str
    english_name: str
    script: str
    direction: str
    profile: tuple[str, ...]
    fallback: tuple[str, ...]
    complete: tuple[str, ...]


@dataclass(frozen=True)
class Guess:
    """Which language a text seems to be in.

    ``tag`` is None where nothing in the text tells. ``certain`` means script evidence no other
    language shares: kana, Vietnamese marks, characters of simplified Chinese only. ``score``, 0 to
    1, is the distance to the second best; it only orders guesses and is no probability.
    """

    tag: str | None
    certain: bool
    score: float


NO_GUESS = Guess(None, False, 0.0)


@dataclass(frozen=True)
class _Evidence:
    """What tells one language from the others, ready to use."""

    tag: str
    letters: re.Pattern[str] | None
    shared_letters: re.Pattern[str] | None
    charset: str | None
    native: tuple[str, ...]
    latin: frozenset[str]
    shape: re.Pattern[str] | None


@dataclass(frozen=True)
class _Registry:
    languages: Mapping[str, Language]
    by_code: Mapping[str, str]
    evidence: tuple[_Evidence, ...]
    charsets: Mapping[str, frozenset[str]]
    nobody_elses: Mapping[str, frozenset[str]]


def registered() -> tuple[Language, ...]:
    """All languages, in the order menus show them."""
    return tuple(_registry().languages.values())


def language(tag: str) -> Language:
    """The language of a tag in any spelling; UnknownLanguage where it is not registered."""
    return _registry().languages[normalise(tag)]


def complete(set_name: str) -> tuple[Language, ...]:
    """The languages in which the set of texts must be complete, in menu order."""
    return tuple(known for known in registered() if set_name in known.complete)


def from_profile(code: str | None) -> str | None:
    """The registered tag for a messaging profile's language code, or None."""
    return _registry().by_code.get(_folded(code)) if code else None


def normalise(tag: str) -> str:
    """The registered spelling of a tag ("ZH_hans" is "zh-Hans"); UnknownLanguage otherwise."""
    known = _registry().by_code.get(_folded(tag))
    if known is None:
        raise UnknownLanguage(tag)
    return known


def isolated(name: str) -> str:
    """A name as it stands in a sentence: letters that run from right to left stay together."""
    runs_left = any(bidirectional(letter) in ("R", "AL") for letter in name)
    return f"\u2068{name}\u2069" if runs_left else name


def ascii_digits(text: str) -> str:
    """Every digit of any script as 0 to 9: what must be dialled or compared is written so."""
    return "".join(str(int(each)) if each.isdecimal() else each for each in text)


def detect(text: str) -> Guess:
    """Guess the language of one message. Plain Japanese is never guessed: it is "ja"."""
    text = normalize("NFKC", NOT_WORDS.sub(" ", text[: 2 * LOOKED_AT])[:LOOKED_AT]).lower()
    words = LATIN_WORD.findall(text)
    others = len(OTHER_LETTER.findall(text))
    if not words and not others:
        return NO_GUESS
    # A sentence in Latin letters may name Japanese things in Japanese, and the other way round.
    # Three Han characters carry about as much as one Latin word.
    if len(words) * 3 > others:
        enough = max(ENOUGH, ENOUGH_PER_WORD * len(words))
        return _ranked(text, {known: _latin_votes(known, words) for known in _evidence()}, enough)
    return _ranked(text, {known: _native_votes(known, text) for known in _evidence()}, ENOUGH)


def _ranked(text: str, votes: Mapping[_Evidence, float], enough: float) -> Guess:
    proofs = {known.tag: _proofs(known, text) for known in votes}
    total = {known.tag: number + PROOF * proofs[known.tag] for known, number in votes.items()}
    ranked = sorted(total, key=lambda tag: (-total[tag], tag))
    best = total[ranked[0]]
    second = max(total[ranked[1]], 0.0) if len(ranked) > 1 else 0.0
    if best < enough or best == second:
        return NO_GUESS
    proven = [tag for tag, number in proofs.items() if number]
    certain = proven == [ranked[0]] if proven else not (HAN.search(text) or LATIN_WORD.search(text))
    return Guess(ranked[0], certain, round((best - second) / best, 3))


def _proofs(known: _Evidence, text: str) -> int:
    """How many characters of the text nobody but this language's writers would have used."""
    number = len(known.letters.findall(text)) if known.letters else 0
    if known.charset:
        nobody_elses = _registry().nobody_elses[known.charset]
        number += sum(character in nobody_elses for character in HAN.findall(text))
    return number


def _native_votes(known: _Evidence, text: str) -> float:
    """Weaker signs in a text that is not in Latin letters."""
    votes = float(sum(len(word) for word in known.native if word in text))
    if known.shared_letters:
        votes += len(known.shared_letters.findall(text))
    if known.charset:
        own = _registry().charsets[known.charset]
        han = HAN.findall(text)
        votes -= sum(character not in own for character in han)
        if not known.letters and len(han) >= HAN_ONLY:
            votes += KNOWN_WORD
    return votes


def _latin_votes(known: _Evidence, words: Iterable[str]) -> float:
    """Weaker signs in a text in Latin letters: its words, or words of a possible shape."""
    if not known.latin:
        return 0.0
    votes = 0.0
    for word in words:
        plain = _unmarked(word)
        if word in known.latin or plain in known.latin:
            votes += KNOWN_WORD
        elif known.shape and known.shape.fullmatch(plain):
            votes += POSSIBLE_WORD
        else:
            votes += FOREIGN_WORD
        if known.shared_letters and known.shared_letters.search(word):
            votes += KNOWN_WORD
    return votes


def _unmarked(word: str) -> str:
    if word.isascii():
        return word
    marks_apart = normalize("NFD", word.replace("đ", "d"))
    return "".join(character for character in marks_apart if character.isalpha())


def _folded(code: str) -> str:
    return code.strip().replace("_", "-").lower()


def _evidence() -> tuple[_Evidence, ...]:
    return _registry().evidence


@cache
def _registry() -> _Registry:
    with DATA.open("rb") as file:
        data = tomllib.load(file)
    languages = {row["tag"]: _language(row) for row in data["language"]}
    charsets = {name: _characters(name) for name in data["han_charsets"]}
    by_code = {_folded(code): known.tag for known in languages.values() for code in known.profile}
    return _Registry(
        languages=languages,
        by_code=by_code | {_folded(tag): tag for tag in languages},
        evidence=tuple(
            _evidence_of(row["tag"], row["detection"])
            for row in data["language"]
            if "detection" in row
        ),
        charsets=charsets,
        nobody_elses={
            name: held.difference(*(other for other in charsets.values() if other is not held))
            for name, held in charsets.items()
        },
    )


def _language(row: Mapping[str, Any]) -> Language:
    return Language(
        tag=row["tag"],
        own_name=row["own_name"],
        japanese_name=row["japanese_name"],
        english_name=row["english_name"],
        script=row["script"],
        direction=row["direction"],
        profile=tuple(row["profile"]),
        fallback=tuple(row["fallback"]),
        complete=tuple(row["complete"]),
    )


def _evidence_of(tag: str, row: Mapping[str, str]) -> _Evidence:
    def characters(name: str) -> re.Pattern[str] | None:
        return re.compile(f"[{row[name]}]") if name in row else None

    return _Evidence(
        tag=tag,
        letters=characters("letters"),
        shared_letters=characters("shared_letters"),
        charset=row.get("charset"),
        native=tuple(row.get("native", "").split()),
        latin=frozenset(row.get("latin", "").split()),
        shape=re.compile(row["shape"]) if "shape" in row else None,
    )


def _characters(charset: str) -> frozenset[str]:
    """The Han characters a national character set holds."""
    held = set()
    for number in range(0x4E00, 0x9FA6):
        try:
            chr(number).encode(charset)
        except UnicodeEncodeError:
            continue
        held.add(chr(number))
    return frozenset(held)
