"""Booking, moving and cancelling. A seat is taken by inserting its row; the unique constraint decides between two."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.appointments.contact import Contact
from actions.appointments.schedule import Slot
from actions.appointments.tables import AppointmentRow
from actions.appointments.timetable import Timetable
from actions.centres.directory import Directory, Point
from actions.dossiers.access import Access, grant
from actions.dossiers.tables import DossierRow
from actions.messages import Messages
from common.clock import to_local, utc_now
from common.database import Database
from common.errors import Conflict, NotFound
from common.keyring import Keyring

__all__ = ["Appointment", "Appointments", "Matter", "Reminding", "as_appointment"]

MOST_UPCOMING = 3
_REMIND_BEFORE = (timedelta(hours=24), timedelta(hours=2))
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without 0/O and 1/I, for reading aloud
_KIND = "appointment"


class Reminding(Protocol):
    """`actions.notices.Notices`, as far as appointments use it."""

    def remind(
        self, session: Session, conversation_id: str, kind: str, key: str, at: datetime, values: dict[str, Any]
    ) -> None: ...
    def forget(self, session: Session, conversation_id: str, kind: str, key: str) -> bool: ...
    def silent(self, session: Session, conversation_id: str) -> bool: ...


@dataclass(frozen=True)
class Matter:
    """What the appointment is about; all empty for a general visit."""

    dossier_code: str = ""
    procedure_code: str = ""
    title: str = ""


@dataclass(frozen=True)
class Appointment:
    """One appointment as its citizen sees it. Times are in Vietnam's time."""

    id: str
    number: str
    point_id: str
    starts_at: datetime
    ends_at: datetime
    state: str
    matter: Matter
    sequence: int
    conversation_id: str
    updated_at: datetime
    remind: bool = False


class Appointments:
    """Books for conversations. Whoever holds the conversation or the appointment's link may change it."""

    def __init__(
        self, database: Database, keyring: Keyring, directory: Directory, timetable: Timetable, access: Access,
        texts: Messages, reminding: Reminding | None = None, now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._directory = directory
        self._timetable = timetable
        self._access = access
        self._texts = texts
        self._reminding = reminding
        self._now = now

    def book(
        self, conversation_id: str, point_id: str, starts_at: datetime, request_key: str,
        matter: Matter | None = None, contact: Contact | None = None, *, remind: bool = False,
    ) -> Appointment:
        """The booking; the same one again for a repeated `request_key` of the same conversation. `remind` says that
        the citizen wants to be reminded.

        Raises NotFound (point, or a dossier that the conversation may not act on), Conflict (full, no such slot, too
        many, the dossier has one already).
        """
        point = self._directory.point(point_id)
        slot = self._slot(point, starts_at)
        row = AppointmentRow(
            id=secrets.token_hex(16), number=_number(), conversation_id=conversation_id, sequence=0, remind=remind,
            request_key=self._keyring.digest("appointment-request", f"{conversation_id}:{request_key}"))
        _describe(row, matter or Matter(), contact, self._keyring, self._now())
        return self._seated(point, slot, lambda session: self._new(session, row), moves=False)

    def book_linked(
        self, code: str, point_id: str, starts_at: datetime, request_key: str, contact: Contact | None = None, *,
        remind: bool = False,
    ) -> Appointment:
        """As `book`, for whoever holds the dossier's signed link: booked for the conversation that submitted it."""
        with self._database.session(write=False) as session:
            owner = session.scalar(select(DossierRow.conversation_id).where(DossierRow.code == code))
        if owner is None:
            raise NotFound(self._texts.render("problem.gone"))
        with self._database.session() as session:
            # The link is the permission; it lasts as long as one by link does in the conversation.
            dossier_id = session.scalar(select(DossierRow.id).where(DossierRow.code == code))
            grant(session, owner, str(dossier_id), "link")
        return self.book(owner, point_id, starts_at, request_key, Matter(code), contact, remind=remind)

    def move(self, appointment_id: str, point_id: str, starts_at: datetime) -> Appointment:
        """The same appointment at another time or point; nothing changes when the new seat can't be had."""
        point = self._directory.point(point_id)
        slot = self._slot(point, starts_at)
        return self._seated(point, slot, lambda session: self._waiting(session, appointment_id), moves=True)

    def cancel(self, appointment_id: str) -> Appointment:
        """Frees the seat. Cancelled again, it stays cancelled. Raises NotFound, Conflict when it is over."""
        with self._database.session() as session:
            row = self._row(session, appointment_id)
            if row.state != "cancelled":
                row = self._waiting(session, appointment_id)
                row.state, row.seat = "cancelled", None
                row.sequence, row.updated_at = row.sequence + 1, self._now()
                if self._reminding:
                    self._reminding.forget(session, row.conversation_id, _KIND, row.id)
            return as_appointment(row)

    def wish_reminder(self, appointment_id: str) -> Appointment:
        """The citizen wants to be reminded. Raises NotFound, Conflict when the appointment is over."""
        with self._database.session() as session:
            row = self._waiting(session, appointment_id)
            row.remind = True
            self._remind(session, row, self._directory.read(session, row.point_id, every=True))
            return as_appointment(row)

    def get(self, appointment_id: str) -> Appointment:
        """Raises NotFound."""
        with self._database.session(write=False) as session:
            return as_appointment(self._row(session, appointment_id))

    def upcoming(self, conversation_id: str) -> list[Appointment]:
        """Booked and not over, the soonest first."""
        with self._database.session(write=False) as session:
            return [as_appointment(row) for row in session.scalars(self._ahead(conversation_id))]

    def numbered(self, conversation_id: str, number: str) -> Appointment:
        """The conversation's own appointment of this number. Raises NotFound: another's looks like none."""
        with self._database.session(write=False) as session:
            row = session.scalars(select(AppointmentRow).where(
                AppointmentRow.number == number, AppointmentRow.conversation_id == conversation_id)).first()
            if row is None:
                raise NotFound(self._texts.render("problem.gone"))
            return as_appointment(row)

    def of_dossier(self, code: str) -> Appointment | None:
        """The booked appointment of a dossier that is still to come."""
        query = select(AppointmentRow).where(
            AppointmentRow.dossier_code == code, AppointmentRow.state == "booked",
            AppointmentRow.ends_at > self._now()).order_by(AppointmentRow.starts_at)
        with self._database.session(write=False) as session:
            row = session.scalars(query).first()
            return as_appointment(row) if row else None

    def erase(self, conversation_id: str) -> None:
        """Deletes the conversation's appointments; their seats are free again."""
        with self._database.session() as session:
            for row in session.scalars(select(AppointmentRow).where(
                    AppointmentRow.conversation_id == conversation_id)):
                session.delete(row)

    def _seated(
        self, point: Point, slot: Slot, find: Callable[[Session], AppointmentRow], *, moves: bool
    ) -> Appointment:
        """Puts a row on a free seat. Whoever loses a seat to another transaction looks for the next one, at most once
        a seat."""
        for _ in range(slot.capacity + 1):
            try:
                with self._database.session() as session:
                    row = find(session)
                    here = row.point_id == point.id and row.starts_at == slot.starts_at
                    if row.seat is not None and (here or not moves):
                        return as_appointment(row)
                    self._sit(session, row, point, slot)
                    session.flush()
                    self._remind(session, row, point)
                    return as_appointment(row)
            except IntegrityError:
                continue
        raise self._full(slot)

    def _sit(self, session: Session, row: AppointmentRow, point: Point, slot: Slot) -> None:
        with session.no_autoflush:
            taken = set(session.scalars(select(AppointmentRow.seat).where(
                AppointmentRow.point_id == point.id, AppointmentRow.starts_at == slot.starts_at,
                AppointmentRow.seat.is_not(None))))
            seat = next((seat for seat in range(slot.capacity) if seat not in taken), None)
            if seat is None or len(taken) >= slot.capacity:
                raise self._full(slot)
            row.sequence = row.sequence + 1 if row.point_id else 0
            row.point_id, row.seat = point.id, seat
            row.starts_at, row.ends_at, row.updated_at = slot.starts_at, slot.ends_at, self._now()

    def _new(self, session: Session, row: AppointmentRow) -> AppointmentRow:
        """The row to book, or that of an earlier request with the same key."""
        known = session.scalars(select(AppointmentRow).where(AppointmentRow.request_key == row.request_key)).first()
        if known is not None and known.state == "booked":
            return known
        fresh = _copy(row)
        if known is not None:  # booked once, cancelled since: a new request
            fresh.request_key = self._keyring.digest("appointment-request", fresh.id)
        if fresh.dossier_code:
            dossier = self._access.check(session, row.conversation_id, fresh.dossier_code, lock=True)
            self._none_yet(session, dossier)
            fresh.dossier_id, fresh.procedure_code = dossier.id, dossier.procedure_code
            fresh.title = dossier.title
        held = session.scalar(select(func.count()).select_from(self._ahead(row.conversation_id).subquery())) or 0
        if held >= MOST_UPCOMING:
            raise Conflict(self._texts.render("problem.too_many", limit=MOST_UPCOMING))
        session.add(fresh)
        return fresh

    def _none_yet(self, session: Session, dossier: DossierRow) -> None:
        other = session.scalars(select(AppointmentRow).where(
            AppointmentRow.dossier_id == dossier.id, AppointmentRow.state == "booked",
            AppointmentRow.ends_at > self._now())).first()
        if other:
            when = self._texts.render("reminder_when", time=f"{to_local(other.starts_at):%H:%M}", day=other.starts_at)
            raise Conflict(self._texts.render("problem.dossier_has_one", code=dossier.code, when=when))

    def _slot(self, point: Point, starts_at: datetime) -> Slot:
        slot = self._timetable.planned(point, starts_at)
        if slot is None:
            key = "not_a_slot" if self._timetable.offers(point) else "none_offered"
            raise Conflict(self._texts.render(f"problem.{key}", name=point.name))
        return slot

    def _full(self, slot: Slot) -> Conflict:
        when = self._texts.render("reminder_when", time=f"{slot.starts_at:%H:%M}", day=slot.starts_at)
        return Conflict(self._texts.render("problem.full", when=when))

    def _remind(self, session: Session, row: AppointmentRow, point: Point) -> None:
        """A day before, else two hours before, else not at all; only who wished it."""
        if self._reminding is None or not row.remind:
            return
        now = self._now()
        at = next((row.starts_at - before for before in _REMIND_BEFORE if row.starts_at - before > now), None)
        if at is None:
            self._reminding.forget(session, row.conversation_id, _KIND, row.id)
            return
        when = self._texts.render("reminder_when", time=f"{to_local(row.starts_at):%H:%M}", day=row.starts_at)
        values = {"when": when, "place": point.name, "code": row.dossier_code}
        self._reminding.remind(session, row.conversation_id, _KIND, row.id, at, values)

    def _waiting(self, session: Session, appointment_id: str) -> AppointmentRow:
        row = self._row(session, appointment_id, lock=True)
        if row.state != "booked" or row.starts_at <= self._now():
            raise Conflict(self._texts.render("problem.over"))
        return row

    def _row(self, session: Session, appointment_id: str, *, lock: bool = False) -> AppointmentRow:
        row = session.get(AppointmentRow, appointment_id, with_for_update=lock or None)
        if row is None:
            raise NotFound(self._texts.render("problem.gone"))
        return row

    def _ahead(self, conversation_id: str) -> Any:
        return select(AppointmentRow).where(
            AppointmentRow.conversation_id == conversation_id, AppointmentRow.state == "booked",
            AppointmentRow.ends_at > self._now()).order_by(AppointmentRow.starts_at)


def _describe(row: AppointmentRow, matter: Matter, contact: Contact | None, keyring: Keyring, now: datetime) -> None:
    row.dossier_code, row.procedure_code, row.title = matter.dossier_code, matter.procedure_code, matter.title[:300]
    row.state, row.booked_at, row.updated_at, row.marked_by, row.point_id = "booked", now, now, "", ""
    if contact:
        row.sealed = keyring.encrypt(json.dumps({"name": contact.name, "phone": contact.phone}, ensure_ascii=False))
        row.consent_version, row.consent_at = contact.consent_version, now


def _copy(row: AppointmentRow) -> AppointmentRow:
    """A fresh row with the same values: one whose transaction failed can't be used again."""
    names = [column.key for column in AppointmentRow.__mapper__.column_attrs]
    return AppointmentRow(**{name: getattr(row, name) for name in names})


def _number() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(6))


def as_appointment(row: AppointmentRow) -> Appointment:
    """A row as the rest of the program sees it."""
    return Appointment(
        row.id, row.number, row.point_id, to_local(row.starts_at), to_local(row.ends_at), row.state,
        Matter(row.dossier_code, row.procedure_code, row.title), row.sequence, row.conversation_id, row.updated_at,
        row.remind)
