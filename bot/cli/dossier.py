"""`isee dossier`: the registry on the terminal."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from actions.companion.bundle import Dossiers, build_dossiers
from actions.dossiers.registry.desk import DossierFilter
from actions.dossiers.registry.registry import Registry
from actions.dossiers.registry.status import DossierDetail, DossierSummary
from bot.migrations import migrate
from common.database import Database
from common.errors import NotReady, SetupProblem
from common.keyring import Keyring
from common.settings import get_settings

__all__ = ["app"]

app = typer.Typer(help="Xem và chuyển trạng thái hồ sơ.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="In JSON cho máy đọc.")]
Code = Annotated[str, typer.Argument(help="Mã hồ sơ, ví dụ H49-261124-0001.")]


@app.command("list")
def list_dossiers(
    state: Annotated[str, typer.Option(help="Chỉ trạng thái này, ví dụ submitted.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Số hồ sơ nhiều nhất.")] = 50,
    as_json: Json = False,
) -> None:
    """Liệt kê hồ sơ: việc còn phải làm theo ngày hẹn trả, rồi các hồ sơ còn lại, mới nhất trước."""
    found = _dossiers().desk.listed(DossierFilter(state=state), limit)
    if as_json:
        _print_json([item.model_dump(mode="json") for item in found])
        return
    table = Table("Mã hồ sơ", "Thủ tục", "Trạng thái", "Ngày nộp", "Hẹn trả")
    for item in found:
        table.add_row(
            item.code,
            item.title,
            item.label,
            f"{item.submitted_at:%d/%m/%Y %H:%M}",
            f"{item.due_on:%d/%m/%Y}" if item.due_on else "-",
        )
    Console().print(table)


@app.command()
def show(
    code: Code,
    reveal_to: Annotated[
        str, typer.Option("--reveal-to", help="Tên cán bộ xem đủ số liệu cá nhân; việc xem được ghi lại.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Xem một hồ sơ; số cá nhân được che nếu không có --reveal-to."""
    dossiers = _dossiers()
    detail = dossiers.registry.show(code, reveal_to=reveal_to)
    if as_json:
        _print_json(detail)
        return
    _print_detail(detail)
    if dossiers.outside and (outside := dossiers.outside.code_of(detail.code)):
        Console().print(f"Mã tại hệ thống một cửa: {outside}", highlight=False)


@app.command()
def advance(
    code: Code,
    state: Annotated[str, typer.Argument(help="Trạng thái mới, ví dụ received.")],
    actor: Annotated[str, typer.Option(help="Người thực hiện.")],
    note: Annotated[str, typer.Option(help="Ghi chú cho người dân.")] = "",
    as_json: Json = False,
) -> None:
    """Chuyển hồ sơ sang trạng thái tiếp theo."""
    moved = _registry().advance(code, state, actor=actor, note=note)
    if as_json:
        _print_json(moved)
        return
    Console().print(f"{moved.code}: {moved.label}", highlight=False)


@app.command()
def reconcile(as_json: Json = False) -> None:
    """Đối chiếu hồ sơ với hệ thống một cửa bên ngoài, sửa những chỗ thất lạc."""
    outside = _dossiers().outside
    if outside is None:
        raise SetupProblem("Chưa kết nối hệ thống một cửa nào: đặt ISEE_ONESTOP_URL và ISEE_ONESTOP_SECRET.")
    report = outside.reconcile()
    if as_json:
        _print_json(report)
        return
    console = Console()
    console.print(
        f"Đã đối chiếu {report.checked} hồ sơ: gửi {len(report.sent)}, nhận lại mã {len(report.found)}, "
        f"báo sang {len(report.pushed)}, cập nhật {len(report.caught_up)}, còn lệch {len(report.differences)}.")
    for difference in report.differences:
        console.print("- " + outside.describe(difference), highlight=False)
    if not report.reached:
        raise NotReady("Hệ thống một cửa không trả lời; phần còn lại sẽ được đối chiếu ở lần sau.")


def _registry() -> Registry:
    return _dossiers().registry


def _dossiers() -> Dossiers:
    settings = get_settings()
    database = Database.from_settings(settings)
    migrate(database)
    return build_dossiers(settings, database, Keyring.from_settings(settings))


def _print_json(data: BaseModel | list[dict[str, object]]) -> None:
    plain = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


def _print_detail(detail: DossierDetail) -> None:
    console = Console()
    console.print(f"[bold]{detail.code}[/bold]  {detail.title} ({detail.procedure_code})", highlight=False)
    _print_state(console, detail)
    fields = Table("Mục", "Nội dung", title="Thông tin")
    for line in detail.fields:
        fields.add_row(line.label, line.value or "-")
    console.print(fields)
    events = Table("Lúc", "Trạng thái", "Người thực hiện", "Ghi chú", title="Quá trình")
    for event in detail.timeline:
        events.add_row(f"{event.at:%d/%m/%Y %H:%M}", event.label, event.actor, event.note)
    console.print(events)
    if detail.next_states:
        console.print("Có thể chuyển sang: " + ", ".join(detail.next_states), highlight=False)


def _print_state(console: Console, item: DossierSummary) -> None:
    due = f", hẹn trả {item.due_on:%d/%m/%Y}" if item.due_on else ""
    console.print(f"{item.label}, nộp {item.submitted_at:%d/%m/%Y %H:%M}{due}", highlight=False)
