"""Which texts of a guide are searchable. Pure: the same guide gives the same entries in the same order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from indexer.search.types import Entry, EntryKind
from knowledge_base.model import Guide
from knowledge_base.phrasing import ENGLISH_DIR, load_phrasings

__all__ = ["entries_of", "plain_name", "text_digest"]

# Official names open with "Thủ tục …" and close with codes or levels in brackets; citizens say neither.
_LEAD = re.compile(r"^\s*thủ tục[:\s]+", re.IGNORECASE)
_CODE = re.compile(r"\(?\b\d\.\d{6}\b\)?")
_LEVEL = re.compile(r"\((?:thực hiện tại )?cấp (?:trung ương|tỉnh|xã|huyện|bộ)\)", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


def plain_name(name: str) -> str:
    """The name as a person would say it: without "Thủ tục", code and level."""
    plain = name
    for pattern in (_LEAD, _CODE, _LEVEL):
        plain = pattern.sub(" ", plain)
    return _SPACES.sub(" ", plain).strip(" .,;:") or name


def entries_of(guide: Guide) -> list[Entry]:
    """The distinct entries of a guide, its plain name first."""
    seen: set[str] = set()
    entries = []
    for kind, text in _texts(guide):
        text = _SPACES.sub(" ", text).strip()
        if text and text.casefold() not in seen:
            seen.add(text.casefold())
            entries.append(Entry(guide.code, kind, text))
    return entries


def _texts(guide: Guide) -> Iterator[tuple[EntryKind, str]]:
    yield EntryKind.NAME, plain_name(guide.name)
    for name in guide.short_names:
        yield EntryKind.SHORT_NAME, name
    for question in guide.questions:
        yield EntryKind.QUESTION, question
    if guide.summary:
        yield EntryKind.SUMMARY, guide.summary
    if guide.name_en:
        yield EntryKind.ENGLISH, guide.name_en
        for phrasing in load_phrasings(ENGLISH_DIR).get(guide.code, ()):
            yield EntryKind.ENGLISH, phrasing


def text_digest(text: str) -> str:
    """Identifies a text among stored vectors (128 bits of SHA-256, hex)."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
