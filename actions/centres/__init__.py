"""Service centres: which unit serves a place, by its present or former name.

Facts in `data/communes.json`: the 54 commune-level units since 1 July 2025 (Resolution 1679/NQ-UBTVQH15) with the
units merged into them. Each has a public service centre run by the provincial one. Addresses and telephone
numbers are not in the facts, so none is ever said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Any

from actions.answers.words import fold

__all__ = ["DATA", "Centres", "Place", "Unit"]

DATA = Path(__file__).parent / "data" / "communes.json"
_TYPES = ("phuong", "xa", "dac khu", "thi tran", "thi xa", "thanh pho", "huyen")
_TYPE = re.compile(rf"^(?:{'|'.join(_TYPES)}) ")
_EARTH_KM = 6371.0


@dataclass(frozen=True)
class Unit:
    """One present-day commune-level unit."""

    code: str
    name: str
    lat: float | None
    lon: float | None

    @property
    def said(self) -> str:
        """The name inside a sentence: "phường Hạ Long"."""
        return self.name[:1].lower() + self.name[1:]


@dataclass(frozen=True)
class Place:
    """A place that a citizen named: `name` as in the facts, the units that serve it, whether the name is former."""

    name: str
    units: tuple[Unit, ...]
    former: bool

    @property
    def said(self) -> str:
        return self.name[:1].lower() + self.name[1:]


class Centres:
    """Finds the unit for a present or former place name, typed with or without diacritics and type."""

    def __init__(self, units: Sequence[Unit], former: Iterable[tuple[str, Unit]]) -> None:
        self.units = tuple(units)
        self._places: dict[str, Place] = {}
        for unit in units:
            self._places[fold(unit.name)] = Place(unit.name, (unit,), former=False)
        merged: dict[str, tuple[str, list[Unit]]] = {}
        for name, unit in former:
            served = merged.setdefault(fold(name), (name, []))[1]
            if unit not in served:
                served.append(unit)
        for key, (name, served) in merged.items():
            self._places.setdefault(key, Place(name, tuple(served), former=True))
        self._bare = self._by_bare_name()

    @classmethod
    def load(cls, path: Path = DATA) -> Centres:
        """The centres of a facts file: a list of units, or an object with `communes`."""
        data = json.loads(path.read_text("utf-8"))
        rows = data["communes"] if isinstance(data, dict) else data
        units = [Unit(str(row["code"]), row["name"], row.get("lat"), row.get("lon")) for row in rows]
        return cls(units, [pair for row, unit in zip(rows, units, strict=True) for pair in _former(row, unit)])

    def names(self) -> list[str]:
        """All place names, present and former, with and without their type; for leaving them out of a search."""
        return [*self._places, *(name for name in self._bare if " " in name)]

    def mentioned(self, text: str) -> list[Place]:
        """The places that `text` names, longest names first; a name with its type beats a bare one."""
        left = f" {fold(text)} "
        found: list[Place] = []
        for names in (self._places, self._bare):
            for name in sorted(names, key=len, reverse=True):
                if f" {name} " in left:
                    left = left.replace(f" {name} ", "  ")
                    if names[name] not in found:
                        found.append(names[name])
        return found

    def coded(self, code: str | None) -> Place | None:
        """The present unit with this code, as a place named; None for an unknown code."""
        unit = next((unit for unit in self.units if unit.code == code), None)
        return Place(unit.name, (unit,), former=False) if unit else None

    def nearest(self, lat: float, lon: float, count: int = 3) -> list[tuple[Unit, float]]:
        """The `count` units whose middle lies nearest, with kilometres as the crow flies (haversine)."""
        placed = [(unit, _kilometres(lat, lon, unit.lat, unit.lon)) for unit in self.units if unit.lat and unit.lon]
        return sorted(placed, key=lambda item: item[1])[:count]

    def _by_bare_name(self) -> dict[str, Place]:
        """Names without type. A present unit wins over former ones of the same name; former ones are pooled."""
        bare: dict[str, Place] = {}
        for key, place in self._places.items():
            name = _TYPE.sub("", key)
            known = bare.get(name)
            if known is None or (known.former and not place.former):
                bare[name] = place
            elif known.former and place.former:
                units = tuple(dict.fromkeys((*known.units, *place.units)))
                bare[name] = Place(known.name, units, former=True)
        return bare


def _former(row: dict[str, Any], unit: Unit) -> Iterable[tuple[str, Unit]]:
    """Former communes and their districts, as names that now mean `unit`."""
    for former in row.get("former_units", []):
        yield former["name"], unit
        if former.get("district"):
            yield former["district"], unit


def _kilometres(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    a, b, c, d = map(radians, (lat, lon, to_lat, to_lon))
    return 2 * _EARTH_KM * asin(sqrt(sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2))
