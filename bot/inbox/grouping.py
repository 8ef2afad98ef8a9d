"""Groups in the database: a new question joins in seconds, all open ones are grouped anew now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from bot.inbox.clustering import central, groups_of, keep_names
from bot.inbox.meaning import ALIKE, Meaning, Meanings, Vector, candidate_likeness, likeness, unit_scores
from bot.inbox.tables import InboxClusterRow, InboxQuestionRow
from common.clock import utc_now
from common.database import Database

__all__ = ["Grouping", "refresh", "tidy"]

# A group that staff have closed swallows only what is surely the same.
_SURELY_ALIKE = 0.6
_BATCH = 20
_MOST_REGROUPED = 2000
_MOST_FOR_CENTRE = 200


class Grouping:
    """Puts questions into groups."""

    def __init__(self, database: Database, meanings: Meanings, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._meanings, self._now = database, meanings, now

    def join(self) -> int:
        """Gives the next questions their meaning and their group; returns how many. Raises NotReady."""
        with self._database.session(write=False) as session:
            waiting = session.execute(
                select(InboxQuestionRow.id, InboxQuestionRow.question).where(InboxQuestionRow.vector.is_(None))
                .order_by(InboxQuestionRow.at).limit(_BATCH)).all()
        for number, question in waiting:
            meaning = self._meanings.of(question)  # outside the transaction: it takes a while
            with self._database.session() as session:
                row = session.get(InboxQuestionRow, number)
                if row is not None:
                    _understood(row, meaning)
                    self._place(session, row, meaning)
        return len(waiting)

    def regroup(self) -> int:
        """Groups anew what nobody has touched, keeping the numbers of groups; returns how many groups there are."""
        with self._database.session(write=False) as session:
            rows = session.scalars(_free_questions().order_by(InboxQuestionRow.at.desc()).limit(_MOST_REGROUPED)).all()
        if not rows:
            return 0
        alike = likeness(_vectors(rows), [unit_scores(row.near) for row in rows])
        groups = groups_of(alike)
        names = keep_names(groups, {place: row.cluster_id for place, row in enumerate(rows) if row.cluster_id})
        for name, group in zip(names, groups, strict=True):
            self._regroup(name, [rows[place].id for place in group])
        with self._database.session() as session:
            tidy(session)
        return len(groups)

    def _place(self, session: Session, row: InboxQuestionRow, meaning: Meaning) -> None:
        best = _nearest(session, meaning)
        if best is None:
            best = InboxClusterRow(opened_at=self._now(), last_at=row.at)
            session.add(best)
            session.flush()
        row.cluster_id = best.id
        best.seen += 1
        if best.state == "resolved" and best.closed_at and row.at > best.closed_at:
            best.state, best.recurred, best.closed_at = "open", True, None
        session.flush()
        refresh(session, [best.id])

    def _regroup(self, name: int | None, numbers: Sequence[int]) -> None:
        with self._database.session() as session:
            # A person may have taken the group or moved the question meanwhile: theirs counts.
            still = session.scalars(_free_questions().where(InboxQuestionRow.id.in_(numbers))).all()
            cluster = session.get(InboxClusterRow, name) if name else None
            if cluster is not None and not _is_free(cluster):
                cluster = None
            moving = [row for row in still if cluster is None or row.cluster_id != cluster.id]
            if cluster is not None and not moving:
                return
            if cluster is None:
                cluster = InboxClusterRow(opened_at=self._now())
                session.add(cluster)
                session.flush()
            touched = {row.cluster_id for row in moving if row.cluster_id} | {cluster.id}
            for row in moving:
                row.cluster_id = cluster.id
            cluster.seen = max(cluster.seen, len(still))
            session.flush()
            refresh(session, touched)


def refresh(session: Session, numbers: Iterable[int]) -> None:
    """Computes anew what groups are known by, after questions came or went."""
    for number in set(numbers):
        cluster = session.get(InboxClusterRow, number)
        rows = session.scalars(
            select(InboxQuestionRow).where(
                InboxQuestionRow.cluster_id == number, InboxQuestionRow.vector.is_not(None))
            .order_by(InboxQuestionRow.at.desc()).limit(_MOST_FOR_CENTRE)).all()
        if cluster is None:
            continue
        cluster.size = session.scalar(
            select(func.count()).select_from(InboxQuestionRow).where(InboxQuestionRow.cluster_id == number)) or 0
        if not rows:
            cluster.central_id = None  # what it is known by stays, so that the same question finds a closed group again
            continue
        vectors, nears = _vectors(rows), [unit_scores(row.near) for row in rows]
        cluster.centre = vectors.mean(axis=0).astype(np.float32).tobytes()
        cluster.near = _mean(nears)
        readable = [not row.question.isascii() for row in rows]
        cluster.central_id = rows[central(likeness(vectors, nears), readable)].id
        cluster.gap = sum(row.gap for row in rows) * 2 > len(rows)
        cluster.last_at = max(row.at for row in rows)
        cluster.seen = max(cluster.seen, cluster.size)


def tidy(session: Session) -> None:
    """Removes groups without a question that nobody has worked on."""
    session.execute(delete(InboxClusterRow).where(
        InboxClusterRow.size == 0, InboxClusterRow.state == "open", InboxClusterRow.assigned_to.is_(None),
        InboxClusterRow.title == "", InboxClusterRow.fixed.is_(False)))


def _free_questions() -> Select[InboxQuestionRow]:
    """Questions that re-grouping may move: those of open groups that nobody has touched."""
    return select(InboxQuestionRow).join(
        InboxClusterRow, InboxClusterRow.id == InboxQuestionRow.cluster_id
    ).where(
        InboxQuestionRow.vector.is_not(None), InboxQuestionRow.fixed.is_(False), InboxClusterRow.state == "open",
        InboxClusterRow.fixed.is_(False), InboxClusterRow.assigned_to.is_(None), InboxClusterRow.title == "")


def _is_free(cluster: InboxClusterRow) -> bool:
    return cluster.state == "open" and not (cluster.fixed or cluster.assigned_to or cluster.title)


def _nearest(session: Session, meaning: Meaning) -> InboxClusterRow | None:
    """The group that a question belongs to; None where it is like none."""
    known = session.execute(
        select(InboxClusterRow.id, InboxClusterRow.state, InboxClusterRow.centre, InboxClusterRow.near).where(
            InboxClusterRow.state != "merged", InboxClusterRow.centre.is_not(None))).all()
    fitting = [row for row in known if row[2] is not None and len(row[2]) == meaning.vector.nbytes]
    if not fitting:
        return None
    centres = np.stack([np.frombuffer(row[2] or b"", np.float32) for row in fitting])
    alike = candidate_likeness(meaning, centres, [row[3] for row in fitting])
    least = np.array([ALIKE if row[1] == "open" else _SURELY_ALIKE for row in fitting])
    alike[alike < least] = -1.0
    best = int(np.argmax(alike))
    return session.get(InboxClusterRow, fitting[best][0]) if alike[best] > 0 else None


def _understood(row: InboxQuestionRow, meaning: Meaning) -> None:
    row.vector, row.near, row.gap = meaning.vector.tobytes(), dict(meaning.scores), meaning.gap


def _vectors(rows: Sequence[InboxQuestionRow]) -> Vector:
    return np.stack([np.frombuffer(row.vector or b"", np.float32) for row in rows])


def _mean(nears: Sequence[dict[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for near in nears:
        for code, score in near.items():
            total[code] = total.get(code, 0.0) + score / len(nears)
    return {code: round(score, 5) for code, score in sorted(total.items(), key=lambda item: -item[1])[:40]}
