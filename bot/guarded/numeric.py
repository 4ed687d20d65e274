"""Whether the numbers, times, days, telephone numbers and addresses of two texts agree."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import regex

from bot.guarded.facts import Fact, Kind, Mention
from bot.guarded.mentions import Reading

_KINDS = {"time": Kind.TIME, "day": Kind.DATE, "month": Kind.DATE, "date": Kind.DATE,
          "weekday": Kind.DATE, "relative": Kind.DATE, "level": Kind.LEVEL}  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_RELATIVE = {-1: "yesterday", 0: "today", 1: "tomorrow", 2: "day after tomorrow"}

# What a number of a unit in the Japanese may stand beside in the other text. "" is always allowed.
_ALLOWED: dict[str, frozenset[str]] = {
    "time": frozenset({"time", "hour"}),
    "day": frozenset({"day", "date"}),
    "month": frozenset({"month", "date"}),
    "date": frozenset({"month", "date", "day"}),
    "hour": frozenset({"hour", "time"}),
    "minute": frozenset({"minute", "m"}),
    "kg": frozenset({"km"}),
    "km": frozenset({"kg"}),
    "week": frozenset({"week", "day"}),
    "year": frozenset({"year", "month", "level"}),
}
_CONVERSIONS = (
    ("second", "minute", 60),
    ("minute", "hour", 60),
    ("day", "week", 7),
    ("hour", "day", 24),
    ("m", "km", 1000),
    ("cm", "m", 100),
    ("mm", "cm", 10),
    ("ml", "l", 1000),
    ("g", "kg", 1000),
)
_CONVERTED = frozenset(unit for small, large, _ in _CONVERSIONS for unit in (small, large))
_TELLING = frozenset({"week", "month", "level", "floor", "km", "l", "kg", "yen", "count"})
"""Units whose number counts also where it is written in words."""
_ONE_MONTH = regex.compile("[かヵヶケカ箇]月")
"""A month's time, often told without a number."""
_BESIDE = 6
"""Characters from the beginning of a day to its weekday."""
_NEVER_COUNT = frozenset({"time", "level", "floor", "yen", "percent", "mm", "l"})


def facts_of(reading: Reading) -> Iterator[Fact]:
    """What a text says, each fact once."""
    seen = set()
    for mention in (*reading.mentions, *reading.weekdays, *reading.relative):
        if mention.guess or (not mention.sure and mention.unit in ("", "weekday")):
            continue
        fact = fact_of(mention)
        if (fact.kind, fact.value) not in seen:
            seen.add((fact.kind, fact.value))
            yield fact
    for number, shown in reading.phones.items():
        yield Fact(Kind.PHONE, number, shown)
    for address, shown in reading.links.items():
        yield Fact(Kind.LINK, address, shown)


def fact_of(mention: Mention) -> Fact:
    """A mention as others see it."""
    kind = _KINDS.get(mention.unit, Kind.NUMBER)
    first = min(mention.values)
    if mention.unit == "time":
        value = "/".join(f"{int(v) // 60}:{int(v) % 60:02}" for v in sorted(mention.values))
    elif mention.unit == "weekday":
        value = _WEEKDAYS[int(first)]
    elif mention.unit == "relative":
        value = _RELATIVE[int(first)]
    else:
        name = "" if mention.unit == "count" else mention.unit
        value = f"{first:.10g} {name}".strip() if kind is not Kind.DATE else f"{name} {first:g}"
    return Fact(kind, value, mention.shown)


def missing(source: Reading, other: Reading) -> Iterator[Fact]:
    """What the Japanese has and the other text lacks."""
    for number in source.phones.keys() - other.phones.keys():
        if not any(float(number) in m.values for m in other.mentions):
            yield Fact(Kind.PHONE, number, source.phones[number])
    for address in source.links.keys() - other.links.keys():
        yield Fact(Kind.LINK, address, source.links[address])
    yield from map(fact_of, _unmatched(_needed(source), other.mentions))
    yield from map(fact_of, _missing_weekdays(source, other))
    yield from map(fact_of, _missing_relative(source, other))


def added(source: Reading, other: Reading) -> Iterator[Fact]:
    """What the other text has in digits, addresses or names of days and the Japanese has not."""
    for number in other.phones.keys() - source.phones.keys():
        if not any(float(number) in m.values for m in source.mentions):
            yield Fact(Kind.PHONE, number, other.phones[number])
    for address in other.links.keys() - source.links.keys():
        yield Fact(Kind.LINK, address, other.links[address])
    known = _numbers_of(source)
    hours = {v for m in source.mentions if m.unit == "time" for v in m.values}
    months = {v for m in source.mentions if m.unit in ("month", "date", "") for v in m.values}
    years = {v for m in source.mentions if _is_year(m) and m.unit == "year" for v in m.values}
    for mention in other.mentions:
        if _is_midday(mention) and mention.values.isdisjoint(hours) and _turned(mention) & hours:
            yield fact_of(mention)
        if years and _is_year(mention) and mention.sure and not _years(mention) & years:
            yield fact_of(mention)
        if mention.guess or not (mention.sure or (mention.unit in _TELLING and not mention.name)):
            continue
        if not mention.sure and max(mention.values) < 2:
            continue
        if mention.unit == "time":
            duration = {v / 60 for v in mention.values} | {24.0}
            if not mention.values & hours and not duration & known:
                yield fact_of(mention)
        elif mention.unit == "month" and mention.name:
            if not mention.values & months:
                yield fact_of(mention)
        elif not mention.values & known and not _is_year(mention):
            yield fact_of(mention)
    yield from map(fact_of, _added_weekdays(source, other))


def _needed(source: Reading) -> list[Mention]:
    """Each number of the Japanese once. One of something is often told without a number."""
    needed: dict[tuple[str, frozenset[float]], Mention] = {}
    dated = {m.start for m in source.mentions if m.unit == "month"}
    for mention in source.mentions:
        value = max(mention.values)
        if mention.guess or (not mention.sure and mention.unit == "") or _is_year(mention):
            continue
        if value == 1 and mention.unit not in ("level", "floor", "time", "month", "day", "date"):
            continue
        if (
            value == 1
            and mention.unit == "day"
            and not any(0 < mention.start - start < 4 for start in dated)
        ):
            continue
        if value == 1 and (mention.unit == "floor" or _ONE_MONTH.search(mention.shown)):
            continue
        needed.setdefault((mention.unit, mention.values), mention)
    return list(needed.values())


def _unmatched(needed: Sequence[Mention], there: Sequence[Mention]) -> Iterator[Mention]:
    """Give each needed number its own place in the other text, as many as possible."""
    index = index_of(there)
    choices = {number: told_as(mention, index) for number, mention in enumerate(needed)}
    taken: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        for mention in choices[number]:
            if mention.start in tried:
                continue
            tried.add(mention.start)
            if mention.start not in taken or place(taken[mention.start], tried):
                taken[mention.start] = number
                return True
        return False

    for number, mention in enumerate(needed):
        if not place(number, set()):
            yield mention


Index = Mapping[float, Sequence[Mention]]
"""Mentions by every number they may be told with."""


def index_of(mentions: Iterable[Mention]) -> Index:
    """The mentions of a text, ready to be asked for by their numbers."""
    found: dict[float, list[Mention]] = {}
    for mention in mentions:
        values = set(mention.values)
        if mention.unit == "time":
            values |= {value / 60 for value in mention.values}
        for value in values:
            found.setdefault(value, []).append(mention)
    return found


def told_as(needed: Mention, index: Index) -> list[Mention]:
    """The mentions that say a number of the Japanese, in the order of their text."""
    asked = set(needed.values)
    for value in needed.values:
        asked |= {*_converted(needed.unit, value)}
        if needed.unit == "time":
            asked |= {value / 60, value / 60 - 12, 12.0, 24.0}
    if 24.0 in asked:
        asked.add(0.0)
    found = {id(m): m for value in asked for m in index.get(value, ()) if same(needed, m)}
    return sorted(found.values(), key=lambda mention: mention.start)


def same(needed: Mention, there: Mention) -> bool:
    """Whether the other text says a number of the Japanese."""
    if needed.unit == "time" and there.unit != "time":
        hours = {v / 60 for v in needed.values if v % 60 == 0}
        hours |= {hour - 12 for hour in hours if hour > 12} | {24.0 for hour in hours if hour == 0}
        hours |= {12.0 for hour in hours if hour == 0}
        return there.unit in ("", "hour") and bool(hours & there.values)
    if there.unit == "time" and needed.unit != "time":
        whole = {v / 60 for v in there.values if v % 60 == 0}
        whole |= {24.0 for hour in whole if hour == 0}
        return needed.unit in ("hour", "", "count") and bool(whole & needed.values)
    if not needed.values & there.values:
        return needed.unit in _CONVERTED and _same_in_other_unit(needed, there)
    if needed.unit == "month" and not there.unit and not there.sure:
        return False
    if there.unit == needed.unit or "" in (there.unit, needed.unit):
        return True
    if needed.unit == "count":
        return there.unit not in _NEVER_COUNT
    return there.unit in _ALLOWED.get(needed.unit, frozenset())


def _same_in_other_unit(needed: Mention, there: Mention) -> bool:
    """90 minutes are an hour and a half, a week is seven days."""
    for small, large, times in _CONVERSIONS:
        if needed.unit == small and there.unit in (large, ""):
            return bool({value / times for value in needed.values} & there.values)
        if needed.unit == large and there.unit in (small, ""):
            return bool({value * times for value in needed.values} & there.values)
    return False


def _numbers_of(source: Reading) -> set[float]:
    """Every number the Japanese may be thought to say, in any sense."""
    known = {0.0, 1.0}
    for mention in source.mentions:
        for value in mention.values:
            if mention.unit != "time":
                known |= {value, *_converted(mention.unit, value)}
                continue
            hour, minute = divmod(value, 60)
            known |= {hour, minute, hour % 12, hour % 12 + 12, 24.0 if hour == 0 else hour}
    return known


def _converted(unit: str, value: float) -> Iterator[float]:
    for small, large, times in _CONVERSIONS:
        if unit == small:
            yield value / times
        elif unit == large:
            yield value * times


def _is_year(mention: Mention) -> bool:
    value = max(mention.values)
    return mention.unit in ("year", "", "date") and (1900 <= value <= 2100 or 2500 <= value <= 2600)


def _years(mention: Mention) -> set[float]:
    """What a year may be in the common era: of Buddha, or as in Nepal."""
    return {value - era for value in mention.values for era in (0, 543, 57, 56)}


def _is_midday(mention: Mention) -> bool:
    return mention.unit == "time" and mention.values <= {0, 720} and not mention.guess


def _turned(mention: Mention) -> set[float]:
    return {720 - value for value in mention.values}


def _missing_weekdays(source: Reading, other: Reading) -> Iterable[Mention]:
    there = {v for m in other.weekdays for v in m.values}
    sure = {v for m in other.weekdays if m.sure for v in m.values}
    for mention in source.weekdays:
        in_brackets = "曜" not in mention.shown
        if not mention.values & there and (sure or not in_brackets):
            yield mention


def _added_weekdays(source: Reading, other: Reading) -> Iterable[Mention]:
    known = {v for m in source.weekdays for v in m.values}
    if not known:
        return ()
    known |= _computed(source)
    return [m for m in other.weekdays if m.sure and not m.values & known]


def _computed(source: Reading) -> set[float]:
    """Weekdays of the days whose weekday the Japanese leaves out: the 4th where the 3rd is one."""
    days = [m for m in source.mentions if m.unit == "day"]
    told = [
        (min(day.values), min(weekday.values))
        for weekday in source.weekdays
        for day in days
        if 0 <= weekday.start - source.place(day) <= _BESIDE
    ]
    others = {value for day in days for value in day.values}
    others |= {day + 1 for day, _ in told}
    return {(weekday + other - day) % 7 for day, weekday in told for other in others}


def _missing_relative(source: Reading, other: Reading) -> Iterable[Mention]:
    """Another day instead of the one meant; a day that is not named at all may be written out."""
    there = {v for m in other.relative for v in m.values}
    wanted = {v for m in source.relative for v in m.values}
    if not there or there & wanted:
        return ()
    return source.relative
