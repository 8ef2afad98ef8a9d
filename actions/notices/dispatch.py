"""From the outbox to the citizen: what a change or a reminder becomes, when it is said, and that it is said once.

A change or a reminder becomes a row of `notices`, by key, so that repeated work adds nothing. Saying what waits in a
conversation is work of its own (`notice.send`): message and note stand in one transaction, and whatever gathered in
quiet hours goes out together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from actions.dossiers.registry.pages import DossierPages
from actions.dossiers.registry.states import load_states
from actions.dossiers.tables import DossierAccessRow, DossierRow, DossierValueRow
from actions.notices.choices import Choices, Purpose
from actions.notices.composing import Composer, Part
from actions.notices.delivery import Deliver
from actions.notices.mailing import TOPIC as MAIL
from actions.notices.quiet import QuietHours
from actions.notices.reminders import Reminder, Reminders
from actions.notices.tables import NoticeRow, ReminderRow
from actions.outbox import Entry, Outbox
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import NotReady
from common.keyring import Keyring
from common.links import Links

__all__ = ["DOSSIER", "PHONE", "SEND", "Dispatch"]

DOSSIER, SEND, PHONE = "notice.dossier", "notice.send", "notice.phone"
_PURPOSE: dict[str, Purpose] = {DOSSIER: "dossier"}
# A link in a message or a letter is looked at within weeks, or a new one is asked for.
_LINK_LIFE = timedelta(days=14)
_MAIL_FIELD = "applicant_email"
# From here on something follows on the dossier.
_FINISHED = ("approved", "result_ready", "returned")


class Dispatch:
    """Handlers of `notice.dossier`, `notice.reminder` and `notice.send`."""

    def __init__(
        self, database: Database, keyring: Keyring, outbox: Outbox, links: Links, pages: DossierPages,
        choices: Choices, reminders: Reminders, composer: Composer, quiet: QuietHours, mails: bool,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`mails` says whether letters can be sent at all."""
        self._database = database
        self._keyring = keyring
        self._outbox = outbox
        self._links = links
        self._choices = choices
        self._reminders = reminders
        self._composer = composer
        self._quiet = quiet
        self._states = load_states()
        self._pages = pages
        self.mails = mails
        # Whether somebody took on `notice.phone`: template messages on Zalo to a phone number.
        self.phones = False
        self._now = now
        self.deliver: Deliver | None = None
        self.follow_ups: list[Callable[[Session, str, Reminder], None]] = []

    def on_dossier(self, entry: Entry) -> datetime | None:
        """A dossier was submitted or changed its state: payload `code`, `state`, `note`."""
        code, state = str(entry.payload["code"]), str(entry.payload["state"])
        if state in self._composer.silent:
            return None
        with self._database.session() as session:
            row = session.scalars(select(DossierRow).where(DossierRow.code == code)).first()
            for conversation_id in self._readers(session, row) if row else ():
                if self._choices.given(session, conversation_id, "dossier"):
                    self._add(session, conversation_id, entry.key, DOSSIER, code, {"code": code, "state": state})
        return None

    def on_reminder(self, entry: Entry) -> datetime | None:
        """The moment of a reminder has come, unless it was moved or cancelled meanwhile."""
        with self._database.session() as session:
            row = session.get(ReminderRow, str(entry.payload["id"]), with_for_update=True)
            if row is None or row.state != "waiting" or row.at != datetime.fromisoformat(entry.payload["at"]):
                return None
            row.state = "sent"
            if self._choices.given(session, row.conversation_id, "reminder") is False:
                row.state = "cancelled"
                return None
            due = self._reminders.read(row)
            body = {"kind": due.kind, "values": due.values}
            self._add(session, row.conversation_id, entry.key, entry.topic, f"{due.kind}:{due.key}", body)
            for follow_up in self.follow_ups:
                follow_up(session, row.conversation_id, due)
        return None

    def on_send(self, entry: Entry) -> datetime | None:
        """Says what waits in a conversation. Raises NotReady while nobody delivers."""
        if self.deliver is None:
            raise NotReady("nobody delivers notices in this process")
        quiet = self._quiet.until(self._now())
        if quiet:
            return quiet
        conversation_id = entry.subject
        with self._database.session() as session:
            parts = self._parts(session, conversation_id, self._due(session, conversation_id))
            said = [self.deliver.say(session, conversation_id, reply) for reply in self._composer.replies(parts)]
            if said and all(said) and self.mails:
                self._mail(session, conversation_id, entry.key, parts)
            if said and all(said) and self.phones:
                self._phone(session, conversation_id, entry.key, parts)
        if said:
            self.deliver.told(conversation_id)
        return None

    def _add(
        self, session: Session, conversation_id: str, key: str, topic: str, subject: str, body: dict[str, Any]
    ) -> None:
        """Notes what is to be said, and the work of saying it when people may be written to."""
        if session.get(NoticeRow, (conversation_id, key)) is not None:
            return
        now = self._now()
        session.add(NoticeRow(
            conversation_id=conversation_id, key=key, topic=topic, subject=subject, created_at=now,
            sealed=self._keyring.encrypt(json.dumps(body, ensure_ascii=False))))
        at = self._quiet.next_allowed(now)
        # One piece of work for all that gathers until the quiet ends, else one for each.
        slot = at.isoformat() if at != now else key
        self._outbox.put(session, SEND, _short(conversation_id, slot), conversation_id, {}, at=at)

    def _due(self, session: Session, conversation_id: str) -> list[NoticeRow]:
        """What waits, the earliest first, and only the last word on each thing; all of it is marked as said."""
        query = select(NoticeRow).where(
            NoticeRow.conversation_id == conversation_id, NoticeRow.state == "waiting").order_by(
            NoticeRow.created_at, NoticeRow.key).with_for_update()
        last: dict[str, NoticeRow] = {}
        for row in session.scalars(query):
            earlier = last.pop(row.subject, None)
            if earlier is not None:
                earlier.state = "replaced"
            purpose = _PURPOSE.get(row.topic, "reminder")
            row.state, row.sent_at = "sent", self._now()
            if self._choices.given(session, conversation_id, purpose) is False:
                row.state = "withdrawn"
            else:
                last[row.subject] = row
        return list(last.values())

    def _parts(self, session: Session, conversation_id: str, rows: Sequence[NoticeRow]) -> list[Part]:
        made = []
        for row in rows:
            body = json.loads(self._keyring.decrypt(row.sealed))
            made.append(self._dossier(session, body) if row.topic == DOSSIER else self._reminder(body))
        return [part for part in made if part]

    def _dossier(self, session: Session, body: dict[str, Any]) -> Part | None:
        row = session.scalars(select(DossierRow).where(DossierRow.code == body["code"])).first()
        if row is None:
            return None
        state = body["state"]
        due: date | None = row.due_on if row.due_on and row.due_on >= local_date(self._now()) else None
        # Payments report themselves beside the states ("payment_paid").
        label = self._states[state].label if state in self._states else ""
        text = self._composer.dossier(state, code=row.code, title=row.title, due=due, label=label)
        mail = session.get(DossierValueRow, (row.id, _MAIL_FIELD))
        address = json.loads(self._keyring.decrypt(mail.sealed))["value"] if mail else ""
        path = self._pages.path(row.code, life=_LINK_LIFE)
        following = row.procedure_code if state in _FINISHED else ""
        return Part(text, row.code, path, following, addresses=(address,) if address else (), state=state)

    def _reminder(self, body: dict[str, Any]) -> Part:
        values: dict[str, Any] = body["values"]
        text = self._composer.reminder(body["kind"], values)
        return Part(
            text, str(values.get("code", "")), str(values.get("path", "")), about=str(values.get("about", "")))

    def _mail(self, session: Session, conversation_id: str, key: str, parts: Sequence[Part]) -> None:
        """A letter to the address of the conversation about everything, to a dossier's about that dossier."""
        chosen = self._choices.all(session, conversation_id).get("mail")
        if chosen and not chosen.given:
            return
        everything = {chosen.address} if chosen and chosen.address else set()
        off = "/notices/" + self._links.make("notices", conversation_id, _LINK_LIFE)
        for address in sorted(everything | {a for part in parts for a in part.addresses}):
            theirs = [part for part in parts if address in everything or address in part.addresses]
            mail = self._composer.mail(theirs, off)
            self._outbox.put(
                session, MAIL, _short(key, address), conversation_id,
                {"to": address, "subject": mail.subject, "body": mail.body})

    def _phone(self, session: Session, conversation_id: str, key: str, parts: Sequence[Part]) -> None:
        """A short notice about each dossier to the phone number that was given for it."""
        chosen = self._choices.all(session, conversation_id).get("zalo")
        if chosen is None or not chosen.given or not chosen.address:
            return
        for part in (part for part in parts if part.state):
            self._outbox.put(
                session, PHONE, _short(key, "phone", part.code), conversation_id,
                {"phone": chosen.address, "code": part.code, "state": part.state})

    def _readers(self, session: Session, row: DossierRow) -> list[str]:
        """Conversations that may act on the dossier now (`actions.dossiers.access`)."""
        valid = or_(DossierAccessRow.expires_at.is_(None), DossierAccessRow.expires_at > self._now())
        query = select(DossierAccessRow.conversation_id).where(DossierAccessRow.dossier_id == row.id, valid)
        return list(session.scalars(query))


def _short(*parts: str) -> str:
    """A key of bounded length."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
