"""The languages the bot speaks. Everything about one is data in ``languages.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

DATA = Path(__file__).with_name("languages.toml")


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
    best first; ``complete`` names of the sets of texts that must not lack anything in it;
    ``letters`` a character class only its writers use, ``charset`` the codec its Han characters are
    from, or "".
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
    letters: str
    charset: str


@dataclass(frozen=True)
class _Registry:
    languages: Mapping[str, Language]
    by_code: Mapping[str, str]


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


def _folded(code: str) -> str:
    return code.strip().replace("_", "-").lower()


@cache
def _registry() -> _Registry:
    with DATA.open("rb") as file:
        data = tomllib.load(file)
    languages = {row["tag"]: _language(row) for row in data["language"]}
    by_code = {_folded(code): known.tag for known in languages.values() for code in known.profile}
    return _Registry(
        languages=languages,
        by_code=by_code | {_folded(tag): tag for tag in languages},
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
        letters=row.get("letters", ""),
        charset=row.get("charset", ""),
    )
