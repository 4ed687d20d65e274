"""Flex messages: bubbles, carousels and what may stand in them."""

import json
import re
from typing import Any

from . import actions
from .formats import (
    Check,
    Problem,
    boolean,
    choice,
    each,
    integer,
    later,
    pattern,
    record,
    text,
    uri,
    variant,
)

BUBBLE_BYTES = 30_000  # LINE says 30 KB and 50 KB; the smaller reading
CAROUSEL_BYTES = 50_000
SPACES = "none|xs|sm|md|lg|xl|xxl"
SIZES = "xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl"
PIXELS = r"\d+(\.\d+)?px"
PERCENT = r"\d+(\.\d+)?%"


def matches(*alternatives: str) -> Check:
    return pattern("|".join(alternatives), "invalid property")


COLOUR = pattern("#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?", "invalid color")
HTTPS = uri("https")
SPACE = matches(SPACES, PIXELS)
LENGTH = matches(PIXELS, PERCENT)
FLEX = integer(0)
OFFSETS: dict[str, Check] = {
    "position": choice("relative", "absolute"),
    **dict.fromkeys(
        ("offsetTop", "offsetBottom", "offsetStart", "offsetEnd"),
        matches(SPACES, PIXELS, PERCENT),
    ),
}
ALIGN = choice("start", "end", "center")
GRAVITY = choice("top", "bottom", "center")


def ratio(value: Any, path: str, problems: list[Problem]) -> None:
    """Width to height, each from 1 to 100,000; not higher than three times the width."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,6}(\.\d+)?:\d{1,6}(\.\d+)?", value):
        width, height = (float(part) for part in value.split(":"))
        if 1 <= width <= 100_000 and 1 <= height <= 100_000 and height <= 3 * width:
            return
    problems.append((path, "invalid property"))


def fits_layout(value: Any, path: str, problems: list[Problem]) -> None:
    """A baseline box holds text, icons and fillers; icons stand nowhere else."""
    baseline = value["layout"] == "baseline"
    for index, child in enumerate(value["contents"]):
        kind = child["type"]
        if (kind not in ("text", "icon", "filler")) if baseline else kind == "icon":
            problems.append((f"{path}.contents[{index}]", "invalid property"))


def has_words(value: Any, path: str, problems: list[Problem]) -> None:
    if "text" not in value and not value.get("contents"):
        problems.append((f"{path}.text", "must be non-empty text"))


GRADIENT = variant(
    {
        "linearGradient": record(
            {
                "angle": pattern(r"\d{1,3}(\.\d+)?deg", "invalid property"),
                "startColor": COLOUR,
                "endColor": COLOUR,
            },
            {"centerColor": COLOUR, "centerPosition": matches(PERCENT)},
            closed=True,
        )
    }
)
BOX = record(
    {
        "layout": choice("horizontal", "vertical", "baseline"),
        "contents": each(later(lambda: variant(COMPONENTS))),
    },
    {
        **OFFSETS,
        **dict.fromkeys(("spacing", "margin"), SPACE),
        **dict.fromkeys(("backgroundColor", "borderColor"), COLOUR),
        **dict.fromkeys(("width", "maxWidth", "height", "maxHeight"), LENGTH),
        **dict.fromkeys(
            ("paddingAll", "paddingTop", "paddingBottom", "paddingStart", "paddingEnd"),
            matches(SPACES, PIXELS, PERCENT),
        ),
        "flex": FLEX,
        "borderWidth": matches("none|light|normal|medium|semi-bold|bold", PIXELS),
        "cornerRadius": SPACE,
        "action": actions.FLEX_AREA,
        "justifyContent": choice(
            "center", "flex-start", "flex-end", "space-between", "space-around", "space-evenly"
        ),
        "alignItems": choice("center", "flex-start", "flex-end"),
        "background": GRADIENT,
    },
    fits_layout,
    closed=True,
)
BUTTON = record(
    {"action": actions.FLEX_BUTTON},
    {
        **OFFSETS,
        "flex": FLEX,
        "color": COLOUR,
        "style": choice("primary", "secondary", "link"),
        "gravity": GRAVITY,
        "margin": SPACE,
        "height": choice("md", "sm"),
        "adjustMode": choice("shrink-to-fit"),
        "scaling": boolean,
    },
    closed=True,
)
IMAGE = record(
    {"url": HTTPS},
    {
        **OFFSETS,
        "flex": FLEX,
        "margin": SPACE,
        "align": ALIGN,
        "gravity": GRAVITY,
        "size": matches(SIZES, "full", PIXELS, PERCENT),
        "aspectRatio": ratio,
        "aspectMode": choice("fit", "cover"),
        "backgroundColor": COLOUR,
        "action": actions.FLEX_AREA,
        "animated": boolean,
    },
    closed=True,
)
VIDEO = record(
    {
        "url": HTTPS,
        "previewUrl": HTTPS,
        "altContent": variant({"box": BOX, "image": IMAGE}),
    },
    {"aspectRatio": ratio, "action": actions.FLEX_AREA},
    closed=True,
)
ICON = record(
    {"url": HTTPS},
    {
        **OFFSETS,
        "size": matches(SIZES, PIXELS),
        "aspectRatio": ratio,
        "margin": SPACE,
        "scaling": boolean,
    },
    closed=True,
)
LETTERS: dict[str, Check] = {
    "text": text(),
    "size": matches(SIZES, PIXELS),
    "color": COLOUR,
    "weight": choice("regular", "bold"),
    "style": choice("normal", "italic"),
    "decoration": choice("none", "underline", "line-through"),
}
SPAN = record({"text": text()}, LETTERS, closed=True)
TEXT = record(
    {},
    {
        **LETTERS,
        **OFFSETS,
        "flex": FLEX,
        "align": ALIGN,
        "gravity": GRAVITY,
        "wrap": boolean,
        "lineSpacing": matches(PIXELS),
        "margin": SPACE,
        "action": actions.FLEX_AREA,
        "maxLines": integer(0),
        "contents": each(variant({"span": SPAN})),
        "adjustMode": choice("shrink-to-fit"),
        "scaling": boolean,
    },
    has_words,
    closed=True,
)
COMPONENTS: dict[str, Check] = {
    "box": BOX,
    "button": BUTTON,
    "image": IMAGE,
    "icon": ICON,
    "text": TEXT,
    "separator": record({}, {"margin": SPACE, "color": COLOUR}, closed=True),
    "filler": record({}, {"flex": FLEX}, closed=True),
}


def json_bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def bubble_rules(value: Any, path: str, problems: list[Problem]) -> None:
    if not any(block in value for block in ("header", "hero", "body", "footer")):
        problems.append((path, "At least one block must be specified"))
    video = value.get("hero", {}).get("type") == "video"
    if video and value.get("size", "mega") not in ("kilo", "mega", "giga"):
        problems.append((f"{path}.hero", "invalid property"))
    if json_bytes(value) > BUBBLE_BYTES:
        problems.append((path, "The bubble is too large"))


def carousel_rules(value: Any, path: str, problems: list[Problem]) -> None:
    if len({bubble.get("size", "mega") for bubble in value["contents"]}) > 1:
        problems.append((path, "All bubbles must have the same size"))
    if json_bytes(value) > CAROUSEL_BYTES:
        problems.append((path, "The carousel is too large"))


BLOCK_STYLE = record(
    {},
    {"backgroundColor": COLOUR, "separator": boolean, "separatorColor": COLOUR},
    closed=True,
)
BUBBLE = variant(
    {
        "bubble": record(
            {},
            {
                "direction": choice("ltr", "rtl"),
                "size": choice("nano", "micro", "deca", "hecto", "kilo", "mega", "giga"),
                "styles": record(
                    {},
                    dict.fromkeys(("header", "hero", "body", "footer"), BLOCK_STYLE),
                    closed=True,
                ),
                **dict.fromkeys(("header", "body", "footer"), variant({"box": BOX})),
                "hero": variant({"box": BOX, "image": IMAGE, "video": VIDEO}),
                "action": actions.FLEX_AREA,
            },
            bubble_rules,
            closed=True,
        )
    }
)
CAROUSEL = record({"contents": each(BUBBLE, 1, 12)}, {}, carousel_rules, closed=True)


def container(value: Any, path: str, problems: list[Problem]) -> None:
    if isinstance(value, dict) and value.get("type") == "carousel":
        CAROUSEL(value, path, problems)
    else:
        BUBBLE(value, path, problems)


FLEX_MESSAGE: dict[str, Check] = {"altText": text(1500), "contents": container}
