"""Months, days of the month, weekdays, today and tomorrow, in a text whose numbers are digits."""

import regex

from bot.guarded.facts import Mention
from bot.guarded.lexicon import Calendar, Lexicon
from bot.guarded.numbers import Digits

# The year may stand on either side.
_NUMERIC = regex.compile(
    r"(?<![\d/.:-])(?:(?:19|20|25)\d\d[-/.])?(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second>\d{1,2})"
    r"(?P<year>(?P=sign)(?:(?:19|20|25)?\d\d))?(?![\d/:]|[.-]\d)"
)
_YEAR_FIRST = regex.compile(r"(?<![\d/.:-])(?:19|20|25)\d\d[-/.]")
_DAY_NUMBER = regex.compile(r"(?<![\d.,:/])(\d{1,2})(?![\d:]|[.,]\d)")
_BESIDE_BEFORE = regex.compile(r"(?<![\d.,:/])(\d{1,2})[^\d\n.;]{0,9}$")
_BESIDE_AFTER = regex.compile(r"[^\d\n;]{0,9}?(\d{1,2})(?![\d/]|[.:]\d)")
_LOOK_BACK = 12


def months_and_days(digits: Digits, lexicon: Lexicon) -> list[Mention]:
    """Months by name or number, days of the month, and dates in numbers such as 12/9."""
    return [*_numeric(digits, lexicon), *_named(digits, lexicon), *_marked(digits, lexicon)]


def weekdays(text: str, calendar: Calendar) -> list[Mention]:
    """Weekdays from 0, Monday. An abbreviation, or a word that also means week, is sure only in
    brackets.
    """
    found = []
    for patterns, sure in ((calendar.weekdays, True), (calendar.weak_weekdays, False)):
        for number, pattern in enumerate(patterns):
            found += [
                _mention(number, "weekday", match, sure=sure or _in_brackets(text, match))
                for match in pattern.finditer(text)
            ]
    return found


def _in_brackets(text: str, match: regex.Match[str]) -> bool:
    start, end = match.span()
    return text[max(0, start - 1) : start] == "(" and text[end : end + 2].lstrip(".")[:1] == ")"


def relative_days(text: str, calendar: Calendar) -> list[Mention]:
    """Today 0, tomorrow 1, the day after 2, yesterday -1. Of two in one the later counts."""
    numbers = {"later": 2, "tomorrow": 1, "yesterday": -1, "today": 0}
    found: list[Mention] = []
    for name, number in numbers.items():
        if name in calendar.relative:
            for match in calendar.relative[name].finditer(text):
                if not any(m.start < match.end() and match.start() < m.end for m in found):
                    found.append(_mention(number, "relative", match))
    return found


def _numeric(digits: Digits, lexicon: Lexicon) -> list[Mention]:
    found = []
    for match in _NUMERIC.finditer(digits.text):
        first, second = int(match["first"]), int(match["second"])
        with_year = bool(match["year"] or _YEAR_FIRST.match(match.group()))
        if match["sign"] != "/" and not with_year:
            continue
        if not (1 <= first <= 31 and 1 <= second <= 31 and (first <= 12 or second <= 12)):
            continue
        for group in ("first", "second"):
            start, end = match.span(group)
            found.append(
                Mention(frozenset({float(match[group])}), "date", start, end, match.group())
            )
    return found


def _named(digits: Digits, lexicon: Lexicon) -> list[Mention]:
    text, calendar = digits.text, lexicon.calendar
    found = []
    for number, pattern in enumerate(calendar.months, start=1):
        for match in pattern.finditer(text):
            before = _BESIDE_BEFORE.search(text, max(0, match.start() - _LOOK_BACK), match.start())
            after = _BESIDE_AFTER.match(text, match.end())
            announced = calendar.month_before.search(
                text, max(0, match.start() - _LOOK_BACK), match.start()
            )
            sure = bool(before or after or announced)
            found.append(_mention(number, "month", match, sure=sure, name=True))
            close = [m for m in (before, after) if m and len(m.group()) - len(m[1]) <= 5][:1]
            found += [
                Mention(frozenset({float(m[1])}), "day", *m.span(1), m[1])
                for m in close
                if 1 <= int(m[1]) <= 31
            ]
    return found


def _marked(digits: Digits, lexicon: Lexicon) -> list[Mention]:
    """Numbers with a word for month or day before or after them: 9月, 12일, tháng 9, วันที่ 12."""
    text, calendar = digits.text, lexicon.calendar
    found = []
    for match in _DAY_NUMBER.finditer(text):
        value, (start, end) = int(match[1]), match.span(1)
        back = max(0, start - _LOOK_BACK)
        if (
            value <= 12
            and not calendar.month_next.match(text, end)
            and (
                calendar.month_after.match(text, end)
                or calendar.month_before.search(text, back, start)
            )
        ):
            unit = "month"
        elif value <= 31 and (
            calendar.day_after.match(text, end)
            or (
                (
                    calendar.month_next.match(text, end)
                    or calendar.day_before.search(text, back, start)
                )
                and not _is_counted(text, start, end, lexicon)
            )
        ):
            unit = "day"
        else:
            continue
        sure = not digits.was_spelled(start, end)
        found.append(Mention(frozenset({float(value)}), unit, start, end, match[1], sure))
    return found


def _is_counted(text: str, start: int, end: int, lexicon: Lexicon) -> bool:
    """ជាន់ទី២, ika-2 palapag, ngày 3 lít: an ordinal or a number of something, no day."""
    before = lexicon.unit_before.search(text, max(0, start - _LOOK_BACK), start)
    after = lexicon.unit_after.match(text, end)
    units = {match.lastgroup for match in (before, after) if match}
    return bool(units - {"day", "week", "month"})


def _mention(
    number: int,
    unit: str,
    match: regex.Match[str],
    *,
    sure: bool = True,
    name: bool = False,
) -> Mention:
    return Mention(
        frozenset({float(number)}), unit, *match.span(), match.group(), sure=sure, name=name
    )
