"""A PDF sheet (fpdf2) with headings, facts and a QR code, set in Be Vietnam Pro."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import segno
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from common.fonts import FONTS

__all__ = ["Sheet"]

_FAMILY = "Be Vietnam Pro"
_WEIGHTS = {"": 400, "B": 600}
_SUBSETS = ("latin", "vietnamese")
_MARGIN_MM = 14.0


class Sheet:
    """Lines from top to bottom; `done()` gives the PDF. Lengths are in millimetres, sizes in points."""

    def __init__(self, title: str, *, size: Literal["A4", "A5"] = "A4", author: str = "iSee") -> None:
        self._pdf = pdf = FPDF(format=(210.0, 297.0) if size == "A4" else (148.0, 210.0))
        for style, path in _faces().items():
            pdf.add_font(_FAMILY, style, path)
        pdf.set_margin(_MARGIN_MM)
        pdf.set_auto_page_break(True, _MARGIN_MM)
        pdf.set_title(title)
        pdf.set_author(author)
        pdf.set_lang("vi-VN")
        pdf.add_page()
        self.line(title, points=17, bold=True)
        self.gap(2)

    def line(self, text: str, *, points: float = 11, bold: bool = False, grey: bool = False) -> None:
        """A paragraph over the whole width."""
        self._pdf.set_font(_FAMILY, "B" if bold else "", points)
        self._pdf.set_text_color(90 if grey else 0)
        self._pdf.multi_cell(0, points * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._pdf.set_text_color(0)

    def heading(self, text: str) -> None:
        self.gap(3)
        self.line(text, points=12.5, bold=True)
        self.gap(1)

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Label and value, two columns; a value may run over several lines."""
        self._pdf.set_font(_FAMILY, "", 10.5)
        label_style = FontFace(color=90)
        with self._pdf.table(
            borders_layout="NONE", col_widths=(36, 64), first_row_as_headings=False, line_height=5.4, align="L",
            text_align="L", padding=(0.4, 0),
        ) as table:
            for label, value in rows:
                row = table.row()
                row.cell(label, style=label_style)
                row.cell(value)

    def gap(self, height: float) -> None:
        self._pdf.ln(height)

    def qr(self, address: str, *, width: float = 30, caption: str = "") -> None:
        """The QR code of `address`, drawn as vectors (scannable at any print size), with a caption on its right."""
        pdf = self._pdf
        matrix = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
        step = width / len(matrix)
        if pdf.will_page_break(width):
            pdf.add_page()
        left, top = pdf.l_margin, pdf.get_y()
        pdf.set_fill_color(0)
        for down, row in enumerate(matrix):
            for across, dark in enumerate(row):
                if dark:
                    pdf.rect(left + across * step, top + down * step, step, step, style="F")
        pdf.set_xy(left + width + 5, top)
        pdf.set_font(_FAMILY, "", 9.5)
        pdf.multi_cell(pdf.epw - width - 5, 4.8, caption, align="L")
        pdf.set_xy(pdf.l_margin, max(top + width, pdf.get_y()) + 2)

    def done(self) -> bytes:
        """The PDF."""
        return bytes(self._pdf.output())


@cache
def _faces() -> dict[str, Path]:
    """TrueType files by fpdf2's style letter. The shipped fonts are web subsets; a PDF needs them in one piece."""
    folder = Path(tempfile.mkdtemp(prefix="isee-fonts-"))
    faces = {}
    for style, weight in _WEIGHTS.items():
        parts = []
        for subset in _SUBSETS:
            font = TTFont(FONTS / f"be-vietnam-pro-{subset}-{weight}.woff2")
            font.flavor = None
            part = folder / f"{subset}-{weight}.ttf"
            font.save(part)
            parts.append(str(part))
        faces[style] = folder / f"be-vietnam-pro-{weight}.ttf"
        Merger().merge(parts).save(faces[style])
    return faces
