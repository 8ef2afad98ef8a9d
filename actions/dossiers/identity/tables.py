"""Tables of prefilling and login. Personal values are sealed; people are found by a keyed digest alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["CardScanRow", "DossierPersonRow", "IdentityConsentRow", "LoginRow", "VerifiedPersonRow"]


class CardScanRow(Base):
    """A card's QR code awaited (`sealed` empty) or read and not yet used. Lives half an hour at most."""

    __tablename__ = "card_scans"

    draft_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class IdentityConsentRow(Base):
    """Consent to one use of identity data: `purpose` is card, login or reuse; `version` is of the text shown."""

    __tablename__ = "identity_consents"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    draft_id: Mapped[str] = mapped_column(String(32), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginRow(Base):
    """A login under way: `state` is a digest; what the callback needs is sealed. Used once."""

    __tablename__ = "oidc_logins"

    state: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class VerifiedPersonRow(Base):
    """Who a conversation proved to be by login; `digest` is keyed, of the personal id."""

    __tablename__ = "verified_people"

    conversation_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    verified_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class DossierPersonRow(Base):
    """Whose dossier it is, as a keyed digest of the applicant's personal id: earlier ones are found by it."""

    __tablename__ = "dossier_people"

    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
