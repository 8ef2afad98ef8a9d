"""Change recall: a correction is drafted, read by a second person, and said once in each conversation concerned."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from actions.messages import Messages
from actions.outbox import Outbox
from bot.recall.differences import Difference, differences
from bot.recall.finding import Told, question_before, told_in
from bot.recall.tables import RecallRow, RecallTargetRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from knowledge_base.model import Guide
from knowledge_base.store import KnowledgeBase
from knowledge_base.tables import GuideVersion, PublicationEntry

__all__ = ["TOPIC", "Changed", "Found", "Recalls", "load_texts", "seal"]

TOPIC = "recall.send"
DAYS = (7, 30, 60, 90)
_LONGEST = 4000
_NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")
_MOST_ENTRIES = 400
_ANSWERED_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Changed:
    """A guide whose fee, time or documents changed between two versions."""

    code: str
    name: str
    from_version: int
    to_version: int
    at: datetime
    differences: Sequence[Difference]


@dataclass(frozen=True)
class Found:
    """Conversations that were told the old: `count` of them, and a page of what was asked and told (masked)."""

    count: int
    sample: Sequence[tuple[Told, str]]


class Recalls:
    """Drafts, reviews and hands over to the outbox (`sending.Sending`). Safe to share between threads."""

    def __init__(
        self, database: Database, kb: KnowledgeBase, outbox: Outbox, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database, self._kb, self._outbox, self._now = database, kb, outbox, now
        self._words, self._texts = Messages.load(), load_texts()

    # What changed

    def recent(self, days: int) -> list[Changed]:
        """Guides published anew in the last `days` that say another fee, time or other documents than before."""
        newest = select(PublicationEntry.code, func.max(PublicationEntry.id).label("id")).where(
            PublicationEntry.at >= self._now() - timedelta(days=days), PublicationEntry.op == "publish",
            PublicationEntry.version > 1,
        ).group_by(PublicationEntry.code).subquery()
        query = select(PublicationEntry).join(newest, newest.c.id == PublicationEntry.id)
        with self._database.session(write=False) as session:
            entries = session.scalars(query.order_by(PublicationEntry.id.desc()).limit(_MOST_ENTRIES)).all()
            before = _versions_before(session, {entry.code: entry.version for entry in entries})
        made = (self._changed(entry, before[entry.code]) for entry in entries if entry.code in before)
        return [changed for changed in made if changed]

    def between(self, code: str, from_version: int, to_version: int) -> list[Difference]:
        """What differs between two versions. Raises NotFound for one that isn't there."""
        old, new = self._kb.at_version(code, from_version), self._kb.at_version(code, to_version)
        if old is None or new is None:
            raise NotFound(f"Không có bản này của thủ tục {code}.")
        return differences(old.guide, new.guide, self._words, self._texts)

    def _changed(self, entry: PublicationEntry, before: int) -> Changed | None:
        current, old = self._kb.get(entry.code), self._kb.at_version(entry.code, before)
        if current is None or current.version != entry.version or old is None:
            return None
        found = differences(old.guide, current.guide, self._words, self._texts)
        name = current.guide.name
        return Changed(entry.code, name, before, entry.version, entry.at, found) if found else None

    # Who was told

    def found(
        self, code: str, to_version: int, fields: Sequence[str], days: int, page: int = 1, size: int = 50
    ) -> Found:
        """Conversations of the last `days` that were told otherwise in `fields`. Raises Conflict where `to_version` is
        no longer what is answered from."""
        guide = self._current(code, to_version)
        with self._database.session(write=False) as session:
            told = told_in(session, guide, to_version, fields, self._now() - timedelta(days=days))
            shown = told[(page - 1) * size : page * size]
            return Found(len(told), [(each, question_before(session, each)) for each in shown])

    # Drafts

    def list(self, page: int = 1, size: int = 50) -> tuple[Sequence[RecallRow], bool]:
        """Recalls, the latest first, and whether there are more."""
        query = select(RecallRow).order_by(RecallRow.id.desc()).offset((page - 1) * size).limit(size + 1)
        with self._database.session(write=False) as session:
            rows = session.scalars(query).all()
        return rows[:size], len(rows) > size

    def get(self, number: int) -> RecallRow:
        """One recall. Raises NotFound."""
        with self._database.session(write=False) as session:
            return _row(session, number)

    def draft(self, code: str, from_version: int, to_version: int, days: int, *, actor: str) -> int:
        """Opens a draft with the text made of old and new values; returns its number.

        Raises InvalidInput where nothing changed or `days` isn't offered, Conflict where one is open for it already.
        """
        if days not in DAYS:
            raise InvalidInput("Số ngày không có trong danh sách.", field="days")
        guide, changes = self._current(code, to_version), self.between(code, from_version, to_version)
        if not changes:
            raise InvalidInput("Hai bản không khác nhau về lệ phí, thời hạn hay giấy tờ.", field="from_version")
        with self._database.session() as session:
            open_ = select(RecallRow.id).where(
                RecallRow.code == code, RecallRow.to_version == to_version, RecallRow.state.in_(("draft", "approved")))
            known = session.scalar(open_)
            if known is not None:
                raise Conflict(f"Đã có đính chính số {known} cho lần thay đổi này.")
            row = RecallRow(
                code=code, from_version=from_version, to_version=to_version, days=days,
                fields=[change.field for change in changes], text=self._letter(guide, changes), author=actor,
                created_at=self._now())
            session.add(row)
            session.flush()
            record(session, actor, "recall.draft", _subject(row), after={"code": code, "to_version": to_version})
            return row.id

    def change(self, number: int, text: str, *, seen: str, actor: str) -> None:
        """Rewrites a draft; whoever did it last can't be the one who approves it.

        `seen` is the `seal` of the text that was edited: Conflict where somebody else changed it meanwhile. Raises
        InvalidInput for a text that is empty, too long, or names a number that is in neither version.
        """
        text = text.replace("\r\n", "\n").strip()
        with self._database.session() as session:
            row = _row(session, number, lock=True)
            _expect(row, "draft", seen)
            if not 20 <= len(text) <= _LONGEST:
                raise InvalidInput(f"Lời đính chính cần từ 20 đến {_LONGEST} ký tự.", field="text")
            self._known_numbers(row, text)
            if text != row.text:
                record(session, actor, "recall.change", _subject(row), before={"text": row.text}, after={"text": text})
                row.text, row.author = text, actor

    def cancel(self, number: int, *, actor: str) -> None:
        """Drops a draft, or stops what hasn't been said yet of an approved one. Raises Conflict, NotFound."""
        with self._database.session() as session:
            row = _row(session, number, lock=True)
            if row.state not in ("draft", "approved"):
                raise Conflict("Đính chính này đã xong, không dừng được nữa.")
            record(session, actor, "recall.cancel", _subject(row), before={"state": row.state})
            row.state, row.done_at = "cancelled", self._now()
            self._outbox.cancel(session, TOPIC, _subject(row))

    def approve(self, number: int, *, seen: str, actor: str) -> int:
        """A second person's yes: the conversations are noted and the outbox says it; returns how many.

        Raises Conflict for one's own text, for a text that changed since it was read (`seen`), or a
        guide that changed once more.
        """
        with self._database.session() as session:
            row = _row(session, number, lock=True)
            _expect(row, "draft", seen)
            if row.author == actor:
                raise Conflict("Người soạn không tự duyệt được; nhờ người khác duyệt.")
            guide = self._current(row.code, row.to_version)
            since = self._now() - timedelta(days=row.days)
            told = told_in(session, guide, row.to_version, row.fields, since)
            session.add_all(
                RecallTargetRow(
                    recall_id=row.id, conversation_id=each.conversation_id, message_id=each.message_id,
                    fields=list(each.fields))
                for each in told
            )
            row.state, row.reviewer, row.reviewed_at, row.found = "approved", actor, self._now(), len(told)
            record(session, actor, "recall.approve", _subject(row), after={"conversations": len(told)})
            self._outbox.put(session, TOPIC, str(row.id), _subject(row), {"id": row.id})
            return len(told)

    def _current(self, code: str, version: int) -> Guide:
        published = self._kb.get(code)
        if published is None or published.version != version:
            raise Conflict("Hướng dẫn này đã thay đổi tiếp; soạn đính chính mới theo bản đang dùng.")
        return published.guide

    def _letter(self, guide: Guide, changes: Sequence[Difference]) -> str:
        return self._texts.render("letter", name=guide.name, changes=changes)

    def _known_numbers(self, row: RecallRow, text: str) -> None:
        """What citizens are told comes from the guide: no number that neither version has."""
        guide = self._current(row.code, row.to_version)
        drafted = self._letter(guide, self.between(row.code, row.from_version, row.to_version))
        unknown = sorted(set(_NUMBER.findall(text)) - set(_NUMBER.findall(drafted)))
        if unknown:
            raise InvalidInput(
                f"Số {', '.join(unknown)} không có trong bản cũ hay bản mới của hướng dẫn.", field="text")


def load_texts() -> Messages:
    """The recall's sentences."""
    return Messages.load(Path(__file__).with_name("texts.yml"))


def seal(row: RecallRow) -> str:
    """Tells one text of a recall from another."""
    return hashlib.sha256(row.text.encode()).hexdigest()[:16]


def _versions_before(session: Session, versions: Mapping[str, int]) -> dict[str, int]:
    """For each code's version the one that was answered from before. One of another origin that was replaced within
    the hour never was: at the first start the catalogue's facts and the curated guides come one after the other."""
    query = select(
        GuideVersion.code, GuideVersion.version, GuideVersion.origin, GuideVersion.created_at
    ).where(GuideVersion.code.in_(versions)).order_by(GuideVersion.code, GuideVersion.version.desc())
    found: dict[str, int] = {}
    this: Row[str, int, str, datetime] | None = None
    for row in session.execute(query):
        if row.version == versions[row.code]:
            this = row
        elif row.code not in found and this is not None and this.code == row.code and (
            row.origin == this.origin or this.created_at - row.created_at > _ANSWERED_FOR
        ):
            found[row.code] = row.version
    return found


def _row(session: Session, number: int, *, lock: bool = False) -> RecallRow:
    row = session.get(RecallRow, number, with_for_update=lock)
    if row is None:
        raise NotFound("Không có đính chính này.")
    return row


def _expect(row: RecallRow, state: str, seen: str) -> None:
    if row.state != state:
        raise Conflict("Đính chính này không còn chờ duyệt; tải lại trang.")
    if seen != seal(row):
        raise Conflict("Người khác vừa sửa lời đính chính; đọc lại rồi làm tiếp.")


def _subject(row: RecallRow) -> str:
    return f"recall:{row.id}"
