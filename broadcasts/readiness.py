"""How ready each language is: its people, who speaks for them, by night too, and what was tried.

Everything is counted at the moment of asking; what an administrator entered says so.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from bot.languages import registered
from bot.models import KeyPerson, LanguageAim, Network, Post, Resident, StockText
from bot.models.broadcasts import REVIEWED
from broadcasts import audience, availability, drill_reports
from broadcasts.availability import Quiet
from broadcasts.drill_reports import Result
from broadcasts.templates import templates

NIGHT = (22, 23, 0, 1, 2, 3, 4, 5)
"""The hours from 22:00 to 6:00 in Japan."""

JAPANESE = ("ja", "ja-x-easy")
"""Their readers need nobody who knows Japanese better."""

WHOLE_CITY = ""
"""The language under which the aim for all languages together is kept."""

GAPS = ("nobody", "empty", "silent", "night", "one", "texts", "target")
"""What can be missing, the worst first: no key person at all; a network without one; networks
without a report in the last drill; nobody in some hour of the night; a network with only one; alert
texts nobody answers for; fewer residents than the city wants.
"""


@dataclass(frozen=True)
class Standing:
    """One language. `residents` follow and read it first of all; `adults` and `target` were
    entered. `key_persons` are active and reachable, `there` of them could be asked now. `weak` and
    `empty` are the networks with one and with none. `night` is all, life (in some hour only for
    danger to life) or none. `drill` is its result in the last one. `drafted` and `missing` count
    alert texts.
    """

    language: str
    residents: int
    adults: int | None
    target: int | None
    networks: int
    key_persons: int
    there: int
    backed: int
    weak: tuple[Network, ...]
    empty: tuple[Network, ...]
    night: str
    drill: Result | None
    drafted: int
    missing: int
    gaps: tuple[str, ...]

    @property
    def concerns_somebody(self) -> bool:
        """Whether anybody reads it here, speaks for it, or is hoped for."""
        return bool(self.residents or self.networks or self.adults or self.target)


@dataclass(frozen=True)
class Board:
    """Every registered language, the worst gap first; the city's own aim; the last drill."""

    languages: tuple[Standing, ...]
    residents: int
    target: int | None
    drill_number: str


def board(session: Session, now: datetime) -> Board:
    """How the city stands at this moment."""
    residents, texts = _residents(session), _texts(session)
    aims = {row.language: row for row in session.scalars(select(LanguageAim))}
    networks = _networks(session)
    drill = drill_reports.last(session)
    report = drill_reports.report(session, drill) if drill else None
    results = {result.language: result for result in report.languages} if report else {}
    standings = [
        _standing(
            known.tag,
            residents.get(known.tag, 0),
            aims.get(known.tag),
            [network for network in networks if network.language == known.tag],
            results.get(known.tag),
            texts.get(known.tag, {}),
            now,
        )
        for known in registered()
    ]
    aim = aims.get(WHOLE_CITY)
    return Board(
        languages=tuple(sorted(standings, key=_worst_first)),
        residents=sum(residents.values()),
        target=aim.target if aim else None,
        drill_number=drill.number if drill else "",
    )


def _residents(session: Session) -> Mapping[str, int]:
    """Who follows, by first language."""
    key = audience.languages_key()
    rows = session.execute(
        select(key, func.count())
        .where(Resident.following, Resident.line_user_id.is_not(None))
        .group_by(key)
    )
    found: Counter[str] = Counter()
    for languages, number in rows:
        found[json.loads(languages)[0]] += number
    return found


def _networks(session: Session) -> Sequence[Network]:
    posts = selectinload(Network.posts).selectinload(Post.key_person)
    found = select(Network).where(Network.active).order_by(Network.name)
    return session.scalars(found.options(posts.selectinload(KeyPerson.resident))).all()


def _texts(session: Session) -> Mapping[str, Mapping[str, str]]:
    """The review of each alert text, by language and template."""
    found: dict[str, dict[str, str]] = {}
    rows = session.execute(
        select(StockText.language, StockText.key, StockText.review).where(StockText.kind == "alert")
    )
    for tag, key, review in rows:
        found.setdefault(tag, {})[key] = review
    return found


def _standing(
    tag: str,
    residents: int,
    aim: LanguageAim | None,
    networks: Sequence[Network],
    drill: Result | None,
    texts: Mapping[str, str],
    now: datetime,
) -> Standing:
    active = {network.id: _active(network) for network in networks}
    people = {person.id: person for mine in active.values() for person in mine}
    drafted = sum(texts.get(id, "official") not in REVIEWED for id in templates())
    found = Standing(
        language=tag,
        residents=residents,
        adults=aim.adults if aim else None,
        target=aim.target if aim else None,
        networks=len(networks),
        key_persons=len(people),
        there=sum(availability.is_there(person, now) for person in people.values()),
        backed=sum(len(mine) > 1 for mine in active.values()),
        weak=tuple(network for network in networks if len(active[network.id]) == 1),
        empty=tuple(network for network in networks if not active[network.id]),
        night=night(people.values()),
        drill=drill,
        drafted=drafted,
        missing=sum(id not in texts for id in templates()),
        gaps=(),
    )
    return Standing(**{**vars(found), "gaps": _gaps(found)})


def _active(network: Network) -> list[KeyPerson]:
    people = (post.key_person for post in network.posts)
    return [row for row in people if row.state == "active" and availability.is_reachable(row)]


def night(people: Iterable[KeyPerson]) -> str:
    """Whether somebody can be asked in every hour of the night: all; life, where in some hour it
    must be danger to life; none, where in some hour nobody can.
    """
    hours: list[tuple[Quiet | None, bool]] = [
        (availability.quiet(person), person.night_ok) for person in people
    ]

    def covered(hour: int, *, life: bool) -> bool:
        return any(
            quiet is None or not quiet.covers(hour) or (life and night_ok)
            for quiet, night_ok in hours
        )

    if all(covered(hour, life=False) for hour in NIGHT):
        return "all"
    return "life" if all(covered(hour, life=True) for hour in NIGHT) else "none"


def _gaps(row: Standing) -> tuple[str, ...]:
    needs_people = row.language not in JAPANESE
    there = {
        "nobody": needs_people and not row.key_persons,
        "empty": needs_people and bool(row.empty),
        "silent": row.drill is not None and row.drill.uncarried > 0,
        "night": needs_people and row.key_persons > 0 and row.night == "none",
        "one": needs_people and bool(row.weak),
        "texts": row.drafted + row.missing > 0,
        "target": row.target is not None and row.residents < row.target,
    }
    return tuple(gap for gap in GAPS if there[gap])


def _worst_first(row: Standing) -> tuple[bool, int, int, int]:
    """By the worst gap, then by how many people it concerns, then by how many gaps there are;
    languages of nobody stand last.
    """
    worst = GAPS.index(row.gaps[0]) if row.gaps else len(GAPS)
    return not row.concerns_somebody, worst, -max(row.residents, row.adults or 0), -len(row.gaps)
