"""Residents' phones: what people do in the chat, and what they really received.

They act through the local LINE platform's control interface (bot/line/simulator/README.md).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import requests

from bot.demo.tour.checks import Failed, wait_for

Json = dict[str, Any]
Found = TypeVar("Found")

SECONDS = 30
LONGEST_LOOK = 0.5
PEOPLE_A_LOOK = 100
EVENTS_A_BODY = 20
"""LINE packs events of a busy moment together."""


@dataclass(frozen=True)
class Button:
    """Something to tap in a message; `data` and `uri` are "" where it has none."""

    label: str
    data: str
    uri: str
    display_text: str | None

    @property
    def values(self) -> dict[str, str]:
        return dict(parse_qsl(self.data, keep_blank_values=True))


@dataclass(eq=False)
class Phone:
    """One person's phone. `received` is everything the bot sent, oldest first, as LINE got it;
    `before` how much of it was there when the person did something last; `acted` when that was,
    in milliseconds of LINE's time.
    """

    line: "Line" = field(repr=False)
    id: str = field(repr=False)
    name: str
    language: str
    received: list[Json] = field(default_factory=list, repr=False)
    before: int = 0
    acted: int = 0

    @property
    def chat(self) -> list[Json]:
        """Every message so far."""
        return [item["message"] for item in self.received]

    @property
    def new(self) -> list[Json]:
        """The messages since this person did something last."""
        return [item["message"] for item in self.received[self.before :]]

    def sent_as(self, kind: str) -> list[Json]:
        """Those of the new messages that came as a reply, a push or a multicast."""
        return [item["message"] for item in self.received[self.before :] if item["kind"] == kind]

    def waited(self, since: int | None = None) -> float:
        """Seconds from what this person did last, or from a time of LINE's, to the first message
        that came then.
        """
        came: int = self.received[self.before]["time"]
        return (came - (self.acted if since is None else since)) / 1000

    def act(self, type: str, **what: object) -> None:
        self.line.act([(self, {"type": type, **what})])

    def write(self, text: str) -> None:
        self.act("text", text=text)

    def tap(self, button: Button) -> None:
        self.act("postback", data=button.data, display_text=button.display_text)

    def answer(self, least: int = 1) -> list[Json]:
        """What came since, once it is at least so many messages."""
        return self.hears(
            f"{least} new {'message' if least == 1 else 'messages'} for {self.name}",
            lambda: self.new if len(self.new) >= least else None,
        )

    def button(self, do: str, **values: str) -> Button:
        """The newest button that does this, once it is there."""
        return self.hears(
            f"a button “{do} {' '.join(values.values())}” for {self.name}",
            lambda: find_button(self.new, do, **values),
        )

    def hears(self, expected: str, found: Callable[[], Found | None]) -> Found:
        """Wait for something among the new messages; returns what `found` returns of them."""

        def look() -> Found | None:
            self.line.look([self])
            if (there := found()) is not None:
                return there
            self.line.look([self], wait=LONGEST_LOOK)
            return found()

        return wait_for(look, expected, lambda: words_of(self.new) or "nothing", pause=0)


class Line:
    """The local LINE platform, as the people on it use it."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_simulator"
        self._session = requests.Session()
        self._session.trust_env = False
        self._since: dict[str, int] = {}

    def get(self, path: str, **query: str | int | float) -> Json:
        response = self._session.get(f"{self._url}/{path}", params=query, timeout=SECONDS)
        return _answer(response)

    def post(self, path: str, **body: object) -> Json:
        return _answer(self._session.post(f"{self._url}/{path}", json=body, timeout=SECONDS))

    def now(self) -> int:
        """The platform's time in milliseconds since 1970."""
        return int(self.get("health")["now"])

    def person(self, name: str, language: str) -> Phone:
        """Somebody new on LINE, who has not added the city's account."""
        return Phone(self, self.post("users", name=name, language=language)["id"], name, language)

    def people(self, languages: Sequence[str], seed: str) -> list[Phone]:
        """Many new people on LINE, one for each of `languages`."""
        self.post("users", count=len(languages), friend=False, seed=seed, name="Resident")
        return [
            Phone(self, "U" + md5(f"{seed}:{number}".encode()).hexdigest(), "a resident", tag)
            for number, tag in enumerate(languages)
        ]

    def act(self, acts: Sequence[tuple[Phone, Json]]) -> None:
        """Everybody does something at the same moment."""
        self.mark([phone for phone, _ in acts])
        specs = [{"user": phone.id, **what} for phone, what in acts]
        for start in range(0, len(specs), EVENTS_A_BODY):
            self.post("events", events=specs[start : start + EVENTS_A_BODY])

    def mark(self, phones: Sequence[Phone]) -> None:
        """Whatever comes from now on is new to these people."""
        self.look(phones)
        for phone in phones:
            phone.before = len(phone.received)

    def look(self, phones: Sequence[Phone], wait: float = 0) -> None:
        """Take in what these people received since the last look at them."""
        for start in range(0, len(phones), PEOPLE_A_LOOK):
            some = phones[start : start + PEOPLE_A_LOOK]
            since = min(self._since.get(phone.id, 0) for phone in some)
            ids = ",".join(phone.id for phone in some)
            found = self.get("changes", since=since, users=ids, wait=wait)
            for phone in some:
                self._take_in(phone, found["users"].get(phone.id, {}).get("items", []))
                self._since[phone.id] = found["seq"]

    def _take_in(self, phone: Phone, items: Iterable[Json]) -> None:
        seen = self._since.get(phone.id, 0)
        for item in items:
            if item["seq"] > seen and item["from"] == "bot":
                phone.received.append(item)
            elif item["seq"] > seen:
                phone.acted = item["time"]

    def everybody(
        self,
        phones: Sequence[Phone],
        expected: str,
        has: Callable[[Phone], bool],
        shown: Callable[[int, int], None],
    ) -> None:
        """Wait until everybody has something; `shown` is told how many do."""

        def look() -> bool | None:
            self.look(phones)
            number = sum(map(has, phones))
            shown(number, len(phones))
            return True if number == len(phones) else None

        def got() -> str:
            return f"{sum(map(has, phones))} of {len(phones)}"

        wait_for(look, expected, got, pause=0.15)


def _answer(response: requests.Response) -> Json:
    if not response.ok:
        raise Failed("an answer of the local LINE platform", f"{response.status_code}")
    found: Json = response.json()
    return found


def words_of(part: Any) -> str:
    """All visible words of messages, one a line."""
    return "\n".join(_visible(part))


def _visible(part: Any) -> list[str]:
    if isinstance(part, list):
        return [word for inner in part for word in _visible(inner)]
    if not isinstance(part, dict):
        return []
    own = [part["text"]] if isinstance(part.get("text"), str) else []
    inside = [value for key, value in part.items() if key not in ("quickReply", "action")]
    return own + [word for inner in inside for word in _visible(inner)]


def buttons_of(part: Any) -> list[Button]:
    """Everything that can be tapped in messages, wherever it is."""
    if isinstance(part, list):
        return [found for inner in part for found in buttons_of(inner)]
    if not isinstance(part, dict):
        return []
    action = part.get("action")
    own = [_button(action)] if isinstance(action, dict) else []
    return own + [found for inner in part.values() for found in buttons_of(inner)]


def _button(action: Json) -> Button:
    return Button(
        label=str(action.get("label", "")),
        data=str(action.get("data", "")),
        uri=str(action.get("uri", "")),
        display_text=action.get("displayText"),
    )


def find_button(messages: Sequence[Json], do: str, **values: str) -> Button | None:
    """The last button among messages that does something with these values."""
    wanted = {"do": do, **values}
    for button in reversed(buttons_of(list(messages))):
        if wanted.items() <= button.values.items():
            return button
    return None


def tapped(phone: Phone, do: str, **values: str) -> Json:
    """The act of tapping the newest button that does this, in somebody's chat."""
    button = the_button(phone.chat, do, **values)
    return {"type": "postback", "data": button.data, "display_text": button.display_text}


def the_button(messages: Sequence[Json], do: str, **values: str) -> Button:
    """The same, where it must be there already."""
    found = find_button(messages, do, **values)
    if found is None:
        got = words_of(list(messages[-3:])) or "no message"
        raise Failed(f"a button “{do}”", got)
    return found
