"""Replies kept for use again: everybody's and one's own, with variables filled in from the conversation at hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from actions.messages import Messages
from bot.desk.tables import DeskCannedRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import Forbidden, InvalidInput, NotFound
from common.identifiers import mask

__all__ = ["VARIABLES", "Canned", "CannedReply", "filled", "variables_of"]

VARIABLES = {
    "ten": "cách gọi người dân (anh/chị)",
    "can_bo": "tên của cán bộ đang trả lời",
    "thu_tuc": "tên thủ tục của cuộc trò chuyện",
    "ma_ho_so": "mã hồ sơ được nhắc gần nhất",
    "so_phieu": "số phiếu của yêu cầu",
    "gio_lam_viec": "giờ làm việc",
}
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_LONGEST_TITLE, _LONGEST_TEXT = 80, 2000


@dataclass(frozen=True)
class CannedReply:
    """`owner` "" is everybody's."""

    id: int
    owner: str
    title: str
    text: str
    changed_by: str
    changed_at: datetime


class Canned:
    """Lists, adds, changes and removes; every change is in the audit log."""

    def __init__(self, database: Database, texts: Messages) -> None:
        self._database, self._texts = database, texts

    def of(self, person: str) -> Sequence[CannedReply]:
        """What `person` may use: their own first, then everybody's, by title."""
        query = select(DeskCannedRow).where(or_(DeskCannedRow.owner == "", DeskCannedRow.owner == person))
        with self._database.session(write=False) as session:
            rows = session.scalars(query.order_by(DeskCannedRow.owner.desc(), DeskCannedRow.title))
            return [_reply(row) for row in rows]

    def save(self, canned_id: int, person: str, title: str, text: str, *, shared: bool) -> None:
        """Adds one (`canned_id` 0) or changes one. Raises InvalidInput, NotFound, Forbidden (somebody else's own)."""
        title, text = " ".join(title.split()), text.strip()
        self._check(title, text)
        with self._database.session() as session:
            row = self._row(session.get(DeskCannedRow, canned_id), person) if canned_id else None
            before = {"title": row.title, "text": row.text, "shared": not row.owner} if row else None
            if row is None:
                row = DeskCannedRow(owner="", title="", text="", changed_by=person)
                session.add(row)
            row.owner, row.title, row.text = "" if shared else person, title, mask(text)
            row.changed_by, row.changed_at = person, utc_now()
            session.flush()
            record(session, person, "desk.canned", f"canned:{row.id}", before=before,
                   after={"title": title, "text": row.text, "shared": shared})

    def remove(self, canned_id: int, person: str) -> None:
        """Raises NotFound, Forbidden."""
        with self._database.session() as session:
            row = self._row(session.get(DeskCannedRow, canned_id), person)
            record(session, person, "desk.canned_remove", f"canned:{row.id}",
                   before={"title": row.title, "text": row.text, "shared": not row.owner})
            session.delete(row)

    def _row(self, row: DeskCannedRow | None, person: str) -> DeskCannedRow:
        if row is None:
            raise NotFound(self._texts.render("problem.canned_gone"))
        if row.owner not in ("", person):
            raise Forbidden(self._texts.render("problem.canned_foreign"))
        return row

    def _check(self, title: str, text: str) -> None:
        if not 0 < len(title) <= _LONGEST_TITLE:
            raise InvalidInput(self._texts.render("problem.canned_title"), field="title")
        if not 0 < len(text) <= _LONGEST_TEXT:
            raise InvalidInput(self._texts.render("problem.canned_text", limit=_LONGEST_TEXT), field="text")
        unknown = next((name for name in variables_of(text) if name not in VARIABLES), None)
        if unknown is not None:
            known = ", ".join(f"{{{{{name}}}}}" for name in VARIABLES)
            raise InvalidInput(
                self._texts.render("problem.canned_variable", name=f"{{{{{unknown[:40]}}}}}", known=known),
                field="text")


def variables_of(text: str) -> list[str]:
    """The names between double braces, known or not."""
    return _VARIABLE.findall(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with the variables that have a value; one without stays as it is, for the person to see and mend."""
    return _VARIABLE.sub(lambda found: values.get(found[1]) or found[0], text)


def _reply(row: DeskCannedRow) -> CannedReply:
    return CannedReply(row.id, row.owner, row.title, row.text, row.changed_by, row.changed_at)
