"""A draft's missing languages by machine: asked side by side, checked, kept with the draft.

Nobody who answers for a text has read these. So only what can be compared with the Japanese is
used, nothing that loses or changes a guarded fact, and only where the policy of the severity allows
it; what is refused is kept with its reason, and its readers get the fallback.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.guarded import NoWords, compare
from bot.jobs import log_failure
from bot.models import MachineText
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from bot.translation import Problem, Purpose, TranslationError
from broadcasts.drafting import JAPANESE, Desk, Wording, machine_texts, mark
from broadcasts.text_checks import city_places, shown

log = logging.getLogger(__name__)

THREADS = 8
SECONDS = 20.0
"""How long all languages together may take; what is not there by then is as if nobody answered."""
EMPTY, LINES, JAPANESE_LEFT = "empty", "lines", "japanese"
TOO_LONG, UNCHECKED = "too_long", "unchecked"
ANSWERED = ("", EMPTY, LINES)
"""What may be wrong with an answer before it is compared: there was one."""

_KANA, _HAN = re.compile("[ぁ-ゖァ-ヺ]"), re.compile("[\u3400-\u9fff]")

Pieces = Mapping[str, str]


@dataclass(frozen=True)
class Made:
    """What came of one language; the fields are those of `MachineText`."""

    pieces: Pieces
    problem: str = ""
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """How a draft stands: languages a machine may still be asked for, those it wrote, and those
    refused with problem and lost facts. `outdated`: how many were made of other words.
    """

    missing: tuple[str, ...]
    kept: tuple[str, ...]
    refused: Mapping[str, Made]
    outdated: int


def standing(session: Session, runtime: Runtime, broadcast: Broadcast) -> Standing:
    """What a machine did, and may do, for a draft as it is now."""
    asked = Desk(session, runtime, broadcast).for_machine()
    rows = machine_texts(session, broadcast) if asked else {}
    fits = {tag: row for tag, row in rows.items()
            if tag in asked and row.source == mark(asked[tag])}  # fmt: skip
    kept = tuple(tag for tag in asked if tag in fits and not fits[tag].problem)
    return Standing(
        missing=tuple(tag for tag in asked if tag not in kept),
        kept=kept,
        refused={
            tag: Made(row.pieces, row.problem, tuple(row.lost))
            for tag, row in fits.items()
            if row.problem
        },
        outdated=sum(tag in asked and tag not in fits for tag in rows),
    )


def translate(runtime: Runtime, broadcast_id: int) -> bool:
    """Have every missing language of a draft made, all within `SECONDS`; False where it is no draft
    any more. Outside of any transaction: nobody waits for a machine with the database held.
    """
    with runtime.database.read() as session:
        broadcast = session.get_one(Broadcast, broadcast_id)
        missing = standing(session, runtime, broadcast).missing
        asked = Desk(session, runtime, broadcast).for_machine()
    wanted = {tag: asked[tag] for tag in missing}
    answers = _ask(runtime, wanted)
    now = runtime.clock.now()
    with runtime.database.read() as session:
        broadcast = session.get_one(Broadcast, broadcast_id)
        desk = Desk(session, runtime, broadcast)
        same = desk.for_machine()
        names = list(_names(broadcast))
        made = {
            tag: answer
            if answer.problem
            else _checked(session, desk, tag, wanted[tag], answer, names)
            for tag, answer in answers.items()
            if same.get(tag) == wanted[tag]
        }
    with runtime.database.write() as session:
        broadcast = session.get_one(Broadcast, broadcast_id, with_for_update=True)
        if broadcast.state != "draft":
            return False
        for tag, answer in made.items():
            _keep(session, broadcast, tag, mark(wanted[tag]), answer, now)
    for tag, answer in made.items():
        if answer.problem and answers[tag].problem in ANSWERED:
            runtime.translator.forget(_whole(wanted[tag]), JAPANESE, tag)
    return True


def _keep(
    session: Session, broadcast: Broadcast, tag: str, source: str, made: Made, now: datetime
) -> None:
    session.merge(
        MachineText(
            broadcast_id=broadcast.id,
            language=tag,
            source=source,
            pieces=dict(made.pieces) if not made.problem else {},
            problem=made.problem,
            lost=list(made.lost),
            made_at=now,
        )
    )


def _ask(runtime: Runtime, wanted: Mapping[str, Pieces]) -> dict[str, Made]:
    """Every language at once, a few at a time; whoever has not answered in time is *away*."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="machine")
    try:
        futures: dict[str, Future[Made]] = {
            tag: pool.submit(_ask_one, runtime, tag, pieces) for tag, pieces in wanted.items()
        }
        done, _late = wait(futures.values(), timeout=SECONDS)
        return {
            tag: future.result() if future in done else Made({}, Problem.AWAY)
            for tag, future in futures.items()
        }
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _ask_one(runtime: Runtime, tag: str, pieces: Pieces) -> Made:
    try:
        answer = runtime.translator.translate(_whole(pieces), JAPANESE, tag, Purpose.NOTICE)
    except TranslationError as error:
        return Made({}, error.problem, error.missing)
    except SQLAlchemyError as error:  # of what was kept of earlier answers
        log_failure(log, "translating a notice", error)
        return Made({}, Problem.AWAY)
    return _divided(pieces, answer)


def _whole(pieces: Pieces) -> str:
    """All pieces in one text, so that the machine sees what belongs together."""
    return "\n".join(pieces.values())


def _divided(pieces: Pieces, answer: str) -> Made:
    """The answer in pieces again; one line too many or too few, and nobody knows which is which."""
    lines = [line.strip() for line in answer.splitlines()]
    lengths = [len(text.splitlines()) for text in pieces.values()]
    if len(lines) != sum(lengths):
        return Made({}, LINES)
    found, at = {}, 0
    for name, length in zip(pieces, lengths, strict=True):
        found[name] = "\n".join(lines[at : at + length]).strip()
        at += length
    return Made(found) if all(found.values()) else Made({}, EMPTY)


def _checked(
    session: Session, desk: Desk, tag: str, asked: Pieces, made: Made, names: Iterable[str]
) -> Made:
    """Refused where it is too long, still Japanese but for `names`, or where a guarded fact is
    lost, new or cannot be compared.
    """
    wording, japanese = desk.by_machine(tag, made.pieces), desk.draft(JAPANESE)
    if wording is None or japanese is None:
        return Made({}, EMPTY)
    if wording.problem:
        return Made({}, TOO_LONG)
    if _is_left(tag, asked, made.pieces, names):
        return Made({}, JAPANESE_LEFT)
    try:
        found = compare(_words(japanese), _words(wording), tag, city_places(session))
    except NoWords:
        return Made({}, UNCHECKED)
    if found.is_clean:
        return made
    log.info("a machine's text in %s differs in %s facts", tag, len(shown(found)))
    return Made({}, Problem.FACTS, shown(found))


def _is_left(tag: str, asked: Pieces, made: Pieces, names: Iterable[str]) -> bool:
    """Whether some of a text is still Japanese: kana, or a whole line as it was asked."""
    before = {line for piece in asked.values() for line in piece.splitlines()}
    for line in _whole(made).splitlines():
        left = line
        for known in names:
            left = left.replace(known, "")
        unchanged = line in before and not tag.startswith("zh")
        if _KANA.search(left) or (unchanged and _HAN.search(left)):
            return True
    return False


def _names(broadcast: Broadcast) -> Iterator[str]:
    """What stands in every language as it was typed."""
    yield broadcast.issuer
    for value in broadcast.blanks.values():
        yield from value if isinstance(value, list) else [value] if isinstance(value, str) else ()


def _words(wording: Wording) -> str:
    """Everything of it that says something: the card's first line too, but no source."""
    lines = [wording.parts["action"], *wording.lines]
    return "\n".join(line for line in lines if line != wording.parts.get("source"))
