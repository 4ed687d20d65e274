"""Words on a picture: broken into lines as each language allows, and drawn run by run.

Thai, Lao, Khmer and Burmese are written without spaces between words: ICU's dictionaries say where
a line may end.
"""

from dataclasses import dataclass, field

import regex
from icu4py.breakers import LineBreaker
from PIL import ImageDraw, ImageFont

from bot.languages import language
from bot.pictures.fonts import Face, faces, font

TALL = {"Mymr", "Khmr", "Thai", "Laoo", "Deva", "Beng", "Sinh", "Arab"}
"""Scripts with marks above and below: their lines stand further apart."""
_LEADING, _TALL_LEADING = 1.45, 1.75
_ARABIC = regex.compile(r"\p{Script=Arab}")
_FOREIGN = r"[[\p{L}\p{N}]--\p{Script=Arab}]"
_LEFT_TO_RIGHT = regex.compile(
    rf"{_FOREIGN}(?:[^\p{{Script=Arab}}()\[\]]*{_FOREIGN})?[/%]?", regex.V1
)
"""Words and numbers of another script inside one that is written from the right."""


@dataclass
class Pen:
    """Writes in one language and size, in pixels. For one picture, so for one thread."""

    tag: str
    size: int
    bold: bool = False
    _fonts: dict[Face, ImageFont.FreeTypeFont] = field(default_factory=dict)

    @property
    def leading(self) -> int:
        """From one line to the next."""
        tall = language(self.tag).script in TALL
        return round(self.size * (_TALL_LEADING if tall else _LEADING))

    @property
    def from_right(self) -> bool:
        return language(self.tag).direction == "rtl"

    def lines(self, text: str, width: int) -> list[str]:
        """The text in lines that are at most `width` wide."""
        return [line for part in text.split("\n") for line in self._wrapped(part, width)]

    def _wrapped(self, text: str, width: int) -> list[str]:
        done, line = [], ""
        for piece in self._pieces(text, width):
            if line and self.width((line + piece).rstrip()) > width:
                done.append(line.rstrip())
                line = ""
            line += piece
        return [*done, line.rstrip()]

    def _pieces(self, text: str, width: int) -> list[str]:
        """What may not be divided; an address wider than a line is, anywhere."""
        pieces: list[str] = []
        for piece in LineBreaker(text, self.tag.split("-x-")[0]):
            wide = self.width(piece.rstrip()) > width
            pieces += regex.findall(r"\X", piece) if wide else [piece]
        return pieces

    def width(self, text: str) -> float:
        return sum(self._font(face).getlength(run) for run, face in faces(self.tag, text))

    def write(
        self, draw: ImageDraw.ImageDraw, text: str, left: int, right: int, top: int, color: str
    ) -> int:
        """Write between two edges, from the one where the language begins; the next line's top."""
        for line in self.lines(text, right - left):
            start = right - self.width(line) if self.from_right else left
            baseline = top + (self.leading + self.size) / 2 - self.size * 0.12
            self.put(draw, line, (start, baseline), color)
            top += self.leading
        return top

    def put(
        self, draw: ImageDraw.ImageDraw, line: str, at: tuple[float, float], color: str
    ) -> None:
        """Write one line from a point on its baseline."""
        start, baseline = at
        for run, face, direction in self._visual(line):
            made = self._font(face)
            draw.text((start, baseline), run, color, made, anchor="ls", direction=direction)
            start += made.getlength(run)

    def _visual(self, line: str) -> list[tuple[str, Face, str]]:
        """Runs from left to right as they are seen, each with its direction."""
        if not self.from_right or not _ARABIC.search(line):
            return [(run, face, "ltr") for run, face in faces(self.tag, line)]
        seen: list[tuple[str, Face, str]] = []
        at = 0
        for found in [*_LEFT_TO_RIGHT.finditer(line), None]:
            end = found.start() if found else len(line)
            seen[:0] = [(*run, "rtl") for run in reversed(faces(self.tag, line[at:end]))]
            if found:
                seen[:0] = [(*run, "ltr") for run in faces(self.tag, found.group())]
                at = found.end()
        return seen

    def _font(self, face: Face) -> ImageFont.FreeTypeFont:
        if face not in self._fonts:
            self._fonts[face] = font(face, self.size, bold=self.bold)
        return self._fonts[face]
