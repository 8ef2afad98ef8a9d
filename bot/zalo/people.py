"""Citizens as Zalo knows them, and their conversations. Call from worker threads, one event of a citizen at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.gateway.store import ConversationStore
from bot.zalo.events import text_of
from bot.zalo.model import Event
from bot.zalo.rendering.greetings import is_greeting
from bot.zalo.tables import ZaloLaneRow, ZaloMenuRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database
from common.messages import Button, Reply, Status

__all__ = ["People", "incoming_texts"]

_GREET_EVERY = timedelta(hours=24)
_WORDLESS_EVERY = timedelta(minutes=10)
# An answer to our question for name and telephone that comes later than this was not meant for it.
_INFO_LIFE = timedelta(hours=24)
_SUGGESTED = ("birth", "copies", "track")


@cache
def incoming_texts() -> Messages:
    return Messages.load(Path(__file__).with_name("texts_in.yml"))


class _Tied(Exception):
    """The citizen got a conversation a moment ago (staff wrote to them first); its only argument is the id."""


class People:
    """Who writes, since when, and in which conversation.

    Args:
        days: after how many days of silence a conversation is erased; named in the greeting.
    """

    def __init__(
        self, database: Database, store: ConversationStore, province: str, days: int,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._store, self._now = database, store, now
        self._province, self._days = province, days

    def conversation(self, event: Event) -> str:
        """The citizen's conversation, opened with the greeting where they have none (or it was erased). Notes that
        they wrote: the platform counts its windows from their last interaction."""
        with self._database.session() as session:
            row = self._row(session, event)
            moment = self._moment(event)
            row.last_interaction = max(filter(None, (row.last_interaction, moment)))
            if row.left_at and moment > row.left_at:  # back again: nothing is erased
                row.left_at = row.erase_at = None
            if row.conversation_id:
                return row.conversation_id
        # Opened and tied to the citizen in one transaction: a process that dies here leaves nothing behind.
        try:
            opened = self._store.open(
                self.greeting(asked=_asks(event)), channel="zalo",
                also=lambda session, conversation_id: self._tie(session, event.subject, conversation_id))
        except _Tied as other:
            return str(other)
        return opened.id

    def greeting(self, *, asked: bool = False) -> list[Reply]:
        """Says that an automatic assistant speaks, and what becomes of the words. Who has `asked` something already is
        offered nothing to ask: their answer stands right below."""
        texts = incoming_texts()
        buttons = [] if asked else [
            Button(title=texts.render(f"button.{name}"), payload=texts.render(f"ask.{name}")) for name in _SUGGESTED]
        hello = texts.render("greeting.asked" if asked else "greeting.hello", province=self._province)
        notice = texts.render("greeting.notice", days=self._days)
        return [Reply(text=f"{hello}\n\n{notice}", status=Status.CONTROL, buttons=buttons)]

    def greet_again(self, session: Session, user_id: str) -> bool:
        """Whether it is time for the greeting, which the caller then says in this transaction."""
        return self._due(session, user_id, "greeted_at", _GREET_EVERY)

    def wordless(self, session: Session, user_id: str) -> bool:
        """Whether it is time to say that only text is read, which the caller then says in this transaction."""
        return self._due(session, user_id, "text_only_at", _WORDLESS_EVERY)

    def follows(self, session: Session, event: Event) -> None:
        """Notes that somebody follows the OA."""
        self._row(session, event).follows = True

    def back_since(self, event: Event) -> bool:
        """Whether the citizen has written or followed since `event`: one that failed may come late."""
        query = select(ZaloUserRow.last_interaction).where(ZaloUserRow.user_id == event.subject)
        with self._database.session(write=False) as session:
            last = session.scalar(query)
        return last is not None and last > self._moment(event)

    def left(self, session: Session, event: Event, erase_at: datetime) -> None:
        """Notes that somebody follows the OA no longer, and when what is kept of them goes."""
        row = self._row(session, event)
        row.follows, row.left_at, row.erase_at = False, self._moment(event), row.erase_at or erase_at

    def asked_info(self, user_id: str) -> bool:
        """Whether we asked for name and telephone lately."""
        with self._database.session(write=False) as session:
            row = session.get(ZaloUserRow, user_id)
            return bool(row and row.info_asked_at and row.info_asked_at > self._now() - _INFO_LIFE)

    def info_taken(self, user_id: str) -> None:
        """What we asked for has come; what comes from now on was not asked for."""
        with self._database.session() as session:
            session.execute(update(ZaloUserRow).where(ZaloUserRow.user_id == user_id).values(info_asked_at=None))

    def forget(self, session: Session, user_id: str) -> None:
        """Deletes what is known of a citizen; their conversation is erased by the caller."""
        session.execute(delete(ZaloMenuRow).where(ZaloMenuRow.user_id == user_id))
        session.execute(delete(ZaloUserRow).where(ZaloUserRow.user_id == user_id))
        session.execute(delete(ZaloLaneRow).where(ZaloLaneRow.subject == user_id, ZaloLaneRow.direction == "out"))

    def found(self, user_id: str) -> str | None:
        """The citizen's conversation, if there is one."""
        with self._database.session(write=False) as session:
            return self.conversation_of(session, user_id)

    def conversation_of(self, session: Session, user_id: str) -> str | None:
        """As `found`, inside the caller's transaction."""
        return session.scalar(select(ZaloUserRow.conversation_id).where(ZaloUserRow.user_id == user_id))

    def purge(self) -> None:
        """Deletes citizens whose conversation was erased long ago, and lanes of nobody that we know."""
        before = self._now() - timedelta(days=self._days)
        query = delete(ZaloUserRow).where(
            ZaloUserRow.conversation_id.is_(None), ZaloUserRow.created_at < before,
            or_(ZaloUserRow.last_interaction.is_(None), ZaloUserRow.last_interaction < before))
        # Nobody's lane says only that somebody wrote once: their id, and a row more for ever.
        free = or_(ZaloLaneRow.busy_until.is_(None), ZaloLaneRow.busy_until < before)
        nobodys = delete(ZaloLaneRow).where(free, ZaloLaneRow.subject.not_in(select(ZaloUserRow.user_id)))
        with self._database.session() as session:
            session.execute(query)
            session.execute(nobodys)

    def _row(self, session: Session, event: Event) -> ZaloUserRow:
        row = session.get(ZaloUserRow, event.subject)
        if row is None:
            row = ZaloUserRow(user_id=event.subject, oa_id=event.oa_id, turned_upto="", created_at=self._now())
            session.add(row)
        return row

    def _tie(self, session: Session, user_id: str, conversation_id: str) -> None:
        row = session.get(ZaloUserRow, user_id, with_for_update=True)
        if row is None or row.conversation_id:
            raise _Tied(row.conversation_id if row else "")
        row.conversation_id, row.turned_upto, row.greeted_at = conversation_id, "", self._now()

    def _due(self, session: Session, user_id: str, column: str, every: timedelta) -> bool:
        now, last = self._now(), getattr(ZaloUserRow, column)
        query = update(ZaloUserRow).where(
            ZaloUserRow.user_id == user_id, or_(last.is_(None), last <= now - every)).values({column: now})
        return session.scalar(query.returning(ZaloUserRow.user_id)) is not None

    def _moment(self, event: Event) -> datetime:
        """When it happened by the platform's clock; our own where that lies ahead or is missing."""
        now = self._now()
        return min(now, datetime.fromtimestamp(event.sent_ms / 1000, UTC)) if event.sent_ms else now


def _asks(event: Event) -> bool:
    """Whether the event says what its citizen wants, which is answered below the greeting."""
    said = text_of(event.message, "text")
    return event.name in ("user_send_text", "user_send_location") and not is_greeting(said)
