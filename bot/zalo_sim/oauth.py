"""Consent and tokens (OAuth v4 of an OA): a page on which the OA's admin agrees, codes and refresh tokens that work
once, and an access token that dies as soon as there is a newer one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Header, Request
from fastapi.templating import Jinja2Templates
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.zalo_sim.faults import Faults
from bot.zalo_sim.world import ACCESS_LIFE_S, CODE_LIFE_S, REFRESH_LIFE_S, Key, World

__all__ = ["challenge_of", "oauth_routes"]

# -14002, -14003 and -118 are known; how the platform names a wrong secret isn't.
_INACTIVE, _MISMATCH, _GRANT, _SECRET = -14002, -14003, -118, -14004


def challenge_of(verifier: str) -> str:
    """PKCE, S256 (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def oauth_routes(world: World, held: dict[str, Faults], templates: Jinja2Templates) -> APIRouter:
    """`/v4/oa/permission` and `/v4/oa/access_token`."""
    router = APIRouter(prefix="/v4/oa")
    account = world.account

    @router.get("/permission")
    def ask(
        request: Request, app_id: str = "", redirect_uri: str = "", code_challenge: str = "", state: str = ""
    ) -> Response:
        problem = 0
        fixed = held["faults"].fixed_challenge
        if app_id != account.app_id:
            problem = _INACTIVE
        elif not _address(redirect_uri) or not code_challenge or (fixed and code_challenge != fixed):
            problem = _MISMATCH
        given = {"redirect_uri": redirect_uri, "code_challenge": code_challenge, "state": state}
        return templates.TemplateResponse(
            request, "consent.html", {"account": account, "given": given, "problem": problem},
            status_code=400 if problem else 200)

    @router.post("/permission")
    def allow(
        redirect_uri: Annotated[str, Form()], code_challenge: Annotated[str, Form()], state: Annotated[str, Form()] = ""
    ) -> Response:
        if not _address(redirect_uri):
            return _error(_MISMATCH, "redirect_uri")
        code = Key(value=secrets.token_urlsafe(24), until=time.time() + CODE_LIFE_S, challenge=code_challenge)
        world.codes = [one for one in world.codes if one.until > time.time()] + [code]
        world.save()
        query = urlencode({"code": code.value, "oa_id": account.oa_id, "state": state})
        return RedirectResponse(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}", 303)

    @router.post("/access_token")
    def token(
        app_id: Annotated[str, Form()] = "",
        grant_type: Annotated[str, Form()] = "",
        code: Annotated[str, Form()] = "",
        code_verifier: Annotated[str, Form()] = "",
        refresh_token: Annotated[str, Form()] = "",
        secret_key: Annotated[str | None, Header(convert_underscores=False)] = None,
    ) -> Response:
        if secret_key is None:
            return JSONResponse({"error": 404, "message": "empty api"}, 404)
        if not hmac.compare_digest(secret_key.encode(), account.app_secret.encode()):
            return _error(_SECRET, "Invalid secret key")
        if app_id != account.app_id:
            return _error(_INACTIVE, "Invalid app id")
        if grant_type == "authorization_code":
            used = _used(world.codes, code)
            if used is None:
                return _error(_GRANT, "Invalid code")
            if used.challenge != challenge_of(code_verifier):
                return _error(_MISMATCH, "Invalid code verifier")
        elif grant_type != "refresh_token" or _used(world.refresh, refresh_token) is None:
            return _error(_GRANT, "Invalid refresh token")
        return JSONResponse(_pair(world))

    return router


def _pair(world: World) -> dict[str, str]:
    now = time.time()
    world.access, world.access_until = secrets.token_urlsafe(48), now + ACCESS_LIFE_S
    key = Key(value=secrets.token_urlsafe(48), until=now + REFRESH_LIFE_S)
    world.refresh = [key]
    world.save()
    return {"access_token": world.access, "refresh_token": key.value, "expires_in": str(ACCESS_LIFE_S)}


def _used(keys: list[Key], value: str) -> Key | None:
    """Takes the key called `value` away: whatever comes of it, it works once."""
    found = next((one for one in keys if hmac.compare_digest(one.value.encode(), value.encode())), None)
    if found is None:
        return None
    keys.remove(found)
    return found if found.until > time.time() else None


def _error(code: int, reason: str) -> Response:
    """HTTP 200, as the platform answers its errors."""
    return JSONResponse({
        "error": code, "error_name": reason, "error_reason": reason, "error_description": reason,
        "ref_doc": "https://developers.zalo.me/docs/social-api/tham-khao/ma-loi"})


def _address(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme in ("http", "https") and bool(parts.netloc)
