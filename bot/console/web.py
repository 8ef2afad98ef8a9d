"""The console's pages. Routes read, call a service and render; texts stand in the templates."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI, Form, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from bot.api.deps import ContextDep
from bot.api.problems import problem_response
from bot.console import appointments, assisted, calendar, centres, dossiers, files, outbox, payments, results, rights
from bot.console.accounts import SESSION_LIFE, Role, Staff
from bot.console.rendering import CONSOLE, console_page, see_other
from bot.console.session import COOKIE, AgentDep, DeskDep, FormOf, SignInNeeded, StaffDep
from bot.context import Context
from common.errors import Conflict, InvalidInput, ISeeError, NotAuthenticated, NotFound, TooManyRequests
from common.identifiers import mask

__all__ = ["install_console"]

_LONGEST_REPLY = 2000
router = APIRouter(prefix="/console", include_in_schema=False)


@router.get("/")
async def home(staff: StaffDep) -> Response:
    homes = {Role.OFFICER: "/console/dossiers", Role.ASSISTANT: "/console/assisted"}
    return see_other(homes.get(staff.role, "/console/conversations"))


@router.get("/login")
async def loginconsole_page(request: Request) -> Response:
    return console_page(request, "login.html")


@router.post("/login")
async def login(
    request: Request,
    context: ContextDep,
    name: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=200)],
) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise SignInNeeded("")
    try:
        token = await run_sync(context.accounts.sign_in, name, password)
    except (NotAuthenticated, TooManyRequests) as error:
        return console_page(request, "login.html", status=error.status, problem=error.detail)
    answer = see_other("/console/")
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/console",
        httponly=True,
        samesite="strict",
        secure=context.settings.base_url.startswith("https:"),
    )
    return answer


@router.post("/logout")
async def logout(request: Request, context: ContextDep, _: FormOf) -> Response:
    await run_sync(context.accounts.sign_out, request.cookies.get(COOKIE, ""))
    answer = see_other("/console/login")
    answer.delete_cookie(COOKIE, path="/console")
    return answer


@router.get("/conversations")
async def conversations(request: Request, context: ContextDep, staff: AgentDep) -> Response:
    tickets = {ticket.conversation_id: ticket for ticket in await run_sync(context.tickets.unsettled)}
    found = await run_sync(context.desk.waiting)
    return console_page(request, "conversations.html", staff=staff, conversations=found, tickets=tickets)


@router.get("/conversations/{conversation_id}")
async def conversation(request: Request, context: ContextDep, staff: AgentDep, conversation_id: str) -> Response:
    return await _conversation(request, context, staff, conversation_id)


@router.post("/conversations/{conversation_id}/{act}")
async def act_in_conversation(
    request: Request,
    context: ContextDep,
    staff: AgentDep,
    _: FormOf,
    conversation_id: str,
    act: str,
    epoch: Annotated[int, Form()],
    text: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """Takes over, speaks or gives back; what was begun on an older view is shown again instead of done."""
    try:
        await run_sync(_act, context, staff, conversation_id, act, epoch, text)
    except (Conflict, InvalidInput) as error:
        return await _conversation(request, context, staff, conversation_id, error, draft=text)
    context.hub.wake(conversation_id)
    return see_other(f"/console/conversations/{conversation_id}")


@router.get("/unanswered")
async def unanswered(request: Request, context: ContextDep, staff: DeskDep) -> Response:
    return console_page(request, "unanswered.html", staff=staff, questions=await run_sync(context.turns.unanswered))


@router.post("/unanswered/{question_id}/resolve")
async def resolve(context: ContextDep, staff: DeskDep, _: FormOf, question_id: int) -> Response:
    await run_sync(context.turns.resolve, question_id)
    return see_other("/console/unanswered")


def install_console(app: FastAPI) -> None:
    """Adds the console's routes, its style sheet, and the way to the sign-in page."""
    for part in (
        router, dossiers.router, files.router, calendar.router, results.router, outbox.router,
        rights.router, centres.router, appointments.router, assisted.router,
        payments.router,
    ):
        app.include_router(part)
    app.mount("/console/static", StaticFiles(directory=CONSOLE / "static"), name="console-static")

    async def to_sign_in(_request: Request, _error: Exception) -> Response:
        return see_other("/console/login")

    async def console_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ISeeError)
        if not request.url.path.startswith("/console/"):
            return problem_response(error)
        return console_page(request, "error.html", status=error.status, title=error.title, problem=error.detail)

    app.add_exception_handler(SignInNeeded, to_sign_in)
    app.add_exception_handler(ISeeError, console_problem)


def _act(context: Context, staff: Staff, conversation_id: str, act: str, epoch: int, text: str) -> None:
    ticket = context.tickets.waiting(conversation_id)
    if act == "take":
        context.desk.take(conversation_id, staff.name, epoch)
        if ticket:
            context.tickets.take(ticket.number)
    elif act == "give-back":
        context.desk.give_back(conversation_id, epoch)
        if ticket:
            context.tickets.close(ticket.number)
    elif act == "say":
        said = text.strip()
        if not said or len(said) > _LONGEST_REPLY:
            raise InvalidInput(f"Tin trả lời cần từ 1 đến {_LONGEST_REPLY} ký tự.", field="text")
        context.desk.say(conversation_id, staff.name, epoch, mask(said, keep=("dossier_code",)))
    else:
        raise InvalidInput("Không có thao tác này.", field="act")


async def _conversation(
    request: Request,
    context: Context,
    staff: Staff,
    conversation_id: str,
    error: ISeeError | None = None,
    draft: str = "",
) -> Response:
    try:
        found = await run_sync(context.store.get, conversation_id)
    except NotFound as missing:
        raise NotFound("Không còn cuộc trò chuyện này; có thể đã được xóa theo yêu cầu hoặc hết hạn lưu.") from missing
    return console_page(
        request,
        "conversation.html",
        status=error.status if error else 200,
        staff=staff,
        conversation=found,
        messages=await run_sync(context.store.messages, conversation_id),
        ticket=await run_sync(context.tickets.waiting, conversation_id),
        problem=error.detail if error else "",
        draft=draft,
    )
