"""A question becomes one of the ways of asking for a guide: checked, then published like any other change of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.inbox.acts import held_cluster
from bot.inbox.tables import InboxClusterRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from knowledge_base.model import Guide, Origin, Published
from knowledge_base.phrasing import LONGEST
from knowledge_base.publishing import publish_in
from knowledge_base.store import KnowledgeBase
from knowledge_base.tables import PublicationEntry

__all__ = ["MASK", "Gate", "Phrased", "Phrasings", "Proposal"]

MASK = "•"
_SPACES = re.compile(r"\s+")
_SHORTEST_WORDS = 2


class Gate(Protocol):
    """`indexer.gate.PublishGate`."""

    def check(self, guide: Guide, origin: Origin = ...) -> Any: ...
    def preview(self, guide: Guide, origin: Origin = ...) -> Any: ...


@dataclass(frozen=True)
class Proposal:
    """A guide as it would be with one more way of asking."""

    published: Published
    sentence: str
    guide: Guide


@dataclass(frozen=True)
class Phrased:
    """`verdict` is what the golden questions say (None: none were asked); refused: nothing was published."""

    version: int
    verdict: Any
    refused: bool = False


class Phrasings:
    """Adds phrasings. They are part of the guide's text from then on, and outlive new shipped files
    (`knowledge_base.shipped`)."""

    def __init__(
        self, database: Database, kb: KnowledgeBase, gate: Gate | None,
        on_solved: Callable[[Session, int, str], object], now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`on_solved` is called inside the transaction that closes a group, with its number and the guide's code."""
        self._database, self._kb, self._gate, self._on_solved, self._now = database, kb, gate, on_solved, now

    def propose(self, code: str, sentence: str) -> Proposal:
        """What would be published. Raises NotFound, InvalidInput, Conflict where a guide has the sentence already."""
        said = _SPACES.sub(" ", sentence).strip()
        self._check(said)
        published = self._kb.get(code.strip())
        if published is None:
            raise NotFound(f"Không có thủ tục {code.strip() or '(trống)'} đang công bố. Chọn một mã trong danh sách.")
        holder = self._holder(said)
        if holder is not None:
            where = "chính thủ tục này" if holder.code == published.code else f"{holder.guide.name} ({holder.code})"
            raise Conflict(f"Cách hỏi này đã có ở {where}.")
        guide = published.guide.model_copy(update={"questions": [*published.guide.questions, said]})
        return Proposal(published, said, guide)

    def publish(self, number: int, proposal: Proposal, reason: str, by: str, *, override: bool = False) -> Phrased:
        """Publishes, and closes the group. A phrasing that breaks another guide is refused unless `override`, which
        the caller allows to managers only. Raises InvalidInput without a reason, Conflict where the guide moved on.
        """
        why = reason.strip()
        if not why:
            raise InvalidInput("Cần ghi lý do công bố.", field="reason")
        published = proposal.published
        verdict = self._gate.check(proposal.guide, published.origin) if self._gate else None
        if verdict is not None and not verdict.allowed and not override:
            return Phrased(published.version, verdict, refused=True)
        with self._database.session() as session:
            newest = session.scalar(select(PublicationEntry.version).where(
                PublicationEntry.id == select(func.max(PublicationEntry.id)).where(
                    PublicationEntry.code == published.code, PublicationEntry.origin == str(published.origin)
                ).scalar_subquery()))
            if newest != published.version:
                raise Conflict("Hướng dẫn này vừa có bản công bố mới. Xem lại tác động rồi công bố.")
            cluster = held_cluster(session, number)
            before = {"state": cluster.state, "version": published.version}
            publish_in(session, [proposal.guide], published.origin, author=by, reason=why)
            cluster.state, cluster.how, cluster.procedure = "resolved", "phrasing", published.code
            cluster.note, cluster.closed_at, cluster.recurred = why, self._now(), False
            self._on_solved(session, number, published.code)
            broken = list(verdict.broken) if verdict is not None else []
            # The sentence may hold a citizen's words: the log names the guide's version, which holds it.
            record(
                session, by, "inbox.phrase", f"cluster:{number}", before=before, reason=why,
                after={"state": "resolved", "guide": published.code, "broken": broken})
            record(
                session, by, "guide.publish", f"guide:{published.code}", reason=why,
                before={"version": published.version}, after={"fields": ["questions"], "from": f"cluster:{number}"})
        self._kb.revision()  # who has just published reads what they wrote
        fresh = self._kb.published(published.code, published.origin)
        return Phrased(fresh.version if fresh else published.version, verdict)

    def solved(self, number: int, code: str, note: str, by: str) -> None:
        """Closes a group for which a guide answers now (a new one, or one that was mended). Raises NotFound."""
        if self._kb.get(code) is None:
            raise NotFound(f"Không có thủ tục {code or '(trống)'} đang công bố. Chọn một mã trong danh sách.")
        with self._database.session() as session:
            cluster = held_cluster(session, number)
            before = {"state": cluster.state}
            cluster.state, cluster.how, cluster.procedure = "resolved", "guide", code
            cluster.note, cluster.closed_at, cluster.recurred = note.strip(), self._now(), False
            self._on_solved(session, number, code)
            record(
                session, by, "inbox.solve", f"cluster:{number}", before=before, reason=note.strip(),
                after={"state": "resolved", "guide": code})

    def drafted(self, number: int, code: str, by: str) -> None:
        """A guide `code` is being written for this group: once it is published, the group is solved. Raises NotFound,
        Conflict.
        """
        with self._database.session() as session:
            cluster = held_cluster(session, number)
            cluster.how, cluster.procedure, cluster.drafted_at = "draft", code, self._now()
            cluster.assigned_to = cluster.assigned_to or by
            record(session, by, "inbox.draft", f"cluster:{number}", after={"guide": code})

    def solve_drafted(self) -> int:
        """Solves the groups whose guide has been published since it was begun; returns how many."""
        published = select(PublicationEntry.id).where(
            PublicationEntry.code == InboxClusterRow.procedure, PublicationEntry.op == "publish",
            PublicationEntry.at > InboxClusterRow.drafted_at)
        query = select(InboxClusterRow.id, InboxClusterRow.procedure).where(
            InboxClusterRow.state == "open", InboxClusterRow.how == "draft", published.exists())
        with self._database.session(write=False) as session:
            ready = [(number, code) for number, code in session.execute(query) if code and self._kb.get(code)]
        for number, code in ready:
            self.solved(number, code, "", "system")
        return len(ready)

    def _check(self, said: str) -> None:
        if len(said.split()) < _SHORTEST_WORDS:
            raise InvalidInput("Cách hỏi cần ít nhất hai từ.", field="sentence")
        if len(said) > LONGEST:
            raise InvalidInput(f"Cách hỏi dài {len(said)} ký tự, tối đa {LONGEST}.", field="sentence")
        if MASK in said:
            raise InvalidInput("Bỏ phần thông tin riêng đã che (dấu •) khỏi cách hỏi.", field="sentence")

    def _holder(self, said: str) -> Published | None:
        folded = said.casefold()
        return next(
            (item for item in self._kb.all() if folded in {text.strip().casefold() for text in item.guide.questions}),
            None)
