"""What citizens are told while nobody is at the desk: the shipped sentences, or those that a manager wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.handoff.opening import Opening
from actions.messages import Messages
from bot.desk.canned import filled, variables_of
from bot.desk.tables import DeskTextRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput

__all__ = ["KINDS", "OPENS", "Absence", "AbsenceText"]

KINDS = ("closed", "holiday", "nobody")
"""Out of hours; on a holiday; in working hours with nobody at the desk."""
OPENS = "mo_lai"
"""The variable for the next opening: "07:30 ngày 23/11/2026"."""
_LONGEST = 600


@dataclass(frozen=True)
class AbsenceText:
    """The text of one kind as it is said now; `own` where a manager wrote it."""

    kind: str
    text: str
    own: bool
    changed_by: str = ""
    changed_at: datetime | None = None


class Absence:
    """Reads, says and changes the texts; every change is in the audit log."""

    def __init__(self, database: Database, texts: Messages) -> None:
        self._database, self._texts = database, texts

    def say(self, session: Session, kind: str, state: Opening) -> str:
        """The sentence for `kind`, with the next opening filled in. The shipped one stands in for a manager's text
        that names the opening while none is known: half a sentence is never said."""
        row = session.get(DeskTextRow, kind)
        opens = _when(state)
        if row is None or (OPENS in variables_of(row.text) and not opens):
            return self._shipped(kind, state)
        return filled(row.text, {OPENS: opens})

    def all(self, state: Opening) -> Sequence[AbsenceText]:
        """Every kind's text, variables as they are; a shipped one shows what it says at `state`."""
        with self._database.session(write=False) as session:
            rows = {row.key: row for row in session.scalars(select(DeskTextRow))}
        return [
            AbsenceText(kind, rows[kind].text, True, rows[kind].changed_by, rows[kind].changed_at)
            if kind in rows else AbsenceText(kind, self._shipped(kind, state), False)
            for kind in KINDS
        ]

    def save(self, kind: str, text: str, person: str) -> None:
        """Puts `text` in the place of the shipped sentence. Raises InvalidInput."""
        text = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
        self._check(kind, text)
        with self._database.session() as session:
            row = session.get(DeskTextRow, kind)
            before = {"text": row.text} if row else None
            if row is None:
                row = DeskTextRow(key=kind)
                session.add(row)
            row.text, row.changed_by, row.changed_at = text, person, utc_now()
            record(session, person, "desk.absence", f"absence:{kind}", before=before, after={"text": text})

    def restore(self, kind: str, person: str) -> None:
        """Goes back to the shipped sentence; nothing where it is in use."""
        with self._database.session() as session:
            row = session.get(DeskTextRow, kind)
            if row is not None:
                record(session, person, "desk.absence", f"absence:{kind}", before={"text": row.text}, after=None)
                session.delete(row)

    def _shipped(self, kind: str, state: Opening) -> str:
        opens = state.opens
        return self._texts.render(
            f"absent.{kind}", opens=opens.date() if opens else None, opens_time=f"{opens:%H:%M}" if opens else "")

    def _check(self, kind: str, text: str) -> None:
        if kind not in KINDS:
            raise InvalidInput(self._texts.render("problem.absence_kind"), field="kind")
        if not 0 < len(text) <= _LONGEST:
            raise InvalidInput(self._texts.render("problem.absence_text", limit=_LONGEST), field="text")
        unknown = next((name for name in variables_of(text) if name != OPENS), None)
        if unknown is not None:
            known = f"{{{{{OPENS}}}}}"
            raise InvalidInput(
                self._texts.render("problem.canned_variable", name=f"{{{{{unknown[:40]}}}}}", known=known),
                field="text")


def _when(state: Opening) -> str:
    return f"{state.opens:%H:%M} ngày {state.opens:%d/%m/%Y}" if state.opens else ""

