"""Citizens who want to be called back: their number only with consent, sealed, gone when the call is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from actions.messages import Messages
from bot.desk.cases import add_note, open_case
from bot.desk.tables import DeskCallbackRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput
from common.identifiers import mask, parse_phone
from common.keyring import Keyring

__all__ = ["Callback", "Callbacks"]

CONSENT = "callback-1"  # version of `callback.consent` in messages.yml
_LONGEST_NOTE = 500
_REASON = (5, 300)


@dataclass(frozen=True)
class Callback:
    """A wish to be called; `shown` is the number with its middle hidden."""

    id: int
    conversation_id: str
    need: str
    unit: str
    shown: str
    state: str
    note: str
    actor: str | None
    asked_at: datetime
    done_at: datetime | None


class Callbacks:
    """Keeps, lists, reveals (a logged act) and settles calls."""

    def __init__(self, database: Database, keyring: Keyring, texts: Messages) -> None:
        self._database, self._keyring, self._texts = database, keyring, texts

    def keep(self, conversation_id: str, text: str) -> str:
        """Seals the number that the citizen consented to leave; a later one replaces it. Returns what may be shown.
        Raises InvalidInput for what is no telephone number."""
        phone = parse_phone(text)
        shown = mask(phone)
        with self._database.session() as session:
            row = session.scalars(select(DeskCallbackRow).where(
                DeskCallbackRow.conversation_id == conversation_id, DeskCallbackRow.state == "open")).first()
            if row is None:
                case = open_case(session, conversation_id)
                row = DeskCallbackRow(
                    conversation_id=conversation_id, need=case.need if case else "", unit=case.unit if case else "",
                    state="open", note="", consent=CONSENT, shown=shown)
                session.add(row)
                add_note(session, conversation_id, "system", "system", self._texts.render("note.callback"))
            row.sealed_phone, row.shown, row.asked_at = self._keyring.encrypt(phone), shown, utc_now()
        return shown

    def page(self, state: str, page: int, size: int) -> tuple[Sequence[Callback], bool]:
        """A page of the calls that are open or settled, and whether there are more."""
        settled = DeskCallbackRow.state != "open"
        query = select(DeskCallbackRow).where(settled if state == "settled" else DeskCallbackRow.state == "open")
        order = DeskCallbackRow.done_at.desc() if state == "settled" else DeskCallbackRow.asked_at
        with self._database.session(write=False) as session:
            rows = session.scalars(query.order_by(order).offset((page - 1) * size).limit(size + 1)).all()
            return [_callback(row) for row in rows[:size]], len(rows) > size

    def of(self, conversation_id: str) -> Callback | None:
        """The open wish of a conversation."""
        with self._database.session(write=False) as session:
            row = session.scalars(select(DeskCallbackRow).where(
                DeskCallbackRow.conversation_id == conversation_id, DeskCallbackRow.state == "open")).first()
            return _callback(row) if row else None

    def reveal(self, callback_id: int, actor: str, reason: str) -> str:
        """The number; who looked and why is in the audit log first. Raises InvalidInput, Conflict."""
        reason = " ".join(reason.split())
        if not _REASON[0] <= len(reason) <= _REASON[1]:
            raise InvalidInput(self._texts.render("problem.reason"), field="reason")
        with self._database.session() as session:
            row = session.get(DeskCallbackRow, callback_id)
            if row is None or row.sealed_phone is None:
                raise Conflict(self._texts.render("problem.callback"))
            record(session, actor, "desk.reveal", f"callback:{row.id}", reason=mask(reason))
            return self._keyring.decrypt(row.sealed_phone).decode()

    def settle(self, callback_id: int, actor: str, *, done: bool, note: str) -> None:
        """The call is done, or given up after trying; the number is deleted. Raises Conflict when somebody settled it
        before."""
        with self._database.session() as session:
            row = session.get(DeskCallbackRow, callback_id, with_for_update=True)
            if row is None or row.state != "open":
                raise Conflict(self._texts.render("problem.callback"))
            row.state, row.actor, row.done_at = "done" if done else "failed", actor, utc_now()
            row.note, row.sealed_phone = mask(" ".join(note.split())[:_LONGEST_NOTE]), None
            record(session, actor, "desk.callback", f"callback:{row.id}", after={"state": row.state})


def _callback(row: DeskCallbackRow) -> Callback:
    return Callback(
        row.id, row.conversation_id, row.need, row.unit, row.shown, row.state, row.note, row.actor, row.asked_at,
        row.done_at)
