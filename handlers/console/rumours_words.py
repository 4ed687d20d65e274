"""Rumours as the console shows them: who asks what in which language, what was found, who is told.

Never a name of somebody who asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from bot.languages import language
from bot.models import (
    Delivery,
    Member,
    Message,
    Network,
    Rumour,
    RumourAnswer,
    RumourQuestion,
    RumourTelling,
    Transition,
)
from broadcasts.rumour_answers import is_in_force
from handlers.console.language import _, day_and_time, language_name
from handlers.console.notices_words import Names, Step

SHOWN = 500
"""So many questions are looked at for a page; the oldest first."""
SOON = timedelta(hours=6)
"""An answer that ends within this time should be looked at again."""


@dataclass
class Heard:
    """The same words, from however many people. `japanese` is by machine, "" where there is none.

    `fold` is what the questions have in common.
    """

    fold: str
    words: str
    tag: str
    language: str
    japanese: str
    first: str
    residents: set[int] = field(default_factory=set)

    @property
    def people(self) -> int:
        return len(self.residents)


@dataclass(frozen=True)
class Counted:
    """How many people, of what."""

    name: str
    people: int


@dataclass(frozen=True)
class Line:
    """A rumour in the list. `look` is "", caution, mine (good) or failed."""

    id: int
    claim: str
    state: str
    look: str
    people: int
    until: str
    to_confirm: bool
    ended: bool


@dataclass(frozen=True)
class ShownAnswer:
    """An answer with what became of it. `told` counts people by how far it got with them."""

    row: RumourAnswer
    verdict: str
    author: str
    at: str
    until: str
    networks: tuple[str, ...]
    told: tuple[Counted, ...]


def verdict_word(verdict: str) -> str:
    return {"true": _("True"), "false": _("Not true"), "unknown": _("Not known yet")}[verdict]


def waiting(session: Session, now: datetime) -> list[Heard]:
    """What nobody has looked at yet, most asked first."""
    found = _heard(session, RumourQuestion.state == "waiting", now)
    return sorted(found, key=lambda heard: -heard.people)


def asked(session: Session, rumour: Rumour, now: datetime) -> list[Heard]:
    """In which words a rumour was asked about."""
    return _heard(session, _of(rumour), now)


def _of(rumour: Rumour) -> ColumnElement[bool]:
    return (RumourQuestion.rumour_id == rumour.id) & (RumourQuestion.state == "grouped")


def _heard(session: Session, which: ColumnElement[bool], now: datetime) -> list[Heard]:
    rows = session.execute(
        select(RumourQuestion, Message)
        .join(Message, Message.id == RumourQuestion.message_id)
        .where(which, Message.text.is_not(None))
        .order_by(RumourQuestion.id)
        .limit(SHOWN)
    )
    found: dict[str, Heard] = {}
    for question, message in rows:
        heard = found.setdefault(
            question.fold,
            Heard(
                fold=question.fold,
                words=message.text or "",
                tag=question.language,
                language=language_name(question.language),
                japanese="",
                first=day_and_time(question.asked_at, now),
            ),
        )
        heard.japanese = heard.japanese or message.japanese or ""
        heard.residents.add(question.resident_id)
    return list(found.values())


def by_language(session: Session, rumour: Rumour) -> list[Counted]:
    """Who asked, by the language they asked in."""
    rows = session.execute(
        select(RumourQuestion.language, _people()).where(_of(rumour)).group_by("language")
    )
    return _most_first(Counted(language_name(tag), number) for tag, number in rows)


def by_network(session: Session, rumour: Rumour) -> dict[int, int]:
    """How many members of each network asked, by its id."""
    rows = session.execute(
        select(Member.network_id, _people())
        .join(RumourQuestion, RumourQuestion.resident_id == Member.resident_id)
        .where(_of(rumour))
        .group_by(Member.network_id)
    )
    return {id: number for id, number in rows}


def _people() -> ColumnElement[int]:
    return func.count(RumourQuestion.resident_id.distinct())


def _most_first(counted: Iterable[Counted]) -> list[Counted]:
    return sorted(counted, key=lambda one: (-one.people, one.name))


def lines(session: Session, now: datetime) -> list[Line]:
    """Every rumour: what waits for a second person first, then what has no answer."""
    people = {
        id: number
        for id, number in session.execute(
            select(RumourQuestion.rumour_id, _people())
            .where(RumourQuestion.state == "grouped")
            .group_by(RumourQuestion.rumour_id)
        )
    }
    answers = session.scalars(
        select(RumourAnswer).where(RumourAnswer.state.in_(("proposed", "in_force")))
    ).all()
    proposed = {row.rumour_id for row in answers if row.state == "proposed"}
    in_force = {row.rumour_id: row for row in answers if is_in_force(row, now)}
    rumours = session.scalars(select(Rumour).order_by(Rumour.id.desc()).limit(SHOWN))
    found = [
        _line(row, in_force.get(row.id), row.id in proposed, people.get(row.id, 0), now)
        for row in rumours
    ]
    order = {"caution": 0, "": 1, "failed": 1, "mine": 2}
    return sorted(found, key=lambda line: (line.ended, not line.to_confirm, order[line.look]))


def _line(
    rumour: Rumour, answer: RumourAnswer | None, waits: bool, people: int, now: datetime
) -> Line:
    if waits:
        state, look = _("Waits for a second person"), "caution"
    elif answer is not None:
        ends_soon = answer.expires_at - now < SOON
        state, look = verdict_word(answer.verdict), "caution" if ends_soon else "mine"
    elif rumour.state == "ended":
        state, look = _("Ended"), ""
    else:
        state, look = _("No answer yet"), "failed"
    return Line(
        id=rumour.id,
        claim=rumour.claim,
        state=state,
        look=look,
        people=people,
        until=day_and_time(answer.expires_at, now) if answer else "",
        to_confirm=waits,
        ended=rumour.state == "ended" and not waits,
    )


def shown(
    session: Session, names: Names, answer: RumourAnswer, networks: Mapping[int, str], now: datetime
) -> ShownAnswer:
    """An answer as a page shows it. `networks` are their names by id."""
    return ShownAnswer(
        row=answer,
        verdict=verdict_word(answer.verdict),
        author=names.who(f"staff:{answer.author_id}"),
        at=day_and_time(answer.created_at, now),
        until=day_and_time(answer.expires_at, now),
        networks=tuple(networks[id] for id in answer.network_ids if id in networks),
        told=tuple(_told(session, answer)),
    )


def _told(session: Session, answer: RumourAnswer) -> Iterable[Counted]:
    """People by what is known: accepted by LINE is all that is ever known of a message."""
    rows = session.execute(
        select(RumourTelling.due_at.is_not(None), Delivery.state, func.count())
        .outerjoin(Delivery, Delivery.id == RumourTelling.delivery_id)
        .where(RumourTelling.answer_id == answer.id)
        .group_by(RumourTelling.due_at.is_not(None), Delivery.state)
    )
    states = {
        "queued": _("being sent"),
        "sending": _("being sent"),
        "accepted": _("accepted by LINE"),
        "unclear": _("perhaps accepted by LINE"),
        "failed": _("refused by LINE"),
        "cancelled": _("not sent: the answer was over"),
    }
    counted: dict[str, int] = {}
    for is_due, state, number in rows:
        name = _("not told yet") if is_due else states.get(state, _("answered in the chat"))
        counted[name] = counted.get(name, 0) + number
    return [Counted(name, number) for name, number in counted.items()]


def network_names(session: Session) -> dict[int, str]:
    """The networks an answer can be passed on in, by id: name and language."""
    rows = session.scalars(select(Network).where(Network.active).order_by(Network.name))
    return {
        row.id: _(
            "%(name)s (%(language)s)", name=row.name, language=language(row.language).own_name
        )
        for row in rows
    }


def history(
    session: Session, names: Names, rumour: Rumour, answers: Sequence[RumourAnswer], now: datetime
) -> list[Step]:
    """Who decided what, the newest first."""
    of_answers = {row.id: row for row in answers}
    rows = session.scalars(_moves(rumour, list(of_answers))).all()
    steps = [
        Step(
            at=day_and_time(row.at, now),
            who=names.who(row.by),
            what=_move_word(row, of_answers),
            why=_why(row),
        )
        for row in rows
    ]
    begun = day_and_time(rumour.created_at, now)
    by = names.who(f"staff:{rumour.author_id}")
    return [*steps, Step(begun, by, _("rumour noted"), "")]


def _moves(rumour: Rumour, answer_ids: list[int]) -> Select[Transition]:
    mine = (Transition.subject == Rumour.__tablename__) & (Transition.subject_id == rumour.id)
    theirs = (Transition.subject == RumourAnswer.__tablename__) & Transition.subject_id.in_(
        answer_ids
    )
    silent = (Transition.subject == Rumour.__tablename__) & (Transition.to_state == "answered")
    return select(Transition).where(mine | theirs, ~silent).order_by(Transition.id.desc())


def _move_word(move: Transition, answers: Mapping[int, RumourAnswer]) -> str:
    if move.subject == Rumour.__tablename__:
        if move.to_state == "ended":
            return _("the rumour ended")
        return (
            _("asked again") if move.from_state == "ended" else _("some still wait for an answer")
        )
    verdict = verdict_word(answers[move.subject_id].verdict)
    return {
        "in_force": _("confirmed: %(verdict)s", verdict=verdict),
        "withdrawn": _("not confirmed: %(verdict)s", verdict=verdict),
        "replaced": _("replaced by a newer answer: %(verdict)s", verdict=verdict),
        "ended": _("answer ended: %(verdict)s", verdict=verdict),
    }[move.to_state]


def _why(move: Transition) -> str:
    if move.reason == "expired":
        return _("its time was over")
    return move.reason if move.to_state in ("withdrawn", "ended") else ""
