"""The confirmation of a payment as a PDF: says what it is, and what it isn't."""

from __future__ import annotations

from actions.dossiers.eforms.values import Texts
from actions.dossiers.payments.view import PaymentView
from actions.messages import day, vnd
from actions.printing import Sheet
from common.errors import NotFound

__all__ = ["COUNTER", "receipt_facts", "receipt_pdf"]

COUNTER = "counter"


def receipt_facts(view: PaymentView, texts: Texts) -> list[tuple[str, str]]:
    """Label and value of each line. Raises NotFound when nothing was paid."""
    if view.status != "paid" or view.amount is None:
        raise NotFound(texts.render("payment.wrong.not_paid"))
    counter = view.provider == COUNTER
    channel = "payment.receipt.counter" if counter else "payment.receipt.online"
    rows = [
        ("code", view.code), ("procedure", view.procedure), ("amount", vnd(view.amount)),
        ("at", day(view.paid_at) if view.paid_at else ""), ("channel", texts.render(channel, provider=view.provider)),
        ("reference", "" if counter else view.reference), ("slip" if counter else "transaction", view.transaction_id),
    ]
    return [(texts.render(f"payment.receipt.{name}"), value) for name, value in rows if value]


def receipt_pdf(view: PaymentView, texts: Texts) -> bytes:
    """An A5 sheet. Raises NotFound when nothing was paid."""
    facts = receipt_facts(view, texts)
    sheet = Sheet(texts.render("payment.receipt.title"), size="A5")
    sheet.facts(facts)
    sheet.gap(5)
    sheet.line(texts.render("payment.receipt.not_invoice"), points=10, bold=True)
    sheet.gap(2)
    sheet.line(texts.render("payment.receipt.printed"), points=9, grey=True)
    return sheet.done()
