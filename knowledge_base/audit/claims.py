"""What a curated guide claims, value by value, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from knowledge_base.audit.facts import Fact, amount_fact, facts_in
from knowledge_base.audit.legal import normal_number
from knowledge_base.model import Document, Guide

__all__ = ["Claim", "claims_of"]

Path_ = tuple[str | int, ...]
How = Literal["fact", "stated", "free", "document", "copies"]


@dataclass(frozen=True)
class Claim:
    """`value` as a person writes it; `how` says what must bear it out.

    `fact`: anywhere in the record; `stated`: in its methods; `free`: words that it costs nothing;
    `document`: a row or passage that names the paper; `copies`: the counts of that row.
    """

    path: Path_
    value: str
    how: How
    fact: Fact | None = None
    document: Document | None = None


def claims_of(guide: Guide) -> Iterator[Claim]:
    """Every number, unit, legal number, form and paper that a citizen may read in `guide`."""
    yield from _amounts(guide)
    yield from _papers(guide)
    yield from _provenance(guide)
    for path, text in _texts(guide):
        for fact in dict.fromkeys(fact for fact, _ in facts_in(text)):
            yield Claim(path, fact.shown, "fact", fact)


def _amounts(guide: Guide) -> Iterator[Claim]:
    for index, fee in enumerate(guide.fee):
        if fee.amount is not None:
            fact = amount_fact("vnd", fee.amount)
            yield Claim(("fee", index, "amount"), fact.shown, "stated" if fee.amount else "free", fact)
    for index, time in enumerate(guide.time):
        if time.amount is not None and time.unit is not None:
            fact = amount_fact(time.unit, time.amount)
            yield Claim(("time", index, "amount"), fact.shown, "stated", fact)


def _papers(guide: Guide) -> Iterator[Claim]:
    for index, document in enumerate(guide.documents):
        yield Claim(("documents", index, "name"), document.name, "document", document=document)
        fact = amount_fact("count_bản", document.copies)
        yield Claim(("documents", index, "copies"), fact.shown, "copies", fact, document)


def _provenance(guide: Guide) -> Iterator[Claim]:
    if guide.decision_no:
        fact = Fact("law", normal_number(guide.decision_no))
        yield Claim(("decision_no",), fact.shown, "fact", fact)
    for index, basis in enumerate(guide.legal_basis):
        fact = Fact("law", normal_number(basis.number))
        yield Claim(("legal_basis", index, "number"), fact.shown, "fact", fact)
        if basis.issued:
            fact = Fact("date", basis.issued.isoformat())
            yield Claim(("legal_basis", index, "issued"), fact.shown, "fact", fact)


_ONE = ("name", "agency", "summary")
_LISTS = ("short_names", "places", "steps", "conditions", "result")
_PARTS = {
    "cases": ("label", "when"), "documents": ("name", "note"), "fee": ("note", "legal", "verbatim"),
    "time": ("note", "verbatim"), "legal_basis": ("title",), "related": ("why",),
}


def _texts(guide: Guide) -> Iterator[tuple[Path_, str]]:
    for name in _ONE:
        if text := getattr(guide, name):
            yield (name,), text
    for name in _LISTS:
        yield from (((name, index), text) for index, text in enumerate(getattr(guide, name)))
    for name, parts in _PARTS.items():
        for index, item in enumerate(getattr(guide, name)):
            yield from (((name, index, part), text) for part in parts if (text := getattr(item, part)))
