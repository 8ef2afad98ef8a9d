"""A group becomes a phrasing of a guide: choose the guide, see what it would change, publish."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.areas import ALLOWED, Area
from bot.console.rendering import console_page, see_other
from bot.console.session import CuratorDep, FormOf
from bot.context import Context
from bot.inbox.views import ClusterView, Near
from common.errors import Conflict, InvalidInput, ISeeError, NotReady

__all__ = ["router"]

router = APIRouter(prefix="/console/unanswered/{number}/phrasing", include_in_schema=False)
Code = Annotated[str, Form(max_length=60)]
Sentence = Annotated[str, Form(max_length=1000)]
_MOST = 8
_SAMPLES = 12


@router.get("")
async def choose(
    request: Request, context: ContextDep, staff: CuratorDep, number: int,
    code: Annotated[str, Query(max_length=60)] = "", find: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The guides that come near, and the sentence."""
    group = await run_sync(context.inbox.cluster, number)
    return await _page(request, context, staff, group, code=code, find=find)


@router.post("/preview")
async def preview(
    request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, number: int, code: Code = "",
    sentence: Sentence = "",
) -> Response:
    """What publishing it would fix and harm."""
    return await _foreseen(request, context, staff, number, code, sentence)


@router.post("/publish")
async def publish(
    request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, number: int, code: Code = "",
    sentence: Sentence = "", reason: Annotated[str, Form(max_length=1000)] = "",
    override: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Publishes, closes the group and tells the citizens who wait. What breaks another guide is refused."""
    may_override = staff.role in ALLOWED[Area.STEERING]

    def work() -> Any:
        proposal = context.inbox.phrasings.propose(code, sentence)
        return context.inbox.publish(
            number, proposal, reason, staff.name, override=override == "yes" and may_override)

    try:
        done = await run_sync(work)
    except (Conflict, InvalidInput) as error:
        return await _foreseen(request, context, staff, number, code, sentence, error, reason)
    if done.refused:
        refused = Conflict("Cách hỏi này làm sai câu chuẩn của thủ tục khác nên chưa được công bố. Xem mục Câu chuẩn.")
        return await _foreseen(request, context, staff, number, code, sentence, refused, reason)
    return see_other(f"/console/unanswered/{number}")


async def _foreseen(
    request: Request, context: Context, staff: Staff, number: int, code: str, sentence: str,
    error: ISeeError | None = None, reason: str = "",
) -> Response:
    group = await run_sync(context.inbox.cluster, number)

    def work() -> dict[str, Any]:
        proposal = context.inbox.phrasings.propose(code, sentence)
        golden = context.gate.check(proposal.guide, proposal.published.origin) if context.gate else None
        return {"proposal": proposal, "forecast": context.inbox.predict(proposal), "golden": golden}

    try:
        values = await run_sync(work)
    except ISeeError as wrong:
        return await _page(request, context, staff, group, wrong, code=code, sentence=sentence, reason=reason)
    return await _page(
        request, context, staff, group, error, code=code, sentence=sentence, reason=reason, **values)


async def _page(
    request: Request, context: Context, staff: Staff, group: ClusterView, error: ISeeError | None = None, *,
    code: str = "", sentence: str = "", find: str = "", reason: str = "", **foreseen: Any,
) -> Response:
    questions, _ = await run_sync(context.inbox.reading.questions, group.id, 1, _SAMPLES)
    near = [] if code and not find else await run_sync(_near, context, find or group.title)
    return console_page(
        request, "inbox/phrasing.html", status=error.status if error else 200, staff=staff, group=group, code=code,
        chosen=context.knowledge_base.get(code) if code else None, sentence=sentence or group.title, find=find,
        reason=reason, near=near or group.near, questions=list(dict.fromkeys(item.question for item in questions)),
        problem=error.detail if error else "", may_override=staff.role in ALLOWED[Area.STEERING],
        **{"proposal": None, "forecast": None, "golden": None, **foreseen})


def _near(context: Context, words: str) -> list[Near]:
    """What search thinks of now; a code finds its guide."""
    exact = context.knowledge_base.get(words.strip())
    if exact is not None:
        return [Near(exact.code, exact.guide.name, 1.0)]
    try:
        found = context.search.search(words, k=_MOST)
    except NotReady:
        return []
    return [Near(hit.code, hit.name, hit.score) for hit in found.hits]
