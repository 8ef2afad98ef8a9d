"""What tests turn: faults, the age of a chat, the token, the webhook; and what they read."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from bot.zalo_sim.courier import Courier
from bot.zalo_sim.events import encoded
from bot.zalo_sim.faults import Faults
from bot.zalo_sim.world import World, now_ms

__all__ = ["control_routes"]


def control_routes(world: World, held: dict[str, Faults], courier: Courier) -> APIRouter:
    """JSON under `/simulator`."""
    router = APIRouter(prefix="/simulator")

    @router.get("/faults")
    def faults() -> Faults:
        return held["faults"]

    @router.put("/faults")
    def set_faults(wanted: Faults) -> Faults:
        held["faults"] = wanted
        return wanted

    @router.get("/users/{user_id}/messages")
    def messages(user_id: str) -> list[dict[str, Any]]:
        return [one.model_dump() for one in world.chat(user_id)]

    @router.put("/users/{user_id}/age")
    def age(user_id: str, hours: float) -> dict[str, int]:
        """Sets the last interaction back."""
        world.people[user_id].last_ms = now_ms() - int(hours * 3_600_000)
        return {"last_ms": world.people[user_id].last_ms}

    @router.get("/deliveries")
    def deliveries() -> dict[str, Any]:
        return {
            "waiting": courier.waiting(), "webhook_off": world.webhook_off,
            "events": [{"name": one.name, "status": one.status, "tries": one.tries, "state": one.state,
                        "genuine": one.genuine, "took_ms": one.took_ms} for one in courier.log]}

    @router.post("/token/expire")
    def expire() -> dict[str, str]:
        """The access token is over, as after 25 hours; the refresh token still works."""
        world.access_until = time.time() - 1
        return {"expired": "access"}

    @router.post("/token/revoke")
    def revoke() -> dict[str, str]:
        """Both tokens are gone, as after the OA's admin took the consent back."""
        world.access, world.refresh = "", []
        world.save()
        return {"revoked": "both"}

    @router.post("/webhook")
    def webhook(on: bool) -> dict[str, bool]:
        world.webhook_off = not on
        world.save()
        return {"on": on}

    @router.post("/probe")
    async def probe() -> dict[str, int]:
        return {"status": await courier.probe()}

    @router.post("/event")
    async def event(request: Request) -> Response:
        """Any event, signed and sent in its turn. Left out fields of the envelope are filled in."""
        body = await request.json()
        filled = {"app_id": world.account.app_id, "timestamp": str(now_ms()), **body}
        courier.post(filled)
        return JSONResponse({"bytes": len(encoded(filled))})

    @router.post("/raw")
    async def raw(request: Request) -> dict[str, int]:
        """The body as it comes, under the signature that comes with it: forged and malformed events."""
        headers = {"Content-Type": "application/json"}
        if mac := request.headers.get("x-zevent-signature"):
            headers["X-ZEvent-Signature"] = mac
        return {"status": await courier.raw(await request.body(), headers)}

    return router
