"""The records of each kind of data for its own citizen, values in the clear."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from actions.appointments.booking import Appointments
from actions.checklists.service import ChecklistService
from actions.dossiers.access import Access
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.registry.registry import Registry
from actions.dossiers.tables import DossierAccessRow, DossierRow
from actions.messages import Messages, day
from actions.notices.renewing import KIND, Renewals
from actions.notices.service import Notices
from actions.rights.holding import Line, Record
from common.clock import to_local
from common.database import Database

__all__ = ["Collector", "moment"]

# A forwarded link shows that a dossier exists and where it stands, not what was written in it.
_IN_FULL = ("submitted", "pin")


def moment(at: datetime) -> str:
    """A moment as it is read: 08:30 24/11/2026."""
    return f"{to_local(at):%H:%M %d/%m/%Y}"


class Collector:
    """One method a kind, named as in `holdings.yml`."""

    def __init__(
        self, database: Database, texts: Messages, drafts: DraftService, registry: Registry, access: Access,
        notices: Notices, checklists: ChecklistService, appointments: Appointments,
    ) -> None:
        self._database = database
        self._texts = texts
        self._drafts = drafts
        self._registry = registry
        self._access = access
        self._notices = notices
        self._checklists = checklists
        self._appointments = appointments
        # Conversations are the bot room's; it says how to read one.
        self.transcript: Callable[[str], Iterable[Mapping[str, Any]]] = lambda _: ()

    def chat(self, conversation_id: str) -> list[Record]:
        records = []
        for message in self.transcript(conversation_id):
            who = self._texts.render(f"person.{message['author']}")
            at = moment(datetime.fromisoformat(str(message["at"])))
            title = self._texts.render("record.said", at=at, who=who)
            records.append(Record(title=title, lines=[Line(label=who, value=str(message["text"]))]))
        return records

    def drafts(self, conversation_id: str) -> list[Record]:
        return [
            Record(
                title=self._texts.render("record.draft", title=draft.form.title),
                lines=[Line(label=field.label, value=value.display) for field, value in draft.answered])
            for draft in self._drafts.resumable(conversation_id)
        ]

    def dossiers(self, conversation_id: str) -> list[Record]:
        """Every dossier that the conversation may act on now; what was written in it only after PIN or submission."""
        return [self._dossier(conversation_id, code) for code in self._access.held(conversation_id)]

    def reminders(self, conversation_id: str) -> list[Record]:
        records = []
        for reminder in self._notices.reminders(conversation_id):
            lines = [self._line("at", moment(reminder.at))]
            if reminder.kind == KIND:
                given = day(date.fromisoformat(reminder.values["given"]))
                lines.append(self._line(f"given_{reminder.values['by']}", given))
            records.append(Record(title=self._called(self._notices.renewals, reminder), lines=lines))
        return records

    def consents(self, conversation_id: str) -> list[Record]:
        records = []
        for choice in self._notices.choices(conversation_id).values():
            lines = [
                self._line("chosen", self._texts.render(f"record.{'yes' if choice.given else 'no'}")),
                self._line("consent", moment(choice.at)), self._line("consent_version", choice.text_version)]
            if choice.address:
                lines.append(self._line("phone" if choice.purpose == "zalo" else "address", choice.address))
            title = self._texts.render(f"record.purpose.{choice.purpose}")
            records.append(Record(title=title, lines=lines))
        return records

    def checklists(self, conversation_id: str) -> list[Record]:
        return [
            Record(title=self._texts.render("record.checklist", code=kept.code), lines=[
                self._line("ticked", str(len(kept.ticked))), self._line("updated", moment(kept.updated_at))])
            for kept in self._checklists.of(conversation_id)
        ]

    def appointments(self, conversation_id: str) -> list[Record]:
        return [
            Record(title=self._texts.render("record.appointment", number=booked.number), lines=[
                self._line("starts", moment(booked.starts_at))])
            for booked in self._appointments.upcoming(conversation_id)
        ]

    def _dossier(self, conversation_id: str, code: str) -> Record:
        full = self._how(conversation_id, code) in _IN_FULL
        # The look stands in the dossier's timeline, as an officer's does.
        detail = self._registry.show(code, reveal_to=self._texts.render("person.citizen") if full else "")
        lines = [
            self._line("submitted", moment(detail.submitted_at)), self._line("state", detail.label),
            self._line("consent", moment(detail.consent_at)), self._line("consent_version", detail.consent_version)]
        if detail.due_on:
            lines.append(self._line("due", day(detail.due_on)))
        lines += [Line(label=field.label, value=field.value) for field in detail.fields]
        lines += [self._line("file", f"{file['type']}, {file['size']} B") for file in detail.files]
        return Record(title=self._texts.render("record.dossier", code=code, title=detail.title), lines=lines)

    def _how(self, conversation_id: str, code: str) -> str:
        query = select(DossierAccessRow.how).join(DossierRow, DossierRow.id == DossierAccessRow.dossier_id).where(
            DossierRow.code == code, DossierAccessRow.conversation_id == conversation_id)
        with self._database.session(write=False) as session:
            return str(session.scalar(query) or "")

    def _called(self, renewals: Renewals, reminder: Any) -> str:
        name = renewals.called(reminder)
        return name[:1].upper() + name[1:]

    def _line(self, key: str, value: str) -> Line:
        return Line(label=self._texts.render(f"record.{key}"), value=value)
