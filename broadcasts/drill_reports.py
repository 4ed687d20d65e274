"""What a drill showed: for each language how many key persons answered, and how long it took.

Times are those of networks, not of persons: from the first question to the yes that held, and to
the first report. Whoever stayed silent before costs the network time, and is in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from bot.models import Network, Relay, Transition
from bot.models.broadcasts import Broadcast
from broadcasts import relay_reading

ANSWERED_BY_ANOTHER = ("taken by another", "suspended")
"""Reasons for which somebody did not have to answer any more."""


@dataclass(frozen=True)
class Times:
    """How long networks took: the middle one, the slowest, and how many there were."""

    median: timedelta
    slowest: timedelta
    networks: int

    @classmethod
    def of(cls, lengths: Sequence[timedelta]) -> "Times | None":
        if not lengths:
            return None
        middle = timedelta(seconds=median(length.total_seconds() for length in lengths))
        return cls(middle, max(lengths), len(lengths))


@dataclass(frozen=True)
class Result:
    """One language, or with `language` "" all of them. `networks` of it are in use or were asked.

    The counts are of questions to key persons: `silent` were due and never answered, `waiting` are
    not due yet. `uncarried` networks have no report. `reach` sums what was reported.
    """

    language: str
    networks: int
    asked: int
    opened: int
    accepted: int
    declined: int
    silent: int
    waiting: int
    reported: int
    uncarried: int
    reach: int
    to_accept: Times | None
    to_report: Times | None


@dataclass(frozen=True)
class Report:
    """A drill's results, the language that needs most first, and all together."""

    broadcast: Broadcast
    began: datetime | None
    languages: tuple[Result, ...]
    total: Result


def report(session: Session, broadcast: Broadcast) -> Report:
    """What a drill, or any notice, showed so far."""
    networks = relay_reading.networks(session, broadcast)
    relays = relay_reading.relays(session, broadcast)
    moves = relay_reading.moves(session, Relay, [row.id for row in relays])
    tags = sorted({network.language for network in networks})
    results = [
        _result(tag, [network for network in networks if network.language == tag], relays, moves)
        for tag in tags
    ]
    return Report(
        broadcast=broadcast,
        began=min((row.asked_at for row in relays), default=None),
        languages=tuple(sorted(results, key=_worst_first)),
        total=_result("", networks, relays, moves),
    )


def before(session: Session, broadcast: Broadcast) -> Broadcast | None:
    """The last drill before this one in which key persons were asked."""
    return session.scalars(_drills().where(Broadcast.id < broadcast.id).limit(1)).first()


def last(session: Session) -> Broadcast | None:
    """The last drill in which key persons were asked."""
    return session.scalars(_drills().limit(1)).first()


def _drills() -> Select[Broadcast]:
    asked = exists().where(Relay.broadcast_id == Broadcast.id)
    return select(Broadcast).where(Broadcast.drill, asked).order_by(Broadcast.id.desc())


def _result(
    tag: str,
    networks: Iterable[Network],
    relays: Iterable[Relay],
    moves: Mapping[int, Sequence[Transition]],
) -> Result:
    ids = {network.id for network in networks}
    mine = [row for row in relays if row.network_id in ids]
    to_accept = _times(mine, moves, "accepted")
    to_report = _times(mine, moves, "relayed")
    answers = [_answer(row, moves[row.id]) for row in mine]
    return Result(
        language=tag,
        networks=len(ids),
        asked=len(mine),
        opened=sum(row.opened_at is not None for row in mine),
        accepted=answers.count("accepted"),
        declined=answers.count("declined"),
        silent=answers.count("silent"),
        waiting=answers.count("waiting"),
        reported=len({row.network_id for row in mine if row.reached is not None}),
        uncarried=len(ids - {row.network_id for row in mine if row.reached is not None}),
        reach=sum(row.reached or 0 for row in mine),
        to_accept=Times.of(list(to_accept.values())),
        to_report=Times.of(list(to_report.values())),
    )


def _answer(relay: Relay, moves: Sequence[Transition]) -> str:
    """What somebody answered at first: accepted, declined, silent, waiting, or "" where another
    one was faster.
    """
    said = next((move.to_state for move in moves if move.to_state in ("accepted", "declined")), "")
    if said:
        return said
    if relay.state == "requested":
        return "waiting"
    spared = relay.state == "cancelled" and moves and moves[-1].reason in ANSWERED_BY_ANOTHER
    was_late = any(move.to_state == "expired" for move in moves)
    return "" if spared and not was_late else "silent"


def _times(
    relays: Iterable[Relay], moves: Mapping[int, Sequence[Transition]], to: str
) -> dict[int, timedelta]:
    """How long each network took to get there, by its id; those that did not are left out.

    Of several yeses the last counts: what was handed on was not taken before.
    """
    first: dict[int, datetime] = {}
    reached: dict[int, datetime] = {}
    choose: Callable[[datetime, datetime], datetime] = max if to == "accepted" else min
    for row in relays:
        asked = first.get(row.network_id, row.asked_at)
        first[row.network_id] = min(asked, row.asked_at)
        for move in moves[row.id]:
            if move.to_state == to:
                at = reached.get(row.network_id, move.at)
                reached[row.network_id] = choose(at, move.at)
    return {id: at - first[id] for id, at in reached.items()}


def _worst_first(result: Result) -> tuple[float, ...]:
    """By the share of networks without a report, then by how long the others took."""
    slowest = result.to_report.slowest.total_seconds() if result.to_report else 0.0
    return (-result.uncarried / max(result.networks, 1), -slowest)
