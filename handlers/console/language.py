"""The console's language, Japanese or English, and how it writes times.

English sentences are the ids of the catalogue `bot/locale/ja/LC_MESSAGES/console.po`.
"""

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, has_request_context, request

from bot.city import JAPAN
from bot.languages import UnknownLanguage
from bot.languages import language as registered_language

LANGUAGES = ("ja", "en")
COOKIE = "language"
CATALOGUE = "LC_MESSAGES/console.po"


def N_(text: str) -> str:
    """Marks a sentence that is translated later, where it is shown."""
    return text


def register(app: Flask, folder: Path) -> None:
    """Read the catalogues in `folder` and make them known to the templates."""
    app.extensions["console_translations"] = {"en": NullTranslations(), "ja": _load(folder / "ja")}
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _translations().gettext(text),
        lambda one, many, number: _translations().ngettext(one, many, number),
        newstyle=True,
    )


def _load(folder: Path) -> Translations:
    compiled = BytesIO()
    with (folder / CATALOGUE).open("rb") as file:
        write_mo(compiled, read_po(file, locale=folder.name))
    compiled.seek(0)
    return Translations(compiled)


def current() -> str:
    """The page's language: the one chosen in this browser, else what it asks for, else Japanese."""
    if not has_request_context():
        return "ja"
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(LANGUAGES, default="ja")


def _(text: str, **values: object) -> str:
    """A sentence in the page's language, its blanks filled."""
    found: str = _translations().gettext(text)
    return found % values if values else found


def _translations() -> NullTranslations:
    found: NullTranslations = current_app.extensions["console_translations"][current()]
    return found


def language_name(tag: str) -> str:
    """What the page's language calls the language of a tag; the tag itself where none is known."""
    try:
        known = registered_language(tag)
    except UnknownLanguage:
        return tag
    return known.japanese_name if current() == "ja" else known.english_name


def direction(tag: str) -> str:
    """Which way a language is written: ltr, rtl, or auto where it is not known."""
    try:
        return registered_language(tag).direction
    except UnknownLanguage:
        return "auto"


def role_name(role: str) -> str:
    names = {"operator": _("Operator"), "approver": _("Approver"), "admin": _("Administrator")}
    return names[role]


def clock_time(moment: datetime, seconds: bool = False) -> str:
    """The time of day in Japan, such as 21:43."""
    return f"{moment.astimezone(JAPAN):{'%H:%M:%S' if seconds else '%H:%M'}}"


def day_and_time(moment: datetime, now: datetime) -> str:
    """The time of day in Japan, with the date where it is not today's."""
    local, today = moment.astimezone(JAPAN), now.astimezone(JAPAN)
    if local.date() == today.date():
        return clock_time(moment)
    if current() == "ja":
        year = f"{local.year}年" if local.year != today.year else ""
        return f"{year}{local.month}月{local.day}日 {clock_time(moment)}"
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {local:%b}{year} {clock_time(moment)}"


def duration(length: timedelta) -> str:
    """A waiting time, in minutes up to an hour, then in hours, from two days on in days."""
    minutes = max(int(length.total_seconds() // 60), 0)
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return _("%(days)s days", days=hours // 24)
    if hours:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
    return _("%(minutes)s min", minutes=minutes)
