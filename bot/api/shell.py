"""The empty FastAPI application: handlers and middleware around whatever routes are added."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.formparsers import MultiPartParser
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.api import problems
from bot.api.guards import Crowd, OriginCheck, RequestRate, origin
from bot.api.heads import HeadAsGet
from bot.api.middleware import BodyLimit, RequestLog, SecurityHeaders, content_policy
from bot.api.schemas import Problem
from common.settings import Settings

__all__ = ["make_shell"]

_JSON_BYTES = 256 * 1024
_ACTION_BYTES = 16 * 1024 * 1024
_MULTIPART_OVERHEAD = 64 * 1024
_SUMMARY = "Virtual assistant for Vietnamese public administrative services."

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def make_shell(settings: Settings, lifespan: Lifespan) -> FastAPI:
    """A FastAPI application with our errors, limits and headers, and without pages that load from elsewhere."""
    app = FastAPI(
        title="iSee",
        version="1",
        summary=_SUMMARY,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        openapi_url="/openapi.json",
    )
    problems.install(app)
    # What citizens send is never written to a temporary file, not even a nameless one: cards' photos pass through here.
    MultiPartParser.spool_max_size = int(settings.upload_max_mb * 1_048_576) + _MULTIPART_OVERHEAD
    # The last added is the outermost.
    app.add_middleware(HeadAsGet)
    app.add_middleware(
        BodyLimit,
        json_bytes=_JSON_BYTES,
        action_bytes=_ACTION_BYTES,
        upload_bytes=int(settings.upload_max_mb * 1_048_576) + _MULTIPART_OVERHEAD,
        import_bytes=int(settings.import_max_mb * 1_048_576) + _MULTIPART_OVERHEAD,
    )
    app.add_middleware(OriginCheck, own=settings.base_url, allowed=settings.allowed_origins)
    app.add_middleware(RequestRate)
    app.add_middleware(Crowd, at_once=settings.requests_at_once)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[origin(site) for site in settings.allowed_origins],
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "X-Request-ID"],
            expose_headers=["Content-Disposition", "Retry-After", "X-Request-ID"],
            max_age=600,
        )
    app.add_middleware(
        SecurityHeaders,
        policy=content_policy(settings.allowed_origins),
        https=urlsplit(settings.base_url).scheme == "https",
    )
    app.add_middleware(RequestLog)
    # Here and not in the server, so that every way to serve the application believes the same proxies.
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies)
    _describe_problem(app)
    return app


def _describe_problem(app: FastAPI) -> None:
    """Adds the shared error schema that routes refer to."""
    original = app.openapi

    def openapi() -> dict[str, object]:
        spec = original()
        schemas = spec.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("Problem", Problem.model_json_schema())
        return spec

    app.openapi = openapi  # type: ignore[method-assign]
