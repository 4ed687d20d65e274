"""What LINE sends to the bot: signed bodies of events, repeated when they are not answered."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import Counter, deque
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .behaviour import Behaviour, Clock
from .state import REARM_WINDOW, REPLY_WINDOW, State

BOT_ID = "U" + hashlib.md5(b"simulated bot", usedforsecurity=False).hexdigest()
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CONNECTIONS = 64


@dataclass(frozen=True)
class Event:
    """One webhook event as built when it happened; `id` is its webhookEventId."""

    id: str
    body: dict[str, Any]
    token: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    n: int
    time: int
    events: list[str]
    attempt: int
    status: int | None
    error: str | None
    milliseconds: float


def ulid(now: int) -> str:
    """26 characters: the time in ms, then 80 random bits."""
    number = (now << 80) | secrets.randbits(80)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Webhooks:
    """Sends bodies to the bot. Each body is a task of its own: nothing promises an order."""

    def __init__(self, state: State, clock: Clock, behaviour: Behaviour, secret: str) -> None:
        self.state, self.clock, self.behaviour, self.secret = state, clock, behaviour, secret
        self.events: dict[str, Event] = {}
        self.log: deque[Attempt] = deque(maxlen=200_000)
        self.statuses: Counter[str] = Counter()
        self.attempts = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=1),
            headers={"User-Agent": "LineBotWebhook/2.0"},
        )

    def forget(self) -> None:
        """Drop what is known and give up what is under way."""
        for task in self.tasks:
            task.cancel()
        self.events.clear()
        self.log.clear()
        self.statuses.clear()

    async def stop(self) -> None:
        self.forget()
        if self._session is not None:
            await self._session.close()

    def remember(self, event: Event) -> None:
        self.events[event.id] = event
        if len(self.events) > 100_000:
            del self.events[next(iter(self.events))]

    def deliver(self, events: list[Event]) -> "asyncio.Future[int | None]":
        """Send one body and, if that is on, repeat it; the result is the first attempt's status."""
        first: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._deliver(events, first))
        self.tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self.tasks.discard(task)
            if not first.done():
                first.set_result(None)

        task.add_done_callback(ended)
        return first

    async def _deliver(self, events: list[Event], first: "asyncio.Future[int | None]") -> None:
        number = 0
        while True:
            status = await self._attempt(events, number)
            if not first.done():
                first.set_result(status)
            if status is not None and 200 <= status < 300:
                return
            delays = self.behaviour.redelivery_delays
            if self.state.webhook is None or not self.behaviour.redelivery or number >= len(delays):
                return
            await asyncio.sleep(delays[number])
            number += 1

    async def _attempt(self, events: list[Event], number: int) -> int | None:
        body = self._body(events, redelivery=number > 0)
        async with self._slots:
            self._arm(events, number)
            started = time.perf_counter()
            now = self.clock.now()
            status, error = await self.post(body)
        self.attempts += 1
        self.statuses[str(status or "no answer")] += 1
        spent = round((time.perf_counter() - started) * 1000, 1)
        ids = [event.id for event in events]
        self.log.append(Attempt(self.attempts, now, ids, number + 1, status, error, spent))
        return status

    def _body(self, events: list[Event], redelivery: bool) -> bytes:
        bodies = [dict(event.body) for event in events]
        if redelivery:
            for body in bodies:
                body["deliveryContext"] = {"isRedelivery": True}
        content = {"destination": BOT_ID, "events": bodies}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def _arm(self, events: list[Event], number: int) -> None:
        """A reply token's minute runs from receipt, again at a redelivery within 20 minutes."""
        now = self.clock.now()
        for event in events:
            token = None if event.token is None else self.state.tokens.get(event.token)
            if token is not None and (number == 0 or now - token.event_time <= REARM_WINDOW):
                token.expires = now + REPLY_WINDOW

    async def post(self, body: bytes, url: str | None = None) -> tuple[int | None, str | None]:
        """One request; (status, None), or (None, why there is no status)."""
        url = url or self.state.webhook
        if url is None:
            return None, "no webhook is set"
        if not is_loopback(urlsplit(url).hostname or ""):
            return None, "COULD_NOT_CONNECT: played events go to this machine only"
        assert self._session is not None
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-line-signature": signature(self.secret, body),
        }
        limit = aiohttp.ClientTimeout(total=self.behaviour.webhook_timeout)
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                await answer.read()
                return answer.status, None
        except TimeoutError:
            return None, "REQUEST_TIMEOUT"
        except (aiohttp.ClientError, ValueError) as error:
            return None, f"COULD_NOT_CONNECT: {type(error).__name__}"
