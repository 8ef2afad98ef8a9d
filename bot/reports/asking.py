"""What a figure is made from: the counts, the scope asked for, names and words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.reports.forecast.store import Made
from bot.reports.period import Scope
from bot.reports.sheets import Chart, Column, Figure, Row
from knowledge_base.golden.store import DayQuality

__all__ = ["Asking", "Known", "Names"]


@dataclass(frozen=True)
class Known:
    """A procedure that counts today; `curated`: a guide of ours, not only an entry of the catalogue."""

    name: str
    field: str
    curated: bool


@dataclass(frozen=True)
class Names:
    """Names of what counts are stored under, by code."""

    procedures: Mapping[str, Known]
    centres: Mapping[str, str]
    states: Mapping[str, str]


@dataclass(frozen=True)
class Asking:
    """One request for figures."""

    session: Session
    scope: Scope
    names: Names
    texts: Messages
    # What isn't among the counts: runs of the golden questions, the last forecast.
    quality: Callable[[], Iterable[DayQuality]]
    demand: Callable[[], Made | None]

    def text(self, key: str, **values: Any) -> str:
        return self.texts.render(key, **values)

    def label(self, group: str, name: str) -> str:
        """The word for a stored label, or the label itself where an adapter brought one of its own."""
        key = f"{group}.{name}"
        return self.texts.render(key) if self.texts.has(key) else name

    def procedure(self, code: str) -> str:
        known = self.names.procedures.get(code)
        return known.name if known else code or self.text("none.procedure")

    def field(self, code: str) -> str:
        known = self.names.procedures.get(code)
        return known.field if known else ""

    def centre(self, code: str) -> str:
        return self.names.centres.get(code, code) if code else self.text("none.centre")

    def state(self, name: str) -> str:
        return self.names.states.get(name, name)

    def figure(
        self, key: str, columns: tuple[Column, ...], rows: list[Row], *, said: str = "",
        notes: tuple[str, ...] = (), chart: Chart | None = None, empty: str = "",
    ) -> Figure:
        """A figure whose title and standing note are found under its key."""
        note = f"figure.{key}.note"
        standing = (self.text(note),) if self.texts.has(note) else ()
        return Figure(
            key, self.text(f"figure.{key}.title"), columns, rows, said if rows else "", (*standing, *notes),
            chart if rows else None, empty)
