"""The officer's side of fees: the amount of a dossier, money taken at the counter, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, OfficerDep
from bot.context import Context
from bot.gateway.texts import problem
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console", include_in_schema=False)


@router.get("/dossiers/{code}/payment")
async def show(request: Request, context: ContextDep, staff: OfficerDep, code: str) -> Response:
    return await _page(request, context, staff, code)


@router.post("/dossiers/{code}/payment")
async def set_amount(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    code: str,
    amount: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form(max_length=600)] = "",
) -> Response:
    """Confirms what is owed. Dots and blanks between digits are read over; anything else is said above the form."""
    payments = context.dossiers.payments
    return await _do(request, context, staff, code, lambda: payments.set_amount(
        code, _dong(amount), actor=staff.name, note=note))


@router.post("/dossiers/{code}/payment/counter")
async def counter(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    code: str,
    receipt: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    payments = context.dossiers.payments
    return await _do(request, context, staff, code, lambda: payments.paid_at_counter(
        code, actor=staff.name, receipt=receipt))


@router.get("/unmatched")
async def unmatched(request: Request, context: ContextDep, staff: OfficerDep) -> Response:
    """Reports of payment providers and of the outside system that our rules could not follow."""
    outside = context.dossiers.outside
    return console_page(
        request, "unmatched.html", staff=staff, payments=await run_sync(context.dossiers.payments.kept),
        events=await run_sync(outside.kept) if outside else [], connected=outside is not None)


@router.post("/unmatched/payments/{number}")
async def settle_payment(context: ContextDep, staff: OfficerDep, _: FormOf, number: int) -> Response:
    await run_sync(context.dossiers.payments.settle, number)
    return see_other("/console/unmatched")


@router.post("/unmatched/events/{number}")
async def settle_event(context: ContextDep, staff: OfficerDep, _: FormOf, number: int) -> Response:
    if context.dossiers.outside:
        await run_sync(context.dossiers.outside.settle, number)
    return see_other("/console/unmatched")


async def _do(
    request: Request, context: Context, staff: Staff, code: str, work: Callable[[], object]
) -> Response:
    try:
        await run_sync(work)
    except (Conflict, InvalidInput) as error:
        return await _page(request, context, staff, code, error)
    return see_other(f"/console/dossiers/{code}/payment")


async def _page(
    request: Request, context: Context, staff: Staff, code: str, error: ISeeError | None = None
) -> Response:
    view = await run_sync(context.dossiers.payments.of, code)
    return console_page(
        request, "payment.html", staff=staff, payment=view, status=error.status if error else 200,
        problem=error.detail if error else "")


def _dong(text: str) -> int:
    digits = text.replace(".", "").replace(" ", "").removesuffix("đồng").removesuffix("đ")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidInput(problem("amount"), field="amount")
    return int(digits)
