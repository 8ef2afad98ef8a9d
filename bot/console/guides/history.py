"""Every version of a guide: what changed, who wrote and approved it, why, when; and the way back to an old one."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.console.guides.common import PREFIX, Code, Reason, address, compared, guide_page
from bot.console.rendering import see_other
from bot.console.session import CuratorDep, FormOf
from common.errors import InvalidInput, NotFound
from knowledge_base.publishing import guide_payload

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, include_in_schema=False)
_A_PAGE = 50


@router.get("/{code}/history")
async def versions(
    request: Request, context: ContextDep, staff: CuratorDep, code: Code,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    every = await run_sync(context.knowledge_base.history, code)
    if not every:
        raise NotFound(f"Thủ tục {code} chưa có bản công bố nào.")
    now = await run_sync(context.drafting.drafts.published, code)
    start = (page - 1) * _A_PAGE
    return guide_page(
        request, "history", staff=staff, code=code, now=now, versions=every[start : start + _A_PAGE], page=page,
        more=len(every) > start + _A_PAGE)


@router.get("/{code}/history/{version}")
async def version(
    request: Request, context: ContextDep, staff: CuratorDep, code: Code, version: int,
    against: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """One version beside another: the one before it unless `against` names one."""
    return guide_page(request, "version", staff=staff, **await run_sync(_compared, context, code, version, against))


@router.post("/{code}/history/{version}/restore")
async def restore(
    context: ContextDep, staff: CuratorDep, _: FormOf, code: Code, version: int, reason: Reason = ""
) -> Response:
    """A draft with the old text; it goes through review as any other."""
    if not reason.strip():
        raise InvalidInput("Cần ghi lý do khôi phục.")
    await run_sync(lambda: context.drafting.drafts.begin(code, staff.name, version=version, reason=reason.strip()))
    return see_other(address(code, "/review"))


def _compared(context: Any, code: str, version: int, against: int) -> dict[str, Any]:
    kb = context.knowledge_base
    every = {info.version: info for info in kb.history(code)}
    if version not in every or (against and against not in every):
        raise NotFound(f"Thủ tục {code} không có bản này.")
    chosen = kb.at_version(code, version)
    earlier = against or max((number for number in every if number < version), default=0)
    old = kb.at_version(code, earlier) if earlier else None
    return {
        "code": code, "info": every[version], "guide": chosen.guide, "every": sorted(every, reverse=True),
        "earlier": every.get(earlier), "now": context.drafting.drafts.published(code),
        "open": context.drafting.drafts.open_of(code),
        "changes": compared(guide_payload(old.guide) if old else {}, guide_payload(chosen.guide)),
    }
