"""Drafts of guides: begun, saved, sent for review, approved or sent back by another person, thrown away.

A code has one open draft. Every save names the revision it was made on; where somebody else saved meanwhile, what was
typed is set aside and nothing is overwritten. Each act is written to the audit log in its own transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, Forbidden, InvalidInput, NotFound, TooLarge
from knowledge_base.drafting.diff import changed_fields
from knowledge_base.drafting.states import OPEN, Draft, State, standing, viewed
from knowledge_base.drafting.tables import AsideRow, DraftRow
from knowledge_base.model import Published
from knowledge_base.publishing import guide_payload
from knowledge_base.store import KnowledgeBase

__all__ = ["Aside", "Drafts", "Saved"]

_LARGEST = 2 * 1024 * 1024


@dataclass(frozen=True)
class Aside:
    """What `author` typed while somebody else saved."""

    author: str
    payload: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class Saved:
    """The draft as it stands now; `kept` says that the typed text was set aside instead of saved."""

    draft: Draft
    kept: bool = False


class Drafts:
    """Everything that happens to a draft before it is published."""

    def __init__(self, database: Database, kb: KnowledgeBase) -> None:
        self._database, self._kb = database, kb

    # Reading

    def open_of(self, code: str) -> Draft | None:
        """The draft of `code` that can still change, if there is one."""
        with self._database.session(write=False) as session:
            row = _open(session, code)
            return viewed(row) if row else None

    def get(self, code: str) -> Draft:
        """The open draft of `code`. Raises NotFound."""
        found = self.open_of(code)
        if found is None:
            raise NotFound(f"Thủ tục {code} không có bản nháp đang mở.")
        return found

    def scheduled(self, code: str) -> Sequence[Draft]:
        """Texts of `code` that wait for their day, the earliest first."""
        return self._listed(DraftRow.code == code, DraftRow.state == State.SCHEDULED)

    def all_open(self) -> Sequence[Draft]:
        """Every draft that can still change or waits for its day."""
        return self._listed(DraftRow.state.in_([*OPEN, State.SCHEDULED]))

    def past(self, code: str, limit: int = 50) -> Sequence[Draft]:
        """Drafts of `code` that were published or thrown away, the newest first."""
        done = DraftRow.state.in_([State.PUBLISHED, State.DISCARDED])
        return self._listed(DraftRow.code == code, done)[::-1][:limit]

    def _listed(self, *conditions: Any) -> list[Draft]:
        query = select(DraftRow).where(*conditions).order_by(DraftRow.publish_on, DraftRow.updated_at)
        with self._database.session(write=False) as session:
            return [viewed(row) for row in session.scalars(query)]

    def published(self, code: str) -> Published | None:
        """What is published of `code` now, expired or not."""
        return standing(self._kb.snapshot(), code)

    def base(self, draft: Draft) -> Mapping[str, Any]:
        """The published text that a draft was begun from; empty for a new guide."""
        found = self._kb.at_version(draft.code, draft.base_version) if draft.base_version else None
        return guide_payload(found.guide) if found else {}

    def moved(self, draft: Draft) -> Published | None:
        """What was published since the draft was begun, or None."""
        now = self.published(draft.code)
        return now if now and now.version != draft.base_version else None

    def aside(self, draft: Draft, by: str) -> Aside | None:
        """What `by` typed into `draft` and must still choose about."""
        query = select(AsideRow).where(AsideRow.draft_id == draft.id, AsideRow.author == by)
        with self._database.session(write=False) as session:
            row = session.scalar(query)
            return Aside(row.author, row.payload, row.at) if row else None

    # Writing

    def begin(self, code: str, by: str, *, version: int = 0, name: str = "", reason: str = "") -> Draft:
        """Opens a draft of `code`: the one that is open already, else the published text, an old `version` of it, or a
        new guide called `name`.

        Raises Conflict where a draft is open and an old version is asked for, NotFound for a version that never was or
        an unknown code without a name.
        """
        now = self.published(code)
        if version:
            old = self._kb.at_version(code, version)
            if old is None:
                raise NotFound(f"Thủ tục {code} không có bản số {version}.")
            payload = guide_payload(old.guide)
        elif now is not None:
            payload = guide_payload(now.guide)
        elif name.strip():
            payload = {"code": code, "name": " ".join(name.split())}
        else:
            raise NotFound(f"Chưa có thủ tục {code}.")
        base = now.version if now else 0
        try:
            with self._database.session() as session:
                row = _open(session, code)
                if row is not None:
                    if version:
                        raise Conflict("Thủ tục này đang có bản nháp. Công bố hoặc bỏ bản nháp đó trước.")
                    return viewed(row)
                return viewed(_add(session, code, payload, base, by, version, reason))
        except IntegrityError as error:
            raise Conflict("Vừa có người mở bản nháp của thủ tục này. Tải lại trang để xem.") from error

    def save(self, code: str, payload: Mapping[str, Any], revision: int, by: str) -> Saved:
        """Keeps what was typed on `revision`: in the draft, or aside where the draft has moved on since.

        Raises TooLarge; NotFound where nothing is published and no draft is open.
        """
        typed = _checked(payload, code)
        if self.open_of(code) is None:  # published or thrown away meanwhile
            self.begin(code, by)
            revision = -1
        with self._database.session() as session:
            row = _needed(session, code)
            if row.payload == typed:
                return Saved(viewed(row))
            if row.state != State.DRAFT or row.revision != revision:
                _set_aside(session, row, typed, by)
                return Saved(viewed(row), kept=True)
            _write(row, typed, by)
            return Saved(viewed(row))

    def resolve(self, code: str, payload: Mapping[str, Any], revision: int, by: str) -> Draft:
        """Ends a conflict: `payload` is what was chosen on `revision`, and stands on what is published now.

        Raises Conflict where the draft has moved on once more.
        """
        typed = _checked(payload, code)
        now = self.published(code)
        with self._database.session() as session:
            row = _in_state(session, code, State.DRAFT)
            if row.revision != revision:
                raise Conflict("Bản nháp lại vừa thay đổi. Xem lại phần so sánh rồi chọn.")
            before = {"revision": row.revision, "base_version": row.base_version}
            _write(row, typed, by)
            row.base_version = now.version if now else 0
            session.execute(delete(AsideRow).where(AsideRow.draft_id == row.id, AsideRow.author == by))
            after = {"revision": row.revision, "base_version": row.base_version}
            record(session, by, "guide.merge", f"guide:{code}", before=before, after=after)
            return viewed(row)

    def drop_aside(self, code: str, by: str) -> None:
        """Throws away what `by` typed in a conflict."""
        with self._database.session() as session:
            row = _needed(session, code)
            session.execute(delete(AsideRow).where(AsideRow.draft_id == row.id, AsideRow.author == by))

    def add_questions(self, code: str, questions: Sequence[str], by: str) -> Draft:
        """A draft of `code` with `questions` added to how citizens say it. Raises Conflict while it is in review."""
        self.begin(code, by)
        with self._database.session() as session:
            row = _in_state(session, code, State.DRAFT)
            known = list(row.payload.get("questions", []))
            more = [text for one in questions if (text := " ".join(one.split())) and text not in known]
            if more:
                _write(row, {**row.payload, "questions": [*known, *dict.fromkeys(more)]}, by)
            return viewed(row)

    def discard(self, code: str, reason: str, by: str) -> None:
        """Ends an open draft without publishing it; the row stays."""
        why = _required(reason, "Cần ghi lý do bỏ bản nháp.")
        self._move(code, OPEN, State.DISCARDED, by, "guide.discard", why)

    # Review

    def send(self, code: str, note: str, by: str, revision: int) -> Draft:
        """Sends a draft for review. Raises Conflict where it was saved since `revision` or the published text moved
        on."""
        draft = self.get(code)
        if self.moved(draft):
            raise Conflict("Hướng dẫn đã có bản công bố mới hơn. So sánh và gộp trước khi gửi duyệt.")

        def sent(row: DraftRow) -> None:
            if row.revision != revision:
                raise Conflict("Bản nháp vừa thay đổi. Xem lại trước khi gửi duyệt.")
            row.note, row.remarks, row.reviewer = note.strip(), {}, ""

        return self._move(code, (State.DRAFT,), State.REVIEW, by, "guide.send", note.strip(), sent)

    def recall(self, code: str, by: str) -> Draft:
        """Takes a draft back out of review, or out of approval, to write on."""
        return self._move(code, (State.REVIEW, State.APPROVED), State.DRAFT, by, "guide.recall", "")

    def approve(self, code: str, by: str, revision: int) -> Draft:
        """Approves a draft. Raises Forbidden for anybody who wrote in it, whatever their role."""

        def approved(row: DraftRow) -> None:
            if by in row.writers:
                raise Forbidden("Người soạn không duyệt bản của mình. Nhờ người khác duyệt.")
            if row.revision != revision:
                raise Conflict("Bản nháp vừa thay đổi. Xem lại trước khi duyệt.")
            row.reviewer, row.remarks = by, {}

        return self._move(code, (State.REVIEW,), State.APPROVED, by, "guide.approve", "", approved)

    def send_back(self, code: str, remarks: Mapping[str, str], by: str) -> Draft:
        """Sends a draft back with remarks by field ("" for the whole). Raises InvalidInput without any."""
        said = {field: text.strip() for field, text in remarks.items() if text.strip()}
        if not said:
            raise InvalidInput("Ghi ít nhất một ý kiến để người soạn biết cần sửa gì.", field="remarks")

        def returned(row: DraftRow) -> None:
            if by in row.writers:
                raise Forbidden("Người soạn không trả lại bản của mình; dùng “Rút lại để sửa”.")
            row.remarks, row.reviewer = said, by

        return self._move(
            code, (State.REVIEW,), State.DRAFT, by, "guide.send_back", "; ".join(said.values()), returned)

    def _move(
        self, code: str, sources: Sequence[State], target: State, by: str, action: str, reason: str,
        change: Callable[[DraftRow], None] = lambda row: None,
    ) -> Draft:
        with self._database.session() as session:
            row = _in_state(session, code, *sources)
            change(row)
            before, row.state = row.state, str(target)
            row.open_code = code if target in OPEN else None
            row.updated_at = utc_now()
            record(
                session, by, action, f"guide:{code}", reason=reason,
                before={"state": before}, after={"state": row.state, "revision": row.revision})
            return viewed(row)


def _add(
    session: Session, code: str, payload: dict[str, Any], base: int, by: str, version: int, reason: str
) -> DraftRow:
    row = DraftRow(
        code=code, open_code=code, state=str(State.DRAFT), revision=1, base_version=base, payload=payload,
        writers=[by], updated_by=by, note="", remarks={}, reviewer="", reason="")
    session.add(row)
    session.flush()
    after = {"base_version": base, "restored_version": version} if version else {"base_version": base}
    record(session, by, "guide.restore" if version else "guide.begin", f"guide:{code}", after=after, reason=reason)
    return row


def _open(session: Session, code: str) -> DraftRow | None:
    return session.scalar(select(DraftRow).where(DraftRow.open_code == code).with_for_update())


def _needed(session: Session, code: str) -> DraftRow:
    row = _open(session, code)
    if row is None:
        raise NotFound(f"Thủ tục {code} không có bản nháp đang mở.")
    return row


def _in_state(session: Session, code: str, *states: State) -> DraftRow:
    row = _needed(session, code)
    if row.state not in states:
        raise Conflict("Trạng thái bản nháp vừa thay đổi. Tải lại trang để xem.")
    return row


def _write(row: DraftRow, payload: dict[str, Any], by: str) -> None:
    row.payload, row.updated_by, row.updated_at = payload, by, utc_now()
    row.revision += 1
    if by not in row.writers:
        row.writers = [*row.writers, by]


def _set_aside(session: Session, row: DraftRow, payload: dict[str, Any], by: str) -> None:
    found = session.scalar(select(AsideRow).where(AsideRow.draft_id == row.id, AsideRow.author == by))
    if found is None:
        session.add(AsideRow(draft_id=row.id, author=by, payload=payload))
    else:
        found.payload, found.at = payload, utc_now()
    fields = changed_fields(row.payload, payload)
    record(session, by, "guide.set_aside", f"guide:{row.code}", after={"fields": fields, "revision": row.revision})


def _checked(payload: Mapping[str, Any], code: str) -> dict[str, Any]:
    typed = {**payload, "code": code}
    if len(json.dumps(typed, ensure_ascii=False).encode("utf-8", "replace")) > _LARGEST:
        raise TooLarge(f"Bản nháp lớn hơn {_LARGEST // 1024**2} MB. Chia bớt nội dung.")
    return typed


def _required(text: str, sentence: str) -> str:
    if not text.strip():
        raise InvalidInput(sentence, field="reason")
    return text.strip()
