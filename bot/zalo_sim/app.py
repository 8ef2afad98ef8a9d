"""The simulated Zalo as one web application: the platform's own addresses, phones and a panel at `/`, and controls for
tests under `/simulator`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from bot.zalo_sim.controls import control_routes
from bot.zalo_sim.courier import Courier
from bot.zalo_sim.faults import Faults
from bot.zalo_sim.media import Media
from bot.zalo_sim.messages import Refused
from bot.zalo_sim.oauth import oauth_routes
from bot.zalo_sim.openapi import openapi_routes
from bot.zalo_sim.phone import Bell, make_templates, phone_routes
from bot.zalo_sim.post import Post
from bot.zalo_sim.world import Account, World

__all__ = ["WEBHOOK", "create_zalo", "environment"]

WEBHOOK = "/channels/zalo/webhook"
_HERE = Path(__file__).parent
# The dossier states that the simulator has a template message for, and its number in world.yml.
_TOLD, _TEMPLATE = ("RECEIVED", "SUPPLEMENT_REQUESTED", "APPROVED", "RESULT_READY"), "300001"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' http: https: data:; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'")


def environment(url: str, account: Account | None = None) -> dict[str, str]:
    """The settings with which iSee takes the simulator at `url` for Zalo."""
    known = account or World.open().account
    return {
        "ZALO_ENABLED": "true", "ZALO_APP_ID": known.app_id, "ZALO_APP_SECRET": known.app_secret,
        "ZALO_OA_ID": known.oa_id, "ZALO_OA_SECRET_KEY": known.oa_secret_key, "ZALO_BASE_URL": url,
        "ZALO_OAUTH_URL": url, "ZALO_ZBS_URL": url, "ZALO_MEDIA_HOSTS": json.dumps([urlsplit(url).netloc]),
        **{f"ZBS_TEMPLATE_{state}": _TEMPLATE for state in _TOLD}}


def create_zalo(isee_url: str, url: str, folder: Path, *, speed: float = 60.0) -> FastAPI:
    """The simulator.

    Args:
        isee_url: where iSee is; events go to its webhook.
        url: where the simulator itself is reached.
        folder: what it keeps.
        speed: how much faster than on the platform the waits between repeats run.
    """
    world = World.open(folder / "world.json")
    held, bell = {"faults": Faults()}, Bell()
    courier = Courier(world, lambda: held["faults"], isee_url.rstrip("/") + WEBHOOK, speed)
    post = Post(world, lambda: held["faults"], courier, bell.ring)
    media = Media(folder / "media", url)
    templates = make_templates(_HERE / "templates")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(courier.loop())
        yield
        bell.close()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await courier.close()

    app = FastAPI(title="Zalo simulator", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.world, app.state.courier = world, courier
    app.middleware("http")(_careful)
    app.add_exception_handler(Refused, _refused)
    app.include_router(oauth_routes(world, held, templates))
    app.include_router(openapi_routes(world, held, post, media))
    app.include_router(phone_routes(world, held, post, media, courier, bell, templates))
    app.include_router(control_routes(world, held, courier))
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    return app


async def _careful(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """No other site's page posts here; what is shown runs nothing but our own script."""
    if request.method != "GET" and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return JSONResponse({"error": -1, "message": "Cross-site request"}, 403)
    answer = await call_next(request)
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"error": error.code, "message": error.message}, 404)
