"""Golden questions of guides: how each does, kept by curators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.lab import words
from bot.console.rendering import console_page, see_other
from bot.console.session import CuratorDep, FormOf
from bot.context import Context
from common.errors import Conflict, InvalidInput, ISeeError, NotFound, NotReady
from indexer.gate import PublishGate
from knowledge_base.golden import Kept
from knowledge_base.golden.shipped import EXPECTED, Expected

__all__ = ["router"]

router = APIRouter(prefix="/console/golden", include_in_schema=False)
_EACH = 50


@router.get("")
async def golden(
    request: Request,
    context: ContextDep,
    staff: CuratorDep,
    failing: bool = False,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> Response:
    """Guides with their counts, those with failing questions first; `failing`: only those."""
    gate = _gate(context)
    kept, days = await run_sync(gate.golden.all), await run_sync(gate.quality)
    rows = [row for row in _rows(context, kept) if row[3] or not failing]
    return console_page(
        request, "lab/golden.html", staff=staff, rows=rows[(page - 1) * _EACH : page * _EACH], page=page,
        more=len(rows) > page * _EACH, failing=failing, total=len(kept), days=days[-30:])


@router.get("/{code}")
async def of_guide(request: Request, context: ContextDep, staff: CuratorDep, code: str) -> Response:
    return await _page(request, context, staff, code)


@router.post("/{code}")
async def add(
    request: Request,
    context: ContextDep,
    staff: CuratorDep,
    _: FormOf,
    code: str,
    question: Annotated[str, Form(max_length=1000)] = "",
    expected: Annotated[str, Form(max_length=10)] = "answer",
) -> Response:
    store = _gate(context).golden
    return await _do(request, context, staff, code, question, lambda: store.add(
        code, question, _expected(expected), actor=staff.name))


@router.post("/{code}/run")
async def run(context: ContextDep, staff: CuratorDep, _: FormOf, code: str) -> Response:
    await run_sync(_gate(context).run, code)
    return see_other(f"/console/golden/{code}")


@router.post("/{code}/{number}")
async def change(
    request: Request,
    context: ContextDep,
    staff: CuratorDep,
    _: FormOf,
    code: str,
    number: int,
    question: Annotated[str, Form(max_length=1000)] = "",
    expected: Annotated[str, Form(max_length=10)] = "answer",
) -> Response:
    store = _gate(context).golden
    return await _do(request, context, staff, code, "", lambda: store.change(
        number, question, _expected(expected), actor=staff.name))


@router.post("/{code}/{number}/remove")
async def remove(context: ContextDep, staff: CuratorDep, _: FormOf, code: str, number: int) -> Response:
    store = _gate(context).golden
    await run_sync(lambda: store.remove(number, actor=staff.name))
    return see_other(f"/console/golden/{code}")


def _gate(context: Context) -> PublishGate:
    if context.gate is None:
        raise NotReady("Bản cài đặt này không có chỉ mục tìm kiếm.")
    return context.gate


def _expected(value: str) -> Expected:
    found = next((known for known in EXPECTED if known == value), None)
    if found is None:
        raise InvalidInput("Kết quả mong đợi không có trong danh sách.", field="expected")
    return found


def _rows(context: Context, kept: list[Kept]) -> list[tuple[str, str, int, int, int]]:
    """(code, name, questions, failing, not run yet) of each guide with questions, the failing first."""
    counts: Counter[str] = Counter(item.code for item in kept)
    failing = Counter(item.code for item in kept if item.last and not item.last.passed)
    unknown = Counter(item.code for item in kept if item.last is None)
    rows = []
    for code, count in counts.items():
        published = context.knowledge_base.get(code)
        rows.append((code, published.guide.name if published else "", count, failing[code], unknown[code]))
    return sorted(rows, key=lambda row: (-row[3], row[1]))


async def _do(
    request: Request, context: Context, staff: Staff, code: str, typed: str, work: Callable[[], object]
) -> Response:
    try:
        await run_sync(work)
    except (Conflict, InvalidInput) as error:
        return await _page(request, context, staff, code, error, typed)
    return see_other(f"/console/golden/{code}")


async def _page(
    request: Request, context: Context, staff: Staff, code: str, error: ISeeError | None = None, typed: str = ""
) -> Response:
    gate = _gate(context)
    published = context.knowledge_base.get(code)
    kept = await run_sync(gate.golden.of, code)
    if published is None and not kept:
        raise NotFound(f"Không có thủ tục {code}.")
    names = {
        item.last.first: found.guide.name for item in kept
        if item.last and item.last.first and (found := context.knowledge_base.get(item.last.first))
    }
    days = await run_sync(lambda: gate.quality(code=code))
    return console_page(
        request, "lab/golden_guide.html", staff=staff, code=code, title=published.guide.name if published else "",
        kept=kept, names=names, days=days[-30:], words=words(), typed=typed, status=error.status if error else 200,
        problem=error.detail if error else "")
