"""The city's facts: read from its file, and what the blanks in the texts become.

`bot/demo/city.toml` is the example; a real city writes the same file with its own facts.
"""

import csv
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from bot.languages import language, registered
from bot.models import Area, City, EvacuationSite, ResidentArea, StockText
from bot.opendata.evacuation import read_gsi
from bot.words import Words

JAPAN = ZoneInfo("Asia/Tokyo")

NAMES = ("name", "hall", "hall_address", "counter", "night_clinic")
PHONES = ("counter", "garbage", "night_clinic", "water", "hall")
OFFICES = ("counter", "night_clinic")

_TABLES = (
    *("city", "phones", "hours", "links", "issuers", "holidays", "counter", "adoption"),
    "plain_japanese",
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD_DAYS = 30

BORROWED = 2
"""In how many other languages a text is shown that does not exist in the reader's."""


class CityFileError(ValueError):
    """The city's file cannot be used; the text says what to mend."""


@dataclass(frozen=True)
class CityFile:
    """A city as its file describes it. `staff` are demo accounts and may be empty."""

    facts: dict[str, Any]
    areas: tuple[Mapping[str, Any], ...]
    staff: tuple[Mapping[str, Any], ...]


def read(path: Path) -> CityFile:
    """Read and check a city's file. Raises `CityFileError`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CityFileError(f"{path}: {error}") from error
    problems = list(_shape_problems(data)) or [
        *(f"[city.{part}] needs a ja name" for part in NAMES if "ja" not in _names(data, part)),
        *(f"[phones] needs {name}" for name in PHONES if name not in data.get("phones", {})),
        *(f"[hours.{name}] is missing" for name in OFFICES if name not in data.get("hours", {})),
        *_hours_problems(data),
        *_area_problems(data),
    ]
    if problems:
        raise CityFileError("\n".join(f"{path}: {problem}" for problem in problems))
    areas, staff = data.pop("areas", []), data.pop("staff", [])
    return CityFile(facts=data, areas=tuple(areas), staff=tuple(staff))


def _shape_problems(data: Mapping[str, Any]) -> Iterator[str]:
    """Where the file has another kind of thing than is read from it."""
    for name in _TABLES:
        if not isinstance(data.get(name, {}), dict):
            yield f"[{name}] is not a table"
            return
    for name in ("areas", "places", "staff"):
        rows = data.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            yield f"[[{name}]] is not a list of tables"
            return
    named = {f"[{table}.{name}]": names for table in ("city", "issuers")
             for name, names in data.get(table, {}).items()}  # fmt: skip
    for table in ("areas", "places"):
        for number, row in enumerate(data.get(table, ()), start=1):
            named[f"[[{table}]] number {number}"] = row.get("names", {})
            if not isinstance(row.get("id", ""), str):
                yield f"[[{table}]] number {number}: its id is not a text"
    for where, names in named.items():
        if not _is_words(names):
            yield f"{where}: the names are not texts by language tag"
    if not _is_words(data.get("phones", {})) or not _is_words(data.get("links", {})):
        yield "[phones] and [links] have something else than texts"
    taught = data.get("plain_japanese", {}).get("words", [])
    if not isinstance(taught, list) or not all(map(_is_text, taught)):
        yield "[plain_japanese] words is not a list of texts"
    for office, week in data.get("hours", {}).items():
        days = week.values() if isinstance(week, dict) else [None]
        if not all(isinstance(day, list) and all(map(_is_text, day)) for day in days):
            yield f"[hours.{office}] is not lists of HH:MM-HH:MM by weekday"
    try:
        json.dumps(data)
    except TypeError:
        yield "a date or time is not written as a text, in quotation marks"


def _is_words(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _names(data: Mapping[str, Any], part: str) -> Mapping[str, str]:
    names: Mapping[str, str] = data.get("city", {}).get(part, {})
    return names


def _hours_problems(data: Mapping[str, Any]) -> Iterator[str]:
    for office, week in data.get("hours", {}).items():
        for day in (*_WEEKDAYS, "holiday"):
            for span in week.get(day, ()):
                try:
                    start, end = (time.fromisoformat(clock) for clock in span.split("-"))
                    usable = start < end
                except ValueError:
                    usable = False
                if not usable:
                    yield f"[hours.{office}] {day}: {span!r} is not HH:MM-HH:MM"


def _area_problems(data: Mapping[str, Any]) -> Iterator[str]:
    ids = [area.get("id") for area in data.get("areas", ())]
    for id in sorted({id for id in ids if id and ids.count(id) > 1}):
        yield f"[[areas]] {id} is there twice"
    for number, place in enumerate(data.get("places", ()), start=1):
        if not place.get("id") or "ja" not in place.get("names", {}):
            yield f"[[places]] number {number} needs an id and a ja name"
    for number, area in enumerate(data.get("areas", ()), start=1):
        place = area.get("latitude"), area.get("longitude")
        if not area.get("id") or "ja" not in area.get("names", {}):
            yield f"[[areas]] number {number} needs an id and a ja name"
        elif not all(isinstance(degrees, float) for degrees in place):
            yield f"[[areas]] {area['id']} needs latitude and longitude in degrees"


def load(session: Session, city: CityFile) -> None:
    """Store the city's facts and areas; areas that are gone leave the residents' choices."""
    session.merge(City(id=1, facts=city.facts))
    kept = [area["id"] for area in city.areas]
    session.execute(delete(ResidentArea).where(ResidentArea.area_id.not_in(kept)))
    session.execute(delete(Area).where(Area.id.not_in(kept)))
    for position, area in enumerate(city.areas):
        session.merge(
            Area(
                id=area["id"],
                position=position,
                names=area["names"],
                latitude=area["latitude"],
                longitude=area["longitude"],
            )
        )


def load_sites(session: Session, path: Path) -> int:
    """Replace the evacuation sites by those of a GSI table; returns how many."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            sites = read_gsi(file)
    except (OSError, ValueError, csv.Error) as error:
        raise CityFileError(f"{path}: {error}") from error
    session.execute(delete(EvacuationSite))
    session.add_all(sites)
    return len(sites)


def load_texts(session: Session, templates: Path, *, adopted_by: str | None) -> int:
    """Store the stock texts under `templates` that are not there yet; returns how many.

    They are *drafted*, or *adopted* where a named person took responsibility for all of them.
    What the city changed since stays as it is.
    """
    rows = session.execute(select(StockText.kind, StockText.key, StockText.language))
    stored = {(kind, key, language) for kind, key, language in rows}
    new = []
    for known in registered():
        for kind, path in stock_files(templates, known.tag).items():
            data = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            about = data.pop("about", {})
            new += [
                {
                    "kind": kind,
                    "key": key,
                    "language": known.tag,
                    "parts": {name: text.strip() for name, text in parts.items()},
                    "origin": about["origin"],
                    "review": "adopted" if adopted_by else about["review"],
                    "reviewed_by": adopted_by,
                }
                for key, parts in data.items()
                if (kind, key, known.tag) not in stored
            ]
    if new:
        session.execute(insert(StockText), new)
    return len(new)


def stock_files(templates: Path, tag: str) -> dict[str, Path]:
    """Where the stock texts of one language stand, by kind."""
    return {
        "faq": templates / "faq" / tag / "answers.toml",
        "alert": templates / "alerts" / f"{tag}.toml",
        "reply": templates / "replies" / f"{tag}.toml",
    }


def locale_of(tag: str) -> Locale:
    """Babel's locale for a language: days before months, as the texts have it."""
    return Locale.parse({"en": "en-GB"}.get(tag, tag.split("-x-")[0]), sep="-")


def named(names: Mapping[str, str], tag: str) -> str:
    """A name in a language, else in one its readers also read, else as it is in Japanese."""
    for candidate in (tag, *language(tag).fallback, "ja"):
        if candidate in names:
            return names[candidate]
    return next(iter(names.values()), "")


def blanks(facts: Mapping[str, Any], tag: str, words: Words) -> dict[str, str]:
    """What the blanks of the answers become in one language; all empty before a city is loaded."""
    phones = facts.get("phones", {})
    return {
        "city": named(_names(facts, "name"), tag),
        **{part: named(_names(facts, part), tag) for part in NAMES[1:]},
        **{f"{name}_phone": phones.get(name, "") for name in PHONES},
        **{f"{office}_hours": hours_text(facts, office, tag, words) for office in OFFICES},
    }


def hours_text(facts: Mapping[str, Any], office: str, tag: str, words: Words) -> str:
    """Opening hours in words: days with the same hours together, then holidays."""
    week: Mapping[str, list[str]] = facts.get("hours", {}).get(office, {})
    locale = locale_of(tag)
    short = locale.days["stand-alone"]["abbreviated"]
    parts = []
    for first, last in _alike_days(week):
        days = short[first] if first == last else f"{short[first]}–{short[last]}"
        parts.append(f"{days} {_spans(week[_WEEKDAYS[first]])}")
    holidays = words.text(tag, "hours.holidays")
    on_holidays = week.get("holiday", [])
    parts.append(
        f"{holidays} {_spans(on_holidays)}"
        if on_holidays
        else words.text(tag, "hours.closed_on_holidays")
    )
    return words.text(tag, "list.separator").join(parts) if week else ""


def _alike_days(week: Mapping[str, list[str]]) -> list[tuple[int, int]]:
    """Runs of weekdays with the same hours, as (first, last); days that are closed are left out."""
    runs: list[tuple[int, int]] = []
    for day, name in enumerate(_WEEKDAYS):
        if not week.get(name):
            continue
        if runs and runs[-1][1] == day - 1 and week[_WEEKDAYS[runs[-1][0]]] == week[name]:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _spans(spans: list[str]) -> str:
    return " ".join(span.replace("-", "–") for span in spans)


def known_japanese(facts: Mapping[str, Any], areas: Iterable[Mapping[str, str]]) -> list[str]:
    """The Japanese words and names a newcomer to this city is taught or sees on signs.

    `areas` are the names of its areas by language, which stand beside the facts.
    """
    places = (place["names"] for place in facts.get("places", ()))
    named_things = (*facts.get("city", {}).values(), *facts.get("issuers", {}).values())
    names = {
        name
        for thing in (*named_things, *places, *areas)
        for tag, name in thing.items()
        if tag in ("ja", "ja-x-easy")
    }
    return [*facts.get("plain_japanese", {}).get("words", ()), *sorted(names)]


def answers(session: Session, topic_id: str, tag: str) -> list[StockText]:
    """A topic's text in a language; where there is none, those its readers most likely read."""
    found = []
    for each in (tag, *language(tag).fallback):
        text = session.get(StockText, ("faq", topic_id, each))
        if text and text.language == tag:
            return [text]
        found += [text] if text else []
    return found[:BORROWED]


def answered(
    texts: Sequence[StockText], part: str, facts: Mapping[str, Any], tag: str, words: Words
) -> str:
    """One part of a topic's texts with the city's particulars; borrowed ones after a line that says
    so in the reader's language.
    """
    said = [filled(text.parts[part], facts, text.language, words) for text in texts]
    if texts[0].language != tag:
        said.insert(0, words.text(tag, "fallback.intro"))
    return "\n\n".join(said)


def filled(text: str, facts: Mapping[str, Any], tag: str, words: Words) -> str:
    """A text with the city's particulars in its blanks."""
    return text.format(**blanks(facts, tag, words))


def staffed_until(facts: Mapping[str, Any], now: datetime) -> datetime | None:
    """Until when somebody is at the counter, or None when nobody is there now."""
    for start, end in _opening_times(facts, now.astimezone(JAPAN).date()):
        if start <= now < end:
            return end
    return None


def next_opening(facts: Mapping[str, Any], now: datetime) -> datetime | None:
    """When the counter opens next, looking a month ahead."""
    today = now.astimezone(JAPAN).date()
    for days in range(_LOOK_AHEAD_DAYS):
        for start, _ in _opening_times(facts, today + timedelta(days=days)):
            if start > now:
                return start
    return None


def _opening_times(facts: Mapping[str, Any], day: date) -> list[tuple[datetime, datetime]]:
    """When the counter is open on one day, in Japan's time."""
    week = facts.get("hours", {}).get("counter", {})
    closed = week.get("closed", ())
    if day.isoformat() in closed or day.strftime("%m-%d") in closed:
        return []
    is_holiday = day.isoformat() in facts.get("holidays", {}).get("dates", ())
    spans = week.get("holiday" if is_holiday else _WEEKDAYS[day.weekday()], ())
    return sorted(
        (_at(day, start), _at(day, end)) for start, end in (span.split("-") for span in spans)
    )


def _at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), JAPAN)
