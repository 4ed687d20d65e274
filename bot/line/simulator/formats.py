"""A small language to describe JSON that LINE takes, and to say what is wrong with a body.

A check takes a value, the path to it and the list of problems, and adds what it finds wrong.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

Problem = tuple[str, str]  # the property, as messages[0].text, and what is wrong with it
Check = Callable[[Any, str, list[Problem]], None]
Fields = Mapping[str, Check]

INT32 = 2**31 - 1
STANDING_MARKS = "\u102b\u102c\u1038"  # Myanmar vowels and tone: marks, yet clusters of their own


def utf16_units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def graphemes(text: str) -> int:
    """What a reader counts as characters (UAX 29), in doubt rather more: marks join their base."""
    count = 0
    previous = ""
    flags = 0
    for character in text:
        flag = "\U0001f1e6" <= character <= "\U0001f1ff"
        flags = flags + 1 if flag else 0
        joins = (
            (unicodedata.category(character)[0] == "M" and character not in STANDING_MARKS)
            or character in "\u200d\ufe0f"
            or "\U0001f3fb" <= character <= "\U0001f3ff"
            or previous == "\u200d"
            or (flag and flags % 2 == 0)
        )
        count += not (joins and previous)
        previous = character
    return count


def anything(value: Any, path: str, problems: list[Problem]) -> None:
    """No rule."""


def text(
    maximum: int = INT32, minimum: int = 1, measure: Callable[[str], int] = utf16_units
) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, str):
            problems.append((path, "Must be a string"))
        elif value == "" and minimum > 0:
            problems.append((path, "May not be empty"))
        elif any("\ud800" <= character <= "\udfff" for character in value):
            problems.append((path, "Must not contain half a surrogate pair"))
        elif not minimum <= measure(value) <= maximum:
            problems.append((path, f"Length must be between {minimum} and {maximum}"))

    return check


def pattern(expression: str, message: str, maximum: int = INT32) -> Check:
    compiled = re.compile(expression)

    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, str) or len(value) > maximum or not compiled.fullmatch(value):
            problems.append((path, message))

    return check


def choice(*allowed: str) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if value not in allowed or not isinstance(value, str):
            problems.append((path, f"Must be one of the following values: [{', '.join(allowed)}]"))

    return check


def integer(minimum: int = -INT32 - 1, maximum: int = INT32, step: int = 1) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            problems.append((path, "Must be an integer"))
        elif not minimum <= value <= maximum:
            problems.append((path, f"Must be between {minimum} and {maximum}"))
        elif value % step:
            problems.append((path, f"Must be a multiple of {step}"))

    return check


def number(minimum: float, maximum: float) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            problems.append((path, "Must be a number"))
        elif not math.isfinite(value) or not minimum <= value <= maximum:
            problems.append((path, f"Must be between {minimum} and {maximum}"))

    return check


def boolean(value: Any, path: str, problems: list[Problem]) -> None:
    if not isinstance(value, bool):
        problems.append((path, "Must be true or false"))


def uri(*schemes: str, maximum: int = 2000) -> Check:
    """An address in printable ASCII: anything else must be percent-encoded."""
    web = re.compile(r"https?://[^/?#\s@:]+(:\d+)?([/?#].*)?", re.IGNORECASE)

    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, str):
            problems.append((path, "Must be a string"))
        elif not 1 <= len(value) <= maximum:
            problems.append((path, f"Length must be between 1 and {maximum}"))
        elif not all("!" <= character <= "~" for character in value) or set(value) & set(
            '"<>\\^`{|}'
        ):
            problems.append((path, "invalid uri"))
        elif value.partition(":")[0].lower() not in schemes or ":" not in value:
            problems.append((path, "invalid uri scheme"))
        elif value.lower().startswith("http") and not web.fullmatch(value):
            problems.append((path, "invalid uri"))

    return check


def each(item: Check, minimum: int = 0, maximum: int = INT32) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, list):
            problems.append((path, "Must be an array"))
            return
        if not minimum <= len(value) <= maximum:
            problems.append((path, f"Size must be between {minimum} and {maximum}"))
        for index, entry in enumerate(value[:1000]):
            item(entry, f"{path}[{index}]", problems)

    return check


def values(item: Check) -> Check:
    """An object whose names are free."""

    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            problems.append((path, "Must be an object"))
            return
        for name, entry in value.items():
            item(entry, f"{path}.{name}", problems)

    return check


def record(
    required: Fields, optional: Fields | None = None, *rules: Check, closed: bool = False
) -> Check:
    """An object. `rules` see it once its fields are right; `closed` refuses unknown fields."""
    known = {**required, **(optional or {})}

    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            problems.append((path, "Must be an object"))
            return
        before = len(problems)
        prefix = f"{path}." if path else ""
        for name in required:
            if name not in value:
                problems.append((prefix + name, "May not be empty"))
        for name, entry in value.items():
            if name in known:
                known[name](entry, prefix + name, problems)
            elif closed and name != "type":
                problems.append((prefix + str(name), "unknown field"))
        if len(problems) == before:
            for rule in rules:
                rule(value, path, problems)

    return check


def variant(table: Mapping[str, Check]) -> Check:
    """An object whose `type` says which description it follows."""

    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            problems.append((path, "Must be an object"))
            return
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in table:
            allowed = ", ".join(table)
            problems.append((f"{path}.type", f"Must be one of the following values: [{allowed}]"))
            return
        table[kind](value, path, problems)

    return check


def later(name: Callable[[], Check]) -> Check:
    """For a description that contains itself."""

    def check(value: Any, path: str, problems: list[Problem]) -> None:
        name()(value, path, problems)

    return check


def refuse(message: str) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        problems.append((path, message))

    return check
