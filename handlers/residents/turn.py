"""One resident's turn: what came in, in which language, and what will be answered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy.orm import Session

from bot import conversations
from bot.channel import Choice, Incoming, Outgoing, Text
from bot.city import answers
from bot.conversations import ReplyTo
from bot.languages import language
from bot.models import Case, City, Message, Resident, StockText
from bot.runtime import Runtime

EXPECTING = timedelta(minutes=15)


@dataclass
class Turn:
    """Everything a handler of one event needs. `language` is the one the answer comes in."""

    runtime: Runtime
    session: Session
    resident: Resident
    event: Incoming
    reply_to: ReplyTo
    urgent: bool
    topic: str | None
    now: datetime
    language: str
    heard: Message | None = None
    case: Case | None = None
    answered_topic: str | None = None
    outgoing: list[Outgoing] = field(default_factory=list)

    def words(self, id: str, **values: object) -> str:
        """The bot's own words in the language of the answer."""
        return self.runtime.words.text(self.language, id, **values)

    def say(self, *messages: Outgoing) -> None:
        """Answer with these, in this order, in one request (at most five)."""
        self.outgoing += messages

    def say_words(self, id: str, *choices: Choice, **values: object) -> None:
        self.say(Text(self.words(id, **values), choices))

    def choice(self, label_id: str, action: str, *, silent: bool = False, **data: str) -> Choice:
        """A button with the bot's own words on it."""
        return Choice(self.words(label_id), action=action_data(action, **data), silent=silent)

    def choice_named(self, label: str, action: str, **data: str) -> Choice:
        """A button with a name on it."""
        return Choice(label, action=action_data(action, **data))

    def person(self) -> Choice:
        return self.choice("person.button", "person")

    def menu(self) -> Choice:
        return self.choice("menu.button", "menu")

    def expect(self, what: str, *, until: datetime | None = None, **values: Any) -> None:
        """The next message answers this; forgotten after a quarter of an hour, or at `until`."""
        self.resident.expecting = {"what": what, **values}
        self.resident.expecting_until = until or self.now + EXPECTING

    def expected(self, what: str) -> Mapping[str, Any] | None:
        """What the message was expected to answer, if it was this and not too long ago."""
        waiting, until = self.resident.expecting, self.resident.expecting_until
        usable = waiting.get("what") == what and until is not None and until > self.now
        return waiting if usable else None

    def expect_nothing(self) -> None:
        self.resident.expecting, self.resident.expecting_until = {}, None

    def city(self) -> dict[str, Any]:
        """The city's facts; empty before one is loaded."""
        row = self.session.get(City, 1)
        return row.facts if row else {}

    def faq(self, topic_id: str) -> list[StockText]:
        """A topic's text in the answer's language, else in those its readers also read."""
        return answers(self.session, topic_id, self.language)

    def topic_title(self, topic_id: str) -> str:
        """What stands on a topic's button; it gives nothing away where others may look."""
        return self.words(f"topic.{topic_id}")

    def topic_choice(self, topic_id: str, action: str = "topic") -> Choice:
        """A topic to tap."""
        return Choice(self.topic_title(topic_id), action=action_data(action, topic=topic_id))

    def offer(self, topic_ids: Iterable[str]) -> None:
        """Topics a message could be about instead, under what was said last."""
        others = tuple(self.topic_choice(topic_id) for topic_id in topic_ids)
        if not others or not self.outgoing:
            return
        last = self.outgoing[-1]
        self.outgoing[-1] = replace(last, choices=(*last.choices, *others))

    def _offer_language(self) -> None:
        """Answered in another language than the chosen one: offer to switch."""
        if self.language == self.resident.language or not self.outgoing:
            return
        own = language(self.language).own_name
        switch = Choice(
            self.words("language.switch.button", language=own),
            action=action_data("language", tag=self.language),
        )
        last = self.outgoing[-1]
        self.outgoing[-1] = replace(last, choices=(*last.choices, switch))

    def finish(self) -> None:
        """Queue the answer, if there is one and somebody who can get it."""
        self._offer_language()
        if self.outgoing and self.resident.line_user_id and self.resident.following:
            conversations.say(
                self.session,
                self.runtime,
                self.resident,
                self.outgoing,
                language=self.language,
                urgent=self.urgent,
                reply_to=self.reply_to,
                case=self.case,
                topic_id=self.answered_topic,
            )


Action = Callable[[Turn, Mapping[str, str]], None]
"""A handler of a tap: the turn and the data of the button."""


def action_data(action: str, **data: str) -> str:
    """What a button sends back: at most 300 characters, no words of anybody."""
    return urlencode({"do": action, **data})


def parsed_action(data: str) -> tuple[str, dict[str, str]]:
    """The action and its data; an unknown form is an action nobody has."""
    values = dict(parse_qsl(data))
    return values.pop("do", ""), values
