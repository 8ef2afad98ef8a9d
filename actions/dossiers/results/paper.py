"""The paper itself: composed from what the officer states, or the given document with a verification page behind it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from pypdf import PdfReader, PdfWriter

from actions.dossiers.eforms.values import Texts
from actions.printing import Sheet
from common.errors import InvalidInput

if TYPE_CHECKING:
    from actions.dossiers.results.issuing import Paper

__all__ = ["compose"]


def compose(paper: Paper, facts: dict[str, str], address: str, texts: Texts, *, test: bool) -> bytes:
    """The unsigned PDF. `facts`: code, procedure and holder of the dossier; `address` is what the QR code opens.

    Raises InvalidInput when the given document can't be read.
    """
    page = _page(paper, facts, address, texts, test=test)
    if paper.pdf is None:
        return page
    writer = PdfWriter()
    try:
        writer.append(PdfReader(BytesIO(paper.pdf)))
    except Exception as error:  # pypdf fails in many ways on damaged files; each means the same to the officer
        raise InvalidInput(texts.render("result.not_pdf"), field="pdf") from error
    writer.append(PdfReader(BytesIO(page)))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _page(paper: Paper, facts: dict[str, str], address: str, texts: Texts, *, test: bool) -> bytes:
    def say(key: str, **values: object) -> str:
        return texts.render(f"result.paper.{key}", **values)

    sheet = Sheet(say("title" if paper.pdf is None else "attached"))
    if test:
        sheet.line(say("test"), bold=True)
        sheet.gap(2)
    rows = [
        (say("number"), paper.number), (say("agency"), paper.agency), (say("procedure"), facts["procedure"]),
        (say("dossier"), facts["code"]), (say("holder"), facts["holder"]),
        (say("issued_on"), f"{paper.issued_on:%d/%m/%Y}"), (say("signed_by"), paper.signed_by),
    ]
    if paper.expires_on:
        rows.append((say("expires_on"), f"{paper.expires_on:%d/%m/%Y}"))
    sheet.facts(rows)
    sheet.heading(say("abstract"))
    sheet.line(paper.abstract)
    sheet.gap(6)
    sheet.qr(address, caption=say("verify", address=address))
    return sheet.done()
