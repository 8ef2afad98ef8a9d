"""From what a citizen typed to points: present and former names, streets, typing errors, names of points."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz, process

from actions.answers.words import fold
from actions.centres.aliases import Alias, Aliases
from actions.centres.directory import Directory, Point
from actions.centres.places import Place, Unit, untyped

__all__ = ["Finder", "Found"]

# Below this share of equal letters (0 to 100) another name is meant. "hg gai" for "hong gai" reaches 86.
_ALIKE = 82


@dataclass(frozen=True)
class Found:
    """`points` to show; `place` when a former name was typed, `streets` when a street or area was.

    `divided` says that the name means several units, so that the citizen must choose.
    """

    points: list[Point]
    place: Place | None = None
    streets: tuple[Alias, ...] = ()
    divided: bool = False


class Finder:
    """Searches over names; texts without diacritics, with or without type, are as good."""

    def __init__(self, directory: Directory, aliases: Aliases) -> None:
        self._directory = directory
        self._aliases = aliases

    def search(self, text: str) -> Found:
        """What `text` may mean; everything for an empty one, nothing for a stranger's name."""
        points = self._directory.points()
        key = fold(text)
        if not key:
            return Found(points)
        units = self._directory.centres.find(text)
        if units:
            return self._of_units(units, points, text)
        place = next(iter(self._directory.centres.mentioned(text)), None)
        if place:
            return self._of_units(list(place.units), points, text)
        streets = tuple(self._aliases.mentioned(text))
        if streets:
            chosen = [alias.unit for alias in streets]
            return Found(_in(points, chosen), streets=streets, divided=len(set(chosen)) > 1)
        return Found(self._by_name(key, points))

    def _of_units(self, units: list[Unit], points: list[Point], text: str) -> Found:
        present = len(units) == 1 and fold(units[0].name).endswith(fold(text))
        place = None if present else next(
            (place for place in self._directory.centres.mentioned(text) if place.former), None)
        return Found(_in(points, units), place=place, divided=len(units) > 1)

    def _by_name(self, key: str, points: list[Point]) -> list[Point]:
        """Points whose name holds the words, else those that nearly do."""
        held = [point for point in points if key in fold(f"{point.name} {point.address}")]
        if held:
            return held
        names = {name: place for name, place in self._directory.centres.by_bare_name().items() if len(name) > 2}
        best = process.extractOne(untyped(key), list(names), scorer=fuzz.ratio, score_cutoff=_ALIKE)
        return _in(points, list(names[best[0]].units)) if best else []


def _in(points: list[Point], units: list[Unit]) -> list[Point]:
    return [point for point in points if point.unit in units]
