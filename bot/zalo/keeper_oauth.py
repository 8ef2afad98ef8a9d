"""The two token calls of OAuth v4 for an OA (SPEC 5.2), and PKCE (RFC 7636)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from typing import Any

import httpx
import structlog

from bot.zalo.errors import lost, refused
from bot.zalo.keeper_store import Pair
from bot.zalo.settings import ZaloSettings

__all__ = ["OAuth", "challenge", "new_verifier"]

_LONGEST_LIFE_S = 90 * 86_400
_PATH = "/v4/oa/access_token"
_TIMEOUT = httpx.Timeout(20, connect=5)
# For the whole call: an answer that trickles in keeps each single wait short for ever. Well below the age at which a
# refresh counts as left behind.
_WHOLE_S = 40.0
# Errors in which no request was written, so that no token was used.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_log = structlog.get_logger(__name__)


def new_verifier() -> str:
    """43 characters: base64url of 32 random bytes, without `=`."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def challenge(verifier: str) -> str:
    """S256: base64url of the SHA-256 of the verifier, without `=`."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class OAuth:
    """Exchanges codes and refresh tokens. Each call opens a connection of its own: there are two a day."""

    def __init__(self, settings: ZaloSettings) -> None:
        self._settings = settings

    async def exchange(self, code: str, verifier: str) -> Pair:
        """The first pair. Raises as `refresh`."""
        return await self._post({"code": code, "grant_type": "authorization_code", "code_verifier": verifier})

    async def refresh(self, refresh_token: str) -> Pair:
        """The next pair; the old refresh token is used up by this.

        Raises SendFailed: RETRY where the request never left, ALARM where the platform refused, UNKNOWN where nobody
        can say whether the token was used.
        """
        return await self._post({"refresh_token": refresh_token, "grant_type": "refresh_token"})

    async def oa_of(self, access: str) -> str:
        """The id of the OA that an access token belongs to, by getoa [M]; "" where the platform doesn't say."""
        try:
            async with asyncio.timeout(_WHOLE_S), httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as http:
                answer = await http.get(f"{self._settings.base_url}/v2.0/oa/getoa", headers={"access_token": access})
            data = answer.json()["data"]
            return str(data.get("oaid") or data.get("oa_id") or "")
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.warning("zalo_oa_not_told", error=type(error).__name__)
            return ""

    async def _post(self, form: dict[str, str]) -> Pair:
        headers = {"secret_key": self._settings.app_secret.get_secret_value()}
        data = {**form, "app_id": self._settings.app_id}
        try:
            async with asyncio.timeout(_WHOLE_S), httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as http:
                answer = await http.post(f"{self._settings.oauth_url}{_PATH}", data=data, headers=headers)
        except _NOT_SENT as error:
            raise lost("network") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise lost("unknown") from error
        return _pair(answer)


def _pair(answer: httpx.Response) -> Pair:
    try:
        body: Any = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and body.get("access_token") and body.get("refresh_token"):
        return Pair(str(body["access_token"]), str(body["refresh_token"]), _life(body.get("expires_in")))
    if isinstance(body, dict) and (body.get("error") or body.get("error_name")):
        name = str(body.get("error_name") or "")
        _log.error("zalo_oauth_refused", error=body.get("error"), error_name=name)
        raise refused(_code(body.get("error")), name, "oauth")
    if answer.status_code == 404:  # "empty api": no secret_key arrived
        raise refused(404, "empty api", "oauth")
    raise lost("unknown")


def _life(given: Any) -> int:
    """Seconds; the platform sends a string. Something unreadable means an hour, so that it is renewed soon."""
    try:
        return min(max(int(given), 60), _LONGEST_LIFE_S)
    except (TypeError, ValueError, OverflowError):
        return 3600


def _code(given: Any) -> int:
    try:
        return int(given)
    except (TypeError, ValueError, OverflowError):
        return -1
