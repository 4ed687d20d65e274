"""What staff teach the bot: which wordings may be kept, how they are stored, and how every process
takes them up while it runs.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from threading import Lock
from unicodedata import category, normalize

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.database import Database
from bot.knowledge import FIRST, Knowledge
from bot.languages import registered
from bot.models import LONGEST_LESSON, CityChange, Learned

log = logging.getLogger(__name__)

COLUMNS = ("topic", "language", "text")
LOOK_AGAIN = timedelta(seconds=10)

_TELEPHONE = re.compile(r"\d(?:[\s().+/\-‐-―−ー]*\d){6,}")
"""Seven digits, whatever stands between them: telephone numbers, post codes, cards."""
_ADDRESS = re.compile(r"\S@\S")
_NO_SPACES = "\u0e00"
"""From Thai on, scripts write without spaces or attach particles (texts are decomposed first)."""
_SHORTEST_NAME = 3
_SHORTEST_NAME_WITHOUT_SPACES = 2


class Problem(StrEnum):
    """Why a wording is not kept."""

    EMPTY = "empty"
    LONG = "long"
    TELEPHONE = "telephone"
    ADDRESS = "address"
    NAME = "name"
    SAID = "said"


def wording(text: str) -> str:
    """A wording as it is kept: one line."""
    return " ".join(text.split())


def problem(text: str, *, name: str = "", said: Iterable[str] = ()) -> Problem | None:
    """What must be mended in a `wording` before it is kept.

    `name` is the resident's own, as the channel shows it; `said` is what they wrote, which is never
    copied.
    """
    if not _words(text):
        return Problem.EMPTY
    if len(text) > LONGEST_LESSON:
        return Problem.LONG
    plain = normalize("NFKC", text)
    if _ADDRESS.search(plain):
        return Problem.ADDRESS
    if _TELEPHONE.search(plain):
        return Problem.TELEPHONE
    if _names(text, name):
        return Problem.NAME
    words = _words(text)
    return Problem.SAID if any(_words(own) == words for own in said) else None


def _words(text: str) -> list[str]:
    """The words of a text without case and signs, accents as marks of their own."""
    spelled = normalize("NFKD", text).casefold()
    return "".join(sign if category(sign)[0] in "LMN" else " " for sign in spelled).split()


def _names(text: str, name: str) -> bool:
    """Whether a text contains a part of a name that is long enough to be one."""
    words = _words(text)
    joined = " ".join(words)
    for part in _words(name):
        length = len(normalize("NFC", part))
        if part[0] >= _NO_SPACES:
            if length >= _SHORTEST_NAME_WITHOUT_SPACES and part in joined:
                return True
        elif length >= _SHORTEST_NAME and part in words:
            return True
    return False


def teachable(knowledge: Knowledge) -> list[str]:
    """The topics that may be taught, in their order; danger stays with its own words."""
    return [id for id, topic in knowledge.topics.items() if topic.handling not in FIRST]


class Taught(StrEnum):
    """What became of a lesson."""

    NEW = "new"
    MOVED = "moved"  # it was about another topic before
    KNOWN = "known"


def teach(
    session: Session, topic_id: str, tag: str, text: str, *, by: str, now: datetime
) -> Taught:
    """Keep a `wording` without problem. Raises `IntegrityError` where another process just did."""
    row = session.scalars(
        select(Learned).where(Learned.language == tag, Learned.text == text)
    ).first()
    if row is not None and row.topic_id == topic_id:
        return Taught.KNOWN
    if row is not None:
        session.delete(row)
        session.flush()
    session.add(Learned(topic_id=topic_id, language=tag, text=text, by=by, at=now))
    _record(session, tag, topic_id, by, now)
    session.flush()
    return Taught.MOVED if row is not None else Taught.NEW


def forget(session: Session, learned_id: int, *, by: str, now: datetime) -> bool:
    """Delete a lesson; False where there is none any more."""
    row = session.get(Learned, learned_id)
    if row is None:
        return False
    session.delete(row)
    _record(session, row.language, "", by, now)
    return True


def _record(session: Session, tag: str, topic_id: str, by: str, now: datetime) -> None:
    session.add(CityChange(what=f"learned {tag}", value=topic_id, by=by, at=now))


class Lessons:
    """What this process has taken up of what staff taught; shared by its threads."""

    def __init__(self, database: Database, knowledge: Knowledge, clock: Clock) -> None:
        self._database = database
        self._knowledge = knowledge
        self._clock = clock
        self._lock = Lock()
        self._looked_at: datetime | None = None
        self._version: tuple[object, ...] = (0, None, None)

    def refresh(self) -> None:
        """Take up what changed, looked for every ten seconds at most. Never raises: without the
        database the bot knows what it knew. Not for use inside a unit of work.
        """
        with self._lock:
            try:
                self._look()
            except SQLAlchemyError as error:
                log.warning("lessons not taken up: %s", type(error).__name__)

    def _look(self) -> None:
        now = self._clock.now()
        if self._looked_at is not None and now - self._looked_at < LOOK_AGAIN:
            return
        self._looked_at = now
        with self._database.read() as session:
            # An id may come again after a deletion; with a new time.
            counts = select(func.count(), func.max(Learned.id), func.max(Learned.at))
            version = tuple(session.execute(counts.select_from(Learned)).one())
            if version == self._version:
                return
            rows = session.execute(select(Learned.topic_id, Learned.language, Learned.text)).all()
        self._knowledge.learn((topic_id, tag, text) for topic_id, tag, text in rows)
        self._version = version
        log.info("%s lessons taken up", len(rows))


# A city's lessons as a file


@dataclass(frozen=True)
class Lesson:
    """One line of a file of lessons."""

    topic_id: str
    tag: str
    text: str


class LessonFileError(ValueError):
    """The file cannot be used; the text names each line and what is wrong there."""


def read(path: Path, knowledge: Knowledge) -> list[Lesson]:
    """The lessons of a UTF-8 file: topic, language and text with tabs between, after a heading.

    Raises `LessonFileError` with everything that is wrong.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LessonFileError(f"{path}: cannot be read as UTF-8 ({error})") from error
    if not lines or tuple(lines[0].split("\t")) != COLUMNS:
        raise LessonFileError(f"{path}:1: must be {', '.join(COLUMNS)} with tabs between")
    numbered = [(number, line) for number, line in enumerate(lines[1:], 2) if line.strip()]
    wrong = [
        f"{path}:{number}: {said}" for number, line in numbered for said in _wrong(line, knowledge)
    ]
    found = [_lesson(line) for _number, line in numbered] if not wrong else []
    topics: dict[tuple[str, str], str] = {}
    for (number, _line), lesson in zip(numbered, found, strict=False):
        if topics.setdefault((lesson.tag, lesson.text), lesson.topic_id) != lesson.topic_id:
            wrong.append(f"{path}:{number}: the same text has another topic above")
    if wrong:
        raise LessonFileError("\n".join(wrong))
    return found


def kept(session: Session) -> list[Lesson]:
    """What this installation was taught, by language and topic."""
    columns = (Learned.topic_id, Learned.language, Learned.text)
    order = (Learned.language, Learned.topic_id, Learned.text)
    return [Lesson(*row) for row in session.execute(select(*columns).order_by(*order))]


def _lesson(line: str) -> Lesson:
    topic_id, tag, text = line.split("\t")
    return Lesson(topic_id.strip(), tag.strip(), wording(text))


def _wrong(line: str, knowledge: Knowledge) -> Iterator[str]:
    if line.count("\t") != len(COLUMNS) - 1:
        yield f"needs {', '.join(COLUMNS)} with tabs between"
        return
    lesson = _lesson(line)
    if lesson.topic_id not in teachable(knowledge):
        yield f"{lesson.topic_id!r} is no topic, or a protected one"
    if lesson.tag not in {known.tag for known in registered()}:
        yield f"{lesson.tag!r} is no language of bot/languages.toml"
    if found := problem(lesson.text):
        yield _SAID[found]


_SAID = {
    Problem.EMPTY: "the text is missing",
    Problem.LONG: f"the text is longer than {LONGEST_LESSON} characters",
    Problem.TELEPHONE: "the text has seven digits or more: perhaps somebody's number",
    Problem.ADDRESS: "the text has an address with @",
}
