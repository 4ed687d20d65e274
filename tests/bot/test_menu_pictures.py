"""The picture of the menu in every language: its words fit, and can be read on a phone."""

import io

import pytest
from PIL import Image, ImageColor

from bot.languages import complete
from bot.menus.publishing import FIELDS
from bot.pictures import menus
from bot.pictures.menus import Field, boxes
from bot.pictures.signs import PICTOGRAMS
from bot.pictures.writing import Pen
from bot.runtime import ROOT
from bot.words import Words

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
LANGUAGES = [known.tag for known in complete("conversation")]
LARGEST = 1_000_000
SMALLEST_LETTERS = 88
"""11 pixels on the narrowest phone, 320 wide."""
EDGE = 16


def fields(tag: str) -> list[Field]:
    return [
        Field(action, WORDS.text(tag, label), urgent=action == "emergency")
        for action, label in FIELDS.items()
    ]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_words_fit_into_their_fields(tag: str) -> None:
    size, texts = menus.arranged(tag, [field.words for field in fields(tag)])
    pen = Pen(tag, size, bold=True)
    assert size >= SMALLEST_LETTERS
    for field, lines, box in zip(fields(tag), texts, boxes(), strict=True):
        assert 1 <= len(lines) <= 3
        assert max(map(pen.width, lines)) <= box[2] - 2 * menus.MARGIN
        # Nothing is lost, and where words are written apart lines end between them only.
        assert field.words in (" ".join(lines), "".join(lines))


@pytest.mark.parametrize("tag", LANGUAGES)
def test_nothing_touches_the_edge_of_its_field(tag: str) -> None:
    file = menus.png(tag, fields(tag))
    assert len(file) <= LARGEST
    image = Image.open(io.BytesIO(file)).convert("RGB")
    assert image.size == (2500, 1686)
    for left, top, width, height in boxes():
        inner = image.crop((left + 5, top + 5, left + width - 5, top + height - 5))
        ground = inner.getpixel((0, 0))
        inked = [
            color
            for edge in _edges(inner)
            for _, color in edge.getcolors(maxcolors=10_000) or []
            if color != ground
        ]
        assert inked == []
        assert len(inner.getcolors(maxcolors=10_000) or []) > 2  # something is drawn there


def _edges(image: Image.Image) -> list[Image.Image]:
    width, height = image.size
    return [
        image.crop(box)
        for box in (
            (0, 0, width, EDGE),
            (0, height - EDGE, width, height),
            (0, 0, EDGE, height),
            (width - EDGE, 0, width, height),
        )
    ]


def test_each_field_has_its_own_pictogram() -> None:
    assert set(FIELDS) <= PICTOGRAMS
    drawn = {
        menus.signs.drawn(name, 100, "#000000", "#ffffff").tobytes() for name in [*FIELDS, "notice"]
    }
    assert len(drawn) == len(FIELDS) + 1


def test_the_colours_can_be_told_apart() -> None:
    """4.5 to 1 for words and 3 to 1 for signs, as WCAG 2.2 asks for."""
    image = Image.open(io.BytesIO(menus.png("en", fields("en")))).convert("RGB")
    for number, (left, top, width, height) in enumerate(boxes()):
        colors = image.crop((left + 5, top + 5, left + width - 5, top + height - 5)).getcolors(
            maxcolors=10_000
        )
        assert colors
        (_, ground), *others = sorted(colors, reverse=True)
        ink = next(color for _, color in others if _contrast(color, ground) >= 4.5)
        assert ink
        if number == 0:
            assert ground == pytest.approx(ImageColor.getrgb("#a90000"), abs=0)


def _contrast(one: object, other: object) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: object) -> float:
    assert isinstance(color, tuple)
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in color
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
