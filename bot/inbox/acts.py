"""What staff do with a group. Every act is in the audit log, in its own transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.inbox.grouping import refresh, tidy
from bot.inbox.tables import InboxClusterRow, InboxFollowUpRow, InboxQuestionRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound

__all__ = ["Acts", "held_cluster"]

_LONGEST_TITLE, _LONGEST_NOTE = 200, 1000


class Acts:
    """Assign, name, close, open again, merge, split."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._now = database, now

    def assign(self, number: int, to: str, by: str) -> None:
        """Gives the group to `to` ("": to nobody). Raises NotFound."""
        with self._database.session() as session:
            cluster = held_cluster(session, number)
            before, cluster.assigned_to = cluster.assigned_to, to or None
            self._note(
                session, by, "assign", cluster, before={"assigned_to": before}, after={"assigned_to": to or None})

    def rename(self, number: int, title: str, by: str) -> None:
        """Gives the group a title of its own; "" takes it back. Raises InvalidInput, NotFound."""
        title = " ".join(title.split())
        if len(title) > _LONGEST_TITLE:
            raise InvalidInput(f"Tên nhóm dài {len(title)} ký tự, tối đa {_LONGEST_TITLE}.", field="title")
        with self._database.session() as session:
            cluster = held_cluster(session, number)
            before, cluster.title = cluster.title, title
            self._note(session, by, "rename", cluster, before={"title": before}, after={"title": title})

    def out_of_scope(self, number: int, title: str, reason: str, by: str) -> None:
        """Keeps the group as a known matter outside the assistant's field: the same questions join it and stay out of
        the list, counted. It needs a title, since the questions themselves are erased with their conversations.
        """
        title = " ".join(title.split())
        if not title:
            raise InvalidInput("Đặt tên cho nhóm trước khi xếp ngoài phạm vi.", field="title")
        self._close(number, "out_of_scope", "", _reason(reason), by, title=title[:_LONGEST_TITLE])

    def resolve(self, number: int, note: str, by: str) -> None:
        """Closes the group with a note. The same question asked again opens it again."""
        self._close(number, "resolved", "note", _reason(note), by)

    def reopen(self, number: int, reason: str, by: str) -> None:
        """Raises InvalidInput without a reason, NotFound, Conflict where it is open."""
        why = _reason(reason)
        with self._database.session() as session:
            cluster = held_cluster(session, number)
            if cluster.state == "open":
                raise Conflict("Nhóm này đang mở.")
            before = {"state": cluster.state, "how": cluster.how}
            cluster.state, cluster.how, cluster.closed_at = "open", "", None
            self._note(session, by, "reopen", cluster, before=before, after={"state": "open"}, reason=why)

    def merge(self, number: int, into: int, by: str) -> None:
        """Moves all questions of a group into another. Raises InvalidInput for itself, NotFound, Conflict."""
        if number == into:
            raise InvalidInput("Chọn một nhóm khác để gộp.", field="into")
        with self._database.session() as session:
            # In one order for everybody: two who merge the same groups into each other would wait for each other.
            held = {one: held_cluster(session, one) for one in sorted((number, into))}
            cluster, target = held[number], held[into]
            moved = session.scalars(select(InboxQuestionRow).where(InboxQuestionRow.cluster_id == number)).all()
            for row in moved:
                row.cluster_id, row.fixed = into, True
            target.fixed, target.seen = True, target.seen + cluster.seen
            target.assigned_to = target.assigned_to or cluster.assigned_to
            cluster.state, cluster.merged_into, cluster.closed_at = "merged", into, self._now()
            cluster.centre = cluster.central_id = None
            session.flush()
            refresh(session, [number, into])
            self._note(session, by, "merge", cluster, after={"into": into, "questions": len(moved)})

    def split(self, number: int, questions: Sequence[int], by: str) -> int:
        """Moves questions of a group into a new one; returns its number. Raises InvalidInput for none or for all."""
        with self._database.session() as session:
            cluster = held_cluster(session, number)
            rows = session.scalars(select(InboxQuestionRow).where(
                InboxQuestionRow.cluster_id == number, InboxQuestionRow.id.in_(questions))).all()
            if not rows or len(rows) >= cluster.size:
                raise InvalidInput("Chọn ít nhất một câu, và để lại ít nhất một câu trong nhóm.", field="question")
            fresh = InboxClusterRow(opened_at=self._now(), fixed=True, seen=len(rows), assigned_to=cluster.assigned_to)
            session.add(fresh)
            session.flush()
            for row in rows:
                row.cluster_id, row.fixed = fresh.id, True
            cluster.fixed, cluster.seen = True, max(cluster.seen - len(rows), 0)
            session.flush()
            refresh(session, [number, fresh.id])
            self._note(session, by, "split", cluster, after={"into": fresh.id, "questions": len(rows)})
            return fresh.id

    def erase(self, conversation_id: str) -> None:
        """Deletes what the conversation left here; groups that lose their last question go, unless staff worked on
        them.
        """
        with self._database.session() as session:
            rows = session.scalars(select(InboxQuestionRow).where(
                InboxQuestionRow.conversation_id == conversation_id)).all()
            touched = {row.cluster_id for row in rows if row.cluster_id}
            for row in rows:
                session.delete(row)
            session.execute(delete(InboxFollowUpRow).where(InboxFollowUpRow.conversation_id == conversation_id))
            session.flush()
            refresh(session, touched)
            tidy(session)

    def _close(self, number: int, state: str, how: str, note: str, by: str, title: str = "") -> None:
        with self._database.session() as session:
            cluster = held_cluster(session, number)
            before = {"state": cluster.state, "how": cluster.how}
            cluster.title = title or cluster.title
            cluster.state, cluster.how, cluster.note, cluster.closed_at = state, how, note, self._now()
            cluster.recurred = False
            act = "out_of_scope" if state == "out_of_scope" else "resolve"
            self._note(session, by, act, cluster, before=before, after={"state": state, "how": how}, reason=note)

    @staticmethod
    def _note(
        session: Session, by: str, act: str, cluster: InboxClusterRow, *, before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None, reason: str = "",
    ) -> None:
        record(session, by, f"inbox.{act}", f"cluster:{cluster.id}", before=before, after=after, reason=reason)


def held_cluster(session: Session, number: int) -> InboxClusterRow:
    """The group, locked until the transaction ends. Raises NotFound, Conflict where it was merged into another."""
    cluster = session.get(InboxClusterRow, number, with_for_update=True)
    if cluster is None:
        raise NotFound("Không có nhóm câu hỏi này; có thể đã được gộp hoặc các câu hỏi đã hết hạn lưu.")
    if cluster.state == "merged":
        raise Conflict(f"Nhóm này đã được gộp vào nhóm {cluster.merged_into}.")
    return cluster


def _reason(text: str) -> str:
    said = text.strip()
    if not said:
        raise InvalidInput("Cần ghi lý do.", field="reason")
    if len(said) > _LONGEST_NOTE:
        raise InvalidInput(f"Lý do dài {len(said)} ký tự, tối đa {_LONGEST_NOTE}.", field="reason")
    return said
