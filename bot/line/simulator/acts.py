"""What people do: one wish of the control API becomes a change of the state and a webhook event."""

import base64
import binascii
import re
import secrets
import struct
import zlib
from collections.abc import Callable
from typing import Any

from .behaviour import Clock
from .state import Group, State, User
from .webhooks import BOT_ID, Event, ulid

CHAT_ID = re.compile(r"[UCR][0-9a-f]{32}")
MEDIA_TYPES = {
    "image": "image/png",
    "video": "video/mp4",
    "audio": "audio/mp4",
    "file": "application/octet-stream",
}
Spec = dict[str, Any]


class ActError(ValueError):
    """The wish cannot be fulfilled; the text says why."""


def grey_png(width: int, height: int) -> bytes:
    """A plain picture, for an image message whose content does not matter."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\xb3" * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def random_token() -> str:
    return secrets.token_hex(16)


def read_token(message_id: str) -> str:
    """The markAsReadToken of a user's message: opaque to the bot."""
    return base64.urlsafe_b64encode(b"read:" + message_id.encode()).decode()


def message_of_read_token(token: str) -> str | None:
    try:
        kind, _, message_id = base64.urlsafe_b64decode(token).partition(b":")
        return message_id.decode() if kind == b"read" else None
    except (binascii.Error, ValueError):
        return None


class MessageIds:
    """18 digits, growing, never the same again after a restart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        self._last = max(self._last + 1, self._clock.now() * 100_000)
        return str(self._last)


class Acts:
    def __init__(self, state: State, clock: Clock, message_ids: MessageIds) -> None:
        self.state, self.clock, self.message_ids = state, clock, message_ids
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self._table: dict[str, Callable[[Spec], Event]] = {
            "follow": self._follow,
            "unfollow": self._unfollow,
            "postback": self._postback,
            "unsend": self._unsend,
            "join": self._join,
            "leave": self._leave,
            "memberJoined": self._member_joined,
            "memberLeft": self._member_left,
            "raw": self._raw,
            "text": self._text,
            "sticker": self._sticker,
            "location": self._location,
            **dict.fromkeys(MEDIA_TYPES, self._media),
        }

    def perform(self, wish: Spec) -> Event:
        """Do it and return the event for the bot. ActError: it is not possible."""
        spec = {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), key): it for key, it in wish.items()}
        kind = spec.get("type")
        if kind not in self._table:
            raise ActError(f"unknown type {kind!r}; one of {', '.join(self._table)}")
        return self._table[kind](spec)

    def need(self, spec: Spec, name: str, kind: type | tuple[type, ...] = str) -> Any:
        value = spec.get(name)
        if not isinstance(value, kind) or isinstance(value, bool) or value == "":
            raise ActError(f"{spec['type']} needs {name!r}")
        return value

    def user(self, spec: Spec) -> User:
        user = self.state.users.get(self.need(spec, "user"))
        if user is None:
            raise ActError("no such user")
        return user

    def group(self, spec: Spec) -> Group | None:
        identifier = spec.get("group") or spec.get("room")
        if not identifier:
            return None
        group = self.state.groups.get(identifier)
        if group is None:
            raise ActError("no such group or room; let the bot join first")
        return group

    def _event(
        self, spec: Spec, kind: str, body: Spec, detail: Spec, token: bool, shown: str | None = None
    ) -> Event:
        """Record what was done and build its event. `shown`: its type in the chat, if another."""
        group = self.group(spec)
        user_id = spec.get("user")
        now = self.clock.now()
        mode = spec.get("mode", "active")
        reply_token = random_token() if token and mode != "standby" else None
        event_id = ulid(now)
        event = {
            "type": kind,
            **body,
            "webhookEventId": event_id,
            "deliveryContext": {"isRedelivery": False},
            "timestamp": spec.get("time", now),
            "source": source(group, None if spec.get("anonymous") else user_id),
            "mode": mode,
        }
        if reply_token is not None:
            event["replyToken"] = reply_token
        self.state.act(
            chat=group.id if group is not None else self.user(spec).id,
            user=user_id,
            type=shown or kind,
            time=event["timestamp"],
            event_id=event_id,
            detail=detail,
            token=reply_token,
        )
        return Event(event_id, event, reply_token)

    def _follow(self, spec: Spec) -> Event:
        unblocked = self.user(spec).blocked
        body = {"follow": {"isUnblocked": unblocked}}
        return self._event(spec, "follow", body, {"unblocked": unblocked}, True)

    def _unfollow(self, spec: Spec) -> Event:
        self.user(spec)
        return self._event(spec, "unfollow", {}, {}, False)

    def _reachable(self, spec: Spec) -> None:
        group = self.group(spec)
        if group is not None and not group.present:
            raise ActError("the bot is not in this group or room")
        if group is None and self.user(spec).blocked:
            raise ActError("this user has blocked the account; follow first")

    def _postback(self, spec: Spec) -> Event:
        self._reachable(spec)
        postback: Spec = {"data": self.need(spec, "data")}
        if spec.get("params"):
            postback["params"] = spec["params"]
        detail = {"postback": postback, "display_text": spec.get("display_text")}
        return self._event(spec, "postback", {"postback": postback}, detail, True)

    def _unsend(self, spec: Spec) -> Event:
        message_id = self.need(spec, "message_id")
        if message_id not in self.state.said:
            raise ActError("no such message of a user")
        chat, act = self.state.said[message_id]
        place = {"group": chat} if chat in self.state.groups else {}
        whole = {**spec, "user": act.user, **place}
        body = {"unsend": {"messageId": message_id}}
        return self._event(whole, "unsend", body, {"id": message_id}, False)

    def _join(self, spec: Spec) -> Event:
        letter, key = ("R", "room") if "room" in spec else ("C", "group")
        identifier = spec.get(key) or letter + random_token()
        if not CHAT_ID.fullmatch(identifier) or identifier[0] != letter:
            raise ActError(f"a {key} id is {letter} and 32 hexadecimal digits")
        known = self.state.groups.get(identifier)
        members = list(known.members) if known else []
        if spec.get("user"):
            members.append(self.user(spec).id)
        name = spec.get("name") or (known.name if known else key)
        self.state.put_group(id=identifier, name=name, members=members, present=True)
        return self._event({**spec, key: identifier, "anonymous": True}, "join", {}, {}, True)

    def _leave(self, spec: Spec) -> Event:
        group = self._existing_group(spec)
        event = self._event({**spec, "anonymous": True}, "leave", {}, {}, False)
        self.state.put_group(
            id=group.id, name=group.name, members=list(group.members), present=False
        )
        return event

    def _existing_group(self, spec: Spec) -> Group:
        group = self.group(spec)
        if group is None:
            raise ActError(f"{spec['type']} needs 'group' or 'room'")
        return group

    def _member_joined(self, spec: Spec) -> Event:
        group, user = self._existing_group(spec), self.user(spec)
        members = [*group.members, user.id]
        self.state.put_group(id=group.id, name=group.name, members=members, present=group.present)
        body = {"joined": {"members": [{"type": "user", "userId": user.id}]}}
        return self._event({**spec, "anonymous": True}, "memberJoined", body, {}, True)

    def _member_left(self, spec: Spec) -> Event:
        group, user = self._existing_group(spec), self.user(spec)
        members = [member for member in group.members if member != user.id]
        self.state.put_group(id=group.id, name=group.name, members=members, present=group.present)
        body = {"left": {"members": [{"type": "user", "userId": user.id}]}}
        return self._event({**spec, "anonymous": True}, "memberLeft", body, {}, False)

    def _raw(self, spec: Spec) -> Event:
        given: Spec = self.need(spec, "event", dict)
        removed = {key for key, value in given.items() if value is None}
        rest = {key: it for key, it in given.items() if it is not None and key != "replyToken"}
        kind = str(given.get("type", "raw"))
        event = self._event(
            spec, kind, {}, {"event": given}, bool(given.get("replyToken")), shown="raw"
        )
        body = {key: it for key, it in {**event.body, **rest}.items() if key not in removed}
        return Event(event.id, body, event.token)

    # messages

    def _message(self, spec: Spec, content: Spec, *, quotable: bool = True) -> Event:
        self._reachable(spec)
        message = {"id": self.message_ids.next(), "type": spec["type"], **content}
        message["markAsReadToken"] = read_token(message["id"])
        if quotable:
            message["quoteToken"] = random_token()
        detail = {"id": message["id"], "message": message}
        return self._event(spec, "message", {"message": message}, detail, True)

    def _text(self, spec: Spec) -> Event:
        content: Spec = {"text": self.need(spec, "text")}
        if spec.get("quoted"):
            content["quotedMessageId"] = spec["quoted"]
        if spec.get("mention_bot"):
            length = len(content["text"].split(maxsplit=1)[0])
            mentionee = {"index": 0, "length": length, "type": "user", "userId": BOT_ID}
            content["mention"] = {"mentionees": [{**mentionee, "isSelf": True}]}
        return self._message(spec, content)

    def _sticker(self, spec: Spec) -> Event:
        content = {
            "packageId": str(spec.get("package_id", "446")),
            "stickerId": str(spec.get("sticker_id", "1988")),
            "stickerResourceType": "STATIC",
        }
        return self._message(spec, content)

    def _location(self, spec: Spec) -> Event:
        numbers = (int, float)
        content: Spec = {
            "latitude": self.need(spec, "latitude", numbers),
            "longitude": self.need(spec, "longitude", numbers),
        }
        content |= {key: spec[key] for key in ("title", "address") if spec.get(key)}
        return self._message(spec, content, quotable=False)

    def _media(self, spec: Spec) -> Event:
        content_type, data = self._content(spec)
        kind = spec["type"]
        if kind == "file":
            name = spec.get("file_name", "file.bin")
            content: Spec = {"fileName": name, "fileSize": len(data)}
        else:
            content = {"contentProvider": {"type": "line"}}
        if kind in ("video", "audio"):
            content["duration"] = spec.get("duration", 1000)
        event = self._message(spec, content, quotable=kind in ("image", "video"))
        identifier = event.body["message"]["id"]
        self.state.store_bytes(identifier, data)
        self.state.put_media(id=identifier, content_type=content_type, time=self.clock.now())
        return event

    def _content(self, spec: Spec) -> tuple[str, bytes]:
        if spec.get("upload") is not None:
            if spec["upload"] not in self.uploads:
                raise ActError("no such upload")
            return self.uploads.pop(spec["upload"])
        kind = spec.get("content_type") or MEDIA_TYPES[spec["type"]]
        if spec.get("content") is None:
            if spec["type"] == "image":
                return "image/png", grey_png(32, 32)
            raise ActError(f"{spec['type']} needs 'content' or 'upload'")
        try:
            return kind, base64.b64decode(self.need(spec, "content"), validate=True)
        except binascii.Error:
            raise ActError("content is not base64") from None


def source(group: Group | None, user_id: str | None) -> Spec:
    member = {} if user_id is None else {"userId": user_id}
    if group is None:
        return {"type": "user", **member}
    if group.id[0] == "R":
        return {"type": "room", "roomId": group.id, **member}
    return {"type": "group", "groupId": group.id, **member}
