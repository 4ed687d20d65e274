"""How places are named in Japanese: what stands after a name, and what is no part of one."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import regex

DATA = Path(__file__).with_name("places.toml")

HAN = r"[\p{Han}々]"
_STEM = (
    rf"(?P<stem>(?:{HAN}|(?<={HAN})[ヶケヵノツッ](?={HAN})|(?<={HAN})が(?=[丘崎浦谷原岡沢池峰野台森浜平]))+"
    r"|\p{Katakana}[\p{Katakana}ー]+|\p{Hiragana}{2,})"
)
_LEFT_ALONE = "旧元各全同"
"""Words of one letter that are no part of a name however long it is."""


def bare(stem: str, *, town: bool = False) -> str:
    """A name without 市立 before and 中央 after it; nothing where nothing else is there.

    `town`: with 町 at its end.
    """
    begins, ends = _generic_by_letter()
    changed = True
    while changed and stem:
        changed = False
        for word in begins.get(stem[0], ()):
            whole = len(word) > 1 or len(stem) == 1 or word in _LEFT_ALONE
            if whole and stem.startswith(word):
                stem, changed = stem[len(word) :], True
                break
        for word in ends.get(stem[-1:], ()):
            if (len(word) > 1 or len(stem) == 1) and stem.endswith(word):
                stem, changed = stem[: -len(word)], True
                break
    if not town and len(stem) > 1 and stem[-1] in "町村区":
        stem = stem[:-1]
    return stem


def kind_of(name: str) -> str:
    match = _ending().search(name)
    return next((k for k, v in match.groupdict().items() if v), "") if match else ""


def suffix_of(name: str) -> str:
    match = _ending().search(name)
    return match.group() if match else ""


def kind_named(letter: str) -> Mapping[str, str]:
    """What belongs to a kind; nothing in particular for the last two."""
    found: Mapping[str, str] = tables()["kinds"].get(letter, {"fits": "", "han": ""})
    return found


@cache
def tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def generic() -> tuple[str, ...]:
    words: str = tables()["generic"]["words"]
    return tuple(sorted(words.split(), key=len, reverse=True))


@cache
def _generic_by_letter() -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """These words by their first and by their last letter, the longest first."""
    begins: dict[str, list[str]] = {}
    ends: dict[str, list[str]] = {}
    for word in generic():
        begins.setdefault(word[0], []).append(word)
        ends.setdefault(word[-1], []).append(word)
    return begins, ends


def _kinds(table: str) -> str:
    return "|".join(
        f"(?P<{kind}>{'|'.join(sorted(words.split(), key=len, reverse=True))})"
        for kind, words in tables()[table].items()
    )


@cache
def pattern() -> regex.Pattern[str]:
    return regex.compile(rf"{_STEM}(?:(?P<sure>{_kinds('sure')})|{_kinds('unsure')})")


@cache
def _ending() -> regex.Pattern[str]:
    return regex.compile(rf"(?:{_kinds('sure')}|{_kinds('unsure')})$")
