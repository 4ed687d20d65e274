"""The Messaging API without rich menus: sending, people, media, groups, the webhook's address."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from .acts import MessageIds, message_of_read_token, random_token
from .behaviour import Behaviour, Clock
from .formats import (
    Check,
    anything,
    boolean,
    each,
    integer,
    pattern,
    record,
    text,
    uri,
)
from .gate import MONTHLY_LIMIT, Answer, Call, Handler, Refusal
from .messages import MESSAGE_LIST, mentions
from .state import Act, Group, State, month
from .webhooks import BOT_ID, Webhooks

USER_ID = re.compile(r"U[0-9a-f]{32}")
CHAT_ID = re.compile(r"[UCR][0-9a-f]{32}")
INVALID = "The property, {}, in the request body is invalid (line: -, column: -)"
DAY = 24 * 3600_000

COMMON: dict[str, Check] = {
    "notificationDisabled": boolean,
    "customAggregationUnits": each(pattern("[a-zA-Z0-9_]{1,30}", "invalid unit name"), 0, 1),
}
REPLY = record({"replyToken": text(), "messages": MESSAGE_LIST}, COMMON)
PUSH = record({"to": text(), "messages": MESSAGE_LIST}, COMMON)
MULTICAST = record({"to": each(anything, 1, 500), "messages": MESSAGE_LIST}, COMMON)
VALIDATE = record({"messages": MESSAGE_LIST})
LOADING = record({"chatId": text()}, {"loadingSeconds": integer(5, 60, 5)})
READ_CHAT = record({"chat": record({"userId": text()})})
READ_TOKEN = record({"markAsReadToken": text()})
ENDPOINT = record({"endpoint": uri("https", "http", maximum=500)})


def invalid_recipient(property_: str) -> Refusal:
    return Refusal(400, INVALID.format(property_))


class Messaging:
    """The handlers of these calls; `routes` lists them with method, path and name."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        behaviour: Behaviour,
        webhooks: Webhooks,
        message_ids: MessageIds,
    ) -> None:
        self.state, self.clock, self.behaviour = state, clock, behaviour
        self.webhooks, self.message_ids = webhooks, message_ids

    def routes(self) -> list[tuple[str, str, str, Handler]]:
        message, group, room = "/v2/bot/message", "/v2/bot/group/{chat}", "/v2/bot/room/{chat}"
        found: list[tuple[str, str, str, Handler]] = [
            ("reply", "POST", f"{message}/reply", self.reply),
            ("push", "POST", f"{message}/push", self.push),
            ("multicast", "POST", f"{message}/multicast", self.multicast),
            ("validate", "POST", f"{message}/validate/{{kind}}", self.validate),
            ("quota", "GET", f"{message}/quota", self.quota),
            ("consumption", "GET", f"{message}/quota/consumption", self.consumption),
            ("content", "GET", f"{message}/{{id}}/content", self.content),
            ("preview", "GET", f"{message}/{{id}}/content/preview", self.preview),
            ("transcoding", "GET", f"{message}/{{id}}/content/transcoding", self.transcoding),
            ("loading", "POST", "/v2/bot/chat/loading/start", self.loading),
            ("markAsRead", "POST", f"{message}/markAsRead", self.read_chat),
            ("markAsRead", "POST", "/v2/bot/chat/markAsRead", self.read_token),
            ("profile", "GET", "/v2/bot/profile/{user}", self.profile),
            ("followers", "GET", "/v2/bot/followers/ids", self.followers),
            ("info", "GET", "/v2/bot/info", self.info),
            ("webhook", "GET", "/v2/bot/channel/webhook/endpoint", self.get_webhook),
            ("webhook", "PUT", "/v2/bot/channel/webhook/endpoint", self.set_webhook),
            ("webhook", "POST", "/v2/bot/channel/webhook/test", self.test_webhook),
            ("group", "GET", f"{group}/summary", self.group_summary),
        ]
        for path in (group, room):
            found += [
                ("group", "GET", f"{path}/member/{{user}}", self.member),
                ("group", "GET", f"{path}/members/ids", self.member_ids),
                ("group", "GET", f"{path}/members/count", self.member_count),
                ("group", "POST", f"{path}/leave", self.leave),
            ]
        for name in ("broadcast", "narrowcast"):
            found.append((name, "POST", f"{message}/{name}", self.refused))
        return found

    # sending

    def reply(self, call: Call) -> Answer:
        body = call.json(REPLY)
        token = self.state.tokens.get(body["replyToken"])
        if token is None or token.used or call.now > token.expires:
            raise Refusal(400, "Invalid reply token")
        self._mentions_allowed(body["messages"], token.chat)
        return self._send(call, body, [token.chat], cost=0, token=body["replyToken"])

    def push(self, call: Call) -> Answer:
        body = call.json(PUSH)
        to = body["to"]
        if not CHAT_ID.fullmatch(to):
            raise invalid_recipient("to")
        self._mentions_allowed(body["messages"], to)
        cost = 1
        if to[0] != "U":
            group = self.state.groups.get(to)
            if group is None or not group.present:
                raise Refusal(400, "Failed to send messages")
            cost = max(1, len(group.members))
        return self._send(call, body, [to], cost)

    def multicast(self, call: Call) -> Answer:
        body = call.json(MULTICAST)
        for index, to in enumerate(body["to"]):
            if not isinstance(to, str) or not USER_ID.fullmatch(to):
                raise invalid_recipient(f"to[{index}]")
        self._mentions_allowed(body["messages"], "")
        self._send(call, body, list(dict.fromkeys(body["to"])), cost=len(body["to"]))
        return Answer()

    def _mentions_allowed(self, messages: list[dict[str, Any]], to: str) -> None:
        """People can be mentioned in groups and rooms only."""
        if to[:1] not in ("C", "R"):
            for place in mentions(messages):
                raise Refusal(
                    400,
                    "The request body has 1 error(s)",
                    details=[{"message": "Mentions can't be used here", "property": place}],
                )

    def _send(
        self, call: Call, body: dict[str, Any], to: list[str], cost: int, token: str | None = None
    ) -> Answer:
        limit = self.behaviour.quota
        if limit is not None and cost and self.state.usage[month(call.now)] + cost > limit:
            raise Refusal(429, MONTHLY_LIMIT)
        ids = [self.message_ids.next() for _ in body["messages"]]
        sent = [{"id": identifier, "quoteToken": random_token()} for identifier in ids]
        self.state.send(
            kind=call.endpoint,
            to=to,
            messages=body["messages"],
            ids=ids,
            request_id=call.request_id,
            retry_key=call.retry_key,
            first_seen=call.now if call.memory is None else call.memory.first_seen,
            time=call.now,
            silent=body.get("notificationDisabled", False),
            token=token,
            cost=cost,
            sent_messages=sent if call.endpoint == "push" else None,
        )
        call.recipients, call.accepted = len(to), True
        return Answer(body={"sentMessages": sent})

    def refused(self, call: Call) -> Answer:
        raise Refusal(
            403, "This simulator refuses broadcast and narrowcast: they reach people one can't name"
        )

    def validate(self, call: Call) -> Answer:
        if call.part("kind") not in ("reply", "push", "multicast", "narrowcast", "broadcast"):
            raise Refusal(404, "Not found")
        body = call.json(VALIDATE)
        if call.part("kind") not in ("reply", "push"):
            self._mentions_allowed(body["messages"], "")
        return Answer()

    def quota(self, call: Call) -> Answer:
        limit = self.behaviour.quota
        return Answer(
            body={"type": "none"} if limit is None else {"type": "limited", "value": limit}
        )

    def consumption(self, call: Call) -> Answer:
        return Answer(body={"totalUsage": self.state.usage[month(call.now)]})

    # people

    def profile(self, call: Call) -> Answer:
        user = self.state.users.get(call.part("user"))
        if user is None or not (user.friend or (user.wrote and not user.blocked)):
            raise Refusal(404, "Not found")
        body = {"userId": user.id, "displayName": user.name}
        optional = {"pictureUrl": user.picture, "language": user.language}
        return Answer(body=body | {key: it for key, it in optional.items() if it})

    def followers(self, call: Call) -> Answer:
        limit = call.request.query.get("limit", "300")
        start = call.request.query.get("start", "0")
        if not (limit.isdecimal() and 1 <= int(limit) <= 1000 and start.isdecimal()):
            raise Refusal(400, "Invalid start or limit")
        friends = [user.id for user in self.state.users.values() if user.friend]
        end = int(start) + int(limit)
        body: dict[str, Any] = {"userIds": friends[int(start) : end]}
        if end < len(friends):
            body["next"] = str(end)
        return Answer(body=body)

    def info(self, call: Call) -> Answer:
        body = {
            "userId": BOT_ID,
            "basicId": "@000simul",
            "displayName": self.state.name,
            "chatMode": "bot",
            "markAsReadMode": "manual",
        }
        return Answer(body=body)

    def loading(self, call: Call) -> Answer:
        body = call.json(LOADING)
        if not USER_ID.fullmatch(body["chatId"]):
            raise invalid_recipient("chatId")
        user = self.state.users.get(body["chatId"])
        if user is not None and user.sees(call.now):
            self.state.show_loading(user, call.now + 1000 * body.get("loadingSeconds", 20))
        return Answer(202)

    def read_chat(self, call: Call) -> Answer:
        body = call.json(READ_CHAT)
        chat = self.state.users.get(body["chat"]["userId"])
        if chat is None:
            raise invalid_recipient("chat.userId")
        said = [item.seq for item in chat.items if isinstance(item, Act)]
        self.state.mark_read(chat=chat.id, until=said[-1] if said else 0)
        return Answer()

    def read_token(self, call: Call) -> Answer:
        message_id = message_of_read_token(call.json(READ_TOKEN)["markAsReadToken"])
        if message_id not in self.state.said:
            raise Refusal(400, INVALID.format("markAsReadToken"))
        chat, act = self.state.said[message_id]
        self.state.mark_read(chat=chat, until=act.seq)
        return Answer()

    # media

    def _media(self, call: Call) -> tuple[str, str, bytes | None]:
        """The message's type, its content type, and its bytes, or None while they are prepared."""
        identifier = call.part("id")
        media = self.state.media.get(identifier)
        if media is None or identifier not in self.state.said:
            raise Refusal(404, "Not found")
        if media.gone:
            raise Refusal(410, "The message was unsent")
        age = call.now - media.time
        if age > self.behaviour.content_days * DAY:
            raise Refusal(404, "Not found")
        kind = self.state.said[identifier][1].detail["message"]["type"]
        slow = kind in ("video", "audio") and age < self.behaviour.transcoding_seconds * 1000
        content = None if slow else self.state.load_bytes(identifier)
        return kind, media.content_type, content

    def content(self, call: Call) -> Answer:
        _, content_type, content = self._media(call)
        return Answer(202) if content is None else Answer(200, content, content_type)

    def preview(self, call: Call) -> Answer:
        kind, content_type, content = self._media(call)
        if kind not in ("image", "video"):
            raise Refusal(404, "Not found")
        return Answer(202) if content is None else Answer(200, content, content_type)

    def transcoding(self, call: Call) -> Answer:
        kind, _, content = self._media(call)
        if kind not in ("video", "audio"):
            raise Refusal(404, "Not found")
        return Answer(body={"status": "processing" if content is None else "succeeded"})

    # groups and rooms

    def _group(self, call: Call) -> Group:
        group = self.state.groups.get(call.part("chat"))
        if group is None or not group.present:
            raise Refusal(404, "Not found")
        return group

    def group_summary(self, call: Call) -> Answer:
        group = self._group(call)
        return Answer(body={"groupId": group.id, "groupName": group.name})

    def member(self, call: Call) -> Answer:
        user = self.state.users.get(call.part("user"))
        if user is None or user.id not in self._group(call).members:
            raise Refusal(404, "Not found")
        return Answer(body={"userId": user.id, "displayName": user.name})

    def member_ids(self, call: Call) -> Answer:
        return Answer(body={"memberIds": list(self._group(call).members)[:100]})

    def member_count(self, call: Call) -> Answer:
        return Answer(body={"count": len(self._group(call).members)})

    def leave(self, call: Call) -> Answer:
        group = self._group(call)
        self.state.put_group(
            id=group.id, name=group.name, members=list(group.members), present=False
        )
        return Answer()

    # the webhook's address

    def get_webhook(self, call: Call) -> Answer:
        if self.state.webhook is None:
            raise Refusal(404, "Not found")
        return Answer(body={"endpoint": self.state.webhook, "active": True})

    def set_webhook(self, call: Call) -> Answer:
        self.state.set_webhook(url=call.json(ENDPOINT)["endpoint"])
        return Answer()

    async def test_webhook(self, call: Call) -> Answer:
        given = call.json(record({}, {"endpoint": uri("https", "http", maximum=500)}))
        body = json.dumps({"destination": BOT_ID, "events": []}).encode()
        status, error = await self.webhooks.post(body, given.get("endpoint"))
        moment = datetime.fromtimestamp(call.now / 1000, UTC)
        result = {
            "success": status == 200,
            "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "statusCode": status or 0,
            "reason": "OK" if status == 200 else "ERROR_STATUS_CODE" if status else error,
            "detail": str(status or error),
        }
        return Answer(body=result)
