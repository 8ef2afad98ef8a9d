"""While staff answer in Zalo's own tool the bot is silent, for so many minutes after each of their messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from anyio.to_thread import run_sync
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.desk.cases import add_note, closed, open_case
from bot.desk.fence import ON_ZALO, pass_to
from bot.desk.waits import unasked
from bot.gateway.hub import DESK, EventHub
from bot.gateway.tables import ConversationRow
from bot.zalo.tables import ZaloUserRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.messages import Reply, Status

__all__ = ["Pauses"]

_EVERY_S = 1.0
_MOST = 100
_log = structlog.get_logger(__name__)


class Pauses:
    """Begun and prolonged by echoes, ended by time or by a person at the desk."""

    def __init__(self, database: Database, hub: EventHub, texts: Messages, minutes: int) -> None:
        self._database, self._hub, self._texts = database, hub, texts
        self.minutes = minutes

    def prolong(self, user: ZaloUserRow, admin_id: str) -> None:
        """The pause begins, or begins anew; inside the caller's transaction."""
        user.paused_until, user.paused_by = utc_now() + timedelta(minutes=self.minutes), admin_id

    def until(self, conversation_id: str) -> datetime | None:
        """When the pause of a conversation ends; None where there is none."""
        query = select(ZaloUserRow.paused_until).where(ZaloUserRow.conversation_id == conversation_id)
        with self._database.session(write=False) as session:
            return session.scalar(query)

    async def run(self) -> None:
        """Ends what has run out, every second, until cancelled."""
        while True:
            try:
                for conversation_id in await run_sync(self.round):
                    self._hub.wake(conversation_id)
                    self._hub.wake(DESK)
            except Exception as error:  # a database that is away for a minute must not silence the bot for good
                _log.error("zalo_pauses_failed", exc_info=error)
            await asyncio.sleep(_EVERY_S)

    def round(self) -> Sequence[str]:
        """Gives the conversations that are the bot's again."""
        over = or_(
            ZaloUserRow.paused_until <= utc_now(), ConversationRow.owner != "agent", ConversationRow.agent != ON_ZALO)
        query = (
            select(ZaloUserRow.user_id)
            .outerjoin(ConversationRow, ConversationRow.id == ZaloUserRow.conversation_id)
            .where(ZaloUserRow.paused_until.is_not(None), over).limit(_MOST))
        with self._database.session(write=False) as session:
            due = session.scalars(query).all()
        return [conversation_id for user_id in due if (conversation_id := self._end(user_id))]

    def _end(self, user_id: str) -> str | None:
        with self._database.session() as session:
            user = session.get(ZaloUserRow, user_id)
            row = session.get(
                ConversationRow, user.conversation_id, with_for_update=True, populate_existing=True,
            ) if user and user.conversation_id else None
            if user is None:
                return None
            session.refresh(user, with_for_update=True)
            theirs = row is not None and (row.owner, row.agent) == ("agent", ON_ZALO)
            if user.paused_until is None or (theirs and user.paused_until > utc_now()):
                return None  # another replica was faster, or staff wrote once more
            user.paused_until = user.paused_by = None
            if row is None or not theirs:
                return None  # a person at the desk has taken it over, or given it back
            self._give_back(session, row)
            return row.id

    def _give_back(self, session: Session, row: ConversationRow) -> None:
        pass_to(row, "bot")
        case = open_case(session, row.id)
        if case is not None:
            closed(session, case, "resolved")
        add_note(session, row.id, "system", "system", self._texts.render("pause.note.ended"))
        unasked(session, row, Reply(text=self._texts.render("pause.back"), status=Status.CONTROL))
        record(session, "system", "desk.return", f"conversation:{row.id}", before={"agent": ON_ZALO})
