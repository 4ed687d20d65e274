"""Numbers in digits or words: a text with every number in digits, and what each of them means."""

from bisect import bisect_left
from dataclasses import dataclass

import regex

from bot.guarded.lexicon import Numbers

_GROUPED = regex.compile(r"\d{1,3}(?:([,.])\d{3})(?:\1\d{3})*|\d{1,2}(?:,\d\d)+,\d{3}")
_MARK = regex.compile(r"[.,]")
_SPACED_GROUPS = regex.compile(r"(?<![\d.,:])([1-9]\d{0,2}) (\d{3})(?![\d.,:-])")


@dataclass(frozen=True)
class Digits:
    """`text` with spelled numbers as digits; `spelled` the spans that were words.

    `values` of the runs of digits by where they start:
    "1.240" may be a thousand and more, "1,5" one and a half. `places` of the same runs in the text
    as it was.
    """

    text: str
    spelled: tuple[tuple[int, int], ...]
    values: dict[int, float]
    places: dict[int, int]

    def was_spelled(self, start: int, end: int) -> bool:
        number = bisect_left(self.spelled, (end, 0))
        return number > 0 and start < self.spelled[number - 1][1]


@dataclass
class _Run:
    """The words and digits of one number; `stack` its parts, each smaller than the one before."""

    start: int
    end: int
    stack: list[float]
    spelled: bool
    digits_last: bool
    scaled: bool


def in_digits(text: str, numbers: Numbers) -> Digits:
    """Write every number of a plain text in ASCII digits."""
    if numbers.spaced_groups:
        text = _SPACED_GROUPS.sub(r"\1.\2", text)
    written: list[str] = []
    spelled: list[tuple[int, int]] = []
    values: dict[int, float] = {}
    places: dict[int, int] = {}
    length, last = 0, 0
    for run in _runs(text, numbers):
        value = sum(run.stack)
        before = text[last : run.start]
        if before == "" and written and run.start:
            before = " "
        written.append(before)
        length += len(before)
        as_is = text[run.start : run.end]
        shown = as_is if not run.spelled and not run.scaled else f"{value:g}"
        if abs(value) >= 100_000 and shown != as_is:
            shown = str(int(value))
        if run.spelled:
            spelled.append((length, length + len(shown)))
        values[length], places[length] = value, run.start
        written.append(shown)
        length += len(shown)
        last = run.end
    written.append(text[last:])
    return Digits("".join(written), tuple(spelled), values, places)


def _runs(text: str, numbers: Numbers) -> list[_Run]:
    runs: list[_Run] = []
    for match in numbers.token.finditer(text):
        digits = match["digits"]
        word = match.group()
        last = runs[-1] if runs else None
        if last and _touches(text, last, match, numbers) and _extends(last, word, digits, numbers):
            last.end = match.end()
            last.spelled = last.spelled and not digits
            last.digits_last = bool(digits)
            continue
        value = _value(digits, numbers) if digits else numbers.values.get(word)
        if value is None:
            value = abs(numbers.times[word])
        runs.append(
            _Run(match.start(), match.end(), [value], not digits, bool(digits), scaled=False)
        )
    return runs


def _touches(text: str, run: _Run, match: regex.Match[str], numbers: Numbers) -> bool:
    if run.digits_last and match.group() in numbers.times:
        return text[run.end : match.start()].strip() == ""
    if match["digits"] and run.scaled and text[run.end : match.start()] == " ":
        following = numbers.token.match(text, match.end() + text.startswith(" ", match.end()))
        return following is not None and following.group() in numbers.times
    return numbers.gap.fullmatch(text, run.end, match.start()) is not None


def _extends(run: _Run, word: str, digits: str | None, numbers: Numbers) -> bool:
    """Add the next word or digits to the number where it still can be part of it."""
    if digits:
        if run.digits_last or not run.scaled:
            return False
        value = _value(digits, numbers)
    elif word in numbers.times:
        return _scale(run, numbers.times[word])
    else:
        value = numbers.values[word]
        if run.digits_last:
            return False
    if 0 < value < _magnitude(run.stack[-1]):
        run.stack.append(value)
        return True
    return False


def _scale(run: _Run, times: float) -> bool:
    if times < 0:  # id: lima belas, five and ten
        if run.stack[-1] >= 10:
            return False
        run.stack[-1] += -times
        return True
    smaller = 0.0
    while run.stack and run.stack[-1] < times:
        smaller += run.stack.pop()
    if not smaller and run.stack and run.stack[-1] == times:
        return False
    run.stack.append((smaller or 1) * times)
    run.scaled = True
    return True


def _magnitude(value: float) -> float:
    """The largest power of ten that divides a whole number."""
    power = 1
    while value and value % (power * 10) == 0:
        power *= 10
    return power


def _value(digits: str, numbers: Numbers) -> float:
    if _GROUPED.fullmatch(digits) and not digits.startswith("0"):
        return float(_MARK.sub("", digits))
    whole, *rest = _MARK.split(digits)
    if not rest:
        return float(whole)
    return float(f"{whole}.{rest[0]}")
