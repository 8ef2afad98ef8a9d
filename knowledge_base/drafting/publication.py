"""From an approved draft to what citizens read: at once, or on the day from which it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from common.audit import record
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, ISeeError, NotFound
from knowledge_base.drafting.diff import changed_fields, merged
from knowledge_base.drafting.drafts import Drafts
from knowledge_base.drafting.findings import Judge
from knowledge_base.drafting.states import Draft, State, viewed
from knowledge_base.drafting.tables import DraftRow
from knowledge_base.model import Guide, Origin
from knowledge_base.publishing import guide_payload, publish_in
from knowledge_base.store import KnowledgeBase
from knowledge_base.tables import PublicationEntry

__all__ = ["Gate", "Outcome", "Publication", "Verdict"]

_log = structlog.get_logger(__name__)


class Verdict(Protocol):
    """What the golden questions say of a guide before it is published (`indexer.gate.GateReport`)."""

    @property
    def ran(self) -> int: ...
    @property
    def gains(self) -> Sequence[Any]: ...
    @property
    def losses(self) -> Sequence[Any]: ...
    @property
    def broken(self) -> Sequence[str]: ...
    @property
    def allowed(self) -> bool: ...


class Gate(Protocol):
    """Runs the golden questions of a guide and of its neighbours (`indexer.gate.PublishGate`)."""

    def check(self, guide: Guide) -> Verdict: ...
    def keep(self, verdict: Any) -> None:
        """Takes what questions do after the publication for their last result, so that failing guides are marked."""


@dataclass(frozen=True)
class Outcome:
    """`draft` as it ended; `verdict` is None where no gate was asked. Refused: the draft is still approved."""

    draft: Draft
    verdict: Verdict | None

    @property
    def refused(self) -> bool:
        return self.draft.state is State.APPROVED


class Publication:
    """Publishes approved drafts as curated guides."""

    def __init__(self, database: Database, kb: KnowledgeBase, drafts: Drafts, judge: Judge) -> None:
        self._database, self._kb, self._drafts, self._judge = database, kb, drafts, judge

    def publish(self, code: str, reason: str, by: str, gate: Gate | None, *, override: bool = False) -> Outcome:
        """Publishes the approved draft of `code`, or schedules it where it counts from a later day.

        A text that breaks another guide stays approved (`Outcome.refused`) unless `override`, which the caller allows
        to managers only. Raises InvalidInput without a reason or for a text that breaks a rule, Conflict where the
        published text moved on since.
        """
        why = reason.strip()
        if not why:
            raise InvalidInput("Cần ghi lý do công bố.", field="reason")
        self._kb.revision()
        entry = self._last_entry(code)
        draft = self._drafts.get(code)
        guide = self._sound(draft)
        verdict = gate.check(guide) if gate else None
        if verdict is not None and not verdict.allowed and not override:
            return Outcome(draft, verdict)
        with self._database.session() as session:
            row = self._approved(session, draft)
            if _last_entry(session, code) != entry:
                raise Conflict("Vừa có người công bố bản khác của hướng dẫn này. Tải lại trang để xem.")
            row.reason = why
            if verdict is not None and not verdict.allowed:
                _audit_gate(session, by, code, verdict, why)
            if guide.effective_from and guide.effective_from > local_date():
                self._schedule(session, row, guide.effective_from, by)
            else:
                self._put(session, row, guide, by)
            done = viewed(row)
        self._kb.revision()
        if gate and verdict is not None and done.state is State.PUBLISHED:
            gate.keep(verdict)
        return Outcome(done, verdict)

    def unschedule(self, draft_id: int, reason: str, by: str) -> None:
        """Takes back a text that waits for its day. Raises InvalidInput without a reason, Conflict once it counts."""
        if not reason.strip():
            raise InvalidInput("Cần ghi lý do hủy lịch công bố.", field="reason")
        with self._database.session() as session:
            row = session.get(DraftRow, draft_id, with_for_update=True)
            if row is None:
                raise NotFound("Không có bản chờ hiệu lực này.")
            if row.state != State.SCHEDULED:
                raise Conflict("Bản này không còn chờ hiệu lực.")
            row.state, row.updated_at = str(State.DISCARDED), utc_now()
            record(
                session, by, "guide.unschedule", f"guide:{row.code}", reason=reason.strip(),
                before={"state": "scheduled", "publish_on": str(row.publish_on)}, after={"state": row.state})

    def publish_due(self, today: date | None = None, gate: Gate | None = None) -> int:
        """Publishes what was to count from `today` or earlier; returns how many. Safe to run in several processes.

        `gate` is asked again: other guides have changed since. A law takes effect on its day whatever a question does,
        and nobody is there to decide, so nothing is held back: what is lost is logged and marks the guides that lost.
        """
        day = today or local_date()
        due = select(DraftRow.id).where(DraftRow.state == State.SCHEDULED, DraftRow.publish_on <= day)
        with self._database.session(write=False) as session:
            ids = list(session.scalars(due.order_by(DraftRow.publish_on, DraftRow.id)))
        count = 0
        for draft_id in ids:
            try:
                count += self._publish_one(draft_id, gate)
            except ISeeError as error:  # one text that can't be published must not hold up the others
                _log.error("scheduled_publication_failed", draft=draft_id, reason=error.detail)
        if count:
            self._kb.revision()
        return count

    def _publish_one(self, draft_id: int, gate: Gate | None) -> int:
        """A text that was corrected while this one waited keeps its corrections: only the fields that this one changed
        take their new value."""
        self._kb.revision()
        verdict = self._asked_again(draft_id, gate) if gate else None
        with self._database.session() as session:
            row = session.get(DraftRow, draft_id, with_for_update=True)
            if row is None or row.state != State.SCHEDULED:
                return 0
            guide = self._on_top(viewed(row))
            self._put(session, row, guide, "system")
            if verdict is not None and verdict.losses:
                _audit_gate(session, "system", row.code, verdict, row.reason, action="guide.gate")
        if gate and verdict is not None:
            gate.keep(verdict)
        return 1

    def _asked_again(self, draft_id: int, gate: Gate) -> Verdict | None:
        """What the text does to golden questions today; None where that can't be said (no index yet)."""
        with self._database.session(write=False) as session:
            row = session.get(DraftRow, draft_id)
            draft = viewed(row) if row is not None and row.state == State.SCHEDULED else None
        try:
            return gate.check(self._on_top(draft)) if draft else None
        except ISeeError as error:
            _log.warning("scheduled_gate_failed", draft=draft_id, reason=error.detail)
            return None

    def _on_top(self, draft: Draft) -> Guide:
        own = Guide.model_validate(dict(draft.payload))
        now = self._drafts.moved(draft)
        if now is None:
            return own
        together = merged(self._drafts.base(draft), draft.payload, guide_payload(now.guide))
        judged = self._judge.judge(together, self._kb.snapshot())
        return judged.guide if judged.guide is not None and judged.sound else own

    def _sound(self, draft: Draft) -> Guide:
        if draft.state is not State.APPROVED:
            raise Conflict("Bản nháp cần được người khác duyệt trước khi công bố.")
        if self._drafts.moved(draft):
            raise Conflict("Hướng dẫn đã có bản công bố mới hơn. Rút lại bản nháp rồi gộp trước khi công bố.")
        judged = self._judge.judge(draft.payload, self._kb.snapshot())
        if judged.guide is None or not judged.sound:
            first = judged.errors[0]
            raise InvalidInput(f"Còn {len(judged.errors)} lỗi, đầu tiên ở mục {first.key}: {first.message}.")
        return judged.guide

    def _approved(self, session: Session, draft: Draft) -> DraftRow:
        row = session.get(DraftRow, draft.id, with_for_update=True)
        if row is None or row.state != State.APPROVED or row.revision != draft.revision:
            raise Conflict("Trạng thái bản nháp vừa thay đổi. Tải lại trang để xem.")
        return row

    def _schedule(self, session: Session, row: DraftRow, day: date, by: str) -> None:
        row.state, row.open_code, row.publish_on, row.updated_at = str(State.SCHEDULED), None, day, utc_now()
        record(
            session, by, "guide.schedule", f"guide:{row.code}", reason=row.reason,
            before={"state": "approved"}, after={"state": row.state, "publish_on": day.isoformat()})

    def _put(self, session: Session, row: DraftRow, guide: Guide, by: str) -> None:
        draft = viewed(row)
        now = self._drafts.published(row.code)
        old = guide_payload(now.guide) if now else {}
        publish_in(
            session, [guide], Origin.CURATED, author=draft.author[:120], reason=row.reason, reviewer=row.reviewer)
        version = session.scalar(select(PublicationEntry.version).where(
            PublicationEntry.id == _last_entry(session, row.code, Origin.CURATED)))
        row.state, row.open_code, row.published_version = str(State.PUBLISHED), None, version
        row.updated_at = utc_now()
        fields = changed_fields(old, guide_payload(guide))
        record(
            session, by, "guide.publish", f"guide:{row.code}", reason=row.reason,
            before={"version": now.version if now else 0},
            after={"version": version, "fields": fields, "writers": list(draft.writers), "reviewer": row.reviewer})

    def _last_entry(self, code: str) -> int:
        with self._database.session(write=False) as session:
            return _last_entry(session, code)


def _last_entry(session: Session, code: str, origin: Origin | None = None) -> int:
    query = select(func.max(PublicationEntry.id)).where(PublicationEntry.code == code)
    if origin is not None:
        query = query.where(PublicationEntry.origin == str(origin))
    return session.scalar(query) or 0


def _audit_gate(
    session: Session, by: str, code: str, verdict: Verdict, reason: str, action: str = "guide.override"
) -> None:
    after = {"ran": verdict.ran, "losses": len(verdict.losses), "broken": list(verdict.broken)}
    record(session, by, action, f"guide:{code}", after=after, reason=reason)
