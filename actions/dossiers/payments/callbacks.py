"""What a payment provider reports, booked only when reference, amount and currency are exactly ours.

Reports come at least once and in any order. What does not fit (too little, too much, a second transaction, an unknown
reference) changes no state: it is kept for staff.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.dossiers.eforms.values import Texts
from actions.dossiers.payments.ledger import Ledger
from actions.dossiers.payments.tables import PaymentEventRow, PaymentRow
from actions.dossiers.payments.view import PaymentEvent
from actions.dossiers.tables import DossierRow
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict

__all__ = ["Callbacks", "Outcome"]

Outcome = Literal["applied", "duplicate", "stale", "kept"]
# From where a report of each status may be booked; anything later is stale.
_FROM = {
    "pending": ("unpaid", "refused"), "paid": ("unpaid", "pending", "refused"),
    "refused": ("unpaid", "pending"), "refunded": ("paid",),
}


class Callbacks:
    """Books verified reports."""

    def __init__(self, database: Database, ledger: Ledger, texts: Texts) -> None:
        self._database = database
        self._ledger = ledger
        self._texts = texts

    def receive(self, provider: str, event: PaymentEvent) -> Outcome:
        """A verified report. Repeating it changes nothing. Raises Conflict when the row is too busy."""
        for _ in range(3):
            try:
                with self._database.session() as session:
                    return self._receive(session, provider, event)
            except IntegrityError:
                continue  # the same report on another replica: look again
        raise Conflict(self._texts.render("payment.wrong.busy"))

    def _receive(self, session: Session, provider: str, event: PaymentEvent) -> Outcome:
        known = select(PaymentEventRow.id).where(
            PaymentEventRow.provider == provider, PaymentEventRow.event_id == event.event_id)
        if session.scalar(known) is not None:
            return "duplicate"
        dossier, row = self._of(session, event.reference)
        stored = PaymentEventRow(
            provider=provider, dossier_id=dossier.id if dossier else None, received_at=utc_now(), outcome="kept",
            reason="", **event.model_dump())
        session.add(stored)
        session.flush()
        if dossier is None or row is None:
            stored.reason = "unknown_reference"
            return "kept"
        stored.reason = self._misfit(dossier, row, event)
        if stored.reason:
            return "kept"
        if row.state not in _FROM[event.status]:
            stored.outcome = "stale"
            return "stale"
        self._book(session, dossier, row, provider, event)
        stored.outcome = "applied"
        return "applied"

    def _of(self, session: Session, reference: str) -> tuple[DossierRow | None, PaymentRow | None]:
        # The dossier is locked before its payment, as everywhere else.
        query = select(DossierRow).join(PaymentRow, PaymentRow.dossier_id == DossierRow.id).where(
            PaymentRow.reference == reference.strip().upper())
        dossier = session.scalars(query.with_for_update(of=DossierRow)).first()
        row = session.get(PaymentRow, dossier.id, with_for_update=True) if dossier else None
        return dossier, row

    def _misfit(self, dossier: DossierRow, row: PaymentRow, event: PaymentEvent) -> str:
        """Why the report cannot be ours, or ""."""
        if event.currency != row.currency:
            return "currency"
        if event.status != "refused":
            if not row.amount:
                return "not_due"
            if event.amount != row.amount:
                return "underpaid" if event.amount < row.amount else "overpaid"
        same = event.transaction_id == row.transaction_id
        if event.status == "refunded" and row.state in ("paid", "refunded") and not same:
            return "other_transaction"
        if event.status == "paid" and row.state in ("paid", "refunded") and not same:
            return "twice"
        if event.status == "paid" and row.state not in ("paid", "refunded") and self._ledger.ended(dossier):
            return "ended"
        return ""

    def _book(
        self, session: Session, dossier: DossierRow, row: PaymentRow, provider: str, event: PaymentEvent
    ) -> None:
        row.state, row.updated_at = event.status, utc_now()
        row.provider, row.transaction_id = provider, event.transaction_id
        if event.status == "paid":
            row.paid_at = event.at
        line = self._texts.render(f"payment.timeline.{event.status}", amount=row.amount)
        self._ledger.note(session, dossier, row, event.status, self._texts.render("payment.actor"), line)
