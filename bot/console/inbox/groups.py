"""The list of groups, one group with its questions, and what staff decide about it."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.areas import ALLOWED, Area
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, InboxDep
from bot.context import Context
from bot.inbox.views import Filters
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console/unanswered", include_in_schema=False)
_HERE = "/console/unanswered"
Act = Literal["assign", "rename", "scope", "resolve", "solve", "reopen", "merge"]
State = Literal["open", "resolved", "out_of_scope"]
Kind = Literal["", "handed_off", "unhelpful", "abstained", "clarified"]
Page = Annotated[int, Query(ge=1, le=10_000)]
Words = Annotated[str, Query(max_length=200)]


@router.get("")
async def groups(
    request: Request, context: ContextDep, staff: InboxDep, state: State = "open", kind: Kind = "",
    days: Annotated[int, Query(ge=0, le=366)] = 0, mine: bool = False, gap: bool = False, q: Words = "", page: Page = 1,
) -> Response:
    """Groups by state, kind, age, person and words."""
    filters = Filters(state, kind, days, staff.name if mine else "", q, True if gap else None)
    seen = await run_sync(context.inbox.clusters, filters, page)
    counts = await run_sync(context.inbox.counts)
    chosen = {"kind": kind, "days": days or "", "mine": "1" if mine else "", "gap": "1" if gap else "", "q": q}
    kept = urlencode({name: value for name, value in chosen.items() if value})
    return console_page(
        request, "inbox/groups.html", staff=staff, seen=seen, counts=counts, filters=filters, mine=mine,
        gap=gap, kept=kept)


@router.get("/{number}")
async def group(
    request: Request, context: ContextDep, staff: InboxDep, number: int, page: Page = 1
) -> Response:
    """One group with its questions and what the assistant said then."""
    return await _group(request, context, staff, number, page=page)


@router.post("/{number}/split")
async def split(
    request: Request, context: ContextDep, staff: InboxDep, _: FormOf, number: int,
    question: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """The chosen questions become a group of their own."""
    try:
        fresh = await run_sync(context.inbox.acts.split, number, question or [], staff.name)
    except (Conflict, InvalidInput) as error:
        return await _group(request, context, staff, number, error)
    return see_other(f"{_HERE}/{fresh}")


@router.post("/{number}/{act}")
async def act_on_group(
    request: Request, context: ContextDep, staff: InboxDep, _: FormOf, number: int, act: Act,
    to: Annotated[str, Form(max_length=100)] = "", title: Annotated[str, Form(max_length=1000)] = "",
    reason: Annotated[str, Form(max_length=5000)] = "", code: Annotated[str, Form(max_length=60)] = "",
    into: Annotated[str, Form(max_length=12)] = "",
) -> Response:
    """Assigns, names, closes, opens again or merges; what is wrong is said above the page, with what was typed."""
    try:
        await run_sync(_act, context, staff, number, act, to, title, reason, code.strip(), into)
    except ISeeError as error:
        typed = {"title": title, "reason": reason, "code": code, "into": into, "act": act}
        return await _group(request, context, staff, number, error, typed=typed)
    return see_other(f"{_HERE}/{_number(into)}" if act == "merge" else f"{_HERE}/{number}")


def _act(
    context: Context, staff: Staff, number: int, act: Act, to: str, title: str, reason: str, code: str, into: str
) -> None:
    acts = context.inbox.acts
    if act == "assign":
        if to and to not in _colleagues(context):
            raise InvalidInput("Không có đồng nghiệp này trong nhóm xử lý câu hỏi.", field="to")
        acts.assign(number, to, staff.name)
    elif act == "rename":
        acts.rename(number, title, staff.name)
    elif act == "scope":
        acts.out_of_scope(number, title, reason, staff.name)
    elif act == "resolve":
        acts.resolve(number, reason, staff.name)
    elif act == "solve":
        context.inbox.solved(number, code, reason, staff.name)
    elif act == "reopen":
        acts.reopen(number, reason, staff.name)
    else:
        acts.merge(number, _number(into), staff.name)


async def _group(
    request: Request, context: Context, staff: Staff, number: int, error: ISeeError | None = None, *, page: int = 1,
    typed: dict[str, str] | None = None,
) -> Response:
    found = await run_sync(context.inbox.cluster, number)
    if found.merged_into:
        return see_other(f"{_HERE}/{found.merged_into}")
    questions, more = await run_sync(context.inbox.reading.questions, number, page)
    solved_by = context.knowledge_base.get(found.procedure) if found.procedure else None
    return console_page(
        request, "inbox/group.html", status=error.status if error else 200, staff=staff, group=found,
        questions=questions, page=page, more=more, solved_by=solved_by, typed=typed or {},
        colleagues=await run_sync(_colleagues, context), problem=error.detail if error else "",
        may_curate=staff.role in ALLOWED[Area.KNOWLEDGE], may_talk=staff.role in ALLOWED[Area.DESK])


def _colleagues(context: Context) -> list[str]:
    """Who works in the inbox."""
    return [name for name, role in context.accounts.names() if role in ALLOWED[Area.INBOX]]


def _number(text: str) -> int:
    digits = text.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidInput("Số của nhóm chỉ gồm chữ số, ví dụ 12.", field="into")
    return int(digits)
