"""Which conversation may act on which dossier: the one that submitted it, one that gave the PIN, one that came by a
signed link.

Everything that shows or changes a dossier for a citizen asks here first, so there is one rule and one sentence.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from actions.dossiers.eforms.values import Texts
from actions.dossiers.tables import DossierAccessRow, DossierRow
from common.clock import utc_now
from common.database import Database
from common.errors import NotFound
from common.identifiers import parse_dossier_code

__all__ = ["Access", "grant"]

How = Literal["submitted", "pin", "link"]
# A PIN or a link proves who it is now, not for ever: a borrowed phone forgets after half a day.
_LIFE: dict[How, timedelta | None] = {"submitted": None, "pin": timedelta(hours=12), "link": timedelta(hours=12)}


class Access:
    """Grants and checks."""

    def __init__(self, database: Database, texts: Texts) -> None:
        self._database = database
        self._texts = texts

    def grant(self, conversation_id: str, code: str, how: How) -> None:
        """Lets the conversation act on the dossier. Raises NotFound for an unknown code."""
        with self._database.session() as session:
            row = session.scalars(select(DossierRow).where(DossierRow.code == parse_dossier_code(code).value)).first()
            if row is None:
                raise NotFound(self._texts.render("track.not_found"))
            grant(session, conversation_id, row.id, how)

    def check(self, session: Session, conversation_id: str, code: str, *, lock: bool = False) -> DossierRow:
        """The dossier, if the conversation may act on it now; `lock` holds it until the transaction ends.

        Raises NotFound: an unknown code and somebody else's dossier look alike. Callers in chat ask for the PIN then.
        """
        query = self._held(conversation_id).where(DossierRow.code == parse_dossier_code(code).value)
        row = session.scalars(query.with_for_update(of=DossierRow) if lock else query).first()
        if row is None:
            raise NotFound(self._texts.render("track.not_found"))
        return row

    def held(self, conversation_id: str) -> list[str]:
        """The codes that the conversation may act on now, the latest first."""
        with self._database.session(write=False) as session:
            rows = session.scalars(self._held(conversation_id).order_by(DossierRow.submitted_at.desc()))
            return [row.code for row in rows]

    def forget(self, conversation_id: str) -> None:
        with self._database.session() as session:
            session.execute(delete(DossierAccessRow).where(DossierAccessRow.conversation_id == conversation_id))

    def _held(self, conversation_id: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's Select of one entity
        valid = or_(DossierAccessRow.expires_at.is_(None), DossierAccessRow.expires_at > utc_now())
        return select(DossierRow).join(DossierAccessRow, DossierAccessRow.dossier_id == DossierRow.id).where(
            DossierAccessRow.conversation_id == conversation_id, valid)


def grant(session: Session, conversation_id: str, dossier_id: str, how: How) -> None:
    """Notes the permission inside the caller's transaction. One that does not expire is never shortened."""
    row = session.get(DossierAccessRow, (conversation_id, dossier_id))
    now, life = utc_now(), _LIFE[how]
    if row is None:
        row = DossierAccessRow(conversation_id=conversation_id, dossier_id=dossier_id, how=how, granted_at=now)
        session.add(row)
    elif row.expires_at is None:
        return
    row.how, row.expires_at = how, now + life if life else None
