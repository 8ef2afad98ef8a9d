"""Answers to a request for a supplement that come with files: checked, stored, then taken, each request at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from actions.dossiers.attachments.kinds import Kind
from actions.dossiers.attachments.uploads import Uploads
from actions.dossiers.registry.requests import Asked
from actions.dossiers.registry.supplements import Supplements
from actions.dossiers.tables import DossierRow
from common.database import Database
from common.identifiers import parse_dossier_code

__all__ = ["ACCEPT", "SupplementFiles"]

ACCEPT: tuple[Kind, ...] = ("jpg", "png", "pdf")


class SupplementFiles:
    """Between the uploads and the registry, which knows files only by their ids."""

    def __init__(self, database: Database, uploads: Uploads, supplements: Supplements) -> None:
        self._database = database
        self._uploads = uploads
        self._supplements = supplements

    def answer(
        self, code: str, number: int, *, text: str = "", files: Sequence[tuple[str, bytes]] = ()
    ) -> list[Asked]:
        """Names and contents of files, and a text, as the answer to request `number`; returns what is still open.

        Nothing is kept when one file is unusable, or the request is over. Raises as `Uploads.check` and
        `Supplements.answer` do.
        """
        checked = [self._uploads.check(name, content, ACCEPT) for name, content in files]
        owner = self._owner(code)
        # Files that the registry then refuses belong to nobody, and are purged within the hour.
        stored = [self._uploads.store(owner, upload) for upload in checked]
        return self._supplements.answer(code, number, text=text, files=stored)

    def _owner(self, code: str) -> str:
        """The conversation that the dossier came from: erasing it later finds these files, too."""
        with self._database.session(write=False) as session:
            query = select(DossierRow.conversation_id).where(DossierRow.code == parse_dossier_code(code).value)
            return session.scalar(query) or ""
