"""A notice on its way: what LINE accepted, what waits, what failed and why, and who tapped what.

Who got one text and then a better one stands in the lines of both, and counts once: by the later.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import floor

from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from bot.models import Staff, TextClaim
from bot.models.broadcasts import Broadcast, Rendition
from bot.runtime import Runtime
from broadcasts import reading, relay_reading, sending
from broadcasts.sending import NotPossible
from handlers.console import notices_safety, polling
from handlers.console.language import _, current, language_name
from handlers.console.notices_approval import decide
from handlers.console.notices_preview import frozen, own_name, who_gets
from handlers.console.notices_safety import Safety
from handlers.console.notices_words import Names, Step, history, review_name, state_name

blueprint = Blueprint("live", __name__)

TAPS = ("read", "not_understood", "help")
WAITING = ("planned", "queued", "sending")


@dataclass(frozen=True)
class Count:
    """People by how far their text came. `waiting` has not been asked of LINE or is under way."""

    people: int = 0
    accepted: int = 0
    waiting: int = 0
    unclear: int = 0
    failed: int = 0
    stopped: int = 0

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """Kind, start and width of each part of a bar that is 100 wide."""
        parts, start = [], 0.0
        for kind in ("accepted", "unclear", "failed", "waiting", "stopped"):
            width = 100 * getattr(self, kind) / self.people if self.people else 0.0
            if width:
                parts.append((kind, round(start, 2), round(width, 2)))
            start += width
        return parts

    @property
    def percent(self) -> int:
        """How much LINE accepted; 100 only when it is all."""
        return floor(100 * self.accepted / self.people) if self.people else 0


@dataclass(frozen=True)
class Line:
    """One text: how far it came, why something failed, and what to do about it. `replaced` says
    why it goes to nobody any more, "" while it is its language's text.
    """

    tag: str
    name: str
    own_name: str
    review: str
    text: str
    count: Count
    problems: tuple[tuple[str, int, str], ...]
    replaced: str = ""


@dataclass(frozen=True)
class Tapped:
    """How many tapped each button, of one language or area."""

    name: str
    read: int
    not_understood: int
    help: int


@dataclass(frozen=True)
class Progress:
    """Everything of the page that moves."""

    state: str
    state_word: str
    total: Count
    lines: tuple[Line, ...]
    by_language: tuple[Tapped, ...]
    by_area: tuple[Tapped, ...]
    taps: Tapped
    safety: Safety | None
    last: Step


@blueprint.get("/<number>/news")
def news(number: str) -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        broadcast = session.scalars(select(Broadcast).where(Broadcast.number == number)).first()
        if broadcast is None:
            abort(404)
        progress = look(session, broadcast, now)
    shown = request.args.get("shown", broadcast.state)
    return polling.news(
        "console/notice_live_news.html",
        etag_of(progress, shown),
        now,
        broadcast=broadcast,
        progress=progress,
        shown=shown,
    )


@blueprint.post("/<number>/pause")
def pause(number: str) -> AnyResponse:
    return decide(number, _pause)


@blueprint.post("/<number>/resume")
def resume(number: str) -> AnyResponse:
    return decide(number, _resume)


@blueprint.post("/<number>/stop")
def stop(number: str) -> AnyResponse:
    return decide(number, _stop)


@blueprint.post("/<number>/again")
def again(number: str) -> AnyResponse:
    return decide(number, _again)


def _pause(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    reason = request.form.get("reason", "").strip()
    sending.pause(session, broadcast, f"staff:{staff.id}", reason, now)
    return _("Paused. What LINE has not been asked yet waits until you resume.")


def _resume(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    sending.resume(session, runtime, broadcast, f"staff:{staff.id}")
    return _("Resumed. Sending goes on.")


def _stop(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    reason = request.form.get("reason", "").strip()
    if broadcast.state not in ("scheduled", "broadcasting", "paused"):
        raise NotPossible("state")
    if not reason:
        raise NotPossible("reason")
    sending.stop(session, runtime, broadcast, f"staff:{staff.id}", reason)
    return _(
        "Stopped. What LINE accepted before cannot be taken back: send a cancellation to those "
        "people if it was wrong."
    )


def _again(
    session: Session, runtime: Runtime, broadcast: Broadcast, staff: Staff, now: datetime
) -> str:
    if not broadcast.is_active(now):
        raise NotPossible("state")
    count = sending.queue_again(session, runtime, broadcast, staff)
    if broadcast.state == "paused":
        return _("%(number)s requests wait again. They go out when you resume.", number=count)
    return _("%(number)s requests wait again and go out now.", number=count)


def look(session: Session, broadcast: Broadcast, now: datetime) -> Progress:
    """How far the notice is."""
    names = Names.load(session)
    over = not broadcast.is_active(now) and broadcast.state != "scheduled"
    lines, total = _figures(session, broadcast, over=over)
    by_language = _by_language(reading.taps(session, broadcast))
    return Progress(
        state=broadcast.state,
        state_word=state_name(broadcast, now, total.waiting),
        total=total,
        lines=lines,
        by_language=by_language,
        by_area=_by_area(reading.taps_by_area(session, broadcast), names),
        taps=Tapped("", *(sum(getattr(row, kind) for row in by_language) for kind in TAPS)),
        safety=notices_safety.look(session, broadcast, names, now),
        last=history(session, names, broadcast, now)[0],
    )


def etag_of(progress: Progress, shown: str) -> str:
    return sha256(repr((progress, shown, current())).encode()).hexdigest()[:32]


def _figures(
    session: Session, broadcast: Broadcast, *, over: bool
) -> tuple[tuple[Line, ...], Count]:
    """Every text people get or got, those in use first, and all people together."""
    counts = reading.progress(session, broadcast)
    problems = reading.problems(session, broadcast)
    in_use = frozen(session, broadcast)
    # Who is a recipient and has no text assigned yet waits, or gets none if it is over.
    left = who_gets(relay_reading.without_text(session, broadcast), in_use)
    lines = [
        _line(
            row,
            _count(counts.get(row.id, {}), left.by_language.get(row.language, 0), over=over),
            problems.get(row.id, ()),
        )
        for row in in_use
    ]
    old = [
        _line(row, _count(counts[row.id]), problems.get(row.id, ()), _why_replaced(row))
        for row in _replaced(session, in_use, counts)
    ]
    by_people = sorted(lines, key=lambda line: not line.count.people)
    return (*by_people, *old), _total(session, broadcast, counts, left.people, over=over)


def _replaced(
    session: Session, in_use: Sequence[Rendition], counts: Mapping[int, Mapping[str, int]]
) -> Sequence[Rendition]:
    """Texts that went to people and go to nobody any more."""
    ids = set(counts) - {row.id for row in in_use}
    return session.scalars(
        select(Rendition).where(Rendition.id.in_(ids)).order_by(Rendition.id)
    ).all()


def _why_replaced(row: Rendition) -> str:
    withdrawn = row.state == "withdrawn"
    return _("sending was stopped") if withdrawn else _("replaced by a better text")


def _line(
    row: Rendition, count: Count, problems: Iterable[tuple[str, int]], replaced: str = ""
) -> Line:
    return Line(
        tag=row.language,
        name=language_name(row.language),
        own_name=own_name(row.language),
        review=review_name(row.origin, row.review),
        text="\n\n".join(row.words["messages"]),
        count=count,
        problems=tuple((problem, number, advice(problem)) for problem, number in problems),
        replaced=replaced,
    )


def _count(by_state: Mapping[str, int], left: int = 0, *, over: bool = False) -> Count:
    """People by how far a text came; `left` are those it is not even planned for."""
    return Count(
        people=sum(by_state.values()) + left,
        accepted=by_state.get("accepted", 0),
        waiting=sum(by_state.get(state, 0) for state in WAITING) + (0 if over else left),
        unclear=by_state.get("unclear", 0),
        failed=by_state.get("failed", 0),
        stopped=by_state.get("cancelled", 0) + (left if over else 0),
    )


def _total(
    session: Session,
    broadcast: Broadcast,
    counts: Mapping[int, Mapping[str, int]],
    left: int,
    *,
    over: bool,
) -> Count:
    """All texts together, each person by the last one that was planned for them."""
    sums: Counter[str] = Counter()
    for by_state in counts.values():
        sums.update(by_state)
    if _was_improved(session, broadcast):
        for by_state in relay_reading.had_a_later_text(session, broadcast).values():
            sums.subtract(by_state)
    return _count(sums, left, over=over)


def _was_improved(session: Session, broadcast: Broadcast) -> bool:
    """Whether people may have got a second text: one of a key person was released."""
    released = select(TextClaim.id).where(
        TextClaim.broadcast_id == broadcast.id, TextClaim.state == "released"
    )
    return session.scalars(released.limit(1)).first() is not None


def advice(problem: str) -> str:
    """What to do about a failed request. `problem` begins with the kind of failure."""
    kind = problem.partition(":")[0]
    return {
        "quota": _(
            "The month's messages are used up. Raise the plan or the limit in LINE Official "
            "Account Manager, then send the failed ones again and resume."
        ),
        "recipient": _("LINE does not know this person any more. The others get it separately."),
        "refused": _(
            "LINE refused the request. Tell the person who looks after this service; after the "
            "repair, send the failed ones again."
        ),
    }.get(
        kind,
        _(
            "Nobody knows whether LINE accepted it, and asking again could send it twice. Reach "
            "these people another way."
        ),
    )


def _by_language(taps: Mapping[tuple[str, str], int]) -> tuple[Tapped, ...]:
    counts: dict[str, dict[str, int]] = {}
    for (key, kind), number in taps.items():
        of = counts.setdefault(json.loads(key)[0], {})
        of[kind] = of.get(kind, 0) + number
    rows = [_tapped(language_name(tag), of) for tag, of in counts.items()]
    return tuple(sorted(rows, key=lambda row: (-row.help, -row.not_understood, row.name)))


def _by_area(taps: Mapping[tuple[str, str], int], names: Names) -> tuple[Tapped, ...]:
    counts: dict[str, dict[str, int]] = {}
    for (area_id, kind), number in taps.items():
        counts.setdefault(area_id, {})[kind] = number
    rows = [
        _tapped(names.areas.get(area_id) or _("area not known"), of)
        for area_id, of in counts.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.help, -row.not_understood, row.name)))


def _tapped(name: str, of: Mapping[str, int]) -> Tapped:
    return Tapped(name, *(of.get(kind, 0) for kind in TAPS))
