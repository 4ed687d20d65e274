"""A notice as one picture to pass on: level, place, action, what to do, number and QR code. The
answer to a rumour likewise: verdict, claim, source.

1080 pixels wide and as high as its words need. In a drill the stripes replace the level's colour.
"""

import io
from dataclasses import dataclass
from functools import lru_cache

import segno
from PIL import Image, ImageDraw

from bot.pictures import signs
from bot.pictures.writing import Pen

WIDTH, MARGIN = 1080, 56
KEPT = 128
"""Pictures a process keeps: a notice in all its languages, a few times over."""

_INK, _MUTED, _PAPER, _LINE = "#1a1a1a", "#4d4d4d", "#ffffff", "#767676"
_BANDS = {
    "5": ("#0c000c", "#ffffff"),
    "4": ("#aa00aa", "#ffffff"),
    "3": ("#ff2800", "#000000"),
    "2": ("#f2e700", "#000000"),
    "other": ("#4d4d4d", "#ffffff"),
}
_STRIPE, _DRILL, _DRILL_INK = "#2bc8e4", "#79e2f2", "#003741"
_SIGN, _QR, _GAP = 132, 264, 28
_PALETTE = 64
_HIGHEST = 8000


@dataclass(frozen=True)
class NoticePicture:
    """What stands on the picture. `color`: "5" to "2", or other; `level` its digit or "".

    `texts` are pairs of a language and lines; the first line of each is its headline. `drill` is
    the mark of a drill, `state` why it is not in force any more; both may be empty.
    """

    language: str
    color: str
    level: str
    pictogram: str
    band: str
    drill: str
    state: str
    texts: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]
    link: str


@lru_cache(maxsize=KEPT)
def png(picture: NoticePicture) -> bytes:
    """The picture as a PNG file. Raises `FontsMissing`."""
    image = Image.new("RGB", (WIDTH, _HIGHEST), _PAPER)
    draw = ImageDraw.Draw(image)
    top = _stripes(draw, picture)
    top = _band(image, draw, picture, top)
    top = _words(draw, picture, top + _GAP)
    bottom = _foot(image, draw, picture, top + _GAP)
    image = image.crop((0, 0, WIDTH, min(bottom, _HIGHEST)))
    if picture.drill:
        _frame(image)
    file = io.BytesIO()
    image.quantize(_PALETTE, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _stripes(draw: ImageDraw.ImageDraw, picture: NoticePicture) -> int:
    """The mark of a drill over stripes, or that the notice is over; the next top."""
    top = 0
    for words, striped in ((picture.drill, True), (picture.state, False)):
        if not words:
            continue
        pen = Pen(picture.language, 52, bold=True)
        height = len(pen.lines(words, WIDTH - 2 * MARGIN)) * pen.leading + _GAP
        draw.rectangle((0, top, WIDTH, top + height), _DRILL if striped else _PAPER)
        if striped:
            _draw_stripes(draw, top, height)
        else:
            draw.rectangle((8, top + 8, WIDTH - 8, top + height), None, _INK, 6)
        color = _DRILL_INK if striped else _INK
        pen.write(draw, words, MARGIN, WIDTH - MARGIN, top + _GAP // 2, color)
        top += height + (0 if striped else 12)
    return top


def _draw_stripes(draw: ImageDraw.ImageDraw, top: int, height: int) -> None:
    bottom = top + height
    for left in range(-height, WIDTH, 96):
        above = left + height
        draw.polygon(
            ((left, bottom), (above, top), (above + 48, top), (left + 48, bottom)), _STRIPE
        )


def _band(image: Image.Image, draw: ImageDraw.ImageDraw, picture: NoticePicture, top: int) -> int:
    """Shape with number, name and pictogram on the level's colour."""
    ground, ink = (_DRILL, _DRILL_INK) if picture.drill else _BANDS[picture.color]
    pen = Pen(picture.language, 54, bold=True)
    has_shape = picture.color in ("5", "4", "3", "2")
    left = MARGIN + (_SIGN + _GAP if has_shape else 0)
    right = WIDTH - MARGIN - _SIGN - _GAP
    if pen.from_right:
        left, right = WIDTH - right, WIDTH - left
    words = len(pen.lines(picture.band, right - left)) * pen.leading
    height = max(words, _SIGN) + 2 * _GAP
    draw.rectangle((0, top, WIDTH, top + height), ground)
    middle = top + (height - _SIGN) // 2
    ends = (MARGIN, WIDTH - MARGIN - _SIGN)
    first, last = reversed(ends) if pen.from_right else ends
    if has_shape:
        image.paste(signs.shape(picture.color, _SIGN, ink, ground), (first, middle))
        down = 14 if picture.color == "3" else 0
        digit = Pen("en", 74, bold=True)
        where = (first + (_SIGN - digit.width(picture.level or "!")) / 2, middle + 92 + down)
        digit.put(draw, picture.level or "!", where, ground)
    image.paste(signs.drawn(picture.pictogram, _SIGN, ink, ground), (last, middle))
    pen.write(draw, picture.band, left, right, top + (height - words) // 2, ink)
    return top + height


def _words(draw: ImageDraw.ImageDraw, picture: NoticePicture, top: int) -> int:
    for number, (tag, lines) in enumerate(picture.texts):
        headline, *rest = lines
        top = Pen(tag, 52 if number else 64, bold=True).write(
            draw, headline, MARGIN, WIDTH - MARGIN, top, _INK
        )
        pen = Pen(tag, 40)
        for line in rest:
            top = pen.write(draw, line, MARGIN, WIDTH - MARGIN, top + 10, _INK)
        top += _GAP
    return top


def _foot(image: Image.Image, draw: ImageDraw.ImageDraw, picture: NoticePicture, top: int) -> int:
    """Who says so, since when and until when, the number, and how to look it up; the end."""
    draw.line((MARGIN, top, WIDTH - MARGIN, top), _LINE, 3)
    top += _GAP
    pen = Pen(picture.language, 30)
    code = qr(picture.link, _QR)
    left, right = MARGIN, WIDTH - MARGIN - _QR - _GAP
    if pen.from_right:
        left, right = WIDTH - right, WIDTH - left
    image.paste(code, (MARGIN if pen.from_right else WIDTH - MARGIN - _QR, top))
    at = top
    for line in picture.notes:
        at = pen.write(draw, line, left, right, at, _MUTED)
    link = Pen(picture.language, 30, bold=True)
    at = link.write(draw, picture.link, left, right, at + 8, _INK)
    end = max(at, top + _QR) + _GAP
    if picture.drill:
        end = Pen(picture.language, 52, bold=True).write(
            draw, picture.drill, MARGIN, WIDTH - MARGIN, end, _DRILL_INK
        )
        end += _GAP
    return end + 12


def _frame(image: Image.Image) -> None:
    """Dashes all around: a drill's picture is told from a real one in grey, too."""
    draw = ImageDraw.Draw(image)
    for at in range(0, max(image.size), 48):
        for edge in (0, image.width - 12):
            draw.rectangle((edge, at, edge + 11, at + 27), _DRILL_INK)
        for edge in (0, image.height - 12):
            draw.rectangle((at, edge, at + 27, edge + 11), _DRILL_INK)


def qr(words: str, size: int) -> Image.Image:
    """A QR code of these words, about `size` pixels wide and high, with its quiet zone."""
    code = segno.make(words, micro=False, error="m")
    file = io.BytesIO()
    code.save(file, kind="png", border=4, scale=max(1, size // code.symbol_size(border=4)[0]))
    return Image.open(file).convert("RGB").resize((size, size), Image.Resampling.NEAREST)
