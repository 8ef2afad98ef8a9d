"""What staff change: facts about centres, postal points and points of special zones."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from actions.centres.directory import Directory, Point
from actions.centres.tables import ServicePointRow
from actions.handoff.hours import OfficeHours
from actions.messages import Messages
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput

__all__ = ["Facts", "PointEditor"]

_LIMITS = {"name": 200, "address": 300, "hours": 300, "phone": 40, "takes": 500}
_PHONE = re.compile(r"^(?:0\d{8,10}|1[89]00\d{4,6}|1022)$")
_ZONES = "dac khu"


@dataclass(frozen=True)
class Facts:
    """What the form sends, as typed. Everything but name and commune of a new point may be empty."""

    name: str = ""
    address: str = ""
    lat: str = ""
    lon: str = ""
    hours: str = ""
    phone: str = ""
    takes: str = ""
    valid_from: str = ""
    valid_to: str = ""


class PointEditor:
    """Checks and stores. What is left empty becomes unknown; nothing is filled in for staff."""

    def __init__(
        self, database: Database, directory: Directory, texts: Messages, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._directory = directory
        self._texts = texts
        self._now = now

    def save(self, point_id: str, facts: Facts, actor: str) -> Point:
        """Stores the facts of a centre or point. Raises NotFound, or InvalidInput naming the field."""
        with self._database.session() as session:
            point = self._directory.read(session, point_id, every=True)
            row = session.get(ServicePointRow, point_id, with_for_update=True)
            if row is None:
                row = ServicePointRow(id=point_id, kind="centre", commune=point.unit.code)
                session.add(row)
            self._fill(row, facts, actor)
        return self._directory.point(point_id, every=True)

    def add(self, kind: str, commune: str, facts: Facts, actor: str) -> Point:
        """Adds a postal point or a special zone's point. Raises InvalidInput naming the field."""
        if kind not in ("postal", "zone"):
            raise self._problem("kind", "kind")
        unit = self._directory.centres.unit(commune)
        if unit is None:
            raise self._problem("commune", "commune")
        if kind == "zone" and unit.kind != _ZONES:
            raise self._problem("zone_commune", "commune")
        row = ServicePointRow(id=secrets.token_hex(8), kind=kind, commune=unit.code)
        self._fill(row, facts, actor)
        with self._database.session() as session:
            session.add(row)
        return self._directory.point(row.id, every=True)

    def _fill(self, row: ServicePointRow, facts: Facts, actor: str) -> None:
        for name, limit in _LIMITS.items():
            value = " ".join(getattr(facts, name).split())
            if len(value) > limit:
                label = self._texts.render(f"field.{name}")
                raise InvalidInput(self._texts.render("edit.long", field=label, limit=limit), field=name)
            setattr(row, name, value)
        if row.kind != "centre" and not row.name:
            raise self._problem("name", "name")
        if row.hours:
            OfficeHours.parse(row.hours)
        if row.phone and not _PHONE.match(re.sub(r"[ .()-]", "", row.phone)):
            raise self._problem("phone", "phone")
        row.lat, row.lon = self._place(facts)
        row.valid_from, row.valid_to = self._dates(facts)
        row.updated_by, row.updated_at = actor, self._now()

    def _place(self, facts: Facts) -> tuple[float | None, float | None]:
        texts = [text.strip().replace(",", ".") for text in (facts.lat, facts.lon)]
        if not any(texts):
            return None, None
        try:
            lat, lon = (float(text) for text in texts)
        except ValueError as error:
            raise self._problem("place", "lat") from error
        if not (-90 <= lat <= 90 and -180 <= lon <= 180 and self._directory.inside(lat, lon)):
            raise self._problem("place", "lat")
        return lat, lon

    def _dates(self, facts: Facts) -> tuple[date | None, date | None]:
        try:
            first, last = (date.fromisoformat(text) if text else None for text in (facts.valid_from, facts.valid_to))
        except ValueError as error:
            raise self._problem("dates", "valid_from") from error
        if first and last and last < first:
            raise self._problem("dates", "valid_to")
        return first, last

    def _problem(self, key: str, field: str) -> InvalidInput:
        return InvalidInput(self._texts.render(f"edit.{key}"), field=field)
