"""The words of one language that matter here, read from `words/` and made ready for matching.

In the data alternatives stand between ` | `. In a language with spaces each is a whole word, unless
it ends with `*`; in the others it is found anywhere. Alternatives are regular expressions.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import regex

from bot.guarded.writing import plain_pattern
from bot.han import folded

WORDS = Path(__file__).with_name("words")
JAPANESE = "ja"

UNITS = (
    *("level", "floor", "second", "minute", "hour", "day", "week", "month", "year", "yen"),
    *("ml", "mm", "cm", "km", "m", "l", "kg", "g", "t", "percent", "degree", "count"),
)
ANNOUNCED = ("level", "floor", "yen")
"""Units that stand before their number in many languages."""
PARTS = ("am", "pm", "morning", "day", "evening", "night")
RELATIVE = ("today", "tomorrow", "later", "yesterday")
SYMBOLS = {
    "mm": "mm", "cm": "cm", "km": "km", "m": "m", "ml": "ml", "l": "l", "kg": "kg", "g": "g",
    "percent": "%", "degree": "°c|°", "yen": "円|¥|jpy", "hour": "h", "minute": "min",
}  # fmt: skip
NEVER = regex.compile(r"(?!)")


@dataclass(frozen=True)
class Numbers:
    """How numbers are written: `token` finds one digit run or number word at a time.

    `values` and `times` by the word; `phrases` are whole expressions and the number with unit they
    stand for; `joiners` may stand between the words of one number.
    """

    token: regex.Pattern[str]
    values: Mapping[str, float]
    times: Mapping[str, float]
    phrases: tuple[tuple[regex.Pattern[str], float, str], ...]
    gap: regex.Pattern[str]
    ordinal: regex.Pattern[str]
    decimal_comma: bool
    spaced_groups: bool


@dataclass(frozen=True)
class Clock:
    """Patterns around the number of an hour; see `times.py`."""

    after_number: regex.Pattern[str]
    before_number: regex.Pattern[str]
    part_after: regex.Pattern[str]
    part: regex.Pattern[str]
    noon: regex.Pattern[str]
    midnight: regex.Pattern[str]
    part_first: bool
    dot: bool
    names_hours: bool
    own_hours: regex.Pattern[str]


@dataclass(frozen=True)
class Calendar:
    """Names of months and days; twelve and seven patterns, from January and from Monday."""

    months: tuple[regex.Pattern[str], ...]
    month_before: regex.Pattern[str]
    month_after: regex.Pattern[str]
    month_next: regex.Pattern[str]
    day_before: regex.Pattern[str]
    day_after: regex.Pattern[str]
    weekdays: tuple[regex.Pattern[str], ...]
    weak_weekdays: tuple[regex.Pattern[str], ...]
    relative: Mapping[str, regex.Pattern[str]]


@dataclass(frozen=True)
class Lexicon:
    """Everything known about one language. `heads` names of kinds of places; `ways` of directions.

    `spaced` whether words are separated by spaces.
    """

    tag: str
    spaced: bool
    numbers: Numbers
    clock: Clock
    calendar: Calendar
    unit_after: regex.Pattern[str]
    unit_before: regex.Pattern[str]
    heads: Mapping[str, regex.Pattern[str]]
    ways: Mapping[str, regex.Pattern[str]]
    negation_follows: bool
    negation_leads: bool


_FILES = {"zh-Hans": "zh", "zh-Hant": "zh", "ja-x-easy": JAPANESE}
_DECIMAL_COMMA = ("pt-BR", "es", "id", "vi", "ru", "uk", "mn", "km", "lo")
_SPACED_GROUPS = ("ru", "uk", "mn", "km", "es", "pt-BR")
_UNITS_FIRST = ("my", "si")
_NEGATION_BOTH = ("mn",)
_NEGATION_FOLLOWS = ("ja", "ko", "ne", "bn", "si", "my")


@cache
def lexicon(tag: str) -> Lexicon | None:
    """The words of a language, or None where nobody has written them yet."""
    name = _FILES.get(tag, tag)
    path = WORDS / f"{name}.toml"
    if not path.exists():
        return None
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    words = _Words(spaced=data["spaced"], han=name == "zh")
    return Lexicon(
        tag=name,
        spaced=data["spaced"],
        numbers=_numbers(name, data["numbers"], words),
        clock=_clock(data["clock"], data["numbers"].get("ordinal", ""), words),
        calendar=_calendar(data["dates"], data["numbers"].get("ordinal", ""), words),
        unit_after=_units(data["units"], words, UNITS, before=False),
        unit_before=_units(
            data["units"], words, UNITS if name in _UNITS_FIRST else ANNOUNCED, before=True
        ),
        heads={key: words.pattern(value) for key, value in data.get("heads", {}).items()},
        ways={
            key: words.pattern(value)
            for key, value in data["directions"].items()
            if key != "negation"
        },
        negation_follows=name in (*_NEGATION_FOLLOWS, *_NEGATION_BOTH),
        negation_leads=name not in _NEGATION_FOLLOWS,
    )


@dataclass(frozen=True)
class _Words:
    """Turns the data's alternatives into regular expressions."""

    spaced: bool
    han: bool

    def source(self, alternatives: str) -> str:
        """One regular expression without groups of its own; never matching where there is none."""
        parts = [part.strip() for part in plain_pattern(alternatives).split(" | ")]
        made = [self._one(part) for part in sorted(parts, key=len, reverse=True) if part]
        return f"(?:{'|'.join(made)})" if made else "(?!)"

    def pattern(self, alternatives: str) -> regex.Pattern[str]:
        return regex.compile(self.source(alternatives))

    def _one(self, part: str) -> str:
        if self.han:
            part = folded(part)
        if not self.spaced:
            return part.removesuffix("*") if not part.endswith(("]*", ")*")) else part
        inside = regex.match(r"[\p{L}\p{M}([\\]", part) and not part.startswith(("\\(", "(?<"))
        first = r"(?<![\p{L}\p{M}])" if inside else ""
        if part.endswith("*") and not part.endswith(("]*", ")*", "w*", "}*")):
            return first + part[:-1]
        closes = regex.search(r"[\p{L}\p{M}?)*\]}]$", part) and not part.endswith("\\)")
        last = r"(?![\p{L}\p{M}])" if closes else ""
        return first + f"(?:{part})" + last


def _numbers(name: str, data: Mapping[str, Any], words: _Words) -> Numbers:
    values: dict[str, float] = {}
    times: dict[str, float] = {}
    whole: list[str] = []
    open_ended: list[str] = []

    def add(table: Mapping[str, str], into: dict[str, float]) -> None:
        for value, listed in table.items():
            for entry in plain_pattern(listed).split():
                word = entry.rstrip("*").replace("_", " ")
                word = folded(word) if words.han else word
                into[word.partition("(?")[0]] = float(value)
                (open_ended if entry.endswith("*") or not words.spaced else whole).append(word)

    add(data["words"], values)
    add(data.get("times", {}), times)
    counted = dict(data.get("counted", {}))
    counters = plain_pattern(counted.pop("counters", ""))
    only_counted: dict[str, float] = {}
    add_to = len(whole), len(open_ended)
    add(counted, only_counted)
    del whole[add_to[0] :], open_ended[add_to[1] :]
    plus = {word: float(value) for value, word in data.get("plus", {}).items()}
    whole.extend(plus)
    first, last = (r"(?<![\p{L}\p{M}])", r"(?![\p{L}\p{M}])") if words.spaced else ("", "")
    tens = [word for word in open_ended if {**values, **times}.get(word, 0) >= 10]
    if words.spaced and tens:
        first = f"(?:{first}|(?<={_either(tens)}))"
    parts = [
        r"(?P<digits>\d+(?:[.,]\d+)*)",
        f"{first}(?P<whole>{_either(whole)}){last}",
        f"{first}(?P<open>{_either(open_ended)})",
        f"{first}(?P<counted>{_either(list(only_counted))})(?=\\s?(?:{counters}))"
        if only_counted
        else "",
    ]
    joiners = "|".join(plain_pattern(data.get("joiners", "")).split())
    between = rf"(?:'t)?[\s-]{{1,2}}(?:(?:{joiners})[\s-])?" if joiners else r"[\s-]{0,2}"
    return Numbers(
        token=regex.compile("|".join(part for part in parts if part)),
        values={**values, **only_counted},
        times={**times, **{word: -value for word, value in plus.items()}},
        phrases=tuple(
            (words.pattern(value), float(key.split()[0]), key.split()[1])
            for key, value in data.get("phrases", {}).items()
        ),
        gap=regex.compile(between if words.spaced else ""),
        ordinal=regex.compile(rf"-?(?:{data.get('ordinal') or '(?!)'})(?![\p{{L}}\p{{M}}])"),
        decimal_comma=name in _DECIMAL_COMMA,
        spaced_groups=name in _SPACED_GROUPS,
    )


def _either(words: list[str]) -> str:
    """Any of the words, the longest first; what follows one may be restricted: ရာ(?!ခိုင်)."""
    split = [word.partition("(?") for word in set(words)]
    split.sort(key=lambda parts: (-len(parts[0]), parts))
    return "|".join(f"{regex.escape(word)}{mark}{rest}" for word, mark, rest in split) or "(?!)"


def _clock(data: Mapping[str, Any], ordinal: str, words: _Words) -> Clock:
    def source(key: str) -> str:
        return words.source(data.get(key, ""))

    parts = "|".join(
        f"(?P<{part}>{words.source(data['parts'][part])})"
        for part in PARTS
        if part in data["parts"]
    )
    part_first = data["side"] == "before"
    rest = r"[\p{L}\p{M}]*" if words.spaced else ""
    own_number = rf"(?!\s*(?:{source('half_before')}\s*|{source('quarter_before')}\s*)?\d)"
    minute, after = source("minute"), source("after")
    loose = rf"|\s*(?P<m5>\d\d)(?![\d:])(?!\s*(?:{minute})?\s*[-/])"
    link = f"(?:{source('link')}[\\s,]*)*"
    return Clock(
        after_number=regex.compile(
            rf"(?:-?(?:{ordinal or '(?!)'})(?![\p{{L}}\p{{M}}]))?"
            rf"(?:\s?:\s?(?P<m1>\d\d)(?::\d\d)?(?!\d)"
            rf"|\.(?P<m2>\d\d)(?![\d])(?![.,]\d)"
            rf"|\s*(?P<word>{after})(?:\s*(?P<m3>\d{{1,2}})\s*{minute}|\s*{minute}\s*(?P<m3>\d{{1,2}})(?!\d)"
            rf"|[\s-]*(?P<half>{source('half_after')})|[\s-]*(?P<quarter>{source('quarter_after')})"
            rf"|\s*(?P<less>{source('less_quarter')})"
            rf"{loose if data.get('minute_optional') else ''})?"
            rf"|\s*{minute}\s*(?P<m4>\d{{1,2}})(?!\d)|\s*(?:{source('minute_link')}\s*)?(?P<m4>\d{{1,2}})\s*{minute}"
            rf"|[\s-]*(?P<half>{source('half_after')})|[\s-]*(?P<quarter>{source('quarter_after')})"
            rf"|\s*(?P<less>{source('less_quarter')}))?"
            rf"(?:\s*(?P<word>{after}))?"
        ),
        before_number=regex.compile(
            rf"(?:(?<!\d\s?)(?P<part>{parts})[\s,(]*)?{link}(?:(?P<half>{source('half_before')})"
            rf"|(?P<next>{source('half_next')})|(?P<quarter>{source('quarter_before')})"
            rf"|(?P<to>{source('quarter_to')}))?\s*(?P<before>{source('before')})?[\s-]*$"
        ),
        part_after=regex.compile(
            rf"[\s,(]*{link}(?>(?P<part>{parts}){rest})" + (own_number if part_first else "")
        ),
        part=regex.compile(parts),
        noon=words.pattern(data.get("noon", "")),
        midnight=words.pattern(data.get("midnight", "")),
        part_first=part_first,
        dot=data.get("dot", True),
        names_hours=data.get("sure", False),
        own_hours=words.pattern(data.get("own_hours", "")),
    )


def _calendar(data: Mapping[str, Any], ordinal: str, words: _Words) -> Calendar:
    end = f"(?:-?(?:{ordinal})(?![\\p{{L}}\\p{{M}}]))?" if ordinal else ""
    weak = data.get("weak_weekdays", [""] * 7)
    return Calendar(
        months=tuple(words.pattern(names) for names in data["months"]),
        month_before=regex.compile(rf"{words.source(data.get('month_before', ''))}\s*$"),
        month_next=regex.compile(rf"\s*{words.source(data.get('month_before', ''))}\s*\d"),
        month_after=regex.compile(rf"{end}\s?-?{words.source(data.get('month_after', ''))}"),
        day_before=regex.compile(rf"(?<!\d\s?){words.source(data.get('day_before', ''))}[\s-]*$"),
        day_after=regex.compile(rf"{end}\s?-?{words.source(data.get('day_after', ''))}"),
        weekdays=tuple(words.pattern(names) for names in data["weekdays"]),
        weak_weekdays=tuple(words.pattern(names) for names in weak),
        relative={key: words.pattern(data[key]) for key in RELATIVE if key in data},
    )


def _units(
    data: Mapping[str, str], words: _Words, units: tuple[str, ...], *, before: bool
) -> regex.Pattern[str]:
    """One group for each unit. Longer units of the same beginning stand first in `UNITS`."""
    parts = []
    for unit in units:
        sources = [words.source(data[unit])] if unit in data else []
        if unit in SYMBOLS:
            sources.append(rf"(?<![\p{{L}}\p{{M}}])(?:{SYMBOLS[unit]})(?![\p{{L}}\p{{M}}])")
        if sources:
            parts.append(f"(?P<{unit}>{'|'.join(sources)})")
    either = "|".join(parts)
    if not before:
        return regex.compile(rf"[\s-]{{0,2}}(?:{either})")
    gap = r"(?:\s+[\p{L}\p{M}]+){0,3}" if words.spaced else r"[\p{L}\p{M}]{0,12}"
    return regex.compile(
        rf"(?<!\d[\s-]?)(?:{either})(?(level){gap}|)[^\p{{L}}\p{{M}}\d.。]{{0,3}}$"
    )
