"""The rich menu part of the Messaging API."""

import asyncio
import struct
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from . import actions
from .behaviour import Behaviour
from .formats import Check, Problem, boolean, each, integer, pattern, record, text, variant
from .gate import Answer, Call, Handler, Refusal
from .messaging import USER_ID, invalid_recipient
from .state import RichMenu, State

MAXIMUM_MENUS = 1000
MAXIMUM_IMAGE = 1024 * 1024


def size_rules(value: Any, path: str, problems: list[Problem]) -> None:
    if value["width"] / value["height"] < 1.45:
        problems.append((path, "The aspect ratio must be at least 1.45"))


def areas_inside(value: Any, path: str, problems: list[Problem]) -> None:
    for index, area in enumerate(value["areas"]):
        bounds, size = area["bounds"], value["size"]
        across = bounds["x"] + bounds["width"] > size["width"]
        if across or bounds["y"] + bounds["height"] > size["height"]:
            problems.append((f"areas[{index}].bounds", "The area must lie inside the menu"))


BOUNDS: dict[str, Check] = {
    **dict.fromkeys(("x", "y"), integer(0)),
    **dict.fromkeys(("width", "height"), integer(1)),
}
MENU = record(
    {
        "size": record({"width": integer(800, 2500), "height": integer(250)}, {}, size_rules),
        "selected": boolean,
        "name": text(300),
        "chatBarText": text(14),
        "areas": each(record({"bounds": record(BOUNDS), "action": actions.RICH_MENU}), 0, 20),
    },
    {},
    areas_inside,
)
MENU_ID: dict[str, Check] = {"richMenuId": text()}
ALIAS = pattern("[a-z0-9_-]{1,32}", "invalid rich menu alias")
USERS: dict[str, Check] = {"userIds": each(text(), 1, 500)}
BATCH = record(
    {
        "operations": each(
            variant(
                {
                    "link": record({"from": text(), "to": text()}),
                    "unlink": record({"from": text()}),
                    "unlinkAll": record({}),
                }
            ),
            1,
            1000,
        )
    },
    {"resumeRequestKey": pattern("[a-zA-Z0-9_-]{1,100}", "invalid key")},
)


def image_size(content: bytes) -> tuple[str, int, int] | None:
    """Content type, width and height of a PNG or JPEG; None for anything else."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) > 24:
        width, height = struct.unpack(">II", content[16:24])
        return "image/png", width, height
    if content[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 < len(content):
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return "image/jpeg", width, height
        at += 2 + length
    return None


class Menus:
    def __init__(self, state: State, behaviour: Behaviour) -> None:
        self.state, self.behaviour = state, behaviour
        self.batches: dict[str, dict[str, str]] = {}

    def routes(self) -> list[tuple[str, str, str, Handler]]:
        menu, user = "/v2/bot/richmenu", "/v2/bot/user"
        return [
            ("richmenu.create", "POST", menu, self.create),
            ("richmenu.validate", "POST", f"{menu}/validate", self.validate),
            ("richmenu.list", "GET", f"{menu}/list", self.list_menus),
            ("richmenu.alias", "POST", f"{menu}/alias", self.create_alias),
            ("richmenu.alias", "GET", f"{menu}/alias/list", self.list_aliases),
            ("richmenu.alias", "GET", f"{menu}/alias/{{alias}}", self.get_alias),
            ("richmenu.alias", "POST", f"{menu}/alias/{{alias}}", self.update_alias),
            ("richmenu.alias", "DELETE", f"{menu}/alias/{{alias}}", self.delete_alias),
            ("richmenu.bulk", "POST", f"{menu}/bulk/link", self.bulk_link),
            ("richmenu.bulk", "POST", f"{menu}/bulk/unlink", self.bulk_unlink),
            ("richmenu.batch", "POST", f"{menu}/batch", self.batch),
            ("richmenu.validate", "POST", f"{menu}/validate/batch", self.validate_batch),
            ("richmenu.progress", "GET", f"{menu}/progress/batch", self.progress),
            ("richmenu.get", "GET", f"{menu}/{{menu}}", self.get),
            ("richmenu.delete", "DELETE", f"{menu}/{{menu}}", self.delete),
            ("richmenu.upload", "POST", f"{menu}/{{menu}}/content", self.upload),
            ("richmenu.download", "GET", f"{menu}/{{menu}}/content", self.download),
            ("richmenu.default", "GET", f"{user}/all/richmenu", self.get_default),
            ("richmenu.default", "DELETE", f"{user}/all/richmenu", self.clear_default),
            ("richmenu.default", "POST", f"{user}/all/richmenu/{{menu}}", self.set_default),
            ("richmenu.of", "GET", f"{user}/{{user}}/richmenu", self.of_user),
            ("richmenu.unlink", "DELETE", f"{user}/{{user}}/richmenu", self.unlink),
            ("richmenu.link", "POST", f"{user}/{{user}}/richmenu/{{menu}}", self.link),
        ]

    def _find(self, identifier: str, *, drawn: bool = False) -> RichMenu:
        """404 for an unknown menu; with `drawn`, 400 for one without a picture."""
        menu = self.state.menus.get(identifier)
        if menu is None:
            raise Refusal(404, "Not found")
        if drawn and not menu.image:
            raise Refusal(400, "must upload richmenu image before applying it to user", details=[])
        return menu

    def _user(self, call: Call) -> str:
        identifier = call.part("user")
        if not USER_ID.fullmatch(identifier):
            raise Refusal(400, "The value for the 'userId' parameter is invalid")
        return identifier

    # menus

    def create(self, call: Call) -> Answer:
        body = call.json(MENU)
        if len(self.state.menus) >= MAXIMUM_MENUS:
            raise Refusal(400, "Maximum number of rich menus reached")
        identifier = f"richmenu-{uuid.uuid4().hex}"
        self.state.put_menu(id=identifier, menu=body)
        return Answer(body={"richMenuId": identifier})

    def validate(self, call: Call) -> Answer:
        call.json(MENU)
        return Answer()

    def list_menus(self, call: Call) -> Answer:
        found = [{"richMenuId": key, **menu.menu} for key, menu in self.state.menus.items()]
        return Answer(body={"richmenus": found})

    def get(self, call: Call) -> Answer:
        menu = self._find(call.part("menu"))
        return Answer(body={"richMenuId": call.part("menu"), **menu.menu})

    def delete(self, call: Call) -> Answer:
        self._find(call.part("menu"))
        self.state.delete_menu(id=call.part("menu"))
        return Answer()

    def upload(self, call: Call) -> Answer:
        identifier = call.part("menu")
        menu = self._find(identifier)
        if menu.image:
            raise Refusal(400, "An image has already been uploaded to the richmenu")
        if len(call.content) > MAXIMUM_IMAGE:
            raise Refusal(413, "The image is larger than 1 MB")
        found = image_size(call.content)
        if found is None or call.request.content_type != found[0]:
            raise Refusal(415, "The image must be the JPEG or PNG that its content type names")
        size = menu.menu["size"]
        if found[1:] != (size["width"], size["height"]):
            raise Refusal(
                400, f"The image is {found[1]}x{found[2]}; the rich menu has another size"
            )
        self.state.store_bytes(identifier, call.content)
        self.state.put_menu_image(id=identifier, content_type=found[0], time=call.now)
        return Answer()

    def download(self, call: Call) -> Answer:
        identifier = call.part("menu")
        if not self._find(identifier).image:
            raise Refusal(404, "Not found")
        content_type = self.state.media[identifier].content_type
        return Answer(200, self.state.load_bytes(identifier), content_type)

    # whose menu

    def get_default(self, call: Call) -> Answer:
        if self.state.default_menu is None:
            raise Refusal(404, "no default richmenu")
        return Answer(body={"richMenuId": self.state.default_menu})

    def set_default(self, call: Call) -> Answer:
        self._find(call.part("menu"), drawn=True)
        self.state.set_default_menu(id=call.part("menu"))
        return Answer()

    def clear_default(self, call: Call) -> Answer:
        self.state.set_default_menu(id=None)
        return Answer()

    def of_user(self, call: Call) -> Answer:
        user = self.state.users.get(self._user(call))
        linked = None if user is None else self.state.linked_menu(user)
        if linked is None:
            raise Refusal(404, "the user has no richmenu")
        return Answer(body={"richMenuId": linked})

    def link(self, call: Call) -> Answer:
        self._find(call.part("menu"), drawn=True)
        self.state.link_menu(users=[self._user(call)], id=call.part("menu"))
        return Answer()

    def unlink(self, call: Call) -> Answer:
        self.state.link_menu(users=[self._user(call)], id=None)
        return Answer()

    def _later(self, change: Callable[[], None]) -> None:
        """Bulk and batch calls answer 202 and take effect in the background."""
        asyncio.get_running_loop().call_later(self.behaviour.bulk_seconds, change)

    def _bulk(self, call: Call, users: list[str], menu: str | None) -> Answer:
        for index, user in enumerate(users):
            if not USER_ID.fullmatch(user):
                raise invalid_recipient(f"userIds[{index}]")
        call.recipients = len(users)
        self._later(lambda: self.state.link_menu(users=users, id=menu))
        return Answer(202)

    def bulk_link(self, call: Call) -> Answer:
        body = call.json(record({**MENU_ID, **USERS}))
        self._find(body["richMenuId"], drawn=True)
        return self._bulk(call, body["userIds"], body["richMenuId"])

    def bulk_unlink(self, call: Call) -> Answer:
        return self._bulk(call, call.json(record(USERS))["userIds"], None)

    def _checked_batch(self, call: Call) -> list[dict[str, str]]:
        operations: list[dict[str, str]] = call.json(BATCH)["operations"]
        for operation in operations:
            for name in ("from", "to"):
                if name in operation:
                    self._find(operation[name], drawn=name == "to")
        return operations

    def validate_batch(self, call: Call) -> Answer:
        self._checked_batch(call)
        return Answer()

    def batch(self, call: Call) -> Answer:
        operations = self._checked_batch(call)
        progress = {"phase": "ongoing", "acceptedTime": iso(call.now)}
        self.batches[call.request_id] = progress

        def finish() -> None:
            self.state.replace_menus(operations=operations)
            progress.update(phase="succeeded", completedTime=iso(call.now))

        self._later(finish)
        return Answer(202)

    def progress(self, call: Call) -> Answer:
        progress = self.batches.get(call.request.query.get("requestId", ""))
        if progress is None:
            raise Refusal(404, "Not found")
        return Answer(body=dict(progress))

    # aliases

    def _alias(self, call: Call) -> str:
        if call.part("alias") not in self.state.aliases:
            raise Refusal(404, "richmenu alias not found")
        return call.part("alias")

    def create_alias(self, call: Call) -> Answer:
        body = call.json(record({"richMenuAliasId": ALIAS, **MENU_ID}))
        self._find_for_alias(body["richMenuId"])
        if body["richMenuAliasId"] in self.state.aliases:
            raise Refusal(400, "conflict richmenu alias id")
        self.state.put_alias(alias=body["richMenuAliasId"], id=body["richMenuId"])
        return Answer()

    def _find_for_alias(self, identifier: str) -> None:
        if identifier not in self.state.menus:
            raise Refusal(400, "richmenu not found")

    def update_alias(self, call: Call) -> Answer:
        alias, body = self._alias(call), call.json(record(MENU_ID))
        self._find_for_alias(body["richMenuId"])
        self.state.put_alias(alias=alias, id=body["richMenuId"])
        return Answer()

    def get_alias(self, call: Call) -> Answer:
        alias = self._alias(call)
        return Answer(body={"richMenuAliasId": alias, "richMenuId": self.state.aliases[alias]})

    def delete_alias(self, call: Call) -> Answer:
        self.state.delete_alias(alias=self._alias(call))
        return Answer()

    def list_aliases(self, call: Call) -> Answer:
        found = [
            {"richMenuAliasId": alias, "richMenuId": menu}
            for alias, menu in self.state.aliases.items()
        ]
        return Answer(body={"aliases": found})


def iso(time: int) -> str:
    moment = datetime.fromtimestamp(time / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
