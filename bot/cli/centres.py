"""`isee centres`: how far it is to a centre inside each commune, by estimate."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from actions.centres.bundle import build_centres
from actions.centres.promise import PROMISED_MINUTES, Reach
from actions.centres.promise import check as check_promise
from actions.dossiers.registry.workdays import Workdays
from bot.migrations import migrate
from common.database import Database
from common.settings import get_settings

__all__ = ["app"]

app = typer.Typer(help="Trung tâm Phục vụ hành chính công.", no_args_is_help=True)
_VERDICTS = {"holds": "đạt", "partly": "đạt một phần", "fails": "không đạt", "unknown": "chưa rõ"}


@app.callback()
def _root() -> None:
    """Trung tâm Phục vụ hành chính công."""


@app.command()
def check(as_json: Annotated[bool, typer.Option("--json", help="In JSON cho máy đọc.")] = False) -> None:
    """Kiểm tra cam kết đến trung tâm trong 30 phút ở từng xã, phường, đặc khu (ước tính)."""
    settings = get_settings()
    database = Database.from_settings(settings)
    migrate(database)
    directory = build_centres(database, settings.office_hours, Workdays).directory
    found = check_promise(directory.centres.units, directory.offices())
    database.dispose()
    if as_json:
        typer.echo(json.dumps([_out(one) for one in found], ensure_ascii=False, indent=1))
        return
    table = Table("Đơn vị", "Trung vị (phút)", "Xa nhất (phút)", "Cần đi tàu", f"{PROMISED_MINUTES} phút")
    for one in found:
        table.add_row(
            one.unit.name, str(one.median_minutes), str(one.worst_minutes), ", ".join(one.boat) or "-",
            _VERDICTS[one.verdict] + ("" if one.exact else " *"))
    Console().print(table)
    counts = {said: sum(one.verdict == verdict for one in found) for verdict, said in _VERDICTS.items()}
    Console().print(", ".join(f"{said}: {count}" for said, count in counts.items() if count))
    Console().print("* chưa có tọa độ trụ sở: tính từ điểm đại diện của đơn vị")


def _out(one: Reach) -> dict[str, object]:
    return {
        "code": one.unit.code, "name": one.unit.name, "kind": one.kind, "median_minutes": one.median_minutes,
        "worst_minutes": one.worst_minutes, "boat": list(one.boat), "office_known": one.exact, "verdict": one.verdict,
    }  # fmt: skip
