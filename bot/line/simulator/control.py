"""The control API under /_simulator/: acting as people, watching, moving time. See README.md."""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from .acts import ActError, Acts
from .behaviour import Behaviour, Clock
from .gate import Gate
from .messaging import USER_ID
from .state import Chat, Sent, State, User, bulk_id, month
from .webhooks import Event, Webhooks

LONGEST_WAIT = 25.0
MAXIMUM_BULK = 2_000_000
Wish = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Wrong(Exception):
    """The request to the control API cannot be fulfilled."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@web.middleware
async def speak_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors of the control API as {"error": …}."""
    if not request.path.startswith("/_simulator"):
        return await handler(request)
    try:
        return await handler(request)
    except Wrong as wrong:
        return web.json_response({"error": str(wrong)}, status=wrong.status)
    except (ValueError, TypeError, KeyError) as error:
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return web.json_response({"error": error.reason}, status=error.status)


async def wish(request: web.Request) -> Wish:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        raise Wrong(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Wrong(400, "the body is not an object")
    return body


def number(request: web.Request, name: str, default: int) -> int:
    return int(request.query.get(name, default))


class Control:
    def __init__(
        self,
        state: State,
        clock: Clock,
        behaviour: Behaviour,
        webhooks: Webhooks,
        acts: Acts,
        gate: Gate,
    ) -> None:
        self.state, self.clock, self.behaviour = state, clock, behaviour
        self.webhooks, self.acts, self.gate = webhooks, acts, gate

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("POST", "users", self.add_users),
            ("GET", "users", self.list_users),
            ("GET", "users/{id}", self.get_user),
            ("GET", "users/{id}/messages", self.messages),
            ("GET", "groups/{id}/messages", self.messages),
            ("GET", "users/{id}/richmenu", self.rich_menu),
            ("GET", "changes", self.changes),
            ("GET", "media/{id}", self.media),
            ("GET", "richmenus/{id}/image", self.rich_menu_image),
            ("POST", "event", self.event),
            ("POST", "events", self.events),
            ("POST", "deliver", self.deliver),
            ("POST", "media", self.upload),
            ("POST", "webhook", self.set_webhook),
            ("GET", "health", self.health),
            ("GET", "requests", self.requests),
            ("GET", "webhooks", self.webhook_log),
            ("GET", "received", self.received),
            ("GET", "behaviour", self.get_behaviour),
            ("POST", "behaviour", self.set_behaviour),
            ("POST", "clock", self.set_clock),
            ("GET", "places", self.get_places),
            ("POST", "places", self.set_places),
            ("POST", "reset", self.reset),
        ]

    # people and chats

    def _state_of(self, chat: Chat) -> Wish:
        common = {"id": chat.id, "name": chat.name, "read_until": chat.read_until}
        if not isinstance(chat, User):
            return {**common, "seq": chat.changed}
        return {
            **common,
            "language": chat.language,
            "country": chat.country,
            "picture": chat.picture,
            "friend": chat.friend,
            "blocked": chat.blocked,
            "rich_menu": self.state.effective_menu(chat),
            "rich_menu_linked": self.state.linked_menu(chat) is not None,
            "loading_until": chat.loading_until or None,
            "seq": max(chat.changed, self.state.menus_changed),
        }

    def _chat(self, request: web.Request) -> Chat:
        chat = self.state.chat(request.match_info["id"])
        if chat is None:
            raise Wrong(404, "no such user, group or room")
        return chat

    def _user(self, request: web.Request) -> User:
        chat = self._chat(request)
        if not isinstance(chat, User):
            raise Wrong(404, "no such user")
        return chat

    async def add_users(self, request: web.Request) -> web.Response:
        body = await wish(request)
        if "count" in body:
            return self._add_many(body)
        identifier = body.get("id") or "U" + secrets.token_hex(16)
        if not isinstance(identifier, str) or not USER_ID.fullmatch(identifier):
            raise Wrong(400, "a user id is U and 32 hexadecimal digits")
        names = ("name", "language", "country", "picture")
        fields = {name: body[name] for name in names if name in body}
        self.state.put_user(id=identifier, fields=fields, friend=bool(body.get("friend")))
        return web.json_response(self._state_of(self.state.users[identifier]))

    def _add_many(self, body: Wish) -> web.Response:
        count, seed = int(body["count"]), str(body.get("seed", "resident"))
        if not 1 <= count <= MAXIMUM_BULK:
            raise Wrong(400, f"count is 1 to {MAXIMUM_BULK}")
        self.state.put_users(
            count=count,
            seed=seed,
            name=str(body.get("name", "Resident")),
            language=body.get("language"),
            friend=bool(body.get("friend", True)),
        )
        ends = {"first": bulk_id(seed, 0), "last": bulk_id(seed, count - 1)}
        return web.json_response({"count": count, **ends})

    async def list_users(self, request: web.Request) -> web.Response:
        search = request.query.get("search", "").casefold()
        after, limit = request.query.get("after"), number(request, "limit", 100)
        found: list[Wish] = []
        past = after is None
        for user in self.state.users.values():
            if len(found) == limit:
                break
            if past and (search in user.name.casefold() or search in user.id):
                found.append(self._state_of(user))
            past = past or user.id == after
        return web.json_response({"total": len(self.state.users), "users": found})

    async def get_user(self, request: web.Request) -> web.Response:
        return web.json_response(self._state_of(self._user(request)))

    async def messages(self, request: web.Request) -> web.Response:
        chat = self._chat(request)
        since, limit = number(request, "since", 0), number(request, "limit", 1000)
        items = self.state.messages(chat, since, limit)
        body = {"seq": self.state.seq, "state": self._state_of(chat), "items": items}
        return web.json_response(body)

    async def rich_menu(self, request: web.Request) -> web.Response:
        identifier = self.state.effective_menu(self._user(request))
        if identifier is None:
            raise Wrong(404, "this user sees no rich menu")
        menu = self.state.menus[identifier]
        image = f"/_simulator/richmenus/{identifier}/image" if menu.image else None
        return web.json_response({"richMenuId": identifier, "image": image, **menu.menu})

    async def changes(self, request: web.Request) -> web.Response:
        since = number(request, "since", 0)
        wait = min(float(request.query.get("wait", 0)), LONGEST_WAIT)
        asked = [name for name in request.query.get("users", "").split(",") if name]
        found = self._changed(asked, since)
        # A `since` from before a reset would wait for a number that is far away.
        if not found and wait > 0 and since <= self.state.seq:
            await self.state.wait_for(asked, wait)
            found = self._changed(asked, since)
        body = {"seq": self.state.seq, "now": self.clock.now(), "users": found}
        return web.json_response(body)

    def _changed(self, asked: list[str], since: int) -> dict[str, Wish]:
        found: dict[str, Wish] = {}
        for identifier in asked:
            chat = self.state.chat(identifier)
            if chat is None:
                continue
            state = self._state_of(chat)
            if state["seq"] > since:
                items = self.state.messages(chat, since, 1_000_000)
                found[identifier] = {"items": items, "state": state}
        return found

    def _blob(self, identifier: str) -> web.Response:
        media = self.state.media.get(identifier)
        if media is None:
            raise Wrong(404, "no such media")
        if media.gone:
            raise Wrong(410, "the message was unsent")
        headers = {
            "Cache-Control": "max-age=86400",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",  # a file may be a page with scripts
        }
        content = self.state.load_bytes(identifier)
        response = web.Response(body=content, headers=headers)
        response.headers["Content-Type"] = media.content_type
        return response

    async def media(self, request: web.Request) -> web.Response:
        return self._blob(request.match_info["id"])

    async def rich_menu_image(self, request: web.Request) -> web.Response:
        return self._blob(request.match_info["id"])

    # acting

    def _perform(self, spec: Wish) -> Event:
        try:
            event = self.acts.perform(spec)
        except ActError as error:
            raise Wrong(400, str(error)) from None
        self.webhooks.remember(event)
        return event

    async def _hand_over(self, bodies: list[list[Event]], options: Wish) -> web.Response:
        """Send each body to the bot, unless they are held back; tell what happened."""
        answer: Wish = {"events": [event.id for body in bodies for event in body]}
        content = bodies[0][0].body.get("message")
        if isinstance(content, dict) and "id" in content:
            answer["message_id"] = content["id"]
        if options.get("deliver", "now") != "hold":
            firsts = [self.webhooks.deliver(body) for body in bodies]
            if options.get("wait"):
                answer["status"] = (await asyncio.gather(*firsts))[0]
        return web.json_response(answer)

    async def event(self, request: web.Request) -> web.Response:
        body = await wish(request)
        events = [self._perform(spec) for spec in [body, *body.get("batch_with", [])]]
        return await self._hand_over([events] * (2 if body.get("duplicate") else 1), body)

    async def events(self, request: web.Request) -> web.Response:
        body = await wish(request)
        events = [self._perform(spec) for spec in body["events"]]
        if not events:
            raise Wrong(400, "no events")
        return await self._hand_over([events], body)

    async def deliver(self, request: web.Request) -> web.Response:
        body = await wish(request)
        unknown = [name for name in body["events"] if name not in self.webhooks.events]
        if unknown or not body["events"]:
            raise Wrong(404, f"no such events: {unknown}")
        return await self._hand_over([[self.webhooks.events[it]] for it in body["events"]], body)

    async def upload(self, request: web.Request) -> web.Response:
        identifier = secrets.token_hex(8)
        self.acts.uploads[identifier] = (request.content_type, await request.read())
        return web.json_response({"upload": identifier})

    async def set_webhook(self, request: web.Request) -> web.Response:
        body = await wish(request)
        self.state.set_webhook(url=str(body["url"]))
        return web.json_response({"url": self.state.webhook})

    # watching

    async def health(self, request: web.Request) -> web.Response:
        now = self.clock.now()
        body = {
            "ok": True,
            "account": self.state.name,
            "version": 1,
            "now": now,
            "clock_offset": self.clock.offset,
            "users": len(self.state.users),
            "friends": self.state.friends,
            "seq": self.state.seq,
            "webhook": self.state.webhook,
            "calls": self.gate.calls,
            "recipients": self.gate.recipients,
            "usage": self.state.usage[month(now)],
            "pending_webhooks": len(self.webhooks.tasks),
            "webhooks": self.webhooks.statuses,
        }
        return web.json_response(body)

    async def requests(self, request: web.Request) -> web.Response:
        since, limit = number(request, "since", 0), number(request, "limit", 1000)
        endpoint = request.query.get("endpoint")
        skip = max(0, len(self.gate.log) - (self.gate.count - since))
        found: list[Wish] = []
        following = since
        for index in range(skip, len(self.gate.log)):
            if len(found) == limit:
                break
            entry = self.gate.log[index]
            following = entry.n
            if endpoint in (None, entry.endpoint):
                found.append(asdict(entry))
        return web.json_response({"next": following, "requests": found})

    async def webhook_log(self, request: web.Request) -> web.Response:
        since, limit = number(request, "since", 0), number(request, "limit", 1000)
        found = [asdict(entry) for entry in self.webhooks.log if entry.n > since][:limit]
        following = found[-1]["n"] if found else since
        return web.json_response({"next": following, "webhooks": found})

    async def received(self, request: web.Request) -> web.Response:
        counts: Counter[int] = Counter()
        for user in self.state.users.values():
            if user.friend:
                sent = (item for item in user.items if isinstance(item, Sent))
                counts[sum(len(item.messages) for item in sent)] += 1
        return web.json_response({"friends": {str(key): counts[key] for key in sorted(counts)}})

    # time, failures, limits

    async def get_behaviour(self, request: web.Request) -> web.Response:
        return web.json_response(self.behaviour.as_json())

    async def set_behaviour(self, request: web.Request) -> web.Response:
        self.behaviour.update(await wish(request))
        return web.json_response(self.behaviour.as_json())

    async def set_clock(self, request: web.Request) -> web.Response:
        body = await wish(request)
        offset = self.clock.offset + float(body.get("advance_seconds", 0))
        self.clock.offset = float(body.get("offset_seconds", offset))
        self.state.set_clock(offset_seconds=self.clock.offset)
        return web.json_response({"now": self.clock.now(), "offset_seconds": self.clock.offset})

    async def get_places(self, request: web.Request) -> web.Response:
        return web.json_response({"places": self.state.places})

    async def set_places(self, request: web.Request) -> web.Response:
        places = (await wish(request))["places"]
        for place in places:
            float(place["latitude"]), float(place["longitude"]), str(place["name"])
        self.state.set_places(places=places)
        return web.json_response({"places": places})

    async def reset(self, request: web.Request) -> web.Response:
        body = await wish(request)
        self.webhooks.forget()
        self.gate.forget()
        self.acts.uploads.clear()
        self.behaviour.restore()
        self.clock.offset = 0.0
        self.state.reset(bool(body.get("keep_users")))
        return web.json_response({"seq": self.state.seq})
