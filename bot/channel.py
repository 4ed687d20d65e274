"""What a messaging channel is: what comes in, what goes out, and how sending can end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class Incoming:
    """One event of the channel in the bot's own words.

    `kind`: text, sticker, image, video, audio, file, location, postback, follow, unfollow, unsend,
    join, leave or other. `user_id` is None in groups that hide it. `message_id` is the channel's.
    """

    kind: str
    user_id: str | None
    group_id: str | None
    occurred_at: datetime
    reply_token: str | None = None
    message_id: str | None = None
    text: str = ""
    data: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    profile_language: str | None = None


@dataclass(frozen=True)
class Choice:
    """Something to tap. Exactly one of `action`, `uri` and `location` is set.

    `action` comes back as the data of a postback and shows `label` in the chat as the person's own
    words, unless it is `silent`; `location` asks for where the person is.
    """

    label: str
    action: str = ""
    uri: str = ""
    location: bool = False
    silent: bool = False


@dataclass(frozen=True)
class Text:
    """A plain text, with choices that stand below the newest message only."""

    text: str
    choices: tuple[Choice, ...] = ()
    sender: str | None = None


@dataclass(frozen=True)
class Card:
    """A framed message: title, lines and buttons that stay usable; `summary` is its preview.

    `tone` is plain or urgent. With `columns` 2 the buttons stand in two columns.
    """

    title: str
    summary: str
    lines: tuple[str, ...] = ()
    buttons: tuple[Choice, ...] = ()
    choices: tuple[Choice, ...] = ()
    tone: str = "plain"
    columns: int = 1


@dataclass(frozen=True)
class AlertCard:
    """The card below an alert's text: the same facts to look at again, and what can be tapped.

    `band` is its title line and `color` its colour: "5" to "2" for the national levels, else
    "other". `drill` is the mark of a drill, which replaces the band's colour, or empty. `facts` are
    pairs of a label, which may be empty, and a text. `note` is small: issuer, number, origin.
    """

    band: str
    color: str
    drill: str
    action: str
    summary: str
    facts: tuple[tuple[str, str], ...]
    note: tuple[str, ...]
    buttons: tuple[Choice, ...]
    choices: tuple[Choice, ...] = ()


Outgoing = Text | Card | AlertCard


@dataclass(frozen=True)
class Menu:
    """What stands below every chat: a picture whose fields can be tapped, and `bar`, the words that
    open and close it. `name` is for us. `fields`: left, top, width and height in pixels of the
    picture, and what a tap does; none of them is silent.
    """

    name: str
    bar: str
    width: int
    height: int
    fields: tuple[tuple[tuple[int, int, int, int], Choice], ...]


class Failure(StrEnum):
    """How a request to the channel can fail; what each means for the row that waits."""

    RATE = "rate"  # not accepted: try again a little later
    QUOTA = "quota"  # the month's messages are used up: staff must know
    UNCLEAR = "unclear"  # perhaps accepted: only its own key may repeat it
    TOKEN = "token"  # the reply token is used up or too old: push instead
    RECIPIENT = "recipient"  # one named recipient is malformed
    REFUSED = "refused"  # will not be accepted as it is: staff must know


class SendError(Exception):
    """The channel did not accept a request.

    `text` is the channel's own explanation, without names or message texts. `index` is the
    position of the recipient that `RECIPIENT` is about. `request_id` is the channel's.
    """

    def __init__(
        self, failure: Failure, text: str, *, request_id: str | None = None, index: int = -1
    ) -> None:
        super().__init__(f"{failure}: {text}")
        self.failure = failure
        self.text = text
        self.request_id = request_id
        self.index = index


class Channel(Protocol):
    """A messaging service. Every call has a deadline and raises `SendError`."""

    def render(self, messages: Sequence[Outgoing]) -> str:
        """The channel's own JSON for up to five messages: what is stored and repeated."""

    def reply(self, token: str, body: str) -> str:
        """Answer an event, free of charge; returns the channel's request id."""

    def push(self, recipient: str, body: str, retry_key: str) -> str:
        """Send to one person; a repeat with the same key is accepted once."""

    def multicast(self, recipients: Sequence[str], body: str, retry_key: str) -> str:
        """Send the same to up to 500 people; a repeat with the same key is accepted once."""

    def profile_language(self, user_id: str) -> str | None:
        """The language code of a person's profile, or None where it cannot be known."""

    def profile_name(self, user_id: str) -> str | None:
        """What a person calls themselves in the channel, or None where it cannot be known."""

    def content(self, message_id: str, most: int) -> bytes | None:
        """What a person sent besides words, of `most` bytes; None while it is being prepared.

        `SendError` is *unclear* where it may work later, *refused* where it is gone or too large.
        """

    def group_size(self, group_id: str) -> int | None:
        """How many people are in a group the account is in; None where it cannot be known."""

    def leave_group(self, group_id: str) -> bool:
        """Take the account out of a group; whether it is out now."""

    def menus(self) -> dict[str, str]:
        """Every menu the account has: ids and names."""

    def create_menu(self, menu: Menu) -> str:
        """Make a menu, without its picture; returns its id. Making it twice makes two."""

    def draw_menu(self, menu_id: str, png: bytes) -> None:
        """Give a menu its picture, once."""

    def set_default_menu(self, menu_id: str) -> None:
        """Show a menu to everybody who is linked to none."""

    def link_menu(self, menu_id: str, recipients: Sequence[str]) -> None:
        """Show a menu to up to 500 people, shortly afterwards."""

    def delete_menu(self, menu_id: str) -> None:
        """Take a menu from the account, and from whoever is linked to it; or it is gone already."""
