"""Signs drawn by us: the shape of a level and what a notice is about, on a grid of 100 × 100.

Shapes differ without colour sight: octagon 5, diamond 4, triangle 3, circle 2.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

FINER = 4
"""Drawn so many times larger and made smaller again: then edges are smooth."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Sign:
    """A square to draw on, with one colour on another."""

    draw: ImageDraw.ImageDraw
    scale: float
    ink: str
    ground: str

    def fill(self, *points: tuple[float, float], hollow: bool = False) -> None:
        self.draw.polygon(self._all(points), self.ground if hollow else self.ink)

    def stroke(self, *points: tuple[float, float], width: float = 7, hollow: bool = False) -> None:
        color = self.ground if hollow else self.ink
        self.draw.line(self._all(points), color, round(width * self.scale), joint="curve")
        for x, y in points:
            self.dot(x, y, width / 2, hollow=hollow)

    def dot(self, x: float, y: float, radius: float, *, hollow: bool = False) -> None:
        box = self._all([(x - radius, y - radius), (x + radius, y + radius)])
        self.draw.ellipse([*box[0], *box[1]], self.ground if hollow else self.ink)

    def ring(self, x: float, y: float, radius: float, width: float = 7) -> None:
        self.dot(x, y, radius)
        self.dot(x, y, radius - width, hollow=True)

    def wave(self, y: float, height: float = 5, width: float = 7) -> None:
        """Water, from one edge to the other."""
        steps = [(8 + i * 2, y + height * math.sin(i / 42 * 5 * math.pi)) for i in range(43)]
        self.stroke(*steps, width=width)

    def _all(self, points: Points) -> list[tuple[float, float]]:
        return [(x * self.scale, y * self.scale) for x, y in points]


def drawn(name: str, size: int, ink: str, ground: str) -> Image.Image:
    """A pictogram, `size` pixels wide and high; an unknown one is the sign of any notice."""
    return _square(size, ground, lambda image, draw: (
        _PICTOGRAMS.get(name, _notice)(Sign(draw, image.width / 100, ink, ground))
    ))  # fmt: skip


def shape(color: str, size: int, ink: str, ground: str) -> Image.Image:
    """The filled shape of a level's colour, "5" to "2"."""

    def octagon(corners: int, turn: float, radius: float, down: float = 0) -> Points:
        angles = [2 * math.pi * (i + turn) / corners for i in range(corners)]
        return [
            (50 + radius * math.sin(angle), 50 + down - radius * math.cos(angle))
            for angle in angles
        ]

    def fill(image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
        sign = Sign(draw, image.width / 100, ink, ground)
        if color == "2":
            sign.dot(50, 50, 47)
        else:
            points = {"5": octagon(8, 0.5, 50), "4": octagon(4, 0, 50), "3": octagon(3, 0, 56, 10)}
            sign.fill(*points[color])

    return _square(size, ground, fill)


def _square(
    size: int, ground: str, paint: Callable[[Image.Image, ImageDraw.ImageDraw], None]
) -> Image.Image:
    image = Image.new("RGB", (size * FINER, size * FINER), ground)
    paint(image, ImageDraw.Draw(image))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _house(sign: Sign, top: float = 12, bottom: float = 88) -> None:
    middle = top + (bottom - top) * 0.45
    sign.fill((50, top), (92, middle), (92, middle + 6), (8, middle + 6), (8, middle))
    sign.fill((18, middle), (82, middle), (82, bottom), (18, bottom))


def _person(sign: Sign, x: float, y: float, size: float, *, hollow: bool = False) -> None:
    """Standing, `size` high, its head's middle at (x, y)."""
    sign.dot(x, y, size * 0.14, hollow=hollow)
    sign.stroke((x, y + size * 0.28), (x, y + size * 0.55), width=size * 0.24, hollow=hollow)
    for side in (-1, 1):
        foot = (x + side * size * 0.1, y + size * 0.9)
        sign.stroke((x, y + size * 0.55), foot, width=size * 0.12, hollow=hollow)


def _crossed(sign: Sign) -> None:
    sign.stroke((12, 88), (88, 12), width=20, hollow=True)
    sign.stroke((12, 88), (88, 12), width=8)


def _drop(sign: Sign, x: float, y: float, size: float) -> None:
    """A drop whose tip is at (x, y)."""
    radius = size * 0.32
    sign.dot(x, y + size - radius, radius)
    side = radius * 0.94
    sign.fill((x, y), (x + side, y + size - radius * 1.35), (x - side, y + size - radius * 1.35))


def _earthquake(sign: Sign) -> None:
    _house(sign, 14, 74)
    sign.stroke((52, 38), (42, 50), (56, 58), (46, 74), width=6, hollow=True)
    sign.stroke(*[(6 + i * 11, 84 if i % 2 else 94) for i in range(9)], width=6)


def _tsunami(sign: Sign) -> None:
    curl = [
        (44 + 26 * math.cos(math.radians(a)), 40 + 26 * math.sin(math.radians(a)))
        for a in range(20, -200, -6)
    ]
    sign.stroke(*curl, (20, 62), (14, 78), width=12)
    sign.fill((8, 72), (24, 46), (32, 62), (52, 74), (92, 76), (92, 82), (8, 82))
    sign.wave(91)


def _cloud(sign: Sign) -> None:
    sign.dot(32, 36, 16)
    sign.dot(52, 28, 20)
    sign.dot(70, 38, 14)
    sign.fill((30, 34), (72, 34), (72, 52), (30, 52))


def _rain(sign: Sign) -> None:
    _cloud(sign)
    for x in (26, 42, 58, 74):
        sign.stroke((x, 60), (x - 7, 76), width=6)
    for x in (34, 50, 66):
        sign.stroke((x - 4, 78), (x - 10, 92), width=6)


def _river(sign: Sign) -> None:
    _house(sign, 10, 62)
    sign.fill((42, 44), (58, 44), (58, 62), (42, 62), hollow=True)
    for y in (62, 76, 90):
        sign.wave(y)


def _landslide(sign: Sign) -> None:
    sign.fill((4, 90), (4, 16), (20, 20), (72, 90))
    for x, y, radius in ((44, 34, 9), (62, 52, 10), (84, 80, 11), (58, 26, 5), (80, 46, 6)):
        sign.dot(x, y, radius)


def _typhoon(sign: Sign) -> None:
    sign.ring(50, 50, 22, 11)
    for turn in (0, math.pi):
        arm = []
        for step in range(26):
            angle, radius = turn + step * 0.075, 20 + step * 1.05
            arm.append((50 + radius * math.cos(angle), 50 + radius * math.sin(angle)))
        sign.stroke(*arm, width=9)


def _shelter_opened(sign: Sign) -> None:
    _house(sign)
    sign.fill((40, 60), (60, 60), (60, 88), (40, 88), hollow=True)
    _person(sign, 50, 56, 36)


def _shelter_closed(sign: Sign) -> None:
    _house(sign)
    _crossed(sign)


def _shelter_full(sign: Sign) -> None:
    _house(sign)
    for x in (30, 50, 70):
        _person(sign, x, 54, 34, hollow=True)


def _water_cut(sign: Sign) -> None:
    _tap(sign)
    _crossed(sign)


def _tap(sign: Sign) -> None:
    sign.fill((8, 30), (70, 30), (70, 48), (8, 48))
    sign.fill((58, 30), (76, 34), (84, 46), (84, 62), (66, 62), (66, 48))
    sign.stroke((38, 14), (38, 30), width=8)
    sign.stroke((24, 14), (52, 14), width=8)
    _drop(sign, 75, 68, 22)


def _power_cut(sign: Sign) -> None:
    sign.fill((58, 6), (22, 56), (46, 56), (38, 94), (78, 40), (54, 40))
    _crossed(sign)


def _boil_water(sign: Sign) -> None:
    sign.fill((14, 46), (78, 46), (72, 80), (20, 80))
    sign.stroke((78, 52), (96, 46), width=7)
    for x in (30, 46, 62):
        steam = [(x + 4 * math.sin(i / 2), 12 + i * 2.4) for i in range(12)]
        sign.stroke(*steam, width=5)
    sign.wave(92, height=3, width=6)


def _all_clear(sign: Sign) -> None:
    sign.ring(50, 50, 44, 8)
    sign.stroke((30, 52), (45, 67), (72, 36), width=10)


def _not_true(sign: Sign) -> None:
    sign.ring(50, 50, 44, 8)
    sign.stroke((33, 33), (67, 67), width=10)
    sign.stroke((67, 33), (33, 67), width=10)


def _not_known(sign: Sign) -> None:
    sign.ring(50, 50, 44, 8)
    hook = [
        (50 + 14 * math.cos(math.radians(a)), 38 + 14 * math.sin(math.radians(a)))
        for a in range(-180, 91, 6)
    ]
    sign.stroke(*hook, (50, 62), width=9)
    sign.dot(50, 77, 6)


def _notice(sign: Sign) -> None:
    sign.dot(50, 50, 44)
    sign.dot(50, 28, 6.5, hollow=True)
    sign.stroke((50, 46), (50, 74), width=11, hollow=True)


def _drill(sign: Sign) -> None:
    _person(sign, 62, 20, 60)
    sign.stroke((10, 40), (34, 40), width=8)
    sign.stroke((10, 60), (34, 60), width=8)
    sign.fill((30, 28), (48, 50), (30, 72))
    sign.stroke((8, 90), (92, 90), width=7)


def _emergency(sign: Sign) -> None:
    """A warning light that turns."""
    sign.fill((30, 72), (30, 48), (70, 48), (70, 72))
    sign.dot(50, 48, 20)
    sign.fill((18, 74), (82, 74), (82, 88), (18, 88))
    sign.stroke((50, 42), (50, 53), width=7, hollow=True)
    sign.dot(50, 63, 4, hollow=True)
    for degrees in (-72, -36, 0, 36, 72):
        x, y = math.sin(math.radians(degrees)), -math.cos(math.radians(degrees))
        sign.stroke((50 + 30 * x, 48 + 30 * y), (50 + 42 * x, 48 + 42 * y), width=7)


def _megaphone(sign: Sign) -> None:
    sign.fill((8, 38), (26, 38), (26, 62), (8, 62))
    sign.fill((26, 38), (68, 16), (68, 84), (26, 62))
    sign.stroke((20, 62), (27, 86), (36, 86), (31, 66), width=7)
    for radius in (14, 26):
        arc = [
            (70 + radius * math.cos(math.radians(a)), 50 + radius * math.sin(math.radians(a)))
            for a in range(-50, 51, 10)
        ]
        sign.stroke(*arc, width=6)


def _way_to_shelter(sign: Sign) -> None:
    """Somebody who runs to a house."""
    sign.fill((72, 20), (98, 44), (98, 48), (46, 48), (46, 44))
    sign.fill((54, 46), (92, 46), (92, 88), (54, 88))
    sign.fill((64, 60), (80, 60), (80, 88), (64, 88), hollow=True)
    sign.dot(30, 30, 8)
    sign.stroke((26, 44), (22, 62), width=11)
    sign.stroke((26, 44), (40, 54), width=6)
    sign.stroke((25, 44), (10, 50), (6, 60), width=6)
    sign.stroke((22, 62), (36, 72), (34, 88), width=7)
    sign.stroke((22, 62), (16, 76), (3, 82), width=7)


def _question(sign: Sign) -> None:
    """A question mark in what somebody says."""
    sign.fill((8, 24), (92, 24), (92, 60), (8, 60))
    sign.fill((22, 10), (78, 10), (78, 74), (22, 74))
    for x in (22, 78):
        for y in (24, 60):
            sign.dot(x, y, 14)
    sign.fill((22, 70), (46, 70), (20, 94))
    hook = [
        (50 + 12 * math.cos(math.radians(a)), 33 + 12 * math.sin(math.radians(a)))
        for a in range(-180, 91, 10)
    ]
    sign.stroke(*hook, (50, 52), width=7, hollow=True)
    sign.dot(50, 64, 5, hollow=True)


def _talk(sign: Sign) -> None:
    """Two people, one of them speaking."""
    for x, ink in ((26, False), (74, False)):
        sign.dot(x, 52, 12, hollow=ink)
        sign.dot(x, 88, 20, hollow=ink)
        sign.fill((x - 20, 86), (x + 20, 86), (x + 20, 98), (x - 20, 98))
    sign.fill((28, 6), (72, 6), (72, 30), (28, 30))
    for x in (28, 72):
        sign.dot(x, 18, 12)
    sign.fill((34, 28), (52, 28), (36, 42))
    for x in (36, 50, 64):
        sign.dot(x, 18, 4, hollow=True)


def _gear(sign: Sign) -> None:
    for step in range(8):
        x, y = math.sin(step * math.pi / 4), -math.cos(step * math.pi / 4)
        sign.stroke((50 + 26 * x, 50 + 26 * y), (50 + 38 * x, 50 + 38 * y), width=15)
    sign.ring(50, 50, 32, 18)


_PICTOGRAMS: Mapping[str, Callable[[Sign], None]] = {
    "earthquake": _earthquake,
    "tsunami": _tsunami,
    "rain": _rain,
    "river": _river,
    "landslide": _landslide,
    "typhoon": _typhoon,
    "shelter-opened": _shelter_opened,
    "shelter-closed": _shelter_closed,
    "shelter-full": _shelter_full,
    "water-cut": _water_cut,
    "power-cut": _power_cut,
    "boil-water": _boil_water,
    "all-clear": _all_clear,
    "notice": _notice,
    "drill": _drill,
    "verdict-true": _all_clear,
    "verdict-false": _not_true,
    "verdict-unknown": _not_known,
    "emergency": _emergency,
    "now": _megaphone,
    "places": _way_to_shelter,
    "questions": _question,
    "person": _talk,
    "settings": _gear,
}
PICTOGRAMS = frozenset(_PICTOGRAMS)
