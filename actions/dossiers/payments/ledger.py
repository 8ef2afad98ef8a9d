"""The rows behind payments: which fee a dossier owes, and what is noted in its timeline. Works inside the caller's
transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.checklists.decide import Answers
from actions.dossiers.eforms.values import Texts
from actions.dossiers.payments.fees import Owed, owed
from actions.dossiers.payments.tables import PaymentRow
from actions.dossiers.registry.registry import Registry
from actions.dossiers.tables import DossierEventRow, DossierRow
from actions.outbox import Outbox
from common.clock import local_date, utc_now
from common.errors import NotFound
from common.identifiers import parse_dossier_code
from knowledge_base.model import Published

__all__ = ["AnswersOf", "Guides", "Ledger"]

Guides = Callable[[str], Published | None]
AnswersOf = Callable[[str, str], Answers]
"""The answers to a procedure's case questions that a conversation gave: (conversation_id, procedure_code)."""

_NOTICE = "notice.dossier"
# No letters and digits that are mistaken for each other when typed from paper.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH = 10
# Paying makes the dossier go on from here.
_WAITING_FOR_FEE, _NEXT = "fee_requested", "processing"


class Ledger:
    """Fees and their notes."""

    def __init__(
        self, guides: Guides, answers: AnswersOf, registry: Registry, outbox: Outbox, texts: Texts
    ) -> None:
        self._guides = guides
        self._answers = answers
        self._registry = registry
        self._outbox = outbox
        self._texts = texts

    def dossier(self, session: Session, code: str) -> DossierRow:
        """The dossier, locked. Raises NotFound."""
        query = select(DossierRow).where(DossierRow.code == parse_dossier_code(code).value).with_for_update()
        row = session.scalars(query).first()
        if row is None:
            raise NotFound(self._texts.render("registry.unknown", code=code))
        return row

    def ended(self, dossier: DossierRow) -> bool:
        """Whether the dossier went without a decision that costs anything: nothing is to be paid for it any more."""
        return dossier.state in ("rejected", "withdrawn")

    def row(self, session: Session, dossier: DossierRow) -> PaymentRow:
        """The dossier's fee, locked. While nothing was paid and no officer has spoken, it follows the guide."""
        row = session.get(PaymentRow, dossier.id, with_for_update=True)
        if row is None:
            row = self._new(session, dossier)
        if row.basis == "guide" and row.state == "unpaid":
            found = self.owed(dossier)
            values = {"amount": found.amount, "note": "\n".join(found.lines)[:1000], "legal": found.legal[:300]}
            self._set(row, values)
        return row

    def owed(self, dossier: DossierRow) -> Owed:
        """The fee as the guide in force has it, for what this citizen answered."""
        answers = self._answers(dossier.conversation_id, dossier.procedure_code)
        return owed(self._guides(dossier.procedure_code), answers, local_date())

    def note(self, session: Session, dossier: DossierRow, row: PaymentRow, kind: str, actor: str, line: str) -> None:
        """Timeline and notice of a change; a paid fee lets a dossier that waited for it go on."""
        if kind == "paid" and dossier.state == _WAITING_FOR_FEE:
            self._registry.advance_in(session, dossier.code, _NEXT, actor=actor, note=line)
            return
        event = DossierEventRow(
            dossier_id=dossier.id, kind="payment", state=dossier.state, actor=actor, note=line, at=utc_now())
        session.add(event)
        session.flush()
        if kind in ("paid", "refused", "refunded"):
            payload = {"code": dossier.code, "state": f"payment_{kind}", "note": line}
            self._outbox.put(session, _NOTICE, f"{dossier.id}:{event.id}", dossier.id, payload)

    def _new(self, session: Session, dossier: DossierRow) -> PaymentRow:
        now = utc_now()
        row = PaymentRow(
            dossier_id=dossier.id, amount=None, currency="VND", basis="guide", note="", legal="", set_by="",
            state="unpaid", reference=_reference(), provider="", transaction_id="", created_at=now, updated_at=now)
        session.add(row)
        session.flush()
        return row

    def _set(self, row: PaymentRow, values: Mapping[str, object]) -> None:
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in changed.items():
            setattr(row, name, value)
        if changed:
            row.updated_at = utc_now()


def _reference() -> str:
    """The message of the transfer: says nothing of the citizen and cannot be guessed from the dossier's code."""
    return "LP" + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
