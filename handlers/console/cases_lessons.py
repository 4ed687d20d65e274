"""What a case was about, and what the bot learns from it: the form on the case's page."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import conversations
from bot.learning import teachable
from bot.models import LONGEST_LESSON, Case, Message
from bot.runtime import Runtime
from handlers.console.now import titles_of


@dataclass(frozen=True)
class TypedLesson:
    """The form as somebody filled it in."""

    topic: str = ""
    wording: str = ""


@dataclass(frozen=True)
class LessonForm:
    """`thought` are the titles of what the bot took the resident's messages for, oldest first.
    `topics` are ids and titles; `language` is the tag the wording is written in.
    """

    typed: TypedLesson
    thought: tuple[str, ...]
    topics: tuple[tuple[str, str], ...]
    language: str
    longest: int = LONGEST_LESSON


def lesson_form(
    session: Session, runtime: Runtime, case: Case, typed: TypedLesson | None
) -> LessonForm | None:
    """The form for a case; None for a protected one, of which nothing is taught."""
    if case.protected:
        return None
    ids = teachable(runtime.knowledge)
    titles = titles_of(session, {*ids})
    guessed = session.scalars(
        select(Message.topic_id)
        .where(
            Message.case_id == case.id,
            Message.author == "resident",
            Message.topic_id.is_not(None),
        )
        .order_by(Message.id)
    )
    return LessonForm(
        typed=typed or TypedLesson(),
        thought=tuple(titles.get(id, id) for id in dict.fromkeys(guessed) if id),
        topics=tuple((id, titles.get(id, id)) for id in ids),
        language=conversations.language_of(session, case),
    )
