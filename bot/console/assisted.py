"""Assisted mode at the console: begin a citizen's e-form at a counter, end it, and the list of who helped where."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from actions.assisted import AssistedSession
from bot.access.model import Role, Staff
from bot.api.deps import ContextDep
from bot.api.holder import remember
from bot.console.rendering import console_page, see_other
from bot.console.session import AssistantDep, FormOf
from bot.context import Context
from common.errors import InvalidInput, ISeeError, NotFound

__all__ = ["router"]

router = APIRouter(prefix="/console/assisted", include_in_schema=False)
Text = Annotated[str, Form(max_length=200)]


@router.get("")
async def show(request: Request, context: ContextDep, staff: AssistantDep) -> Response:
    return await _page(request, context, staff)


@router.post("")
async def begin(
    request: Request, context: ContextDep, staff: AssistantDep, _: FormOf, point: Text = "", form: Text = "",
    citizen: Text = "", consent: Text = "",
) -> Response:
    """A conversation of its own for each citizen; on to the e-form's page."""

    def work() -> AssistedSession:
        dossiers = context.dossiers
        # Refused input leaves no conversation behind.
        dossiers.assisted.check(form, citizen, consent == "yes")
        opened = context.store.open([], channel="assisted")
        return dossiers.assisted.open(opened.id, staff.name, point, form, citizen, consent == "yes")

    try:
        found = await run_sync(work)
    except (InvalidInput, NotFound) as error:
        given = {"point": point, "form": form, "citizen": citizen}
        return await _page(request, context, staff, error, given=given)
    answer = see_other(context.dossiers.form_pages.path(found.conversation_id, found.draft_id))
    remember(answer, context, found.conversation_id)
    return answer


@router.post("/{session_id}/end")
async def end(context: ContextDep, staff: AssistantDep, _: FormOf, session_id: str) -> Response:
    await run_sync(context.dossiers.assisted.end, session_id, staff.name)
    return see_other("/console/assisted")


async def _page(
    request: Request, context: Context, staff: Staff, error: ISeeError | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    dossiers = context.dossiers
    # Counter staff see their own sessions; officers see all: that is the audit.
    own = staff.name if staff.role is Role.ASSISTANT else ""
    return console_page(
        request, "assisted.html", status=error.status if error else 200, problem=error.detail if error else "",
        staff=staff, given=given or {}, consent=dossiers.assisted.consent_text,
        points=await run_sync(dossiers.centres.directory.points),
        forms=sorted(dossiers.forms, key=lambda one: one.title),
        sessions=await run_sync(dossiers.assisted.audit, own), pages=dossiers.form_pages)
