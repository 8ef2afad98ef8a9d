"""Says approved corrections: one conversation at a time, each in a transaction of its own, never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from actions.answers.buttons import payload
from actions.notices.delivery import Deliver
from actions.notices.quiet import QuietHours
from actions.outbox import Entry
from bot.recall.finding import already_told
from bot.recall.service import load_texts
from bot.recall.tables import RecallRow, RecallTargetRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.messages import Answer, Aspect, Button, ProcedureRef, Reply, Source, Status
from knowledge_base.model import Published
from knowledge_base.store import KnowledgeBase

__all__ = ["Sending"]

_BATCH = 200


class Sending:
    """The outbox's handler of `recall.send`."""

    def __init__(
        self,
        database: Database,
        kb: KnowledgeBase,
        deliver: Deliver,
        quiet: QuietHours,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._kb, self._deliver, self._quiet, self._now = database, kb, deliver, quiet, now
        self._ask = load_texts().render("ask")

    def __call__(self, entry: Entry) -> datetime | None:
        """Says it in up to a batch of conversations; the rest a moment later, and nothing in quiet hours."""
        number = int(entry.payload["id"])
        quiet = self._quiet.until(self._now())
        if quiet:
            return quiet
        with self._database.session(write=False) as session:
            row = session.get(RecallRow, number)
            waiting = select(RecallTargetRow.conversation_id).where(
                RecallTargetRow.recall_id == number, RecallTargetRow.sent_at.is_(None)).limit(_BATCH)
            conversations = list(session.scalars(waiting))
        if row is None or row.state != "approved":
            return None
        published = self._kb.get(row.code)
        if published is None or published.version != row.to_version:
            self._finish(number, "cancelled")
            return None
        reply = self._reply(row, published)
        for conversation_id in conversations:
            self._say(row, conversation_id, reply)
        if len(conversations) == _BATCH:
            return self._now()
        self._finish(number, "sent")
        return None

    def _say(self, recall: RecallRow, conversation_id: str, reply: Reply) -> None:
        with self._database.session() as session:
            target = session.get(RecallTargetRow, (recall.id, conversation_id), with_for_update=True)
            state = session.scalar(select(RecallRow.state).where(RecallRow.id == recall.id))
            # Gone with an erased conversation, said by another replica, or stopped meanwhile.
            if target is None or target.sent_at is not None or state != "approved":
                return
            if already_told(session, recall.code, recall.to_version, conversation_id):
                session.delete(target)
                return
            if not self._deliver.say(session, conversation_id, reply):
                session.delete(target)
                return
            target.sent_at = self._now()
        self._deliver.told(conversation_id)

    def _finish(self, number: int, state: str) -> None:
        with self._database.session() as session:
            row = session.get(RecallRow, number, with_for_update=True)
            if row is None or row.state != "approved":
                return
            row.told = session.scalar(select(func.count()).select_from(RecallTargetRow).where(
                RecallTargetRow.recall_id == number, RecallTargetRow.sent_at.is_not(None))) or 0
            row.state, row.done_at = state, self._now()
            record(session, "system", f"recall.{state}", f"recall:{number}", after={"told": row.told})

    def _reply(self, recall: RecallRow, published: Published) -> Reply:
        """The reviewed text, with the new values beside it, so that every number can be traced."""
        guide = published.guide
        told: dict[str, Any] = {
            name: [item.model_dump(mode="json", exclude_none=True) for item in getattr(guide, name)]
            for name in recall.fields
        }
        answer = Answer(
            procedure=ProcedureRef(code=guide.code, name=guide.name),
            aspect=Aspect(recall.fields[0]),
            guide_version=published.version,
            decision_no=guide.decision_no or "",
            checked_on=guide.checked_on.isoformat() if guide.checked_on else None,
            origin=published.origin.value,
            fields=told,
            sources=[Source(title=source.title, url=source.url) for source in guide.sources],
        )
        again = Button(title=self._ask, payload=payload("ask_overview", procedure_code=guide.code))
        return Reply(text=recall.text, status=Status.CONTROL, answer=answer, buttons=[again])
