"""Turns what is said in Zalo conversations into parts to send: the database is the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import structlog
from anyio.to_thread import run_sync
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.gateway.hub import EVERY, EventHub, wait
from bot.gateway.store import message_data
from bot.gateway.tables import ConversationRow, MessageRow
from bot.zalo.alarms import Alarms
from bot.zalo.menus import Menus
from bot.zalo.menus_writer import Writer
from bot.zalo.rendering.bubbles import Picture
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.database import Database

__all__ = ["ALARM", "Follower"]

ALARM = "message_not_shown"
_LOOK_EVERY_S = 1.0
_MOST_USERS, _MOST_MESSAGES = 200, 50
# So often a message is tried that can't be turned; then it counts as failed, and what comes after it goes out.
_TRIES = 3
_log = structlog.get_logger(__name__)


class Follower:
    """Safe with several replicas: a user's row is locked while their messages are turned, once each."""

    def __init__(
        self, database: Database, hub: EventHub, writer: Writer, menus: Menus, alarms: Alarms
    ) -> None:
        self._database, self._hub, self._writer, self._menus = database, hub, writer, menus
        self._alarms = alarms
        self._failures: dict[str, int] = {}

    async def run(self) -> None:
        """Looks whenever something was said here, and every second for what other replicas stored; until cancelled."""
        with self._hub.listening(EVERY) as signal:
            while not self._hub.closing:
                try:
                    await run_sync(self.round)
                except Exception as error:  # a database that is away for a minute must not end the channel
                    _log.error("zalo_follower_failed", exc_info=error)
                await wait(signal, _LOOK_EVERY_S)

    def round(self) -> int:
        """Turns what is new for everybody; gives the number of parts that were made."""
        made = 0
        for user_id in self._behind():
            try:
                made += self.turn(user_id)
                self._failures.pop(user_id, None)
            except SQLAlchemyError as error:  # says nothing about the message: the next round is another chance
                _log.error("zalo_turn_failed", exc_info=error)
            except Exception as error:  # one message that can't be shown must not keep the others waiting
                _log.error("zalo_turn_failed", exc_info=error)
                self._failures[user_id] = self._failures.get(user_id, 0) + 1
                if self._failures[user_id] > _TRIES:
                    self._give_up(user_id, type(error).__name__)
        return made

    def _give_up(self, user_id: str, reason: str) -> None:
        """Leaves the next message out, for staff to see among what did not arrive."""
        with self._database.session() as session:
            user = session.get(ZaloUserRow, user_id, with_for_update=True)
            row = next(iter(self._new(session, user, 1)), None) if user else None
            if user is None or row is None:
                return
            session.add(ZaloPartRow(
                user_id=user_id, conversation_id=row.conversation_id, message_id=row.id, kind="text", body={},
                author=row.author, owner_epoch=row.owner_epoch, state="failed", error=f"not_shown {reason}"[:300]))
            user.turned_upto = row.id
        self._failures.pop(user_id, None)
        self._alarms.raise_(ALARM, reason)

    def turn(self, user_id: str) -> int:
        """Turns one user's new messages in one transaction."""
        pictures = self._pictures(user_id)
        with self._database.session() as session:
            # The conversation before its citizen, as desk and echoes lock them: parts that are added hold on to it
            # anyway, and the other way round the two would wait for each other (PostgreSQL).
            of_user = select(ZaloUserRow.conversation_id).where(ZaloUserRow.user_id == user_id)
            session.scalar(select(ConversationRow.id).where(ConversationRow.id == of_user.scalar_subquery())
                           .with_for_update(read=True, key_share=True))
            user = session.get(ZaloUserRow, user_id, with_for_update=True)
            if user is None or user.conversation_id is None:
                return 0
            rows = list(takewhile(lambda row: row.id in pictures, self._new(session, user, _MOST_MESSAGES)))
            if not rows:
                return 0
            shown = [row for row in rows if row.author != "citizen" and not self._from_zalo(session, row)]
            menu: dict[int, str] = {}
            for row in shown:
                menu |= self._writer.write(session, user, row, pictures[row.id], max(menu, default=0))
            # What the bot says takes the place of the last menu; a notice without choices leaves it as it is.
            if menu or any(row.author != "system" for row in shown):
                self._menus.put(session, user_id, menu)
            user.turned_upto = rows[-1].id
            return len(shown)

    def _pictures(self, user_id: str) -> dict[str, list[Picture]]:
        """What goes with each new message, looked up before the transaction begins: a fee that is shown for the first
        time is written down, and that would wait for this very transaction."""
        with self._database.session(write=False) as session:
            user = session.get(ZaloUserRow, user_id)
            # After a failure one by one, so that what is good before the bad one goes out.
            most = 1 if user_id in self._failures else _MOST_MESSAGES
            messages = [] if user is None else [message_data(row) for row in self._new(session, user, most)]
        return {message["id"]: self._writer.pictures(message) for message in messages}

    def _behind(self) -> Sequence[str]:
        query = (
            select(ZaloUserRow.user_id)
            .join(ConversationRow, ConversationRow.id == ZaloUserRow.conversation_id)
            .where(ConversationRow.channel == "zalo", ConversationRow.last_message > ZaloUserRow.turned_upto)
            .order_by(ZaloUserRow.turned_upto).limit(_MOST_USERS))
        with self._database.session(write=False) as session:
            return session.scalars(query).all()

    def _new(self, session: Session, user: ZaloUserRow, most: int) -> Sequence[MessageRow]:
        return session.scalars(
            select(MessageRow)
            .where(MessageRow.conversation_id == user.conversation_id, MessageRow.id > user.turned_upto)
            .order_by(MessageRow.id).limit(most)).all()

    def _from_zalo(self, session: Session, row: MessageRow) -> bool:
        """Whether a person wrote it in Zalo's own tool, so that the citizen has it already."""
        return session.scalar(select(ZaloPartRow.id).where(
            ZaloPartRow.conversation_id == row.conversation_id, ZaloPartRow.message_id == row.id,
            ZaloPartRow.state == "echo").limit(1)) is not None
