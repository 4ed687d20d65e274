"""Everything the platform knows: people, chats, menus, media, reply tokens and retry keys.

One thread uses it. Every method marked `recorded` is one change; with a journal it is written down
with its arguments, and replaying the arguments gives the same state. So such a method draws no
random value and reads no clock.
"""

import asyncio
import hashlib
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from .journal import Journal

JAPAN = timezone(timedelta(hours=9))
REPLY_WINDOW = 60_000  # ms after receipt in which a reply token can be used
REARM_WINDOW = 20 * 60_000  # ms after the event in which a redelivery gives the token a new minute
WRITING_WINDOW = 7 * 24 * 3600_000  # ms after writing in which somebody who is no friend sees us
RETRY_WINDOW = 24 * 3600_000  # ms after a retry key's first request in which a repeat is refused


@dataclass(slots=True)
class Sent:
    """One accepted request of the bot. All its recipients share this one object."""

    seq: int
    time: int
    kind: str
    messages: list[dict[str, Any]]
    ids: list[str]
    request_id: str
    retry_key: str | None
    silent: bool

    @property
    def last(self) -> int:
        return self.seq + len(self.messages) - 1

    def items(self, since: int) -> Iterable[dict[str, Any]]:
        for number, (identifier, message) in enumerate(zip(self.ids, self.messages, strict=True)):
            if self.seq + number > since:
                yield {
                    "seq": self.seq + number,
                    "time": self.time,
                    "from": "bot",
                    "type": "message",
                    "kind": self.kind,
                    "id": identifier,
                    "message": message,
                    "request_id": self.request_id,
                    "retry_key": self.retry_key,
                    "silent": self.silent,
                }


@dataclass(slots=True)
class Act:
    """Something a person did: wrote, tapped, followed, unsent."""

    seq: int
    time: int
    user: str | None
    type: str
    event_id: str
    detail: dict[str, Any]

    @property
    def last(self) -> int:
        return self.seq

    def items(self, since: int) -> Iterable[dict[str, Any]]:
        yield {
            "seq": self.seq,
            "time": self.time,
            "from": "user",
            "type": self.type,
            "event_id": self.event_id,
            "user": self.user,
            **self.detail,
        }


@dataclass(slots=True)
class Chat:
    id: str
    name: str = ""
    items: list[Sent | Act] = field(default_factory=list)
    changed: int = 0
    read_until: int = 0


@dataclass(slots=True)
class User(Chat):
    language: str | None = None
    country: str | None = None
    picture: str | None = None
    friend: bool = False
    blocked: bool = False
    menu: str | None = None
    loading_until: int = 0
    wrote: int = 0

    def sees(self, now: int) -> bool:
        """Friends see what the bot sends; so do others for 7 days after they wrote to it."""
        return self.friend or (not self.blocked and 0 < self.wrote > now - WRITING_WINDOW)


@dataclass(slots=True)
class Group(Chat):
    """A group or multi-person chat. `present` says whether the bot is in it."""

    members: dict[str, None] = field(default_factory=dict)
    present: bool = True


@dataclass(slots=True)
class ReplyToken:
    chat: str
    event_time: int
    expires: int
    used: bool = False


@dataclass(slots=True)
class Media:
    """Bytes a user sent, or a rich menu's picture."""

    content_type: str
    time: int
    gone: bool = False


@dataclass(slots=True)
class RichMenu:
    menu: dict[str, Any]
    image: bool = False


@dataclass(slots=True)
class Accepted:
    """What LINE remembers of a retry key: when it first came, and the accepted request, if any."""

    first_seen: int
    request_id: str | None = None
    sent_messages: list[dict[str, str]] | None = None


CHANGES: dict[str, Callable[..., None]] = {}
P = ParamSpec("P")


def recorded(
    method: Callable[Concatenate["State", P], None],
) -> Callable[Concatenate["State", P], None]:
    """One change of the state; its arguments are keywords that JSON can hold."""
    CHANGES[method.__name__] = method

    def change(self: "State", /, *args: P.args, **kwargs: P.kwargs) -> None:
        method(self, *args, **kwargs)
        if self.journal is not None:
            self.journal.write(method.__name__, kwargs)

    return change


class State:
    def __init__(self, journal: Journal | None = None, name: str = "Simulator") -> None:
        self.journal = journal
        self.name = name
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._blobs: dict[str, bytes] = {}
        self._empty()
        if journal is not None:
            for change, arguments in journal.read():
                CHANGES[change](self, **arguments)

    def _empty(self) -> None:
        self.seq = 0
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.friends = 0
        self.said: dict[str, tuple[str, Act]] = {}  # message id → chat id, what was said
        self.tokens: dict[str, ReplyToken] = {}
        self._token_order: deque[str] = deque()
        self.retry_keys: dict[str, Accepted] = {}
        self.usage: Counter[str] = Counter()
        self.media: dict[str, Media] = {}
        self.menus: dict[str, RichMenu] = {}
        self.aliases: dict[str, str] = {}
        self.default_menu: str | None = None
        self.menus_changed = 0
        self.webhook: str | None = None
        self.clock_offset = 0.0
        self.places: list[dict[str, Any]] = []

    # people and chats

    def chat(self, identifier: str) -> User | Group | None:
        return self.users.get(identifier) or self.groups.get(identifier)

    def _touch(self, chat: Chat, seq: int) -> None:
        chat.changed = seq
        for event in self._waiting.get(chat.id, ()):
            event.set()

    def _next(self, count: int = 1) -> int:
        """The first of `count` new numbers."""
        first = self.seq + 1
        self.seq += count
        return first

    def _befriend(self, user: User, friend: bool, blocked: bool) -> None:
        self.friends += int(friend) - int(user.friend)
        user.friend, user.blocked = friend, blocked

    @recorded
    def put_user(self, *, id: str, fields: dict[str, Any], friend: bool = False) -> None:
        user = self.users.setdefault(id, User(id))
        for name, value in fields.items():
            setattr(user, name, value)
        if friend:
            self._befriend(user, True, False)
        self._touch(user, self._next())

    @recorded
    def put_users(
        self, *, count: int, seed: str, name: str, language: str | None, friend: bool
    ) -> None:
        seq = self._next()
        for index in range(count):
            identifier = bulk_id(seed, index)
            user = self.users.setdefault(identifier, User(identifier))
            user.name, user.language, user.changed = f"{name} {index}", language, seq
            if friend:
                self._befriend(user, True, False)

    @recorded
    def put_group(self, *, id: str, name: str, members: list[str], present: bool) -> None:
        group = self.groups.setdefault(id, Group(id))
        group.name, group.present = name, present
        group.members = dict.fromkeys(members)
        self._touch(group, self._next())

    @recorded
    def act(
        self,
        *,
        chat: str,
        user: str | None,
        type: str,
        time: int,
        event_id: str,
        detail: dict[str, Any],
        token: str | None,
    ) -> None:
        """A person did something; `token` is the reply token that the event will carry."""
        act = Act(self._next(), time, user, type, event_id, detail)
        place = self.chat(chat)
        assert place is not None
        place.items.append(act)
        if isinstance(place, User) and type in ("follow", "unfollow"):
            self._befriend(place, type == "follow", type == "unfollow")
        if isinstance(place, User) and type in ("message", "postback"):
            place.wrote = time
        if type == "message":
            self.said[detail["id"]] = (chat, act)
        if type == "unsend":
            self._forget(detail["id"])
        if token is not None:
            self.tokens[token] = ReplyToken(chat, time, time + REPLY_WINDOW)
            self._token_order.append(token)
            while self.tokens[self._token_order[0]].event_time < time - 2 * REARM_WINDOW:
                del self.tokens[self._token_order.popleft()]
        self._touch(place, act.seq)

    def _forget(self, message_id: str) -> None:
        _, act = self.said[message_id]
        act.detail = {"id": message_id, "unsent": True, "message": {"type": "unsent"}}
        if message_id in self.media:
            self.media[message_id].gone = True

    @recorded
    def send(
        self,
        *,
        kind: str,
        to: list[str],
        messages: list[dict[str, Any]],
        ids: list[str],
        request_id: str,
        retry_key: str | None,
        first_seen: int,
        time: int,
        silent: bool,
        token: str | None,
        cost: int,
        sent_messages: list[dict[str, str]] | None,
    ) -> None:
        """The bot's request was accepted; only chats that can show it get it."""
        sent = Sent(
            self._next(len(messages)), time, kind, messages, ids, request_id, retry_key, silent
        )
        for identifier in to:
            chat = self.chat(identifier)
            if isinstance(chat, User) and chat.sees(time):
                chat.loading_until = 0
            elif not (isinstance(chat, Group) and chat.present):
                continue
            chat.items.append(sent)
            self._touch(chat, sent.last)
        if retry_key is not None:
            self.retry_keys[retry_key] = Accepted(first_seen, request_id, sent_messages)
        if token is not None and token in self.tokens:
            self.tokens[token].used = True
        self.usage[month(time)] += cost

    @recorded
    def mark_read(self, *, chat: str, until: int) -> None:
        place = self.chat(chat)
        assert place is not None
        place.read_until = max(place.read_until, until)
        self._touch(place, self._next())

    def show_loading(self, user: User, until: int) -> None:
        user.loading_until = until
        self._touch(user, self._next())

    def first_seen(self, retry_key: str, now: int) -> Accepted:
        """The memory of this key, begun now if there is none that is younger than 24 hours."""
        known = self.retry_keys.get(retry_key)
        if known is None or now - known.first_seen >= RETRY_WINDOW:
            known = self.retry_keys[retry_key] = Accepted(now)
        return known

    def messages(self, chat: Chat, since: int, limit: int) -> list[dict[str, Any]]:
        start = bisect_right(chat.items, since, key=lambda item: item.last)
        found: list[dict[str, Any]] = []
        for item in chat.items[start : start + limit]:
            found.extend(item.items(since))
        return found[:limit]

    async def wait_for(self, chats: list[str], seconds: float) -> None:
        """Until something of these chats changes, at longest so many seconds."""
        event = asyncio.Event()
        for identifier in chats:
            self._waiting.setdefault(identifier, set()).add(event)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            for identifier in chats:
                self._waiting[identifier].discard(event)
                if not self._waiting[identifier]:
                    del self._waiting[identifier]

    # media

    @recorded
    def put_media(self, *, id: str, content_type: str, time: int) -> None:
        self.media[id] = Media(content_type, time)

    def _media_path(self, identifier: str) -> Path | None:
        return None if self.journal is None else self.journal.folder / "media" / identifier

    def store_bytes(self, identifier: str, content: bytes) -> None:
        path = self._media_path(identifier)
        if path is None:
            self._blobs[identifier] = content
        else:
            path.write_bytes(content)

    def load_bytes(self, identifier: str) -> bytes:
        path = self._media_path(identifier)
        return self._blobs[identifier] if path is None else path.read_bytes()

    # rich menus

    def _menus_touched(self) -> None:
        self.menus_changed = self._next()
        for events in self._waiting.values():
            for event in events:
                event.set()

    @recorded
    def put_menu(self, *, id: str, menu: dict[str, Any]) -> None:
        self.menus[id] = RichMenu(menu)

    @recorded
    def put_menu_image(self, *, id: str, content_type: str, time: int) -> None:
        self.menus[id].image = True
        self.media[id] = Media(content_type, time)

    @recorded
    def delete_menu(self, *, id: str) -> None:
        """Whoever saw it sees the default from now on."""
        del self.menus[id]
        if self.default_menu == id:
            self.default_menu = None
        self._menus_touched()

    @recorded
    def set_default_menu(self, *, id: str | None) -> None:
        self.default_menu = id
        self._menus_touched()

    @recorded
    def link_menu(self, *, users: list[str], id: str | None) -> None:
        seq = self._next()
        for identifier in users:
            user = self.users.get(identifier)
            if user is not None:
                user.menu = id
                self._touch(user, seq)

    @recorded
    def replace_menus(self, *, operations: list[dict[str, str]]) -> None:
        """A rich menu batch: for everybody linked to `from` (or to any), link `to` (or nothing)."""
        for user in self.users.values():
            if user.menu is None:
                continue
            for operation in operations:
                if operation["type"] == "unlinkAll" or operation["from"] == user.menu:
                    user.menu = operation.get("to")
                    break
        self._menus_touched()

    @recorded
    def put_alias(self, *, alias: str, id: str) -> None:
        self.aliases[alias] = id

    @recorded
    def delete_alias(self, *, alias: str) -> None:
        del self.aliases[alias]

    def linked_menu(self, user: User) -> str | None:
        return user.menu if user.menu in self.menus else None

    def effective_menu(self, user: User) -> str | None:
        return self.linked_menu(user) or self.default_menu

    # the channel

    @recorded
    def set_webhook(self, *, url: str) -> None:
        self.webhook = url

    @recorded
    def set_clock(self, *, offset_seconds: float) -> None:
        self.clock_offset = offset_seconds

    @recorded
    def set_places(self, *, places: list[dict[str, Any]]) -> None:
        """Places that the phone page offers to send, for want of a real phone's map."""
        self.places = places

    def reset(self, keep_users: bool) -> None:
        """Forget everything but the webhook's address and the places; people stay if wanted."""
        users, webhook, places = self.users, self.webhook, self.places
        self._empty()
        self._blobs.clear()
        if self.journal is not None:
            self.journal.clear()
        if webhook is not None:
            self.set_webhook(url=webhook)
        self.set_places(places=places)
        for user in users.values() if keep_users else ():
            names = ("name", "language", "country", "picture", "blocked")
            fields = {name: getattr(user, name) for name in names}
            self.put_user(id=user.id, fields=fields, friend=user.friend)
        self._menus_touched()


def bulk_id(seed: str, index: int) -> str:
    return "U" + hashlib.md5(f"{seed}:{index}".encode(), usedforsecurity=False).hexdigest()


def month(time: int) -> str:
    """The month in Japan that a message sent at this time (ms) is billed to, as 2026-09."""
    return datetime.fromtimestamp(time / 1000, UTC).astimezone(JAPAN).strftime("%Y-%m")
