"""What every Messaging API call passes: the token, the limits, the planned failures, the log."""

import asyncio
import inspect
import json
import re
import time
import uuid
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .behaviour import Behaviour, Clock, Failure
from .formats import Check, Problem
from .messages import error_body
from .state import Accepted, State

MAXIMUM_BODY = 2 * 1024 * 1024
RETRYABLE = ("push", "multicast")
RETRY_KEY = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NO_ANSWER = 499  # stands for "the connection ends here"; never written to the wire
MONTHLY_LIMIT = "You have reached your monthly limit."
RATE_LIMIT = "The API rate limit has been exceeded. Try again later."
PLANNED = {
    "400": (400, "The request body has 1 error(s)"),
    "401": (401, "Authentication failed. Confirm that the access token is valid."),
    "429-rate": (429, RATE_LIMIT),
    "429-quota": (429, MONTHLY_LIMIT),
    "500": (500, "Internal server error"),
}


class Refusal(Exception):
    """LINE refuses a call, with this status and body."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, **more}
        self.headers: dict[str, str] = {}


@dataclass(slots=True)
class Call:
    """One request to the Messaging API."""

    request: web.Request
    endpoint: str
    content: bytes
    now: int
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    retry_key: str | None = None
    memory: Accepted | None = None  # what is remembered of the retry key
    recipients: int = 0
    accepted: bool = False

    def part(self, name: str) -> str:
        return self.request.match_info[name]

    def json(self, check: Check) -> dict[str, Any]:
        """The body, if it is JSON and passes the check; Refusal otherwise."""
        try:
            body = json.loads(self.content, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Refusal(
                400, "The request body could not be parsed as JSON (line: 1, column: 1)"
            ) from None
        problems: list[Problem] = []
        try:
            check(body, "", problems)
        except RecursionError:
            raise Refusal(400, "The request body is nested too deeply") from None
        if problems:
            refusal = Refusal(400, "")
            refusal.body = error_body(problems)
            raise refusal
        found: dict[str, Any] = body
        return found


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `status` is None when the connection ended without an answer."""

    n: int
    time: int
    endpoint: str
    method: str
    path: str
    status: int | None
    request_id: str
    retry_key: str | None
    recipients: int
    accepted: bool
    planned: str | None
    milliseconds: float


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: dict[str, Any] | bytes = field(default_factory=dict)
    content_type: str = "application/json"


Handler = Callable[[Call], Answer | Awaitable[Answer]]


class Gate:
    def __init__(self, state: State, clock: Clock, behaviour: Behaviour, token: str) -> None:
        self.state, self.clock, self.behaviour, self.token = state, clock, behaviour, token
        self.log: deque[Entry] = deque(maxlen=200_000)
        self.calls: dict[str, Counter[str]] = {}
        self.recipients: Counter[str] = Counter()
        self.count = 0

    def forget(self) -> None:
        self.log.clear()
        self.calls.clear()
        self.recipients.clear()

    def route(self, endpoint: str, handler: Handler) -> Callable[[web.Request], Any]:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, endpoint, handler)

        return serve

    async def _serve(
        self, request: web.Request, endpoint: str, handler: Handler
    ) -> web.StreamResponse:
        started = time.perf_counter()
        content = await request.read()
        await asyncio.sleep(self.behaviour.latency_ms / 2000)
        call = Call(request, endpoint, content, self.clock.now())
        failure = self.behaviour.failure(endpoint, content)
        response = await self._planned(call, failure)
        if response is None:
            response = await self._answer(call, handler)
            if call.accepted or response.status < 400:
                response = await self._spoil(response, failure)
        await asyncio.sleep(self.behaviour.latency_ms / 2000)
        status = None if response.status == NO_ANSWER else response.status
        self._note(call, status, failure, started)
        if status is None and request.transport is not None:
            request.transport.abort()
        response.headers["x-line-request-id"] = call.request_id
        return response

    async def _planned(self, call: Call, failure: Failure | None) -> web.Response | None:
        """The answer of a failure that happens before the call takes effect."""
        if failure is None:
            return None
        if failure.kind in PLANNED:
            status, message = PLANNED[failure.kind]
            return web.json_response({"message": message}, status=status)
        if failure.kind == "timeout":
            await asyncio.sleep(failure.duration())
        return (
            web.Response(status=NO_ANSWER) if failure.kind in ("timeout", "drop-before") else None
        )

    async def _spoil(self, response: web.Response, failure: Failure | None) -> web.Response:
        """What becomes of the answer to a call that took effect."""
        if failure is None:
            return response
        if failure.kind == "500-after":
            return web.json_response({"message": PLANNED["500"][1]}, status=500)
        if failure.kind == "garbage":
            return web.Response(body=b"<html>\xff", content_type="text/html")
        await asyncio.sleep(failure.duration())
        return response if failure.kind == "slow" else web.Response(status=NO_ANSWER)

    async def _answer(self, call: Call, handler: Handler) -> web.Response:
        try:
            self._admit(call)
            result = handler(call)
            answer = await result if inspect.isawaitable(result) else result
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)
        if isinstance(answer.body, bytes):
            return web.Response(
                body=answer.body, status=answer.status, content_type=answer.content_type
            )
        return web.json_response(answer.body, status=answer.status)

    def _admit(self, call: Call) -> None:
        if call.request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(401, PLANNED["401"][1])
        if len(call.content) > MAXIMUM_BODY:
            raise Refusal(413, "The request body is larger than 2 MB")
        key = call.request.headers.get("X-Line-Retry-Key")
        if key is not None:
            if call.endpoint not in RETRYABLE:
                raise Refusal(400, "The 'X-Line-Retry-Key' header can't be used with this endpoint")
            if not RETRY_KEY.fullmatch(key):
                raise Refusal(400, "The value of the 'X-Line-Retry-Key' header is invalid")
            call.retry_key = key.lower()
        if not self.behaviour.take(call.endpoint, call.now):
            raise Refusal(429, RATE_LIMIT)
        if call.retry_key is not None:
            call.memory = self.state.first_seen(call.retry_key, call.now)
            if call.memory.request_id is not None:
                raise already_accepted(call.memory)

    def _note(
        self, call: Call, status: int | None, failure: Failure | None, started: float
    ) -> None:
        self.count += 1
        self.calls.setdefault(call.endpoint, Counter())[str(status or "no answer")] += 1
        if call.accepted:
            self.recipients[call.endpoint] += call.recipients
        self.log.append(
            Entry(
                self.count,
                call.now,
                call.endpoint,
                call.request.method,
                call.request.path,
                status,
                call.request_id,
                call.retry_key,
                call.recipients,
                call.accepted,
                None if failure is None else failure.kind,
                round((time.perf_counter() - started) * 1000, 1),
            )
        )


def already_accepted(memory: Accepted) -> Refusal:
    more = {} if memory.sent_messages is None else {"sentMessages": memory.sent_messages}
    refusal = Refusal(409, "The retry key is already accepted", **more)
    refusal.headers["x-line-accepted-request-id"] = memory.request_id or ""
    return refusal


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
