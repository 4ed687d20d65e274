"""One recorded event, to the resident handler it is for."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

from bot import cases, conversations, people
from bot.channel import Incoming
from bot.conversations import ReplyTo
from bot.deliveries import REPLY_TOKEN_LIFE
from bot.detection import detect
from bot.jobs import log_failure
from bot.languages import complete
from bot.line.events import incoming
from bot.models import Resident, WebhookEvent
from bot.runtime import Runtime
from bot.states import transition
from handlers.residents import (
    alerts,
    asking,
    community,
    groups,
    handover,
    joining,
    key_person_settings,
    key_persons,
    networks,
    places,
    replies,
    rumours,
    safety,
    sounds,
    urgent,
)
from handlers.residents.turn import Action, Turn, parsed_action

log = logging.getLogger(__name__)

ATTEMPTS = 3
_SURE_ENOUGH = 0.5
_SHORTEST_GUESSED_TEXT, _SHORTEST_LATIN_TEXT = 4, 12

ACTIONS: Mapping[str, Action] = {
    **joining.ACTIONS,
    **asking.ACTIONS,
    **handover.ACTIONS,
    **places.ACTIONS,
    **urgent.ACTIONS,
    **alerts.ACTIONS,
    **replies.ACTIONS,
    **networks.ACTIONS,
    **key_persons.ACTIONS,
    **community.ACTIONS,
    **safety.ACTIONS,
    **rumours.ACTIONS,
    **key_person_settings.ACTIONS,
}


def handle(runtime: Runtime, event_id: int) -> int | None:
    """Handle one event in one transaction; returns the resident whose answer may now be sent.

    An event that fails is tried again, then set aside as *failed* for staff to see. A database
    that is away or busy is not the event's failure: it waits.
    """
    try:
        return _handle(runtime, event_id)
    except (OperationalError, InterfaceError, TimeoutError) as error:
        log_failure(log, f"event {event_id}", error)
        _set_back(runtime, event_id, count=False)
    except Exception as error:
        log_failure(log, f"event {event_id}", error)
        _set_back(runtime, event_id, count=True)
    return None


def _handle(runtime: Runtime, event_id: int) -> int | None:
    with runtime.database.read() as session:
        row = session.get(WebhookEvent, event_id)
    if row is None or row.state != "received" or row.body is None:
        return None
    event = incoming(row.body)
    if event.kind == "text":
        runtime.lessons.refresh()
    if event.kind == "follow" and event.user_id:
        event = replace(event, profile_language=runtime.channel.profile_language(event.user_id))
    with runtime.database.write() as session:
        row = session.get_one(WebhookEvent, event_id, with_for_update=True)
        if row.state != "received":
            return None
        resident = _dispatch(runtime, session, row, event)
        transition(
            session,
            row,
            "handled",
            by="bot",
            reason=event.kind,
            at=runtime.clock.now(),
            body=None,
            chat="",
        )
        return resident.id if resident else None


def _dispatch(
    runtime: Runtime, session: Session, row: WebhookEvent, event: Incoming
) -> Resident | None:
    now = runtime.clock.now()
    reply_to = ReplyTo(event.reply_token, row.received_at + REPLY_TOKEN_LIFE)
    if event.group_id is not None:
        groups.heard(runtime, session, event, reply_to, now)
        return None
    if event.user_id is None:
        return None
    resident = people.find_or_welcome(
        session, event.user_id, profile_language=event.profile_language, now=now
    )
    turn = Turn(
        runtime=runtime,
        session=session,
        resident=resident,
        event=event,
        reply_to=reply_to,
        urgent=row.urgent,
        topic=row.topic,
        now=now,
        language=answer_language(resident, event.text),
    )
    _KINDS.get(event.kind, _ignore)(turn)
    turn.finish()
    return resident


def answer_language(resident: Resident, text: str) -> str:
    """What the person chose; or what this message is clearly written in (facts: LINE profiles)."""
    own = resident.language
    guess = detect(text)
    if guess.tag is None or guess.tag == own.split("-x-")[0]:
        return own
    if guess.tag not in {known.tag for known in complete(people.CONVERSATION)}:
        return own
    letters = sum(character.isalpha() for character in text)
    # A word or two in Latin letters, a name or "menu", could be of any language: no reason to leave
    # the one somebody chose.
    chosen = resident.languages_chosen and text.isascii()
    enough = _SHORTEST_LATIN_TEXT if chosen else _SHORTEST_GUESSED_TEXT
    sure = guess.score >= _SURE_ENOUGH and letters >= enough
    return guess.tag if guess.certain or sure else own


def _hear(turn: Turn) -> None:
    protected = cases.receiving(turn.session, turn.resident, turn.now, protected=True)
    case = protected or cases.receiving(turn.session, turn.resident, turn.now)
    turn.resident.following = True
    turn.heard = conversations.heard(
        turn.session,
        turn.resident,
        turn.event,
        at=turn.now,
        language=turn.language,
        case=case,
        sealer=turn.runtime.sealer,
    )
    if case is not None:
        conversations.await_translation(turn.runtime, turn.heard, case)


def _text(turn: Turn) -> None:
    if networks.code_written(turn):
        return
    _hear(turn)
    if key_persons.writes(turn) and not (turn.topic and urgent.is_protected(turn, turn.topic)):
        key_persons.text_written(turn)
    elif community.writes(turn):
        community.answer_written(turn)
    elif turn.topic:
        asking.danger(turn, turn.topic, asking.understood(turn).topics)
    else:
        asking.text(turn)


def _media(turn: Turn) -> None:
    _hear(turn)
    asking.no_words(turn)


def _audio(turn: Turn) -> None:
    if sounds.is_awaited(turn):
        sounds.recorded(turn)
    else:
        _media(turn)


def _location(turn: Turn) -> None:
    _hear(turn)
    if not safety.located(turn):
        places.location(turn)


def _postback(turn: Turn) -> None:
    action, data = parsed_action(turn.event.data)
    ACTIONS.get(action, joining.menu)(turn, data)


def _unsend(turn: Turn) -> None:
    conversations.unsay(turn.session, turn.resident, turn.event.message_id)
    community.unsent(turn)
    sounds.unsent(turn)


def _ignore(turn: Turn) -> None:
    """Something LINE added since: recorded, nothing to say."""


_KINDS: Mapping[str, Callable[[Turn], None]] = {
    "follow": joining.follow,
    "unfollow": joining.unfollow,
    "text": _text,
    "sticker": _media,
    "image": _media,
    "video": _media,
    "audio": _audio,
    "file": _media,
    "location": _location,
    "postback": _postback,
    "unsend": _unsend,
}


def _set_back(runtime: Runtime, event_id: int, *, count: bool) -> None:
    now = runtime.clock.now()
    with runtime.database.write() as session:
        row = session.get_one(WebhookEvent, event_id, with_for_update=True)
        if row.state != "received":
            return
        row.attempts += count
        row.due_at = now + timedelta(seconds=2.0**row.attempts)
        if row.attempts >= ATTEMPTS:
            transition(session, row, "failed", by="bot", reason="could not be handled", at=now)
