"""What LINE does with rich menus: more rows of the table."""

import struct
import time
import uuid
import zlib
from collections.abc import Callable
from typing import Any

import requests

from tests.bot.line.line_behaviours import Account, fact, is_error, stranger


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + end

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress((b"\0" + b"\x80" * width) * height))
    return b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b"")


def menu(areas: int = 1, **changes: Any) -> dict[str, Any]:
    area = {
        "bounds": {"x": 0, "y": 0, "width": 100, "height": 100},
        "action": {"type": "postback", "data": "menu=help", "label": "help"},
    }
    size = {"width": 800, "height": 540}
    body = {"size": size, "selected": True, "name": "main", "chatBarText": "メニュー"}
    return {**body, "areas": [area] * areas, **changes}


def create_menu(account: Account, *, drawn: bool = True) -> str:
    identifier: str = account.api("POST", "/v2/bot/richmenu", menu()).json()["richMenuId"]
    if drawn:
        headers = {"Content-Type": "image/png"}
        path = f"/v2/bot/richmenu/{identifier}/content"
        answer = account.api("POST", path, data=png(800, 540), headers=headers)
        assert answer.status_code == 200, answer.text
    return identifier


@fact("A person's own rich menu beats the default, shows at once, and the default comes back.")
def own_menu_beats_the_default(account: Account) -> None:
    user, common, own = account.person(), create_menu(account), create_menu(account)
    assert account.api("POST", f"/v2/bot/user/all/richmenu/{common}").status_code == 200
    assert account.state(user)["rich_menu"] == common
    is_error(account.api("GET", f"/v2/bot/user/{user}/richmenu"), 404)
    assert account.api("POST", f"/v2/bot/user/{user}/richmenu/{own}").status_code == 200
    assert account.state(user)["rich_menu"] == own
    assert account.api("GET", f"/v2/bot/user/{user}/richmenu").json() == {"richMenuId": own}
    assert account.api("DELETE", f"/v2/bot/user/{user}/richmenu").status_code == 200
    assert account.state(user)["rich_menu"] == common


@fact("A rich menu without a picture cannot be shown to anybody.")
def menu_needs_a_picture(account: Account) -> None:
    bare = create_menu(account, drawn=False)
    for path in (f"/v2/bot/user/all/richmenu/{bare}", f"/v2/bot/user/{stranger()}/richmenu/{bare}"):
        is_error(account.api("POST", path), 400)


@fact("A rich menu's picture is a PNG or JPEG of its size, at most 1 MB, uploaded once.")
def menu_picture(account: Account) -> None:
    path = f"/v2/bot/richmenu/{create_menu(account, drawn=False)}/content"

    def upload(data: bytes, kind: str = "image/png") -> requests.Response:
        return account.api("POST", path, data=data, headers={"Content-Type": kind})

    is_error(upload(b"GIF89a"), 415)
    is_error(upload(png(800, 540), "image/jpeg"), 415)
    is_error(upload(png(801, 540)), 400)
    is_error(upload(png(800, 540) + bytes(1024 * 1024)), 413)
    assert upload(png(800, 540)).status_code == 200
    is_error(upload(png(800, 540)), 400)
    assert account.api("GET", path).content == png(800, 540)


@fact("A rich menu has at most 20 areas inside its size, 800 to 2,500 wide, 14 letters in its bar.")
def menu_limits(account: Account) -> None:
    path = "/v2/bot/richmenu/validate"
    assert account.api("POST", path, menu(20)).status_code == 200
    outside = menu()
    outside["areas"][0]["bounds"]["width"] = 801
    bad = [
        menu(21),
        outside,
        menu(size={"width": 799, "height": 270}),
        menu(size={"width": 2501, "height": 843}),
        menu(size={"width": 800, "height": 600}),
        menu(chatBarText="x" * 15),
        menu(name="x" * 301),
        menu(selected="yes"),
    ]
    for body in bad:
        is_error(account.api("POST", path, body), 400)


@fact("Up to 500 people are linked to a rich menu in one call: accepted with 202, done later.")
def bulk_link_is_done_later(account: Account) -> None:
    people, own = [account.person() for _ in range(3)], create_menu(account)
    body = {"richMenuId": own, "userIds": people}
    assert account.api("POST", "/v2/bot/richmenu/bulk/link", body).status_code == 202
    wait_until(lambda: all(account.state(user)["rich_menu"] == own for user in people))
    body = {"userIds": people}
    assert account.api("POST", "/v2/bot/richmenu/bulk/unlink", body).status_code == 202
    wait_until(lambda: all(account.state(user)["rich_menu"] != own for user in people))
    many = {"richMenuId": own, "userIds": [stranger() for _ in range(501)]}
    is_error(account.api("POST", "/v2/bot/richmenu/bulk/link", many), 400)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.02)


@fact("A batch replaces one rich menu by another for everybody on it; its progress can be asked.")
def batch_replaces_menus(account: Account) -> None:
    user, old, new = account.person(), create_menu(account), create_menu(account)
    account.api("POST", f"/v2/bot/user/{user}/richmenu/{old}")
    body = {"operations": [{"type": "link", "from": old, "to": new}]}
    assert account.api("POST", "/v2/bot/richmenu/validate/batch", body).status_code == 200
    answer = account.api("POST", "/v2/bot/richmenu/batch", body)
    assert answer.status_code == 202
    where: dict[str, Any] = {"params": {"requestId": answer.headers["x-line-request-id"]}}

    def phase() -> str:
        found: str = account.api("GET", "/v2/bot/richmenu/progress/batch", **where).json()["phase"]
        return found

    assert phase() == "ongoing"
    wait_until(lambda: phase() == "succeeded")
    assert account.state(user)["rich_menu"] == new


@fact("Rich menu batches are limited to three an hour.", "clock")
def batches_are_rare(account: Account) -> None:
    body = {"operations": [{"type": "unlinkAll"}]}
    path = "/v2/bot/richmenu/batch"
    statuses = [account.api("POST", path, body).status_code for _ in range(4)]
    assert statuses == [202, 202, 202, 429]
    account.advance(3600)
    assert account.api("POST", path, body).status_code == 202


@fact("An alias names a rich menu and can be pointed to another; deleting a menu unlinks it.")
def aliases_and_deletion(account: Account) -> None:
    one, two = create_menu(account), create_menu(account)
    alias, path = f"a-{uuid.uuid4().hex[:8]}", "/v2/bot/richmenu/alias"
    body = {"richMenuAliasId": alias, "richMenuId": one}
    assert account.api("POST", path, body).status_code == 200
    is_error(account.api("POST", path, body), 400)
    assert account.api("POST", f"{path}/{alias}", {"richMenuId": two}).status_code == 200
    assert account.api("GET", f"{path}/{alias}").json()["richMenuId"] == two
    assert alias in account.api("GET", f"{path}/list").text
    assert account.api("DELETE", f"{path}/{alias}").status_code == 200
    is_error(account.api("GET", f"{path}/{alias}"), 404)
    user = account.person()
    account.api("POST", f"/v2/bot/user/{user}/richmenu/{one}")
    assert account.api("DELETE", f"/v2/bot/richmenu/{one}").status_code == 200
    assert account.state(user)["rich_menu"] != one
    is_error(account.api("GET", f"/v2/bot/richmenu/{one}"), 404)
    assert two in account.api("GET", "/v2/bot/richmenu/list").text
