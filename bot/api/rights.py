"""One's own data and notices over HTTP: see, export, correct, withdraw, erase; choices and reminders."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from actions.notices.reminders import Reminder
from actions.notices.renewals import By
from actions.rights import exporting
from actions.rights.holding import Held
from actions.rights.requests import Request
from bot.api.deps import ContextDep, ConversationId
from bot.api.schemas import problems
from common.errors import NotFound

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/conversations/{conversation_id}", tags=["rights"])


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RequestIn(_Body):
    """A wish that an officer or the service carries out. `dossier` and `what` for a correction."""

    kind: Literal["correct", "withdraw"]
    dossier: str = Field("", max_length=48)
    what: str = Field("", max_length=2000)


class RequestOut(BaseModel):
    number: str
    kind: str
    state: str
    acknowledge_by: date
    due_on: date


class NoticesIn(_Body):
    """Yes or no to one purpose; `address` where letters are wanted."""

    purpose: Literal["dossier", "reminder", "mail"]
    given: bool
    address: str = Field("", max_length=254, pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$")


class ReminderIn(_Body):
    """A renewal reminder; sending it is the consent to keep the date for it."""

    item: str = Field(max_length=32)
    by: By = "expiry"
    on: date = Field(description="The expiry or the birth date, as `by` says.")
    issued: date | None = None


@router.get("/data", response_model=Held, responses=problems(401))
async def see(context: ContextDep, conversation_id: ConversationId) -> JSONResponse:
    """Everything that is kept of this conversation's citizen, with purpose, ground and time of each kind."""
    held = await run_sync(context.dossiers.rights.see, conversation_id)
    return JSONResponse(held.model_dump(mode="json"), headers={"Cache-Control": "no-store"})


@router.get(
    "/data/export",
    responses={200: {"content": {"application/zip": {}}, "description": "JSON, HTML and PDF."}, **problems(401)},
    response_class=Response,
)
async def export(context: ContextDep, conversation_id: ConversationId) -> Response:
    """The same to take away: a ZIP of `du-lieu.json`, `du-lieu.html` and `du-lieu.pdf`."""
    return await bundle(context, conversation_id)


@router.post("/data/requests", status_code=201, response_model=RequestOut, responses=problems(401, 404, 422, 429))
async def ask(context: ContextDep, conversation_id: ConversationId, body: RequestIn) -> JSONResponse:
    """Asks for a correction of a submitted dossier, or withdraws consent; the dates are those of the law."""
    rights = context.dossiers.rights
    if body.kind == "correct":
        made = await run_sync(rights.correct, conversation_id, body.dossier, body.what)
    else:
        made = await run_sync(rights.withdraw, conversation_id)
    return JSONResponse(_request(made), 201)


@router.get("/data/requests", response_model=list[RequestOut], responses=problems(401))
async def requests(context: ContextDep, conversation_id: ConversationId) -> JSONResponse:
    """The conversation's requests, the latest first."""
    return JSONResponse([_request(item) for item in await run_sync(context.dossiers.rights.log.of, conversation_id)])


@router.delete("/data", status_code=200, response_model=RequestOut, responses=problems(401))
async def erase(context: ContextDep, conversation_id: ConversationId) -> JSONResponse:
    """Erases all that may be erased, the conversation included. Submitted dossiers stay: the law obliges to."""
    done = await run_sync(context.dossiers.rights.erase, conversation_id)
    context.hub.wake(conversation_id)
    return JSONResponse(_request(done))


@router.get("/notices", responses=problems(401))
async def choices(context: ContextDep, conversation_id: ConversationId) -> JSONResponse:
    """What was agreed to, by purpose; a purpose that was never asked about is absent."""
    chosen = await run_sync(context.dossiers.notices.choices, conversation_id)
    return JSONResponse({
        name: {"given": choice.given, "text_version": choice.text_version, "at": choice.at.isoformat()}
        for name, choice in chosen.items()})


@router.put("/notices", status_code=204, responses=problems(401, 422))
async def choose(context: ContextDep, conversation_id: ConversationId, body: NoticesIn) -> None:
    """Notices on or off for one purpose."""
    await run_sync(context.dossiers.notices.choose, conversation_id, body.purpose, body.given, body.address)


@router.get("/reminders", responses=problems(401))
async def reminders(context: ContextDep, conversation_id: ConversationId) -> JSONResponse:
    """Reminders that wait, the soonest first."""
    notices = context.dossiers.notices
    listed = await run_sync(notices.reminders, conversation_id)
    return JSONResponse([_reminder(item, notices.renewals.called(item)) for item in listed])


@router.post("/reminders", status_code=201, responses=problems(401, 422))
async def remind(context: ContextDep, conversation_id: ConversationId, body: ReminderIn) -> JSONResponse:
    """Sets a renewal reminder; `status` is `set`, `past` (the date is over) or `none` (no age lies ahead)."""
    renewals = context.dossiers.notices.renewals
    made = await run_sync(renewals.set, conversation_id, body.item, body.by, body.on, body.issued)
    return JSONResponse({
        "status": made.status, "at": made.at.isoformat() if made.at else None,
        "due": made.due.isoformat() if made.due else None}, 201)


@router.delete("/reminders/{reminder_id}", status_code=204, responses=problems(401, 404))
async def forget(
    context: ContextDep, conversation_id: ConversationId, reminder_id: Annotated[str, Path(max_length=32)]
) -> None:
    """Takes a reminder back."""
    notices = context.dossiers.notices
    if await run_sync(notices.renewals.cancel, conversation_id, reminder_id) is None:
        raise NotFound(notices.cards.texts.render("renewal.empty"))


async def bundle(context: ContextDep, conversation_id: str) -> Response:
    """The export as a download."""
    rights = context.dossiers.rights

    def made() -> bytes:
        rights.log.add(conversation_id, "export", {}, done=True)
        return exporting.archive(rights.see(conversation_id), rights.texts)

    return Response(await run_sync(made), media_type="application/zip", headers={
        "Content-Disposition": 'attachment; filename="du-lieu-cua-toi.zip"', "Cache-Control": "no-store"})


def _request(request: Request) -> dict[str, Any]:
    return RequestOut(
        number=request.number, kind=request.kind, state=request.state, acknowledge_by=request.acknowledge_by,
        due_on=request.due_on).model_dump(mode="json")


def _reminder(reminder: Reminder, name: str) -> dict[str, str]:
    return {"id": reminder.id, "kind": reminder.kind, "name": name, "at": reminder.at.isoformat()}
