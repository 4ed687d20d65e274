"""Whether a time or day is the first or the last: from nine, until the twelfth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import regex

from bot.guarded.facts import Fact, Mention
from bot.guarded.mentions import Reading
from bot.guarded.numeric import fact_of
from bot.guarded.tokens import span_words

SINCE, TILL, _NEITHER = "since", "till", "neither"
_DATED = {"time", "day", "date", "month"}
_DASH = regex.compile(r"[\s(]*[-~〜～](?![\p{L}\p{M}])[\s]*(?:\p{L}[\p{L}\p{M}.]* ?){0,2}")
_RANGE = regex.compile(
    r"[^\d.;,\n]{0,26}?(?<=\s)(?:a|à|às|até|to|s/d|sampai|đến|по|до)"
    r"(?=\s)[^\d.;,\n]{0,12}"
)
"""Between the two hours of a span, in languages that may say nothing before the first."""
_TOGETHER = 7
"""Characters that may stand between the parts of one moment, as in 5 October (Mon), 9:00."""
_FILLER = r"\s*[^\d.,;!?。、，।॥။៖។(\s\n]"
_WEEKDAY = regex.compile(r"\s{3,}")
"""A weekday has been found before and is blank by now."""
_LOOK_BACK, _NEXT, _BESIDE = 60, 16, 14
"""Characters before a moment, between the first and the last of a span, and before a floor."""


@dataclass(frozen=True)
class Markers:
    """What stands before or after a moment that begins or ends something; `one` such word,
    `part` one beside a place.
    """

    before: regex.Pattern[str] | None
    after: regex.Pattern[str] | None
    one: regex.Pattern[str]
    part: regex.Pattern[str]


Roles = Sequence[tuple[Mention, str]]
"""Moments and floors, and whether each begins or ends something."""


def exchanged(wanted: Roles, other: Reading, tag: str) -> Iterator[Fact]:
    """Moments that begin something in the one text and end it in the other, floors alike."""
    if not any(role for _, role in wanted):
        return
    told = roles_of(other, tag)
    for mention, role in wanted:
        if not role or any(_same(mention, m) and r != role for m, r in wanted):
            continue
        roles = {r for m, r in told if _same(mention, m)}
        if roles and not roles & {role, ""}:
            yield fact_of(mention)


def roles_of(reading: Reading, tag: str) -> Roles:
    """Those of a text in the language of a lexicon's tag."""
    known = markers(tag)
    return (*_roles(reading, tag), *_floors(reading, known), *_weekdays(reading, known))


def _weekdays(reading: Reading, known: Markers) -> Iterator[tuple[Mention, str]]:
    """From Monday, until tomorrow, where no day of the month is beside."""
    dated = [reading.place(m) for m in reading.mentions if m.unit in ("day", "month", "date")]
    for day in (*reading.weekdays, *reading.relative):
        if not any(day.start - _BESIDE <= place <= day.end + _BESIDE for place in dated):
            yield day, _marked(reading.text, [day], known)


def _same(one: Mention, other: Mention) -> bool:
    units = {one.unit, other.unit}
    alike = len(units) == 1 or not units & {"time", "floor", "level", "weekday", "relative"}
    return alike and bool(one.values & other.values)


def _floors(reading: Reading, known: Markers) -> Iterator[tuple[Mention, str]]:
    """From the first floor, to the second floor; levels alike."""
    for mention in reading.mentions:
        if mention.unit not in ("floor", "level") or mention.guess:
            continue
        if known.before is None:
            match = known.part.search(reading.counted, mention.end, mention.end + _BESIDE // 3)
        else:
            first = max(0, mention.start - _BESIDE)
            found = list(known.part.finditer(reading.counted, first, mention.start))
            match = found[-1] if found else None
        yield mention, _role(match) if match else ""


def _roles(reading: Reading, tag: str) -> list[tuple[Mention, str]]:
    """Every moment, and whether the text says that it begins or ends something."""
    known = markers(tag)
    moments = _moments(reading, known)
    found: list[tuple[Mention, str]] = []
    last, last_end = ("", False), 0
    for number, moment in enumerate(moments):
        first, end = moment[0].start, max(m.end for m in moment)
        role = _marked(reading.counted, moment, known)
        if not role and number and _dashed(reading.counted, moments[number - 1], moment):
            role = TILL
        following = moments[number + 1] if number + 1 < len(moments) else None
        if not role and following and _dashed(reading.counted, moment, following):
            role = SINCE
        timed = any(mention.unit == "time" for mention in moment)
        if not role and last == (SINCE, timed) and 0 <= first - last_end <= _NEXT:
            role = TILL
        begins = role == TILL and _one_follows(reading, end, known)
        found += [
            (mention, "" if begins and mention.unit == "time" else role)
            for mention in moment
            if mention.unit != "month" or len(moment) == 1
        ]
        last, last_end = (role, timed), end
    return found


def _one_follows(reading: Reading, end: int, known: Markers) -> bool:
    """Until 31 August, ten to four: ten is no end."""
    place = len(reading.counted) - len(reading.counted[end:].lstrip())
    return known.before is not None and known.one.match(reading.counted, place) is not None


def _moments(reading: Reading, known: Markers) -> list[list[Mention]]:
    dated = sorted(
        (m for m in reading.mentions if m.unit in _DATED and not m.guess), key=lambda m: m.start
    )
    moments: list[list[Mention]] = []
    for mention in dated:
        last = max((m.end for m in moments[-1]), default=0) if moments else 0
        between = reading.counted[last : mention.start]
        if (
            moments
            and not (mention.unit == "time" and any(m.unit == "time" for m in moments[-1]))
            and len(between) <= _TOGETHER
            and not regex.search(r"[-~〜～;,、，.।။៖។]", between)
            and not known.one.search(between)
        ):
            moments[-1].append(mention)
        else:
            moments.append([mention])
    return moments


def _dashed(text: str, moment: Sequence[Mention], following: Sequence[Mention]) -> bool:
    end, start = max(m.end for m in moment), following[0].start
    timed = moment[-1].unit == following[0].unit == "time"
    return bool(_DASH.fullmatch(text, end, start) or (timed and _RANGE.fullmatch(text, end, start)))


def _marked(text: str, moment: Sequence[Mention], known: Markers) -> str:
    start, end = moment[0].start, max(m.end for m in moment)
    after = known.after and known.after.match(text, end)
    if after:
        return _role(after)
    before = known.before and known.before.search(text, max(0, start - _LOOK_BACK), start)
    if before and not (moment[0].unit == "time" and _WEEKDAY.search(before.group())):
        return _role(before)
    return ""


def _role(match: regex.Match[str]) -> str:
    said = match.groupdict()
    return next((role for role in (SINCE, TILL) if said.get(role)), "")


@cache
def markers(tag: str) -> Markers:
    words = span_words(tag)

    def either(since: str, *till: str) -> str:
        listed = [(word, SINCE) for word in words.words.get(since, ())]
        listed += [(word, TILL) for key in till for word in words.words.get(key, ())]
        listed += [(word, _NEITHER) for word in words.words.get(_NEITHER, ())]
        listed.sort(key=lambda pair: len(pair[0]), reverse=True)
        return "(?:" + "|".join(f"(?P<{role}>{regex.escape(word)})" for word, role in listed) + ")"

    first, last = (r"(?<![\p{L}\p{M}])", r"(?![\p{L}\p{M}])") if words.spaced else ("", "")
    both, part = either(SINCE, TILL), either(SINCE, TILL, "towards")
    if words.verb_last:
        pattern = regex.compile(
            rf"(?:{_FILLER}){{0,6}}?(?:\s*[(][\p{{L}}\p{{M}}.\s]{{0,12}}[)])?\s*[)]?\s*{both}"
        )
        return Markers(None, pattern, regex.compile(both), regex.compile(part))
    width = 22 if words.spaced else 10
    one = f"{first}{both}{last}"
    after = either("since_after", "till_after")
    return Markers(
        regex.compile(
            rf"{one}(?:(?!\s*{one}){_FILLER}){{0,{width}}}(?:\s{{3,}}\p{{L}}{{0,4}},)?\s*$"
        ),
        regex.compile(rf"\s*{after}") if "since_after" in words.words else None,
        regex.compile(one),
        regex.compile(f"{first}{part}{last}"),
    )
