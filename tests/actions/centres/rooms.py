"""Centres and appointments over a real database, with a calendar and a clock that tests set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from actions.appointments.bundle import AppointmentRoom, build_appointments
from actions.appointments.setup import Span
from actions.centres.bundle import CentreRoom, build_centres
from actions.dossiers import MESSAGES_FILE
from actions.dossiers.access import Access
from actions.dossiers.registry.workdays import Workdays
from actions.messages import Messages
from common.clock import LOCAL
from common.database import Database
from common.keyring import Keyring
from common.links import Links
from common.settings import Settings

# A Tuesday, 17/11/2026, 09:00 in Vietnam.
TUESDAY = datetime(2026, 11, 17, 9, 0, tzinfo=LOCAL)
CENTRE = "06673"


class Clock:
    """A settable now."""

    def __init__(self, moment: datetime = TUESDAY) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **step: float) -> None:
        self.moment += timedelta(**step)


@dataclass
class Reminders:
    """What was put down to remind of: (conversation, key) to moment and values."""

    set: dict[tuple[str, str], tuple[datetime, dict[str, Any]]] = field(default_factory=dict)

    def remind(
        self, session: Session, conversation_id: str, kind: str, key: str, at: datetime, values: dict[str, Any]
    ) -> None:
        assert kind in ("appointment", "appointment_off") and session.is_active
        self.set[conversation_id, key] = (at, values)

    def forget(self, session: Session, conversation_id: str, kind: str, key: str) -> bool:
        return self.set.pop((conversation_id, key), None) is not None

    def silent(self, session: Session, conversation_id: str) -> bool:
        return conversation_id == "silent"


@dataclass
class Rooms:
    """Everything, on one database."""

    database: Database
    keyring: Keyring
    clock: Clock
    centres: CentreRoom
    appointments: AppointmentRoom
    reminders: Reminders
    changes: dict[date, bool]

    def opens_booking(self, capacity: int = 2, minutes: int = 30, point: str = CENTRE) -> None:
        self.appointments.setup.add_template(point, range(5), Span("07:30", "11:30", minutes, capacity), "lan")


def build_rooms(settings: Settings, database: Database, clock: Callable[[], datetime] | None = None) -> Rooms:
    keyring = Keyring.from_settings(settings)
    now = Clock() if clock is None else clock
    changes: dict[date, bool] = {}
    centres = build_centres(database, settings.office_hours, lambda: Workdays(changes), now)
    texts = Messages.load(MESSAGES_FILE)
    reminders = Reminders()
    links = Links(keyring, texts.render("link.gone"))
    appointments = build_appointments(
        settings, database, keyring, centres, Access(database, texts), links, reminders, now)
    return Rooms(database, keyring, now, centres, appointments, reminders, changes)  # type: ignore[arg-type]
