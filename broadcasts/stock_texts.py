"""The words the city keeps ready: what must hold of them, who changes them, who vouches for them.

A text in another language is held to the Japanese one: the same parts, blanks and numbers. Lengths
are measured as residents would get it, with the longest names this city has.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from itertools import chain
from string import Formatter
from typing import Any
from unicodedata import category, digit, normalize

import regex
from babel import Locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import city
from bot.knowledge import Handling
from bot.line.messages import utf16_units
from bot.models import Area, Broadcast, City, Staff, StockText, TextVersion
from bot.runtime import Runtime
from broadcasts.drafting import AREAS_NAMED, LONGEST_TEXT, moment_in
from broadcasts.templates import LINES, templates

KINDS = ("alert", "faq", "reply")
JAPANESE = "ja"
WRITTEN_HERE = "city"
"""The origin of a text that the city wrote or changed itself."""

TITLE_CHARACTERS, ACTION_CHARACTERS = 40, 40
NAME_UNITS, ANSWER_UNITS = 75, 500
URGENT_LINES = 6
MANY_LINES = ("text", "page")
"""Parts that may have several lines."""

_SYSTEM_BLANKS = frozenset({"areas", "city", "link", "decided_at"})
_CANCEL = "cancel"
_LINK_UNITS = 40
_SITES_NAMED = 2
# The longest any language needs: two digits everywhere.
_LONG_MOMENT = datetime(2026, 11, 28, 21, 40, tzinfo=city.JAPAN)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a part ("" for the whole text), and the words or numbers it is about.

    `reason`: empty, parts, braces, unknown_blank, other_blanks, optional_blank, numbers, lines,
    too_long, urgent_number, urgent_lines, protected.
    """

    part: str
    reason: str
    detail: str = ""


class Proofreader:
    """Checks stock texts against the city's facts and the Japanese text of the same name."""

    def __init__(self, session: Session, runtime: Runtime) -> None:
        self._session = session
        self._runtime = runtime
        row = session.get(City, 1)
        self._facts: dict[str, Any] = row.facts if row else {}
        self._areas = session.scalars(select(Area)).all()
        self._longest: dict[str, dict[str, str]] = {}

    def problems(
        self,
        kind: str,
        key: str,
        tag: str,
        parts: Mapping[str, str],
        japanese: Mapping[str, str] | None,
    ) -> list[Problem]:
        """Everything that keeps these words from being used; empty where all is well."""
        if japanese is not None and set(parts) != set(japanese):
            differing = set(parts) ^ set(japanese)
            return [Problem("", "parts", ", ".join(sorted(differing)))]
        by_part = [
            problem
            for name, text in parts.items()
            for problem in self._part_problems(kind, key, tag, name, text, japanese)
        ]
        of_all = self._alert_problems(key, tag, parts) if kind == "alert" else ()
        of_topic = self._topic_problems(key, tag, parts) if kind == "faq" else ()
        # A text that cannot be filled cannot be measured.
        return by_part or [*of_all, *of_topic]

    def _part_problems(
        self,
        kind: str,
        key: str,
        tag: str,
        name: str,
        text: str,
        japanese: Mapping[str, str] | None,
    ) -> Iterator[Problem]:
        if not text:
            yield Problem(name, "empty")
            return
        used = blanks(text)
        if used is None:
            yield Problem(name, "braces")
            return
        unknown = used - self.known_blanks(kind, key)
        if unknown:
            yield Problem(name, "unknown_blank", _listed(unknown))
        same = japanese[name] if japanese and tag != JAPANESE else text
        if not unknown and used != (blanks(same) or set()):
            yield Problem(name, "other_blanks", _listed(blanks(same) or set()))
        differing = numbers(text, tag) ^ numbers(same, JAPANESE if same is not text else tag)
        if differing:
            yield Problem(name, "numbers", ", ".join(sorted(differing)))
        if "\n" in text and name not in MANY_LINES:
            yield Problem(name, "lines")
        length, limit = _length(kind, name, text)
        if length > limit:
            yield Problem(name, "too_long", f"{length} / {limit}")

    def known_blanks(self, kind: str, key: str) -> frozenset[str]:
        """The names that may stand in braces in a text."""
        if kind != "alert":
            return frozenset(city.blanks({}, JAPANESE, self._runtime.words))
        if key == _CANCEL:
            return _SYSTEM_BLANKS | {"name"}
        template = templates().get(key)
        own = {blank.name for blank in template.blanks} if template else set()
        return _SYSTEM_BLANKS | own

    def _alert_problems(self, key: str, tag: str, parts: Mapping[str, str]) -> Iterator[Problem]:
        template = templates().get(key)
        all_blanks = template.blanks if template else ()
        optional = {blank.name for blank in all_blanks if not blank.required}
        for name, text in parts.items():
            used = blanks(text) or set()
            alone = len(used) == 1 and name not in ("name", "action", "headline")
            # An empty blank takes its whole line with it.
            if used & optional and not alone:
                yield Problem(name, "optional_blank", _listed(used & optional))
            if used and name in ("name", "action"):
                yield Problem(name, "other_blanks")
        units = self.longest_units(tag, parts)
        if units > LONGEST_TEXT:
            yield Problem("", "too_long", f"{units} / {LONGEST_TEXT}")

    def longest_units(self, tag: str, parts: Mapping[str, str]) -> int:
        """UTF-16 units of an alert's whole text with the longest names of this city."""
        source = self._runtime.words.text(tag, "alert.source", city="{city}", link="{link}")
        lines = [*(parts[name] for name in LINES if name in parts), source]
        values = self._longest_values(tag)
        return utf16_units("\n".join(line.format_map(_Filled(values)) for line in lines))

    def _longest_values(self, tag: str) -> dict[str, str]:
        if tag in self._longest:
            return self._longest[tag]
        say = self._runtime.words.text
        separator = say(tag, "list.separator")
        city_name = city.named(self._facts.get("city", {}).get("name", {}), tag)

        def longest(names: list[str], count: int) -> str:
            return separator.join(sorted(names, key=utf16_units, reverse=True)[:count])

        named: dict[bool, list[str]] = {True: [], False: []}
        for place in self._facts.get("places", ()):
            named[place.get("kind") == "site"].append(city.named(place["names"], tag))
        values = {
            "city": city_name,
            "link": "x" * max(_LINK_UNITS, len(self._runtime.settings.public_base_url) + 10),
            "decided_at": moment_in(tag, _LONG_MOMENT),
            "areas": max(
                say(tag, "alert.whole_city", city=city_name),
                say(tag, "alert.more_areas", city=city_name),
                longest([city.named(area.names, tag) for area in self._areas], AREAS_NAMED),
                key=utf16_units,
            ),
            "name": self._longest_name(tag),
        }
        kinds = {
            "place": longest(named[False], 1),
            "places": longest(named[True], _SITES_NAMED),
            "time": values["decided_at"],
        }
        for template in templates().values():
            for blank in template.blanks:
                values[blank.name] = kinds.get(blank.kind, "")
        self._longest[tag] = values
        return values

    def _longest_name(self, tag: str) -> str:
        texts = self._session.scalars(
            select(StockText).where(StockText.kind == "alert", StockText.language == tag)
        )
        return max((text.parts.get("name", "") for text in texts), key=utf16_units, default="")

    def _topic_problems(self, key: str, tag: str, parts: Mapping[str, str]) -> Iterator[Problem]:
        topic = self._runtime.knowledge.topics.get(key)
        if topic is not None and topic.handling is Handling.URGENT:
            if topic.call[0] not in numbers(parts["text"], tag):
                yield Problem("text", "urgent_number", topic.call[0])
            if len(parts["text"].splitlines()) > URGENT_LINES:
                yield Problem("text", "urgent_lines", str(URGENT_LINES))
        if topic is not None and topic.handling is Handling.PROTECT:
            yield from self._giveaways(key, tag, parts)

    def _giveaways(self, key: str, tag: str, parts: Mapping[str, str]) -> Iterator[Problem]:
        """What stands in the chat is the same for every protected topic: it must not tell which."""
        for other in self._runtime.knowledge.topics.values():
            if other.handling is not Handling.PROTECT or other.id == key:
                continue
            text = self._session.get(StockText, ("faq", other.id, tag))
            if text is not None:
                if text.parts.get("text") != parts["text"]:
                    yield Problem("text", "protected")
                return


class _Filled(dict[str, str]):
    """Blanks nobody knows stand empty: they are reported, not measured."""

    def __missing__(self, name: str) -> str:
        return ""


def blanks(text: str) -> set[str] | None:
    """The names in braces; None where the braces are not `{name}` and would break the filling."""
    try:
        fields = list(Formatter().parse(text))
    except ValueError:
        return None
    named = [(name, form, conversion) for _, name, form, conversion in fields if name is not None]
    if any(form or conversion or not name.isidentifier() for name, form, conversion in named):
        return None
    return {name for name, _, _ in named}


def numbers(text: str, tag: str) -> set[str]:
    """All numbers in ASCII digits, telephone numbers in one piece, names of months as numbers."""
    for pattern, number in _months(tag):
        text = pattern.sub(number, text)
    text = "".join(str(digit(sign)) if sign.isdecimal() else sign for sign in text)
    return set(re.findall(r"#?\d+(?:-\d+)*", text))


@cache
def _months(tag: str) -> tuple[tuple[regex.Pattern[str], str], ...]:
    """How a language writes months out, where it does."""
    months = Locale.parse(tag.split("-x-")[0], sep="-").months
    written = {
        (name, number)
        for form in ("format", "stand-alone")
        for number, name in months[form]["wide"].items()
        if not any(sign.isdigit() for sign in name)
    }
    return tuple(
        # A vowel sign belongs to its word: \b would end one before it.
        (regex.compile(rf"(?<![\w\p{{M}}]){regex.escape(name)}(?![\w\p{{M}}])"), str(number))
        for name, number in sorted(written)
    )


def _listed(names: set[str] | frozenset[str]) -> str:
    return " ".join(f"{{{name}}}" for name in sorted(names))


def _length(kind: str, name: str, text: str) -> tuple[int, int]:
    """How long a part is and may be, in what it is measured in; alerts are measured as a whole."""
    match kind, name:
        case "faq", "title":
            return len(text), TITLE_CHARACTERS
        case (("faq" | "reply"), "text"):
            return utf16_units(text), ANSWER_UNITS
        case (("alert" | "reply"), "name"):
            return utf16_units(text), NAME_UNITS
        case "alert", "action":
            return _characters(text), ACTION_CHARACTERS
    return 0, 0


def _characters(text: str) -> int:
    """Characters as a reader counts them: marks belong to the letter before."""
    return sum(not category(sign).startswith("M") for sign in text)


def cleaned(text: str) -> str:
    """A text as it is stored: one way to write each letter, no spaces around it."""
    lines = normalize("NFC", text).replace("\r\n", "\n").strip().split("\n")
    return "\n".join(line.rstrip() for line in lines)


def fingerprint(texts: list[StockText]) -> str:
    """What somebody saw: another one means that the words or their review changed since."""
    seen = [
        (text.kind, text.key, text.language, sorted(text.parts.items()), text.review)
        for text in texts
    ]
    return sha256(repr(seen).encode()).hexdigest()[:32]


def change(
    session: Session, place: tuple[str, str, str], parts: dict[str, str], by: Staff, at: datetime
) -> StockText:
    """Put these words in the place of a text (kind, key, language): they are *drafted* again."""
    kind, key, tag = place
    text = session.get(StockText, place, with_for_update=True)
    _keep(session, text, place, "edited" if text else "added", by, at)
    if text is None:
        text = StockText(kind=kind, key=key, language=tag)
        session.add(text)
    text.parts, text.origin = parts, WRITTEN_HERE
    text.review, text.reviewed_by = "drafted", None
    session.flush()
    return text


def adopt(session: Session, text: StockText, by: Staff, at: datetime) -> None:
    """`by` takes responsibility for these words in the city's name."""
    _vouch(session, text, "adopted", by.name, by, at)


def review(session: Session, text: StockText, reviewer: str, by: Staff, at: datetime) -> None:
    """`reviewer`, a native speaker, read these words; `by` writes it down."""
    _vouch(session, text, "reviewed", reviewer, by, at)


def _vouch(
    session: Session, text: StockText, what: str, name: str, by: Staff, at: datetime
) -> None:
    place = (text.kind, text.key, text.language)
    _keep(session, text, place, what, by, at)
    text.review = what
    text.reviewed_by = f"{name} {at.astimezone(city.JAPAN):%Y-%m-%d}"
    session.flush()


def _keep(
    session: Session,
    text: StockText | None,
    place: tuple[str, str, str],
    what: str,
    by: Staff,
    at: datetime,
) -> None:
    kind, key, tag = place
    session.add(
        TextVersion(
            kind=kind,
            key=key,
            language=tag,
            parts=dict(text.parts) if text else {},
            origin=text.origin if text else "",
            review=text.review if text else "",
            reviewed_by=text.reviewed_by if text else None,
            what=what,
            by=f"staff:{by.id}",
            at=at,
        )
    )


def outdated(session: Session, kind: str) -> set[tuple[str, str]]:
    """The texts (key, language) nobody has touched since their Japanese was changed."""
    place = TextVersion.key, TextVersion.language
    touched = session.execute(
        select(*place, func.max(TextVersion.id)).where(TextVersion.kind == kind).group_by(*place)
    )
    newest = {(key, tag): id for key, tag, id in touched}
    edited = session.execute(
        select(TextVersion.key, func.max(TextVersion.id))
        .where(
            TextVersion.kind == kind, TextVersion.language == JAPANESE, TextVersion.what == "edited"
        )
        .group_by(TextVersion.key)
    )
    japanese = {key: id for key, id in edited}
    texts = session.execute(select(StockText.key, StockText.language).where(StockText.kind == kind))
    return {
        (key, tag)
        for key, tag in texts
        if tag != JAPANESE and newest.get((key, tag), 0) < japanese.get(key, 0)
    }


def waiting_notices(session: Session, kind: str, key: str) -> int:
    """How many notices with this template wait, with their words frozen as they were."""
    if kind != "alert":
        return 0
    of_key = Broadcast.kind == "cancel" if key == _CANCEL else Broadcast.template_id == key
    waits = Broadcast.state.in_(("pending_approval", "scheduled"))
    return session.scalar(select(func.count()).select_from(Broadcast).where(waits, of_key)) or 0


def keys(session: Session, runtime: Runtime, kind: str) -> list[str]:
    """Every text there should be of a kind, in the order staff know them."""
    known = {"alert": [*templates(), _CANCEL], "faq": list(runtime.knowledge.topics)}.get(kind, [])
    stored = set(session.scalars(select(StockText.key).where(StockText.kind == kind).distinct()))
    return list(dict.fromkeys(chain((key for key in known if key in stored), sorted(stored))))
