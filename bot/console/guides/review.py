"""From draft to publication: what changes, sending for review, the other person's decision, the gate, publishing."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.guides.common import PREFIX, Code, Reason, address, compared, guide_page
from bot.console.rendering import see_other
from bot.console.session import CuratorDep, FormOf, ManagerDep
from bot.context import Context
from common.errors import Conflict, InvalidInput, ISeeError, NotReady
from knowledge_base.drafting.diff import changed_fields
from knowledge_base.drafting.publication import Outcome

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, include_in_schema=False)
Revision = Annotated[int, Form(ge=0)]


@router.get("/{code}/review")
async def show(request: Request, context: ContextDep, staff: CuratorDep, code: Code) -> Response:
    return await _page(request, context, staff, code)


@router.post("/{code}/send")
async def send(
    request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, code: Code, revision: Revision,
    note: Reason = "",
) -> Response:
    """For review, where no rule of the form is broken."""
    drafting = context.drafting

    def sent() -> None:
        draft = drafting.drafts.get(code)
        judged = drafting.judge.judge(draft.payload, drafting.kb.snapshot())
        if not judged.sound:
            raise InvalidInput(f"Còn {len(judged.errors)} lỗi phải sửa trước khi gửi duyệt.")
        drafting.drafts.send(code, note, staff.name, revision)

    return await _act(request, context, staff, code, sent, note=note)


@router.post("/{code}/recall")
async def recall(request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, code: Code) -> Response:
    return await _act(request, context, staff, code, lambda: context.drafting.drafts.recall(code, staff.name))


@router.post("/{code}/approve")
async def approve(
    request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, code: Code, revision: Revision
) -> Response:
    return await _act(
        request, context, staff, code, lambda: context.drafting.drafts.approve(code, staff.name, revision))


@router.post("/{code}/send-back")
async def send_back(request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, code: Code) -> Response:
    """Back to the writer, with remarks by field."""
    form = await request.form()
    remarks = {
        name.removeprefix("remark:"): value[:2000] for name, value in form.multi_items()
        if name.startswith("remark:") and isinstance(value, str)
    }
    return await _act(
        request, context, staff, code, lambda: context.drafting.drafts.send_back(code, remarks, staff.name),
        remarks=remarks)


@router.post("/{code}/publish")
async def publish(
    request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, code: Code, reason: Reason = ""
) -> Response:
    return await _publish(request, context, staff, code, reason, override=False)


@router.post("/{code}/override")
async def override(
    request: Request, context: ContextDep, staff: ManagerDep, _: FormOf, code: Code, reason: Reason = ""
) -> Response:
    """A manager publishes although another guide loses a golden question; the log says so."""
    return await _publish(request, context, staff, code, reason, override=True)


@router.post("/{code}/check")
async def check(request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, code: Code) -> Response:
    """What publishing the draft would do to golden questions; changes nothing."""
    drafting = context.drafting

    def asked() -> Any:
        draft = drafting.drafts.get(code)
        judged = drafting.judge.judge(draft.payload, drafting.kb.snapshot())
        if context.gate is None or judged.guide is None:
            raise InvalidInput("Chưa chạy được câu chuẩn: bản nháp còn lỗi, hoặc hệ thống chưa có câu chuẩn.")
        return context.gate.check(judged.guide)

    try:
        verdict = await run_sync(asked)
    except (InvalidInput, NotReady) as error:
        return await _page(request, context, staff, code, error)
    return await _page(request, context, staff, code, verdict=verdict)


@router.post("/{code}/unschedule")
async def unschedule(
    request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, code: Code,
    draft_id: Annotated[int, Form(ge=1)], reason: Reason = "",
) -> Response:
    await run_sync(context.drafting.publication.unschedule, draft_id, reason, staff.name)
    return see_other(address(code))


async def _publish(
    request: Request, context: Context, staff: Staff, code: str, reason: str, *, override: bool
) -> Response:
    def done() -> Outcome:
        return context.drafting.publication.publish(code, reason, staff.name, context.gate, override=override)

    try:
        outcome = await run_sync(done)
    except (InvalidInput, Conflict, NotReady) as error:
        return await _page(request, context, staff, code, error, reason=reason)
    if outcome.refused:
        said = Conflict("Chưa công bố: bản này làm sai câu chuẩn của hướng dẫn khác.")
        return await _page(request, context, staff, code, said, verdict=outcome.verdict, reason=reason)
    return see_other(address(code, "?published=1"))


async def _act(
    request: Request, context: Context, staff: Staff, code: str, act: Any, **typed: Any
) -> Response:
    """Does it and shows the page again; an error is said above the page, with what was typed."""
    try:
        await run_sync(act)
    except ISeeError as error:
        return await _page(request, context, staff, code, error, **typed)
    return see_other(address(code, "/review"))


async def _page(
    request: Request, context: Context, staff: Staff, code: str, error: ISeeError | None = None, **values: Any
) -> Response:
    drafting = context.drafting

    def gathered() -> dict[str, Any]:
        draft = drafting.drafts.get(code)
        base = drafting.drafts.base(draft)
        return {
            "draft": draft, "judged": drafting.judge.judge(draft.payload, drafting.kb.snapshot()),
            "moved": drafting.drafts.moved(draft), "fields": changed_fields(base, draft.payload),
            "changes": compared(base, draft.payload), "own": staff.name in draft.writers,
        }

    shown = {"verdict": None, "reason": "", "note": "", "remarks": {}, **values}
    return guide_page(
        request, "review", error, staff=staff, gated=context.gate is not None, today=drafting.kb.snapshot().day,
        **{**await run_sync(gathered), **shown})
