"""The rich menu as a picture: six fields in two rows, each with a pictogram and its words.

2500 × 1686 pixels, shown on the narrowest phones at an eighth of that. All words of a menu have one
size, the largest at which each fits into its field.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

from icu4py.breakers import LineBreaker
from PIL import Image, ImageColor, ImageDraw

from bot.languages import language
from bot.pictures import fonts, signs, writing
from bot.pictures.writing import Pen

WIDTH, HEIGHT = 2500, 1686
COLUMNS, ROWS = 3, 2
MARGIN = 40
"""What stays free between words and the edge of their field."""

_LARGEST, _MEASURED, _ONE_LINE = 132, 100, 104
"""Sizes of letters: at most, for measuring, and from which on one line is better than two."""
_MOST_LINES = 3
_WORDS_HEIGHT = 372
_SIGN, _GAP = 310, 44
_CAPITAL = 0.7
"""How high a capital letter is, in sizes of letters."""
_PAPER, _INK, _MAIN, _LINE = "#ffffff", "#1a1a1a", "#0017c1", "#767676"
_URGENT, _ON_URGENT = "#a90000", "#ffffff"
_STEPS = 12
"""Shades between a colour and its ground, for smooth edges."""


@dataclass(frozen=True)
class Field:
    """What stands in a field; `urgent` ones are seen first."""

    pictogram: str
    words: str
    urgent: bool = False


Box = tuple[int, int, int, int]
"""Left, top, width and height of a field, in pixels."""


def boxes() -> list[Box]:
    """Where the fields are, in reading order: they touch and cover the whole picture."""
    across = [round(WIDTH * i / COLUMNS) for i in range(COLUMNS + 1)]
    down = [round(HEIGHT * i / ROWS) for i in range(ROWS + 1)]
    return [
        (left, top, right - left, bottom - top)
        for top, bottom in pairwise(down)
        for left, right in pairwise(across)
    ]


def png(tag: str, fields: Sequence[Field]) -> bytes:
    """The menu of a language as a PNG file, well below LINE's 1 MB. Raises `FontsMissing`."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    size, texts = arranged(tag, [field.words for field in fields])
    pen = Pen(tag, size, bold=True)
    for field, lines, box in zip(fields, texts, boxes(), strict=True):
        _draw(image, draw, pen, field, lines, box)
    for left, top, _, _ in boxes():
        if left:
            draw.line((left, 0, left, HEIGHT), _LINE, 4)
        if top:
            draw.line((0, top, WIDTH, top), _LINE, 4)
    file = io.BytesIO()
    image.quantize(palette=_palette(), dither=Image.Dither.NONE).save(file, "PNG")
    return file.getvalue()


@cache
def _palette() -> Image.Image:
    """The colours that occur: searching them in a picture of this size takes long."""
    parts = list(ImageColor.getrgb(_LINE))
    for ink, ground in ((_INK, _PAPER), (_MAIN, _PAPER), (_ON_URGENT, _URGENT)):
        ends = list(zip(ImageColor.getrgb(ink), ImageColor.getrgb(ground), strict=True))
        for step in range(_STEPS + 1):
            parts += [round(a + (b - a) * step / _STEPS) for a, b in ends]
    palette = Image.new("P", (1, 1))
    palette.putpalette(parts)
    return palette


@cache
def drawing() -> str:
    """A digest of how menus are drawn: another one where their pictures may have changed."""
    drawn_by = (__file__, signs.__file__, writing.__file__, fonts.__file__)
    return hashlib.sha256(b"".join(Path(name).read_bytes() for name in drawn_by)).hexdigest()


def arranged(tag: str, labels: Sequence[str]) -> tuple[int, list[list[str]]]:
    """The size of all letters of a menu, in pixels, and the lines of each label."""
    pen = Pen(tag, _MEASURED, bold=True)
    texts = [_best_lines(pen, label) for label in labels]
    return min(_size(pen, lines) for lines in texts), texts


def _best_lines(pen: Pen, label: str) -> list[str]:
    """The arrangement with the largest letters; one line where those are large enough."""
    arrangements = [_balanced(pen, pieces) for pieces in _divided(pen, label)]
    if _size(pen, arrangements[0]) >= _ONE_LINE:
        return arrangements[0]
    return max(arrangements, key=lambda found: _size(pen, found))


def _divided(pen: Pen, label: str) -> Iterator[list[list[str]]]:
    """Every way to divide a label into at most three lines, by number of lines: between words where
    these are written apart, else before a reading, else where ICU's dictionaries allow it.
    """
    glue = " " if " " in label else ""
    if glue:
        pieces = label.split(glue)
    elif "(" in label:
        pieces = label.replace("(", "\n(").split("\n")
    else:
        pieces = list(LineBreaker(label, pen.tag.split("-x-")[0]))
    for count in range(1, min(_MOST_LINES, len(pieces)) + 1):
        yield [
            [
                glue.join(pieces[start:end]).strip()
                for start, end in zip((0, *cuts), (*cuts, len(pieces)), strict=True)
            ]
            for cuts in combinations(range(1, len(pieces)), count - 1)
        ]


def _balanced(pen: Pen, candidates: list[list[str]]) -> list[str]:
    return min(candidates, key=lambda found: max(map(pen.width, found)))


def _size(pen: Pen, found: list[str]) -> int:
    """How large the letters may be, of a pen with letters of 100 pixels."""
    room = boxes()[0][2] - 2 * MARGIN
    across = _MEASURED * room / max(map(pen.width, found))
    down = _WORDS_HEIGHT / (len(found) * _leading(pen.tag))
    return int(min(_LARGEST, across, down))


def _leading(tag: str) -> float:
    """From one line to the next, in sizes of letters: less than in running text."""
    return 1.5 if language(tag).script in writing.TALL else 1.24


def _draw(
    image: Image.Image,
    draw: ImageDraw.ImageDraw,
    pen: Pen,
    field: Field,
    lines: Sequence[str],
    box: Box,
) -> None:
    """A pictogram, and below it the words in the middle of what is left."""
    left, top, width, height = box
    colors = (_URGENT, _ON_URGENT, _ON_URGENT) if field.urgent else (_PAPER, _INK, _MAIN)
    ground, ink, mark = colors
    draw.rectangle((left, top, left + width, top + height), ground)
    step = round(pen.size * _leading(pen.tag))
    space = max(2, len(lines)) * step
    above = (height - _SIGN - _GAP - space) // 2
    sign = _sign(field.pictogram, mark, ground)
    image.paste(sign, (left + (width - _SIGN) // 2, top + above))
    first = top + above + _SIGN + _GAP + (space - len(lines) * step) // 2
    for number, line in enumerate(lines):
        start = left + (width - pen.width(line)) / 2
        baseline = first + number * step + (step + pen.size * _CAPITAL) / 2
        pen.put(draw, line, (start, baseline), ink)


@cache
def _sign(name: str, ink: str, ground: str) -> Image.Image:
    """Drawn once for the menus of all languages."""
    return signs.drawn(name, _SIGN, ink, ground)
