"""An uploaded catalogue: read, compared with what is imported, decided row by row, published in small steps.

Reading and publishing run in a process of their own with low priority (`import_worker`), so that citizens' questions
don't wait for them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from knowledge_base.drafting.processes import started
from knowledge_base.drafting.tables import ImportItemRow, ImportJobRow
from knowledge_base.model import Guide
from knowledge_base.publishing import guide_payload
from knowledge_base.store import KnowledgeBase

__all__ = ["ImportItem", "ImportJob", "Imports"]

# A worker says that it lives every second or so; after this long it has died.
_SILENT = timedelta(minutes=2)
_RUNNING = ("reading", "applying")


@dataclass(frozen=True)
class ImportJob:
    """One upload; `counts` are rows by kind (`rejected`, `new`, `changed`) and, with `:`, by decision."""

    id: int
    filename: str
    state: str
    author: str
    reason: str
    total: int
    done: int
    same: int
    failure: str
    created_at: datetime
    counts: Mapping[str, int]

    @property
    def running(self) -> bool:
        return self.state in _RUNNING

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


@dataclass(frozen=True)
class ImportItem:
    """One row: `fields` differ from what is published in the same origin, `kept` of them are to stay as they are."""

    id: int
    line: int
    code: str
    kind: str
    problem: str
    payload: Mapping[str, Any]
    fields: Sequence[str]
    kept: Sequence[str]
    decision: str
    base_version: int


class Imports:
    """Uploads of official catalogues."""

    def __init__(self, database: Database, kb: KnowledgeBase, folder: Path) -> None:
        self._database, self._kb, self._folder = database, kb, folder

    def path(self, job_id: int) -> Path:
        """Where an upload lies until it is applied or dropped."""
        return self._folder / f"{job_id}.jsonl"

    def begin(self, filename: str, by: str) -> int:
        """A new job whose file the caller now writes to `path`. Raises Conflict while another one runs."""
        with self._database.session() as session:
            if any(self._alive(row) for row in session.scalars(_running())):
                raise Conflict("Đang có một tệp được xử lý. Chờ xong rồi tải tệp tiếp theo.")
            row = ImportJobRow(filename=Path(filename).name[:200] or "tệp", state="reading", author=by)
            session.add(row)
            session.flush()
            record(session, by, "guide.import_upload", f"import:{row.id}", after={"file": row.filename})
            job_id = row.id
        self._folder.mkdir(parents=True, exist_ok=True)
        return job_id

    def read(self, job_id: int) -> None:
        """Starts the dry run."""
        self._work("read", job_id)

    def apply(self, job_id: int, reason: str, by: str) -> None:
        """Starts publishing the accepted rows. Raises InvalidInput without a reason or an accepted row, Conflict when
        the job isn't ready or another one runs."""
        if not reason.strip():
            raise InvalidInput("Cần ghi lý do nhập.", field="reason")
        with self._database.session() as session:
            row = _job(session, job_id)
            if row.state not in ("ready", "failed") or any(self._alive(other) for other in session.scalars(_running())):
                raise Conflict("Tệp này chưa sẵn sàng, hoặc đang có tệp khác được xử lý.")
            accepted = session.scalar(select(func.count()).select_from(ImportItemRow).where(
                ImportItemRow.job_id == job_id, ImportItemRow.decision == "accept"))
            if not accepted:
                raise InvalidInput("Chưa nhận dòng nào.", field="decision")
            row.state, row.reason, row.total, row.done, row.failure = "applying", reason.strip(), accepted, 0, ""
            row.beat_at = utc_now()
            after = {"file": row.filename, "rows": accepted}
            record(session, by, "guide.import", f"import:{job_id}", after=after, reason=row.reason)
        self._work("apply", job_id)

    def drop(self, job_id: int, by: str) -> None:
        """Throws an upload away; what it published stays. Raises Conflict while it runs."""
        with self._database.session() as session:
            row = _job(session, job_id)
            if self._alive(row):
                raise Conflict("Tệp đang được xử lý. Chờ xong rồi bỏ.")
            row.state = "dropped"
            session.execute(delete(ImportItemRow).where(ImportItemRow.job_id == job_id))
            record(session, by, "guide.import_drop", f"import:{job_id}", after={"file": row.filename})
        self.path(job_id).unlink(missing_ok=True)

    # Reading

    def jobs(self, page: int = 1, size: int = 50) -> Sequence[ImportJob]:
        """One more than a page of uploads, the newest first."""
        query = select(ImportJobRow).order_by(ImportJobRow.id.desc()).offset((page - 1) * size).limit(size + 1)
        with self._database.session(write=False) as session:
            return [self._job_view(session, row) for row in session.scalars(query)]

    def job(self, job_id: int) -> ImportJob:
        """Raises NotFound."""
        with self._database.session(write=False) as session:
            return self._job_view(session, _job(session, job_id))

    def items(self, job_id: int, kind: str, page: int = 1, size: int = 50) -> Sequence[ImportItem]:
        """One more than a page of rows of a kind, by line."""
        query = select(ImportItemRow).where(ImportItemRow.job_id == job_id, ImportItemRow.kind == kind)
        paged = query.order_by(ImportItemRow.line).offset((page - 1) * size).limit(size + 1)
        with self._database.session(write=False) as session:
            return [_item_view(row) for row in session.scalars(paged)]

    def item(self, job_id: int, item_id: int) -> ImportItem:
        """Raises NotFound."""
        with self._database.session(write=False) as session:
            return _item_view(_item(session, job_id, item_id))

    def base(self, item: ImportItem) -> Mapping[str, Any]:
        """What the row would replace: the imported text, else the shipped facts; empty for a new procedure."""
        found = self._kb.at_version(item.code, item.base_version) if item.base_version else None
        return guide_payload(found.guide) if found else {}

    # Deciding

    def decide(self, job_id: int, item_id: int, accepted: Sequence[str], by: str) -> None:
        """Takes the fields `accepted` of a row; none refuses it. Raises Conflict once it is being applied."""
        with self._database.session() as session:
            _ready(session, job_id)
            row = _item(session, job_id, item_id)
            if row.kind == "rejected":
                raise InvalidInput("Dòng này bị từ chối khi đọc, không nhận được.")
            taken = set(row.fields) if row.kind == "new" and accepted else set(accepted)
            row.kept = [name for name in row.fields if name not in taken]
            row.decision = "accept" if len(row.kept) < len(row.fields) else "refuse"

    def decide_all(self, job_id: int, decision: str, by: str) -> None:
        """Takes (`accept`) or leaves (`refuse`) every row that can be taken."""
        with self._database.session() as session:
            _ready(session, job_id)
            session.execute(
                update(ImportItemRow)
                .where(ImportItemRow.job_id == job_id, ImportItemRow.kind != "rejected")
                .values(decision="accept" if decision == "accept" else "refuse", kept=[]))

    def chosen(self, item: ImportItem) -> Guide:
        """The guide that an accepted row makes. Raises pydantic.ValidationError where the kept fields don't fit."""
        old = self.base(item)
        made = dict(item.payload)
        for name in item.kept:
            if name in old:
                made[name] = old[name]
            else:
                made.pop(name, None)
        return Guide.model_validate(made)

    # The worker

    def _work(self, what: str, job_id: int) -> None:
        process = started(
            "knowledge_base.drafting.import_worker", what, str(job_id), str(self._folder),
            database_url=self._database.url)
        # Nobody waits for it: a thread only collects its end, so that no dead process stays behind.
        threading.Thread(target=process.communicate, daemon=True).start()

    def _alive(self, row: ImportJobRow) -> bool:
        return row.state in _RUNNING and row.beat_at > utc_now() - _SILENT

    def _job_view(self, session: Session, row: ImportJobRow) -> ImportJob:
        counted = session.execute(
            select(ImportItemRow.kind, ImportItemRow.decision, func.count())
            .where(ImportItemRow.job_id == row.id).group_by(ImportItemRow.kind, ImportItemRow.decision))
        counts: dict[str, int] = {}
        for kind, decision, count in counted:
            counts[kind] = counts.get(kind, 0) + count
            counts[f":{decision}"] = counts.get(f":{decision}", 0) + (count if kind != "rejected" else 0)
        dead = row.state in _RUNNING and not self._alive(row)
        return ImportJob(
            row.id, row.filename, "failed" if dead else row.state, row.author, row.reason, row.total, row.done,
            row.same, row.failure, row.created_at, counts)


def _running() -> Any:
    return select(ImportJobRow).where(ImportJobRow.state.in_(_RUNNING))


def _job(session: Session, job_id: int) -> ImportJobRow:
    row = session.get(ImportJobRow, job_id)
    if row is None:
        raise NotFound("Không có lần nhập này.")
    return row


def _ready(session: Session, job_id: int) -> None:
    if _job(session, job_id).state not in ("ready", "failed"):
        raise Conflict("Tệp này đang được xử lý hoặc đã xong, không đổi lựa chọn được nữa.")


def _item(session: Session, job_id: int, item_id: int) -> ImportItemRow:
    row = session.get(ImportItemRow, item_id)
    if row is None or row.job_id != job_id:
        raise NotFound("Không có dòng này trong tệp.")
    return row


def _item_view(row: ImportItemRow) -> ImportItem:
    return ImportItem(
        row.id, row.line, row.code, row.kind, row.problem, row.payload or {}, row.fields, row.kept, row.decision,
        row.base_version)


