"""Everything in a text that is a number, a time, a day, a telephone number or an address."""

from collections.abc import Iterable
from dataclasses import dataclass

import regex

from bot.guarded.calendar import months_and_days, relative_days, weekdays
from bot.guarded.facts import Mention
from bot.guarded.lexicon import JAPANESE, Lexicon
from bot.guarded.numbers import Digits, in_digits
from bot.guarded.times import times
from bot.guarded.writing import plain, plain_japanese
from bot.han import folded

EMERGENCY_NUMBERS = frozenset({"110", "118", "119", "171", "188", "189", "7119", "8000", "8008"})

_LINK = regex.compile(
    r"(?:https?://|www\.)[!-~]+|(?<![\w@.-])[a-z0-9._-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    r"|(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:jp|com|org|net|ly|gov|info|io|example|city|be|gl|cc|xyz|site)"
    r"(?![a-z0-9.-]*[a-z0-9])(?:/[!-~]*)?"
)
_LINK_START = regex.compile(r"^(?:https?://)?(?:www\.)?")
_LINK_END = ".,;:!?)>]}'\"*"
_PHONE = regex.compile(
    r"(?<!\d|\d[.,:/-])(?:\+81[ -]?(?:\(0\))?\d{1,4}(?:[ -]?\d{1,4}){1,2}"
    r"|\(0\d{1,4}\)[ -]?\d{1,4}[ -]\d{3,5}|0\d{1,4}\(\d{1,4}\)\d{3,5}"
    r"|0\d{1,4}(?:-\d{1,5}){1,3}|0\d{1,4}(?:\.\d{2,5}){2}"
    r"|0\d{1,3}(?: \d{2,4}){2}|0\d{8,11})(?![\d:])"
)
_SHORT_PHONE = regex.compile(r"(?<!\d|\d[.,:/-])#?(\d{3,4})(?![\d:/]|[.,-]\d)")
_NUMBER = regex.compile(r"\d+(?:[.,]\d+)*")
_NUMERAL = regex.compile("[〇一二三四五六七八九十百千万]")
_DECIMAL_MARK = regex.compile("[.,]")
_NUMBER_NEXT = regex.compile(r"\s?\d")
_NOT_COUNTED = regex.compile(
    r"(?:covid|corona|coroná|코로나|감염증|โควิด|โคโรนา|ковид|корона|कोभिड|कोविड|কোভিড|කොවිඩ්|ကိုဗစ်"
    r"|កូវីដ|ໂຄວິດ|冠|肺炎|コロナ)[^\d\n]{0,10}19(?!\d)"
    r"|24/7|(?:^|\n|[.;:。]\s)\s*\d{1,2}[.)](?=\s)|一時(?=[預避帰休停保滞集閉的金利使中開])"
    r"|(?<![月\d])\d、\d日(?=は|間|く|ほど|ぐらい)"
    r"|(?<=trường (?:học )?)cấp [123](?!\d)|[※*]\d(?![\d:.])"
    r"|(?<![時点點\d一二三四五六七八九])十分(?!間|以|前|後|ほど|くらい|ぐらい|おき|程度|で)|\d+分の\d+"
)
"""Numbers that are names, marks of lists and notes, or 十分, enough."""
_LOOK_BACK = 40
HIGHEST_LEVEL = 7


@dataclass(frozen=True)
class Reading:
    """What was found in one text. `text` is its plain writing; `words` that without addresses.

    `counted` the text in which the mentions stand, `places` where its numbers stand in `text`;
    `links` and `phones` by their shortest writing, and what the text shows.
    """

    text: str
    links: dict[str, str]
    phones: dict[str, str]
    weekdays: tuple[Mention, ...]
    relative: tuple[Mention, ...]
    mentions: tuple[Mention, ...]
    counted: str
    places: dict[int, int]

    def place(self, mention: Mention) -> int:
        """Where a mention begins in `text`."""
        return self.places.get(mention.start, mention.start)


def read(
    text: str, lexicon: Lexicon, *, strict: bool = False, names: Iterable[str] = ()
) -> Reading:
    """Find everything. `strict`: as the source is read; see `times.times`.

    `names` of places: 千歳 is no number.
    """
    written = writing_of(text, lexicon)
    links = _links(written)
    rest = _blanked(written, [m.span() for m in _LINK.finditer(written)])
    rest = _blanked(rest, [m.span() for m in _NOT_COUNTED.finditer(rest)])
    for name in names:
        if _NUMERAL.search(name):
            rest = rest.replace(name, " " * len(name))
    phones, spans = _phones(rest)
    rest = _blanked(rest, spans)
    days = weekdays(rest, lexicon.calendar)
    relative = relative_days(rest, lexicon.calendar)
    rest = _blanked(rest, [(day.start, day.end) for day in days if day.sure])
    mentions = []
    for pattern, value, unit in lexicon.numbers.phrases:
        found = list(pattern.finditer(rest))
        mentions += [_phrase(m, value, unit) for m in found]
        rest = _blanked(rest, [m.span() for m in found])
    digits = in_digits(rest, lexicon.numbers)
    mentions += _in_order(digits, lexicon, strict=strict)
    short = {m for m in mentions if m.unit == "phone"}
    phones |= {m.shown: m.shown for m in short}
    return Reading(
        text=written,
        links=links,
        phones=phones,
        weekdays=tuple(days),
        relative=tuple(relative),
        mentions=tuple(m for m in mentions if m not in short),
        counted=digits.text,
        places=digits.places,
    )


def writing_of(text: str, lexicon: Lexicon) -> str:
    """The text as the words of its language are compared with it."""
    if lexicon.tag == JAPANESE:
        return plain_japanese(text)
    return folded(plain(text)) if lexicon.tag == "zh" else plain(text)


def _links(text: str) -> dict[str, str]:
    found = {}
    for match in _LINK.finditer(text):
        shown = match.group().rstrip(_LINK_END)
        found[_LINK_START.sub("", shown).rstrip("/")] = shown
    return found


def _phones(text: str) -> tuple[dict[str, str], list[tuple[int, int]]]:
    """Numbers of nine digits and more that begin as a Japanese telephone number does."""
    found, spans = {}, []
    for match in _PHONE.finditer(text):
        shown = match.group()
        number = regex.sub(r"\D", "", shown)
        if number.startswith("81") and len(number) >= 11:
            number = "0" + number[2:].removeprefix("0")
        if number.startswith("0") and 9 <= len(number) <= 13:
            found[number] = shown
            spans.append(match.span())
    return found, spans


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _phrase(match: regex.Match[str], value: float, unit: str) -> Mention:
    if unit == "clock":
        hour, minute = int(value), int(value % 1 * 60)
        both = {hour * 60 + minute, (hour + 12) % 24 * 60 + minute}
        return Mention(frozenset(both), "time", *match.span(), match.group(), sure=False)
    return Mention(frozenset({value}), unit, *match.span(), match.group(), sure=False)


def _in_order(digits: Digits, lexicon: Lexicon, *, strict: bool) -> list[Mention]:
    """Dates, then times, then what is left of the numbers with the unit beside it."""
    hours = times(digits, lexicon, strict=strict)
    certain = {(hour.start, hour.end) for hour in hours if not hour.guess}
    days = [d for d in months_and_days(digits, lexicon) if not _overlaps(d, certain)]
    dated = {(day.start, day.end) for day in days if day.unit != "month" or day.shown.isdigit()}
    hours = [hour for hour in hours if not _overlaps(hour, dated)]
    numbered_days = [
        match.span()
        for pattern in lexicon.calendar.weak_weekdays
        for match in pattern.finditer(digits.text)
    ]
    told = [(hour.start, hour.end) for hour in hours if hour.sure or hour.parted]
    done = _covered([*dated, *told])
    doubtful = _covered([*numbered_days, *((hour.start, hour.end) for hour in hours)])
    found = [*days, *hours]
    for match in _NUMBER.finditer(digits.text):
        if match.start() not in done:
            found += _number(match, digits, lexicon, guess=match.start() in doubtful)
    return found


def _covered(spans: Iterable[tuple[int, int]]) -> set[int]:
    return {place for start, end in spans for place in range(start, end)}


def _overlaps(mention: Mention, spans: set[tuple[int, int]]) -> bool:
    return any(start < mention.end and mention.start < end for start, end in spans)


def _number(
    match: regex.Match[str], digits: Digits, lexicon: Lexicon, *, guess: bool
) -> list[Mention]:
    text, (start, end) = digits.text, match.span()
    value = digits.values[start]
    unit, first, last = _unit(text, start, end, lexicon)
    sure = not guess and not digits.was_spelled(start, end)
    if unit == "level" and not 0 < value <= HIGHEST_LEVEL:
        unit = ""
    is_called = not unit or (unit == "count" and text.startswith("番", end))
    if match.group() in EMERGENCY_NUMBERS and is_called and _SHORT_PHONE.match(text, start):
        return [Mention(frozenset({value}), "phone", start, end, match.group(), sure)]
    shown = text[first:last]
    found = [Mention(frozenset({value}), unit, start, end, shown, sure)]
    if value % 1 and lexicon.numbers.decimal_comma:
        parts = _DECIMAL_MARK.split(match.group())
        found += [
            Mention(frozenset({float(part)}), "", start, end, shown, sure=False) for part in parts
        ]
    return found


def _unit(text: str, start: int, end: int, lexicon: Lexicon) -> tuple[str, int, int]:
    """The unit beside a number, and where number and unit begin and end."""
    if ending := lexicon.numbers.ordinal.match(text, end):
        end = ending.end()
    after = lexicon.unit_after.match(text, end)
    if after and after.lastgroup and not _belongs_to_next(text, after):
        return after.lastgroup, start, after.end()
    before = lexicon.unit_before.search(text, max(0, start - _LOOK_BACK), start)
    if before and before.lastgroup:
        return before.lastgroup, before.start(), end
    return "", start, end


def _belongs_to_next(text: str, unit: regex.Match[str]) -> bool:
    """ช่อง 5 ชั้น 2: the floor is the second number's."""
    return unit.lastgroup in ("level", "floor") and bool(_NUMBER_NEXT.match(text, unit.end()))
