"""What is shown of a dossier: to whoever proved that it is theirs, and to officers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from actions.dossiers.registry.receipt import ReceiptLine

__all__ = ["DossierDetail", "DossierSummary", "PublicStatus", "RequestView", "TimelineEntry"]


class TimelineEntry(BaseModel):
    """`kind`: state (a change of state), due (the due date moved), late (why it is late), and what other parts note
    (result, payment, assisted; for officers also access and paper)."""

    state: str
    label: str
    at: datetime
    note: str = ""
    actor: str = ""
    kind: str = "state"


class RequestView(BaseModel):
    """A paper or answer asked for. `files` counts what was sent; file ids and answers are for officers only."""

    id: int
    kind: Literal["document", "field", "other"]
    subject: str
    reason: str
    state: Literal["open", "answered", "closed"]
    asked_at: datetime
    answered_at: datetime | None = None
    files: int = 0
    file_ids: list[str] = []
    answer: str = ""


class PublicStatus(BaseModel):
    """What code and PIN, or a dossier's link, open: no personal value.

    `summary` says in one sentence where the dossier is and when it is due. `acts` says whose turn it is.
    """

    code: str
    procedure: str
    procedure_code: str
    status: str
    status_label: str
    status_text: str
    summary: str = ""
    acts: str = "officer"
    submitted_at: datetime
    due_on: date | None
    late: bool = False
    days_late: int = 0
    late_text: str = ""
    next_step: str
    can_withdraw: bool = False
    requests: list[RequestView] = []
    timeline: list[TimelineEntry]

    @property
    def open_requests(self) -> list[RequestView]:
        return [item for item in self.requests if item.state == "open"]


class DossierSummary(BaseModel):
    code: str
    procedure_code: str
    title: str
    state: str
    label: str
    submitted_at: datetime
    due_on: date | None
    days_late: int = 0
    centre: str = ""
    officer: str = ""


class DossierDetail(DossierSummary):
    """For officers; values are masked unless revealed."""

    form_slug: str
    fields: list[ReceiptLine]
    files: list[dict[str, str | int]]
    requests: list[RequestView]
    timeline: list[TimelineEntry]
    consent_version: str
    consent_at: datetime
    next_states: list[str]
    decided_elsewhere: str = ""
    """Why staff can't move it to some states here; empty without an outside system."""
    promised_on: date | None = None
    late_reason: str = ""
    expected_on: date | None = None
