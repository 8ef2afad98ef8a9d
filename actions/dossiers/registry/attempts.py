"""Wrong PINs, counted per client and per dossier code, in the database so that restarts don't forget."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from actions.dossiers.tables import LookupAttemptRow
from common.clock import utc_now
from common.keyring import Keyring

__all__ = ["LookupLimit"]

# Four digits have 10,000 values: five tries a quarter of an hour and twenty a day keep guessing hopeless.
_WINDOWS = ((timedelta(minutes=15), 5), (timedelta(days=1), 20))


class LookupLimit:
    """Counts and refuses; works inside the caller's transaction."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def keys(self, code: str, client_key: str) -> list[str]:
        """Digests, so that the table tells neither codes nor addresses."""
        return [self._keyring.digest("lookup", f"code:{code}"), self._keyring.digest("lookup", f"client:{client_key}")]

    def wait(self, session: Session, keys: list[str]) -> float:
        """Seconds until the next try is allowed; 0 when it is now."""
        now = utc_now()
        longest = 0.0
        for key in keys:
            for window, limit in _WINDOWS:
                where = (LookupAttemptRow.key == key, LookupAttemptRow.at > now - window)
                count, oldest = session.execute(
                    select(func.count(), func.min(LookupAttemptRow.at)).where(*where)).one()
                if count >= limit and oldest is not None:
                    longest = max(longest, (oldest + window - now).total_seconds(), 1.0)
        return longest

    def record(self, session: Session, keys: list[str]) -> None:
        """One wrong try; forgets what is older than the longest window."""
        now = utc_now()
        session.execute(delete(LookupAttemptRow).where(LookupAttemptRow.at < now - _WINDOWS[-1][0]))
        session.add_all([LookupAttemptRow(key=key, at=now) for key in keys])
