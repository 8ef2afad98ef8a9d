"""Tables of e-forms and dossiers. Whatever a citizen typed is sealed (bytes from the keyring)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from common.database import Base, UtcDateTime
from common.identifiers import mask

__all__ = [
    "DossierAccessRow", "DossierEventRow", "DossierFileRow", "DossierRow", "DossierSequenceRow", "DossierValueRow",
    "DraftRow",
    "DraftValueRow", "LookupAttemptRow", "PendingInputRow", "PinRequestRow",
]


class DraftRow(Base):
    """An e-form being filled in. `open_slot` is 1 while open and NULL afterwards: one open draft per
    conversation and form."""

    __tablename__ = "dossier_drafts"
    __table_args__ = (UniqueConstraint("conversation_id", "form_slug", "open_slot", name="uq_dossier_drafts_open"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    form_slug: Mapped[str] = mapped_column(String(64))
    form_version: Mapped[int]
    open_slot: Mapped[int | None] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(16), default="active")
    cursor: Mapped[str | None] = mapped_column(String(64))
    notice: Mapped[bytes | None] = mapped_column(LargeBinary)
    consent_version: Mapped[str | None] = mapped_column(String(32))
    consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class DraftValueRow(Base):
    __tablename__ = "draft_values"

    draft_id: Mapped[str] = mapped_column(ForeignKey("dossier_drafts.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class PendingInputRow(Base):
    """What a citizen typed, kept from the dialogue engine, which sees only `ref`. Used once, within the hour."""

    __tablename__ = "pending_inputs"

    ref: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PinRequestRow(Base):
    """A conversation that was asked for the PIN of a dossier."""

    __tablename__ = "dossier_pin_requests"

    conversation_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    dossier_code: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DossierRow(Base):
    """A submitted dossier. `draft_id` is unique: a repeated submission finds the first one."""

    __tablename__ = "dossiers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    code: Mapped[str] = mapped_column(String(48), unique=True)
    draft_id: Mapped[str] = mapped_column(String(32), unique=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    form_slug: Mapped[str] = mapped_column(String(64))
    form_version: Mapped[int]
    procedure_code: Mapped[str] = mapped_column(String(48), index=True)
    title: Mapped[str] = mapped_column(String(300))
    centre: Mapped[str] = mapped_column(String(32), default="", index=True)
    """Id of the service centre that takes it; empty where the form names none."""
    officer: Mapped[str] = mapped_column(String(64), default="", index=True)
    """Who works on it; empty until somebody takes it."""
    state: Mapped[str] = mapped_column(String(24), index=True)
    pin_digest: Mapped[str] = mapped_column(String(64))
    consent_version: Mapped[str] = mapped_column(String(32))
    consent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    due_on: Mapped[date | None] = mapped_column(Date)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DossierAccessRow(Base):
    """A conversation that may act on a dossier (`access.py`); no expiry for the one that submitted it."""

    __tablename__ = "dossier_access"

    conversation_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), primary_key=True)
    how: Mapped[str] = mapped_column(String(16))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DossierValueRow(Base):
    __tablename__ = "dossier_values"

    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class DossierEventRow(Base):
    """The timeline; `kind` is `state`, or `access` when an officer looked at personal values.

    Staff write notes, so a personal number in one is masked before it is stored; the dossier's own values are sealed.
    """

    __tablename__ = "dossier_events"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16), default="state")
    state: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(String(1000), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    @validates("note")
    def _masked(self, _key: str, note: str) -> str:
        return mask(note, keep=("dossier_code",))


class DossierFileRow(Base):
    """An upload: stored encrypted in the uploads folder as `id`. Belongs to nothing, then a draft, then a dossier."""

    __tablename__ = "dossier_files"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    draft_id: Mapped[str | None] = mapped_column(String(32), index=True)
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), index=True)
    sealed_name: Mapped[bytes] = mapped_column(LargeBinary)
    type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DossierSequenceRow(Base):
    """The last number given on a day; dossier codes count from 1 each day (Circular 01/2018/TT-VPCP Art. 19)."""

    __tablename__ = "dossier_sequence"

    agency: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int]


class LookupAttemptRow(Base):
    """A wrong PIN; `key` is a digest of the client or of the code asked for."""

    __tablename__ = "dossier_lookup_attempts"
    __table_args__ = (Index("ix_dossier_lookup_attempts_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
