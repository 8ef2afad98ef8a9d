"""What is shown of a dossier: to whoever proved that it is theirs, and to officers."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from actions.dossiers.registry.receipt import ReceiptLine

__all__ = ["DossierDetail", "DossierSummary", "PublicStatus", "TimelineEntry"]


class TimelineEntry(BaseModel):
    state: str
    label: str
    at: datetime
    note: str = ""
    actor: str = ""


class PublicStatus(BaseModel):
    """What code and PIN, or a dossier's link, open: no personal value."""

    code: str
    procedure: str
    procedure_code: str
    status: str
    status_label: str
    status_text: str
    submitted_at: datetime
    due_on: date | None
    next_step: str
    timeline: list[TimelineEntry]


class DossierSummary(BaseModel):
    code: str
    procedure_code: str
    title: str
    state: str
    label: str
    submitted_at: datetime
    due_on: date | None


class DossierDetail(DossierSummary):
    """For officers; values are masked unless revealed."""

    fields: list[ReceiptLine]
    files: list[dict[str, str | int]]
    timeline: list[TimelineEntry]
    consent_version: str
    consent_at: datetime
    next_states: list[str]
