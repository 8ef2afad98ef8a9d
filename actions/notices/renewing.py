"""Renewal reminders of a conversation: set from a date, listed, taken back, and set again after an age has passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from sqlalchemy.orm import Session

from actions.messages import Messages
from actions.notices.choices import Choices
from actions.notices.reminders import Reminder
from actions.notices.renewals import By, Renewal, load_renewals, moment_before, next_renewal
from common.clock import local_date, to_local, utc_now
from common.database import Database
from common.errors import InvalidInput
from common.keyring import Keyring

__all__ = ["KIND", "Outcome", "Renewals"]

KIND = "renewal"
_LONGEST_YEARS = 25
_MOST = 20


class Reminding(Protocol):
    """The part of `Notices` that is used here."""

    def remind(
        self, session: Session, conversation_id: str, kind: str, key: str, at: datetime, values: dict[str, Any]
    ) -> None: ...
    def forget(self, session: Session, conversation_id: str, kind: str, key: str) -> bool: ...
    def waiting(self, session: Session, conversation_id: str) -> list[Reminder]: ...


@dataclass(frozen=True)
class Outcome:
    """What became of a wish: `set` (then `at` and `due`), `past` (the date is over) or `none` (no age lies ahead)."""

    status: Literal["set", "past", "none"]
    at: datetime | None = None
    due: date | None = None


class Renewals:
    """Over `Notices`; the date that was given is sealed with the reminder."""

    def __init__(
        self, database: Database, keyring: Keyring, notices: Reminding, choices: Choices, texts: Messages,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._notices = notices
        self._choices = choices
        self._texts = texts
        self._now = now

    def set(
        self, conversation_id: str, item: str, by: By, given: date, issued: date | None = None, name: str = ""
    ) -> Outcome:
        """Reminds of `item` by the date `given`; the caller has consent. `name` is the citizen's own word for it.

        Raises InvalidInput for an unknown paper, a date that can't be, or too many reminders.
        """
        renewal = load_renewals().get(item)
        today = local_date(self._now())
        if renewal is None or by not in renewal.by:
            raise InvalidInput(self._texts.render("renewal.which"), field="item")
        if (by == "birth" and given > today) or given.year < 1900:
            raise InvalidInput(self._texts.render("renewal.unread"), field="date")
        if by == "expiry" and given.year > today.year + _LONGEST_YEARS:
            raise InvalidInput(self._texts.render("renewal.far_off"), field="date")
        due = next_renewal(renewal, by, given, today, issued)
        if due is None:
            return Outcome("none" if by == "birth" else "past")
        key = f"{item}:{self._keyring.digest('renewal', f'{by}:{given}:{name}')[:16]}"
        values = self._values(item, renewal, by, given, issued, name, due)
        at = moment_before(due, renewal.days_before, self._now())
        with self._database.session() as session:
            if len(self._notices.waiting(session, conversation_id)) >= _MOST:
                raise InvalidInput(self._texts.render("renewal.many", most=_MOST), field="item")
            self._choices.set(session, conversation_id, "reminder", True)
            self._notices.remind(session, conversation_id, KIND, key, at, values)
        return Outcome("set", at, due)

    def follow_up(self, session: Session, conversation_id: str, done: Reminder) -> None:
        """After one age has been reminded of, the next."""
        if done.kind != KIND or done.values["by"] != "birth":
            return
        renewal = load_renewals().get(done.values["item"])
        passed = date.fromisoformat(done.values["due"])
        issued = done.values["issued"]
        due = renewal and next_renewal(
            renewal, "birth", date.fromisoformat(done.values["given"]), passed,
            date.fromisoformat(issued) if issued else None)
        if renewal and due:
            at = moment_before(due, renewal.days_before, self._now())
            values = {**done.values, "due": due.isoformat()}
            self._notices.remind(session, conversation_id, KIND, done.key, at, values)

    def cancel(self, conversation_id: str, reminder_id: str) -> Reminder | None:
        """Takes back any reminder of the conversation by its id; None when it is not there."""
        with self._database.session() as session:
            for reminder in self._notices.waiting(session, conversation_id):
                if reminder.id == reminder_id:
                    self._notices.forget(session, conversation_id, reminder.kind, reminder.key)
                    return reminder
        return None

    def called(self, reminder: Reminder) -> str:
        """What a reminder is about, in a few words."""
        if reminder.kind == KIND:
            return str(reminder.values["name"])
        key = f"renewal.kind.{reminder.kind}"
        return self._texts.render(key if self._texts.has(key) else "renewal.kind.other")

    def line(self, reminder: Reminder) -> str:
        """The reminder for the chat, where an exact date would tell a birthday: by month."""
        if reminder.kind == KIND:
            month = f"{to_local(reminder.at):%m/%Y}"
            return self._texts.render("renewal.line", name=self.called(reminder), month=month)
        return self._texts.render("renewal.line_other", name=self.called(reminder), at=reminder.at)

    def _values(
        self, item: str, renewal: Renewal, by: By, given: date, issued: date | None, name: str, due: date
    ) -> dict[str, Any]:
        return {
            "item": item, "by": by, "given": given.isoformat(), "issued": issued.isoformat() if issued else "",
            "due": due.isoformat(), "name": name or renewal.name, "when": self._texts.render(f"renewal.when.{by}"),
            "todo": renewal.todo, "about": renewal.procedure,
        }
