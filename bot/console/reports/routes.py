"""Reports: each page is figures; each figure has a chart, a table and a CSV file of it."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import ManagerDep
from bot.context import Context
from bot.reports.charts import draw
from bot.reports.pages import PAGES
from bot.reports.period import LENGTHS
from bot.reports.sheets import shown
from common.errors import InvalidInput

__all__ = ["router"]

_A_PAGE = 50
_FIRST = "overview"
# The drawing's own styles count inside the drawing; nothing else may load or run in it.
_CHART_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
router = APIRouter(prefix="/console/reports", include_in_schema=False)


@router.get("")
async def overview(request: Request, context: ContextDep, staff: ManagerDep) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return see_other(f"/console/reports/{_FIRST}{query}")


@router.get("/open-data.zip")
async def open_data(request: Request, context: ContextDep, staff: ManagerDep) -> Response:
    reports = context.reports
    scope = reports.scope(dict(request.query_params))
    made = await run_sync(reports.open_data, scope)
    return _file(made, "application/zip", f"isee-thong-ke-{scope.start}-{scope.end}.zip")


@router.get("/charts/{key}.svg")
async def chart(request: Request, context: ContextDep, staff: ManagerDep, key: str) -> Response:
    """The drawing of a figure; `dark` and `narrow` for a dark screen and a phone."""
    given = dict(request.query_params)
    drawing = await run_sync(
        lambda: draw(context.reports.chart(key, context.reports.scope(given)), dark="dark" in given,
                     narrow="narrow" in given))
    return Response(drawing, media_type="image/svg+xml", headers={"Content-Security-Policy": _CHART_POLICY})


@router.get("/tables/{key}.csv")
async def table(request: Request, context: ContextDep, staff: ManagerDep, key: str) -> Response:
    reports = context.reports
    scope = reports.scope(dict(request.query_params))
    made = await run_sync(reports.csv, key, scope)
    return _file(made, "text/csv; charset=utf-8", f"isee-{key}-{scope.start}-{scope.end}.csv")


@router.get("/{name}")
async def page(request: Request, context: ContextDep, staff: ManagerDep, name: str) -> Response:
    """The figures of one page. A period that can't be read is said above the usual one."""
    given, problem = dict(request.query_params), ""
    try:
        context.reports.scope(given)
    except InvalidInput as error:
        problem, given = error.detail, {key: value for key, value in given.items() if key not in ("from", "to")}
    values = await run_sync(_figures, context, name, given)
    number = int(given["page"]) if given.get("page", "").isdecimal() and len(given["page"]) < 6 else 1
    return console_page(
        request, "reports/page.html", status=422 if problem else 200, staff=staff, problem=problem, here=name,
        names=list(PAGES), lengths=LENGTHS, number=max(1, number), a_page=_A_PAGE, shown=shown,
        said=context.reports.texts.render, licence=context.reports.licence, **values)


def _figures(context: Context, name: str, given: dict[str, str]) -> dict[str, object]:
    reports = context.reports
    scope = reports.scope(given)
    figures = reports.page(name, scope)
    heads = {column.key: reports.texts.render(f"column.{column.key}") for one in figures for column in one.columns}
    return {
        "scope": scope, "figures": figures, "heads": heads, "choices": reports.choices(),
        "counted_at": reports.rollup.counted_at()}


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, headers={
        "Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'})
