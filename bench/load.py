"""Signed webhook requests at full speed over kept-alive connections, from several processes."""

import base64
import hashlib
import hmac
import json
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from multiprocessing import get_context
from uuid import uuid4

PROCESSES = 2
CONNECTIONS = 8
"""For each process."""
USERS = 500


@dataclass(frozen=True)
class Target:
    """A webhook to be loaded: its port on this machine, path and channel secret."""

    port: int
    path: str
    secret: str


def fire(target: Target, seconds: float) -> list[float]:
    """Send text messages for `seconds`; returns how long each request took, in milliseconds.

    Raises `RuntimeError` at an answer other than 200.
    """
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as processes:
        parts = processes.map(partial(_one_process, seconds), [target] * PROCESSES)
        return [taken for part in parts for taken in part]


def _one_process(seconds: float, target: Target) -> list[float]:
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        parts = threads.map(partial(_one_connection, seconds), [target] * CONNECTIONS)
        return [taken for part in parts for taken in part]


def _one_connection(seconds: float, target: Target) -> list[float]:
    connection = HTTPConnection("127.0.0.1", target.port, timeout=10)
    prefix = uuid4().hex[:16].upper()
    taken: list[float] = []
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        body = _body(f"{prefix}{len(taken):010}", len(taken) % USERS)
        connection.request("POST", target.path, body, _headers(body, target.secret))
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"the webhook answered {response.status}")
        taken.append((time.monotonic() - began) * 1000)
    connection.close()
    return taken


def _headers(body: bytes, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Line-Signature": base64.b64encode(digest).decode(),
    }


def _body(event_id: str, user: int) -> bytes:
    event = {
        "type": "message",
        "mode": "active",
        "timestamp": time.time_ns() // 1_000_000,
        "webhookEventId": event_id,
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": f"U{user:032x}"},
        "replyToken": uuid4().hex,
        "message": {
            "type": "text",
            "id": str(time.monotonic_ns()),
            "quoteToken": "q",
            "text": "ごみの日はいつですか",
        },
    }
    return json.dumps({"destination": f"U{0:032x}", "events": [event]}).encode()
