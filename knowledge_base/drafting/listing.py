"""Every guide in one list for curators: found with or without diacritics, filtered by origin, state and mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge_base.drafting.drafts import Drafts
from knowledge_base.drafting.health import Mark, MarkKind, marks_of
from knowledge_base.drafting.states import OPEN, Draft, State, standing
from knowledge_base.model import Origin, Published
from knowledge_base.snapshot import PRECEDENCE, Snapshot, fold
from knowledge_base.store import KnowledgeBase

__all__ = ["Filter", "Found", "Listing", "Row"]

# Words that a level is searched by.
_LEVELS = {"ministry": "cấp bộ trung ương", "province": "cấp tỉnh", "commune": "cấp xã", "other": "cơ quan khác"}


@dataclass(frozen=True)
class Filter:
    """What is looked for; empty parts don't narrow."""

    q: str = ""
    field: str = ""
    origin: str = ""
    state: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Row:
    """One guide: what is published of it (None: only a draft so far), its open draft, its marks."""

    code: str
    name: str
    published: Published | None
    draft: Draft | None
    scheduled: Draft | None
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Found:
    """One page of rows; `total` counts all pages, `marks`, `states` and `origins` all guides, whatever the filter."""

    rows: Sequence[Row]
    total: int
    more: bool
    marks: Mapping[str, int]
    states: Mapping[str, int]
    origins: Mapping[str, int]


class Listing:
    """The list. What follows from the published texts is worked out once for each revision."""

    def __init__(self, kb: KnowledgeBase, drafts: Drafts, failing: Callable[[], Mapping[str, int]] = dict) -> None:
        """`failing` tells how many golden questions each code fails; what isn't known is absent."""
        self._kb, self._drafts, self._failing = kb, drafts, failing
        self._known: tuple[Snapshot, dict[str, Row], dict[str, str]] | None = None

    def find(self, wanted: Filter, page: int = 1, size: int = 50) -> Found:
        """A page of guides: names that hold what was typed first; else drafts, curated ones, others, by code."""
        rows, texts = self._rows()
        words = fold(wanted.q).split()
        field = fold(wanted.field)
        hits = [
            row for row in rows
            if all(word in texts[row.code] for word in words) and _fits(row, wanted, field)
        ]
        if not words:  # what is being worked on, then what is curated
            hits.sort(key=lambda row: (row.draft is None and row.scheduled is None, _rank(row)))
        else:
            typed = " ".join(words)
            hits.sort(key=lambda row: (typed not in fold(row.name), row.published is None, len(row.name)))
        start = (page - 1) * size
        counts = Counter(str(mark.kind) for row in rows for mark in {mark.kind: mark for mark in row.marks}.values())
        states = Counter(str(draft.state) for row in rows for draft in (row.draft, row.scheduled) if draft)
        origins = Counter(str(row.published.origin) for row in rows if row.published)
        return Found(hits[start : start + size], len(hits), len(hits) > start + size, counts, states, origins)

    def row(self, code: str) -> Row | None:
        """One guide with its draft and marks."""
        return next((row for row in self._rows()[0] if row.code == code), None)

    def codes(self, wanted: Filter) -> list[str]:
        """Codes of every published guide that fits, for the export."""
        return [row.code for row in self.find(wanted, size=1_000_000).rows if row.published]

    def _rows(self) -> tuple[list[Row], dict[str, str]]:
        known, texts = self._published()
        failing = self._failing()
        drafts = self._drafts.all_open()[::-1]  # of several that wait, the earliest is shown
        open_ = {draft.code: draft for draft in drafts if draft.state in OPEN}
        waiting = {draft.code: draft for draft in drafts if draft.state is State.SCHEDULED}
        new = {code: draft for code, draft in (waiting | open_).items() if code not in known}
        rows = {**known, **{code: Row(code, draft.name, None, None, None, ()) for code, draft in new.items()}}
        texts = {**texts, **{code: fold(f"{code} {draft.name}") for code, draft in new.items()}}
        for code in {*open_, *waiting, *failing} & {*rows}:
            marks = list(rows[code].marks)
            if failing.get(code):
                marks.append(Mark(MarkKind.FAILING, count=failing[code]))
            rows[code] = replace(rows[code], draft=open_.get(code), scheduled=waiting.get(code), marks=marks)
        return [rows[code] for code in sorted(rows)], texts

    def _published(self) -> tuple[dict[str, Row], dict[str, str]]:
        snapshot = self._kb.snapshot()
        if self._known is None or self._known[0] is not snapshot:
            marks = marks_of(snapshot)
            items = [item for code in {code for code, _ in snapshot.published} if (item := standing(snapshot, code))]
            rows = {
                item.code: Row(item.code, item.guide.name, item, None, None, marks.get(item.code, ()))
                for item in items
            }
            self._known = (snapshot, rows, {item.code: _text(item) for item in items})
        return self._known[1], self._known[2]


def _text(item: Published) -> str:
    guide = item.guide
    levels = [_LEVELS[level] for level in guide.levels]
    return fold(" | ".join((guide.code, guide.name, *guide.short_names, guide.field, guide.agency or "", *levels)))


def _rank(row: Row) -> int:
    return PRECEDENCE.index(row.published.origin) if row.published else -1


def _fits(row: Row, wanted: Filter, field: str) -> bool:
    if field and (row.published is None or fold(row.published.guide.field) != field):
        return False
    if wanted.origin and (row.published is None or row.published.origin != Origin(wanted.origin)):
        return False
    if wanted.state and all(draft is None or draft.state != wanted.state for draft in (row.draft, row.scheduled)):
        return False
    return not wanted.mark or any(mark.kind == wanted.mark for mark in row.marks)
