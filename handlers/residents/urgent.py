"""Danger, and what must stay private: both before anything else, whatever else waits."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from bot import cases, city
from bot.channel import Card, Choice, Text
from bot.knowledge import Handling, Knowledge
from bot.models import PrivatePage, StockText
from handlers.residents.turn import Action, Turn, parsed_action

PRIVATE_PAGE_LIFE = timedelta(minutes=30)
EMERGENCIES = "emergency"
OVERTAKING_ACTIONS = ("emergency", "hide", "urgent")

_TELEPHONE_FIRST = "119"


def overtaking_topic(knowledge: Knowledge, text: str, data: str) -> tuple[bool, str | None]:
    """Whether an event overtakes all others, and the urgent or protected topic it is about."""
    if data:
        action, values = parsed_action(data)
        return action in OVERTAKING_ACTIONS, values.get("topic") if action == "urgent" else None
    if not text:
        return False, None
    topic = knowledge.first_look(text)
    return topic is not None or knowledge.command(text) == "hide", topic


def answer(turn: Turn, topic_id: str) -> None:
    """An urgent or protected topic, recognised on arrival or tapped."""
    if topic_id not in turn.runtime.knowledge.topics:
        emergency(turn, {})
    elif is_protected(turn, topic_id):
        protected(turn, topic_id)
    else:
        danger(turn, topic_id)


def is_protected(turn: Turn, topic_id: str) -> bool:
    topic = turn.runtime.knowledge.topics.get(topic_id)
    return topic is not None and topic.handling is Handling.PROTECT


def danger(turn: Turn, topic_id: str) -> None:
    """What to do now, then the number, the place to go, and a person."""
    topic = turn.runtime.knowledge.topics[topic_id]
    texts = turn.faq(topic_id)
    turn.answered_topic = topic_id
    lines = [] if own_words(turn, texts) else [call_first(turn)]
    if texts:
        facts = turn.city()
        lines.append(city.answered(texts, "text", facts, turn.language, turn.runtime.words))
    turn.say(Text("\n\n".join(lines)))
    buttons = call_buttons(turn, topic.call or (_TELEPHONE_FIRST,))
    if topic.sites:
        hazard = topic.sites[0]
        buttons.append(turn.choice("menu.places.button", "places", hazard=hazard))
    buttons.append(turn.choice("person.button", "person", urgent="1", topic=topic_id))
    title = turn.topic_title(topic_id)
    turn.say(
        Card(
            title=title,
            summary=title,
            lines=(turn.words("urgent.say_language"),),
            buttons=tuple(buttons),
            tone="urgent",
        )
    )


def own_words(turn: Turn, texts: Sequence[StockText]) -> bool:
    """Whether there is a text in the answer's own language."""
    return any(text.language == turn.language for text in texts)


def call_first(turn: Turn) -> str:
    return turn.words("urgent.call_first", number=_TELEPHONE_FIRST)


def call_buttons(turn: Turn, numbers: tuple[str, ...]) -> list[Choice]:
    """A button for each number."""
    return [
        Choice(turn.words("call.button", number=number), uri=f"tel:{dialled}")
        for number, dialled in call_numbers(turn.city(), numbers)
    ]


def call_numbers(facts: dict[str, Any], names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Numbers as they are shown and as they are dialled; names of the city's own are looked up."""
    shown = [facts.get("phones", {}).get(name, name) for name in names]
    return [
        (number, "".join(c for c in number if c.isdigit() or c == "#").replace("#", "%23"))
        for number in shown
        if any(character.isdigit() for character in number)
    ]


def emergency(turn: Turn, data: Mapping[str, str]) -> None:
    """The menu of emergencies."""
    topics = [t for t in turn.runtime.knowledge.topics.values() if t.category == EMERGENCIES]
    buttons = [turn.topic_choice(topic.id, "urgent") for topic in topics]
    turn.say(
        Card(
            title=turn.words("emergency.title"),
            summary=turn.words("emergency.title"),
            lines=(turn.words("urgent.say_language"),),
            buttons=(*call_buttons(turn, (_TELEPHONE_FIRST, "110")), *buttons),
            tone="urgent",
        )
    )


def tapped(turn: Turn, data: Mapping[str, str]) -> None:
    answer(turn, data.get("topic", ""))


def protected(turn: Turn, topic_id: str) -> None:
    """Nothing sensitive in the chat: neutral words, a page that ends soon, a protected case."""
    case, _ = cases.open_case(
        turn.session,
        turn.runtime,
        turn.resident,
        reason="protected",
        topic_id=topic_id,
        protected=True,
        about=turn.heard,
    )
    turn.case = case
    token = secrets.token_urlsafe(24)
    turn.session.add(
        PrivatePage(
            token_hash=token_hash(token),
            resident_id=turn.resident.id,
            topic_id=topic_id,
            language=turn.language,
            expires_at=turn.now + PRIVATE_PAGE_LIFE,
        )
    )
    preview = turn.topic_title(topic_id)
    url = f"{turn.runtime.settings.public_base_url}/p/{token}"
    turn.say(
        Card(
            title=preview,
            summary=preview,
            buttons=(
                Choice(turn.words("private.open.button"), uri=url),
                turn.choice("private.hide.button", "hide", silent=True),
            ),
        )
    )


def hide(turn: Turn, data: Mapping[str, str]) -> None:
    """End the page, push the chat up with harmless messages, and say what only the phone can do."""
    turn.session.execute(delete(PrivatePage).where(PrivatePage.resident_id == turn.resident.id))
    turn.case = None
    turn.say_words("hide.how_to_delete")
    turn.say_words("hide.harmless_1")
    turn.say_words("hide.harmless_2", turn.menu())


def token_hash(token: str) -> str:
    """What is stored of a token: whoever reads the database cannot open the page."""
    return hashlib.sha256(token.encode()).hexdigest()


ACTIONS: Mapping[str, Action] = {"emergency": emergency, "urgent": tapped, "hide": hide}
