"""What staff may answer with: Japanese for a machine, the resident's language, a prepared text."""

from dataclasses import dataclass, replace
from typing import Self
from uuid import uuid4

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import city, conversations
from bot.models import Case, City, Message, Staff, StockText
from bot.runtime import Runtime
from bot.translation import JAPANESE

WAYS = ("japanese", "direct", "stock")


@dataclass(frozen=True)
class Entered:
    """The form of an answer as somebody filled it in.

    `once` names this form: what it sends goes out once. `newest` is the newest message that stood
    above it. `checked` is the translation its writer saw.
    """

    way: str = ""
    japanese: str = ""
    words: str = ""
    note: str = ""
    key: str = ""
    once: str = ""
    newest: int = 0
    checked: str = ""
    knowingly: bool = False

    @classmethod
    def from_request(cls) -> Self:
        way, once = request.form.get("way", ""), request.form.get("once", "")
        return cls(
            way=way if way in WAYS else "",
            japanese=_lines("japanese"),
            words=_lines("words"),
            note=_lines("note"),
            key=request.form.get("key", ""),
            once=once if 0 < len(once) <= 36 else str(uuid4()),
            newest=request.form.get("newest", 0, type=int),
            checked=_lines("checked"),
            knowingly="knowingly" in request.form,
        )


def _lines(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()


@dataclass(frozen=True)
class Prepared:
    """A text the city keeps ready: for staff, and as it goes out, "" where there is none."""

    key: str
    name: str
    japanese: str
    text: str
    drafted: bool


@dataclass(frozen=True)
class Composer:
    """The ways to answer this resident. `why_not` says of each way why it is not open, or ""."""

    entered: Entered
    language: str
    plain: bool
    why_not: dict[str, str]
    prepared: tuple[Prepared, ...]

    @property
    def way(self) -> str:
        """The way to begin with."""
        if self.entered.way:
            return self.entered.way
        return next((way for way in WAYS if not self.why_not[way]), "stock")


def composer(
    session: Session, runtime: Runtime, case: Case, staff: Staff, entered: Entered | None
) -> Composer:
    """The form for this case; what was typed stays in it."""
    tag = conversations.language_of(session, case)
    newest = session.scalars(
        select(Message.id).where(Message.case_id == case.id).order_by(Message.id.desc()).limit(1)
    ).first()
    blank = Entered(once=str(uuid4()), newest=newest or 0)
    return Composer(
        # Whoever sends it after being told has seen what was new.
        entered=replace(entered, newest=newest or 0) if entered else blank,
        language=tag,
        plain=tag in JAPANESE,
        why_not=_why_not(runtime, case, staff, tag),
        prepared=prepared(session, runtime, tag),
    )


def _why_not(runtime: Runtime, case: Case, staff: Staff, tag: str) -> dict[str, str]:
    """ "" for a way that is open, else a word for the reason."""
    translated = runtime.translator.is_on
    japanese = "protected" if case.protected else "" if translated else "no translator"
    speaks = staff.may("admin") or tag in staff.languages
    return {
        "japanese": "" if tag in JAPANESE else japanese,
        "direct": "same" if tag in JAPANESE else "" if speaks else "not spoken",
        "stock": "",
    }


def prepared(session: Session, runtime: Runtime, tag: str) -> tuple[Prepared, ...]:
    """The prepared answers, in Japanese for staff and in the language they go out in."""
    found = session.scalars(
        select(StockText)
        .where(StockText.kind == "reply", StockText.language.in_({"ja", tag}))
        .order_by(StockText.key)
    ).all()
    by_key = {(text.key, text.language): text for text in found}
    row = session.get(City, 1)
    facts = row.facts if row else {}

    def filled(text: StockText | None) -> str:
        if text is None:
            return ""
        words = city.filled(text.parts["text"], facts, text.language, runtime.words)
        mark = runtime.words.text(text.language, "answer.drafted")
        return f"{words}\n\n{mark}" if text.review == "drafted" else words

    return tuple(
        Prepared(
            key=key,
            name=text.parts["name"],
            japanese=filled(text),
            text=filled(by_key.get((key, tag))),
            drafted=(own := by_key.get((key, tag))) is not None and own.review == "drafted",
        )
        for (key, language), text in by_key.items()
        if language == "ja"
    )
