"""Text that remembers where each of its characters came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Edit", "Mapped"]


class Edit(NamedTuple):
    """Put `new` in place of characters `start` to `end` (exclusive)."""

    start: int
    end: int
    new: str


class Mapped:
    """A text with, for each character, the span of the original text that it stands for.

    `starts` and `ends` never decrease. An edit of equal length keeps the characters' own places; any
    other edit maps each new character to the whole span that it replaces.
    """

    __slots__ = ("ends", "starts", "value")

    def __init__(self, value: str, starts: list[int] | None = None, ends: list[int] | None = None) -> None:
        self.value = value
        self.starts = list(range(len(value))) if starts is None else starts
        self.ends = list(range(1, len(value) + 1)) if ends is None else ends

    def apply(self, edits: Iterable[Edit]) -> Mapped:
        """A new text with `edits` made; they must be sorted and must not overlap."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, new in edits:
            pieces += (self.value[done:start], new)
            starts += self.starts[done:start]
            ends += self.ends[done:start]
            done = end
            if len(new) == end - start:
                starts += self.starts[start:end]
                ends += self.ends[start:end]
            elif new:
                first, last = self._cover(start, end)
                starts += [first] * len(new)
                ends += [last] * len(new)
        if not pieces:
            return self
        pieces.append(self.value[done:])
        return Mapped("".join(pieces), starts + self.starts[done:], ends + self.ends[done:])

    def _cover(self, start: int, end: int) -> tuple[int, int]:
        """The original span of characters `start` to `end`; for an insertion, the point before `start`."""
        if start < end:
            return self.starts[start], self.ends[end - 1]
        point = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
        if start and self.ends[start - 1] > point:
            return self.starts[start - 1], self.ends[start - 1]
        return point, point
