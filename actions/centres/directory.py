"""The centres and points as staff keep them, over the 54 units that are facts.

A centre exists for each unit without any row; a row with the unit's code adds what staff know. Postal points and the
special zones' points exist as rows only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.centres.geography import Near, Spot, Travel, area_kind, kilometres, nearest, reference, travel
from actions.centres.places import Centres, Unit
from actions.centres.tables import ServicePointRow
from actions.handoff.hours import OfficeHours
from actions.handoff.opening import Days, Opening, opening, spans_on
from actions.messages import Messages
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import NotFound

__all__ = ["Directory", "Point", "PointNear"]


@dataclass(frozen=True)
class Point:
    """A place where dossiers are handed in. Empty texts and None mean that nobody has filled it in."""

    id: str
    kind: str
    unit: Unit
    name: str
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    hours: str = ""
    phone: str = ""
    takes: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    updated_by: str = ""
    updated_at: datetime | None = None

    @property
    def spot(self) -> Spot | None:
        """Where the office stands, if staff said so."""
        if self.lat is None or self.lon is None:
            return None
        # An office on an island lies by the part of its unit that is nearest to it.
        around = nearest([self.unit], self.lat, self.lon, 1)
        return Spot(self.lat, self.lon, around[0].here.island if around else "")

    def valid(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class PointNear:
    """A point and the way to it; `exact` says that the way leads to the office, not to the unit's reference point."""

    point: Point
    travel: Travel
    exact: bool


class Directory:
    """Reads centres and points; `days` gives the calendar as it stands."""

    def __init__(
        self, database: Database, centres: Centres, texts: Messages, usual_hours: str, days: Callable[[], Days],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Raises InvalidInput when `usual_hours` can't be read."""
        self.centres = centres
        self.usual_hours = OfficeHours.parse(usual_hours)
        self._database = database
        self._texts = texts
        self._days = days
        self._now = now

    def points(self, kind: str = "", *, every: bool = False) -> list[Point]:
        """Centres in the order of the facts, then the other points by name; `every` includes those not valid today."""
        with self._database.session(write=False) as session:
            rows = {row.id: row for row in session.scalars(select(ServicePointRow))}
        found = [self._centre(unit, rows.pop(unit.code, None)) for unit in self.centres.units]
        found += sorted(
            (point for row in rows.values() if (point := self._point(row))), key=lambda point: (point.name, point.id))
        today = local_date(self._now())
        return [point for point in found if kind in ("", point.kind) and (every or point.valid(today))]

    def point(self, point_id: str, *, every: bool = False) -> Point:
        """One point. Raises NotFound for an unknown one, or one not valid today."""
        with self._database.session(write=False) as session:
            return self.read(session, point_id, every=every)

    def read(self, session: Session, point_id: str, *, every: bool = False) -> Point:
        """As `point`, inside the caller's transaction."""
        row = session.get(ServicePointRow, point_id)
        unit = self.centres.unit(point_id)
        found = self._centre(unit, row) if unit else (self._point(row) if row else None)
        if found is None or not (every or found.valid(local_date(self._now()))):
            raise NotFound(self._texts.render("edit.missing"))
        return found

    def of_unit(self, unit: Unit) -> list[Point]:
        """The points of a unit, its centre first."""
        return [point for point in self.points() if point.unit == unit]

    def nearest(self, lat: float, lon: float, count: int = 5) -> list[PointNear]:
        """The nearest points: those whose office is known by its distance, the others by that of their unit."""
        around: list[Near] = nearest(self.centres.units, lat, lon, len(self.centres.units))
        if not around:
            return []
        here = Spot(lat, lon, around[0].here.island)
        home = around[0].unit
        by_unit = {near.unit: near for near in around}
        ranked: list[tuple[float, PointNear]] = []
        for point in self.points():
            office = point.spot
            if office:
                way = travel(here, office, area_kind(point.unit))
                ranked.append((way.km, PointNear(point, way, exact=True)))
            elif point.kind == "centre" and point.unit in by_unit:
                near = by_unit[point.unit]
                # Whoever stands in the unit has its centre nearest, wherever in it that may be.
                rank = 0.0 if point.unit == home else near.km
                ranked.append((rank, PointNear(point, near.travel, exact=False)))
        ranked.sort(key=lambda item: item[0])
        return [near for _, near in ranked[:count]]

    def inside(self, lat: float, lon: float) -> bool:
        """Whether a location may lie in the province: within 25 km of a unit's known part."""
        around = nearest(self.centres.units, lat, lon, 1)
        return bool(around) and around[0].km <= 25

    def hours(self, point: Point) -> OfficeHours:
        """The point's own hours, or the usual ones."""
        return OfficeHours.parse(point.hours) if point.hours else self.usual_hours

    def opening(self, point: Point, moment: datetime | None = None) -> Opening:
        """Whether the point is open at `moment` (now when omitted)."""
        return opening(moment or self._now(), self.hours(point), self._days())

    def working(self, point: Point) -> Callable[[date], bool]:
        """Whether the point opens at all on a day, by the calendar as it stands now."""
        hours, days = self.hours(point), self._days()
        return lambda day: bool(spans_on(day, hours, days))

    def offices(self) -> dict[str, Spot]:
        """The known places of centres by unit code."""
        return {point.unit.code: point.spot for point in self.points("centre") if point.spot}

    def distance_from(self, point: Point, unit: Unit) -> float | None:
        """Kilometres between a unit's reference point and the point's office or unit; None where unknown."""
        one, other = reference(unit), point.spot or reference(point.unit)
        return kilometres(one, other) if one and other else None

    def _centre(self, unit: Unit, row: ServicePointRow | None) -> Point:
        name = self._texts.render("point.name", unit=unit.said)
        return _filled(Point(unit.code, "centre", unit, name), row) if row else Point(unit.code, "centre", unit, name)

    def _point(self, row: ServicePointRow) -> Point | None:
        unit = self.centres.unit(row.commune)
        return _filled(Point(row.id, row.kind, unit, row.name), row) if unit else None


def _filled(point: Point, row: ServicePointRow) -> Point:
    return Point(
        point.id, point.kind, point.unit, row.name or point.name, row.address, row.lat, row.lon, row.hours, row.phone,
        row.takes, row.valid_from, row.valid_to, row.updated_by, row.updated_at)
