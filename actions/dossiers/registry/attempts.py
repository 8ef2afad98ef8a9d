"""Wrong PINs, counted by caller, by caller and dossier, and by dossier, in the database so that restarts don't forget.

A PIN has 10,000 values, so what is counted is what bounds guessing:

* a caller is stopped for a while (`CALLER_DOSSIER`, `CALLER`), which hits nobody else;
* a dossier is never stopped for everybody. After `PIN_TRIES` wrong PINs from anywhere, four digits are no longer enough
  for it: the whole personal number is asked for, which its applicant knows (`FULL`). So whoever guesses from a thousand
  addresses locks nobody out, and has found the PIN with a chance of at most PIN_TRIES / 10,000 in `_PIN_WINDOW`.

Tries that are refused because the caller is stopped are written as well, under a key that nothing counts: the same
statements run whatever the answer is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from actions.dossiers.tables import LookupAttemptRow
from common.clock import utc_now
from common.keyring import Keyring

__all__ = ["FULL_TRIES", "PIN_TRIES", "LookupLimit", "Standing"]

_QUARTER, _DAY = timedelta(minutes=15), timedelta(days=1)
_CALLER_DOSSIER = ((_QUARTER, 5), (_DAY, 10))
_CALLER = ((_QUARTER, 15), (_DAY, 40))
PIN_TRIES, _PIN_WINDOW = 30, timedelta(days=90)
# Six digits of a personal number are random: who knows the rest (province, sex, year of birth) has 1,000,000 to go.
FULL_TRIES = 100
_FULL = ((_DAY, FULL_TRIES),)


@dataclass(frozen=True)
class Standing:
    """`wait`: seconds until this caller may try again, 0 when now. `full`: four digits are not enough any more."""

    wait: float
    full: bool
    keys: tuple[str, ...]
    void: str


class LookupLimit:
    """Counts and refuses; works inside the caller's transaction."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def standing(self, session: Session, code: str, client: str, *, whole: bool) -> Standing:
        """How `client` stands towards `code`; `whole` says that the whole personal number was given.

        One statement, whatever there is to count, and nothing in it tells whether the dossier exists.
        """
        now = utc_now()
        pair, caller = self._key("pair", f"{client}:{code}"), self._key("client", client)
        pin, full = self._key("code", code), self._key("full", code)
        query = select(LookupAttemptRow.key, LookupAttemptRow.at).where(
            LookupAttemptRow.key.in_((pair, caller, pin, full)), LookupAttemptRow.at > now - _PIN_WINDOW)
        tries: dict[str, list[datetime]] = {pair: [], caller: [], pin: [], full: []}
        for key, at in session.execute(query):
            tries[key].append(at)
        wait = max(_wait(tries[pair], _CALLER_DOSSIER, now), _wait(tries[caller], _CALLER, now))
        if whole:
            wait = max(wait, _wait(tries[full], _FULL, now))
        return Standing(
            wait, len(tries[pin]) >= PIN_TRIES, (pair, caller, full if whole else pin), self._key("void", ""))

    def record(self, session: Session, standing: Standing, *, counted: bool) -> None:
        """One wrong try, or one that doesn't count; forgets what is older than the longest window."""
        now = utc_now()
        session.execute(delete(LookupAttemptRow).where(LookupAttemptRow.at < now - _PIN_WINDOW))
        keys = standing.keys if counted else (standing.void,) * len(standing.keys)
        session.add_all([LookupAttemptRow(key=key, at=now) for key in keys])
        session.flush()

    def _key(self, kind: str, value: str) -> str:
        """A digest, so that the table tells neither codes nor addresses."""
        return self._keyring.digest("lookup", f"{kind}:{value}")


def _wait(tries: list[datetime], windows: tuple[tuple[timedelta, int], ...], now: datetime) -> float:
    longest = 0.0
    for window, limit in windows:
        recent = sorted(at for at in tries if at > now - window)
        if len(recent) >= limit:
            # The oldest of the last `limit` tries has to leave the window.
            longest = max(longest, (recent[-limit] + window - now).total_seconds(), 1.0)
    return longest
