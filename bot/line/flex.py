"""Our cards as LINE's flex bubbles, with every colour set: LINE's dark mode changes none of them.

Level colours: Japan's common colours of the warning levels (2021); text on them has 4.5:1 or more.
A drill has a colour of its own that is distinct without colour sight and stands for no level.
"""

from collections.abc import Sequence
from typing import Any

import regex

from bot.channel import AlertCard, Card, Choice

Json = dict[str, Any]

LABEL_GRAPHEMES = 20

_INK, _MUTED, _PAPER, _BORDER, _MAIN = "#1a1a1a", "#4d4d4d", "#ffffff", "#767676", "#0017c1"
_URGENT = "#a90000"
_BANDS = {
    "5": ("#0c000c", "#ffffff"),
    "4": ("#aa00aa", "#ffffff"),
    "3": ("#ff2800", "#000000"),
    "2": ("#f2e700", "#000000"),
    "other": ("#4d4d4d", "#ffffff"),
}
_DRILL, _DRILL_EDGE, _DRILL_INK = "#79e2f2", "#2bc8e4", "#003741"


def label(text: str, limit: int = LABEL_GRAPHEMES) -> str:
    """A label within LINE's limit, counted in graphemes."""
    graphemes = regex.findall(r"\X", text)
    return text if len(graphemes) <= limit else "".join(graphemes[: limit - 1]) + "…"


def action(choice: Choice) -> Json:
    """What a tap does. Unless it is silent, the label appears in the chat as the person's words."""
    shown = label(choice.label)
    if choice.location:
        return {"type": "location", "label": shown}
    if choice.uri:
        return {"type": "uri", "label": shown, "uri": choice.uri}
    postback = {"type": "postback", "label": shown, "data": choice.action}
    return postback if choice.silent else postback | {"displayText": choice.label}


def card_bubble(card: Card) -> Json:
    """Title, lines, and buttons in one or two columns."""
    body = [_text(card.title, "lg", weight="bold")]
    body += [_text(line, "md") for line in card.lines if line.strip()]
    bubble: Json = {
        "type": "bubble",
        "size": "mega",
        "body": _box(body, backgroundColor=_PAPER),
    }
    if card.buttons:
        first = _URGENT if card.tone == "urgent" else None
        buttons = [_button(b, first if i == 0 else None) for i, b in enumerate(card.buttons)]
        rows = buttons if card.columns == 1 else _rows(buttons, card.columns)
        bubble["footer"] = _box(rows, backgroundColor=_PAPER)
    return bubble


def alert_bubble(card: AlertCard) -> Json:
    """Band, action, facts, note, buttons; a drill has its own colour and a frame."""
    ground, ink = (_DRILL, _DRILL_INK) if card.drill else _BANDS[card.color]
    band = [_text(card.drill, "xl", _DRILL_INK, "bold")] if card.drill else []
    band.append(_text(card.band, "lg", ink, "bold"))
    body: list[Json] = [_text(card.action, "xl", weight="bold")]
    for name, text in card.facts:
        parts = [_text(name, "sm", _MUTED, "bold")] if name else []
        body.append(_box([*parts, _text(text, "md")], spacing="xs"))
    body.append({"type": "separator", "color": _BORDER})
    body += [_text(line, "sm", _MUTED) for line in card.note if line.strip()]
    frame = {"borderColor": _DRILL_EDGE, "borderWidth": "4px"} if card.drill else {}
    buttons = [_button(choice, None) for choice in card.buttons]
    return {
        "type": "bubble",
        "size": "mega",
        "header": _box(band, spacing="sm", paddingAll="16px", backgroundColor=ground),
        "body": _box(body, spacing="lg", backgroundColor=_PAPER, **frame),
        "footer": _box(buttons, backgroundColor=_PAPER, **frame),
    }


def _text(text: str, size: str, color: str = _INK, weight: str = "regular") -> Json:
    return {
        "type": "text",
        "text": text,
        "size": size,
        "weight": weight,
        "color": color,
        "wrap": True,
        "scaling": True,
    }


def _box(contents: Sequence[Json], *, spacing: str = "md", **look: str) -> Json:
    return {
        "type": "box",
        "layout": "vertical",
        "spacing": spacing,
        "contents": list(contents),
        **look,
    }


def _rows(buttons: list[Json], columns: int) -> list[Json]:
    filler = {"type": "filler"}
    rows = [buttons[i : i + columns] for i in range(0, len(buttons), columns)]
    return [
        {
            "type": "box",
            "layout": "horizontal",
            "spacing": "md",
            "contents": row + [filler] * (columns - len(row)),
        }
        for row in rows
    ]


def _button(choice: Choice, fill: str | None) -> Json:
    """A box, not LINE's button: its label wraps, a button's is cut."""
    name = _text(choice.label, "md", _PAPER if fill else _MAIN, "bold") | {"align": "center"}
    return {
        "type": "box",
        "layout": "vertical",
        "flex": 1,
        "paddingAll": "12px",
        "cornerRadius": "8px",
        "borderWidth": "1px",
        "borderColor": fill or _BORDER,
        "backgroundColor": fill or _PAPER,
        "justifyContent": "center",
        "contents": [name],
        "action": action(choice),
    }
