"""Series out of the daily counts, and the forecasts made of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, or_, select

from actions.dossiers.registry.workdays import Workdays
from bot.reports.forecast.model import HORIZON, Forecast, Series
from bot.reports.period import monday
from bot.reports.tables import ReportCountRow, ReportForecastRow
from common.clock import local_date, utc_now
from common.database import Database

__all__ = ["Forecasts", "Made"]

_EVERY = timedelta(hours=20)
_WEEK = timedelta(days=7)
_LONGEST_WEEKS = 200


class Made:
    """The forecasts as last made: `weeks` are the Mondays forecast, `past` the complete weeks before them."""

    def __init__(
        self, made_at: datetime, past: list[date], counts: dict[str, list[int]], found: list[Forecast]
    ) -> None:
        self.made_at = made_at
        self.past = past
        self.counts = counts
        self.by_centre = {one.centre: one for one in found}
        self.weeks = [past[-1] + _WEEK * step for step in range(1, HORIZON + 1)] if past else []


class Forecasts:
    """Says what to forecast and keeps what was forecast. The demand of a week is dossiers submitted and appointments
    not cancelled."""

    def __init__(
        self, database: Database, workdays: Callable[[], Workdays], now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._workdays = workdays
        self._now = now

    def due(self) -> bool:
        """Whether the last forecast is older than a day, or of an earlier week."""
        with self._database.session(write=False) as session:
            made_at = session.scalar(select(func.max(ReportForecastRow.made_at)))
        if made_at is None:
            return True
        return made_at < self._now() - _EVERY or monday(local_date(made_at)) < self._this_week

    def series(self) -> list[Series]:
        """One series for the province ("") and one for each centre with any demand."""
        weeks, counts = self._counts(self._this_week)
        if not weeks:
            return []
        workdays = self._workdays()

        def working(week: date) -> int:
            return sum(workdays.is_working(week + timedelta(days=step)) for step in range(7))

        days = [working(week) for week in weeks]
        ahead = [working(weeks[-1] + _WEEK * step) for step in range(1, HORIZON + 1)]
        return [Series(centre=centre, counts=row, workdays=days, ahead=ahead) for centre, row in counts.items()]

    def keep(self, made: list[Forecast]) -> None:
        """Replaces the forecasts."""
        with self._database.session() as session:
            session.execute(delete(ReportForecastRow))
            session.add_all(
                ReportForecastRow(centre=one.centre, made_at=self._now(), body=one.model_dump(mode="json"))
                for one in made)

    def read(self) -> Made | None:
        """The forecasts with the past that they were made from; None before the first."""
        with self._database.session(write=False) as session:
            rows = list(session.scalars(select(ReportForecastRow)))
        if not rows:
            return None
        made_at = max(row.made_at for row in rows)
        weeks, counts = self._counts(monday(local_date(made_at)))
        return Made(made_at, weeks, counts, [Forecast.model_validate(row.body) for row in rows])

    @property
    def _this_week(self) -> date:
        return monday(local_date(self._now()))

    def _counts(self, until: date) -> tuple[list[date], dict[str, list[int]]]:
        """Complete weeks before the Monday `until` from the first with any demand, and the counts by centre."""
        row = ReportCountRow
        query = (
            select(row.day, row.centre, func.sum(row.count))
            .where(row.measure.in_(("dossier", "appointment")), row.day < until,
                   row.day >= until - _WEEK * _LONGEST_WEEKS,
                   or_(row.measure == "dossier", row.label != "cancelled"))
            .group_by(row.day, row.centre)
        )
        with self._database.session(write=False) as session:
            found = [(day, centre, int(count)) for day, centre, count in session.execute(query)]
        if not found:
            return [], {}
        first = monday(min(day for day, _, _ in found))
        # The week that iSee was begun in is seldom a whole one.
        first = first + _WEEK if first + _WEEK < until else first
        weeks = [first + _WEEK * step for step in range((until - first).days // 7)]
        counts = {"": [0] * len(weeks)}
        for day, centre, count in found:
            index = (monday(day) - first).days // 7
            if index < 0:
                continue
            for name in {"", centre}:
                counts.setdefault(name, [0] * len(weeks))[index] += count
        return weeks, counts
