"""The audit log: who did what to what, before and after, and why. Entries are only ever added.

A row is written in the transaction of the act itself, so there is no act without its entry. The database refuses to
change or delete entries (triggers of the migration `d01_access`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from common.clock import utc_now
from common.database import Base, Database, UtcDateTime

__all__ = ["AuditEntry", "AuditLog", "AuditRow", "record"]


class AuditRow(Base):
    """One act. `subject` names what was acted on, such as `guide:1.001193` or `dossier:H49.01-261122-0001`."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    actor: Mapped[str] = mapped_column(String(100), index=True)
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(160), index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text, default="")


@dataclass(frozen=True)
class AuditEntry:
    """One act as people read it."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str


def record(
    session: Session,
    actor: str,
    action: str,
    subject: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Adds an entry inside the caller's transaction.

    Args:
        actor: the name a person signed in with, or `system`.
        action: a word of the form `part.verb`, such as `guide.publish`; the console's texts name it in Vietnamese.
        subject: `kind:id` of what was acted on.
        before, after: the fields that changed, JSON-ready and without personal data of citizens.
        reason: why, in the actor's words.
    """
    session.add(AuditRow(
        actor=actor, action=action, subject=subject, reason=reason,
        before=dict(before) if before is not None else None, after=dict(after) if after is not None else None))


@dataclass(frozen=True)
class AuditLog:
    """Reads the log, the newest first."""

    database: Database

    def page(
        self,
        *,
        actor: str = "",
        action: str = "",
        subject: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        before_id: int = 0,
        limit: int = 50,
    ) -> Sequence[AuditEntry]:
        """Entries older than `before_id` (0: from the newest), from `since` to before `until`; `action` also matches a
        part (`guide` → `guide.…`), `subject` whatever begins with it.
        """
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if actor:
            query = query.where(AuditRow.actor == actor)
        if action:
            part = AuditRow.action.startswith(f"{action}.", autoescape=True)
            query = query.where(or_(AuditRow.action == action, part))
        if subject:
            query = query.where(AuditRow.subject.startswith(subject, autoescape=True))
        if since:
            query = query.where(AuditRow.at >= since)
        if until:
            query = query.where(AuditRow.at < until)
        if before_id:
            query = query.where(AuditRow.id < before_id)
        with self.database.session(write=False) as session:
            return [
                AuditEntry(row.id, row.at, row.actor, row.action, row.subject, row.before, row.after, row.reason)
                for row in session.scalars(query)
            ]

    def note(self, actor: str, action: str, subject: str, *, after: Mapping[str, Any] | None = None) -> None:
        """Records an act that changes nothing else in the database, such as a download."""
        with self.database.session() as session:
            record(session, actor, action, subject, after=after)
