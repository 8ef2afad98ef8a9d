"""What an export hides, so that nobody is recognised behind a number: the rule of five.

A group of 1 to 4 is hidden with everything computed from it; so is a part that leaves 1 to 4 others, and the total
where it would give a hidden part away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.reports.sheets import Column

__all__ = ["LEAST", "hidden", "rounded"]

LEAST = 5
_NUMBERS = {"count", "decimal", "percent", "change"}


def hidden(columns: Sequence[Column], row: dict[str, Any]) -> set[str]:
    """Keys of the cells that an export leaves empty."""
    keys: set[str] = set()
    for segment in _segments(columns):
        keys |= _hidden_together(segment, row)
    return keys


def rounded(count: int) -> int:
    """A count for open data: down to a multiple of five, so that no difference of two tables tells a small group."""
    return count - count % LEAST


def _hidden_together(columns: Sequence[Column], row: dict[str, Any]) -> set[str]:
    group = next((column for column in columns if column.groups), None)
    size = (row.get(group.key) or 0) if group else None
    numbers = {column.key for column in columns if column.kind in _NUMBERS}
    if size is not None and 0 < size < LEAST:
        return numbers
    parts = [column.key for column in columns if column.part]
    small = {key for key in parts if _small(row.get(key) or 0, size)}
    if not small:
        return set()
    computed = {column.key for column in columns if column.kind in _NUMBERS - {"count"}}
    return small | computed | ({group.key} if group and len(parts) > 1 else set())


def _small(count: int, size: int | None) -> bool:
    return 0 < count < LEAST or (size is not None and 0 < size - count < LEAST)


def _segments(columns: Sequence[Column]) -> Iterator[Sequence[Column]]:
    """The columns that belong to each group; the first reaches back to the start, the last to the end."""
    starts = [index for index, column in enumerate(columns) if column.groups][1:]
    edges = [0, *starts, len(columns)]
    for first, last in zip(edges, edges[1:], strict=False):
        yield columns[first:last]
