"""The search lab: why a question is treated as it is, and what other thresholds would do."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

import yaml
from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.lab_chart import RiskChart
from bot.console.rendering import CONSOLE, console_page, see_other
from bot.console.session import CuratorDep, FormOf, ManagerDep
from bot.context import Context
from bot.lab import curve, effect
from common.errors import InvalidInput, ISeeError, NotReady
from indexer.search.explaining import Explanation, explain
from indexer.search.thresholds import ANSWER_RANGE, DOMAIN_RANGE, Thresholds

__all__ = ["router", "words"]

router = APIRouter(prefix="/console/lab", include_in_schema=False)
_SHOWN = 50
_WAIT_S = 0.3


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, str]]:
    """Vietnamese names of steps, features, decisions."""
    read: dict[str, dict[str, str]] = yaml.safe_load((CONSOLE / "lab_words.yml").read_text(encoding="utf-8"))
    return read


@router.get("")
async def lab(
    request: Request, context: ContextDep, staff: CuratorDep, q: Annotated[str, Query(max_length=1000)] = ""
) -> Response:
    explained = await run_sync(_explain, context, q) if q.strip() else None
    return console_page(request, "lab/lab.html", staff=staff, q=q, seen=explained, words=words())


@router.get("/thresholds")
async def thresholds(
    request: Request,
    context: ContextDep,
    staff: CuratorDep,
    answer_at: Annotated[float | None, Query()] = None,
    domain_at: Annotated[float | None, Query()] = None,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> Response:
    """`answer_at` and `domain_at` in per cent; absent: as they are set."""
    return await _thresholds(request, context, staff, answer_at, domain_at, page)


@router.post("/thresholds")
async def set_thresholds(
    request: Request,
    context: ContextDep,
    staff: ManagerDep,
    _: FormOf,
    answer_at: Annotated[float, Form()],
    domain_at: Annotated[float, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    try:
        chosen = Thresholds(answer_at / 100, domain_at / 100)
        await run_sync(lambda: context.thresholds.set(chosen, actor=staff.name, reason=reason))
    except InvalidInput as error:
        return await _thresholds(request, context, staff, answer_at, domain_at, 1, error, reason)
    return see_other("/console/lab/thresholds")


@router.post("/thresholds/restore")
async def restore(
    request: Request,
    context: ContextDep,
    staff: ManagerDep,
    _: FormOf,
    version: Annotated[int, Form(ge=0)] = 0,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Version 0 is what is shipped."""
    store = context.thresholds
    try:
        if version:
            await run_sync(lambda: store.restore(version, actor=staff.name, reason=reason))
        else:
            await run_sync(lambda: store.set(None, actor=staff.name, reason=reason))
    except InvalidInput as error:
        return await _thresholds(request, context, staff, None, None, 1, error, reason)
    return see_other("/console/lab/thresholds")


def _explain(context: Context, text: str) -> Explanation:
    search = _search(context)
    snapshot, calibration = search.snapshot, search.calibration
    examined = search.examine(text, snapshot)
    made: Explanation = explain(text, examined, snapshot, search.searcher.ranker, calibration)
    return made


def _search(context: Context) -> Any:
    if context.lab is None:
        raise NotReady("Bản cài đặt này không có chỉ mục tìm kiếm.")
    return context.search


async def _thresholds(
    request: Request,
    context: Context,
    staff: Staff,
    answer_at: float | None,
    domain_at: float | None,
    page: int,
    error: ISeeError | None = None,
    reason: str = "",
) -> Response:
    search = _search(context)
    problem = error.detail if error else ""
    now = search.calibration
    try:
        chosen = Thresholds(
            now.answer_at if answer_at is None else answer_at / 100,
            now.domain_at if domain_at is None else domain_at / 100,
        ).checked()
    except InvalidInput as wrong:
        chosen, problem = Thresholds(now.answer_at, now.domain_at), wrong.detail
    then = now.moved(chosen.answer_at, chosen.domain_at)
    assert context.lab is not None
    sample = await run_sync(context.lab.wait, _WAIT_S)
    on_golden, on_asked = effect(sample.golden, now, then), effect(sample.asked, now, then)
    points = curve(sample.golden, chosen.domain_at)
    moved = [*on_asked.moved, *on_golden.moved]
    history = await run_sync(context.thresholds.history)
    return console_page(
        request, "lab/thresholds.html", staff=staff, status=error.status if error else 200, problem=problem,
        sample=sample, current=now, given=search.given, chosen=chosen, golden=on_golden, asked=on_asked,
        chart=RiskChart(points, chosen.answer_at, now.answer_at), points=_table(points), words=words(),
        moved=moved[(page - 1) * _SHOWN : page * _SHOWN], page=page, more=len(moved) > page * _SHOWN,
        history=history, reason=reason, answer_range=ANSWER_RANGE, domain_range=DOMAIN_RANGE)


def _table(points: Any) -> list[Any]:
    """The curve at round thresholds: at each, the last point that is at least as sure."""
    rows = []
    for mark in (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3):
        at = [point for point in points if point.threshold >= mark]
        if at:
            rows.append((mark, at[-1].coverage, at[-1].risk))
    return rows
