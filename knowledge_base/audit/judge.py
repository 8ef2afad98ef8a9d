"""Judges one claim of a guide against the record's evidence, and says what the record has nearest."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from knowledge_base.audit.claims import Claim
from knowledge_base.audit.evidence import Evidence, Passage
from knowledge_base.audit.facts import Fact
from knowledge_base.audit.syllables import content, coverage, hashed
from knowledge_base.model import Document

__all__ = ["NAMED", "borne_out", "nearest"]

# A paper is found when one row or passage holds this share of its name's content syllables. On the guides of the day
# 97 of 100 names reach it in their own record; of papers taken from another field's guide, 5 (mostly ones that
# both records do ask for).
NAMED = 0.8
_NUMBERED = {"weekday", "calendar_month", "calendar_year"}
_DURATIONS = frozenset({"day", "working_day", "hour"})
_SORTS = {"vnd": frozenset({"vnd"}), **dict.fromkeys(_DURATIONS, _DURATIONS)}
_SHOWN = 3
_RELATED = 0.3
_LONGEST = 140


def borne_out(claim: Claim, evidence: Evidence) -> bool:
    """Whether the record says what the guide claims."""
    if claim.how == "free":
        return evidence.free
    if claim.document is not None:
        return _named(claim.document, evidence) if claim.how == "document" else _counted(claim.document, evidence)
    fact = claim.fact
    if fact is None:
        return False
    # A record whose methods name no amount of this sort says it in its text.
    methods_say = any(other.kind in _SORTS.get(fact.kind, ()) for other in evidence.stated)
    return _stated(fact, evidence.stated if claim.how == "stated" and methods_say else evidence.known)


def _stated(fact: Fact, facts: frozenset[Fact]) -> bool:
    """The same amount with the same unit. A number without a unit may stand beside any."""
    if fact in facts:
        return True
    if fact.kind == "vnd":  # "50.000 - 80.000 đồng" says the unit once
        return Fact("count", fact.value) in facts
    if fact.kind == "count":
        return any(fact.value == other.value for other in facts if other.number is not None or other.kind in _NUMBERED)
    return False


def _named(document: Document, evidence: Evidence) -> bool:
    """One row or passage holds the name; or, where it lists several papers, each of them has one that does."""
    whole = _own(document.name)
    parts = re.split(r"[,;]|\bhoặc\b", whole)
    listed = [part for part in parts if len(content(part)) > 1]
    return _held(whole, evidence) or (len(listed) > 1 and all(_held(part, evidence) for part in listed))


def _held(name: str, evidence: Evidence) -> bool:
    return any(share >= NAMED for share, _ in _ranked(name, evidence.passages))


def _own(name: str) -> str:
    """A paper's name without the guide's own "(nếu …)"."""
    return re.sub(r"\(nếu[^)]*\)|,\s*nếu\b.*", " ", name)


def _counted(document: Document, evidence: Evidence) -> bool:
    """The number of copies is one that a row with this paper counts, or that the record says in words.

    Rows that count nothing ask for one; 0 in a guide means that the paper is only told of or shown.
    """
    rows = [passage for passage in evidence.passages if passage.is_row]
    named = [row for share, row in _ranked(_own(document.name), rows) if share >= NAMED]
    counts = {count for row in named for count in (row.originals, row.copies) if count} or {1}
    said = {fact.value for fact in evidence.facts if fact.kind in {"count_bản", "count_bộ", "count_ảnh"}}
    if document.copies > 1:
        return document.copies in counts or str(document.copies) in said
    return 1 in counts


def _ranked(name: str, passages: Iterable[Passage]) -> list[tuple[float, Passage]]:
    """Passages by how much of a paper's name they hold, short ones first."""
    syllables = [hashed(syllable) for syllable in content(name)]
    ranked = ((coverage(syllables, passage.syllables), passage) for passage in passages)
    return sorted(ranked, key=lambda pair: (-pair[0], len(pair[1].packed)))


def nearest(claim: Claim, evidence: Evidence) -> str:
    """What the record has that comes closest, for the person who judges; empty when it has nothing of the kind."""
    if claim.how == "free":
        return ""
    if claim.document is not None:
        return _nearest_paper(claim.document, evidence, rows_only=claim.how == "copies")
    if claim.fact is None:
        return ""
    if claim.how == "stated" and claim.fact in evidence.known:
        same = [fact for fact in evidence.stated if fact.kind == claim.fact.kind]
        listed = ", ".join(fact.shown for fact in sorted(same, key=lambda fact: fact.number or 0)[:_SHOWN])
        return f"{listed or 'không có'} trong cách thức thực hiện; {claim.value} chỉ có ở phần khác"
    return ", ".join(fact.shown for fact in _nearest_facts(claim.fact, evidence))


def _nearest_facts(fact: Fact, evidence: Evidence) -> list[Fact]:
    same = [other for other in evidence.facts | evidence.stated if other.kind == fact.kind]
    if (number := fact.number) is None:
        close = difflib.get_close_matches(fact.value, [other.value for other in same], _SHOWN, 0.5)
        return [Fact(fact.kind, value) for value in close]
    if not same:
        same = [other for other in evidence.known if other.value == fact.value and other.number is not None]
    return sorted(same, key=lambda other: (abs((other.number or 0) - number), other.kind))[:_SHOWN]


def _nearest_paper(document: Document, evidence: Evidence, *, rows_only: bool) -> str:
    passages = [passage for passage in evidence.passages if passage.is_row or not rows_only]
    ranked = _ranked(_own(document.name), passages)
    share, passage = ranked[0] if ranked else (0.0, Passage(""))
    if share < _RELATED:
        return ""
    missing = [word for spelt, word in content(document.name).items() if hashed(spelt) not in passage.syllables]
    said = f"“{passage.text[:_LONGEST]}”" if passage.text else "một dòng giấy tờ" if passage.is_row else "một câu"
    counts = f" ({passage.originals} bản chính, {passage.copies} bản sao)" if passage.is_row else ""
    lack = f", thiếu: {' '.join(missing)}" if missing else ""
    return f"{said}{counts}, trùng {share:.0%}{lack}"
