"""うわさ: what residents ask to be true, what the city found, and who is told.

One member of staff writes an answer, an approver who is somebody else lets it go out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.languages import complete
from bot.models import VERDICTS, Rumour, RumourAnswer, RumourQuestion, Staff
from bot.runtime import Runtime
from broadcasts import rumours
from broadcasts.drafting import PLAIN_JAPANESE
from broadcasts.rumour_answers import (
    current,
    is_in_force,
    key_persons,
    locked,
    page_link,
    proposed,
    text,
)
from broadcasts.rumour_matching import fold
from broadcasts.rumours import NotPossible
from handlers.console import plain_words, rumours_words
from handlers.console.language import _, clock_time
from handlers.console.notices_words import Names
from handlers.console.permissions import the_staff

blueprint = Blueprint("rumours", __name__, url_prefix="/rumours")

_ID = "int(max=2147483647)"
RUMOUR, ANSWER = f"<{_ID}:rumour_id>", f"<{_ID}:answer_id>"
LONGEST_CLAIM, LONGEST_SOURCE, LONGEST_LINK, LONGEST_REASON = 300, 200, 500, 280
LONGEST_LINE, LINES = 60, 20
SHORTEST_KEYWORDS = 4
"""Letters of all words of a line of keywords together, counted without spaces: two of Kanji or
kana are a word, but far too common a one.
"""
HOURS = (3, 6, 12, 24, 72, 168)
USUAL_HOURS = 24

Act = Callable[[Session, Runtime, Rumour, Staff, datetime], str]
"""Does something about a rumour whose row is held, and returns what to say."""


@dataclass(frozen=True)
class Written:
    """The form of an answer as somebody filled it in."""

    verdict: str = ""
    japanese: str = ""
    plain: str = ""
    english: str = ""
    source: str = ""
    link: str = ""
    hours: int = USUAL_HOURS
    network_ids: tuple[int, ...] = ()

    @classmethod
    def from_request(cls) -> "Written":
        given = {
            name: request.form.get(name, "").strip()
            for name in ("verdict", "japanese", "plain", "english", "source", "link")
        }
        hours = request.form.get("hours", USUAL_HOURS, type=int)
        return cls(**given, hours=hours, network_ids=tuple(request.form.getlist("network", int)))

    @classmethod
    def like(cls, answer: RumourAnswer) -> "Written":
        """To begin from: the words of an earlier answer; the verdict is found anew."""
        return cls(
            japanese=answer.japanese,
            plain=answer.plain,
            english=answer.english,
            source=answer.source,
            link=answer.link,
            network_ids=tuple(answer.network_ids),
        )

    def problems(self) -> dict[str, str]:
        """What cannot be accepted, by field."""
        found = {}
        if self.verdict not in VERDICTS:
            found["verdict"] = _("Choose what was found.")
        for name, needed in (("japanese", True), ("plain", True), ("english", False)):
            if not int(needed) <= len(getattr(self, name)) <= LONGEST_CLAIM:
                found[name] = _("Write at most %(number)s characters.", number=LONGEST_CLAIM)
        if not 0 < len(self.source) <= LONGEST_SOURCE:
            found["source"] = _("Say who told the city or where it was looked up.")
        if self.link and (len(self.link) > LONGEST_LINK or not _is_address(self.link)):
            found["link"] = _("Enter an address that begins with https://.")
        if self.hours not in HOURS:
            found["hours"] = _("Choose how long this answer holds.")
        return found


def _is_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)


@blueprint.get("")
def page() -> str:
    """What was asked and nobody has looked at yet, then every rumour."""
    return _list({})


def _list(errors: dict[str, str]) -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        lines = rumours_words.lines(session, now)
        return render_template(
            "console/rumours.html",
            waiting=rumours_words.waiting(session, now),
            lines=[line for line in lines if not line.ended],
            ended=[line for line in lines if line.ended],
            chosen=request.form.getlist("heard"),
            claim=request.form.get("claim", ""),
            longest=LONGEST_CLAIM,
            as_of=clock_time(now),
            errors=errors,
        )


@blueprint.post("/group")
def group() -> Response | tuple[str, int]:
    """The chosen words are about one rumour: a new one, or one there is."""
    runtime: Runtime = current_app.extensions["runtime"]
    staff, claim = the_staff(), request.form.get("claim", "").strip()
    rumour_id = request.form.get("rumour", type=int)
    if rumour_id is None and not 0 < len(claim) <= LONGEST_CLAIM:
        said = _("Say in Japanese what goes round, in at most %(number)s characters.",
                 number=LONGEST_CLAIM)  # fmt: skip
        return _list({"claim": said}), 422
    with runtime.database.write() as session:
        if rumour_id is None:
            rumour = Rumour(
                state="open", claim=claim, keywords=[],
                author_id=staff.id, created_at=runtime.clock.now(),
            )  # fmt: skip
            session.add(rumour)
            session.flush()
        else:
            rumour = locked(session, rumour_id) or abort(404)
        rows = _chosen(session, RumourQuestion.state == "waiting")
        number = rumours.group(session, runtime, rumour, rows, f"staff:{staff.id}")
        id = rumour.id
    flash(_("Questions put here: %(number)s.", number=number))
    return redirect(url_for("console.rumours.rumour", rumour_id=id), 303)


@blueprint.post("/case")
def to_case() -> Response:
    """The chosen words are no rumour: somebody answers them as cases."""
    runtime: Runtime = current_app.extensions["runtime"]
    by = f"staff:{the_staff().id}"
    with runtime.database.write() as session:
        rows = _chosen(session, RumourQuestion.state == "waiting")
        number = sum(rumours.pass_on(session, runtime, row, by) is not None for row in rows)
    flash(_("Questions that are cases now: %(number)s.", number=number))
    return redirect(url_for("console.rumours.page"), 303)


def _chosen(session: Session, which: ColumnElement[bool]) -> Sequence[RumourQuestion]:
    """The questions with the words that were ticked, also those that came in meanwhile."""
    return session.scalars(
        select(RumourQuestion)
        .where(RumourQuestion.fold.in_(request.form.getlist("heard")), which)
        .order_by(RumourQuestion.id)
        .with_for_update()
    ).all()


@blueprint.get(f"/{RUMOUR}")
def rumour(rumour_id: int) -> str:
    """A rumour: who asks, the answer, who is told, the words to pass on."""
    return _page(rumour_id, None, {})


def _page(rumour_id: int, written: Written | None, errors: dict[str, str]) -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        row = session.get(Rumour, rumour_id) or abort(404)
        names, networks = Names.load(session), rumours_words.network_names(session)
        newest, waits = current(session, row.id), proposed(session, row.id)
        of_rumour = select(RumourAnswer).where(RumourAnswer.rumour_id == row.id)
        answers = session.scalars(of_rumour.order_by(RumourAnswer.id.desc())).all()
        in_force = newest is not None and is_in_force(newest, now)
        shown = waits or (newest if in_force else None)
        form = written or (Written.like(answers[0]) if answers else Written(japanese=row.claim))
        return render_template(
            "console/rumour.html",
            rumour=row,
            heard=rumours_words.asked(session, row, now),
            languages_asked=rumours_words.by_language(session, row),
            networks_asked=rumours_words.by_network(session, row),
            networks=networks,
            proposed=waits and rumours_words.shown(session, names, waits, networks, now),
            newest=newest and rumours_words.shown(session, names, newest, networks, now),
            in_force=in_force,
            may_confirm=waits is not None and _may_confirm(waits, the_staff()),
            speakers=len(key_persons(session, waits)) if waits else 0,
            texts=_texts(runtime, shown, again=bool(waits and newest)) if shown else [],
            link=page_link(runtime, row.id),
            hints=_hints(session, waits) if waits else [],
            form=form,
            verdicts={id: rumours_words.verdict_word(id) for id in VERDICTS},
            hours=HOURS,
            longest={"claim": LONGEST_CLAIM, "source": LONGEST_SOURCE, "link": LONGEST_LINK},
            keywords=request.form.get("keywords") if "keywords" in errors else None,
            steps=rumours_words.history(session, names, row, answers, now),
            errors=errors,
        )


def _may_confirm(answer: RumourAnswer, staff: Staff) -> bool:
    return staff.may("approver") and answer.author_id != staff.id


def _texts(runtime: Runtime, answer: RumourAnswer, *, again: bool) -> list[tuple[str, str, str]]:
    """The answer in every language: tag, own name, the words as they are sent."""
    return [
        (known.tag, known.own_name, text(runtime, answer, known.tag, again=again))
        for known in complete("conversation")
    ]


def _hints(session: Session, answer: RumourAnswer) -> list[plain_words.Typed]:
    return [plain_words.typed(session, "plain", _("Claim"), PLAIN_JAPANESE, answer.plain)]


@blueprint.post(f"/{RUMOUR}")
def change(rumour_id: int) -> Response | tuple[str, int]:
    """What staff call it, and the words by which a question about it is known."""
    claim = request.form.get("claim", "").strip()
    lines = [" ".join(line.split()) for line in request.form.get("keywords", "").splitlines()]
    keywords = [line for line in lines if line]
    problems = {}
    if not 0 < len(claim) <= LONGEST_CLAIM:
        problems["claim"] = _("Write at most %(number)s characters.", number=LONGEST_CLAIM)
    if len(keywords) > LINES or any(_is_no_keyword(line) for line in keywords):
        problems["keywords"] = _(
            "At most %(lines)s lines; in each %(least)s letters or more, and at most %(most)s.",
            lines=LINES, least=SHORTEST_KEYWORDS, most=LONGEST_LINE,
        )  # fmt: skip
    if problems:
        return _page(rumour_id, None, problems), 422

    def act(session: Session, runtime: Runtime, row: Rumour, staff: Staff, now: datetime) -> str:
        row.claim, row.keywords = claim, keywords
        return _("Saved.")

    return _decide(rumour_id, act)


def _is_no_keyword(line: str) -> bool:
    return len(line) > LONGEST_LINE or len(fold(line)) < SHORTEST_KEYWORDS


@blueprint.post(f"/{RUMOUR}/take-out")
def take_out(rumour_id: int) -> Response:
    """The chosen words are about something else."""

    def act(session: Session, runtime: Runtime, row: Rumour, staff: Staff, now: datetime) -> str:
        rows = _chosen(session, RumourQuestion.rumour_id == row.id)
        number = rumours.take_out(session, rows, f"staff:{staff.id}", now)
        return _("Questions taken out: %(number)s. They wait in the list again.", number=number)

    return _decide(rumour_id, act)


@blueprint.post(f"/{RUMOUR}/answer")
def answer(rumour_id: int) -> Response | tuple[str, int]:
    """Put an answer before a second person."""
    written = Written.from_request()
    problems = written.problems()
    if problems:
        return _page(rumour_id, written, problems), 422

    def act(session: Session, runtime: Runtime, row: Rumour, staff: Staff, now: datetime) -> str:
        known = rumours_words.network_names(session)
        made = RumourAnswer(
            verdict=written.verdict,
            japanese=written.japanese,
            plain=written.plain,
            english=written.english,
            source=written.source,
            link=written.link,
            checked_at=now,
            expires_at=now + timedelta(hours=written.hours),
            network_ids=[id for id in written.network_ids if id in known],
        )
        rumours.propose(session, runtime, row, made, staff)
        return _("An approver who is somebody else must confirm it. Nothing is sent before.")

    return _decide(rumour_id, act)


@blueprint.post(f"/{RUMOUR}/answers/{ANSWER}/confirm")
def confirm(rumour_id: int, answer_id: int) -> Response:
    def act(session: Session, runtime: Runtime, row: Rumour, staff: Staff, now: datetime) -> str:
        number = rumours.confirm(session, runtime, row, _answer(session, row, answer_id), staff)
        return _("Confirmed. People who are told: %(number)s.", number=number)

    return _decide(rumour_id, act)


@blueprint.post(f"/{RUMOUR}/answers/{ANSWER}/withdraw")
def withdraw(rumour_id: int, answer_id: int) -> Response:
    """Take an answer back before it goes out; the form begins from its words."""

    def act(session: Session, runtime: Runtime, row: Rumour, staff: Staff, now: datetime) -> str:
        reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
        if not rumours.withdraw(session, _answer(session, row, answer_id), staff, reason, now):
            raise NotPossible("state")
        return _("Taken back. Nothing was sent. Write the answer anew.")

    return _decide(rumour_id, act)


@blueprint.post(f"/{RUMOUR}/end")
def end(rumour_id: int) -> Response:
    def act(session: Session, runtime: Runtime, row: Rumour, staff: Staff, now: datetime) -> str:
        reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
        rumours.end(session, row, f"staff:{staff.id}", reason, now)
        if row.state == "open":
            return _("Stopped. Some were not told yet and wait: write another answer.")
        return _("Ended. What LINE accepted before cannot be called back.")

    return _decide(rumour_id, act)


def _answer(session: Session, rumour: Rumour, answer_id: int) -> RumourAnswer:
    found = session.get(RumourAnswer, answer_id, populate_existing=True)
    return found if found and found.rumour_id == rumour.id else abort(404)


def _decide(rumour_id: int, act: Act) -> Response:
    """Do it with the rumour's row held and say what happened, or why not."""
    runtime: Runtime = current_app.extensions["runtime"]
    staff, now = the_staff(), runtime.clock.now()
    try:
        with runtime.database.write() as session:
            row = locked(session, rumour_id) or abort(404)
            flash(act(session, runtime, row, staff, now))
    except NotPossible as refused:
        flash(_why_not(refused.reason))
    return redirect(url_for("console.rumours.rumour", rumour_id=rumour_id), 303)


def _why_not(reason: str) -> str:
    return {
        "state": _("Nothing changed: somebody else was first. See what happened below."),
        "author": _("Somebody else must confirm it: you wrote it."),
        "expired": _("Its time is over. Write the answer anew."),
        "waits": _("Nothing changed: an answer waits for a second person."),
        "asked": _("Not yet: people wait for an answer. Answer, or take their questions out."),
    }[reason]
