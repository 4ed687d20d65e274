"""From a template and what staff filled in to the notice's words in every language.

The order of the lines is what research asks for: level, place and action first, the source last
(texts are forwarded). Nothing is guessed: a language without checked words gets the fallback.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from babel.dates import format_skeleton
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import city
from bot.channel import AlertCard, Choice, Outgoing, Text
from bot.languages import ascii_digits, complete, registered
from bot.line.messages import utf16_units
from bot.models import Area, City, MachineText, StockText
from bot.models.broadcasts import REVIEWED, Broadcast, Policy
from bot.runtime import Runtime
from broadcasts.templates import LINES, Template, templates

LONGEST_TEXT = 400
"""UTF-16 units of one alert's text, the marks of drills and origins not counted."""
AREAS_NAMED = 3
ALERTS = "alerts"
PLAIN_JAPANESE, JAPANESE, ENGLISH = "ja-x-easy", "ja", "en"

_LAST_BLANK = re.compile(r"\s*\{(\w+)\}$")


@dataclass(frozen=True)
class Wording:
    """A notice's words in one language: what staff preview and what is frozen at submission.

    `parts` are the filled lines by name, with `name` and `action`; `others` the languages a
    fallback borrows from, in order. `problem` is why it cannot go out as it is, or empty.
    """

    language: str
    origin: str
    review: str
    reviewed_by: str | None
    parts: Mapping[str, str]
    others: tuple["Wording", ...] = ()
    problem: str = ""

    @property
    def is_reviewed(self) -> bool:
        return self.review in REVIEWED and self.origin != "fallback"

    @property
    def lines(self) -> list[str]:
        return [self.parts[name] for name in (*LINES, "source") if self.parts.get(name)]

    @property
    def units(self) -> int:
        """The length of its longest text in UTF-16 units, without marks."""
        texts = self.others or (self,)
        return max(utf16_units("\n".join(text.lines)) for text in texts)


class Desk:
    """Everything needed to word one notice: the city's facts, names and stock texts."""

    def __init__(self, session: Session, runtime: Runtime, broadcast: Broadcast) -> None:
        self._session = session
        self._runtime = runtime
        self._broadcast = broadcast
        row = session.get(City, 1)
        self._facts: dict[str, Any] = row.facts if row else {}
        self._policy = session.get(Policy, broadcast.severity)
        self.template: Template = templates()[broadcast.template_id]

    def wordings(self) -> list[Wording]:
        """The notice in every registered language, best first where a language has a choice."""
        made = self._made()
        usable = {tag: found for tag, found in made.items() if found and self._may_go(found)}
        usable |= {tag: found for tag, found in self._kept(made).items() if tag not in usable}
        return [usable.get(known.tag) or self._fallback(known.tag, made) for known in registered()]

    def fallback(self, tag: str) -> Wording:
        """What its readers get where there are no words in a language."""
        return self._fallback(tag, self._made())

    def _made(self) -> dict[str, Wording | None]:
        return {tag: self._from_template(tag) for tag in self._complete_tags()}

    def draft(self, tag: str) -> Wording | None:
        """The template's words in a language whoever vouches for them, or None where there is none
        or a blank was not written in it.
        """
        return self._from_template(tag) if tag in self._complete_tags() else None

    def _complete_tags(self) -> list[str]:
        return [known.tag for known in complete(ALERTS)]

    def _may_go(self, wording: Wording) -> bool:
        """Reviewed text always; drafted text only where an admin allowed it for this severity."""
        if wording.review in REVIEWED or wording.origin == "person":
            return True
        return self._policy is not None and self._policy.drafted_allowed

    def for_machine(self) -> dict[str, dict[str, str]]:
        """The Japanese a machine may put into each language that would get the fallback, in pieces;
        empty where the policy of the severity allows no machine.
        """
        return self._for_machine(self._made()) if self._machine_may_write else {}

    @property
    def _machine_may_write(self) -> bool:
        return self._policy is not None and self._policy.machine_allowed

    def _for_machine(self, made: Mapping[str, Wording | None]) -> dict[str, dict[str, str]]:
        japanese = made.get(JAPANESE)
        if not self._machine_may_write or japanese is None or not self._may_go(japanese):
            return {}
        lacking = [
            tag
            for tag, found in made.items()
            if tag not in (JAPANESE, PLAIN_JAPANESE) and not (found and self._may_go(found))
        ]
        pieces = {tag: self._written(tag) or self._lines(tag) for tag in lacking}
        return {tag: found for tag, found in pieces.items() if found}

    def _written(self, tag: str) -> dict[str, str]:
        """What staff wrote in Japanese and not in this language, by blank."""
        if self._broadcast.kind == "cancel":
            return {}
        texts = {
            blank.name: self._broadcast.blanks.get(blank.name) or {}
            for blank in self.template.blanks
            if blank.kind == "text"
        }
        return {name: of[JAPANESE] for name, of in texts.items() if of.get(JAPANESE)
                and not of.get(tag)}  # fmt: skip

    def _lines(self, tag: str) -> dict[str, str]:
        """The Japanese lines, with the names, places and times of this language in their blanks:
        no machine translates those, nor the name of a warning, nor the time at the end.
        """
        japanese, stock, values = self._stock(JAPANESE), self._stock(tag), self._line_values(tag)
        if japanese is None or stock is None:
            return {}
        lines = {name: japanese.parts[name] for name in LINES if name in japanese.parts}
        lines = {"action": japanese.parts["action"]} | lines
        lines["headline"] = lines["headline"].replace(
            f"【{japanese.parts['name']}】", f"【{stock.parts['name']}】"
        )
        last = _LAST_BLANK.search(lines.get("decided", ""))
        if last and values.get(last[1]):
            lines["decided"] = _LAST_BLANK.sub("", lines["decided"])
        elif last:
            del lines["decided"]  # until somebody writes when it was decided
        filled = {name: _filled(line, values) for name, line in lines.items()}
        return {name: text for name, text in filled.items() if text}

    def _line_values(self, tag: str) -> dict[str, str]:
        written = {blank.name: "-" for blank in self.template.blanks if blank.kind == "text"}
        return self._values(tag, written) or {}

    def _kept(self, made: Mapping[str, Wording | None]) -> dict[str, Wording]:
        """What a machine made of just these words, where it was found to be usable."""
        asked = self._for_machine(made)
        rows = machine_texts(self._session, self._broadcast) if asked else {}
        fits = {
            tag: rows[tag]
            for tag, pieces in asked.items()
            if tag in rows and rows[tag].source == mark(pieces) and not rows[tag].problem
        }
        kept = {tag: self.by_machine(tag, row.pieces) for tag, row in fits.items()}
        return {tag: found for tag, found in kept.items() if found and not found.problem}

    def by_machine(self, tag: str, pieces: Mapping[str, str]) -> Wording | None:
        """The notice with a machine's words for the pieces of `for_machine`."""
        if self._written(tag):
            found = self._from_template(tag, pieces)
            return found and replace(found, origin="machine", review="drafted", reviewed_by=None)
        stock, japanese, values = self._stock(tag), self._stock(JAPANESE), self._line_values(tag)
        if stock is None or japanese is None:
            return None
        parts = dict(pieces) | {
            "name": stock.parts["name"],
            "source": self._runtime.words.text(tag, "alert.source", **values),
        }
        last = _LAST_BLANK.search(japanese.parts.get("decided", ""))
        if last and "decided" in pieces:
            time = values.get(last[1], "")
            parts["decided"] = f"{pieces['decided']} {time}" if time else ""
        parts = {name: text for name, text in parts.items() if text}
        return self._measured(Wording(tag, "machine", "drafted", None, parts))

    def _from_template(
        self, tag: str, by_machine: Mapping[str, str] | None = None
    ) -> Wording | None:
        """The template's words with the blanks filled; None where a text is missing."""
        stock = self._stock(tag)
        values = self._values(tag, by_machine or {})
        if stock is None or values is None:
            return None
        written = any(blank.kind == "text" for blank in self.template.blanks)
        parts = {name: _filled(stock.parts[name], values) for name in LINES if name in stock.parts}
        parts |= {
            "name": stock.parts["name"],
            "action": _filled(stock.parts["headline" if written else "action"], values),
            "source": self._runtime.words.text(tag, "alert.source", **values),
        }
        wording = Wording(
            language=tag,
            origin="person" if written else "template",
            review="adopted" if written else stock.review,
            reviewed_by=None if written else stock.reviewed_by,
            parts={name: text for name, text in parts.items() if text},
        )
        return self._measured(wording)

    def _measured(self, wording: Wording) -> Wording:
        """With its problem, if it is too long; an Update's headline then gets its mark."""
        if wording.units > LONGEST_TEXT:
            wording = replace(wording, problem="too_long")
        if self._broadcast.kind == "update":
            update = self._runtime.words.text(wording.language, "alert.update_mark")
            headline = f"{update}{wording.parts['headline']}"
            wording = replace(wording, parts={**wording.parts, "headline": headline})
        return wording

    def _stock(self, tag: str) -> StockText | None:
        key = "cancel" if self._broadcast.kind == "cancel" else self.template.id
        found = self._session.get(StockText, ("alert", key, tag))
        if found is None or self._broadcast.kind != "cancel":
            return found
        name = self._session.get(StockText, ("alert", self.template.id, tag))
        if name is None:
            return None
        return StockText(
            parts={**found.parts, "name": name.parts["name"]},
            review=found.review,
            reviewed_by=found.reviewed_by,
        )

    def _values(self, tag: str, by_machine: Mapping[str, str]) -> dict[str, str] | None:
        """What the blanks become in one language; None where a text was not written in it, and no
        machine did.
        """
        broadcast = self._broadcast
        stock = self._session.get(StockText, ("alert", self.template.id, tag))
        values = {
            "city": city.named(self._facts.get("city", {}).get("name", {}), tag),
            "areas": self.area_names(tag, short=True),
            "link": public_link(self._runtime, broadcast),
            "decided_at": self._decided_at(tag),
            "issuer": self.issuer(tag),
            "name": stock.parts["name"] if stock else "",
        }
        for blank in self.template.blanks:
            value = broadcast.blanks.get(blank.name)
            if blank.kind == "text":
                text = (value or {}).get(tag, "") or by_machine.get(blank.name, "")
                if not text and blank.required:
                    return None
                values[blank.name] = text
            else:
                values[blank.name] = self._value(blank.kind, value, tag)
        return values

    def _decided_at(self, tag: str) -> str:
        """When it was decided; what passes no decision on is the city's word of this moment."""
        broadcast = self._broadcast
        passes_on = self.template.decision and broadcast.kind != "cancel"
        moment = broadcast.decided_at or (None if passes_on else self._runtime.clock.now())
        return moment_in(tag, moment) if moment else ""

    def issuer(self, tag: str) -> str:
        """Who decided, in a language where the city's facts name them in it."""
        issuers = self._facts.get("issuers", {}).values()
        known = (names for names in issuers if names.get("ja") == self._broadcast.issuer)
        return city.named(next(known, {"ja": self._broadcast.issuer}), tag)

    def _value(self, kind: str, value: Any, tag: str) -> str:
        if not value:
            return ""
        if kind in ("place", "places"):
            ids = value if isinstance(value, list) else [value]
            return self._runtime.words.text(tag, "list.separator").join(
                self._place_name(id, tag) for id in ids
            )
        if kind == "time":
            return moment_in(tag, datetime.fromisoformat(value))
        return str(value)

    def _place_name(self, id: str, tag: str) -> str:
        """A place of the city's list in this language; anything else as it was written."""
        for place in self._facts.get("places", ()):
            if place["id"] == id:
                return city.named(place["names"], tag)
        return id

    def area_names(self, tag: str, *, short: bool) -> str:
        """The areas by name; with `short` more than three are only hinted at."""
        words = self._runtime.words
        name = city.named(self._facts.get("city", {}).get("name", {}), tag)
        ids = self._broadcast.area_ids
        if not ids:
            return words.text(tag, "alert.whole_city", city=name)
        if short and len(ids) > AREAS_NAMED:
            return words.text(tag, "alert.more_areas", city=name)
        areas = self._session.scalars(
            select(Area).where(Area.id.in_(ids)).order_by(Area.position)
        ).all()
        return words.text(tag, "list.separator").join(city.named(a.names, tag) for a in areas)

    def _fallback(self, tag: str, made: Mapping[str, Wording | None]) -> Wording:
        """Plain Japanese and English, with a line in the reader's language."""
        usable = [made.get(other) for other in (PLAIN_JAPANESE, JAPANESE, ENGLISH)]
        allowed = [w for w in usable if w is not None and self._may_go(w)]
        japanese = [w for w in allowed if w.language != ENGLISH][:1]
        others = (*japanese, *(w for w in allowed if w.language == ENGLISH))
        first = others[0] if others else None
        return Wording(
            language=tag,
            origin="fallback",
            review="",
            reviewed_by=None,
            parts=first.parts if first else {},
            others=others,
            problem="" if first else "no_checked_text",
        )


def outgoing(
    desk: Desk, runtime: Runtime, broadcast: Broadcast, wording: Wording
) -> list[Outgoing]:
    """The messages of one rendition: the text, or two for a fallback, then the card."""
    texts = [
        Text(_marked(runtime, broadcast, part, wording)) for part in (wording.others or (wording,))
    ]
    return [*texts, alert_card(desk, runtime, broadcast, wording)]


def _marked(runtime: Runtime, broadcast: Broadcast, text: Wording, whole: Wording) -> str:
    """A text with the marks of a drill, first and last, and of where its words come from."""
    say = runtime.words.text
    lines = list(text.lines)
    if whole.origin == "fallback" and text is whole.others[0]:
        lines.insert(0, say(whole.language, "fallback.intro"))
    if text.origin == "machine":
        lines.append(machine_note(runtime, broadcast, text.language))
    elif text.review == "drafted":
        lines.append(say(text.language, "alert.origin.drafted"))
    if broadcast.drill:
        first, last = (say(text.language, f"alert.drill_{end}") for end in ("first", "last"))
        lines = [first, *lines, last]
    return "\n".join(lines)


def alert_card(desk: Desk, runtime: Runtime, broadcast: Broadcast, wording: Wording) -> AlertCard:
    """The card: the same facts to look at again, and what can be tapped."""
    tag, template, parts = wording.language, desk.template, wording.parts
    say = runtime.words.text
    cancelled = broadcast.kind == "cancel"
    color = template.level or template.color_level
    level = say(tag, "alert.level", level=template.level) if template.level else ""
    if cancelled:
        level = ""  # the level is what is not true any more
    facts = [
        ("", parts.get("whom", "")),
        (say(tag, "alert.where"), parts.get("where", "")),
        (say(tag, "alert.avoid"), parts.get("avoid", "")),
        (say(tag, "alert.hazard"), parts.get("hazard", "")),
        ("", say(tag, "safe.ask") if _asks_safety(broadcast) else ""),
    ]
    number = broadcast.number
    issuer = desk.issuer(tag)
    note = (
        say(tag, "alert.areas", areas=desk.area_names(tag, short=False)),
        parts.get("decided", ""),
        say(tag, "alert.issuer", issuer=issuer) if issuer else "",
        say(tag, "alert.until", time=moment_in(tag, broadcast.expires_at)),
        say(tag, "alert.number", number=number),
        origin_words(runtime, tag, wording.origin, wording.review, wording.reviewed_by or ""),
    )
    buttons = [Choice(say(tag, "alert.call_119.button"), uri="tel:119")]
    if template.hazard and not cancelled:
        where = f"do=places&hazard={template.hazard}"
        buttons.append(Choice(say(tag, "alert.sites.button"), action=where))
    buttons += _taps(runtime, broadcast, tag)
    return AlertCard(
        band=" ".join(filter(None, (level, parts["name"]))),
        color="other" if cancelled or color is None else str(color),
        drill=say(tag, "alert.drill_first") if broadcast.drill else "",
        action=parts["headline"] if cancelled else parts["action"],
        summary=_summary(runtime, broadcast, wording),
        facts=tuple((label, text) for label, text in facts if text),
        note=tuple(line for line in note if line),
        buttons=tuple(buttons),
    )


def _taps(runtime: Runtime, broadcast: Broadcast, tag: str) -> list[Choice]:
    """What can be answered; where the notice asks whether people are safe, that first."""
    say, number = runtime.words.text, broadcast.number
    taps = [
        Choice(say(tag, f"alert.{kind}.button"), action=f"do=ack&n={number}&kind={kind}")
        for kind in ("read", "not_understood", "help")
    ]
    if not _asks_safety(broadcast):
        return taps
    safe = Choice(say(tag, "safe.safe.button"), action=f"do=ack&n={number}&kind=safe")
    where = Choice(say(tag, "safe.where.button"), action=f"do=safe_where&n={number}")
    return [safe, taps[-1], where, *taps[:-1]]


def _asks_safety(broadcast: Broadcast) -> bool:
    return bool(broadcast.asks_safety) and broadcast.kind != "cancel"


def _summary(runtime: Runtime, broadcast: Broadcast, wording: Wording) -> str:
    say, tag = runtime.words.text, wording.language
    drill = say(tag, "alert.drill_first") if broadcast.drill else ""
    machine = f"({say(tag, 'alert.origin.machine')})" if wording.origin == "machine" else ""
    return " ".join(filter(None, (drill, wording.parts["headline"], machine)))


def origin_words(runtime: Runtime, tag: str, origin: str, review: str, by: str) -> str:
    """Where a text comes from and who vouches for it, in its own language."""
    say = runtime.words.text
    if origin == "template" and review in ("adopted", "reviewed"):
        return say(tag, f"alert.origin.template_{review}", by=by)
    if origin == "template":
        return say(tag, f"alert.origin.{review}")
    return say(tag, f"alert.origin.{origin}", network=by, by=by)


def machine_note(runtime: Runtime, broadcast: Broadcast, tag: str) -> str:
    """That a machine wrote it and nobody checked it, and where the Japanese stands."""
    link = f"{public_link(runtime, broadcast)}?lang={JAPANESE}"
    return runtime.words.text(tag, "alert.machine_note", link=link)


def machine_texts(session: Session, broadcast: Broadcast) -> dict[str, MachineText]:
    """What a machine made of a draft, by language; its number tells the draft, stored or not."""
    mine = select(MachineText).join(Broadcast).where(Broadcast.number == broadcast.number)
    return {row.language: row for row in session.scalars(mine)}


def mark(pieces: Mapping[str, str]) -> str:
    """Tells these words from any others: the SHA-256 of them, by name."""
    words = json.dumps(dict(sorted(pieces.items())), ensure_ascii=False)
    return sha256(words.encode()).hexdigest()


def public_link(runtime: Runtime, broadcast: Broadcast) -> str:
    """Where anybody can look the notice up."""
    return f"{runtime.settings.public_base_url}/n/{broadcast.number}"


def moment_in(tag: str, moment: datetime) -> str:
    """A day and time in Japan as it is written in a language: 9月12日 21:40, 12 Sep 21:40."""
    local = moment.astimezone(city.JAPAN)
    day = format_skeleton("MMMd", local, tzinfo=city.JAPAN, locale=city.locale_of(tag))
    return f"{ascii_digits(day)} {local:%H:%M}"


def _filled(line: str, values: Mapping[str, str]) -> str:
    """A line with its blanks filled; a line with an empty blank says nothing and is dropped."""
    used = [name for name in values if f"{{{name}}}" in line]
    if any(not values[name] for name in used):
        return ""
    return line.format(**values)


def missing_decision(template: Template, broadcast: Broadcast) -> Iterable[str]:
    """Which of who, when and number a template that passes a decision on still lacks."""
    if not template.decision or broadcast.kind == "cancel":
        return ()
    given = {
        "issuer": broadcast.issuer.strip(),
        "decided_at": broadcast.decided_at,
        "decision_number": broadcast.decision_number.strip(),
    }
    return tuple(name for name, value in given.items() if not value)


def missing_blanks(template: Template, blanks: Mapping[str, Any]) -> Sequence[str]:
    """The names of the blanks that must be filled and are not; a text at least in Japanese."""
    given = {
        name: value.get(JAPANESE) if isinstance(value, Mapping) else value
        for name, value in blanks.items()
    }
    return [blank.name for blank in template.blanks if blank.required and not given.get(blank.name)]
