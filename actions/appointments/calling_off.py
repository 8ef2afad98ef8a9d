"""Staff call appointments off: one, or all of a day that are still to come. The citizen is told, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.appointments.booking import Reminding
from actions.appointments.tables import AppointmentRow
from actions.centres.directory import Directory
from actions.messages import Messages
from common.audit import record
from common.clock import LOCAL, to_local, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput
from common.identifiers import mask

__all__ = ["CalledOff", "CallingOff"]

_SHORTEST, _LONGEST = 5, 300
_BOOKED, _KIND = "appointment", "appointment_off"


@dataclass(frozen=True)
class CalledOff:
    """Numbers of the appointments cancelled; `unreached`: of those whose citizens want no messages, to be called."""

    numbers: tuple[str, ...]
    unreached: tuple[str, ...]


class CallingOff:
    """One transaction: the seat is free, the reminder gone and the notice put down together."""

    def __init__(
        self, database: Database, directory: Directory, texts: Messages, reminding: Reminding | None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._directory = directory
        self._texts = texts
        self._reminding = reminding
        self._now = now

    def call_off(self, point_id: str, day: date, reason: str, actor: str, number: str = "") -> CalledOff:
        """Cancels `number`, or without it all that are booked on `day` and have not begun. Raises InvalidInput without
        a reason, Conflict where nothing is left to cancel."""
        reason = mask(" ".join(reason.split()))
        if not _SHORTEST <= len(reason) <= _LONGEST:
            raise InvalidInput(self._texts.render("problem.off_reason", least=_SHORTEST), field="reason")
        with self._database.session() as session:
            rows = session.scalars(self._ahead(point_id, day, number)).all()
            if not rows:
                raise Conflict(self._texts.render("problem.over"))
            place = self._directory.read(session, point_id, every=True).name
            for row in rows:
                self._cancel(session, row, place, reason, actor)
            silent = [row.number for row in rows if self._silent(session, row)]
            return CalledOff(tuple(row.number for row in rows), tuple(silent))

    def _ahead(self, point_id: str, day: date, number: str):  # type: ignore[no-untyped-def]  # a Select of one entity
        first = datetime.combine(day, time.min, LOCAL)
        query = select(AppointmentRow).where(
            AppointmentRow.point_id == point_id, AppointmentRow.state == "booked",
            AppointmentRow.starts_at >= max(first, self._now()),
            AppointmentRow.starts_at < first + timedelta(days=1)).order_by(AppointmentRow.starts_at).with_for_update()
        return query.where(AppointmentRow.number == number) if number else query

    def _cancel(self, session: Session, row: AppointmentRow, place: str, reason: str, actor: str) -> None:
        row.state, row.seat, row.marked_by = "cancelled", None, actor[:64]
        row.sequence, row.updated_at = row.sequence + 1, self._now()
        record(session, actor, "appointment.cancel", f"appointment:{row.number}", reason=reason)
        if self._reminding is None:
            return
        self._reminding.forget(session, row.conversation_id, _BOOKED, row.id)
        when = self._texts.render("reminder_when", time=f"{to_local(row.starts_at):%H:%M}", day=row.starts_at)
        values = {"number": row.number, "when": when, "place": place, "reason": reason, "code": row.dossier_code}
        self._reminding.remind(session, row.conversation_id, _KIND, row.id, self._now(), values)

    def _silent(self, session: Session, row: AppointmentRow) -> bool:
        return self._reminding is None or self._reminding.silent(session, row.conversation_id)
