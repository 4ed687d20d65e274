"""The messages a bot can send, and LINE's way of saying what is wrong with them."""

import re
from collections.abc import Iterator
from typing import Any

from . import actions
from .flex import FLEX_MESSAGE
from .formats import (
    Check,
    Problem,
    choice,
    each,
    integer,
    number,
    pattern,
    record,
    refuse,
    text,
    uri,
    values,
    variant,
)

HTTPS = uri("https")
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z0-9_]{1,20})\}|[{}]")


def emoji_places(value: Any, path: str, problems: list[Problem]) -> None:
    """Each emoji replaces a $ at its index, counted in UTF-16 units."""
    units = value["text"].encode("utf-16-le")
    for number_, emoji in enumerate(value.get("emojis", ())):
        at = 2 * emoji["index"]
        if units[at : at + 2] != b"$\0":
            problems.append((f"{path}.emojis[{number_}].index", "Must be the place of a $"))


def placeholders(value: Any, path: str, problems: list[Problem]) -> None:
    """Every {name} has a substitution; a brace that means itself is doubled."""
    given = value.get("substitution", {})
    if sum(entry["type"] == "mention" for entry in given.values()) > 20:
        problems.append((f"{path}.substitution", "At most 20 mentions"))
    if sum(entry["type"] == "emoji" for entry in given.values()) > 20:
        problems.append((f"{path}.substitution", "At most 20 emojis"))
    for found in PLACEHOLDER.finditer(value["text"]):
        if found[0] in ("{", "}"):
            problems.append((f"{path}.text", "Braces must be doubled or enclose a key"))
        elif found[1] is not None and found[1] not in given:
            problems.append((f"{path}.text", f"No substitution for {{{found[1]}}}"))


def buttons_text(value: Any, path: str, problems: list[Problem]) -> None:
    short = "title" in value or "thumbnailImageUrl" in value
    text(60 if short else 160)(value["text"], f"{path}.text", problems)


def columns_alike(value: Any, path: str, problems: list[Problem]) -> None:
    """All columns have the same number of actions, and all or none a title and a picture."""
    columns = value["columns"]
    for name, message in (("title", "title"), ("thumbnailImageUrl", "image")):
        if len({name in column for column in columns}) > 1:
            problems.append((f"{path}.columns", f"All columns or none must have a {message}"))
    if len({len(column["actions"]) for column in columns}) > 1:
        problems.append((f"{path}.columns", "All columns must have as many actions"))
    for index, column in enumerate(columns):
        short = "title" in column or "thumbnailImageUrl" in column
        limit = text(60 if short else 120)
        limit(column["text"], f"{path}.columns[{index}].text", problems)


PICTURE: dict[str, Check] = {
    "imageAspectRatio": choice("rectangle", "square"),
    "imageSize": choice("cover", "contain"),
}
COLUMN: dict[str, Check] = {
    "thumbnailImageUrl": HTTPS,
    "imageBackgroundColor": pattern("#[0-9a-fA-F]{6}", "invalid color"),
    "title": text(40),
    "defaultAction": actions.TEMPLATE_AREA,
}
TEMPLATES: dict[str, Check] = {
    "buttons": record(
        {"text": text(160), "actions": each(actions.TEMPLATE, 1, 4)},
        {**COLUMN, **PICTURE},
        buttons_text,
    ),
    "confirm": record({"text": text(240), "actions": each(actions.TEMPLATE, 2, 2)}),
    "carousel": record(
        {
            "columns": each(
                record({"text": text(120), "actions": each(actions.TEMPLATE, 1, 3)}, COLUMN),
                1,
                10,
            )
        },
        PICTURE,
        columns_alike,
    ),
    "image_carousel": record(
        {"columns": each(record({"imageUrl": HTTPS, "action": actions.IMAGE_COLUMN}), 1, 10)}
    ),
}
AREA = record(dict.fromkeys(("x", "y", "width", "height"), integer(0)))
IMAGEMAP_LABEL: dict[str, Check] = {"label": text(100)}
IMAGEMAP_ACTIONS: dict[str, Check] = {
    "uri": record({"area": AREA, "linkUri": actions.LINK}, IMAGEMAP_LABEL),
    "message": record({"area": AREA, "text": text(400)}, IMAGEMAP_LABEL),
    "clipboard": record({"area": AREA, "clipboardText": text(1000)}, IMAGEMAP_LABEL),
}
MENTION = variant(
    {"user": record({"userId": pattern("U[0-9a-f]{32}", "invalid user ID")}), "all": record({})}
)
EMOJI: dict[str, Check] = {"productId": text(), "emojiId": text()}
SUBSTITUTION = variant({"mention": record({"mentionee": MENTION}), "emoji": record(EMOJI)})
COMMON: dict[str, Check] = {
    "quickReply": record(
        {
            "items": each(
                record(
                    {"type": choice("action"), "action": actions.QUICK_REPLY}, {"imageUrl": HTTPS}
                ),
                1,
                13,
            )
        }
    ),
    "sender": record({}, {"name": text(20), "iconUrl": HTTPS}),
}
QUOTE: dict[str, Check] = {"quoteToken": text()}


def kind(required: dict[str, Check], optional: dict[str, Check], *rules: Check) -> Check:
    return record(required, {**COMMON, **optional}, *rules)


IMAGEMAP = kind(
    {
        "baseUrl": HTTPS,
        "altText": text(1500),
        "baseSize": record({"width": integer(1040, 1040), "height": integer(1)}),
        "actions": each(variant(IMAGEMAP_ACTIONS), 0, 50),
    },
    {
        "video": record(
            {"originalContentUrl": HTTPS, "previewImageUrl": HTTPS, "area": AREA},
            {"externalLink": record({"linkUri": actions.LINK, "label": text(30)})},
        )
    },
)
MESSAGES: dict[str, Check] = {
    "text": kind(
        {"text": text(5000)},
        {**QUOTE, "emojis": each(record({"index": integer(0), **EMOJI}), 1, 20)},
        emoji_places,
    ),
    "textV2": kind(
        {"text": text(5000)}, {**QUOTE, "substitution": values(SUBSTITUTION)}, placeholders
    ),
    "sticker": kind({"packageId": text(), "stickerId": text()}, QUOTE),
    "image": kind({"originalContentUrl": HTTPS, "previewImageUrl": HTTPS}, {}),
    "video": kind(
        {"originalContentUrl": HTTPS, "previewImageUrl": HTTPS},
        {
            "trackingId": pattern(
                r"[A-Za-z0-9\-.=,+*()%$&;:@{}!?<>\[\]]{1,100}", "invalid tracking ID"
            )
        },
    ),
    "audio": kind({"originalContentUrl": HTTPS, "duration": integer(1)}, {}),
    "location": kind(
        {
            "title": text(100),
            "address": text(100),
            "latitude": number(-90, 90),
            "longitude": number(-180, 180),
        },
        {},
    ),
    "imagemap": IMAGEMAP,
    "template": kind({"altText": text(1500), "template": variant(TEMPLATES)}, {}),
    "flex": kind(FLEX_MESSAGE, {}),
    "coupon": refuse("this simulator has no coupons"),
}


MESSAGE_LIST = each(variant(MESSAGES), 1, 5)


def mentions(messages: list[dict[str, Any]]) -> Iterator[str]:
    for index, message in enumerate(messages):
        given = message.get("substitution") if message["type"] == "textV2" else None
        for name, entry in (given or {}).items():
            if entry["type"] == "mention":
                yield f"messages[{index}].substitution.{name}"


def error_body(problems: list[Problem]) -> dict[str, Any]:
    """LINE's body for these problems: those inside a Flex container have a form of their own."""
    first = re.match(r"(messages\[\d+\])\.contents(.*)", problems[0][0])
    if first:
        start = f"{first[1]}.contents"
        details = [
            {
                "message": message,
                "property": re.sub(r"[.\[]", "/", path[len(start) :]).replace("]", ""),
            }
            for path, message in problems
            if path.startswith(start)
        ]
        return {
            "message": f"A message ({first[1]}) in the request body is invalid",
            "details": details,
        }
    return {
        "message": f"The request body has {len(problems)} error(s)",
        "details": [{"message": message, "property": path} for path, message in problems],
    }
