"""Which font a character is drawn with: Noto's, found in the folders systems put them into.

Noto's fonts for one script lack Latin letters and most punctuation, so a line is drawn in runs.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import regex
from PIL import ImageFont, features

from bot.languages import language

FOLDERS = (
    "/usr/share/fonts/truetype/noto",
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/noto",
    "/usr/share/fonts/noto-cjk",
    "/usr/share/fonts/google-noto",
    "/usr/share/fonts/google-noto-cjk",
    "/usr/local/share/fonts/noto",
    "/opt/homebrew/share/fonts",
    "/Library/Fonts",
)
"""Debian and Ubuntu, Arch, Fedora, own copies, macOS."""

LATIN, HAN = "NotoSans", "NotoSansCJK"
_OF_SCRIPT = {
    "Arab": "NotoSansArabic",
    "Beng": "NotoSansBengali",
    "Deva": "NotoSansDevanagari",
    "Khmr": "NotoSansKhmer",
    "Laoo": "NotoSansLao",
    "Mymr": "NotoSansMyanmar",
    "Sinh": "NotoSansSinhala",
    "Thai": "NotoSansThai",
}
_HAN_FACES = {"Jpan": 0, "Kore": 1, "Hans": 2, "Hant": 3}
"""One file holds the Han forms of every country; this is where each stands in it."""

_HAN = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
    r"\u2025-\u203b\u2460-\u24ff\u25a0-\u26ff\u3000-\u30ff\uff00-\uffef]"
)
_SCRIPTS = {script: regex.compile(rf"[\p{{Script_Extensions={script}}}]") for script in _OF_SCRIPT}


class FontsMissing(RuntimeError):
    """A picture cannot be drawn here; the text says what to install."""


@dataclass(frozen=True)
class Face:
    """A font's file and where in it: what a run of characters is drawn with."""

    family: str
    index: int = 0


def faces(tag: str, text: str) -> list[tuple[str, Face]]:
    """The text in runs of characters of one font, in logical order."""
    script = language(tag).script
    han = Face(HAN, _HAN_FACES.get(script, 0))
    runs: list[tuple[str, Face]] = []
    for grapheme in regex.findall(r"\X", text):
        face = _face(grapheme, script, han)
        if runs and (runs[-1][1] == face or (grapheme.isspace() and runs[-1][1] != han)):
            runs[-1] = (runs[-1][0] + grapheme, runs[-1][1])
        else:
            runs.append((grapheme, face))
    return runs


def _face(grapheme: str, script: str, han: Face) -> Face:
    if script in _HAN_FACES:
        return han  # Latin letters of the same weight and width as the rest
    if _HAN.match(grapheme):
        return han
    scripts = (script, *(other for other in _OF_SCRIPT if other != script))
    for other in scripts:
        if other in _SCRIPTS and _SCRIPTS[other].match(grapheme):
            return Face(_OF_SCRIPT[other])
    return Face(LATIN)


def font(face: Face, size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    """A font ready to draw with, `size` in pixels. Raises `FontsMissing`.

    Not shared between calls: FreeType's fonts may not be used by two threads at once.
    """
    if not _shapes():
        raise FontsMissing("Pillow was built without libraqm: install Pillow's own wheel")
    weight = "Bold" if bold else "Regular"
    path = _path(face.family, weight)
    return ImageFont.truetype(path, size, face.index, layout_engine=ImageFont.Layout.RAQM)


@cache
def _shapes() -> bool:
    """Whether letters are joined and stacked as Indic and Arabic scripts need it."""
    return bool(features.check("raqm"))


@cache
def _path(family: str, weight: str) -> str:
    names = [f"{family}-{weight}.{ending}" for ending in ("ttf", "ttc", "otf")]
    for folder in FOLDERS:
        for name in names:
            found = Path(folder) / name
            if found.exists():
                return str(found)
    package = "fonts-noto-cjk" if family == HAN else "fonts-noto-core"
    raise FontsMissing(f"no {names[0]}: install the package {package} (Debian's name for it)")
