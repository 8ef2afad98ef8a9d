"""Notices as the other parts use them: opt in and out, remind, forget, list, erase.

    with database.session() as session:
        notices.remind(session, conversation_id, "appointment", appointment_id, at, {"when": "…", "place": "…"})

`kind` is a template `reminder.<kind>` of `templates.yml`; the values are what it names. Nothing personal belongs in
them: a notice is read on locked screens and in mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from actions.notices.asking import DateQuestions
from actions.notices.cards import NoticeCards
from actions.notices.choices import PURPOSES, Choice, Choices, Purpose
from actions.notices.composing import Composer
from actions.notices.delivery import Deliver
from actions.notices.dispatch import Dispatch
from actions.notices.reminders import Reminder, Reminders
from actions.notices.renewing import Renewals
from actions.notices.tables import DateQuestionRow, NoticeChoiceRow, NoticeRow, ReminderRow
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput
from common.identifiers import parse_phone
from common.keyring import Keyring

__all__ = ["Notices"]

# A landline, of eleven digits, has no Zalo.
_MOBILE_DIGITS = 10
_ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\"]+")


class Notices:
    """What citizens are told unasked. Methods that take a session work inside the caller's transaction."""

    def __init__(
        self, database: Database, keyring: Keyring, choices: Choices, reminders: Reminders, composer: Composer,
        dispatch: Dispatch, cards: NoticeCards, questions: DateQuestions, now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.dispatch = dispatch
        self.cards = cards
        self.questions = questions
        self.renewals = Renewals(database, keyring, self, choices, cards.texts, now)
        dispatch.follow_ups.append(self.renewals.follow_up)
        self._database = database
        self._choices = choices
        self._reminders = reminders
        self._composer = composer

    def deliver_by(self, deliver: Deliver) -> None:
        """Who says notices in conversations; until then they wait in the outbox."""
        self.dispatch.deliver = deliver

    def remind(
        self, session: Session, conversation_id: str, kind: str, key: str, at: datetime, values: dict[str, Any]
    ) -> None:
        """Reminds the conversation at `at` (put off to the end of quiet hours), once for (conversation, kind, key).

        Called again with the same key, the reminder moves to the new moment and words. The caller has the citizen's
        wish for it; one who said "đừng nhắn nữa" gets nothing. Raises MessageError for an unknown kind or a missing
        value, ValueError for a moment without time zone.
        """
        if at.tzinfo is None:
            raise ValueError("a reminder needs a moment with time zone")
        self._composer.reminder(kind, values)
        self._reminders.put(session, conversation_id, kind, key, at, values)

    def forget(self, session: Session, conversation_id: str, kind: str, key: str) -> bool:
        """Takes a reminder back; False when none was waiting."""
        return self._reminders.cancel(session, conversation_id, kind, key)

    def silent(self, session: Session, conversation_id: str) -> bool:
        """Whether the citizen said that no reminder is to be sent, so that whoever must be heard has to call."""
        return self._choices.given(session, conversation_id, "reminder") is False

    def reminders(self, conversation_id: str) -> list[Reminder]:
        """What waits, the soonest first."""
        with self._database.session(write=False) as session:
            return self.waiting(session, conversation_id)

    def waiting(self, session: Session, conversation_id: str) -> list[Reminder]:
        """`reminders` inside the caller's transaction."""
        return self._reminders.waiting(session, conversation_id)

    def choices(self, conversation_id: str) -> dict[str, Choice]:
        """Choices by purpose; never asked, absent."""
        with self._database.session(write=False) as session:
            return self._choices.all(session, conversation_id)

    def choose(self, conversation_id: str, purpose: Purpose, given: bool, address: str = "") -> None:
        """Notes a choice about one purpose; `address` for `mail`."""
        with self._database.session() as session:
            self._choices.set(session, conversation_id, purpose, given, address)

    @property
    def mails(self) -> bool:
        """Whether letters can be sent at all."""
        return self.dispatch.mails

    def mail_to(self, conversation_id: str, address: str) -> None:
        """Letters to `address` from now on; none where it is empty. Raises InvalidInput for no address at all."""
        address = address.strip()
        if address and not _ADDRESS.fullmatch(address):
            raise InvalidInput(self.cards.texts.render("page.address"), field="address")
        self.choose(conversation_id, "mail", bool(address), address)

    @property
    def phones(self) -> bool:
        """Whether short notices can be sent to a phone number on Zalo."""
        return self.dispatch.phones

    def phone_to(self, conversation_id: str, phone: str) -> None:
        """Short notices to `phone` on Zalo from now on; none where it is empty. Raises InvalidInput for no mobile
        number."""
        phone = parse_phone(phone) if phone.strip() else ""
        if phone and len(phone) != _MOBILE_DIGITS:
            raise InvalidInput(self.cards.texts.render("page.phone"), field="phone")
        self.choose(conversation_id, "zalo", bool(phone), phone)

    def stop(self, conversation_id: str) -> None:
        """Withdraws everything: no notice, reminder or letter goes out any more."""
        with self._database.session() as session:
            for purpose in PURPOSES:
                self._choices.set(session, conversation_id, purpose, False)

    def waits(self, conversation_id: str) -> bool:
        """Whether a reminder is still to come, so that the conversation must stay reachable past its retention."""
        query = select(exists().where(
            ReminderRow.conversation_id == conversation_id, ReminderRow.state == "waiting"))
        with self._database.session(write=False) as session:
            stopped = self._choices.given(session, conversation_id, "reminder") is False
            return not stopped and bool(session.scalar(query))

    def erase(self, conversation_id: str) -> None:
        """Deletes choices, notices and reminders of the conversation."""
        with self._database.session() as session:
            for table in (NoticeChoiceRow, NoticeRow, ReminderRow, DateQuestionRow):
                session.execute(delete(table).where(table.conversation_id == conversation_id))
