"""Receipt data for print: what was submitted, when, and what comes next. Personal numbers are masked."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

__all__ = ["Receipt", "ReceiptLine"]


class ReceiptLine(BaseModel):
    """`mark` says where the answer comes from, where it was not typed ("đọc từ thẻ căn cước")."""

    label: str
    value: str
    mark: str = ""


class Receipt(BaseModel):
    code: str
    procedure: str
    procedure_code: str
    submitted_at: datetime
    due_on: date | None
    state: str
    pin_hint: str
    next_steps: str
    fields: list[ReceiptLine]
    # Who typed it where, when staff helped the citizen at a counter.
    assisted: str = ""
