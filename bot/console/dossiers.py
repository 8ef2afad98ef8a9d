"""The officer's desk: one dossier, and every decision on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from actions.dossiers.registry.requests import Wanted
from actions.dossiers.registry.status import DossierDetail
from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, OfficerDep
from bot.context import Context
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console/dossiers", include_in_schema=False)
# These have forms of their own, because they need more than a note.
_OWN_FORM = ("supplement_requested", "rejected", "supplemented")


@router.get("/{code}")
async def show(request: Request, context: ContextDep, staff: OfficerDep, code: str) -> Response:
    return await _page(request, context, staff, code)


@router.post("/{code}/reveal")
async def reveal(request: Request, context: ContextDep, staff: OfficerDep, _: FormOf, code: str) -> Response:
    """Personal values in full, once; the look stands in the timeline."""
    return await _page(request, context, staff, code, reveal=True)


@router.post("/{code}/advance")
async def advance(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    code: str,
    state: Annotated[str, Form(max_length=40)],
    note: Annotated[str, Form(max_length=1000)] = "",
    seen: Annotated[str | None, Form(max_length=40)] = None,
) -> Response:
    registry = context.dossiers.registry
    return await _do(request, context, staff, code, lambda: registry.advance(
        code, state, actor=staff.name, note=note, seen=seen))


@router.post("/{code}/supplement")
async def supplement(request: Request, context: ContextDep, staff: OfficerDep, _: FormOf, code: str) -> Response:
    """Asks for what was ticked. Each line of the form is `pick-N` (kind and subject) with `reason-N`."""
    wanted = _wanted(await request.form())
    supplements = context.dossiers.supplements
    return await _do(request, context, staff, code, lambda: supplements.request(code, wanted, actor=staff.name))


@router.post("/{code}/refuse")
async def refuse(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    code: str,
    ground: Annotated[str, Form(max_length=400)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
    seen: Annotated[str | None, Form(max_length=40)] = None,
) -> Response:
    registry = context.dossiers.registry
    return await _do(request, context, staff, code, lambda: registry.refuse(
        code, ground=ground, reason=note, actor=staff.name, seen=seen))


@router.post("/{code}/late")
async def explain(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    code: str,
    reason: Annotated[str, Form(max_length=1000)] = "",
    expected_on: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Why it is late, and when it is expected now; the citizen reads both."""
    registry = context.dossiers.registry
    return await _do(request, context, staff, code, lambda: registry.explain(
        code, reason=reason, expected_on=_day(expected_on), actor=staff.name))


async def _do(
    request: Request, context: Context, staff: Staff, code: str, work: Callable[[], object]
) -> Response:
    """Does it and shows the dossier anew; what could not be done is said above it, with what was typed."""
    try:
        await run_sync(work)
    except (Conflict, InvalidInput) as error:
        return await _page(request, context, staff, code, error, given=dict(await request.form()))
    return see_other(f"/console/dossiers/{code}")


async def _page(
    request: Request, context: Context, staff: Staff, code: str, error: ISeeError | None = None, *,
    reveal: bool = False, given: dict[str, Any] | None = None,
) -> Response:
    registry = context.dossiers.registry
    detail = await run_sync(lambda: registry.show(code, reveal_to=staff.name if reveal else ""))
    return console_page(
        request, "dossiers/dossier.html", status=error.status if error else 200, staff=staff, dossier=detail,
        centre=_centre(context, detail), states=registry.states, own_form=_OWN_FORM, revealed=reveal, given=given or {},
        askable=await run_sync(_askable, context, detail), grounds=_grounds(context, detail),
        problem=error.detail if error else "")


def _centre(context: Context, detail: DossierDetail) -> str:
    unit = context.dossiers.centres.names.unit(detail.centre)
    return unit.said if unit else detail.centre


def _askable(context: Context, detail: DossierDetail) -> list[tuple[str, str]]:
    """What may be ticked, as (kind, subject): the guide's documents, then the fields of the form, each once."""
    found = context.knowledge_base.get(detail.procedure_code)
    documents = [("document", document.name) for document in found.guide.documents] if found else []
    fields = [("field", line.label) for line in detail.fields]
    return list(dict.fromkeys([*documents, *fields]))


def _grounds(context: Context, detail: DossierDetail) -> list[str]:
    """The legal basis of the procedure, to choose the ground of a refusal from."""
    found = context.knowledge_base.get(detail.procedure_code)
    return [basis.number for basis in found.guide.legal_basis] if found else []


def _wanted(form: FormData) -> list[Wanted]:
    """The ticked lines; the last one, "other", counts when it has a text."""
    wanted = []
    for name, value in form.multi_items():
        if name.startswith("pick-") and isinstance(value, str):
            kind, _, subject = value.partition(":")
            reason = str(form.get(f"reason-{name.removeprefix('pick-')}", ""))
            wanted.append(Wanted("document" if kind == "document" else "field", subject, reason))
    other = str(form.get("other", "")).strip()
    return [*wanted, Wanted("other", "", other)] if other else wanted


def _day(text: str) -> date | None:
    """A date field's value. Raises InvalidInput."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput("Ngày chưa đúng, chọn lại ngày trong ô lịch.", field="expected_on") from error
