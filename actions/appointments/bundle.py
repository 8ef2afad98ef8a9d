"""The appointments' parts, put together once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from actions.appointments.booking import Appointments, Reminding
from actions.appointments.calling_off import CallingOff
from actions.appointments.setup import SlotSetup
from actions.appointments.timetable import Timetable
from actions.appointments.wording import AppointmentWording
from actions.centres.bundle import CentreRoom
from actions.dossiers.access import Access
from actions.messages import Messages
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring
from common.links import Links
from common.settings import Settings

__all__ = ["MESSAGES_FILE", "AppointmentRoom", "build_appointments"]

MESSAGES_FILE = Path(__file__).parent / "messages.yml"


@dataclass(frozen=True)
class AppointmentRoom:
    """Everything about appointments."""

    timetable: Timetable
    bookings: Appointments
    setup: SlotSetup
    calling_off: CallingOff
    wording: AppointmentWording
    texts: Messages


def build_appointments(
    settings: Settings, database: Database, keyring: Keyring, centres: CentreRoom, access: Access, links: Links,
    reminding: Reminding | None, now: Callable[[], datetime] = utc_now,
) -> AppointmentRoom:
    """`reminding` is the notices' service; without it nobody is reminded."""
    texts = Messages.load(MESSAGES_FILE)
    lead = timedelta(minutes=settings.appointment_lead_minutes)
    timetable = Timetable(database, centres.directory, settings.appointment_days_ahead, lead, now)
    bookings = Appointments(database, keyring, centres.directory, timetable, access, texts, reminding, now)
    wording = AppointmentWording(centres.directory, bookings, links, texts, settings.base_url)
    calling_off = CallingOff(database, centres.directory, texts, reminding, now)
    return AppointmentRoom(
        timetable, bookings, SlotSetup(database, keyring, texts, now), calling_off, wording, texts)
