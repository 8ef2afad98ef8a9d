"""What changed between two texts of a guide: field by field, entry by entry, word by word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from typing import Any, get_args

from knowledge_base.model import Guide

__all__ = ["FIELDS", "Change", "Entry", "Kind", "Piece", "changed_fields", "changes", "merged", "said", "words"]

Say = Callable[[str, str, Any], str]
FIELDS: tuple[str, ...] = tuple(Guide.model_fields)
# Longer texts are compared line by line: comparing words takes time that grows with their square.
_MOST_WORDS = 3000
# Share of the shorter text that must be common for a comparison word by word.
_IN_COMMON = 0.4
# Share of words in common at which two names are one thing renamed.
_ALIKE = 0.5
_TOKEN = re.compile(r"\s+|[^\s]+")


class Kind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Piece:
    """A run of text that both sides have, or only one. Same and removed pieces make the old text, same and added
    ones the new."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Entry:
    """One value of a field. `part` names the sub-field (`note`), "" for a value that has none; `pieces` say what
    changed."""

    part: str
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Change:
    """A value, or an item of a list, that differs. `place` counts from 1 in the new list (in the old one for what is
    gone), 0 for a field that is no list; `moved` items say the same at another place."""

    field: str
    place: int
    kind: Kind
    entries: Sequence[Entry]
    moved: bool = False


def words(old: str, new: str) -> list[Piece]:
    """The pieces of two texts, white space included, so that nothing is lost."""
    if old == new:
        return [Piece(Kind.SAME, old)] if old else []
    before, after = _tokens(old), _tokens(new)
    if len(before) + len(after) > _MOST_WORDS:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    pieces: list[Piece] = []
    for op, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            pieces.append(Piece(Kind.SAME, "".join(before[i1:i2])))
        else:
            pieces.extend(_pair("".join(before[i1:i2]), "".join(after[j1:j2])))
    same = sum(len(piece.text.strip()) for piece in pieces if piece.kind is Kind.SAME)
    # Two texts with a few words in common read better whole, one after the other.
    return _pair(old, new) if same < _IN_COMMON * min(len(old), len(new)) else pieces


def _pair(old: str, new: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in ((Kind.REMOVED, old), (Kind.ADDED, new)) if text]


def changed_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Names of the fields that differ, in the model's order. Absent and empty are the same."""
    return [name for name in FIELDS if (old.get(name) or None) != (new.get(name) or None)]


def said(field: str, part: str, value: Any) -> str:
    """A stored value as text; "" for an absent one."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(said(field, part, item) for item in value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def changes(
    old: Mapping[str, Any], new: Mapping[str, Any], only: Sequence[str] | None = None, say: Say = said
) -> list[Change]:
    """Every difference between two stored guides, in the model's order. `only` names the fields looked at, `say` how a
    value of a field (and of a part of its items) reads."""
    found: list[Change] = []
    for name in changed_fields(old, new):
        if only is not None and name not in only:
            continue
        before, after = old.get(name), new.get(name)
        if isinstance(before, list) or isinstance(after, list):
            found.extend(_items(name, _list(before), _list(after), say))
        else:
            pieces = words(say(name, "", before), say(name, "", after))
            found.append(Change(name, 0, _kind(before, after), [Entry("", pieces)]))
    return found


def merged(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """`theirs` with the fields that `mine` changed from `base`: where both changed a field, mine stands."""
    result = dict(theirs)
    for name in changed_fields(base, mine):
        if mine.get(name) in (None, "", []):
            result.pop(name, None)
        else:
            result[name] = mine[name]
    return result


def _items(name: str, old: Sequence[Any], new: Sequence[Any], say: Say) -> Iterator[Change]:
    """Items are matched where they are equal, then, between those, where they name the same thing or stand in the
    same place."""
    before, after = [_frozen(item) for item in old], [_frozen(item) for item in new]
    found: list[Change] = []
    for op, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op != "equal":
            found.extend(_block(name, old[i1:i2], new[j1:j2], (i1, j1), say))
    yield from _without_moves(found, old, new)


def _block(
    name: str, old: Sequence[Any], new: Sequence[Any], starts: tuple[int, int], say: Say
) -> Iterator[Change]:
    i0, j0 = starts
    pairs = _pairs(old, new)
    partner = dict(pairs)
    for index, item in enumerate(old):
        if index not in partner:
            yield Change(name, i0 + index + 1, Kind.REMOVED, _entries(name, item, None, say))
    back = {right: left for left, right in pairs}
    for index, item in enumerate(new):
        if index in back:
            yield Change(name, j0 + index + 1, Kind.SAME, _entries(name, old[back[index]], item, say))
        else:
            yield Change(name, j0 + index + 1, Kind.ADDED, _entries(name, None, item, say))


def _pairs(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[int, int]]:
    """Old and new items that are one thing: the same name first; then, where as many are left, by their order if they
    read alike or have no name."""
    pairs: list[tuple[int, int]] = []
    free = list(range(len(new)))
    for left, item in enumerate(old):
        right = next((place for place in free if _name(new[place]) == _name(item)), None)
        if right is not None:
            pairs.append((left, right))
            free.remove(right)
    taken = {left for left, _ in pairs}
    rest = [left for left in range(len(old)) if left not in taken]
    if len(rest) == len(free):
        pairs.extend(pair for pair in zip(rest, free, strict=True) if _alike(old[pair[0]], new[pair[1]]))
    return pairs


def _alike(old: Any, new: Any) -> bool:
    left, right = _name(old), _name(new)
    if left is None or right is None:
        return left is right
    return SequenceMatcher(None, str(left).split(), str(right).split()).ratio() >= _ALIKE


def _without_moves(found: Sequence[Change], old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    """An item taken out here and put in there unchanged was moved."""
    gone = {_frozen(old[item.place - 1]) for item in found if item.kind is Kind.REMOVED}
    come = {_frozen(new[item.place - 1]) for item in found if item.kind is Kind.ADDED}
    both = gone & come
    for item in found:
        if item.kind is Kind.REMOVED and _frozen(old[item.place - 1]) in both:
            continue
        if item.kind is Kind.ADDED and _frozen(new[item.place - 1]) in both:
            same = [Entry(entry.part, [Piece(Kind.SAME, p.text) for p in entry.pieces]) for entry in item.entries]
            yield Change(item.field, item.place, Kind.SAME, same, moved=True)
        else:
            yield item


def _entries(field: str, old: Any, new: Any, say: Say) -> list[Entry]:
    """The values of two items side by side; values that both have appear, so that one sees what the item is."""
    if not isinstance(old, Mapping) and not isinstance(new, Mapping):
        return [Entry("", words(say(field, "", old), say(field, "", new)))]
    before = old if isinstance(old, Mapping) else {}
    after = new if isinstance(new, Mapping) else {}
    names = sorted({*before, *after}, key=_parts(field).index)
    return [
        Entry(name, words(say(field, name, before.get(name)), say(field, name, after.get(name)))) for name in names
    ]


@lru_cache(maxsize=64)
def _parts(field: str) -> list[str]:
    """Names of the values that an item of `field` has, in the model's order."""
    items = get_args(Guide.model_fields[field].annotation)
    return list(items[0].model_fields)


def _name(item: Any) -> Any:
    """What an item is recognised by."""
    if isinstance(item, Mapping):
        return next((item[key] for key in ("id", "code", "number", "name", "question", "url") if item.get(key)), None)
    return item


def _frozen(item: Any) -> str:
    if not isinstance(item, Mapping):
        return repr(item)
    return repr(sorted((key, said("", key, value)) for key, value in item.items()))


def _kind(old: Any, new: Any) -> Kind:
    if old in (None, "", []):
        return Kind.ADDED
    return Kind.REMOVED if new in (None, "", []) else Kind.SAME


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)
