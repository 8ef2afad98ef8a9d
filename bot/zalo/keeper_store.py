"""The OA's pair of tokens in the database, sealed, and the mark that guards its single-use half (SPEC 5.2).

The mark is committed before the platform is called: only then does it outlive a crash. It is taken under the row's
lock, so it is also what keeps a second refresher away.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.zalo.tables import ZaloTokenRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring

__all__ = ["CONSENT", "UNSURE", "Pair", "Standing", "TokenStore"]

# Why refreshing stopped: nobody knows whether the refresh token was used; or it is known to be of no use.
UNSURE, CONSENT = "unsure", "consent"


@dataclass(frozen=True)
class Pair:
    """What the platform gave: `life_s` are the seconds that the access token lives."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    life_s: int


@dataclass(frozen=True)
class Standing:
    """The stored tokens without the refresh token. `stopped` is "" while refreshing goes on by itself."""

    access: str = field(repr=False)
    generation: int
    expires_at: datetime
    refreshed_at: datetime
    pending_since: datetime | None
    stopped: str


class TokenStore:
    """One row for our OA. Synchronous: call from a worker thread."""

    def __init__(
        self, database: Database, keyring: Keyring, oa_id: str, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database, self._keyring, self._oa, self._now = database, keyring, oa_id, now
        self._me = str(uuid.uuid4())
        self._marked = 0  # the generation whose refresh token this process used last

    def standing(self) -> Standing | None:
        """What is stored now; None before the first consent."""
        with self._database.session(write=False) as session:
            row = session.get(ZaloTokenRow, self._oa)
            return self._standing(row) if row else None

    def put(self, pair: Pair, actor: str) -> None:
        """The pair of a new consent: it replaces whatever was there, marks included."""
        with self._database.session() as session:
            row = self._locked(session)
            if row is None:
                row = ZaloTokenRow(oa_id=self._oa, generation=0)
                session.add(row)
            self._write(row, pair)
            record(session, actor, "zalo.consent", f"oa:{self._oa}", after={"generation": row.generation})

    def begin(self, generation: int) -> str | None:
        """Marks that the refresh token of `generation` is about to be used, and gives it; None where it is not ours
        to use: already renewed, in somebody's hands, or stopped."""
        with self._database.session() as session:
            row = self._locked(session)
            if row is None or row.generation != generation or row.pending_since or row.stopped:
                return None
            return self._mark(row)

    def begin_again(self, actor: str) -> str | None:
        """The one manual try after an unsure refresh; None where there is nothing to try."""
        with self._database.session() as session:
            row = self._locked(session)
            if row is None or row.stopped != UNSURE:
                return None
            # Stays stopped for good if this process dies, too: a third use would help nobody.
            row.stopped = CONSENT
            record(session, actor, "zalo.refresh_again", f"oa:{self._oa}", after={"generation": row.generation})
            return self._mark(row)

    def commit(self, pair: Pair) -> bool:
        """Stores the new pair and clears the mark; False where a consent replaced everything meanwhile.

        A mark that somebody gave up meanwhile doesn't matter: the old refresh token is used, so this pair is the only
        one that lives."""
        with self._database.session() as session:
            row = self._locked(session)
            if row is None or row.generation != self._marked:
                return False
            self._write(row, pair)
            return True

    def unused(self) -> None:
        """Clears the mark: the request never left this machine."""
        with self._database.session() as session:
            row = self._locked(session)
            if row is not None and row.pending_by == self._me:
                row.pending_since = row.pending_by = None

    def undo_try(self) -> None:
        """As `unused`, for the manual try, which stays open."""
        with self._database.session() as session:
            row = self._locked(session)
            if row is not None and row.pending_by == self._me:
                row.pending_since, row.pending_by, row.stopped = None, None, UNSURE

    def stop(self, why: str) -> None:
        """Ends refreshing after our own try, until a person acts."""
        with self._database.session() as session:
            row = self._locked(session)
            if row is not None and row.pending_by == self._me:
                row.pending_since, row.pending_by, row.stopped = None, None, why

    def stop_abandoned(self, older_than: timedelta) -> str:
        """Stops refreshing where a mark is found that its owner left behind, and says why; "" where there is none."""
        with self._database.session() as session:
            row = self._locked(session)
            if row is None or not row.pending_since or self._now() - row.pending_since < older_than:
                return ""
            row.pending_since, row.pending_by = None, None
            row.stopped = row.stopped or UNSURE
            return row.stopped

    def _mark(self, row: ZaloTokenRow) -> str:
        row.pending_since, row.pending_by, self._marked = self._now(), self._me, row.generation
        return self._keyring.decrypt(row.refresh).decode()

    def _write(self, row: ZaloTokenRow, pair: Pair) -> None:
        now = self._now()
        row.access, row.refresh = self._keyring.encrypt(pair.access), self._keyring.encrypt(pair.refresh)
        row.generation += 1
        row.refreshed_at, row.expires_at = now, now + timedelta(seconds=pair.life_s)
        row.pending_since, row.pending_by, row.stopped = None, None, ""

    def _locked(self, session: Session) -> ZaloTokenRow | None:
        return session.get(ZaloTokenRow, self._oa, with_for_update=True, populate_existing=True)

    def _standing(self, row: ZaloTokenRow) -> Standing:
        access = self._keyring.decrypt(row.access).decode()
        return Standing(access, row.generation, row.expires_at, row.refreshed_at, row.pending_since, row.stopped)
