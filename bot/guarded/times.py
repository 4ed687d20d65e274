"""Times of day in a text whose numbers are digits: 21:40, 9:40 pm, 午後9時40分, 3 ทุ่ม."""

from dataclasses import dataclass

import regex

from bot.guarded.facts import Mention
from bot.guarded.lexicon import Clock, Lexicon
from bot.guarded.numbers import Digits

HALF_A_DAY, DAY = 12 * 60, 24 * 60

_HOUR = regex.compile(r"(?<![\d:#/]|\d[.,]|\d-\d-)(?<![-][\d-]+)\d{1,2}(?![\d/]|-\d+-|-р)")
_DOTTED_NEXT = regex.compile(r"\s?-\s?\d{1,2}\.\d\d(?!\d)")
_DOTTED_BEFORE = regex.compile(r"(?<!\d)\d{1,2}[.:]\d\d(?:\s?-\s?|[^\d.,;\n]{1,12})$")
_LOOK_BACK, _NEAR, _RANGE, _NOON = 34, 45, 18, 6
_SENTENCE_END = regex.compile(r"[.!?。!?।။៖。\n;](?:\s|$)")


@dataclass(frozen=True)
class _Time:
    """An hour with what stands around it.

    `part` of the day by name; `whole` from where to where it is written with that part; `sure` that
    it is a time; `named` with a word for hour.
    """

    start: int
    end: int
    hour: int
    minute: int
    part: str | None
    whole: tuple[int, int]
    sure: bool
    named: bool = False


def times(digits: Digits, lexicon: Lexicon, *, strict: bool) -> list[Mention]:
    """All times. `strict`: an hour without a part of the day is on the 24-hour clock.

    Otherwise words such as "evening" anywhere near leave both halves of the day open.
    """
    text, clock = digits.text, lexicon.clock
    found = list(_own_hours(text, clock))
    taken = [(time.start, time.end) for time in found]
    for match in _HOUR.finditer(text):
        if int(match.group()) > 24 or any(a <= match.start() < b for a, b in taken):
            continue
        time = _time_at(text, match, clock)
        if time and not _is_day_at_noon(text, match, time, lexicon):
            found.append(time)
            taken.append((match.start(), time.end))
    found.sort(key=lambda time: time.start)
    after_noon = _after_noon(found, text)
    mentions = [
        Mention(
            frozenset(
                _minutes(time, _neighbours(found, number), text, lexicon, strict=strict)
                | ({(time.hour + 12) % 24 * 60 + time.minute} if number in after_noon else set())
            ),
            "time",
            time.start,
            time.end,
            text[slice(*time.whole)].strip(" ,()"),
            sure=time.sure and not digits.was_spelled(time.start, time.end),
            guess=not time.sure,
            parted=time.part is not None and time.named,
        )
        for number, time in enumerate(found)
    ]
    for pattern, minute in ((clock.noon, HALF_A_DAY), (clock.midnight, 0)):
        mentions += [
            Mention(frozenset({minute}), "time", m.start(), m.end(), m.group(), sure=False)
            for m in pattern.finditer(text)
        ]
    return mentions


def _time_at(text: str, match: regex.Match[str], clock: Clock) -> _Time | None:
    start, end = match.span()
    hour = int(match.group())
    before = clock.before_number.search(text, max(0, start - _LOOK_BACK), start)
    after = clock.after_number.match(text, end)
    minute, dotted, named = 0, False, False
    if after:
        written = after["m1"] or after["m2"] or after["m3"] or after["m4"]
        loose = after.groupdict().get("m5")
        minute = int(written or loose or 0)
        dotted = bool(after["m2"])
        named = bool(after["word"] or after["half"] or after["quarter"] or after["less"])
        named = named or bool(written and not dotted)
        minute += 30 if after["half"] else 15 if after["quarter"] else 0
        if after["less"]:
            hour, minute = hour - 1, 45
        end = after.end()
    if minute > 59:
        return None
    announced = bool(before and before["before"]) and clock.names_hours
    if before:
        if before["half"]:
            minute, named = 30, True
        elif before["next"]:
            hour, minute, named = hour - 1, 30, True
        elif before["quarter"]:
            minute, named = 15, True
        elif before["to"]:
            hour, minute, named = hour - 1, 45, True
    part, whole = _part(text, match, before, end, clock, sure=named or announced)
    if dotted and not (
        part or announced or (after and after["word"]) or _range_of_dotted(text, start, end)
    ):
        return _Time(start, end, hour, minute, None, whole, sure=False) if clock.dot else None
    if not (named or part or announced or dotted):
        return None
    return _Time(start, end, hour, minute, part, whole, sure=True, named=named)


def _range_of_dotted(text: str, start: int, end: int) -> bool:
    return bool(
        _DOTTED_NEXT.match(text, end)
        or _DOTTED_BEFORE.search(text, max(0, start - _LOOK_BACK), start)
    )


def _part(
    text: str,
    hour: regex.Match[str],
    before: regex.Match[str] | None,
    end: int,
    clock: Clock,
    *,
    sure: bool,
) -> tuple[str | None, tuple[int, int]]:
    """The part of the day beside an hour, and from where to where both stand. In front of what may
    be a day, la noche del 24, it counts only in languages that put it there.
    """
    stands_before = before and before["part"] and (clock.part_first or sure)
    left = _name(before) if before and stands_before else None
    after = clock.part_after.match(text, end)
    right = _name(after) if after else None
    if before and left and (clock.part_first or not right):
        return left, (before.start("part"), end)
    if after and right:
        return right, (hour.start(), after.end())
    return None, (hour.start(), end)


def _name(match: regex.Match[str]) -> str | None:
    return next((name for name in PARTS_OF_DAY if match.groupdict().get(name)), None)


def _own_hours(text: str, clock: Clock) -> list[_Time]:
    """Thai and Lao count the hours of each quarter of the day: สามทุ่ม is 21:00.

    ตีห้าสิบห้านาที has been read as 55 minutes and is 5:15.
    """
    found = []
    for match in clock.own_hours.finditer(text):
        groups = match.groupdict()
        if groups.get("early"):
            hour, part = int(groups["early"]), "early"
        elif groups.get("late"):
            hour, part = int(groups["late"]) + 18, "late"
        elif groups.get("pm"):
            hour, part = int(groups["pm"]) + 12, "late"
        else:
            hour, part = 13, "late"
        after = clock.after_number.match(text, match.end())
        minute = (
            30 if after and after["half"] else int((after and (after["m3"] or after["m4"])) or 0)
        )
        if groups.get("ten"):
            minute = 10 + int(groups["ten"])
        if hour <= 24 and minute < 60:
            end = after.end() if after else match.end()
            whole = match.start(), end
            found.append(_Time(*whole, hour, minute, part, whole, sure=True, named=True))
    return found


PARTS_OF_DAY = ("am", "pm", "morning", "day", "evening", "night")


def _minutes(
    time: _Time, neighbours: list[_Time], text: str, lexicon: Lexicon, *, strict: bool
) -> set[int]:
    hours = _hours(time.hour, time.part)
    if not time.part and time.hour <= 12:
        inherited = any(
            other.part and min(abs(other.start - time.end), abs(time.start - other.end)) <= _RANGE
            for other in neighbours
        )
        if inherited or (not strict and _part_nearby(time, text, lexicon.clock)):
            hours |= {time.hour + 12}
    return {(hour * 60 + time.minute) % DAY for hour in hours}


def _is_day_at_noon(text: str, hour: regex.Match[str], time: _Time, lexicon: Lexicon) -> bool:
    """At noon on the 11th is not eleven at noon."""
    if time.named or not lexicon.clock.noon.search(text, time.start, time.whole[1] + _NOON):
        return False
    comma = text[hour.end() : hour.end() + 1] == ","
    return comma or lexicon.calendar.day_after.match(text, hour.end()) is not None


def _after_noon(found: list[_Time], text: str) -> set[int]:
    """Hours that may still be in the afternoon named before them in the sentence."""
    still: set[int] = set()
    for number in range(1, len(found)):
        time, before = found[number], found[number - 1]
        named = before.part in ("pm", "evening") or number - 1 in still
        ended = _SENTENCE_END.search(text, before.end, time.start)
        if named and not time.part and before.hour <= time.hour <= 12 and not ended:
            still.add(number)
    return still


def _neighbours(found: list[_Time], number: int) -> list[_Time]:
    return found[max(0, number - 1) : number] + found[number + 1 : number + 2]


def _part_nearby(time: _Time, text: str, clock: Clock) -> bool:
    for match in clock.part.finditer(text, max(0, time.start - _NEAR), time.end + _NEAR):
        between = (
            text[match.end() : time.start]
            if match.end() <= time.start
            else text[time.end : match.start()]
        )
        if not _SENTENCE_END.search(between):
            return True
    return False


def _hours(hour: int, part: str | None) -> set[int]:
    """The hours of the day that an hour of a part of the day may be; 12 at night is 0."""
    if hour > 12 or part is None:
        return {hour}
    after_noon = hour % 12 + 12
    match part:
        case "am" | "morning":
            return {hour % 12}
        case "pm":
            return {after_noon}
        case "day":
            return {hour} if hour >= 10 else {after_noon} if hour <= 6 else {hour, after_noon}
        case "evening":
            return {0} if hour == 12 else {after_noon}
        case "night":
            if hour == 12:
                return {0}
            return {hour} if hour < 5 else {hour, after_noon} if hour == 5 else {after_noon}
        case _:
            return {hour}
