"""A drill's report as a paper: A4 across, with the mark of a drill on every page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TableCellFillMode
from fpdf.fonts import FontFace

FONTS = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
)
"""Where the package fonts-noto-cjk puts the first face, Japanese, on the usual systems."""

MARGIN, FRAME = 12, 6
DRILL_DARK, DRILL_LIGHT = (0, 55, 65), (121, 226, 242)


class FontMissing(Exception):
    """The font for Japanese is not installed; the text says which package brings it."""


@dataclass(frozen=True)
class Paper:
    """What stands on the paper, in words. `lines` and `earlier` have one cell for each heading."""

    mark: str
    title: str
    city: str
    facts: Sequence[str]
    heading: Sequence[str]
    lines: Sequence[Sequence[str]]
    earlier_title: str
    earlier_heading: Sequence[str]
    earlier: Sequence[Sequence[str]]
    notes: Sequence[str]
    made: str


class _Sheet(FPDF):
    """A page with a dashed frame, the drill's mark above and the page's number below."""

    def __init__(self, paper: Paper, font: Path) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._paper = paper
        self.add_font("report", "", font, collection_font_number=0)
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + 6)
        self.set_title(f"{paper.mark} {paper.title}")
        self.set_lang("ja")

    def header(self) -> None:
        self.set_draw_color(*DRILL_DARK)
        self.set_line_width(0.8)
        self.set_dash_pattern(dash=4, gap=2)
        self.rect(FRAME, FRAME, self.w - 2 * FRAME, self.h - 2 * FRAME)
        self.set_dash_pattern()
        self.set_font("report", size=13)
        self.set_fill_color(*DRILL_LIGHT)
        self.set_text_color(*DRILL_DARK)
        words = f"【{self._paper.mark}】 {self._paper.title}"
        self.cell(0, 9, words, fill=True, new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(0)
        self.ln(2)

    def footer(self) -> None:
        self.set_y(-MARGIN - 4)
        self.set_font("report", size=9)
        paper = self._paper
        words = f"【{paper.mark}】 {paper.city}　{paper.made}　{self.page_no()}/{{nb}}"
        self.cell(0, 5, words, align="R")


def pdf(paper: Paper) -> bytes:
    """The paper as a PDF. Raises `FontMissing`."""
    font = next((path for path in FONTS if path.exists()), None)
    if font is None:
        raise FontMissing("fonts-noto-cjk")
    sheet = _Sheet(paper, font)
    sheet.add_page()
    sheet.set_font("report", size=10)
    sheet.multi_cell(0, 6, "　".join((paper.city, *paper.facts)), new_x="LMARGIN", new_y="NEXT")
    sheet.ln(2)
    _table(sheet, paper.heading, paper.lines)
    sheet.ln(2)
    sheet.set_font("report", size=9)
    for note in paper.notes:
        sheet.multi_cell(0, 5, note, new_x="LMARGIN", new_y="NEXT")
    if paper.earlier_title:
        sheet.ln(4)
        sheet.set_font("report", size=11)
        sheet.cell(0, 8, paper.earlier_title, new_x="LMARGIN", new_y="NEXT")
        _table(sheet, paper.earlier_heading, paper.earlier)
    return bytes(sheet.output())


def _table(sheet: FPDF, heading: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """A table whose heading is repeated on every page; the first column is the widest."""
    sheet.set_font("report", size=9)
    sheet.set_draw_color(77, 77, 77)
    sheet.set_line_width(0.2)
    widths = (30, *(30 if len(name) > 8 else 14 for name in heading[1:]))
    face = FontFace(emphasis="", fill_color=(242, 242, 242))
    with sheet.table(
        col_widths=widths,
        headings_style=face,
        line_height=5.5,
        padding=0.8,
        text_align=("LEFT", *("RIGHT" for _name in heading[1:])),
        cell_fill_color=(250, 250, 250),
        cell_fill_mode=TableCellFillMode.EVEN_ROWS,
    ) as table:
        for cells in (heading, *lines):
            row = table.row()
            for cell in cells:
                row.cell(cell)
