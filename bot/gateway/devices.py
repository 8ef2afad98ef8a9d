"""Taking a conversation to another device: a short code, shown on the one, typed on the other, good once.

Whoever types it reads the conversation as its first device does. So a code lives for minutes, only its digest is kept,
a new one voids the one before, guesses are counted (`Guesses`), and the conversation itself says that it was taken up
elsewhere. The database part is synchronous: call it from a worker thread.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from bot.gateway.limits import RateLimiter
from bot.gateway.shared import Shared
from bot.gateway.store import TOKEN_PURPOSE, add_message, locked
from bot.gateway.tables import ConversationRow, DeviceRow, ResumeCodeRow
from bot.gateway.texts import problem, say
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput, TooManyRequests
from common.keyring import Keyring
from common.messages import Reply, Status

__all__ = ["ALPHABET", "Devices", "Guesses", "ResumeCode"]

# No 0/O, 1/I/L, 5/S, 2/Z, 8/B, U/V: what is read off one screen must be typed right on another. 8 of 23 are 36 bits.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
_LENGTH = 8
_LIFE = timedelta(minutes=10)
_MOST_DEVICES = 10
_PURPOSE = "resume-code"
_GUESSES_EACH = 10
_GUESSES_ALL = 300
_GUESSES_S = 600


@dataclass(frozen=True)
class ResumeCode:
    """`code` is shown once, as "ABCD-EFGH"."""

    code: str
    expires_at: datetime


class Devices:
    """Makes codes and turns them into tokens of further devices."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database, self._keyring = database, keyring

    def issue(self, conversation_id: str) -> ResumeCode:
        """A new code; the conversation's earlier one, and every code past its time, is gone. Raises NotFound."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
        now = utc_now()
        with self._database.session() as session:
            locked(session, conversation_id)
            session.execute(delete(ResumeCodeRow).where(or_(
                ResumeCodeRow.conversation_id == conversation_id, ResumeCodeRow.expires_at < now)))
            session.add(ResumeCodeRow(
                digest=self._digest(code), conversation_id=conversation_id, expires_at=now + _LIFE))
        return ResumeCode(f"{code[:4]}-{code[4:]}", now + _LIFE)

    def redeem(self, code: str) -> tuple[str, str]:
        """The conversation and a token for this device. Raises InvalidInput, as `take_up`."""
        token = secrets.token_urlsafe(32)
        return self._take_up(code, self._keyring.digest(TOKEN_PURPOSE, token)), token

    def take_up(self, code: str) -> str:
        """The conversation, for a device that needs no token of its own (the chat page holds it in a cookie). A wrong,
        used and expired code are refused alike. Raises InvalidInput."""
        return self._take_up(code)

    def _take_up(self, code: str, token_digest: str = "") -> str:
        now = utc_now()
        # One statement takes the code: of two devices that type it at once, one gets in.
        take = (
            update(ResumeCodeRow)
            .where(
                ResumeCodeRow.digest == self._digest(_tidy(code)), ResumeCodeRow.used_at.is_(None),
                ResumeCodeRow.expires_at > now)
            .values(used_at=now).returning(ResumeCodeRow.conversation_id))
        with self._database.session() as session:
            # The conversation before its code, as `issue` locks them: the other way round the two could wait for each
            # other (PostgreSQL).
            named = select(ResumeCodeRow.conversation_id).where(ResumeCodeRow.digest == self._digest(_tidy(code)))
            conversation_id = session.scalar(named)
            row = locked(session, conversation_id) if conversation_id else None
            if row is None or session.scalar(take) is None:
                raise InvalidInput(problem("resume_code"), field="code")
            if token_digest:
                session.add(DeviceRow(token_digest=token_digest, conversation_id=row.id))
                session.flush()
                self._keep_newest(session, row.id)
            self._tell(session, row)
            return row.id

    def _tell(self, session: Session, row: ConversationRow) -> None:
        quiet_since = row.last_at
        text = say("taken_up_en" if row.language == "en" else "taken_up")
        add_message(session, row, "system", Reply(text=text, status=Status.CONTROL))
        row.last_at = quiet_since

    def _keep_newest(self, session: Session, conversation_id: str) -> None:
        newest = select(DeviceRow.token_digest).where(DeviceRow.conversation_id == conversation_id).order_by(
            DeviceRow.created_at.desc()).limit(_MOST_DEVICES)
        known = list(session.scalars(newest))
        session.execute(delete(DeviceRow).where(
            DeviceRow.conversation_id == conversation_id, DeviceRow.token_digest.not_in(known)))

    def _digest(self, code: str) -> str:
        return self._keyring.digest(_PURPOSE, code)


class Guesses:
    """Counts codes that were refused, for each address and for all together; whoever guesses is slowed down, not who
    types the right one."""

    def __init__(self, shared: Shared | None = None) -> None:
        self._each = RateLimiter(_GUESSES_EACH, _GUESSES_S, name="resume-each", shared=shared)
        self._all = RateLimiter(_GUESSES_ALL, _GUESSES_S, name="resume-all", shared=shared)

    @asynccontextmanager
    async def one(self, client: str) -> AsyncIterator[None]:
        """Around one guess. It counts before it is looked at, so that many at once are no more than one after the
        other; it is given back unless it ends in InvalidInput. Raises TooManyRequests."""
        await self._take(client)
        try:
            yield
        except InvalidInput:
            raise
        except Exception:
            await self._give_back(client)
            raise
        await self._give_back(client)

    async def _take(self, client: str) -> None:
        seconds = await self._each.wait(client)
        if not seconds and (seconds := await self._all.wait("")):
            await self._each.give_back(client)
        if seconds:
            raise TooManyRequests(problem("many_codes", minutes=math.ceil(seconds / 60)), retry_after=seconds)

    async def _give_back(self, client: str) -> None:
        await self._each.give_back(client)
        await self._all.give_back("")


def _tidy(code: str) -> str:
    """As people type it: small letters, spaces, with or without the hyphen."""
    return "".join(mark for mark in code.upper() if mark.isalnum())
