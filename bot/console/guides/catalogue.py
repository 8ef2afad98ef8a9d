"""The list of guides: search, health marks, states; and where a new guide begins."""

from __future__ import annotations

import re
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.console.guides.common import PREFIX, address, guide_page
from bot.console.rendering import see_other
from bot.console.session import CuratorDep, FormOf
from common.errors import InvalidInput
from knowledge_base.drafting.health import MarkKind
from knowledge_base.drafting.listing import Filter
from knowledge_base.drafting.states import OPEN, State
from knowledge_base.model import PROCEDURE_CODE, Origin

__all__ = ["router", "wanted_of"]

router = APIRouter(prefix=PREFIX, include_in_schema=False)
Words = Annotated[str, Query(max_length=200)]
Text = Annotated[str, Form(max_length=600)]
_STATES = {*map(str, OPEN), str(State.SCHEDULED)}


def wanted_of(q: str = "", field: str = "", origin: str = "", state: str = "", mark: str = "") -> Filter:
    """What the list is narrowed to; words that aren't ours narrow nothing."""
    return Filter(
        q, field, origin if origin in set(Origin) else "", state if state in _STATES else "",
        mark if mark in set(MarkKind) else "")


@router.get("")
async def listed(
    request: Request, context: ContextDep, staff: CuratorDep, q: Words = "", field: Words = "", origin: Words = "",
    state: Words = "", mark: Words = "", page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    wanted = wanted_of(q, field, origin, state, mark)
    found = await run_sync(context.drafting.listing.find, wanted, page)
    fields = await run_sync(context.knowledge_base.fields)
    return guide_page(
        request, "list", staff=staff, found=found, wanted=wanted, page=page, fields=sorted(name for name, _ in fields),
        kinds=list(MarkKind), origins=list(Origin), states=[*OPEN, State.SCHEDULED])


@router.get("/new")
async def new(
    request: Request, context: ContextDep, staff: CuratorDep,
    begun_from: Annotated[str, Query(alias="from", max_length=40)] = "",
) -> Response:
    """An empty form; `from=cluster:<number>` begins with the questions of a group of the inbox."""
    cluster = begun_from.removeprefix("cluster:")
    asked = await run_sync(context.inbox.to_draft, int(cluster)) if cluster.isdecimal() else []
    return guide_page(request, "new", staff=staff, given={"cluster": cluster if asked else ""}, asked=asked)


@router.post("/new")
async def begin_new(
    request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, code: Text = "", name: Text = "",
    cluster: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """A draft of a procedure that has no guide; of one that has, its own draft; with the questions of a group of the
    inbox where it was begun from there."""
    code = code.strip()
    try:
        if not re.match(PROCEDURE_CODE, code):
            raise InvalidInput("Mã thủ tục có dạng 1.001193, hoặc 1.001193.000.00.00.H49 với thủ tục của tỉnh.")
        if not name.strip() and await run_sync(context.drafting.drafts.published, code) is None:
            raise InvalidInput("Cần ghi tên thủ tục.")
        await run_sync(lambda: context.drafting.drafts.begin(code, staff.name, name=name))
        if cluster:
            asked = await run_sync(context.inbox.to_draft, cluster)
            await run_sync(context.drafting.drafts.add_questions, code, asked, staff.name)
            await run_sync(context.inbox.drafted, cluster, code, staff.name)
    except InvalidInput as error:
        given = {"code": code, "name": name, "cluster": cluster or ""}
        return guide_page(request, "new", error, staff=staff, given=given)
    return see_other(address(code, "/edit"))
