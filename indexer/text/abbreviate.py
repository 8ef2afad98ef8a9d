"""Abbreviations and chat spellings, expanded by the reviewed table `data/abbreviations.tsv`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from indexer.text.alphabet import strip_diacritics
from indexer.text.edits import Edit, Mapped
from indexer.text.tables import abbreviations

__all__ = ["expand"]

_REACH = 30
"""Characters of context that a row may look at on either side."""
_END = r"(?:[?.!,;:)]|$)"
_PIECE = re.compile(r"[^\W_]+")


class _Rule(NamedTuple):
    expansion: str
    before: re.Pattern[str] | None
    not_before: bool
    after: re.Pattern[str] | None
    not_after: bool


def _pattern(cell: str, template: str) -> tuple[re.Pattern[str] | None, bool]:
    if not cell:
        return None, False
    negated = cell.startswith("!")
    choices = "|".join(_END if part == "END" else part.strip() for part in cell.lstrip("!").split(","))
    return re.compile(template.format(choices)), negated


@lru_cache(maxsize=1)
def _rules() -> tuple[dict[str, list[_Rule]], dict[str, list[str]]]:
    """Rules by form, and for each first word the forms of several words, the longest first."""
    rules: dict[str, list[_Rule]] = {}
    phrases: dict[str, set[str]] = {}
    for row in abbreviations():
        before, not_before = _pattern(row["before"], r"(?<!\w)(?:{})\s*\Z")
        after, not_after = _pattern(row["after"], r"\s*(?:{})(?:(?<=\W)|(?!\w))")
        rules.setdefault(row["form"], []).append(_Rule(row["expansion"], before, not_before, after, not_after))
        if not row["form"].isalnum():
            phrases.setdefault(_first(row["form"]), set()).add(row["form"])
    return rules, {word: sorted(forms, key=len, reverse=True) for word, forms in phrases.items()}


def _first(form: str) -> str:
    match = _PIECE.match(form)
    return match.group() if match else form


def _fits(rule: _Rule, before: str, after: str) -> bool:
    if rule.before is not None and (rule.before.search(before) is None) != rule.not_before:
        return False
    return rule.after is None or (rule.after.match(after) is None) == rule.not_after


def _choose(form: str, value: str, start: int, end: int) -> str | None:
    """The expansion of `form` standing at `start`–`end`, or None where no row fits its neighbours."""
    rules = _rules()[0][form]
    if rules[0].before is None and rules[0].after is None:
        return rules[0].expansion
    before = strip_diacritics(value[max(0, start - _REACH) : start]).lower()
    after = strip_diacritics(value[end : end + _REACH]).lower()
    return next((rule.expansion for rule in rules if _fits(rule, before, after)), None)


def _at(value: str, lowered: str, start: int, end: int) -> tuple[int, str] | None:
    """End and expansion of the form that begins with the word at `start`–`end`, the longest form first."""
    rules, phrases = _rules()
    word = lowered[start:end]
    for form in phrases.get(word, ()):
        stop = start + len(form)
        whole = stop >= len(value) or not value[stop - 1].isalnum() or not value[stop].isalnum()
        if lowered.startswith(form, start) and whole and (found := _choose(form, value, start, stop)) is not None:
            return stop, found
    if word in rules and (found := _choose(word, value, start, end)) is not None:
        return end, found
    return None


def expand(text: Mapped, protected: list[tuple[int, int]]) -> Mapped:
    """`text` with its abbreviations written out, where the table and the neighbouring words allow it."""
    value = text.value
    lowered = "".join(char.lower() if len(char.lower()) == 1 else char for char in value)
    edits = []
    done = 0
    for match in _PIECE.finditer(value):
        start, end = match.span()
        if start < done or any(low <= start < high for low, high in protected) or _glued(value, start, end):
            continue
        found = _at(value, lowered, start, end)
        if found is None or found[1] == lowered[start : found[0]]:
            continue
        stop, new = found
        done = stop
        word = value[start:stop]
        gap = " " if not word[-1].isalnum() and stop < len(value) and value[stop].isalnum() else ""
        edits.append(Edit(start, stop, _like(new, word) + gap))
    return text.apply(edits)


def _like(new: str, word: str) -> str:
    """A capital first letter is kept ("Ko" → "Không"); an abbreviation in capitals becomes ordinary words."""
    return new[0].upper() + new[1:] if word[0].isupper() and word[1:].islower() else new


def _glued(value: str, start: int, end: int) -> bool:
    """Whether the word is part of a code, an address or a list mark: "a)", "k-1", "x_h"."""
    before = value[start - 1] if start else " "
    after = value[end] if end < len(value) else " "
    if before in "_@#&/\\" or after in "_@#&\\" or (before in "-." and start > 1 and value[start - 2].isalnum()):
        return True
    return end - start == 1 and after == ")" and "(" not in value[:start]
