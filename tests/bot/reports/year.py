"""A generated past, the same each time: `python -m tests.bot.reports.year HOME --turns 500000 --days 365`.

Fills the database of an ISEE_HOME with conversations, dossiers and appointments that follow the week, the public
holidays, a yearly season and a slow growth. For measuring and for looking at pages; nothing in it is real.
"""

from __future__ import annotations

import argparse
import math
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from actions.appointments.tables import AppointmentRow
from actions.dossiers.registry.tables import DossierClockRow
from actions.dossiers.registry.workdays import Workdays
from actions.dossiers.tables import DossierEventRow, DossierRow
from actions.handoff.tickets import HandoffTicket
from bot.desk.tables import DeskCaseRow, SatisfactionRow
from bot.gateway.tables import ConversationRow, FeedbackRow, MessageRow, TurnRow
from common.clock import LOCAL
from common.database import Base, Database

STATUSES = (("answered", 70), ("clarified", 11), ("abstained", 4), ("smalltalk", 6), ("form", 6), ("control", 2),
            ("handed_off", 3), ("error", 1))
# What a dossier passes through, and how many working days it stays there on average.
WAY = (("submitted", 0.6), ("received", 0.8), ("processing", 4.0), ("approved", 1.0), ("result_ready", 1.5),
       ("returned", 0.0))
_TEXT = "Câu trả lời của trợ lý, dài như một câu trả lời thường gặp về giấy tờ, lệ phí và thời hạn. " * 5


@dataclass
class Year:
    """Makes the rows of days that end with `last`."""

    last: date
    days: int
    turns: int
    procedures: list[str]
    centres: list[str]
    seed: int = 7
    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.workdays = Workdays()
        self.number = 0
        self.weights = [1 / (rank + 1) ** 0.9 for rank in range(len(self.procedures))]
        self.centre_weights = [1 / (rank + 2) for rank in range(len(self.centres))]

    def each_day(self) -> Iterator[tuple[date, int]]:
        """Days and how many turns each has."""
        days = [self.last - timedelta(days=back) for back in reversed(range(self.days))]
        weights = []
        for index, day in enumerate(days):
            work = 1.0 if self.workdays.is_working(day) else 0.22
            season = 1 + 0.25 * math.sin(2 * math.pi * day.timetuple().tm_yday / 365)
            weights.append(work * season * (1 + 0.4 * index / len(days)) * self.random.uniform(0.88, 1.12))
        scale = self.turns / sum(weights)
        for day, weight in zip(days, weights, strict=True):
            yield day, round(weight * scale)

    def make(self, day: date, turns: int) -> None:
        """All rows of one day into `rows`."""
        self.rows = {}
        while turns > 0:
            turns -= self._talk(day, turns)

    def _talk(self, day: date, most: int) -> int:
        chance = self.random.random
        conversation, at = str(uuid.UUID(int=self.random.getrandbits(128))), self._moment(day)
        centre = self.random.choices(self.centres, self.centre_weights)[0]
        procedure = self.random.choices(self.procedures, self.weights)[0]
        count = min(most, 1 + int(self.random.expovariate(1 / 3.4)))
        handed = False
        for index in range(count):
            status = self.random.choices([one for one, _ in STATUSES], [weight for _, weight in STATUSES])[0]
            handed = handed or status == "handed_off"
            self._turn(conversation, index, at + timedelta(minutes=index), status, procedure)
        self._add(ConversationRow, id=conversation, token_digest="", channel="zalo" if chance() < 0.3 else "web",
                  language="vi", owner="bot", owner_epoch=0, last_procedure=procedure, last_message="",
                  created_at=at, last_at=at + timedelta(minutes=count))
        if handed:
            self._case(conversation, at + timedelta(minutes=count), procedure, centre)
        if chance() < 0.05:
            self._feedback(conversation, at, procedure, helpful=chance() < 0.83)
        if chance() < 0.06:
            self._dossier(conversation, at, procedure, centre)
        elif chance() < 0.04:
            self._appointment(conversation, day, procedure, centre)
        return count

    def _turn(self, conversation: str, index: int, at: datetime, status: str, procedure: str) -> None:
        answer = {"procedure": {"code": procedure, "name": "…"}, "aspect": "overview"}
        message = {"id": f"{index:026d}", "author": "bot", "text": _TEXT}
        if status == "answered":
            message["answer"] = answer  # type: ignore[assignment]
        self._add(TurnRow, conversation_id=conversation, client_id=f"c{index}", state="done", status=status,
                  citizen_message="", started_at=at, took_ms=80.0, result={"messages": [message], "owner": "bot"})

    def _case(self, conversation: str, at: datetime, procedure: str, centre: str) -> None:
        self.number += 1
        wait = timedelta(seconds=self.random.lognormvariate(5.5, 1.4))
        answered = at + wait if self.random.random() < 0.93 else None
        reason = self.random.choices(("asked", "complaint"), (9, 1))[0]
        ticket = f"YC-{self.number:08d}"
        self._add(HandoffTicket, number=ticket, conversation_id=conversation, reason=reason, need="…",
                  procedure=procedure, facts={}, status="closed", opened_at=at, closed_at=at + wait)
        self._add(DeskCaseRow, id=self.number, conversation_id=conversation, ticket=ticket, reason=reason, kind="live",
                  unit="", procedure=procedure, field="", channel="web", language="vi", need="", marks=[], agent=None,
                  order_at=at, queued_at=at, waiting_since=at, claimed_at=answered, first_reply_at=answered,
                  closed_at=at + wait, outcome="resolved", transfers=0)
        if self.random.random() < 0.3:
            score = self.random.choices((1, 2, 3, 4, 5), (3, 4, 12, 40, 41))[0]
            self._add(SatisfactionRow, conversation_id=conversation, case_id=self.number, procedure=procedure,
                      centre=centre, score=score, note="", at=at + wait)

    def _feedback(self, conversation: str, at: datetime, procedure: str, *, helpful: bool) -> None:
        payload = {"answer": {"procedure": {"code": procedure, "name": "…"}, "aspect": "fee"}}
        self._add(MessageRow, conversation_id=conversation, id="f", author="bot", at=at, text="…", payload=payload)
        self._add(FeedbackRow, conversation_id=conversation, message_id="f", helpful=helpful, note="", at=at)

    def _dossier(self, conversation: str, at: datetime, procedure: str, centre: str) -> None:
        self.number += 1
        identity, day = f"{self.number:032d}", at.astimezone(LOCAL).date()
        promised = self.workdays.add(day, 7)
        state, moment, ended = "submitted", at, None
        self._add(DossierEventRow, dossier_id=identity, kind="state", state=state, actor="", note="", at=at)
        for (_, mean), (after, _) in zip(WAY, WAY[1:], strict=False):
            days = int(self.random.expovariate(1 / mean) + 0.4)
            moment += timedelta(days=days + 2 * (days // 5), hours=1)
            if moment.astimezone(LOCAL).date() > self.last:
                break
            state = after
            ended = ended or (moment.astimezone(LOCAL).date() if after == "result_ready" else None)
            self._add(DossierEventRow, dossier_id=identity, kind="state", state=state, actor="", note="", at=moment)
        self._add(DossierRow, id=identity, code=f"H49-{self.number:09d}", draft_id=identity,
                  conversation_id=conversation, form_slug="x", form_version=1, procedure_code=procedure, title="…",
                  state=state, centre=centre, officer="", pin_digest="", consent_version="1", consent_at=at,
                  submitted_at=at, due_on=promised, updated_at=moment)
        self._add(DossierClockRow, dossier_id=identity, unit="working_day", promised_on=promised, stopped_on=None,
                  ended_on=ended, late_reason="", late_by="", expected_on=None)

    def _appointment(self, conversation: str, day: date, procedure: str, centre: str) -> None:
        self.number += 1
        starts = datetime.combine(self.workdays.on_or_after(day), time(9), LOCAL).astimezone(UTC)
        state = self.random.choices(("served", "no_show", "cancelled"), (80, 10, 10))[0]
        self._add(AppointmentRow, id=f"{self.number:032d}", number=f"A{self.number:08d}", request_key=str(self.number),
                  point_id=centre, starts_at=starts, ends_at=starts + timedelta(minutes=30), seat=None, state=state,
                  conversation_id=conversation, dossier_code="", procedure_code=procedure, title="…", remind=False,
                  sequence=0, marked_by="", booked_at=starts, updated_at=starts)

    def _moment(self, day: date) -> datetime:
        hour = self.random.choices(range(24), [1] * 7 + [6] * 5 + [3] + [6] * 4 + [4] * 5 + [2] * 2)[0]
        return datetime.combine(day, time(hour, self.random.randrange(60)), LOCAL).astimezone(UTC)

    def _add(self, table: type[Base], **values: Any) -> None:
        self.rows.setdefault(table, []).append(values)


def fill(database: Database, year: Year) -> int:
    """Writes the year; returns how many turns."""
    written = 0
    tables = (ConversationRow, MessageRow, FeedbackRow, TurnRow, HandoffTicket, DeskCaseRow, SatisfactionRow,
              DossierRow, DossierClockRow, DossierEventRow, AppointmentRow)
    for day, turns in year.each_day():
        year.make(day, turns)
        with database.session() as session:
            for table in tables:
                if year.rows.get(table):
                    session.execute(insert(table), year.rows[table])
        written += len(year.rows.get(TurnRow, ()))
    return written


def main() -> None:
    from actions.centres import Centres
    from bot.migrations import migrate
    from common.settings import Settings
    from knowledge_base.model import Origin
    from knowledge_base.store import KnowledgeBase

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--turns", type=int, default=500_000)
    parser.add_argument("--days", type=int, default=365)
    chosen = parser.parse_args()
    database = Database.from_settings(Settings(home=chosen.home))
    migrate(database)
    knowledge = KnowledgeBase(database)
    knowledge.load_shipped()
    procedures = [one.code for one in knowledge.all() if one.origin is Origin.CURATED]
    year = Year(datetime.now(LOCAL).date(), chosen.days, chosen.turns, procedures,
                [unit.code for unit in Centres.load().units])
    print(f"{fill(database, year)} turns")


if __name__ == "__main__":
    main()
