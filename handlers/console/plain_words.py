"""Hints for plain Japanese beside what staff or key persons write. Never in anybody's way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import city
from bot.languages import language
from bot.models import Area, City
from bot.models.broadcasts import Broadcast
from bot.plain_japanese import Finding, check
from bot.plain_japanese_grammar import LONGEST
from broadcasts.drafting import JAPANESE, PLAIN_JAPANESE
from broadcasts.templates import Blank, templates
from handlers.console.language import _, current

SHOWN = 12
"""Of one text; who has more to mend begins with these."""
CONTEXT = 8
"""Characters shown before and after the words."""
LONGEST_QUOTE = 28
_GRAVEST = ("evacuate_incomplete", "double_negation")


@dataclass(frozen=True)
class Hint:
    """One thing that may be hard: what it is, where it stands, what to do about it.

    `words` are as they were written, between what stands `before` and `after` them on the line.
    `times`: how often the same stands in the text.
    """

    what: str
    before: str
    words: str
    after: str
    advice: str
    times: int


@dataclass(frozen=True)
class Typed:
    """A Japanese text that was typed into a field, with its hints; `more` are not shown.

    `part` names it on the page, `label` is the field's name.
    """

    part: str
    label: str
    tag: str
    own_name: str
    hints: Sequence[Hint]
    more: int


def hints(session: Session, text: str, beside: str = "") -> list[Hint]:
    """What may be hard in a Japanese text, the gravest first, then in its order.

    `beside` is what its readers get together with it and is not looked at itself.
    """
    row = session.get(City, 1)
    facts: Mapping[str, Any] = row.facts if row else {}
    known = city.known_japanese(facts, session.scalars(select(Area.names)))
    together: dict[tuple[str, str], list[Finding]] = {}
    for finding in check(text, known, beside):
        together.setdefault((finding.kind, finding.words), []).append(finding)
    found = sorted(together.values(), key=lambda same: same[0].kind not in _GRAVEST)
    return [_hint(text, same) for same in found]


def of_notice(session: Session, broadcast: Broadcast) -> list[Typed]:
    """Every Japanese text of a notice that somebody typed. Plain Japanese stands first."""
    if broadcast.kind == "cancel":
        return []
    return [
        _typed(session, broadcast, blank, tag)
        for tag in (PLAIN_JAPANESE, JAPANESE)
        for blank in _written(broadcast, tag)
    ]


def _written(broadcast: Broadcast, tag: str) -> list[Blank]:
    """The blanks for texts that are filled in a language."""
    return [
        blank
        for blank in templates()[broadcast.template_id].blanks
        if blank.kind == "text" and (broadcast.blanks.get(blank.name) or {}).get(tag)
    ]


def _typed(session: Session, broadcast: Broadcast, blank: Blank, tag: str) -> Typed:
    texts = {other.name: broadcast.blanks[other.name][tag] for other in _written(broadcast, tag)}
    text = texts.pop(blank.name)
    label = blank.label_ja if current() == "ja" else blank.label_en
    return typed(session, blank.name, label, tag, text, beside="\n".join(texts.values()))


def typed(
    session: Session, name: str, label: str, tag: str, text: str, *, beside: str = ""
) -> Typed:
    """One Japanese text that somebody typed into the field `name`, with its hints."""
    found = hints(session, text, beside)
    return Typed(
        part=f"hints-{name}-{tag}",
        label=label,
        tag=tag,
        own_name=language(tag).own_name,
        hints=found[:SHOWN],
        more=max(0, len(found) - SHOWN),
    )


def _hint(text: str, same: Sequence[Finding]) -> Hint:
    first = same[0]
    places = {finding.start for finding in same}
    quoted = text[first.start : first.end]
    cut = len(quoted) > LONGEST_QUOTE
    line_start = text.rfind("\n", 0, first.start) + 1
    line_end = (text + "\n").index("\n", first.end)
    before = text[line_start : first.start]
    after = text[first.end : line_end]
    return Hint(
        what=_what(first.kind),
        before=("…" if len(before) > CONTEXT else "") + before[-CONTEXT:],
        words=quoted[:LONGEST_QUOTE] + "…" if cut else quoted,
        after="" if cut else after[:CONTEXT] + ("…" if len(after) > CONTEXT else ""),
        advice=_advice(same),
        times=len(places),
    )


def _what(kind: str) -> str:
    return {
        "long_sentence": _("Long sentence"),
        "several_facts": _("Several facts in one sentence"),
        "passive": _("Passive"),
        "double_negation": _("Two negations"),
        "hard_word": _("Hard word"),
        "loanword": _("Loanword"),
        "keigo": _("Polite form"),
        "evacuate_incomplete": _("Told to flee, but not everything is said"),
    }[kind]


def _advice(same: Sequence[Finding]) -> str:
    first = same[0]
    if first.kind == "evacuate_incomplete":
        places = {"who": _("who"), "from_where": _("from where"), "to_where": _("to where")}
        lacking = [places[finding.advice] for finding in same]
        return _("Add: %(missing)s", missing=_(", ").join(lacking))
    if first.advice == "replace":
        return _("Plainer: %(words)s", words=first.easier)
    return {
        "split": _("Make two of it: up to %(limit)s kana are easy to follow.", limit=LONGEST),
        "one_fact_each": _("Write one fact a sentence."),
        "say_who": _("Say who does it: 〜が 〜します."),
        "say_positively": _("Say it without negations."),
        "only_if": _("Say who can or what is needed: 〜だけ できます."),
        "must": _("Write 〜て ください."),
        "explain": _("Find a plainer word, or explain it in brackets."),
        "plain_form": _("Use the plain form: 〜ます."),
    }[first.advice]
