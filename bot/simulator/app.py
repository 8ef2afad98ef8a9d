"""The simulator's HTTP: the contract under `/onestop/v1`, its controls under `/simulator`, a page for people at `/`."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import yaml
from fastapi import FastAPI, Form, Request
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from actions.dossiers.adapters.contract import FileContent, Submission, Supplement, Withdrawal
from bot.simulator.callbacks import Callbacks
from bot.simulator.faults import Faults
from bot.simulator.store import Different, Store
from common.signatures import Signer

__all__ = ["BASE", "create_simulator"]

BASE = "/onestop/v1"
_HERE = Path(__file__).parent
_KEY = "Idempotency-Key"
_LONGEST_KEY = 128


class Refusal(Exception):
    """A problem+json answer."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        self.status, self.title, self.detail = status, title, detail


class Move(BaseModel):
    state: str
    note: str = ""


def create_simulator(database: Path, secret: str, isee_url: str, key: str = "isee") -> FastAPI:
    """A one-stop system whose dossiers live in `database`; callbacks go to the iSee at `isee_url`."""
    store, signer = Store(database), Signer(key, secret.encode())
    held = {"faults": Faults()}
    callbacks = Callbacks(store, lambda: held["faults"], signer, isee_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(callbacks.loop())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await callbacks.close()
        store.close()

    app = FastAPI(title="One-stop simulator", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(HTTPException, _http)
    _contract(app, store, signer, held)
    _controls(app, store, callbacks, held)
    _page(app, store, callbacks, held)
    return app


def _contract(app: FastAPI, store: Store, signer: Signer, held: dict[str, Faults]) -> None:
    async def admit(request: Request, *, writes: bool) -> tuple[bytes, str]:
        """Faults before the work, signature, idempotency key."""
        faults = held["faults"]
        body = await request.body()
        if faults.delay_s:
            await asyncio.sleep(faults.delay_s)
        if faults.down or faults.take("fail_next"):
            raise Refusal(503, "Service unavailable")
        idempotency = request.headers.get(_KEY, "")
        target = request.scope["raw_path"].decode("latin-1").split("?")[0]
        target += f"?{request.scope['query_string'].decode('latin-1')}" if request.scope["query_string"] else ""
        if not signer.accepts(request.headers, request.method, target, body, idempotency):
            raise Refusal(401, "Unauthorized", "The signature is missing, wrong or too old.")
        if writes and not 1 <= len(idempotency) <= _LONGEST_KEY:
            raise Refusal(400, "Bad request", f"{_KEY} of 1 to {_LONGEST_KEY} characters is required.")
        return body, idempotency

    async def answer(content: Any, status: int = 200) -> Response:
        """Faults after the work."""
        faults = held["faults"]
        if faults.late_s:
            await asyncio.sleep(faults.late_s)
        if faults.take("lose_next"):
            raise Refusal(504, "Gateway timeout")
        if faults.take("garbage_next"):
            return Response("<html>nonsense", media_type="text/html")
        return JSONResponse(content, status)

    @app.post(f"{BASE}/dossiers")
    async def submit(request: Request) -> Response:
        body, key = await admit(request, writes=True)
        if held["faults"].take("refuse_next"):
            raise Refusal(422, "Unprocessable", "The procedure is not handled here.")
        read = _parsed(Submission, body)
        code, new = _once(lambda: store.submit(key, body, read.model_dump()))
        return await answer(store.dossier(code), 201 if new else 200)

    @app.get(f"{BASE}/dossiers")
    async def find(request: Request) -> Response:
        await admit(request, writes=False)
        reference = request.query_params.get("reference", "")
        if not reference:
            raise Refusal(400, "Bad request", "The query parameter reference is required.")
        return await answer({"dossiers": store.find(reference)})

    @app.get(f"{BASE}/dossiers/{{code}}")
    async def status(request: Request, code: str) -> Response:
        await admit(request, writes=False)
        return await answer(_there(store, code))

    @app.post(f"{BASE}/dossiers/{{code}}/supplements")
    async def supplement(request: Request, code: str) -> Response:
        return await act(request, code, "DA_BO_SUNG", Supplement)

    @app.post(f"{BASE}/dossiers/{{code}}/withdrawal")
    async def withdraw(request: Request, code: str) -> Response:
        return await act(request, code, "DA_RUT", Withdrawal)

    async def act(request: Request, code: str, state: str, model: type[BaseModel]) -> Response:
        body, key = await admit(request, writes=True)
        _there(store, code)
        read = _parsed(model, body).model_dump()
        _once(lambda: store.act(key, body, code, state, read, read.get("reason") or read.get("note") or ""))
        return await answer(store.dossier(code))


def _controls(app: FastAPI, store: Store, callbacks: Callbacks, held: dict[str, Faults]) -> None:
    @app.get("/simulator/faults")
    def faults() -> Faults:
        return held["faults"]

    @app.put("/simulator/faults")
    def set_faults(wanted: Faults) -> Faults:
        held["faults"] = wanted
        return wanted

    @app.get("/simulator/dossiers")
    def dossiers() -> list[dict[str, Any]]:
        return store.everything()

    @app.post("/simulator/dossiers/{code}/state")
    def move(code: str, wanted: Move) -> dict[str, int]:
        _there(store, code)
        return {"sequence": store.move(code, wanted.state, wanted.note)}

    @app.delete("/simulator/dossiers/{code}")
    def forget(code: str) -> dict[str, str]:
        store.forget(code)
        return {"forgotten": code}

    @app.post("/simulator/callbacks/flush")
    async def flush() -> list[dict[str, Any]]:
        return await callbacks.flush()


def _page(app: FastAPI, store: Store, callbacks: Callbacks, held: dict[str, Faults]) -> None:
    templates = Jinja2Templates(_HERE)
    labels: dict[str, str] = yaml.safe_load((_HERE / "labels.yml").read_text("utf-8"))

    @app.get("/")
    def show(request: Request) -> Response:
        return templates.TemplateResponse(request, "page.html", {
            "dossiers": store.everything(), "labels": labels, "faults": held["faults"],
            "waiting": len(store.undelivered())})

    @app.post("/page/state")
    def move(
        code: Annotated[str, Form()], state: Annotated[str, Form()], note: Annotated[str, Form()] = ""
    ) -> Response:
        _there(store, code)
        store.move(code, state, note)
        return RedirectResponse("/", 303)

    @app.post("/page/faults")
    async def set_faults(request: Request) -> Response:
        form = await request.form()
        try:
            held["faults"] = Faults.model_validate({name: value for name, value in form.items() if value != ""})
        except ValidationError as error:
            raise Refusal(422, "Unprocessable", "; ".join(e["msg"] for e in error.errors())) from error
        return RedirectResponse("/", 303)

    @app.post("/page/flush")
    async def flush() -> Response:
        await callbacks.flush()
        return RedirectResponse("/", 303)


def _parsed(model: type[BaseModel], body: bytes) -> BaseModel:
    try:
        read = model.model_validate_json(body)
    except ValidationError as error:
        detail = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        raise Refusal(422, "Unprocessable", detail) from error
    for file in getattr(read, "files", []):
        _check(file)
    return read


def _check(file: FileContent) -> None:
    try:
        content = base64.b64decode(file.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal(422, "Unprocessable", f"files.{file.id}: no Base64") from error
    if len(content) != file.size or hashlib.sha256(content).hexdigest() != file.sha256:
        raise Refusal(422, "Unprocessable", f"files.{file.id}: size or sha256 differs from the content")


def _once(work: Any) -> Any:
    try:
        return work()
    except Different as error:
        raise Refusal(409, "Conflict", f"This {_KEY} came with another body before.") from error


def _there(store: Store, code: str) -> dict[str, Any]:
    try:
        return store.dossier(code)
    except KeyError as error:
        raise Refusal(404, "Not found", "No such dossier.") from error


async def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    body = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.detail}
    return JSONResponse(body, error.status, media_type="application/problem+json")


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = {"type": "about:blank", "title": str(error.detail), "status": error.status_code, "detail": ""}
    return JSONResponse(body, error.status_code, headers=error.headers, media_type="application/problem+json")
