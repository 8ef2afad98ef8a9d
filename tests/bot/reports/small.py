"""A few rows written by hand, and the reports over them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from actions.appointments.tables import AppointmentRow
from actions.companion.bundle import build_dossiers
from actions.dossiers.registry.tables import DossierClockRow
from actions.dossiers.tables import DossierEventRow, DossierRow
from bot.gateway.tables import ConversationRow, TurnRow
from bot.reports.service import Reports
from common.clock import LOCAL
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from knowledge_base.model import Guide, Origin
from knowledge_base.store import KnowledgeBase

BIRTH, DEATH, LAND = "1.000001", "1.000002", "1.000003"
# The unit codes of two centres.
FIRST, SECOND = "06652", "06658"
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)  # a Sunday, noon in Vietnam


def at(day: str, clock: str = "09:00") -> datetime:
    """A moment in Vietnam."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), LOCAL).astimezone(UTC)


def reports_over(database: Database, home: Path, licence: str = "", now: datetime = NOW) -> Reports:
    settings = Settings(home=home)
    knowledge = KnowledgeBase(database)
    for code, name, field in ((BIRTH, "Đăng ký khai sinh", "Hộ tịch"), (DEATH, "Đăng ký khai tử", "Hộ tịch"),
                              (LAND, "Đăng ký đất đai", "Đất đai")):
        if knowledge.get(code) is None:
            knowledge.publish(Guide(code=code, name=name, field=field), Origin.CURATED, author="t", reason="test")
    dossiers = build_dossiers(settings, database, Keyring.from_settings(settings), knowledge.get)
    return Reports(database, knowledge, dossiers.centres.directory, dossiers.calendar.today, dossiers.desk.workload,
                   licence, lambda: now)


def talk(
    name: str, day: str, statuses: Sequence[tuple[str, str]] = (), clock: str = "09:00", **values: Any
) -> list[Any]:
    """A conversation and its turns: (status, procedure answered)."""
    moment = at(day, clock)
    row = ConversationRow(id=name, token_digest="", created_at=moment, last_at=moment, **{"channel": "web", **values})
    return [row, *(
        TurnRow(
            conversation_id=name, client_id=str(index), state="done", status=status, citizen_message="",
            started_at=moment, took_ms=1.0, result={"messages": [
                {"author": "bot", **({"answer": {"procedure": {"code": code, "name": ""}}} if code else {})}]})
        for index, (status, code) in enumerate(statuses))]


def dossier(
    name: str, states: Sequence[tuple[str, str]], *, due: str = "", ended: str = "", procedure: str = BIRTH,
    centre: str = FIRST, talk_id: str = "none", officer: str = "",
) -> list[Any]:
    """A dossier with its timeline: (state, day) from the submission on."""
    first, due_on = at(states[0][1]), date.fromisoformat(due) if due else None
    row = DossierRow(
        id=name, code=f"H49-{name}", draft_id=name, conversation_id=talk_id, form_slug="x", form_version=1,
        procedure_code=procedure, title="x", state=states[-1][0], centre=centre, officer=officer, pin_digest="",
        consent_version="1", consent_at=first, submitted_at=first, due_on=due_on, updated_at=first)
    clock = DossierClockRow(
        dossier_id=name, unit="working_day", promised_on=due_on, ended_on=date.fromisoformat(ended) if ended else None,
        late_reason="", late_by="")
    events = [
        DossierEventRow(dossier_id=name, kind="state", state=state, actor="", note="", at=at(day))
        for state, day in states]
    return [row, clock, *events]


def appointment(name: str, day: str, state: str = "booked", centre: str = FIRST) -> AppointmentRow:
    moment = at(day)
    return AppointmentRow(
        id=name, number=name, request_key=name, point_id=centre, starts_at=moment, ends_at=moment, state=state,
        conversation_id="none", booked_at=moment, updated_at=moment, procedure_code=BIRTH)


def keep(database: Database, *rows: Any) -> None:
    """Writes rows and lists of rows, parents first."""
    with database.session() as session:
        for row in rows:
            for one in row if isinstance(row, list) else [row]:
                session.add(one)
                session.flush()


def rows_of(reports: Reports, key: str, **given: str) -> list[dict[str, Any]]:
    """The rows of one figure for a period and filters (`since`, `until` for from and to)."""
    names = {"since": "from", "until": "to"}
    return list(reports.figure(key, reports.scope({names.get(name, name): one for name, one in given.items()})).rows)
