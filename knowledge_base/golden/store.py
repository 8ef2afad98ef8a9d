"""Golden questions in the database: what curators keep, what the last run made of each, and each day's result."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from common.audit import record
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from knowledge_base.golden.shipped import Expected, Golden, load_golden
from knowledge_base.golden.tables import GoldenQuestionRow, GoldenRunRow
from knowledge_base.tables import ShippedSource

__all__ = ["DayQuality", "GoldenStore", "Judged", "Kept"]

_SHIPPED = "golden"
_MOST_EACH = 50


@dataclass(frozen=True)
class Judged:
    """What one run made of a question: whether it did as expected, and the codes of the first candidates."""

    passed: bool
    decision: str
    first: str
    confidence: float
    candidates: Sequence[str] = ()


@dataclass(frozen=True)
class Kept:
    """One question as curators keep it; `last` is None where it hasn't been run yet."""

    id: int
    golden: Golden
    shipped: bool
    author: str
    last: Judged | None = None
    judged_at: datetime | None = None

    @property
    def code(self) -> str:
        return self.golden.code


@dataclass(frozen=True)
class DayQuality:
    """How many golden questions did as expected on a day, of all guides or of one."""

    day: date
    passed: int
    failed: int
    by_code: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Share of 1 that passed."""
        return self.passed / ((self.passed + self.failed) or 1)


class GoldenStore:
    """Golden questions of a database. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load_shipped(self, golden: Sequence[Golden] | None = None) -> int:
        """Takes over shipped questions that aren't known yet and drops shipped ones that are no longer shipped; what
        curators added, changed or removed stays. Returns how many were added; costs one query where nothing changed."""
        wanted = load_golden() if golden is None else golden
        digest = hashlib.sha256("\n".join(item.model_dump_json() for item in wanted).encode()).hexdigest()
        with self._database.session(write=False) as session:
            known = session.get(ShippedSource, _SHIPPED)
            if known is not None and known.digest == digest:
                return 0
        with self._database.session() as session:
            session.merge(ShippedSource(name=_SHIPPED, digest=digest))
            rows = {(row.code, row.question): row for row in session.scalars(select(GoldenQuestionRow))}
            keys = {(item.code, item.question) for item in wanted}
            for key, row in rows.items():
                if row.shipped and key not in keys:
                    session.delete(row)
            fresh = {(item.code, item.question): item for item in wanted if (item.code, item.question) not in rows}
            session.add_all(_row(item, "isee", shipped=True) for item in fresh.values())
            return len(fresh)

    # Reading

    def all(self) -> list[Kept]:
        """Every question in use, by code."""
        return self._kept()

    def of(self, code: str) -> list[Kept]:
        """The questions of one guide, in the order they were written."""
        return self._kept(code=code)

    def _kept(self, code: str = "") -> list[Kept]:
        query = select(GoldenQuestionRow).where(GoldenQuestionRow.removed_at.is_(None))
        query = query.order_by(GoldenQuestionRow.code, GoldenQuestionRow.id)
        if code:
            query = query.where(GoldenQuestionRow.code == code)
        with self._database.session(write=False) as session:
            return [_kept(row) for row in session.scalars(query)]

    def failing(self) -> dict[str, list[str]]:
        """By code, the questions that didn't do as expected in the last run."""
        found: dict[str, list[str]] = defaultdict(list)
        for item in self._kept():
            if item.last is not None and not item.last.passed:
                found[item.code].append(item.golden.question)
        return dict(found)

    def quality(self, days: int = 90, code: str = "") -> list[DayQuality]:
        """Each day that has a run, the oldest first; of one guide where `code` is given."""
        query = select(GoldenRunRow).where(GoldenRunRow.day > local_date() - timedelta(days=days))
        if code:
            query = query.where(GoldenRunRow.code == code)
        by_day: dict[date, dict[str, tuple[int, int]]] = defaultdict(dict)
        with self._database.session(write=False) as session:
            for row in session.scalars(query.order_by(GoldenRunRow.day)):
                by_day[row.day][row.code] = (row.passed, row.failed)
        return [
            DayQuality(day, sum(each[0] for each in codes.values()), sum(each[1] for each in codes.values()), codes)
            for day, codes in by_day.items()
        ]

    def last_run(self) -> date | None:
        """The last day that has a full run."""
        with self._database.session(write=False) as session:
            return session.scalar(select(func.max(GoldenRunRow.day)))

    # Writing

    def add(self, code: str, question: str, expected: Expected, *, actor: str) -> None:
        """Adds a question. Raises InvalidInput for one that can't be used, Conflict where the guide has it already."""
        golden = _checked(code, question, expected)
        try:
            with self._database.session() as session:
                same = _same(session, golden)
                if same is not None and same.removed_at is None:
                    raise Conflict("Thủ tục này đã có câu chuẩn đó.")
                if same is not None:
                    session.delete(same)
                    session.flush()
                if len(self._of(session, code)) >= _MOST_EACH:
                    raise InvalidInput(f"Mỗi thủ tục có tối đa {_MOST_EACH} câu chuẩn.", field="question")
                session.add(_row(golden, actor, shipped=False))
                record(session, actor, "golden.add", f"guide:{code}", after=_facts(golden))
        except IntegrityError as error:
            raise Conflict("Thủ tục này đã có câu chuẩn đó.") from error

    def change(self, number: int, question: str, expected: Expected, *, actor: str) -> None:
        """Rewrites a question; a shipped one is the curators' own from then on. Raises as `add`, and NotFound."""
        with self._database.session() as session:
            row = _found(session, number)
            golden = _checked(row.code, question, expected)
            same = _same(session, golden)
            if same is not None and same.id != number:
                raise Conflict("Thủ tục này đã có câu chuẩn đó.")
            before = _facts(_golden(row))
            if golden.question != row.question and row.shipped:
                # The shipped wording stays as removed; otherwise the next load would bring it back beside the new one.
                row.removed_at = utc_now()
                session.add(_row(golden, actor, shipped=False))
            else:
                row.question, row.expected, row.author, row.passed = golden.question, golden.expected, actor, None
            record(session, actor, "golden.change", f"guide:{row.code}", before=before, after=_facts(golden))

    def remove(self, number: int, *, actor: str) -> str:
        """Takes a question out of use; returns its guide's code. Raises NotFound."""
        with self._database.session() as session:
            row = _found(session, number)
            row.removed_at = utc_now()
            record(session, actor, "golden.remove", f"guide:{row.code}", before=_facts(_golden(row)))
            return row.code

    def note(self, judged: Iterable[tuple[int, Judged]], day: date | None = None) -> None:
        """Keeps what a run made of questions (by id); with `day`, as that day's full run in the place of an earlier."""
        now = utc_now()
        with self._database.session() as session:
            counts: dict[str, Counter[bool]] = defaultdict(Counter)
            codes = dict(session.execute(select(GoldenQuestionRow.id, GoldenQuestionRow.code)).all())
            for number, made in judged:
                session.execute(update(GoldenQuestionRow).where(GoldenQuestionRow.id == number).values(
                    passed=made.passed, decision=made.decision, first=made.first, confidence=made.confidence,
                    candidates=list(made.candidates), judged_at=now))
                if number in codes:
                    counts[codes[number]][made.passed] += 1
            if day is not None:
                session.execute(delete(GoldenRunRow).where(GoldenRunRow.day == day))
                session.add_all(
                    GoldenRunRow(day=day, code=code, passed=count[True], failed=count[False])
                    for code, count in counts.items()
                )

    def _of(self, session: Session, code: str) -> Sequence[GoldenQuestionRow]:
        return session.scalars(select(GoldenQuestionRow).where(
            GoldenQuestionRow.code == code, GoldenQuestionRow.removed_at.is_(None))).all()


def _found(session: Session, number: int) -> GoldenQuestionRow:
    row = session.get(GoldenQuestionRow, number)
    if row is None or row.removed_at is not None:
        raise NotFound("Không có câu chuẩn này, có thể người khác vừa xóa.")
    return row


def _same(session: Session, golden: Golden) -> GoldenQuestionRow | None:
    return session.scalar(select(GoldenQuestionRow).where(
        GoldenQuestionRow.code == golden.code, GoldenQuestionRow.question == golden.question))


def _checked(code: str, question: str, expected: str) -> Golden:
    try:
        return Golden.model_validate({"code": code, "question": " ".join(question.split()), "expected": expected})
    except ValidationError as error:
        field_name = str(error.errors()[0]["loc"][0])
        raise InvalidInput("Câu chuẩn cần từ 3 đến 300 ký tự và một kết quả mong đợi.", field=field_name) from error


def _row(golden: Golden, author: str, *, shipped: bool) -> GoldenQuestionRow:
    return GoldenQuestionRow(
        code=golden.code, question=golden.question, expected=golden.expected, shipped=shipped, author=author,
        created_at=utc_now())


def _golden(row: GoldenQuestionRow) -> Golden:
    return Golden.model_validate({"code": row.code, "question": row.question, "expected": row.expected})


def _facts(golden: Golden) -> dict[str, str]:
    return {"question": golden.question, "expected": golden.expected}


def _kept(row: GoldenQuestionRow) -> Kept:
    last = None
    if row.passed is not None:
        last = Judged(row.passed, row.decision, row.first, row.confidence, tuple(row.candidates))
    return Kept(row.id, _golden(row), row.shipped, row.author, last, row.judged_at)
