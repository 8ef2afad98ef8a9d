"""The date of a renewal reminder: asked in chat after consent, sealed before anybody but its reader sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete

from actions.dossiers.eforms.dates import parse_date
from actions.dossiers.eforms.pending import Pending
from actions.messages import Messages
from actions.notices.renewals import By, load_renewals
from actions.notices.tables import DateQuestionRow
from common.clock import local_date, utc_now
from common.database import Database

__all__ = ["Asked", "DateQuestions", "read_date"]

_LIFE = timedelta(hours=1)
# No paper here lasts longer; two-digit years of an expiry lie in these years.
_LONGEST_YEARS = 25
_MOST_WORDS = 14


@dataclass(frozen=True)
class Captured:
    """As the gateway takes it: what goes to the dialogue engine, and what is stored of the message."""

    intent_message: str
    transcript: str


@dataclass(frozen=True)
class Asked:
    item: str
    by: By


def read_date(text: str, by: By, today: date) -> date | None:
    """The date in `text`, None where there is none. An expiry may lie ahead, a birth may not."""
    if by == "birth":
        found = parse_date(text, today)
        return found if found and found <= today else None
    # Day and month alone say nothing about an expiry.
    if not re.search(r"\d{4}|\d{1,2}\D+\d{1,2}\D+\d{2}", text):
        return None
    return parse_date(text, today.replace(year=today.year + _LONGEST_YEARS + 1, day=1))


class DateQuestions:
    """Which conversation was asked for which date, for an hour."""

    def __init__(
        self, database: Database, pending: Pending, texts: Messages, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._pending = pending
        self._texts = texts
        self._now = now

    def ask(self, conversation_id: str, item: str, by: By) -> None:
        """The next date of this conversation is the answer; a PIN that was asked for before is not waited for."""
        self._pending.forget_pin(conversation_id)
        with self._database.session() as session:
            session.merge(DateQuestionRow(
                conversation_id=conversation_id, item=f"{item}:{by}", expires_at=self._now() + _LIFE))

    def asked(self, conversation_id: str) -> Asked | None:
        with self._database.session(write=False) as session:
            row = session.get(DateQuestionRow, conversation_id)
            if row is None or row.expires_at < self._now():
                return None
            item, _, by = row.item.partition(":")
            return Asked(item, "birth" if by == "birth" else "expiry")

    def forget(self, conversation_id: str) -> None:
        with self._database.session() as session:
            session.execute(delete(DateQuestionRow).where(DateQuestionRow.conversation_id == conversation_id))

    def read(self, text: str, by: By) -> date | None:
        """The date in `text` as of today."""
        return read_date(text, by, local_date(self._now()))

    def capture(self, conversation_id: str, text: str | None) -> Captured | None:
        """The date sealed, or None when none is awaited or the text holds none (a question, another wish)."""
        if not text or len(text.split()) > _MOST_WORDS or not any(mark.isdigit() for mark in text):
            return None
        asked = self.asked(conversation_id)
        if asked is None or asked.item not in load_renewals():
            return None
        if self.read(text, asked.by) is None and not re.fullmatch(r"[\d\s./\-]+", text.strip()):
            return None
        ref = self._pending.put(conversation_id, "text", text)
        shown = self._texts.render("renewal.transcript", name=load_renewals()[asked.item].name)
        return Captured(f'/remind_me{{"ref":"{ref}"}}', shown)
