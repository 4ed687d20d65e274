"""文: every template, answer and canned reply in every language, and who vouches for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import normalize

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.languages import UnknownLanguage, complete, language, registered
from bot.models import StockText, TextVersion
from bot.runtime import Runtime
from broadcasts import stock_texts
from broadcasts.drafting import ALERTS, LONGEST_TEXT
from broadcasts.stock_texts import JAPANESE, KINDS, Problem, Proofreader
from handlers.console import networks_questions
from handlers.console.changes import staff_names
from handlers.console.language import _, current, day_and_time, language_name
from handlers.console.permissions import the_staff
from handlers.console.texts_words import errors as errors_of
from handlers.console.texts_words import words

blueprint = Blueprint("texts", __name__)

STATES = ("missing", "problem", "outdated", "drafted", "adopted", "reviewed", "official")
"""What a text is, worst first."""
NEEDS_WORK = ("missing", "problem", "outdated", "drafted")
_NAME_LENGTH = 100


@dataclass(frozen=True)
class Cell:
    """One text in one language, or its absence."""

    key: str
    tag: str
    state: str


@dataclass(frozen=True)
class Line:
    """One text in the languages that are shown."""

    title: str
    title_language: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    """How far one language is: numbers of texts by state, of the kind that is shown."""

    tag: str
    numbers: Mapping[str, int]

    @property
    def work(self) -> int:
        return sum(self.numbers.get(state, 0) for state in NEEDS_WORK)


@dataclass(frozen=True)
class Version:
    """A line of a text's history: what happened, and the words as they were before it."""

    at: str
    by: str
    what: str
    review: str
    parts: Mapping[str, str]


class Shelf:
    """All texts of one kind, each held to its Japanese. `tags` are the languages that have any."""

    def __init__(self, session: Session, runtime: Runtime, kind: str) -> None:
        self.kind = kind
        self.keys = stock_texts.keys(session, runtime, kind)
        rows = session.scalars(select(StockText).where(StockText.kind == kind))
        self.texts = {(row.key, row.language): row for row in rows}
        there = {tag for _key, tag in self.texts} or {JAPANESE}
        self.tags = [known.tag for known in registered() if known.tag in there]
        self._outdated = stock_texts.outdated(session, kind)
        self._proofreader = Proofreader(session, runtime)

    def problems(self, key: str, tag: str, parts: Mapping[str, str]) -> list[Problem]:
        japanese = self.texts.get((key, JAPANESE))
        same = japanese.parts if japanese else None
        return self._proofreader.problems(self.kind, key, tag, parts, same)

    def is_outdated(self, key: str, tag: str) -> bool:
        """Whether its Japanese was changed since anybody touched it."""
        return (key, tag) in self._outdated

    def state(self, key: str, tag: str) -> str:
        text = self.texts.get((key, tag))
        if text is None:
            return "missing"
        if self.problems(key, tag, text.parts):
            return "problem"
        return "outdated" if self.is_outdated(key, tag) else text.review

    def title(self, key: str) -> tuple[str, str]:
        """What staff call a text, and the language that is in."""
        for tag in (current(), JAPANESE):
            text = self.texts.get((key, tag))
            if text is not None:
                return text.parts.get("title") or text.parts.get("name") or key, tag
        return key, "und"

    def can_be_adopted(self, text: StockText) -> bool:
        """Whether adopting says something new: not of a text that counts as reviewed."""
        return text.review == "drafted" or self.is_outdated(text.key, text.language)

    def adoptable(self, tag: str) -> list[StockText]:
        """Drafted texts without a problem, in the order of the page."""
        found = [self.texts.get((key, tag)) for key in self.keys]
        return [
            text
            for text in found
            if text is not None
            and text.review == "drafted"
            and not self.problems(text.key, tag, text.parts)
        ]


@blueprint.get("/texts")
def page() -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else KINDS[0]
    tag, state = request.args.get("language", ""), request.args.get("state", "")
    with runtime.database.read() as session:
        shelf = Shelf(session, runtime, kind)
    tags = [known.tag for known in registered() if known.tag in {tag, *shelf.tags}]
    states = {(key, tag): shelf.state(key, tag) for key in shelf.keys for tag in tags}
    return render_template(
        "console/texts.html",
        kind=kind,
        kinds=KINDS,
        chosen_language=tag if tag in tags else "",
        chosen_state=state if state in STATES else "",
        states=STATES,
        columns=[_column(tag, states) for tag in tags],
        lines=_lines(shelf, states, tag if tag in tags else "", state if state in STATES else ""),
        unused=_unused(kind),
        words=words(),
    )


def _column(tag: str, states: Mapping[tuple[str, str], str]) -> Column:
    mine = [state for (_key, other), state in states.items() if other == tag]
    return Column(tag, {state: mine.count(state) for state in STATES if state in mine})


def _lines(shelf: Shelf, states: Mapping[tuple[str, str], str], tag: str, state: str) -> list[Line]:
    """What the filters leave, the worst gaps first."""
    found = []
    for key in shelf.keys:
        cells = tuple(
            Cell(key, known.tag, states[key, known.tag])
            for known in registered()
            if (key, known.tag) in states
            and (not tag or known.tag == tag)
            and (not state or states[key, known.tag] == state)
        )
        if cells:
            found.append(Line(*shelf.title(key), cells))
    return sorted(found, key=lambda line: min(STATES.index(cell.state) for cell in line.cells))


def _unused(kind: str) -> list[str]:
    """Languages in which notices do not use templates yet."""
    used = {known.tag for known in complete(ALERTS)}
    return [known.tag for known in registered() if kind == "alert" and known.tag not in used]


@blueprint.get("/texts/<kind>/<key>/<tag>")
def text(kind: str, key: str, tag: str) -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        begun = _from_answer(session, runtime, key, tag)
        return _text_page(session, runtime, (kind, key, tag), begun)


def _from_answer(
    session: Session, runtime: Runtime, key: str, tag: str
) -> Mapping[str, str] | None:
    """The words to begin from where the page was opened with a key person's `answer`."""
    answer = networks_questions.answer_of(session, runtime, request.args.get("answer", ""))
    if answer is None or not the_staff().may("approver"):
        return None
    row = session.get(StockText, ("faq", key, tag))
    return {**(row.parts if row else {}), "text": answer}


@blueprint.post("/texts/<kind>/<key>/<tag>")
def edit(kind: str, key: str, tag: str) -> Response | tuple[str, int]:
    """Save changed words: they are drafted again, and the earlier ones are kept."""
    runtime: Runtime = current_app.extensions["runtime"]
    place = kind, key, tag
    with runtime.database.write() as session:
        shelf, now = _shelf_with(session, runtime, place), runtime.clock.now()
        names = _part_names(shelf, key, tag)
        parts = {name: stock_texts.cleaned(request.form.get(f"part-{name}", "")) for name in names}
        old = shelf.texts.get((key, tag))
        if _seen_other(old):
            errors = {"edit": _("Somebody changed this text meanwhile. Compare, then save again.")}
            return _text_page(session, runtime, place, parts, errors), 409
        errors = errors_of(shelf.problems(key, tag, parts))
        if errors:
            return _text_page(session, runtime, place, parts, errors), 422
        if old is None or dict(old.parts) != parts:
            stock_texts.change(session, place, parts, the_staff(), now)
            flash(_("Saved. The text is drafted until somebody adopts it."))
        else:
            flash(_("Nothing changed: these are the words that were there."))
    return redirect(url_for("console.texts.text", kind=kind, key=key, tag=tag))


@blueprint.post("/texts/<kind>/<key>/<tag>/adopt")
def adopt(kind: str, key: str, tag: str) -> Response | tuple[str, int]:
    """Take responsibility for the words that were shown, by name."""
    return _vouch((kind, key, tag), "adopt")


@blueprint.post("/texts/<kind>/<key>/<tag>/review")
def review(kind: str, key: str, tag: str) -> Response | tuple[str, int]:
    """Write down which native speaker reviewed the words that were shown."""
    return _vouch((kind, key, tag), "review")


def _vouch(place: tuple[str, str, str], what: str) -> Response | tuple[str, int]:
    runtime: Runtime = current_app.extensions["runtime"]
    kind, key, tag = place
    reviewer = " ".join(request.form.get("reviewer", "").split())
    with runtime.database.write() as session:
        shelf, now, staff = _shelf_with(session, runtime, place), runtime.clock.now(), the_staff()
        row = shelf.texts.get((key, tag)) or abort(404)
        if _seen_other(row):
            said = _("Somebody changed this text meanwhile. Read it again first.")
            return _text_page(session, runtime, place, errors={"text": said}), 409
        if shelf.problems(key, tag, row.parts):
            said = _("This text has problems. Mend them first.")
            return _text_page(session, runtime, place, errors={"text": said}), 422
        if what == "adopt" and not shelf.can_be_adopted(row):
            flash(_("Nothing changed: this text was vouched for already."))
        elif what == "adopt":
            stock_texts.adopt(session, row, staff, now)
            flash(_("Adopted by %(name)s.", name=staff.name))
        elif not reviewer or len(reviewer) > _NAME_LENGTH:
            said = _("Enter the name of the person who reviewed it, at most 100 characters.")
            return _text_page(session, runtime, place, errors={"reviewer": said}), 422
        else:
            stock_texts.review(session, row, reviewer, staff, now)
            flash(_("Written down: reviewed by %(name)s.", name=reviewer))
    return redirect(url_for("console.texts.text", kind=kind, key=key, tag=tag))


@blueprint.get("/texts-adopt/<kind>/<tag>")
def many(kind: str, tag: str) -> str:
    """All drafted texts of a language to read, and one place to adopt them."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        return _many_page(_shelf(session, runtime, kind, tag), tag)


@blueprint.post("/texts-adopt/<kind>/<tag>")
def adopt_many(kind: str, tag: str) -> Response | tuple[str, int]:
    """Adopt exactly the texts that were shown, if their number and words are still the same."""
    runtime: Runtime = current_app.extensions["runtime"]
    staff, typed = the_staff(), request.form.get("name", "")
    with runtime.database.write() as session:
        shelf = _shelf(session, runtime, kind, tag)
        rows = shelf.adoptable(tag)
        if stock_texts.fingerprint(rows) != request.form.get("seen"):
            said = _("The texts are not those you read any more. Read them again.")
            return _many_page(shelf, tag, {"texts": said}), 409
        if _without_spaces(typed) != _without_spaces(staff.name):
            said = _("Type your own name as it is in your account: %(name)s", name=staff.name)
            return _many_page(shelf, tag, {"name": said}), 422
        for row in rows:
            stock_texts.adopt(session, row, staff, runtime.clock.now())
        flash(
            _(
                "%(name)s adopted %(number)s texts in %(language)s.",
                name=staff.name,
                number=len(rows),
                language=language_name(tag),
            )
        )
    return redirect(url_for("console.texts.page", kind=kind, language=tag))


def _shelf(session: Session, runtime: Runtime, kind: str, tag: str) -> Shelf:
    """The texts of a kind; 404 where kind or language do not exist."""
    try:
        known = language(tag).tag == tag
    except UnknownLanguage:
        known = False
    if kind not in KINDS or not known:
        abort(404)
    return Shelf(session, runtime, kind)


def _shelf_with(session: Session, runtime: Runtime, place: tuple[str, str, str]) -> Shelf:
    kind, key, tag = place
    shelf = _shelf(session, runtime, kind, tag)
    if key not in shelf.keys:
        abort(404)
    return shelf


def _part_names(shelf: Shelf, key: str, tag: str) -> list[str]:
    """The parts a text has: those of the Japanese, in its order."""
    found = shelf.texts.get((key, JAPANESE)) or shelf.texts.get((key, tag))
    return list(found.parts) if found else []


def _seen_other(row: StockText | None) -> bool:
    """Whether the words are not those that stood on the page any more."""
    return request.form.get("seen", "") != (stock_texts.fingerprint([row]) if row else "")


def _text_page(
    session: Session,
    runtime: Runtime,
    place: tuple[str, str, str],
    entered: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    kind, key, tag = place
    shelf = _shelf_with(session, runtime, place)
    row, japanese = shelf.texts.get((key, tag)), shelf.texts.get((key, JAPANESE))
    title, title_language = shelf.title(key)
    problems = shelf.problems(key, tag, row.parts) if row else []
    longest = Proofreader(session, runtime).longest_units(tag, row.parts) if row else 0
    return render_template(
        "console/text.html",
        kind=kind,
        key=key,
        tag=tag,
        title=title,
        title_language=title_language,
        row=row,
        japanese=japanese if tag != JAPANESE else None,
        state=shelf.state(key, tag),
        can_be_adopted=row is not None and not problems and shelf.can_be_adopted(row),
        can_be_reviewed=row is not None and not problems and row.review != "official",
        outdated=shelf.is_outdated(key, tag),
        names=_part_names(shelf, key, tag),
        entered=entered or (row.parts if row else {}),
        editing=entered is not None,
        errors=errors or {},
        problems=errors_of(problems),
        known_blanks=sorted(Proofreader(session, runtime).known_blanks(kind, key)),
        longest=longest if kind == "alert" and not problems else 0,
        limit=LONGEST_TEXT,
        waiting=stock_texts.waiting_notices(session, kind, key),
        unused=tag in _unused(kind),
        seen=stock_texts.fingerprint([row]) if row else "",
        versions=_versions(session, runtime, place),
        others=[Cell(key, other, shelf.state(key, other)) for other in shelf.tags],
        words=words(),
    )


def _many_page(shelf: Shelf, tag: str, errors: Mapping[str, str] | None = None) -> str:
    rows = shelf.adoptable(tag)
    drafted = [
        row for row in shelf.texts.values() if (row.language, row.review) == (tag, "drafted")
    ]
    return render_template(
        "console/texts_adopt.html",
        kind=shelf.kind,
        tag=tag,
        rows=[(row, shelf.texts.get((row.key, JAPANESE)), shelf.title(row.key)) for row in rows],
        left_out=len(drafted) - len(rows),
        seen=stock_texts.fingerprint(rows),
        errors=errors or {},
        words=words(),
    )


def _versions(session: Session, runtime: Runtime, place: tuple[str, str, str]) -> list[Version]:
    """The history, newest first."""
    kind, key, tag = place
    rows = session.scalars(
        select(TextVersion)
        .where(TextVersion.kind == kind, TextVersion.key == key, TextVersion.language == tag)
        .order_by(TextVersion.id.desc())
    ).all()
    names = staff_names(session)
    done = {
        "added": _("written"),
        "edited": _("changed"),
        "adopted": _("adopted"),
        "reviewed": _("review by a native speaker written down"),
    }
    now = runtime.clock.now()
    return [
        Version(
            at=day_and_time(row.at, now),
            by=names.get(row.by, row.by),
            what=done.get(row.what, row.what),
            review=row.review,
            parts=row.parts,
        )
        for row in rows
    ]


def _without_spaces(name: str) -> str:
    return "".join(normalize("NFKC", name).split())
