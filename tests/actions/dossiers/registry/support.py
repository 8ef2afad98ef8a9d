"""Drafts ready to be submitted, many and fast; rooms on a database of their own."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, insert, select

from actions.companion.bundle import Dossiers, build_dossiers
from actions.dossiers.tables import DossierRow, DraftRow, DraftValueRow
from bot.migrations import migrate
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.test_submission import fill
from tests.postgres import database_url


def settings_on(kind: str, home: Path) -> Settings:
    """Settings of a room on a fresh database of `kind`; skips where there is no such server."""
    return Settings(home=home, database_url=database_url(kind, home), _env_file=None)


def open_room(settings: Settings) -> tuple[Dossiers, Database]:
    database = Database.from_settings(settings)
    migrate(database)
    return build_dossiers(settings, database, Keyring.from_settings(settings)), database


def ready_drafts(room: Dossiers, database: Database, number: int) -> list[str]:
    """Ids of `number` drafts on review, one a conversation (r0, r1, …): one filled in, the others copies of it."""
    first = fill(room, "r0").id
    with database.session() as session:
        draft = dict(session.execute(select(DraftRow.__table__).where(DraftRow.id == first)).mappings().one())
        values = [dict(row) for row in session.execute(
            select(DraftValueRow.__table__).where(DraftValueRow.draft_id == first)).mappings()]
        ids = [first, *(f"{copy:032x}" for copy in range(1, number))]
        for copy, draft_id in enumerate(ids[1:], start=1):
            session.execute(insert(DraftRow).values({**draft, "id": draft_id, "conversation_id": f"r{copy}"}))
            session.execute(insert(DraftValueRow), [{**value, "draft_id": draft_id} for value in values])
    return ids


def count(database: Database, table: type, *where: object) -> int:
    with database.session(write=False) as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0  # type: ignore[arg-type]


def dossier_of(database: Database, draft_id: str) -> DossierRow | None:
    with database.session(write=False) as session:
        return session.scalars(select(DossierRow).where(DossierRow.draft_id == draft_id)).one_or_none()
