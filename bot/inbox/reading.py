"""The read side of the inbox: lists, one group, and what reports want to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, case, exists, func, select
from sqlalchemy.orm import Session

from bot.inbox.meaning import folded
from bot.inbox.tables import InboxClusterRow, InboxFollowUpRow, InboxQuestionRow
from bot.inbox.transcript import replies_to
from bot.inbox.views import ClusterView, Filters, Near, QuestionView, Seen
from common.clock import utc_now
from common.database import Database
from common.errors import NotFound
from knowledge_base.store import KnowledgeBase

__all__ = ["PAGE", "Reading"]

PAGE = 50
_SAMPLES = 3
_NEAR = 3
_WEEK = timedelta(days=7)
_LEAST_SCORE = 0.01


class Reading:
    """Lists groups and questions."""

    def __init__(self, database: Database, kb: KnowledgeBase, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._kb, self._now = database, kb, now

    def clusters(self, filters: Filters = Filters(), page: int = 1, size: int = PAGE) -> Seen:
        """A page of groups, those with most questions of the last seven days first, then the latest."""
        week = self._asked_since(_WEEK)
        order = (week.desc(), InboxClusterRow.last_at.desc(), InboxClusterRow.id)
        query = self._filtered(select(InboxClusterRow), filters).order_by(*order)
        with self._database.session(write=False) as session:
            rows = session.scalars(query.offset((page - 1) * size).limit(size + 1)).all()
            return Seen(self._views(session, rows[:size]), page, len(rows) > size)

    def cluster(self, number: int) -> ClusterView:
        """One group. Raises NotFound."""
        with self._database.session(write=False) as session:
            row = session.get(InboxClusterRow, number)
            if row is None:
                raise NotFound("Không có nhóm câu hỏi này; có thể đã được gộp hoặc các câu hỏi đã hết hạn lưu.")
            return self._views(session, [row])[0]

    def questions(self, number: int, page: int = 1, size: int = PAGE) -> tuple[list[QuestionView], bool]:
        """The questions of a group, the latest first, with what was said to each; and whether there are more."""
        query = (
            select(InboxQuestionRow).where(InboxQuestionRow.cluster_id == number)
            .order_by(InboxQuestionRow.at.desc(), InboxQuestionRow.id.desc()).offset((page - 1) * size).limit(size + 1))
        with self._database.session(write=False) as session:
            rows = session.scalars(query).all()
            return [
                QuestionView(
                    row.id, row.conversation_id, row.question, row.kind, row.note, row.channel, row.at,
                    replies_to(session, row.conversation_id, row.message_id))
                for row in rows[:size]
            ], len(rows) > size

    def counts(self) -> dict[str, int]:
        """Groups by state, without those that were merged away."""
        query = select(InboxClusterRow.state, func.count()).where(
            InboxClusterRow.state != "merged").group_by(InboxClusterRow.state)
        with self._database.session(write=False) as session:
            return dict(session.execute(query).all())

    def without_guide(self, days: int = 30, limit: int = 20) -> Sequence[ClusterView]:
        """For reports: open groups for which the index knows nothing, the most asked of the last `days` first."""
        return self._most_asked(limit, InboxClusterRow.gap.is_(True), days=days)

    def rising(self, days: int = 7, limit: int = 20) -> Sequence[ClusterView]:
        """For reports: open groups that were asked more in the last `days` than in as many before, the steepest."""
        span = timedelta(days=days)
        rise = self._asked_since(span) - (self._asked_since(2 * span) - self._asked_since(span))
        query = select(InboxClusterRow).where(InboxClusterRow.state == "open", rise > 0).order_by(
            rise.desc(), InboxClusterRow.last_at.desc()).limit(limit)
        with self._database.session(write=False) as session:
            return self._views(session, session.scalars(query).all())

    def _most_asked(self, limit: int, *wanted: ColumnElement[bool], days: int) -> Sequence[ClusterView]:
        asked = self._asked_since(timedelta(days=days))
        query = select(InboxClusterRow).where(InboxClusterRow.state == "open", asked > 0, *wanted).order_by(
            asked.desc(), InboxClusterRow.last_at.desc()).limit(limit)
        with self._database.session(write=False) as session:
            return self._views(session, session.scalars(query).all())

    def _asked_since(self, span: timedelta) -> Any:
        return (
            select(func.count()).select_from(InboxQuestionRow)
            .where(InboxQuestionRow.cluster_id == InboxClusterRow.id, InboxQuestionRow.at > self._now() - span)
            .correlate(InboxClusterRow).scalar_subquery())

    def _filtered(self, query: Select[Any], filters: Filters) -> Select[Any]:
        query = query.where(InboxClusterRow.state != "merged")
        if filters.state:
            query = query.where(InboxClusterRow.state == filters.state)
        if filters.assigned_to:
            query = query.where(InboxClusterRow.assigned_to == filters.assigned_to)
        if filters.gap is not None:
            query = query.where(InboxClusterRow.gap.is_(filters.gap))
        held: list[ColumnElement[bool]] = []
        if filters.kind:
            held.append(InboxQuestionRow.kind == filters.kind)
        if filters.days:
            held.append(InboxQuestionRow.at > self._now() - timedelta(days=filters.days))
        held += [InboxQuestionRow.folded.contains(word, autoescape=True) for word in folded(filters.words).split()]
        if held:
            query = query.where(exists().where(InboxQuestionRow.cluster_id == InboxClusterRow.id, *held))
        return query

    def _views(self, session: Session, rows: Sequence[InboxClusterRow]) -> list[ClusterView]:
        numbers = [row.id for row in rows]
        if not numbers:
            return []
        counts = self._counted(session, numbers)
        kinds: dict[int, dict[str, int]] = {}
        for number, kind, count in session.execute(
            select(InboxQuestionRow.cluster_id, InboxQuestionRow.kind, func.count())
            .where(InboxQuestionRow.cluster_id.in_(numbers))
            .group_by(InboxQuestionRow.cluster_id, InboxQuestionRow.kind)
        ):
            kinds.setdefault(number or 0, {})[kind] = count
        return [self._view(session, row, counts.get(row.id, (0, 0, 0)), kinds.get(row.id, {})) for row in rows]

    def _counted(self, session: Session, numbers: Sequence[int]) -> dict[int, tuple[int, int, int]]:
        """(last seven days, the seven before, citizens who wait) by group."""
        now = self._now()
        last = InboxQuestionRow.at > now - _WEEK
        earlier = and_(InboxQuestionRow.at <= now - _WEEK, InboxQuestionRow.at > now - 2 * _WEEK)
        waits = exists().where(
            InboxFollowUpRow.conversation_id == InboxQuestionRow.conversation_id,
            InboxFollowUpRow.digest == InboxQuestionRow.digest, InboxFollowUpRow.state == "waiting")
        summed = [func.sum(case((condition, 1), else_=0), type_=Integer) for condition in (last, earlier, waits)]
        query = select(InboxQuestionRow.cluster_id, *summed).where(
            InboxQuestionRow.cluster_id.in_(numbers)).group_by(InboxQuestionRow.cluster_id)
        return {number: (week, before, waiting) for number, week, before, waiting in session.execute(query)}

    def _view(
        self, session: Session, row: InboxClusterRow, counts: tuple[int, int, int], kinds: dict[str, int]
    ) -> ClusterView:
        middle = session.get(InboxQuestionRow, row.central_id) if row.central_id else None
        others = session.scalars(
            select(InboxQuestionRow.question).where(
                InboxQuestionRow.cluster_id == row.id, InboxQuestionRow.id != (row.central_id or 0))
            .order_by(InboxQuestionRow.at.desc()).limit(_SAMPLES)).all()
        title = row.title or (middle.question if middle else next(iter(others), ""))
        made = ClusterView(
            row.id, title, row.state, row.how, row.note, row.procedure, row.assigned_to, row.merged_into, row.recurred,
            row.gap, row.seen, row.size, row.opened_at, row.last_at, row.closed_at, *counts, kinds,
            list(dict.fromkeys(([middle.question] if row.title and middle else []) + list(others))))
        return replace(made, near=self._named(middle.near) if middle else [])

    def _named(self, scores: dict[str, float]) -> list[Near]:
        best = sorted(scores.items(), key=lambda item: -item[1])[:_NEAR]
        found = [(code, score, self._kb.get(code)) for code, score in best if score >= _LEAST_SCORE]
        return [Near(code, item.guide.name, score) for code, score, item in found if item]
