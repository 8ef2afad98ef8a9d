"""The simulated phone: a person's chat with the OA in the browser, and beside it a panel with everybody's phones, the
staff's tool, events and faults. Forms work without a script; with it the page follows by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Annotated

import yaml
from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.templating import Jinja2Templates
from pydantic import ValidationError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from bot.zalo_sim.courier import Courier
from bot.zalo_sim.faults import Faults
from bot.zalo_sim.media import Media, image_kind
from bot.zalo_sim.messages import Refused
from bot.zalo_sim.post import Post
from bot.zalo_sim.shown import REACTIONS, clock, grouped, spoken
from bot.zalo_sim.world import Bubble, World

__all__ = ["Bell", "make_templates", "phone_routes"]

_LONGEST = 4000
_PING_S = 15
_SHOWN_EVENTS = 14
_INLINE = {".jpg", ".jpeg", ".png", ".gif"}


class Bell:
    """Tells open pages that something changed."""

    def __init__(self) -> None:
        self._open: set[asyncio.Event] = set()
        self.closing = False

    def ring(self, _user_id: str = "") -> None:
        for one in self._open:
            one.set()

    def close(self) -> None:
        self.closing = True
        self.ring()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        signal = asyncio.Event()
        self._open.add(signal)
        try:
            yield signal
        finally:
            self._open.discard(signal)


def make_templates(folder: Path) -> Jinja2Templates:
    templates = Jinja2Templates(folder)
    templates.env.filters |= {"clock": clock, "plain": "{:g}".format}
    templates.env.globals |= {"reactions": REACTIONS}
    return templates


def phone_routes(
    world: World, held: dict[str, Faults], post: Post, media: Media, courier: Courier, bell: Bell,
    templates: Jinja2Templates,
) -> APIRouter:
    """Pages and the forms on them."""
    router = APIRouter()
    words = yaml.safe_load((Path(__file__).parent / "world.yml").read_text("utf-8"))["deliveries"]

    @router.get("/")
    def home() -> Response:
        return RedirectResponse(f"/phone/{next(iter(world.people))}", 303)

    @router.get("/phone/{user_id}")
    def phone(request: Request, user_id: str) -> Response:
        person = post.person(user_id)
        return templates.TemplateResponse(request, "phone.html", {
            "account": world.account, "person": person, "people": list(world.people.values()), "faults": held["faults"],
            "groups": grouped(world.chat(user_id)), "places": world.places, "deliveries": words,
            "last": {one.id: spoken(world.last(one.id)) for one in world.people.values()},
            "unseen": {one.id: _unseen(world, one.id) for one in world.people.values()},
            "events": list(courier.log)[:_SHOWN_EVENTS], "off": world.webhook_off, "staff": world.staff[0],
            "quoted": {one.id: one for one in world.chat(user_id)}})

    @router.get("/phone/{user_id}/changes")
    async def changes(user_id: str) -> EventSourceResponse:
        async def stream() -> AsyncIterator[ServerSentEvent]:
            with bell.listening() as signal:
                while not bell.closing:
                    await signal.wait()
                    signal.clear()
                    yield ServerSentEvent("look", event="changed")

        return EventSourceResponse(stream(), ping=_PING_S)

    @router.post("/phone/{user_id}/text")
    async def text(request: Request, user_id: str, text: Annotated[str, Form(max_length=_LONGEST)] = "") -> Response:
        if text.strip():
            post.writes(user_id, Bubble(user_id=user_id, author="user", text=text.replace("\r\n", "\n")))
        return _back(request, user_id)

    @router.post("/phone/{user_id}/file")
    async def file(
        request: Request, user_id: str, file: UploadFile, caption: Annotated[str, Form(max_length=_LONGEST)] = ""
    ) -> Response:
        """A picture or any other file."""
        content = await file.read()
        name = PurePath(file.filename or "tep").name
        kind = {"jpg": "image", "png": "image", "gif": "gif"}.get(image_kind(content), "file")
        if content:
            url = media.keep(name, content)
            shown = {"url": url, **(media.described(name, content) if kind == "file" else {"thumbnail": url})}
            post.writes(user_id, Bubble(user_id=user_id, author="user", kind=kind, text=caption, content=shown))
        return _back(request, user_id)

    @router.post("/phone/{user_id}/location")
    async def location(request: Request, user_id: str, place: Annotated[int, Form(ge=0)]) -> Response:
        where = world.places[place % len(world.places)]
        coordinates = {"latitude": where["latitude"], "longitude": where["longitude"]}
        post.writes(user_id, Bubble(user_id=user_id, author="user", kind="location", content={
            "coordinates": coordinates, "_name": where["name"]}))
        return _back(request, user_id)

    @router.post("/phone/{user_id}/other")
    async def other(request: Request, user_id: str, kind: Annotated[str, Form()]) -> Response:
        """What a bot can't read: a sticker, a voice message, a video, a link, a business card."""
        contents: dict[str, dict[str, str]] = {
            "sticker": {"id": "46991", "url": "https://example.invalid/sticker.png"},
            "audio": {"url": "https://example.invalid/voice.m4a"},
            "video": {"url": "https://example.invalid/v.mp4", "thumbnail": "", "description": ""},
            "link": {"url": "https://example.invalid/bai-bao", "thumbnail": "", "description": "Một bài báo"},
            "business_card": {"url": "", "thumbnail": "", "description": "Danh thiếp"},
        }
        if kind in contents:
            post.writes(user_id, Bubble(user_id=user_id, author="user", kind=kind, content=contents[kind]))
        return _back(request, user_id)

    @router.post("/phone/{user_id}/press")
    async def press(
        request: Request, user_id: str, message: Annotated[str, Form()], number: Annotated[int, Form(ge=0)]
    ) -> Response:
        post.presses(user_id, message, number)
        return _back(request, user_id)

    @router.post("/phone/{user_id}/act")
    async def act(
        request: Request, user_id: str, what: Annotated[str, Form()], message: Annotated[str, Form()] = ""
    ) -> Response:
        """follow, unfollow, chatnow, withdraw, info, block, unblock, seen."""
        person = post.person(user_id)
        if what in ("follow", "unfollow"):
            post.follows(user_id, on=what == "follow")
        elif what == "chatnow":
            post.begins(user_id)
        elif what == "withdraw":
            post.withdraws(user_id)
        elif what == "info":
            post.shares_info(user_id, message)
        elif what == "seen":
            post.sees(user_id)
        elif what in ("block", "unblock"):
            person.blocked = what == "block"
            world.save()
        else:
            raise Refused(-201, "Parameter is invalid: what")
        return _back(request, user_id)

    @router.post("/staff/{user_id}/text")
    async def staff(request: Request, user_id: str, text: Annotated[str, Form(max_length=2000)] = "") -> Response:
        if text.strip():
            post.staff_writes(user_id, text.strip())
        return _back(request, user_id)

    @router.post("/panel/faults")
    async def set_faults(request: Request, back: Annotated[str, Form()] = "") -> Response:
        form = await request.form()
        try:
            held["faults"] = Faults.model_validate(
                {name: value for name, value in form.items() if value != "" and name != "back"})
        except ValidationError as error:
            raise Refused(-201, "; ".join(one["msg"] for one in error.errors())) from error
        return _back(request, back)

    @router.post("/panel/webhook")
    async def webhook(request: Request, back: Annotated[str, Form()] = "") -> Response:
        """Tries the address with the unsigned probe, and switches events on again."""
        if await courier.probe() == 200:
            world.webhook_off = False
            world.save()
        return _back(request, back)

    @router.get("/media/{place}/{name}")
    def kept(place: str, name: str) -> Response:
        path = media.path(place, name)
        if path is None:
            return Response(status_code=404)
        inline = path.suffix.lower() in _INLINE
        return FileResponse(path, filename=name, content_disposition_type="inline" if inline else "attachment")

    def _back(request: Request, user_id: str) -> Response:
        bell.ring(user_id)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"done": True})
        return RedirectResponse(f"/phone/{user_id}" if user_id in world.people else "/", 303)

    return router


def _unseen(world: World, user_id: str) -> int:
    return sum(one.author != "user" and not one.seen for one in world.chat(user_id))

