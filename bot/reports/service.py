"""The reports as the console asks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select

from actions.centres.directory import Directory
from actions.companion.bundle import Dossiers
from actions.dossiers.registry.desk import Load
from actions.dossiers.registry.states import load_states
from actions.dossiers.registry.workdays import Workdays
from actions.messages import Messages
from bot.reports.asking import Asking, Known, Names
from bot.reports.export import open_data, to_csv
from bot.reports.forecast.store import Forecasts
from bot.reports.pages import FIGURES, PAGES
from bot.reports.period import Scope
from bot.reports.rollup import RollUp
from bot.reports.sheets import Chart, Figure
from bot.reports.tables import ReportCountRow
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import NotFound
from common.settings import Settings
from knowledge_base.golden.store import GoldenStore
from knowledge_base.model import Origin
from knowledge_base.store import KnowledgeBase

__all__ = ["TEXTS", "Reports", "build_reports"]

TEXTS = Path(__file__).parent / "texts.yml"
_QUALITY_DAYS = 1200


class Reports:
    """Counts, figures, exports. Everything here blocks: call from a worker thread.

    Args:
        knowledge: for names of procedures.
        directory: for names of centres and points.
        workdays: the offices' calendar as it stands.
        loads: the open dossiers of each officer and centre.
        licence: licence of the open data; "" when none was chosen.
    """

    def __init__(
        self,
        database: Database,
        knowledge: KnowledgeBase,
        directory: Directory,
        workdays: Callable[[], Workdays],
        loads: Callable[[], Sequence[Load]],
        licence: str = "",
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._knowledge = knowledge
        self._directory = directory
        self._now = now
        self.licence = licence
        self.texts = Messages.load(TEXTS)
        self.rollup = RollUp(database, self._field_of, workdays, loads, now)
        self.forecasts = Forecasts(database, workdays, now)
        self._offered: tuple[datetime | None, dict[str, list[tuple[str, str]]]] | None = None

    def scope(self, given: dict[str, str]) -> Scope:
        """What a page's query asks for. Raises InvalidInput."""
        return Scope.read(given, local_date(self._now()), self.texts.render("problem.period"))

    def page(self, name: str, scope: Scope) -> list[Figure]:
        """The figures of a page. Raises NotFound."""
        if name not in PAGES:
            raise NotFound(self.texts.render("problem.page"))
        return self._made(scope, *(function.__name__ for function in PAGES[name]))

    def figure(self, key: str, scope: Scope) -> Figure:
        """One figure. Raises NotFound."""
        if key not in FIGURES:
            raise NotFound(self.texts.render("problem.page"))
        return self._made(scope, key)[0]

    def chart(self, key: str, scope: Scope) -> Chart:
        """What a figure draws. Raises NotFound where it draws nothing."""
        chart = self.figure(key, scope).chart
        if chart is None:
            raise NotFound(self.texts.render("problem.chart"))
        return chart

    def csv(self, key: str, scope: Scope) -> bytes:
        """A figure's table for Excel. Raises NotFound."""
        return to_csv(self.figure(key, scope), self.texts)

    def open_data(self, scope: Scope) -> bytes:
        """A zip of CSV files with their description, without anything personal."""
        with self._database.session(write=False) as session:
            return open_data(session, scope, self._names(), self.texts, self.licence, self._now())

    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """What the filters offer: only what was ever counted. Looked up once for each count."""
        counted_at = self.rollup.counted_at()
        if self._offered is None or self._offered[0] != counted_at:
            self._offered = counted_at, self._choices()
        return self._offered[1]

    def _choices(self) -> dict[str, list[tuple[str, str]]]:
        names, found = self._names(), {}
        with self._database.session(write=False) as session:
            for column in ("channel", "centre", "field"):
                values = [
                    value for value in session.scalars(select(getattr(ReportCountRow, column)).distinct()) if value]
                found[column] = sorted(
                    ((value, self._word(column, value, names)) for value in values), key=lambda one: one[1])
        return found

    def _word(self, column: str, value: str, names: Names) -> str:
        if column == "centre":
            return names.centres.get(value, value)
        key = f"channel.{value}"
        return self.texts.render(key) if column == "channel" and self.texts.has(key) else value

    def _made(self, scope: Scope, *keys: str) -> list[Figure]:
        demand = cache(self.forecasts.read)  # read once for the figures of a page
        with self._database.session(write=False) as session:
            asking = Asking(
                session, scope, self._names(), self.texts,
                quality=lambda: GoldenStore(self._database).quality(_QUALITY_DAYS), demand=demand)
            return [FIGURES[key](asking) for key in keys]

    def _names(self) -> Names:
        procedures = {
            one.code: Known(one.guide.name, one.guide.field, one.origin is Origin.CURATED)
            for one in self._knowledge.all()
        }
        # Every centre's name begins alike; its unit tells it apart.
        centres = {
            point.id: point.unit.name if point.kind == "centre" else point.name
            for point in self._directory.points(every=True)}
        return Names(procedures, centres, {name: state.label for name, state in load_states().items()})

    def _field_of(self, code: str) -> str:
        known = self._knowledge.get(code) if code else None
        return known.guide.field[:200] if known else ""


def build_reports(
    settings: Settings, database: Database, knowledge: KnowledgeBase, dossiers: Dossiers
) -> Reports:
    """The reports over the service's parts."""
    return Reports(
        database, knowledge, dossiers.centres.directory, dossiers.calendar.today, dossiers.desk.workload,
        settings.open_data_licence)
