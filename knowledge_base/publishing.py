"""Writes versions and log entries inside a transaction of the caller."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from common.clock import utc_now
from common.errors import Conflict
from knowledge_base.model import Guide, Origin
from knowledge_base.tables import GuideVersion, PublicationEntry

__all__ = ["State", "guide_payload", "payload_checksum", "publish_in", "published_states", "withdraw_in"]


_FEW = 500


class State(NamedTuple):
    """What is published of one code in one origin."""

    version: int
    checksum: str
    author: str


def guide_payload(guide: Guide) -> dict[str, Any]:
    """The guide as it is stored: JSON-ready, without what is at its default."""
    return guide.model_dump(mode="json", exclude_defaults=True)


def payload_checksum(payload: dict[str, Any]) -> str:
    """SHA-256 of what a guide says, whatever the order of its keys."""
    canonical = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def publish_in(
    session: Session, guides: Iterable[Guide], origin: Origin, *, author: str, reason: str, reviewer: str = ""
) -> tuple[list[str], list[str]]:
    """Publishes guides; returns the codes that changed and those whose published text was the same.

    Of several guides with one code the last counts; `reviewer` is who approved the texts. Raises Conflict when another
    replica was faster.
    """
    lock_log(session)
    by_code = {guide.code: guide for guide in guides}
    # A few guides are looked up alone: an import of thousands comes in many small transactions.
    few = list(by_code) if len(by_code) <= _FEW else None
    states = published_states(session, origin, few)
    newest = _newest_versions(session, few)
    now = utc_now()
    versions: list[dict[str, Any]] = []
    unchanged: list[str] = []
    for code, guide in by_code.items():
        payload = guide_payload(guide)
        checksum = payload_checksum(payload)
        if code in states and states[code].checksum == checksum:
            unchanged.append(code)
            continue
        versions.append({
            "code": code, "origin": str(origin), "version": newest.get(code, 0) + 1, "payload": payload,
            "checksum": checksum, "author": author, "reviewer": reviewer, "reason": reason, "created_at": now,
        })
    if versions:
        try:
            session.execute(insert(GuideVersion), versions)
            session.execute(insert(PublicationEntry), [_entry(row, "publish", now) for row in versions])
        except IntegrityError as error:
            raise Conflict("vừa có người công bố bản khác của hướng dẫn này; tải lại rồi thử lại") from error
    return [row["code"] for row in versions], unchanged


def withdraw_in(session: Session, codes: Iterable[str], origin: Origin, *, author: str, reason: str) -> list[str]:
    """Takes guides out of use; returns those that were published."""
    lock_log(session)
    states = published_states(session, origin)
    now = utc_now()
    gone = [
        _entry(
            {"code": code, "origin": str(origin), "version": states[code].version, "author": author, "reason": reason},
            "withdraw",
            now,
        )
        for code in codes
        if code in states
    ]
    if gone:
        session.execute(insert(PublicationEntry), gone)
    return [row["code"] for row in gone]


def published_states(
    session: Session, origin: Origin, codes: Sequence[str] | None = None
) -> dict[str, State]:
    """By code, what is published in `origin` now; of `codes` alone where they are given."""
    last = select(func.max(PublicationEntry.id)).where(PublicationEntry.origin == str(origin))
    if codes is not None:
        last = last.where(PublicationEntry.code.in_(codes))
    last = last.group_by(PublicationEntry.code)
    query = (
        select(PublicationEntry.code, GuideVersion.version, GuideVersion.checksum, GuideVersion.author)
        .join(
            GuideVersion,
            (GuideVersion.code == PublicationEntry.code) & (GuideVersion.version == PublicationEntry.version),
        )
        .where(PublicationEntry.id.in_(last), PublicationEntry.op == "publish")
    )
    return {code: State(version, checksum, author) for code, version, checksum, author in session.execute(query)}


def lock_log(session: Session) -> None:
    """One publisher at a time, so that revisions become visible in their order.

    SQLite's write transactions exclude each other anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE publication_log IN SHARE ROW EXCLUSIVE MODE"))


def _newest_versions(session: Session, codes: Sequence[str] | None) -> dict[str, int]:
    query = select(GuideVersion.code, func.max(GuideVersion.version)).group_by(GuideVersion.code)
    if codes is not None:
        query = query.where(GuideVersion.code.in_(codes))
    return dict(session.execute(query).all())


def _entry(row: dict[str, Any], op: str, now: Any) -> dict[str, Any]:
    return {**{key: row[key] for key in ("code", "origin", "version", "author", "reason")}, "op": op, "at": now}
