"""The OA API: who may call, faults before and after the work, and the answers in the platform's one shape."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from fastapi import APIRouter, Request, UploadFile
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.zalo_sim.faults import Faults
from bot.zalo_sim.media import IMAGE_BYTES, Media, file_kind, image_kind
from bot.zalo_sim.messages import Refused
from bot.zalo_sim.post import Post
from bot.zalo_sim.world import UPLOAD_LIFE_S, Upload, World, fresh_id

__all__ = ["openapi_routes"]

_FILE_BYTES, _GIF_BYTES = 5 * 1024 * 1024, 5 * 1024 * 1024
_MOST_READ = 10


class Dropped(Response):
    """Promises an answer and hangs up: what the caller sees when the line breaks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]})


def openapi_routes(world: World, held: dict[str, Faults], post: Post, media: Media) -> APIRouter:
    """Everything under `/v2.0/oa` and `/v3.0/oa`, and the template messages by phone under `/message`."""
    router = APIRouter()
    gate = Gate(world, held)

    @router.post("/v3.0/oa/message/cs")
    async def consult(request: Request) -> Response:
        async def work() -> dict[str, Any]:
            body = await _json(request)
            return post.consult(_user(body), body.get("message"))

        return await gate.answer(request, work)

    @router.post("/v3.0/oa/message/template")
    async def template(request: Request) -> Response:
        async def work() -> dict[str, Any]:
            body = await _json(request)
            return post.template(str(body.get("user_id", "")), body, by_phone=False)

        return await gate.answer(request, work)

    @router.post("/message/template")
    async def template_by_phone(request: Request) -> Response:
        async def work() -> dict[str, Any]:
            body = await _json(request)
            return post.template(str(body.get("phone", "")), body, by_phone=True)

        return await gate.answer(request, work)

    @router.get("/template/info/v2")
    async def template_info(request: Request, template_id: str = "") -> Response:
        async def work() -> dict[str, Any]:
            return post.template_info(template_id)

        return await gate.answer(request, work)

    @router.post("/v2.0/oa/message")
    async def react(request: Request) -> Response:
        async def work() -> dict[str, Any]:
            body = await _json(request)
            action = body.get("sender_action")
            if not isinstance(action, dict):
                raise Refused(-240, "Message V2 API has been shut down")
            return post.react(_user(body), str(action.get("react_message_id", "")), str(action.get("react_icon", "")))

        return await gate.answer(request, work)

    @router.post("/v2.0/oa/upload/{kind}")
    async def upload(request: Request, kind: str, file: UploadFile | None = None) -> Response:
        async def work() -> dict[str, Any]:
            if kind not in ("image", "gif", "file") or file is None:
                raise Refused(-201, "Parameter is invalid: file")
            content = await file.read()
            name = PurePath(file.filename or "tep").name
            _check_upload(kind, name, content)
            reference = fresh_id() + fresh_id()
            path = media.keep(name, content)
            world.uploads[reference] = Upload(kind=kind, path=path, name=name, until=time.time() + UPLOAD_LIFE_S)
            world.save()
            return {"token" if kind == "file" else "attachment_id": reference}

        return await gate.answer(request, work)

    @router.post("/v3.0/oa/quota/message")
    async def window(request: Request) -> Response:
        async def work() -> dict[str, Any]:
            person = post.person(str((await _json(request)).get("user_id", "")))
            return {"last_interaction": str(person.last_ms), "cs_reply": {"remain": 8, "total": 8},
                    "promotion": {"daily_remain": 1}}

        return await gate.answer(request, work)

    @router.post("/v2.0/oa/quota/message")
    async def package(request: Request) -> Response:
        async def work() -> dict[str, Any]:
            left = 0 if held["faults"].out_of_quota else world.package_left
            return {"type": "sub_quota", "remain": str(left), "total": "500"}

        return await gate.answer(request, work)

    @router.get("/v2.0/oa/getoa")
    async def oa(request: Request) -> Response:
        async def work() -> dict[str, Any]:
            return {
                "oaid": world.account.oa_id, "name": world.account.name, "is_verified": True, "oa_type": 4,
                "package_name": "Nâng cao (mô phỏng)", "package_valid_through_date": "31/12/2026",
                "num_follower": sum(one.follows for one in world.people.values()), "linked_ZCA": "ZCA mô phỏng"}

        return await gate.answer(request, work)

    @router.get("/v3.0/oa/user/detail")
    async def detail(request: Request) -> Response:
        async def work() -> dict[str, Any]:
            return post.detail(str(_data(request).get("user_id", "")))

        return await gate.answer(request, work)

    @router.get("/v2.0/oa/conversation")
    async def conversation(request: Request) -> Response:
        async def work() -> list[dict[str, Any]]:
            data = _data(request)
            offset, count = int(data.get("offset", 0)), min(int(data.get("count", 5)), _MOST_READ)
            return post.history(str(data.get("user_id", "")))[offset:offset + count]

        return await gate.answer(request, work)

    @router.get("/v2.0/oa/listrecentchat")
    async def recent(request: Request) -> Response:
        async def work() -> list[dict[str, Any]]:
            data = _data(request)
            offset, count = int(data.get("offset", 0)), min(int(data.get("count", 5)), _MOST_READ)
            return post.history("")[offset:offset + count]

        return await gate.answer(request, work)

    return router


class Gate:
    """Around each call: faults, the rate limit, the token, and the shape of the answer."""

    def __init__(self, world: World, held: dict[str, Faults]) -> None:
        self._world, self._held = world, held
        self._calls: deque[float] = deque()

    async def answer(self, request: Request, work: Callable[[], Any]) -> Response:
        faults = self._held["faults"]
        if faults.delay_s:
            await asyncio.sleep(faults.delay_s)
        if faults.take("drop_next"):
            return Dropped()
        if faults.take("fail_next"):
            return Response("<html>502 Bad Gateway</html>", 502, media_type="text/html")
        headers = self._counted(faults)
        try:
            if headers["X-RateLimit-Remain"] == "0" or faults.take("limit_next"):
                raise Refused(-32, "Rate limit of the application has been reached")
            self._admit(request, faults)
            body = {"error": 0, "message": "Success", "data": await work()}
        except Refused as refused:
            body = {"error": refused.code, "message": refused.message}
        except (ValueError, TypeError, AttributeError) as error:
            body = {"error": -201, "message": f"Parameter is invalid: {type(error).__name__}"}
        if faults.late_s:
            await asyncio.sleep(faults.late_s)
        return Dropped() if faults.take("lose_next") else JSONResponse(body, headers=headers)

    def _counted(self, faults: Faults) -> dict[str, str]:
        now = time.monotonic()
        self._calls.append(now)
        while self._calls[0] < now - 60:
            self._calls.popleft()
        left = max(0, faults.per_minute + 1 - len(self._calls))
        return {"X-RateLimit-Limit": str(faults.per_minute), "X-RateLimit-Remain": str(left)}

    def _admit(self, request: Request, faults: Faults) -> None:
        """Raises Refused where the token is wrong or over, or its proof is."""
        given = request.headers.get("access_token", "")
        if not self._world.access or not hmac.compare_digest(given.encode(), self._world.access.encode()):
            raise Refused(-216, "Access token is invalid")
        if self._world.access_until < time.time():
            raise Refused(-220, "Access token is expired or removed")
        proof = hmac.new(self._world.account.app_secret.encode(), given.encode(), hashlib.sha256).hexdigest()
        if faults.proof and request.headers.get("appsecret_proof", "") != proof:
            raise Refused(-242, "appsecret_proof is invalid")


async def _json(request: Request) -> dict[str, Any]:
    body = await request.json()
    if not isinstance(body, dict):
        raise Refused(-201, "Parameter is invalid: body")
    return body


def _user(body: dict[str, Any]) -> str:
    recipient = body.get("recipient")
    user_id = recipient.get("user_id") if isinstance(recipient, dict) else None
    if not isinstance(user_id, str):
        raise Refused(-201, "Parameter is invalid: recipient.user_id")
    return user_id


def _data(request: Request) -> dict[str, Any]:
    """The one parameter of GET calls: JSON, URL-encoded."""
    read = json.loads(request.query_params.get("data", ""))
    if not isinstance(read, dict):
        raise Refused(-201, "Parameter is invalid: data")
    return read


def _check_upload(kind: str, name: str, content: bytes) -> None:
    most = {"image": IMAGE_BYTES, "gif": _GIF_BYTES, "file": _FILE_BYTES}[kind]
    known = {"image": image_kind(content) in ("jpg", "png"), "gif": image_kind(content) == "gif",
             "file": file_kind(name) != ""}[kind]
    if not known:
        raise Refused(-201, "Parameter is invalid: file type")
    if len(content) > most:
        raise Refused(-210, f"Parameter exceeds limit: file {most}")
