"""The process that reads or applies one uploaded catalogue: `… import_worker read|apply JOB FOLDER`.

It works in small transactions with a rest after each, so that neither the processor nor the database's write lock is
ever held for long; what it has done so far survives its end.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import delete, insert, select, update

from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput, ISeeError
from common.settings import get_settings
from knowledge_base.drafting.diff import changed_fields
from knowledge_base.drafting.imports import ImportItem, Imports
from knowledge_base.drafting.tables import ImportItemRow, ImportJobRow
from knowledge_base.importer import read_rows
from knowledge_base.model import Guide, Origin, Published
from knowledge_base.publishing import guide_payload, publish_in
from knowledge_base.snapshot import Snapshot
from knowledge_base.store import KnowledgeBase

__all__ = ["apply", "main", "read"]

_ROWS_A_STEP = 50
_REST = 0.5  # of the time that a step took
_Any = TypeVar("_Any")


def read(database: Database, kb: KnowledgeBase, imports: Imports, job_id: int) -> None:
    """The dry run: every row is rejected, the same, new, or different in named fields."""
    snapshot = kb.snapshot()
    same = 0
    with database.session() as session:
        session.execute(delete(ImportItemRow).where(ImportItemRow.job_id == job_id))
    total = imports.path(job_id).stat().st_size
    place = {"done": 0}
    rows = read_rows(imports.path(job_id), lambda done, _: place.update(done=done))
    for batch in _batches(rows):
        items: list[dict[str, Any]] = []
        for line, code, guide, problem in batch:
            item = _item(snapshot, job_id, line, code, guide, problem)
            if item is None:
                same += 1
            else:
                items.append(item)
        with database.session() as session:
            if items:
                session.execute(insert(ImportItemRow), items)
            _beat(session, job_id, done=place["done"], total=total, same=same)
    _finish(database, job_id, "ready")


def apply(database: Database, kb: KnowledgeBase, imports: Imports, job_id: int) -> None:
    """Publishes the accepted rows as imported guides, a few at a time. What was applied already isn't repeated."""
    job = imports.job(job_id)
    query = select(ImportItemRow.id).where(ImportItemRow.job_id == job_id, ImportItemRow.decision == "accept")
    with database.session(write=False) as session:
        ids = list(session.scalars(query.order_by(ImportItemRow.line)))
    done, failed = 0, 0
    for batch in _batches(iter(ids)):
        guides, items = [], [imports.item(job_id, item_id) for item_id in batch]
        broken: dict[int, str] = {}
        for item in items:
            try:
                guides.append(_chosen(kb, imports, item))
            except (ValidationError, InvalidInput) as error:
                broken[item.id] = str(error)[:500]
        with database.session() as session:
            publish_in(session, guides, Origin.IMPORTED, author=job.author, reason=job.reason)
            for item in items:
                state = "failed" if item.id in broken else "done"
                session.execute(
                    update(ImportItemRow).where(ImportItemRow.id == item.id)
                    .values(decision=state, problem=broken.get(item.id, "")))
            done, failed = done + len(items), failed + len(broken)
            _beat(session, job_id, done=done)
    _finish(database, job_id, "done")
    imports.path(job_id).unlink(missing_ok=True)


def _chosen(kb: KnowledgeBase, imports: Imports, item: ImportItem) -> Guide:
    """Raises InvalidInput where the text that was compared with is not the published one any more."""
    now = _standing(kb.snapshot(), item.code)
    if (now.version if now else 0) != item.base_version:
        raise InvalidInput("hướng dẫn đã đổi từ khi so sánh; tải lại tệp để so sánh lại")
    return imports.chosen(item)


def _item(
    snapshot: Snapshot, job_id: int, line: int, code: str, guide: Guide | None, problem: str
) -> dict[str, Any] | None:
    if guide is None:
        return _row(job_id, line, code, "rejected", problem=problem)
    old = _standing(snapshot, guide.code)
    payload = guide_payload(guide)
    if old is None:
        return _row(job_id, line, guide.code, "new", payload=payload, fields=changed_fields({}, payload))
    fields = changed_fields(guide_payload(old.guide), payload)
    if not fields:
        return None
    return _row(job_id, line, guide.code, "changed", payload=payload, fields=fields, base_version=old.version)


def _row(job_id: int, line: int, code: str, kind: str, **values: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"problem": "", "payload": None, "fields": [], "kept": [], "decision": ""}
    return {"job_id": job_id, "line": line, "code": code[:40], "kind": kind, "base_version": 0, **empty, **values}


def _standing(snapshot: Snapshot, code: str) -> Published | None:
    """What an imported text would replace: curated guides are never touched by an import."""
    published = snapshot.published
    return published.get((code, Origin.IMPORTED)) or published.get((code, Origin.CATALOGUE))


def _batches(rows: Iterator[_Any]) -> Iterator[Sequence[_Any]]:
    """A few rows at a time, with a rest in between that leaves the machine to others."""
    started = time.perf_counter()
    batch: list[_Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _ROWS_A_STEP:
            yield batch
            batch = []
            time.sleep(_REST * (time.perf_counter() - started))
            started = time.perf_counter()
    if batch:
        yield batch


def _beat(session: Any, job_id: int, **values: Any) -> None:
    session.execute(update(ImportJobRow).where(ImportJobRow.id == job_id).values(beat_at=utc_now(), **values))


def _finish(database: Database, job_id: int, state: str, failure: str = "") -> None:
    with database.session() as session:
        _beat(session, job_id, state=state, failure=failure)


def main(arguments: Sequence[str]) -> int:
    """Does one job; a failure is written to it for the curator to see."""
    what, job, folder = arguments
    database = Database(get_settings().database_url)
    kb = KnowledgeBase(database)
    imports = Imports(database, kb, Path(folder))
    work: Callable[..., None] = {"read": read, "apply": apply}[what]
    try:
        work(database, kb, imports, int(job))
    except ISeeError as error:
        _finish(database, int(job), "failed", error.detail)
        return 1
    except Exception as error:  # the curator must see that it ended, whatever the cause
        _finish(database, int(job), "failed", type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
