"""The province's promise that a centre can be reached within 30 minutes, checked for every commune by estimate.

Known points are the former units; unknown is how people spread between them, so a disc as large as the commune
stands for that: its median distance from the middle is radius / sqrt(2), its edge is the radius. Whichever of known
points and disc is worse counts. Parts on an island that no road reaches get no minutes at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

from actions.centres.geography import (
    Spot,
    area_kind,
    area_radius_km,
    kilometres,
    minutes,
    parts,
    reference,
)
from actions.centres.places import Unit

__all__ = ["PROMISED_MINUTES", "Reach", "check"]

PROMISED_MINUTES = 30
Verdict = Literal["holds", "partly", "fails", "unknown"]


@dataclass(frozen=True)
class Reach:
    """One commune. `boat` are the former units that need a boat; `exact` says that the office's own place is known.

    holds: also from the edge; partly: from the middle of the population's spread but not from everywhere;
    fails: not even that. Parts that need a boat make "holds" partly, for nobody knows how long they take.
    """

    unit: Unit
    kind: str
    median_minutes: int | None
    worst_minutes: int | None
    boat: tuple[str, ...]
    exact: bool
    verdict: Verdict


def check(units: Iterable[Unit], offices: dict[str, Spot] | None = None) -> list[Reach]:
    """Every unit's reach; `offices` gives the known places of centres by unit code."""
    return [_reach(unit, (offices or {}).get(unit.code)) for unit in units]


def _reach(unit: Unit, office: Spot | None) -> Reach:
    start = office or reference(unit)
    kind = area_kind(unit)
    if start is None:
        return Reach(unit, kind, None, None, (), False, "unknown")
    known = parts(unit)
    by_road = [kilometres(start, spot) for old, spot in known if spot.island == start.island]
    boat = tuple(old.said for old, spot in known if spot.island != start.island)
    # The disc holds where one road net serves the whole unit; over islands it would measure water.
    radius = 0.0 if boat else area_radius_km(unit)
    middle = minutes(max([median(by_road or [0.0]), radius / math.sqrt(2)]), kind)
    worst = minutes(max([*by_road, radius]), kind)
    return Reach(unit, kind, middle, worst, boat, office is not None, _verdict(middle, worst, bool(boat)))


def _verdict(middle: int, worst: int, boat: bool) -> Verdict:
    if middle > PROMISED_MINUTES:
        return "fails"
    return "partly" if boat or worst > PROMISED_MINUTES else "holds"
