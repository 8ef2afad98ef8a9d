"""The consent of the OA's administrator: where it begins, and what its code is exchanged for (SPEC 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from sqlalchemy import delete, update

from bot.zalo.alarms import Alarms
from bot.zalo.keeper_oauth import OAuth, challenge, new_verifier
from bot.zalo.keeper_store import CONSENT, UNSURE, TokenStore
from bot.zalo.model import SendFailed
from bot.zalo.settings import ZaloSettings
from bot.zalo.tables import ZaloConsentRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring

__all__ = ["CALLBACK", "Consent", "ConsentFailed"]

CALLBACK = "/channels/zalo/callback"
# The platform's code lives ten minutes; whoever reads the page first and signs in at Zalo takes longer.
_LIFE = timedelta(minutes=30)
_PURPOSE = "zalo-consent-state"
_PERMISSION = "/v4/oa/permission"


class ConsentFailed(Exception):
    """Why no tokens came of a consent. `reason` is a key of texts_out.yml (`consent.…`)."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


class Consent:
    """Begins consents and redeems them, each once."""

    def __init__(
        self, settings: ZaloSettings, base_url: str, database: Database, keyring: Keyring, oauth: OAuth,
        store: TokenStore, alarms: Alarms, now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`base_url` is the address of this service, for the callback where ZALO_REDIRECT_URI is empty."""
        self._settings, self._database, self._keyring, self._now = settings, database, keyring, now
        self._oauth, self._store, self._alarms = oauth, store, alarms
        self.on_new: Callable[[], None] = lambda: None
        """Called in the event loop when a consent brought tokens."""
        self.redirect_uri = settings.redirect_uri or f"{base_url}{CALLBACK}"

    def begin(self, actor: str) -> str:
        """The address where the OA's administrator consents. Synchronous: call from a worker thread.

        The verifier is the fixed one of ZALO_PKCE_VERIFIER, else a new one that is tied to `state`.
        """
        state, verifier = new_verifier(), self._settings.pkce_verifier or new_verifier()
        with self._database.session() as session:
            session.execute(delete(ZaloConsentRow).where(ZaloConsentRow.created_at < self._now() - _LIFE))
            session.add(ZaloConsentRow(
                digest=self._digest(state), verifier=self._keyring.encrypt(verifier), actor=actor,
                created_at=self._now()))
            record(session, actor, "zalo.consent_begun", f"oa:{self._settings.oa_id}")
        # The platform knows no other parameters [H].
        query = urlencode({
            "app_id": self._settings.app_id, "redirect_uri": self.redirect_uri,
            "code_challenge": challenge(verifier), "state": state})
        return f"{self._settings.oauth_url}{_PERMISSION}?{query}"

    async def finish(self, code: str, oa_id: str, state: str) -> str:
        """Exchanges the code and stores the tokens; returns who began the consent.

        Raises ConsentFailed: `state` for one that isn't ours, was used or is too old; `oa` for another OA; `refused`
        and `unreachable` for the platform's answers.
        """
        found = await run_sync(self._take, state)
        if found is None:
            raise ConsentFailed("state")
        verifier, actor = found
        if oa_id != self._settings.oa_id:
            raise ConsentFailed("oa")
        if not code:
            raise ConsentFailed("refused")
        try:
            pair = await self._oauth.exchange(code, verifier)
        except SendFailed as error:
            reason = "refused" if error.code is not None else "unreachable"
            raise ConsentFailed(reason, error.code) from error
        # The address said which OA consented, and anybody can write an address: the token itself knows.
        if await self._oauth.oa_of(pair.access) not in ("", self._settings.oa_id):
            raise ConsentFailed("oa")
        await run_sync(self._store.put, pair, actor)
        for kind in (UNSURE, CONSENT):
            await run_sync(self._alarms.clear, kind, actor)
        self.on_new()
        return actor

    def _take(self, state: str) -> tuple[str, str] | None:
        """Verifier and actor of a consent that was begun, once."""
        query = (
            update(ZaloConsentRow)
            .where(
                ZaloConsentRow.digest == self._digest(state), ZaloConsentRow.used_at.is_(None),
                ZaloConsentRow.created_at > self._now() - _LIFE)
            .values(used_at=self._now()).returning(ZaloConsentRow.verifier, ZaloConsentRow.actor))
        with self._database.session() as session:
            found = session.execute(query).first()
        return (self._keyring.decrypt(found.verifier).decode(), found.actor) if found else None

    def _digest(self, state: str) -> str:
        return self._keyring.digest(_PURPOSE, state)
