"""A notice's relay: who carries it into which network, and the texts that wait for a release."""

import csv
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import sha256
from io import StringIO

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from bot.city import JAPAN
from bot.models import Network, Relay, TextClaim
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from broadcasts import reading, relay_reading, relaying, text_claims
from broadcasts.sending import LOCK
from broadcasts.text_claims import NotPossible
from handlers.console import notices_sound, polling
from handlers.console.downloads import download
from handlers.console.language import _, clock_time, current, day_and_time, language_name
from handlers.console.networks_ids import CLAIM, RELAY
from handlers.console.networks_words import names_of, person_name, relay_word
from handlers.console.notices_relay_lines import Relayed, look
from handlers.console.notices_relay_words import claim_word, seen
from handlers.console.notices_words import band
from handlers.console.permissions import the_staff

blueprint = Blueprint("relay", __name__)

LONGEST_REASON = 280
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet would run."""

Act = Callable[[Session, Runtime, Broadcast, str], str]
"""Does something for a notice, as whom, and returns what to say. Raises `NotPossible`."""


class TooLate(Exception):
    """Somebody was first; `str()` says who and what."""


@blueprint.get("/<number>/relay")
def page(number: str) -> str:
    """Every language and network of a notice; what needs somebody stands on top."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        broadcast = _sent(session, number)
        names = names_of(session)
        relayed = look(session, runtime, broadcast, names, now)
        color, level = band(broadcast)
        return render_template(
            "console/notice_relay.html",
            broadcast=broadcast,
            subject=names.subject(broadcast),
            color=color,
            level=level,
            drill=broadcast.drill,
            newest=reading.newest(session, broadcast).number,
            relayed=relayed,
            sounds=notices_sound.shown(session, broadcast, now),
            etag=_etag(relayed),
            as_of=clock_time(now, seconds=True),
        )


@blueprint.get("/<number>/relay/news")
def news(number: str) -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        broadcast = _sent(session, number)
        names = names_of(session)
        relayed = look(session, runtime, broadcast, names, now)
        subject, (color, level) = names.subject(broadcast), band(broadcast)
    return polling.news(
        "console/notice_relay_news.html",
        _etag(relayed),
        now,
        broadcast=broadcast,
        subject=subject,
        color=color,
        level=level,
        relayed=relayed,
    )


@blueprint.get("/<number>/relay.csv")
def table(number: str) -> Response:
    """One line for each network and key person asked, and for each network nobody was asked in."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        broadcast = _sent(session, number)
        cells = StringIO()
        writer = csv.writer(cells)
        writer.writerow(_headings())
        writer.writerows([_harmless(cell) for cell in line] for line in _lines(session, broadcast))
    drill = f"{_('DRILL')}-" if broadcast.drill else ""
    return download(cells.getvalue(), "text/csv", f"{drill}relay-{broadcast.number}.csv")


def _headings() -> list[str]:
    return [
        _("Number"),
        _("Language"),
        _("Network"),
        _("Key person"),
        _("State"),
        _("Asked"),
        _("Opened it"),
        _("Gave an answer"),
        _("Reported"),
        _("People reached, at least"),
    ]


def _lines(session: Session, broadcast: Broadcast) -> Iterable[list[str]]:
    relays = relay_reading.relays(session, broadcast)
    moves = relay_reading.moves(session, Relay, [row.id for row in relays])
    gaps = relay_reading.gaps(session, broadcast)
    for network in relay_reading.networks(session, broadcast):
        asked = [row for row in relays if row.network_id == network.id]
        begin = [broadcast.number, language_name(network.language), network.name]
        for row in asked:
            times = {move.to_state: move.at for move in reversed(moves[row.id])}
            answered = times.get("accepted") or times.get("declined")
            yield [
                *begin,
                person_name(row.key_person),
                relay_word(row, moves[row.id]),
                *map(_cell, (row.asked_at, row.opened_at, answered, times.get("relayed"))),
                "" if row.reached is None else str(row.reached) if row.reached else _("not known"),
            ]
        if network.id in gaps or not asked:
            yield [*begin, "", _state_of(network, gaps), "", "", "", "", ""]


def _state_of(network: Network, gaps: Iterable[int]) -> str:
    return _("Nobody is left to ask") if network.id in gaps else _("Nobody has been asked")


def _cell(moment: datetime | None) -> str:
    """A time in Japan as spreadsheets read it."""
    return f"{moment.astimezone(JAPAN):%Y-%m-%d %H:%M:%S}" if moment else ""


def _harmless(cell: str) -> str:
    """Names are other people's words: what would run as a formula stands there as text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


@blueprint.post(f"/<number>/relay/{RELAY}/next")
def ask_next(number: str, relay_id: int) -> AnyResponse:
    """Wait for this person no longer."""

    def act(session: Session, runtime: Runtime, broadcast: Broadcast, by: str) -> str:
        row = session.get(Relay, relay_id)
        if row is None or row.broadcast_id != broadcast.id:
            abort(404)
        if not relaying.ask_next(session, runtime, broadcast, row, by):
            raise TooLate(_first_for_relay(session, row, runtime.clock.now()))
        return _("The next key person of %(network)s is being asked.", network=row.network.name)

    return _decide(number, act)


@blueprint.post(f"/<number>/relay/texts/{CLAIM}/release")
def release(number: str, claim_id: int) -> AnyResponse:
    """Let a key person's text go out."""

    def act(session: Session, runtime: Runtime, broadcast: Broadcast, by: str) -> str:
        claim = _claim(session, broadcast, claim_id)
        _still_waits(session, claim, runtime.clock.now())
        if request.form.get("seen") != seen(claim):
            raise NotPossible("rewritten")
        people = relay_reading.would_get(session, broadcast, claim.language)
        text_claims.release(session, runtime, broadcast, claim, by)
        language = language_name(claim.language)
        return _(
            "Released in %(language)s. It goes to: %(number)s.", number=people, language=language
        )

    return _decide(number, act)


@blueprint.post(f"/<number>/relay/texts/{CLAIM}/return")
def give_back(number: str, claim_id: int) -> AnyResponse:
    """Ask the writer for a change."""

    def act(session: Session, runtime: Runtime, broadcast: Broadcast, by: str) -> str:
        claim = _claim(session, broadcast, claim_id)
        _still_waits(session, claim, runtime.clock.now())
        if not broadcast.is_active(runtime.clock.now()):
            raise NotPossible("over")
        if not text_claims.give_back(session, runtime, broadcast, claim, by, _why()):
            raise NotPossible("state")
        return _("Returned to %(name)s with your reason.", name=_writer(claim))

    return _decide(number, act)


@blueprint.post(f"/<number>/relay/texts/{CLAIM}/end")
def stop_writing(number: str, claim_id: int) -> AnyResponse:
    """Nobody waits for this text any more; somebody else may write one."""

    def act(session: Session, runtime: Runtime, broadcast: Broadcast, by: str) -> str:
        claim, now = _claim(session, broadcast, claim_id), runtime.clock.now()
        if not text_claims.give_up(session, claim, by, now):
            raise TooLate(_first_for_claim(session, claim, now))
        language = language_name(claim.language)
        return _("%(language)s: somebody else may write the text now.", language=language)

    return _decide(number, act)


@blueprint.post(f"/<number>/relay/texts/{CLAIM}/withdraw")
def withdraw(number: str, claim_id: int) -> AnyResponse:
    """Send no more of a released text."""

    def act(session: Session, runtime: Runtime, broadcast: Broadcast, by: str) -> str:
        claim, now = _claim(session, broadcast, claim_id), runtime.clock.now()
        if claim.rendition_id is None:
            raise TooLate(_first_for_claim(session, claim, now))
        if not broadcast.is_active(now):
            raise NotPossible("over")
        reason, id = _why(), claim.rendition_id
        if not text_claims.withdraw(session, runtime, broadcast, id, by, reason):
            raise TooLate(_first_for_claim(session, claim, now))
        return _("Stopped. Whoever was not sent it gets the text that was there before.")

    return _decide(number, act)


def _decide(number: str, act: Act) -> AnyResponse:
    """Do it in one transaction and say what happened, or why not; back to where it was pressed."""
    runtime: Runtime = current_app.extensions["runtime"]
    try:
        with runtime.database.write() as session:
            broadcast = _locked(session, number)
            flash(act(session, runtime, broadcast, f"staff:{the_staff().id}"))
    except TooLate as first:
        flash(str(first))
    except NotPossible as refused:
        flash(_why_not(refused.reason))
    if request.form.get("from") == "now":
        return redirect(url_for("console.now.page"))
    return redirect(url_for("console.notices.relay.page", number=number))


def _sent(session: Session, number: str) -> Broadcast:
    return reading.by_number(session, number) or abort(404)


def _locked(session: Session, number: str) -> Broadcast:
    found = _sent(session, number)
    session.refresh(found, with_for_update=LOCK)
    return found


def _claim(session: Session, broadcast: Broadcast, claim_id: int) -> TextClaim:
    claim = session.get(TextClaim, claim_id)
    return claim if claim and claim.broadcast_id == broadcast.id else abort(404)


def _writer(claim: TextClaim) -> str:
    return person_name(claim.relay.key_person)


def _why() -> str:
    """The reason that is demanded, as typed."""
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        raise NotPossible("reason")
    return reason


def _still_waits(session: Session, claim: TextClaim, now: datetime) -> None:
    if claim.state != "submitted":
        raise TooLate(_first_for_claim(session, claim, now))


def _first_for_claim(session: Session, claim: TextClaim, now: datetime) -> str:
    moves = relay_reading.claim_moves(session, [claim])[claim.id]
    if not moves:
        return _("Nothing changed.")
    last = moves[-1]
    return _was_first(session, last.by, claim_word(last.to_state), last.at, now)


def _first_for_relay(session: Session, row: Relay, now: datetime) -> str:
    moves = relay_reading.moves(session, Relay, [row.id])[row.id]
    if not moves:
        return _("Nothing changed.")
    return _was_first(session, moves[-1].by, relay_word(row, moves), moves[-1].at, now)


def _was_first(session: Session, by: str, what: str, at: datetime, now: datetime) -> str:
    return _(
        "Nothing changed: %(who)s was first (%(what)s, %(time)s).",
        who=names_of(session).who(by),
        what=what,
        time=day_and_time(at, now),
    )


def _why_not(reason: str) -> str:
    """Why a text was not released, returned or stopped, and what to do instead."""
    return {
        "over": _("The notice is over. Nothing of it is sent any more."),
        "suspended": _("The writer is suspended. Their text cannot be released."),
        "reviewed": _("There is a checked text in this language already. It is the better one."),
        "rewritten": _("The writer changed the text after you opened it. Read it again."),
        "reason": _("Write a reason. The writer needs it."),
        "state": _("Nothing changed."),
    }[reason]


def _etag(relayed: Relayed) -> str:
    return sha256(repr((relayed, current())).encode()).hexdigest()[:32]
