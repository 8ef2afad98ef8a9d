"""Points in words: open now, how far, what is known of them."""

from __future__ import annotations

from datetime import datetime

from actions.centres.acceptance import Acceptance
from actions.centres.directory import Directory, Point, PointNear
from actions.centres.finding import Found
from actions.messages import Messages
from common.clock import local_date, to_local, utc_now

__all__ = ["Wording"]


class Wording:
    """Sentences about points."""

    def __init__(self, directory: Directory, texts: Messages) -> None:
        self._directory = directory
        self._texts = texts

    def opening(self, point: Point, moment: datetime | None = None) -> str:
        """Whether it is open now, and until or from when."""
        now = moment or utc_now()
        state = self._directory.opening(point, now)
        if state.is_open and state.closes:
            return self._texts.render("open.now", closes=f"{state.closes:%H:%M}")
        if state.opens is None:
            return self._texts.render("open.closed")
        opens = to_local(state.opens)
        values = {"at": f"{opens:%H:%M}", "day": opens.date(), "today": opens.date() == local_date(now)}
        return self._texts.render("open.holiday" if state.holiday else "open.later", **values)

    def far(self, near: PointNear) -> str:
        """Distance and estimated time, and to what it was measured."""
        km = f"{near.travel.km:.1f}".replace(".", ",") if near.travel.km < 10 else f"{near.travel.km:.0f}"
        if near.exact:
            said = self._texts.render("far.known", km=km, minutes=near.travel.minutes)
        else:
            said = self._texts.render(
                "far.about", km=km, minutes=near.travel.minutes, spot=self._spot(near.point))
        return f"{said} {self._texts.render('far.boat')}" if near.travel.way == "boat" else said

    def known(self, point: Point) -> list[str]:
        """Address, telephone and what it takes, as far as staff filled them in; that they are missing otherwise."""
        lines = [
            self._texts.render(f"detail.{name}", **{name: getattr(point, name)})
            for name in ("address", "phone", "takes")
            if getattr(point, name)
        ]
        return lines if point.address or point.phone else [*lines, self._texts.render("detail.no_address")]

    def found(self, found: Found, typed: str) -> str:
        """What is to say about a search: nothing found, divided, renamed, a street; "" where the points say it all."""
        if not found.points:
            return self._texts.render("search.nothing", q=" ".join(typed.split())[:80])
        if found.streets:
            return " ".join(
                self._texts.render("search.street", name=alias.name, unit=alias.unit.said, detail=alias.detail)
                for alias in found.streets)
        if found.divided and found.place:
            return self._texts.render("search.split", name=found.place.name)
        if found.place:
            return self._texts.render("search.renamed", old=found.place.said, unit=found.place.units[0].said)
        return ""

    def acceptance(self, acceptance: Acceptance) -> str:
        """Where a procedure can be handed in."""
        return self._texts.render(f"where.{acceptance.where.name.lower()}", places=acceptance.places)

    def _spot(self, point: Point) -> str:
        unit = point.unit
        return self._texts.render(f"spot.{unit.point}", unit=unit.said, name=unit.point_name)
