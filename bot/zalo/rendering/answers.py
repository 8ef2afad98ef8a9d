"""A procedure answer for a phone: a short first message, and the rest for whoever asks for more.

Nothing is reworded: both are pieces of the stored text, which holds the guide's own values (DESIGN 4.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from actions.messages import Messages, day

__all__ = ["aired", "provenance", "short"]

# Up to here an answer is sent whole; a longer one begins with at most so much. Bubbles fold beyond a screenful.
_WHOLE, _FIRST = 600, 450
# A rest shorter than this isn't worth a tap.
_LEAST_REST = 150
_NUMBERED = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_MOST_SOURCES = 3
# An entry of a list that is longer than this takes several lines of a phone.
_LONG_ENTRY = 60


def short(text: str, answer: Mapping[str, Any], texts: Messages) -> tuple[str, str]:
    """What is said at once, and what comes after "Xem thêm" ("": nothing)."""
    aspect = answer.get("aspect")
    if answer.get("checklist"):
        return f"{_ticked(text, answer)}\n\n{texts.render('checklist.hint')}", ""
    text = _listed(text, whole=aspect == "documents") if aspect in ("overview", "documents") else text
    if len(text) <= _WHOLE:
        return text, ""
    now, rest = _facts_first(text) if aspect == "overview" else _lines_first(text)
    return (now, rest) if len(rest) >= _LEAST_REST else (text, "")


def provenance(answer: Mapping[str, Any], texts: Messages, base_url: str = "") -> str:
    """Where the answer comes from: version, decision, day of the last check, sources."""
    checked = answer.get("checked_on")
    sources = [source for source in answer.get("sources") or () if source.get("url")][:_MOST_SOURCES]
    return texts.render(
        "provenance", version=answer.get("guide_version"), decision=answer.get("decision_no") or "",
        checked=day(str(checked)) if checked else "", sources=[
            {"title": one.get("title") or "", "url": f"{base_url}{one['url']}" if one["url"].startswith("/")
             else one["url"]} for one in sources])


def aired(text: str) -> str:
    """A blank line around the entries of a numbered list whose entries are long: else a phone shows one grey block."""
    if all(len(entry[2]) <= _LONG_ENTRY for entry in _NUMBERED.finditer(text)):
        return text
    before, *lines = text.split("\n")
    said = [before]
    for line in lines:
        if before and line and (_NUMBERED.match(before) or _NUMBERED.match(line)):
            said.append("")
        said.append(line)
        before = line
    return "\n".join(said)


def _facts_first(text: str) -> tuple[str, str]:
    """What it is, then fee, time and place: the first two paragraphs of an overview."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(paragraphs[:2]), "\n\n".join(paragraphs[2:])


def _lines_first(text: str) -> tuple[str, str]:
    lines = text.split("\n")
    kept = 1
    while kept < len(lines) and len("\n".join(lines[: kept + 1])) <= _FIRST:
        kept += 1
    return "\n".join(lines[:kept]).strip(), "\n".join(lines[kept:]).strip()


def _listed(text: str, *, whole: bool) -> str:
    """Papers as a numbered list, so that they can be named; in an overview (`whole` False) the first list only."""
    lines, number, over = text.split("\n"), 0, False
    for place, line in enumerate(lines):
        if line.startswith("• ") and not over:
            number += 1
            lines[place] = f"{number}. {line[2:]}"
        else:
            over = over or (number > 0 and not whole)
    return "\n".join(lines)


def _ticked(text: str, answer: Mapping[str, Any]) -> str:
    """The personal list with the papers marked that the citizen has already."""
    papers = (answer.get("fields") or {}).get("documents") or []
    have = {place for place, paper in enumerate(papers, 1) if paper.get("ticked")}
    return _NUMBERED.sub(lambda line: f"{line[0]} (đã có)" if int(line[1]) in have else line[0], text)
