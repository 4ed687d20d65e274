"""Which answer in force a question asks for: the same words, or the words staff marked."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from unicodedata import category, normalize

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.knowledge.spelling import is_inside_word
from bot.models import RumourAnswer, RumourQuestion
from bot.runtime import Runtime


def matching(session: Session, runtime: Runtime, words: str, now: datetime) -> RumourAnswer | None:
    """The answer in force to just this: somebody asked it in the same words, its own words are the
    same, or, of one rumour only, its keywords are all there.
    """
    in_force = select(RumourAnswer).where(
        RumourAnswer.state == "in_force", RumourAnswer.expires_at > now
    )
    found = session.scalars(in_force.order_by(RumourAnswer.id.desc())).all()
    if not found:
        return None
    folded = fold(words)
    same = select(RumourQuestion.rumour_id).where(
        RumourQuestion.fold == mark(runtime, words), RumourQuestion.state == "grouped"
    )
    asked = set(session.scalars(same))
    for answer in found:
        own = (answer.japanese, answer.plain, answer.english, answer.rumour.claim)
        if answer.rumour_id in asked or folded in {fold(text) for text in own if text}:
            return answer
    spelled = _spelled(words)
    marked = [answer for answer in found if _has_keywords(spelled, answer.rumour.keywords)]
    return marked[0] if len(marked) == 1 else None


def fold(words: str) -> str:
    """Words without case, spaces and signs, in which the same question looks the same."""
    return "".join(_spelled(words).split())


def _spelled(words: str) -> str:
    text = normalize("NFKC", words).casefold()
    return "".join(sign if category(sign)[0] in "LMN" else " " for sign in text)


def _has_keywords(spelled: str, lines: Iterable[str]) -> bool:
    return any(
        wanted and all(_contains(spelled, word) for word in wanted)
        for wanted in (_spelled(line).split() for line in lines)
    )


def _contains(spelled: str, word: str) -> bool:
    """Whether a word stands there, in Latin letters as a whole word."""
    at = spelled.find(word)
    while at >= 0:
        if not is_inside_word(spelled, at) and not is_inside_word(spelled, at + len(word)):
            return True
        at = spelled.find(word, at + 1)
    return False


def mark(runtime: Runtime, words: str) -> str:
    """A keyed hash of the folded words: it tells equal ones, and nobody what they were."""
    key = runtime.settings.secret_key.encode()
    return hmac.new(key, f"rumour {fold(words)}".encode(), hashlib.sha256).hexdigest()
