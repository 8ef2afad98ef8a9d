"""The 54 commune-level units as answers of a form: names are found by `actions.centres`, the one finder of places."""

from __future__ import annotations

from pathlib import Path

from actions.centres import DATA, Centres
from actions.centres import Unit as Commune

__all__ = ["Commune", "CommuneFinder"]


class CommuneFinder:
    """Finds the communes that a citizen's words may mean."""

    def __init__(self, centres: Centres) -> None:
        self._centres = centres
        self._communes = centres.units

    @classmethod
    def load(cls, path: Path = DATA) -> CommuneFinder:
        return cls(Centres.load(path))

    @property
    def names(self) -> list[str]:
        """Every unit's name, to be offered while typing."""
        return sorted(commune.name for commune in self._communes)

    def get(self, code: str) -> Commune | None:
        return self._centres.unit(code)

    def find(self, text: str) -> list[Commune]:
        """The present-day units meant by `text`: one when clear, several when a former name was divided."""
        return self._centres.find(text)
