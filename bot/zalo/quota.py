"""May this citizen be written to now, and does it cost (SPEC 5.10): counted from their last interaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from bot.zalo.tables import ZaloUserRow
from common.clock import utc_now
from common.database import Database

__all__ = ["CHARGED", "FREE", "OPEN", "Window", "Windows", "window_of"]

FREE, OPEN = timedelta(hours=48), timedelta(days=7)
# What a part's `quota` says of a message that the platform took without naming a quota.
CHARGED = "charged"
State = Literal["free", "charged", "closed"]


@dataclass(frozen=True)
class Window:
    """`free`: within 48 hours; `charged`: within seven days, it may cost; `closed`: no message is taken any more.

    A citizen of whom we know no interaction counts as `charged`: the platform decides.
    """

    state: State
    last: datetime | None
    free_until: datetime | None
    open_until: datetime | None


def window_of(last: datetime | None, now: datetime) -> Window:
    """The window after an interaction at `last`."""
    if last is None:
        return Window("charged", None, None, None)
    state: State = "free" if now < last + FREE else "charged" if now < last + OPEN else "closed"
    return Window(state, last, last + FREE, last + OPEN)


class Windows:
    """Windows by conversation. Synchronous: call from a worker thread."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._now = database, now

    def of(self, conversation_id: str) -> Window | None:
        """The window of the citizen in this conversation; None where it isn't one on Zalo."""
        query = select(ZaloUserRow).where(ZaloUserRow.conversation_id == conversation_id)
        with self._database.session(write=False) as session:
            row = session.scalar(query)
            return window_of(row.last_interaction, self._now()) if row else None
