"""One call of the platform: header, proof, pace, and what its answer means (SPEC 1, 5.2, 5.13, 5.14)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import httpx
import structlog

from bot.zalo.errors import Interface, lost, refused
from bot.zalo.keeper import Keeper, Token
from bot.zalo.model import Act, SendFailed
from bot.zalo.pacing import Pacer
from bot.zalo.sender_metrics import CALLS
from bot.zalo.settings import ZaloSettings

__all__ = ["Wire", "proof_of"]

_TIMEOUT = httpx.Timeout(15, connect=5, pool=5)
_LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=10)
# Errors in which no request was written, so that it may be sent again.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_RATE = -32
# No code of the platform is so large, and the column for it holds no more.
_LARGEST = 2**31
_log = structlog.get_logger(__name__)


def proof_of(app_secret: str, access_token: str) -> str:
    """The header appsecret_proof: HMAC-SHA256 of the token under the App Secret, lower-case hex."""
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


class Wire:
    """Calls the platform with the keeper's token, at the pacer's pace."""

    def __init__(self, settings: ZaloSettings, keeper: Keeper, pacer: Pacer) -> None:
        self._settings, self._keeper, self._pacer = settings, keeper, pacer
        self._http: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def call(
        self,
        name: str,
        method: str,
        url: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        file: tuple[str, bytes, str] | None = None,
        interface: Interface = "oa",
    ) -> dict[str, Any]:
        """The whole answer, whose `error` is 0. `name` is for the metrics, `file` is (name, content, media type).

        Raises SendFailed. A token that the platform refuses is renewed, or re-read, and the call made once more.
        """
        token = await self._keeper.token()
        request = {"json": json, "params": params, "files": {"file": file} if file else None}
        try:
            return await self._once(name, method, url, token, request, interface)
        except SendFailed as error:
            if error.act is not Act.REFRESH:
                raise
        token = await self._keeper.renewed(token.generation)
        try:
            return await self._once(name, method, url, token, request, interface)
        except SendFailed as error:
            raise lost("token") if error.act is Act.REFRESH else error from error

    async def close(self) -> None:
        """Gives the connections back; a later call opens new ones."""
        if self._http is not None:
            await self._http.aclose()
        self._http = None

    async def _once(
        self, name: str, method: str, url: str, token: Token, request: Mapping[str, Any], interface: Interface
    ) -> dict[str, Any]:
        await self._pacer.turn()
        headers = {"access_token": token.access}
        if self._settings.proof:
            headers["appsecret_proof"] = proof_of(self._settings.app_secret.get_secret_value(), token.access)
        try:
            answer = await self._client().request(method, url, headers=headers, **request)
        except _NOT_SENT as error:
            raise self._counted(name, lost("network")) from error
        except httpx.HTTPError as error:  # written, at least in part: nobody knows what became of it
            raise self._counted(name, lost("unknown")) from error
        try:
            body = _body(answer, interface)
        except SendFailed as error:
            if error.code == _RATE:
                await self._pacer.refused()
            raise self._counted(name, error) from None
        await self._pacer.answered(answer.headers)
        CALLS.labels(name, "ok").inc()
        return body

    def _counted(self, name: str, error: SendFailed) -> SendFailed:
        CALLS.labels(name, str(error.act)).inc()
        _log.warning("zalo_call_failed", call=name, act=str(error.act), code=error.code)
        return error

    def _client(self) -> httpx.AsyncClient:
        """Connections belong to the event loop that opened them."""
        loop = asyncio.get_running_loop()
        if self._http is None or self._loop is not loop:
            self._http, self._loop = httpx.AsyncClient(timeout=_TIMEOUT, limits=_LIMITS, trust_env=False), loop
        return self._http


def _body(answer: httpx.Response, interface: Interface) -> dict[str, Any]:
    """HTTP 200 says nothing: `error` does. Raises SendFailed."""
    try:
        body: Any = answer.json()
    except ValueError:
        body = None
    code = _code(body.get("error")) if isinstance(body, dict) else None
    if code == 0:
        return dict(body)
    if code is not None:
        raise refused(code, str(body.get("message") or ""), interface)
    if answer.status_code == 429:
        raise refused(_RATE, "HTTP 429", interface)
    raise lost("server" if answer.status_code >= 500 else "unreadable")


def _code(given: Any) -> int | None:
    try:
        code = int(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return code if abs(code) < _LARGEST else None
