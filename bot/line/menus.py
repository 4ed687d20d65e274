"""Our menu as LINE's rich menu."""

from typing import Any

from bot.channel import Menu
from bot.line.flex import action, label

BAR_GRAPHEMES = 14


def rich_menu(menu: Menu) -> dict[str, Any]:
    """The JSON of a rich menu that is open when a chat is opened."""
    areas = [
        {
            "bounds": {"x": left, "y": top, "width": width, "height": height},
            "action": action(choice),
        }
        for (left, top, width, height), choice in menu.fields
    ]
    return {
        "size": {"width": menu.width, "height": menu.height},
        "selected": True,
        "name": menu.name,
        "chatBarText": label(menu.bar, BAR_GRAPHEMES),
        "areas": areas,
    }
