"""Writes `settings.md` from the settings' own help texts: `python -m docs.settings`."""

from dataclasses import fields
from pathlib import Path

from bot.settings import Settings, SettingsError

PAGE = Path(__file__).with_suffix(".md")

PROCFILE = {
    "PORT": "Port of the web process; 8000 where nothing is set.",
    "WEB_HOST": "Address the web process listens on; 127.0.0.1 behind a proxy on the same machine.",
    "WEB_THREADS": "Requests served at the same time by one web process; 16 where nothing is set.",
    "WEB_CONCURRENCY": "Number of web processes (gunicorn's own variable); 1 where nothing is set.",
}
"""What the Procfile and its commands read themselves."""

_INTRODUCTION = """# Settings
Environment variables, read once at the start. A missing or malformed one stops the start with a
line that says what to set. `python3 run.py demo` sets all of them itself and ignores yours; what
it should take over is given as `--set NAME=VALUE`.

This page is made by `python -m docs.settings` from the help texts in `bot/settings.py`.
"""


def page() -> str:
    """The whole page."""
    required = _required()
    rows = [
        (
            f"`{item.name.upper()}`",
            item.metadata["help"],
            "**required**" if item.name.upper() in required else _default(item.default),
        )
        for item in fields(Settings)
    ]
    own = _table(["Setting", "Meaning", "Without it"], rows)
    others = _table(["Variable", "Meaning"], [(f"`{key}`", text) for key, text in PROCFILE.items()])
    return f"{_INTRODUCTION}\n{own}\n## Read by the Procfile\n{others}"


def _required() -> set[str]:
    try:
        Settings.from_environment({})
    except SettingsError as problems:
        return {line.split(":")[0] for line in str(problems).splitlines()}
    return set()


def _default(value: object) -> str:
    return f"`{value}`" if str(value) not in ("", "()") else ""


def _table(headings: list[str], rows: list[tuple[str, ...]]) -> str:
    lines = [tuple(headings), ("---",) * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
