"""`POST /actions`: Rasa's action calls, answered by rasa-sdk's executor inside this service."""

from __future__ import annotations

import hmac
import json
import zlib
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Request
from rasa_sdk.interfaces import (
    ActionExecutionRejection,
    ActionMissingDomainException,
    ActionNotFoundException,
)
from starlette.responses import JSONResponse

from bot.api.deps import ContextDep
from bot.context import Context
from bot.gateway.engine import SECRET_HEADER
from bot.gateway.texts import problem
from common.errors import InvalidInput, NotAuthenticated

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_INFLATED_BYTES = 32_000_000
_log = structlog.get_logger(__name__)


@router.post("/actions")
async def run_action(context: ContextDep, request: Request) -> JSONResponse:
    """Runs one action. Answers as rasa-sdk's own server does; raises NotAuthenticated for any other caller."""
    _authenticate(context, request)
    call = _parsed(await request.body(), request.headers.get("Content-Encoding", ""))
    try:
        result = await context.executor.run(call)
    except ActionExecutionRejection as error:
        return _refusal(400, error.message, error.action_name)
    except ActionNotFoundException as error:
        _log.error("action_unknown", action=error.action_name)
        return _refusal(404, error.message, error.action_name)
    except ActionMissingDomainException as error:
        return _refusal(449, error.message, error.action_name)
    except Exception as error:
        _log.error("action_failed", action=str(call.get("next_action")), exc_info=error)
        return _refusal(500, "The action failed; see the service's log.", str(call.get("next_action")))
    return JSONResponse(result.model_dump() if result else None)


def _authenticate(context: Context, request: Request) -> None:
    """Only the engine may call: it knows the secret and, unless it runs elsewhere by setting, it is on this machine."""
    given = request.headers.get(SECRET_HEADER, "").encode()
    genuine = hmac.compare_digest(given, context.keyring.engine_secret().encode())
    near = _loopback(request.client.host if request.client else "")
    remote_engine = bool(context.settings.rasa_url) and not _loopback(
        urlsplit(context.settings.rasa_url).hostname or ""
    )
    if not genuine or not (near or remote_engine):
        raise NotAuthenticated(problem("token"))


def _parsed(body: bytes, encoding: str) -> dict[str, Any]:
    try:
        if encoding == "deflate":
            body = zlib.decompressobj().decompress(body, _INFLATED_BYTES)
        call = json.loads(body)
    except (ValueError, zlib.error) as error:
        raise InvalidInput(problem("body")) from error
    if not isinstance(call, dict):
        raise InvalidInput(problem("body"))
    return call


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(status: int, message: str, action: str) -> JSONResponse:
    return JSONResponse({"error": message, "action_name": action}, status)
