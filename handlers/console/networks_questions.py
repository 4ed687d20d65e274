"""What residents asked through key persons, and answers that may become a topic's text."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from bot.detection import detect
from bot.languages import registered
from bot.models import CommunityQuestion
from bot.runtime import Runtime
from broadcasts import community
from handlers.console.language import _, clock_time, day_and_time, language_name
from handlers.console.now import titles_of

blueprint = Blueprint("questions", __name__, url_prefix="/questions")

ROWS_SHOWN = 200
SHARED = "ask"
_QUESTION = "<int(max=9223372036854775807):question_id>"


@dataclass(frozen=True)
class Row:
    """One exchange. `question` is "" where nobody may read it any more, or not here."""

    id: int
    network_id: int
    network: str
    key_person_id: int
    key_person: str
    state: str
    state_word: str
    asked: str
    language: str
    tag: str
    question: str
    answer: str
    topic_id: str


@blueprint.get("")
def page() -> str:
    """The newest exchanges, what waits first."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        waiting = (CommunityQuestion.state == "asked").desc()
        found = session.scalars(
            select(CommunityQuestion)
            .options(
                joinedload(CommunityQuestion.network),
                joinedload(CommunityQuestion.key_person),
                joinedload(CommunityQuestion.message),
            )
            .order_by(waiting, CommunityQuestion.id.desc())
            .limit(ROWS_SHOWN)
        ).all()
        topics = {id for id, topic in runtime.knowledge.topics.items() if topic.community == SHARED}
        return render_template(
            "console/networks_questions.html",
            rows=[_row(runtime, question, now) for question in found],
            waiting=waiting_number(session),
            titles=sorted(titles_of(session, topics).items(), key=lambda item: item[1]),
            as_of=clock_time(now),
        )


def waiting_number(session: Session) -> int:
    """How many questions no key person has answered yet."""
    asked = select(func.count()).where(CommunityQuestion.state == "asked")
    return session.scalars(asked).one()


def _row(runtime: Runtime, question: CommunityQuestion, now: datetime) -> Row:
    words = community.words_of(runtime, question)
    return Row(
        id=question.id,
        network_id=question.network_id,
        network=question.network.name,
        key_person_id=question.key_person_id,
        key_person=question.key_person.name or _("somebody who left"),
        state=question.state,
        state_word=state_word(question.state),
        asked=day_and_time(question.asked_at, now),
        language=language_name(question.language),
        tag=question.language,
        question=words,
        answer=(question.answer or "") if words else "",
        topic_id=(question.message.topic_id or "") if question.message else "",
    )


def state_word(state: str) -> str:
    words = {
        "asked": _("waits for the key person"),
        "answered": _("answered by the key person"),
        "passed": _("passed to staff"),
        "withdrawn": _("taken back by the resident"),
        "expired": _("no answer in a day: with staff"),
    }
    return words[state]


@blueprint.get(f"/{_QUESTION}/draft")
def draft(question_id: int) -> Response:
    """The form of a topic's text in the answer's language, with the answer typed in."""
    runtime: Runtime = current_app.extensions["runtime"]
    topic = runtime.knowledge.topics.get(request.args.get("topic", ""))
    with runtime.database.read() as session:
        question = session.get(CommunityQuestion, question_id)
        if question is None or topic is None or topic.community != SHARED:
            abort(404)
        answer = answer_of(session, runtime, str(question.id)) or abort(404)
        tag = language_of_answer(answer, question.network.language)
    form = url_for("console.texts.text", kind="faq", key=topic.id, tag=tag, answer=question_id)
    return redirect(f"{form}#edit")


def answer_of(session: Session, runtime: Runtime, id: str) -> str | None:
    """A key person's answer, if it may still be read."""
    question = session.get(CommunityQuestion, int(id)) if id.isdecimal() else None
    readable = question is not None and community.words_of(runtime, question)
    return question.answer if question is not None and readable else None


def language_of_answer(answer: str, otherwise: str) -> str:
    """The tag of the language an answer is written in, as far as that shows."""
    found = detect(answer).tag
    return found if found in {known.tag for known in registered()} else otherwise
