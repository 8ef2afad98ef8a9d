"""Counts of one day of dossiers and appointments, and of what is in hand just now. Days are working days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.appointments.tables import AppointmentRow
from actions.dossiers.registry.desk import Load
from actions.dossiers.registry.states import load_states
from actions.dossiers.registry.tables import DossierClockRow
from actions.dossiers.registry.workdays import Workdays
from actions.dossiers.tables import DossierEventRow, DossierRow
from bot.gateway.tables import ConversationRow
from bot.reports.counting import Cell, Day, Tally
from bot.reports.talk_counts import FieldOf
from common.clock import local_date

__all__ = ["count_dossiers", "count_in_hand"]


def count_dossiers(session: Session, day: Day, tally: Tally, field_of: FieldOf, workdays: Workdays) -> None:
    """Adds what was submitted and ended, stays in a state that ended, and appointments for the day."""
    _submitted(session, day, tally, field_of)
    _ended(session, day, tally, field_of, workdays)
    _stays(session, day, tally, field_of, workdays)
    _appointments(session, day, tally, field_of)


def count_in_hand(
    session: Session, today: date, tally: Tally, field_of: FieldOf, workdays: Workdays, loads: Sequence[Load]
) -> None:
    """Adds a snapshot: dossiers by state and since when, and the workload of each centre (`loads`: by officer too)."""
    tally.add(Cell("load", "open"), count=0)  # a snapshot with nothing in hand is a snapshot, too
    for load in loads:
        counts = {"open": load.open, "late": load.late, "week": load.due_this_week, "citizen": load.waiting_for_citizen}
        for label, count in counts.items():
            if count:
                tally.add(Cell("load", label, "", load.centre), count=count)
    going = [name for name, state in load_states().items() if state.clock != "ended"]
    event, other = DossierEventRow, DossierEventRow.__table__.alias("other")
    earlier = (
        select(func.coalesce(func.max(other.c.id), 0))
        .where(other.c.dossier_id == DossierRow.id, other.c.kind == "state", other.c.state != DossierRow.state)
        .correlate(DossierRow).scalar_subquery()
    )
    entered = (
        select(func.min(event.at))
        .where(event.dossier_id == DossierRow.id, event.kind == "state", event.id > earlier)
        .correlate(DossierRow).scalar_subquery()
    )
    query = select(DossierRow.centre, DossierRow.procedure_code, DossierRow.state, DossierRow.submitted_at, entered)
    for centre, procedure, state, submitted_at, at in session.execute(query.where(DossierRow.state.in_(going))):
        days = workdays.count(local_date(at or submitted_at), today)
        tally.add(Cell("open", state, "", centre, field_of(procedure), procedure), amount=days)


def _submitted(session: Session, day: Day, tally: Tally, field_of: FieldOf) -> None:
    by = (DossierRow.centre, DossierRow.procedure_code, func.coalesce(ConversationRow.channel, ""))
    query = (
        select(*by, func.count())
        .outerjoin(ConversationRow, ConversationRow.id == DossierRow.conversation_id)
        .where(DossierRow.submitted_at >= day.start, DossierRow.submitted_at < day.end)
        .group_by(*by)
    )
    for centre, procedure, channel, count in session.execute(query):
        tally.add(Cell("dossier", "", channel, centre, field_of(procedure), procedure), count=count)


def _ended(session: Session, day: Day, tally: Tally, field_of: FieldOf, workdays: Workdays) -> None:
    query = (
        select(DossierRow.centre, DossierRow.procedure_code, DossierRow.state, DossierRow.due_on)
        .join(DossierClockRow, DossierClockRow.dossier_id == DossierRow.id)
        .where(DossierClockRow.ended_on == day.date)
    )
    for centre, procedure, state, due_on in session.execute(query):
        late = workdays.count(due_on, day.date) if due_on else 0
        label = "withdrawn" if state == "withdrawn" else "no_due" if due_on is None else "late" if late else "in_time"
        amount = late if label == "late" else 0
        tally.add(Cell("ended", label, "", centre, field_of(procedure), procedure), amount=amount)


def _stays(session: Session, day: Day, tally: Tally, field_of: FieldOf, workdays: Workdays) -> None:
    moved = (
        select(DossierEventRow.dossier_id).distinct()
        .where(DossierEventRow.kind == "state", DossierEventRow.at >= day.start, DossierEventRow.at < day.end)
    )
    query = (
        select(
            DossierEventRow.dossier_id, DossierEventRow.state, DossierEventRow.at, DossierRow.centre,
            DossierRow.procedure_code, DossierRow.submitted_at, DossierClockRow.promised_on)
        .join(DossierRow, DossierRow.id == DossierEventRow.dossier_id)
        .outerjoin(DossierClockRow, DossierClockRow.dossier_id == DossierRow.id)
        .where(DossierEventRow.dossier_id.in_(moved), DossierEventRow.kind == "state", DossierEventRow.at < day.end)
        .order_by(DossierEventRow.dossier_id, DossierEventRow.id)
    )
    here: tuple[str, str, date] | None = None  # dossier, state, since
    for row in session.execute(query):
        at = local_date(row.at)
        if here and here[0] == row.dossier_id and here[1] == row.state:
            continue  # the same state said once more, with more to it
        if here and here[0] == row.dossier_id and at == day.date:
            promised = workdays.count(local_date(row.submitted_at), row.promised_on) if row.promised_on else 0
            spent = workdays.count(here[2], at)
            measure = "state" if promised else "state_free"
            cell = Cell(measure, here[1], "", row.centre, field_of(row.procedure_code), row.procedure_code)
            tally.add(cell, amount=spent, against=promised)
        here = (row.dossier_id, row.state, at)


def _appointments(session: Session, day: Day, tally: Tally, field_of: FieldOf) -> None:
    channel_of = func.coalesce(ConversationRow.channel, "")
    by = (AppointmentRow.point_id, AppointmentRow.procedure_code, AppointmentRow.state, channel_of)
    query = (
        select(*by, func.count())
        .outerjoin(ConversationRow, ConversationRow.id == AppointmentRow.conversation_id)
        .where(AppointmentRow.starts_at >= day.start, AppointmentRow.starts_at < day.end)
        .group_by(*by)
    )
    for centre, procedure, state, channel, count in session.execute(query):
        tally.add(Cell("appointment", state, channel, centre, field_of(procedure), procedure), count=count)
