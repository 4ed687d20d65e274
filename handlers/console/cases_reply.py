"""Answering a resident: checked, translated if wanted, sent once, never over a colleague's head."""

from dataclasses import dataclass, replace
from functools import partial

from flask import Blueprint, Response, current_app, flash, make_response, redirect
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from bot import cases, conversations
from bot.cases import NotDone, Reason
from bot.line.messages import TEXT_UNITS, utf16_units
from bot.models import Message, Staff
from bot.runtime import Runtime
from bot.translation import JAPANESE, Purpose, TranslationError
from handlers.console.cases import allowed, no_translation, page_of, render_case, why_not
from handlers.console.cases_compose import Composer, Entered, composer
from handlers.console.language import _
from handlers.console.permissions import the_staff
from handlers.residents.replies import original_button

blueprint = Blueprint("replies", __name__)


class Unusable(Exception):
    """The form cannot be sent as it is: the field, and what to say there."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(field)
        self.field = field
        self.said = said


@dataclass(frozen=True)
class Answer:
    """What will be sent and kept: see `bot.models.Message`."""

    text: str
    language: str
    origin: str
    japanese: str


@blueprint.post("/cases/<int:case_id>/writing")
def writing(case_id: int) -> Response:
    """Somebody typed: colleagues see that an answer is being written. 409 if they are writing."""
    runtime: Runtime = current_app.extensions["runtime"]
    return make_response("", 204 if _hold(runtime, case_id, the_staff()) else 409)


def _hold(runtime: Runtime, case_id: int, staff: Staff) -> bool:
    with runtime.database.write() as session:
        case = allowed(session, case_id, staff, lock=True)
        try:
            cases.hold(case, staff, runtime.clock.now())
        except NotDone:
            return False
    return True


@blueprint.post("/cases/<int:case_id>/reply")
def send(case_id: int) -> AnyResponse | tuple[str, int] | str:
    """Check an answer, show a translation before it goes, and send it once."""
    runtime: Runtime = current_app.extensions["runtime"]
    entered, staff = Entered.from_request(), the_staff()
    with runtime.database.read() as session:
        case = allowed(session, case_id, staff)
        sent_already = _is_sent(session, entered)
        form = composer(session, runtime, case, staff, entered)
    if sent_already:
        return _back(case_id, _("This answer was queued already; it goes out once."))
    try:
        answer = _answer(runtime, form, entered)
    except Unusable as error:
        return render_case(case_id, entered=entered, errors={error.field: error.said}), 422
    by_machine = answer.origin == "machine"
    if by_machine and entered.checked != answer.text:
        _hold(runtime, case_id, staff)
        return render_case(
            case_id, entered=replace(entered, checked=answer.text), preview=answer.text
        )
    again = partial(
        render_case, case_id, entered=entered, preview=answer.text if by_machine else ""
    )
    try:
        _send(runtime, case_id, staff, entered, answer)
    except NotDone as error:
        said = why_not(runtime, error)
        if error.reason in (Reason.WRITING, Reason.ANSWERED):
            return again(in_the_way=said), 409
        return again(errors={"reply": said}), 409
    except IntegrityError:  # the same form, pressed twice at the same moment
        return _back(case_id, _("This answer was queued already; it goes out once."))
    return _back(case_id, _("Queued. Below it you see when LINE has accepted it."))


def _back(case_id: int, said: str) -> AnyResponse:
    flash(said)
    return redirect(f"{page_of(case_id)}#newest", 303)


def _is_sent(session: Session, entered: Entered) -> bool:
    return (
        session.scalars(select(Message.id).where(Message.once == entered.once)).first() is not None
    )


def _send(runtime: Runtime, case_id: int, staff: Staff, entered: Entered, answer: Answer) -> None:
    with runtime.database.write() as session:
        case = allowed(session, case_id, staff, lock=True)
        if _is_sent(session, entered):
            return
        cases.may_answer(
            session,
            case,
            staff,
            runtime.clock.now(),
            newest_shown=entered.newest,
            knowingly=entered.knowingly,
        )
        conversations.answer(
            session,
            runtime,
            case,
            staff,
            answer.text,
            language=answer.language,
            origin=answer.origin,
            japanese=answer.japanese,
            once=entered.once,
            button=partial(original_button, runtime) if answer.origin == "machine" else None,
        )
        cases.answered(runtime, session, case, staff)


def _answer(runtime: Runtime, form: Composer, entered: Entered) -> Answer:
    """What the form says, in the resident's language. Raises `Unusable`."""
    if form.why_not.get(entered.way, "no way"):
        raise Unusable("way", _("Choose a way of answering that is open for this case."))
    tag = form.language
    if entered.way == "stock":
        answer = _prepared(form, entered)
    elif entered.way == "direct":
        words = _wanted(entered.words, "words", _("Write your answer."))
        said = _("Write in Japanese what you said: colleagues and the record need it.")
        answer = Answer(words, tag, "person", _wanted(entered.note, "note", said))
    elif tag in JAPANESE:
        words = _wanted(entered.japanese, "japanese", _("Write your answer."))
        answer = Answer(words, tag, "person", "")
    else:
        answer = _translated(runtime, entered, tag)
    _check_length(runtime, answer, entered.way)
    return answer


def _wanted(text: str, field: str, said: str) -> str:
    if not text:
        raise Unusable(field, said)
    return text


def _prepared(form: Composer, entered: Entered) -> Answer:
    chosen = next((text for text in form.prepared if text.key == entered.key), None)
    if chosen is None:
        raise Unusable("key", _("Choose a prepared answer."))
    if not chosen.text:
        raise Unusable("key", _("There is no text of this answer in the resident's language."))
    japanese = "" if form.language == "ja" else chosen.japanese
    return Answer(chosen.text, form.language, "stock", japanese)


def _translated(runtime: Runtime, entered: Entered, tag: str) -> Answer:
    words = _wanted(entered.japanese, "japanese", _("Write your answer."))
    try:
        text = runtime.translator.translate(words, "ja", tag, Purpose.ANSWER)
    except TranslationError as error:
        raise Unusable("japanese", no_translation(error)) from error
    return Answer(text.replace("\r\n", "\n"), tag, "machine", words)


_FIELD_OF_WAY = {"japanese": "japanese", "direct": "words", "stock": "key"}


def _check_length(runtime: Runtime, answer: Answer, way: str) -> None:
    """LINE takes 5,000 UTF-16 units; a machine's text has its mark with it, and its Japanese."""
    texts = [answer.text]
    if answer.origin == "machine":
        mark = runtime.words.text(answer.language, "staff.machine_note")
        original = runtime.words.text(answer.language, "staff.original", text=answer.japanese)
        texts = [f"{answer.text}\n\n{mark}", original]
    over = max(utf16_units(text) for text in texts) - TEXT_UNITS
    if over > 0:
        said = _("Too long for LINE by %(number)s characters: shorten it.", number=over)
        raise Unusable(_FIELD_OF_WAY[way], said)
