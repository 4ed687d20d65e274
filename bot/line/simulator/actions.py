"""What a tap can do, and where which action is allowed."""

from datetime import datetime
from typing import Any

from .formats import (
    Check,
    Problem,
    choice,
    graphemes,
    pattern,
    record,
    text,
    uri,
    variant,
)

LINK = uri("http", "https", "line", "tel", maximum=1000)
MOMENTS = {"date": "%Y-%m-%d", "time": "%H:%M", "datetime": "%Y-%m-%dT%H:%M"}


def picker_moments(value: Any, path: str, problems: list[Problem]) -> None:
    for name in ("initial", "max", "min"):
        if name in value:
            moment = value[name].replace("t", "T")
            try:
                datetime.strptime(moment, MOMENTS[value["mode"]])
            except ValueError:
                problems.append((f"{path}.{name}", f"Must be a {value['mode']}"))


def postback_options(value: Any, path: str, problems: list[Problem]) -> None:
    if "displayText" in value and "text" in value:
        problems.append((path, "displayText and text can't be used together"))
    if "fillInText" in value and value.get("inputOption") != "openKeyboard":
        problems.append((f"{path}.fillInText", "needs inputOption openKeyboard"))


def action(label: int, *, required: bool, types: tuple[str, ...]) -> Check:
    """An action with a label of at most so many characters, one of these types."""
    label_check = {"label": text(label, measure=graphemes)}
    always = label_check if required else {}
    shown = text(300, measure=graphemes)
    data = text(300)
    # The limits count characters; whether by code points or UTF-16 is not said: the shorter counts.
    bodies: dict[str, Check] = {
        "postback": record(
            {**always, "data": data},
            {
                **label_check,
                "displayText": shown,
                "text": shown,
                "inputOption": choice("closeRichMenu", "openRichMenu", "openKeyboard", "openVoice"),
                "fillInText": text(300),
            },
            postback_options,
        ),
        "message": record({**always, "text": text(300)}, label_check),
        "uri": record(
            {**always, "uri": LINK}, {**label_check, "altUri": record({}, {"desktop": LINK})}
        ),
        "datetimepicker": record(
            {**always, "data": data, "mode": choice(*MOMENTS)},
            {**label_check, **dict.fromkeys(("initial", "max", "min"), text(16))},
            picker_moments,
        ),
        "clipboard": record({**always, "clipboardText": text(1000)}, label_check),
        "camera": record(always, label_check),
        "cameraRoll": record(always, label_check),
        "location": record(always, label_check),
        "richmenuswitch": record(
            {
                **always,
                "data": data,
                "richMenuAliasId": pattern("[a-z0-9_-]{1,32}", "invalid rich menu alias"),
            },
            label_check,
        ),
    }
    return variant({kind: bodies[kind] for kind in types})


COMMON = ("postback", "message", "uri", "datetimepicker", "clipboard")
QUICK_REPLY = action(20, required=True, types=(*COMMON, "camera", "cameraRoll", "location"))
TEMPLATE = action(20, required=True, types=COMMON)
TEMPLATE_AREA = action(20, required=False, types=COMMON)
IMAGE_COLUMN = action(12, required=False, types=COMMON)
FLEX_BUTTON = action(40, required=True, types=COMMON)
FLEX_AREA = action(40, required=False, types=COMMON)
RICH_MENU = action(20, required=False, types=(*COMMON, "richmenuswitch"))
