"""The log of requests about data: who and what sealed, kind and dates plain, deadlines from the law."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from sqlalchemy import func, select

from actions.dossiers.registry.workdays import Workdays
from actions.rights.tables import RightsRequestRow
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import NotFound
from common.keyring import Keyring

__all__ = ["Kind", "Request", "RequestLog"]

Kind = Literal["see", "export", "correct", "erase", "withdraw"]
_FILE = Path(__file__).parent / "deadlines.yml"


@dataclass(frozen=True)
class Request:
    """A request; `body` is what was asked, unsealed for its citizen and for the officer who answers it."""

    number: str
    kind: str
    state: str
    received_at: datetime
    acknowledge_by: date
    due_on: date
    done_at: datetime | None
    actor: str
    body: dict[str, Any] = field(default_factory=dict, repr=False)

    def late(self, today: date) -> bool:
        return self.state != "done" and (
            self.due_on < today or (self.state == "open" and self.acknowledge_by < today))


class RequestLog:
    """Takes requests down and follows them to their end."""

    def __init__(
        self, database: Database, keyring: Keyring, workdays: Callable[[], Workdays],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._workdays = workdays
        self._now = now

    def add(self, conversation_id: str, kind: Kind, body: dict[str, Any], *, done: bool = False) -> Request:
        """A new request with its dates; `done` where it was carried out at once."""
        now = self._now()
        rules, today = _deadlines(), local_date(now)
        workdays = self._workdays()
        due = workdays.on_or_before(today + timedelta(days=rules["finish_days"][kind]))
        row = RightsRequestRow(
            number=f"DL-{today:%y%m%d}-{secrets.token_hex(3).upper()}", kind=kind, state="done" if done else "open",
            who=self._who(conversation_id), received_at=now,
            sealed=self._keyring.encrypt(json.dumps(body, ensure_ascii=False)),
            acknowledge_by=workdays.add(today, rules["acknowledge_working_days"]), due_on=due,
            done_at=now if done else None, actor="")
        with self._database.session() as session:
            session.add(row)
        return self._request(row)

    def due(self, kind: Kind) -> date:
        """By when a request made now would be finished."""
        today = local_date(self._now())
        return self._workdays().on_or_before(today + timedelta(days=_deadlines()["finish_days"][kind]))

    def of(self, conversation_id: str) -> list[Request]:
        """The conversation's own, the latest first."""
        query = select(RightsRequestRow).where(RightsRequestRow.who == self._who(conversation_id)).order_by(
            RightsRequestRow.received_at.desc())
        with self._database.session(write=False) as session:
            return [self._request(row) for row in session.scalars(query)]

    def waiting(self, conversation_id: str) -> int:
        """How many of the conversation's are not done."""
        query = select(func.count()).where(
            RightsRequestRow.who == self._who(conversation_id), RightsRequestRow.state != "done")
        with self._database.session(write=False) as session:
            return session.scalar(query) or 0

    def all(self, limit: int = 200) -> list[Request]:
        """For staff: what waits, the earliest deadline first, then what was done last."""
        rank = RightsRequestRow.state == "done"
        query = select(RightsRequestRow).order_by(rank, RightsRequestRow.due_on, RightsRequestRow.received_at.desc())
        with self._database.session(write=False) as session:
            return [self._request(row) for row in session.scalars(query.limit(limit))]

    def move(self, number: str, state: Literal["acknowledged", "done"], actor: str, note: str = "") -> Request:
        """Acknowledged or finished by `actor`. Raises NotFound."""
        with self._database.session() as session:
            row = session.get(RightsRequestRow, number, with_for_update=True)
            if row is None:
                raise NotFound(number)
            if row.state != "done":
                row.state, row.actor = state, actor
                row.done_at = self._now() if state == "done" else None
                if note:
                    body = json.loads(self._keyring.decrypt(row.sealed)) | {"outcome": note}
                    row.sealed = self._keyring.encrypt(json.dumps(body, ensure_ascii=False))
            return self._request(row)

    def _who(self, conversation_id: str) -> str:
        """A digest: the log outlives the conversation and must not lead back to it."""
        return self._keyring.digest("rights", conversation_id)

    def _request(self, row: RightsRequestRow) -> Request:
        body = json.loads(self._keyring.decrypt(row.sealed))
        return Request(
            row.number, row.kind, row.state, row.received_at, row.acknowledge_by, row.due_on, row.done_at, row.actor,
            body)


@lru_cache(maxsize=1)
def _deadlines() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return loaded
