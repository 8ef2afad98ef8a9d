"""Names of streets and areas that staff enter, and the unit that each lies in. None is shipped: no open list exists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from actions.answers.words import fold
from actions.centres.places import Centres, Unit
from actions.centres.tables import PlaceAliasRow
from actions.messages import Messages
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput

__all__ = ["Alias", "Aliases"]


@dataclass(frozen=True)
class Alias:
    """A street or area in `unit`; `detail` says which part of it, where it runs through several units."""

    id: int
    name: str
    unit: Unit
    detail: str
    updated_by: str = ""


class Aliases:
    """Reads and changes the names."""

    def __init__(
        self, database: Database, centres: Centres, texts: Messages, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._centres = centres
        self._texts = texts
        self._now = now

    def all(self) -> list[Alias]:
        """By name, then in order of entry."""
        with self._database.session(write=False) as session:
            rows = session.scalars(select(PlaceAliasRow).order_by(PlaceAliasRow.key, PlaceAliasRow.id))
            return self._read(list(rows))

    def mentioned(self, text: str) -> list[Alias]:
        """The entries of the longest name that `text` holds: several where a street runs through several units."""
        folded = f" {fold(text)} "
        with self._database.session(write=False) as session:
            known = session.scalars(select(PlaceAliasRow).order_by(PlaceAliasRow.id))
            rows = [row for row in known if f" {row.key} " in folded]
        longest = max((len(row.key) for row in rows), default=0)
        return self._read([row for row in rows if len(row.key) == longest])

    def add(self, name: str, commune: str, detail: str, actor: str) -> Alias:
        """Raises InvalidInput: no name, unknown unit, a unit's own name, or an entry that stands already."""
        name, detail = " ".join(name.split()), " ".join(detail.split())
        unit = self._centres.unit(commune)
        if unit is None:
            raise InvalidInput(self._texts.render("edit.commune"), field="commune")
        if not 2 <= len(name) <= 200 or len(fold(name)) < 2 or len(detail) > 200:
            raise InvalidInput(self._texts.render("edit.alias"), field="name")
        if self._centres.find(name):
            raise InvalidInput(self._texts.render("edit.alias_known", name=name), field="name")
        row = PlaceAliasRow(
            name=name, key=fold(name)[:200], commune=unit.code, detail=detail, updated_by=actor, updated_at=self._now())
        try:
            with self._database.session() as session:
                session.add(row)
                session.flush()
                return Alias(row.id, name, unit, detail, actor)
        except IntegrityError as error:
            raise InvalidInput(self._texts.render("edit.alias_twice", unit=unit.said), field="name") from error

    def remove(self, alias_id: int) -> None:
        with self._database.session() as session:
            session.execute(delete(PlaceAliasRow).where(PlaceAliasRow.id == alias_id))

    def _read(self, rows: Sequence[PlaceAliasRow]) -> list[Alias]:
        return [
            Alias(row.id, row.name, unit, row.detail, row.updated_by)
            for row in rows
            if (unit := self._centres.unit(row.commune))
        ]
