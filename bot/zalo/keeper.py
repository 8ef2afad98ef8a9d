"""Keeps the access token fresh: one refresher over all replicas, and no refresh token is used twice (SPEC 5.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError

from bot.zalo.alarms import Alarms
from bot.zalo.errors import lost
from bot.zalo.keeper_oauth import OAuth
from bot.zalo.keeper_store import CONSENT, UNSURE, Pair, Standing, TokenStore
from bot.zalo.model import Act, SendFailed
from common.clock import utc_now

__all__ = ["Keeper", "Token", "keeper_loop"]

_LEFT, _AGE = timedelta(hours=5), timedelta(hours=24)
# A refresh takes seconds; a mark that is older was left behind by a process that died.
_ABANDONED = timedelta(seconds=90)
# A token that is refused right after it was made won't be better for being made again.
_FRESH = timedelta(seconds=60)
# So near to its end it is worth waking somebody.
_NEAR = timedelta(hours=1)
_WAIT_S, _STEP_S = 30.0, 0.2
_EVERY_S = 60.0
_SAVES = 5
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Token:
    """An access token, and which one of the row of them it is."""

    access: str = field(repr=False)
    generation: int


class Keeper:
    """Gives the token to callers, renews it in time, and stops with an alarm where a person must look."""

    def __init__(
        self, store: TokenStore, oauth: OAuth, alarms: Alarms, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store, self._oauth, self._alarms, self._now = store, oauth, alarms, now
        self.on_new: Callable[[], None] = lambda: None
        """Called in the event loop when tokens are there that weren't before."""

    async def standing(self) -> Standing | None:
        """For the console: what is stored, None before the first consent."""
        return await run_sync(self._store.standing)

    async def token(self) -> Token:
        """The stored token. Raises SendFailed(ALARM) where there is none, or none that lives."""
        found = await run_sync(self._store.standing)
        if found is None:
            raise lost("consent")
        if found.expires_at <= self._now():
            return await self.renewed(found.generation)
        return Token(found.access, found.generation)

    async def renewed(self, dead: int) -> Token:
        """A token newer than generation `dead`, which the platform refused: another's if there is one, else ours.

        Raises SendFailed: ALARM where a person must act, RETRY where the platform can't be reached.
        """
        until = asyncio.get_running_loop().time() + _WAIT_S
        while True:
            found = await run_sync(self._store.standing)
            if found is None:
                raise lost("consent")
            if found.generation > dead and found.expires_at > self._now():
                return Token(found.access, found.generation)
            if found.stopped:
                raise lost("consent")
            if self._now() - found.refreshed_at < _FRESH and found.expires_at > self._now():
                raise lost("token")
            if await self._refresh(found.generation):
                continue
            if asyncio.get_running_loop().time() > until:
                raise lost("network")
            await asyncio.sleep(_STEP_S)

    async def tick(self) -> None:
        """What is due now: a mark that was left behind stops everything; a token that gets old is renewed."""
        if why := await run_sync(self._store.stop_abandoned, _ABANDONED):
            await self._alarm(why)
            return
        found = await run_sync(self._store.standing)
        if found is None or found.stopped or found.pending_since or not self._is_due(found):
            return
        try:
            await self._refresh(found.generation)
        except SendFailed:
            if found.expires_at - self._now() < _NEAR:
                await self._alarm("unreachable")
            raise

    async def try_again(self, actor: str = "system") -> bool:
        """The one manual try after an unsure refresh; True where the tokens are good again.

        False as well where there is nothing to try: then only a new consent helps.
        """
        return await _whole(self._try_again(actor))

    async def _try_again(self, actor: str) -> bool:
        refresh_token = await run_sync(self._store.begin_again, actor)
        if refresh_token is None:
            return False
        try:
            pair = await self._oauth.refresh(refresh_token)
        except SendFailed as error:
            if error.act is Act.RETRY:  # it never left: the try is still there
                await run_sync(self._store.undo_try)
            else:
                await run_sync(self._store.stop, CONSENT)
                await self._alarm(CONSENT, error)
            return False
        return await self._keep(pair)

    async def _refresh(self, generation: int) -> bool:
        """Whether the stored tokens are newer now. False: another one is at it, or it did not work out.

        A service that stops meanwhile waits for the end: what is begun here must not be left half done.
        """
        return await _whole(self._refresh_once(generation))

    async def _refresh_once(self, generation: int) -> bool:
        refresh_token = await run_sync(self._store.begin, generation)
        if refresh_token is None:
            return False
        try:
            pair = await self._oauth.refresh(refresh_token)
        except SendFailed as error:
            if error.act is Act.RETRY:
                await run_sync(self._store.unused)
                _log.warning("zalo_refresh_unreachable")
                raise
            why = UNSURE if error.act is Act.UNKNOWN else CONSENT
            await run_sync(self._store.stop, why)
            await self._alarm(why, error)
            return False
        return await self._keep(pair)

    async def _keep(self, pair: Pair) -> bool:
        """Stores the pair; the database gets some chances, since the old refresh token is used up."""
        for attempt in range(_SAVES):
            try:
                kept = await run_sync(self._store.commit, pair)
                break
            except SQLAlchemyError as error:
                _log.error("zalo_tokens_not_stored", attempt=attempt + 1, error=type(error).__name__)
                await asyncio.sleep(2**attempt * _STEP_S)
        else:
            return False  # the mark is still there: found by the next tick, and said
        for kind in (UNSURE, CONSENT, "unreachable"):
            await run_sync(self._alarms.clear, kind)
        _log.info("zalo_tokens_renewed")
        self.on_new()
        return kept

    def _is_due(self, found: Standing) -> bool:
        """Five hours before the end, a day after the last time; of short tokens, in the last fifth of their life."""
        now = self._now()
        early = min(_LEFT, (found.expires_at - found.refreshed_at) / 5)
        return found.expires_at - now <= early or now - found.refreshed_at >= _AGE

    async def _alarm(self, kind: str, error: SendFailed | None = None) -> None:
        detail = "" if error is None else f"{error.code or ''} {error.message}".strip()
        await run_sync(self._alarms.raise_, kind, detail)


async def _whole(work: Coroutine[Any, Any, bool]) -> bool:
    """`work` to its end, even when the caller is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def keeper_loop(keeper: Keeper, every_s: float = _EVERY_S) -> None:
    """Looks after the tokens until cancelled."""
    while True:
        try:
            await keeper.tick()
        except Exception as error:  # unreachable platform or database: the next minute is another chance
            _log.error("zalo_keeper_failed", error=type(error).__name__)
        await asyncio.sleep(every_s)
