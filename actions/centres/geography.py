"""Distance, estimated travel time, and who lies nearest.

Method: straight-line distance (haversine) times a road factor, over an average door-to-door speed, both by kind of
area; figures and their sources stand in `data/travel.yml`. What can be reached by boat only gets no minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from actions.answers.words import fold
from actions.centres.places import Former, Unit

__all__ = ["Near", "Spot", "Travel", "area_kind", "area_radius_km", "island_name", "kilometres", "minutes", "nearest",
           "parts", "reference", "travel"]

_DATA = Path(__file__).parent / "data" / "travel.yml"
_EARTH_KM = 6371.0
Way = Literal["road", "boat", "unknown"]


@dataclass(frozen=True)
class Spot:
    """A place on the map; `island` as in `Former`, "" for what a road leads to."""

    lat: float
    lon: float
    island: str = ""


@dataclass(frozen=True)
class Travel:
    """How to get somewhere: kilometres as the crow flies, and minutes by motorbike or car where a road leads there."""

    km: float
    way: Way
    minutes: int | None


@dataclass(frozen=True)
class Near:
    """A unit near `here`: `km` to the nearest known part of it, `travel` to its reference point."""

    unit: Unit
    km: float
    travel: Travel
    here: Spot


@lru_cache(maxsize=1)
def _figures() -> dict[str, Any]:
    figures: dict[str, Any] = yaml.safe_load(_DATA.read_text("utf-8"))
    return figures


def kilometres(one: Spot, other: Spot) -> float:
    """The great-circle distance (haversine)."""
    a, b, c, d = map(math.radians, (one.lat, one.lon, other.lat, other.lon))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))


def area_kind(unit: Unit) -> str:
    """urban, upland, island or rural: which row of `travel.yml` holds for roads inside the unit."""
    figures = _figures()
    middle = reference(unit)
    if middle and middle.island:
        return "island"
    if unit.code in figures["upland"]:
        return "upland"
    return "urban" if unit.kind == "phuong" else "rural"


def minutes(km: float, kind: str) -> int:
    """Estimated minutes for `km` as the crow flies, rounded up to five: more would look exact."""
    figures = _figures()["kinds"][kind]
    exact = km * figures["road_factor"] / figures["speed_kmh"] * 60
    return max(5, 5 * math.ceil(round(exact, 6) / 5))


def travel(start: Spot, goal: Spot, kind: str) -> Travel:
    """From one spot to another; `kind` is that of the slower area."""
    km = kilometres(start, goal)
    if start.island != goal.island:
        return Travel(km, "boat", None)
    return Travel(km, "road", minutes(km, kind))


def reference(unit: Unit) -> Spot | None:
    """The unit's reference point (`Unit.point` says what it is); None where none is known."""
    if unit.lat is None or unit.lon is None:
        return None
    return Spot(unit.lat, unit.lon, _island_of(unit))


def parts(unit: Unit) -> list[tuple[Former, Spot]]:
    """The former units in `unit` whose place is known. A divided one lies in the unit that kept its name."""
    return [
        (old, Spot(old.lat, old.lon, old.island))
        for old in unit.former
        if old.lat is not None and old.lon is not None and (old.whole or fold(old.name) == fold(unit.name))
    ]


def nearest(units: Iterable[Unit], lat: float, lon: float, count: int = 3) -> list[Near]:
    """The `count` units nearest to a location, by their nearest known part: offices are where people live, and the
    middle of a large unit may be a mountain or the sea.

    The location's island is that of the nearest known part; a location in the province's waters gets it too.
    """
    here = Spot(lat, lon)
    measured: list[tuple[float, Unit, Spot]] = []
    for unit in units:
        known = [spot for _, spot in parts(unit)]
        middle = reference(unit)
        known += [middle] if middle else []
        if known:
            closest = min(known, key=lambda spot: kilometres(here, spot))
            measured.append((kilometres(here, closest), unit, closest))
    measured.sort(key=lambda item: item[0])
    if not measured:
        return []
    here = Spot(lat, lon, measured[0][2].island)
    found = []
    for km, unit, closest in measured[:count]:
        goal = reference(unit) or closest
        found.append(Near(unit, km, travel(here, goal, _slower(measured[0][1], unit)), here))
    return found


def island_name(island: str) -> str:
    """"đảo Quan Lạn" for `quan_lan`."""
    name: str = _figures()["islands"][island]["name"]
    return name


def area_radius_km(unit: Unit) -> float:
    """The radius of a disc as large as the unit."""
    return math.sqrt(unit.area_km2 / math.pi)


def _slower(one: Unit, other: Unit) -> str:
    return min((area_kind(one), area_kind(other)), key=_speed_kmh)


def _speed_kmh(kind: str) -> float:
    """Along the straight line."""
    figures = _figures()["kinds"][kind]
    speed: float = figures["speed_kmh"] / figures["road_factor"]
    return speed


def _island_of(unit: Unit) -> str:
    """The island of the reference point: that of the nearest known part; of any part where none's place is known."""
    assert unit.lat is not None and unit.lon is not None
    here = Spot(unit.lat, unit.lon)
    known = parts(unit)
    if known:
        return min(known, key=lambda item: kilometres(here, item[1]))[1].island
    return next((old.island for old in unit.former), "")
