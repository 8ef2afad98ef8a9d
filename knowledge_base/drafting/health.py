"""Health marks of guides: what a curator should look at, each with its reason.

`failing golden questions` comes from the publish gate, which knows them; everything else follows from the published
texts alone. Whether a link still opens isn't known without a network, so no mark claims it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from knowledge_base.drafting.states import standing
from knowledge_base.model import Guide, Origin, Published
from knowledge_base.rules import plain_key
from knowledge_base.snapshot import Snapshot, fold
from knowledge_base.twins import Group, Kind, Twins, twins

__all__ = ["EXPIRING", "Mark", "MarkKind", "UNCHECKED", "marks_of"]

EXPIRING = timedelta(days=30)
# Six months, by the longest: a check of 1 January is old on 3 July.
UNCHECKED = timedelta(days=183)


class MarkKind(StrEnum):
    EXPIRED = "expired"
    EXPIRING = "expiring"
    UNCHECKED = "unchecked"
    UNPHRASED = "unphrased"
    FAILING = "failing"
    DUPLICATE = "duplicate"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True)
class Mark:
    """One thing to look at. `day` is the date it is about, `codes` are the other guides concerned, `parts` the fields
    (`fee`, `time`), `count` a number of questions."""

    kind: MarkKind
    day: date | None = None
    codes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    count: int = 0


def marks_of(snapshot: Snapshot, groups: Twins | None = None) -> dict[str, list[Mark]]:
    """Marks by code; codes without one are absent."""
    families = twins() if groups is None else groups
    every = {code: item for code in {code for code, _ in snapshot.published} if (item := standing(snapshot, code))}
    found: dict[str, list[Mark]] = defaultdict(list)
    for code, item in every.items():
        found[code].extend(_alone(item, snapshot.day))
    for code, others in _duplicates(every.values(), families).items():
        found[code].append(Mark(MarkKind.DUPLICATE, codes=others))
    for group in families.groups:
        for code, mark in _contradictions(group, every):
            found[code].append(mark)
    return {code: marks for code, marks in found.items() if marks}


def _alone(item: Published, day: date) -> Iterable[Mark]:
    guide = item.guide
    if guide.effective_to and guide.effective_to < day:
        yield Mark(MarkKind.EXPIRED, guide.effective_to)
    elif guide.effective_to and guide.effective_to <= day + EXPIRING:
        yield Mark(MarkKind.EXPIRING, guide.effective_to)
    # What nobody has curated yet has never been checked; its origin says so.
    if item.origin is Origin.CURATED and (guide.checked_on is None or guide.checked_on < day - UNCHECKED):
        yield Mark(MarkKind.UNCHECKED, guide.checked_on)
    if not guide.questions:
        yield Mark(MarkKind.UNPHRASED)


def _duplicates(items: Iterable[Published], families: Twins) -> dict[str, tuple[str, ...]]:
    """Guides with the same name, or with a question in common. Records known as twins are told apart already."""
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        owners["name", fold(item.guide.name)].add(item.code)
        for question in item.guide.questions:
            owners["question", plain_key(question)].add(item.code)
    found: dict[str, set[str]] = defaultdict(set)
    for codes in owners.values():
        if len(codes) > 1:
            for code in codes:
                family = families.group_of(code)
                known = set(family.codes) if family else set()
                found[code] |= codes - known - {code}
    return {code: tuple(sorted(others)) for code, others in found.items() if others}


def _contradictions(group: Group, every: Mapping[str, Published]) -> Iterable[tuple[str, Mark]]:
    """One matter kept at several levels whose guides settle different fees or times."""
    if group.kind is not Kind.LEVEL:
        return
    members = [every[code].guide for code in group.codes if code in every]
    parts = {guide.code: _settled(guide) for guide in members}
    for guide in members:
        against: dict[str, list[str]] = defaultdict(list)
        for other in members:
            for part in ("fee", "time"):
                mine, theirs = parts[guide.code][part], parts[other.code][part]
                if mine and theirs and mine != theirs:
                    against[part].append(other.code)
        if against:
            codes: Sequence[str] = sorted({code for others in against.values() for code in others})
            yield guide.code, Mark(MarkKind.CONTRADICTION, codes=tuple(codes), parts=tuple(against))


def _settled(guide: Guide) -> dict[str, frozenset[object]]:
    """Settled amounts whatever their case; a guide that settles none contradicts nobody."""
    return {
        "fee": frozenset(fee.amount for fee in guide.fee if fee.amount is not None),
        "time": frozenset((time.amount, time.unit) for time in guide.time if time.amount is not None),
    }
