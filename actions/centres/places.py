"""Places by present or former name: the 54 commune-level units and what was merged into them.

Facts in `data/communes.json` (units since 1 July 2025, Resolution 1679/NQ-UBTVQH15). Coordinates there are reference
points of the unit, never of an office; `Unit.point` says of what.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from actions.answers.words import fold
from common.identifier_patterns import folded

__all__ = ["DATA", "Centres", "Former", "Place", "PointOf", "Unit", "untyped"]

DATA = Path(__file__).parent / "data" / "communes.json"
PointOf = Literal["middle", "town", "former", "harbour"]
_TYPES = ("phuong", "xa", "dac khu", "thi tran", "thi xa", "thanh pho", "huyen")
_TYPE = re.compile(rf"^(?:{'|'.join(_TYPES)}) ")
_PREFIX = re.compile(
    r"^(?:o |tai |em o |nha em o )?"
    r"(?:phuong|xa|dac khu|thi tran|thi xa|thanh pho|huyen|quan|tp|tx|tt|p|x|h|f)[. ]+(?=\S)"
)
_DISTRICT = re.compile(r"^(?:thanh pho|thi xa|huyen|tp|tx|h)[. ]")
_SUFFIX = re.compile(r"[, ]+(?:tinh )?(?:quang ninh|qn)$|[ ,.]+(?:a|nhe|day|em a)$")


@dataclass(frozen=True)
class Former:
    """A unit of before 1 July 2025 that became, wholly or in part, a present one.

    `lat`, `lon` are None where its place is not known; `island` names the island where it can be reached by boat only.
    """

    name: str
    district: str
    whole: bool
    lat: float | None
    lon: float | None
    island: str = ""

    @property
    def said(self) -> str:
        return _said(self.name)


@dataclass(frozen=True)
class Unit:
    """One present-day commune-level unit; `area_km2` is its area on land and water as published."""

    code: str
    name: str
    lat: float | None
    lon: float | None
    area_km2: float = 0.0
    point: PointOf = "middle"
    point_name: str = ""
    former: tuple[Former, ...] = field(default=(), compare=False)

    @property
    def said(self) -> str:
        """The name inside a sentence: "phường Hạ Long"."""
        return _said(self.name)

    @property
    def kind(self) -> str:
        """phuong, xa or dac khu."""
        match = _TYPE.match(fold(self.name))
        return match.group().strip() if match else ""


@dataclass(frozen=True)
class Place:
    """A place that a citizen named: `name` as in the facts, the units that serve it, whether the name is former."""

    name: str
    units: tuple[Unit, ...]
    former: bool

    @property
    def said(self) -> str:
        return _said(self.name)


class Centres:
    """Finds the unit for a present or former place name, typed with or without diacritics and type."""

    def __init__(self, units: Sequence[Unit], former: Iterable[tuple[str, Unit]]) -> None:
        self.units = tuple(units)
        self._by_code = {unit.code: unit for unit in self.units}
        self._keys = [_Keys.of(unit) for unit in self.units]
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
        """The centres of a facts file: a list of units, or an object with `communes`. Shared: nothing changes them."""
        return _centres(path.read_text("utf-8"))

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

    def find(self, text: str) -> list[Unit]:
        """The units meant by `text` as a whole, an answer to "which commune": one when clear, several when a former
        name was divided.

        A full name ("phường Hạ Long") beats a bare one; present names beat former ones.
        """
        if text.strip() in self._by_code:
            return [self._by_code[text.strip()]]
        full, bare = _plain(text), _bare(text)
        if not bare:
            return []
        tests: tuple[Callable[[_Keys], bool], ...] = (
            lambda keys: keys.full == full,
            # "thành phố Hạ Long" is the former city, of which today's ward is one part of many.
            lambda keys: bool(_DISTRICT.match(full)) and bare in keys.districts,
            lambda keys: keys.bare == bare,
            lambda keys: bare in keys.former,
            lambda keys: bare in keys.districts,
        )
        for test in tests:
            found = [keys.unit for keys in self._keys if test(keys)]
            if found:
                return found
        # "thôn 3 xã Hải Hòa": a typed name at the end of a longer answer.
        return [keys.unit for keys in self._keys if full.endswith(" " + keys.full)]

    def unit(self, code: str | None) -> Unit | None:
        """The present unit with this code; None for an unknown code."""
        return self._by_code.get(code or "")

    def by_bare_name(self) -> dict[str, Place]:
        """Every place by its name without type and diacritics."""
        return dict(self._bare)

    def coded(self, code: str | None) -> Place | None:
        """The present unit with this code, as a place named; None for an unknown code."""
        unit = self.unit(code)
        return Place(unit.name, (unit,), former=False) if unit else None

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


@dataclass(frozen=True)
class _Keys:
    """The names of a unit and of what it took in, without diacritics; `former` and `districts` without type."""

    unit: Unit
    full: str
    bare: str
    former: frozenset[str]
    districts: frozenset[str]

    @classmethod
    def of(cls, unit: Unit) -> _Keys:
        former = frozenset(_bare(old.name) for old in unit.former)
        districts = frozenset(_bare(old.district) for old in unit.former if old.district)
        return cls(unit, _plain(unit.name), _bare(unit.name), former, districts)


@cache
def _centres(facts: str) -> Centres:
    data = json.loads(facts)
    units = [_unit(row) for row in (data["communes"] if isinstance(data, dict) else data)]
    return Centres(units, [(name, unit) for unit in units for old in unit.former for name in (old.name, old.district)])


def _unit(row: dict[str, Any]) -> Unit:
    former = tuple(
        Former(
            old["name"], old.get("district", ""), old.get("whole", True), old.get("lat"), old.get("lon"),
            old.get("island", ""))
        for old in row.get("former_units", [])
    )
    return Unit(
        str(row["code"]), row["name"], row.get("lat"), row.get("lon"), row.get("area_km2", 0.0),
        row.get("point", "middle"), row.get("point_name", ""), former)


def untyped(text: str) -> str:
    """A place name without type and diacritics: "phường Hồng Gai" is "hong gai"."""
    return _bare(text)


def _said(name: str) -> str:
    return name[:1].lower() + name[1:]


def _plain(text: str) -> str:
    plain = " ".join(re.sub(r"[^\w\s.,]", " ", folded(text)[0].lower()).split()).strip(" .,")
    while True:
        shorter = _SUFFIX.sub("", plain)
        if shorter == plain:
            return plain
        plain = shorter


def _bare(text: str) -> str:
    return _PREFIX.sub("", _plain(text)).strip(" .,")
