"""Citizens who stop following the OA (SPEC 4.4): their chat is closed at once, and what is kept of them goes after a
while, unless they come back before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from anyio.to_thread import run_sync
from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from actions.dossiers.tables import PendingInputRow, PinRequestRow
from actions.messages import Messages
from bot.desk.cases import add_note, closed, open_case
from bot.desk.fence import pass_to
from bot.desk.tables import DeskAskRow
from bot.gateway.hub import DESK, EventHub
from bot.gateway.store import locked
from bot.gateway.tables import ConversationRow
from bot.zalo.events import SIGNALS
from bot.zalo.lanes import Lanes, given, taken
from bot.zalo.model import Event
from bot.zalo.people import People
from bot.zalo.queue import EventQueue
from bot.zalo.tables import ZaloButtonRow, ZaloEventRow, ZaloMenuRow, ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database
from common.errors import NotFound

__all__ = ["Leaving"]

_EVERY_S = 30.0
_MOST = 50
# What could not be erased (Rasa's database is away, say) is not tried every round: each try is a line of the log of
# requests.
_AGAIN = timedelta(minutes=15)
_log = structlog.get_logger(__name__)


class Leaving:
    """Closes chats, and erases when the time has come. The time is kept with the citizen, so it outlives a restart; one
    process works on a citizen at a time (their lane "in"), and erasing what is gone changes nothing.

    Args:
        close: what stops waiting for the citizen when the chat is closed, each called with the conversation's id.
        erase: deletes a conversation everywhere but for submitted dossiers, and logs it.
        days: after how many days without a sign of life; 0: at once.
    """

    def __init__(
        self, database: Database, hub: EventHub, lanes: Lanes, people: People, queue: EventQueue, texts: Messages,
        close: Sequence[Callable[[str], object]], erase: Callable[[str], object], days: int,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._hub, self._lanes, self._people, self._queue = database, hub, lanes, people, queue
        self._texts, self._close, self._erase, self._days, self.now = texts, close, erase, timedelta(days=days), now

    async def left(self, event: Event) -> None:
        """The citizen does not follow any more. May be done twice; settles the event."""
        conversation_id = await run_sync(self._left, event)
        if conversation_id:
            self._hub.wake(conversation_id)
            self._hub.wake(DESK)
        if not self._days:
            await self.forget(event.subject, only_due=True)

    async def forget(self, user_id: str, *, only_due: bool = False) -> bool:
        """Erases what is kept of a citizen whose lane the caller holds; `only_due` where they are still gone and their
        time has come. Whether anything was erased."""
        found = await run_sync(partial(self._forget, user_id, only_due=only_due))
        if found:
            self._hub.wake(found)
            self._hub.wake(DESK)
        return found is not None

    async def run(self) -> None:
        """Erases what is due, until cancelled."""
        while True:
            try:
                await self.round()
            except Exception as error:  # a database that is away for a minute must not keep data for ever
                _log.error("zalo_leaving_failed", exc_info=error)
            await asyncio.sleep(_EVERY_S)

    async def round(self) -> int:
        """How many citizens were erased."""
        erased = 0
        for user_id in await run_sync(self._due):
            if not await taken(self._lanes, user_id, "in"):
                continue  # they are served just now, maybe because they are back
            try:
                erased += await self.forget(user_id, only_due=True)
            except Exception as error:  # one citizen's trouble is not the others'
                _log.error("zalo_left_not_erased", exc_info=error)
                await run_sync(self._later, user_id)
            finally:
                await given(self._lanes, user_id, "in")
        return erased

    def _left(self, event: Event) -> str | None:
        """The conversation that was closed; None where there was none, or where they came back since."""
        if self._people.back_since(event):
            self._queue.settled(event.key)
            return None
        conversation_id = self._people.found(event.subject)
        if conversation_id:
            for close in self._close:
                close(conversation_id)
        with self._database.session() as session:
            row = _there(session, conversation_id)
            self._queue.settle(session, event.key)
            self._people.left(session, event, self.now() + self._days)
            if row is None:
                return None
            self._close_chat(session, row, event.subject)
            return row.id

    def _close_chat(self, session: Session, row: ConversationRow, user_id: str) -> None:
        """Nothing waits for the citizen any more, nothing is said to them, and nobody at the desk waits for them."""
        for table in (PendingInputRow, PinRequestRow, DeskAskRow, ZaloButtonRow):
            session.execute(delete(table).where(table.conversation_id == row.id))
        session.execute(delete(ZaloMenuRow).where(ZaloMenuRow.user_id == user_id))
        session.execute(
            update(ZaloPartRow)
            .where(ZaloPartRow.user_id == user_id, ZaloPartRow.state.in_(("waiting", "unknown")))
            .values(state="dropped", error="left"))
        session.execute(update(ZaloUserRow).where(ZaloUserRow.user_id == user_id).values(
            turned_upto=row.last_message, paused_until=None, paused_by=None, info_asked_at=None))
        case = open_case(session, row.id)
        if case is not None:
            closed(session, case, "withdrawn")
            add_note(session, row.id, "system", "system", self._texts.render("left"))
        if row.owner != "bot":
            pass_to(row, "bot")

    def _due(self) -> Sequence[str]:
        """Those whose time has come, but for who wrote again and has not been read yet."""
        unread = exists().where(
            ZaloEventRow.subject == ZaloUserRow.user_id, ZaloEventRow.state == "waiting",
            ZaloEventRow.name.not_in(SIGNALS))
        query = (
            select(ZaloUserRow.user_id).where(ZaloUserRow.erase_at <= self.now(), ~unread)
            .order_by(ZaloUserRow.erase_at).limit(_MOST))
        with self._database.session(write=False) as session:
            return session.scalars(query).all()

    def _forget(self, user_id: str, *, only_due: bool) -> str | None:
        """The conversation that was erased ("": there was none); None where nothing was to be erased."""
        with self._database.session(write=False) as session:
            user = session.get(ZaloUserRow, user_id)
            if only_due and (user is None or user.erase_at is None or user.erase_at > self.now()):
                return None
            conversation_id = (user.conversation_id if user else None) or ""
        if conversation_id:
            self._erase(conversation_id)
        with self._database.session() as session:
            self._people.forget(session, user_id)
            if only_due:
                _empty_settled(session, user_id)
            else:
                self._queue.forget(session, user_id)
        _log.info("zalo_citizen_erased", conversation=conversation_id, left=only_due)
        return conversation_id

    def _later(self, user_id: str) -> None:
        with self._database.session() as session:
            session.execute(update(ZaloUserRow).where(
                ZaloUserRow.user_id == user_id, ZaloUserRow.erase_at.is_not(None)).values(
                erase_at=self.now() + _AGAIN))


def _empty_settled(session: Session, user_id: str) -> None:
    """As `EventQueue.forget`, but what came in this moment stays: whoever wrote is answered, in a new conversation."""
    session.execute(
        update(ZaloEventRow).where(ZaloEventRow.subject == user_id, ZaloEventRow.state != "waiting")
        .values(state="done", sealed=None, subject="", done_at=utc_now()))


def _there(session: Session, conversation_id: str | None) -> ConversationRow | None:
    """The conversation, locked; None where there is none (any more)."""
    try:
        return locked(session, conversation_id) if conversation_id else None
    except NotFound:
        return None
