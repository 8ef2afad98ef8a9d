"""Payments of dossiers, as pages, chat, console and API use them."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from actions.dossiers.eforms.values import Texts
from actions.dossiers.payments import vietqr
from actions.dossiers.payments.accounts import Accounts
from actions.dossiers.payments.callbacks import Callbacks, Outcome
from actions.dossiers.payments.ledger import Ledger
from actions.dossiers.payments.tables import PaymentEventRow, PaymentRow
from actions.dossiers.payments.view import KeptPayment, PaymentEvent, PaymentView, Shown, TransferView
from actions.dossiers.registry.offers import Offer
from actions.dossiers.registry.status import PublicStatus
from actions.dossiers.tables import DossierRow
from common.clock import to_local, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput
from common.signatures import Signer

__all__ = ["Payments"]

_MOST = 10**10  # no fee of one dossier comes near; a slip of the keyboard does
_OPEN = ("unpaid", "refused")
COUNTER = "counter"


class Payments:
    """Amounts come from the guide or an officer, money states from signed reports or an officer, accounts from the
    signed file; nothing else decides any of them."""

    def __init__(
        self, database: Database, ledger: Ledger, callbacks: Callbacks, accounts: Accounts | None,
        signers: dict[str, Signer], texts: Texts,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._callbacks = callbacks
        self._accounts = accounts
        self._signers = signers
        self._texts = texts

    def of(self, code: str) -> PaymentView:
        """The fee of a dossier, for callers who have proved that they may see it. Raises NotFound."""
        for _ in range(3):
            try:
                with self._database.session() as session:
                    dossier = self._ledger.dossier(session, code)
                    return self._view(dossier, self._ledger.row(session, dossier))
            except IntegrityError:
                continue  # two first looks at once
        raise Conflict(self._texts.render("payment.wrong.busy"))

    def offers(self, status: PublicStatus) -> list[Offer]:
        """The payment page, on the dossier's page and tracking card; first in line while money is owed."""
        view = self.of(status.code)
        if view.status == "free" and view.basis == "guide":
            return []
        return [Offer(self._texts.render("payment.offer"), "/payment", 10 if view.payable else 60)]

    def set_amount(self, code: str, amount: int, *, actor: str, note: str = "") -> PaymentView:
        """An officer confirms what is owed (0: nothing). Raises NotFound, InvalidInput; Conflict once money moved."""
        if not 0 <= amount <= _MOST:
            raise InvalidInput(self._texts.render("payment.wrong.amount", most=_MOST), field="amount")
        self._check(actor, note)
        with self._database.session() as session:
            dossier = self._ledger.dossier(session, code)
            row = self._ledger.row(session, dossier)
            if self._ledger.ended(dossier):
                raise Conflict(self._texts.render("payment.wrong.ended", code=dossier.code))
            if row.state not in _OPEN:
                label = self._texts.render(f"payment.state.{row.state}")
                raise Conflict(self._texts.render("payment.wrong.settled", code=dossier.code, label=label))
            row.amount, row.basis, row.note, row.legal = amount, "officer", note.strip(), ""
            row.set_by, row.updated_at = actor.strip(), utc_now()
            line = self._texts.render("payment.timeline.set", amount=amount, note=note.strip())
            self._ledger.note(session, dossier, row, "set", actor.strip(), line)
            return self._view(dossier, row)

    def paid_at_counter(self, code: str, *, actor: str, receipt: str = "") -> PaymentView:
        """An officer took the whole amount at the counter; `receipt` is the agency's receipt number.

        Raises NotFound, InvalidInput, or Conflict when nothing is owed or it was paid."""
        self._check(actor, receipt)
        with self._database.session() as session:
            dossier = self._ledger.dossier(session, code)
            row = self._ledger.row(session, dossier)
            if row.state in ("paid", "refunded"):
                raise Conflict(self._texts.render("payment.wrong.paid_twice", code=dossier.code))
            if not row.amount:
                raise Conflict(self._texts.render("payment.wrong.not_due", code=dossier.code))
            row.state, row.provider, row.transaction_id = "paid", COUNTER, receipt.strip()[:64]
            row.paid_at = row.updated_at = utc_now()
            line = self._texts.render("payment.timeline.counter", amount=row.amount, receipt=receipt.strip())
            self._ledger.note(session, dossier, row, "paid", actor.strip(), line)
            return self._view(dossier, row)

    def signer(self, provider: str) -> Signer | None:
        """The shared secret of a provider; None for an unknown one."""
        return self._signers.get(provider)

    def receive(self, provider: str, event: PaymentEvent) -> Outcome:
        """A verified report of a provider; see `Callbacks`."""
        return self._callbacks.receive(provider, event)

    def kept(self, limit: int = 100) -> list[KeptPayment]:
        """Reports that staff must settle, the latest first."""
        query = select(PaymentEventRow, DossierRow.code).outerjoin(
            DossierRow, DossierRow.id == PaymentEventRow.dossier_id).where(
            PaymentEventRow.outcome == "kept").order_by(PaymentEventRow.id.desc()).limit(limit)
        with self._database.session(write=False) as session:
            return [self._kept(row, code or "") for row, code in session.execute(query)]

    def settle(self, event_id: int) -> None:
        """Staff have dealt with a kept report (returned the money, called the citizen)."""
        with self._database.session() as session:
            session.execute(update(PaymentEventRow).where(
                PaymentEventRow.id == event_id, PaymentEventRow.outcome == "kept").values(outcome="settled"))

    def _check(self, actor: str, note: str) -> None:
        if not actor.strip() or len(actor) > 100 or len(note) > 500:
            raise InvalidInput(self._texts.render("payment.wrong.actor"), field="actor")

    def _view(self, dossier: DossierRow, row: PaymentRow) -> PaymentView:
        status = _shown(row)
        payable = row.state in _OPEN and bool(row.amount) and not self._ledger.ended(dossier)
        transfer = self._transfer(dossier, row) if payable else None
        where = self._texts.render(f"payment.where.{'qr' if transfer else 'elsewhere'}") if payable else ""
        paid_at = to_local(row.paid_at) if row.paid_at else None
        return PaymentView(
            code=dossier.code, procedure=dossier.title, status=status,
            status_label=self._texts.render(f"payment.state.{status}"),
            status_text=self._texts.render(f"payment.text.{status}", amount=row.amount, at=paid_at),
            amount=row.amount, currency=row.currency, basis=row.basis,
            notes=[line for line in row.note.split("\n") if line], legal=row.legal, payable=payable,
            transfer=transfer, where=where, provider=row.provider, transaction_id=row.transaction_id,
            reference=row.reference, paid_at=paid_at)

    def _transfer(self, dossier: DossierRow, row: PaymentRow) -> TransferView | None:
        account = self._accounts.of(dossier.code) if self._accounts else None
        if account is None or not row.amount:
            return None
        text = vietqr.payload(vietqr.Transfer(account.bank_bin, account.account, row.amount, row.reference))
        return TransferView(
            bank=account.bank, account=account.account, holder=account.holder, amount=row.amount,
            reference=row.reference, qr=text)

    def _kept(self, row: PaymentEventRow, code: str) -> KeptPayment:
        return KeptPayment(
            id=row.id, code=code, provider=row.provider, reference=row.reference, transaction_id=row.transaction_id,
            status=row.status, amount=row.amount, currency=row.currency,
            why=self._texts.render(f"payment.kept.{row.reason}"), received_at=to_local(row.received_at))


def _shown(row: PaymentRow) -> Shown:
    if row.state == "unpaid" and row.amount is None:
        return "unconfirmed"
    if row.state == "unpaid" and row.amount == 0:
        return "free"
    return row.state  # type: ignore[return-value]  # the column holds one of them

