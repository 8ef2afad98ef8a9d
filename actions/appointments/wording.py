"""Appointments in words, their links, and the offer on a dossier's page."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from actions.appointments.booking import Appointment, Appointments
from actions.appointments.calendar_file import calendar_file
from actions.centres.directory import Directory
from actions.dossiers.registry.offers import Offer
from actions.dossiers.registry.status import PublicStatus
from actions.messages import Messages
from common.clock import to_local, utc_now
from common.links import Links

__all__ = ["AppointmentWording"]

KIND, NEW = "appointment", "booking"
_AFTERWARDS = timedelta(days=2)
_NEW_LIFE = timedelta(hours=2)
_OVER = ("returned", "rejected", "withdrawn")


class AppointmentWording:
    """Sentences and addresses."""

    def __init__(
        self, directory: Directory, bookings: Appointments, links: Links, texts: Messages, base_url: str
    ) -> None:
        self._directory = directory
        self._bookings = bookings
        self._links = links
        self._texts = texts
        self._base_url = base_url
        self._weekdays = texts.render("weekday").split("\n")

    def when(self, start: datetime) -> str:
        """ "08:00 thứ Ba, ngày 24/11/2026"."""
        local = to_local(start)
        return self._texts.render("when", time=f"{local:%H:%M}", weekday=self.weekday(local.date()), day=local)

    def weekday(self, day: date) -> str:
        """ "thứ Ba"."""
        return self._weekdays[day.weekday()]

    def weekday_title(self, day: date) -> str:
        """ "Thứ Ba", at the beginning of a line."""
        said = self.weekday(day)
        return said[:1].upper() + said[1:]

    def name(self, appointment: Appointment) -> str:
        """The point's name."""
        return self._directory.point(appointment.point_id, every=True).name

    def path(self, appointment: Appointment) -> str:
        """The appointment's page; whoever holds the address may move or cancel it."""
        life = max(appointment.ends_at - utc_now(), timedelta()) + _AFTERWARDS
        return f"/appointments/{self._links.make(KIND, appointment.id, life)}"

    def address(self, appointment: Appointment, below: str = "") -> str:
        return f"{self._base_url}{self.path(appointment)}{below}"

    def new_path(self, conversation_id: str, procedure_code: str = "") -> str:
        """The page that books for a conversation."""
        return f"/appointments/new/{self._links.make(NEW, f'{conversation_id}/{procedure_code}', _NEW_LIFE)}"

    def opened(self, token: str) -> str:
        """The appointment's id. Raises NotFound."""
        return self._links.open(KIND, token)

    def opened_new(self, token: str) -> tuple[str, str]:
        """Conversation and procedure code. Raises NotFound."""
        conversation_id, _, procedure = self._links.open(NEW, token).partition("/")
        return conversation_id, procedure

    def file(self, appointment: Appointment) -> bytes:
        """The calendar file."""
        point = self._directory.point(appointment.point_id, every=True)
        return calendar_file(appointment, point, self._texts, self._base_url)

    def offers(self, status: PublicStatus) -> list[Offer]:
        """On a dossier's page: book, or the appointment that stands. Whether any centre offers slots is said there."""
        if status.status in _OVER:
            return []
        booked = self._bookings.of_dossier(status.code)
        title = self._texts.render("offer_booked", when=self.when(booked.starts_at)) if booked else (
            self._texts.render("offer"))
        return [Offer(title, "/appointment", 40)]
