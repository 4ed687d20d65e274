"""The phone page in a browser: what its tests share."""

import itertools
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.bot.line.line_messages import Json
from tests.bot.line.simulator_process import Simulator, simulator

OpenPage = Callable[..., Page]
numbers = itertools.count(1)


class Platform:
    """The simulator without a bot: its control API as residents, its Messaging API as the bot."""

    def __init__(self, process: Simulator) -> None:
        self.address = process.url
        self.control = process.control
        self._process = process

    def bot(self, path: str, body: Json | None = None, **more: Any) -> Json:
        """One call of the bot that has to succeed."""
        answer = self._process.api("POST", f"/v2/bot/{path}", body, **more)
        assert answer.ok, answer.text
        made: Json = answer.json()
        return made

    def resident(self, name: str = "", language: str = "en") -> str:
        fields = {"name": name or f"Resident {next(numbers)}", "language": language}
        return str(self.control("POST", "users", {**fields, "friend": True})["id"])

    def push(self, user: str, *messages: Json) -> None:
        self.bot("message/push", {"to": user, "messages": list(messages)})

    def acts(self, user: str) -> list[Json]:
        """What the resident did, in order."""
        items = self.control("GET", f"users/{user}/messages?since=0")["items"]
        return [item for item in items if item["from"] == "user"]


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with simulator() as process:
        yield Platform(process)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no browser: apt-get install chromium fonts-noto-cjk fonts-noto-core")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_page(platform: Platform, browser: Browser) -> Iterator[OpenPage]:
    """Open the page with these residents' phones; every problem of the page fails the test."""
    contexts, problems = [], []

    def opened(*users: str, width: int = 1280, path: str = "/", **options: Any) -> Page:
        size = {"width": width, "height": 900}
        options = {"locale": "en-US", "reduced_motion": "reduce", **options}
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda it: problems.append(it.text) if "Policy" in it.text else None)
        page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
        fragment = "#" + ",".join(users) if users else ""
        page.goto(platform.address + path + fragment)
        for user in users:
            page.locator(f"[data-user='{user}'] .chat:not([aria-busy])").wait_for(state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def phone(page: Page, user: str) -> Locator:
    return page.locator(f"section[data-user='{user}']")


def flex_button(action: Json, **more: Any) -> Json:
    return {"type": "button", "action": action, **more}


def replies(*labels: str) -> Json:
    """Quick replies that say their label."""
    actions = [{"type": "message", "label": label, "text": label} for label in labels]
    return {"items": [{"type": "action", "action": action} for action in actions]}


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\xcc" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def add_menu(platform: Platform, user: str, actions: list[Json]) -> None:
    areas = [
        {"bounds": {"x": 400 * at, "y": 0, "width": 400, "height": 400}, "action": action}
        for at, action in enumerate(actions)
    ]
    size = {"width": 400 * len(actions), "height": 400}
    menu = {"size": size, "selected": True, "name": "m", "chatBarText": "Menu", "areas": areas}
    made = platform.bot("richmenu", menu)["richMenuId"]
    picture = {"data": png(size["width"], size["height"]), "headers": {"Content-Type": "image/png"}}
    platform.bot(f"richmenu/{made}/content", **picture)
    platform.bot(f"user/{user}/richmenu/{made}")
