"""A copy of one's data to take away: JSON for machines, a PDF and a page for people, in one ZIP archive."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.messages import Messages
from actions.printing import Sheet
from actions.rights.collecting import moment
from actions.rights.holding import Held, Section

__all__ = ["archive", "page", "sheet"]

_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)


def archive(held: Held, texts: Messages) -> bytes:
    """`du-lieu.json`, `du-lieu.html` and `du-lieu.pdf` in a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        data = json.dumps(held.model_dump(mode="json"), ensure_ascii=False, indent=2)
        bundle.writestr("du-lieu.json", data)
        bundle.writestr("du-lieu.html", page(held, texts))
        bundle.writestr("du-lieu.pdf", sheet(held, texts))
    return out.getvalue()


def page(held: Held, texts: Messages) -> str:
    """One HTML file without anything from elsewhere."""
    template = _PAGES.get_template("export.html")
    return template.render(held=held, say=texts.render, made=moment(held.made_at))


def sheet(held: Held, texts: Messages) -> bytes:
    """The same on A4."""
    paper = Sheet(texts.render("export.title"))
    paper.line(texts.render("export.made", at=moment(held.made_at)), points=9.5, grey=True)
    for section in held.sections:
        _write(paper, section, texts)
    return paper.done()


def _write(paper: Sheet, section: Section, texts: Messages) -> None:
    paper.heading(section.title)
    grounds = [("purpose", section.purpose), ("basis", section.basis), ("until", section.until)]
    paper.facts([(texts.render(f"export.{key}"), value) for key, value in grounds])
    if not section.records:
        paper.line(texts.render("export.empty"), grey=True)
    for record in section.records:
        paper.gap(2)
        paper.line(record.title, bold=True)
        if record.lines:
            paper.facts([(line.label, line.value) for line in record.lines])
