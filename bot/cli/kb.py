"""`isee kb`: check, import, export and count the guides."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from actions.dossiers.eforms.formlib import FormLibrary
from bot.migrations import migrate
from common.database import Database
from common.errors import InvalidGuide, InvalidInput, NotFound
from common.niceness import yield_to_citizens
from common.settings import get_settings
from knowledge_base.audit import AuditReport, audit
from knowledge_base.catalogue import catalogue_codes, catalogue_facts, undecided_codes
from knowledge_base.demand import check_demand, demand, phrasing_coverage
from knowledge_base.export import export_yaml
from knowledge_base.importer import ImportReport, import_catalogue
from knowledge_base.loader import GUIDES_DIR
from knowledge_base.model import Origin, Published
from knowledge_base.phrasing import check_phrasings
from knowledge_base.store import KnowledgeBase
from knowledge_base.twins import check_twins
from knowledge_base.validator import Report, validate_tree

__all__ = ["app"]

app = typer.Typer(help="Kho hướng dẫn: kiểm tra, nhập, xuất, thống kê.", no_args_is_help=True)

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False)
_SHOWN_REJECTED = 20

AsJson = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")]


def _open() -> KnowledgeBase:
    database = Database.from_settings(get_settings())
    migrate(database)
    return KnowledgeBase(database)


def _opened_with_shipped() -> KnowledgeBase:
    kb = _open()
    for problem in kb.load_shipped().problems:
        _err.print(str(problem), style="yellow", markup=False)
    return kb


def _json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


@app.command()
def validate(
    folder: Annotated[Path, typer.Argument(help="Thư mục guides; bỏ trống: bộ hướng dẫn đi kèm.")] = GUIDES_DIR,
    as_json: AsJson = False,
) -> None:
    """Kiểm tra mọi hướng dẫn; mỗi lỗi có tệp, dòng và mục. Có lỗi thì kết thúc với mã 1."""
    forms = {form.slug for form in FormLibrary.shipped()}
    report = validate_tree(
        folder.resolve(), known_codes=catalogue_codes(), known_forms=forms, undecided=undecided_codes()
    )
    if folder.resolve() == GUIDES_DIR:
        report.errors.extend(check_phrasings(catalogue_codes() or (), guides=report.guides))
        report.errors.extend(check_demand({row["code"]: row["name"] for row in catalogue_facts()}))
        report.errors.extend(check_twins(catalogue_codes() or (), demand()))
    if as_json:
        _json(_report_data(report))
    else:
        for kind, style, problems in (("lỗi", "red", report.errors), ("lưu ý", "yellow", report.warnings)):
            for problem in problems:
                _out.print(f"{problem} [{kind}]", style=style, markup=False)
        counts = f"{len(report.errors)} lỗi, {len(report.warnings)} lưu ý"
        _out.print(f"{len(report.guides)}/{report.files} hướng dẫn đạt, {counts}.")
    raise typer.Exit(0 if report.ok else 1)


def _report_data(report: Report) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "files": report.files,
        "guides": len(report.guides),
        "errors": [_problem_data(problem) for problem in report.errors],
        "warnings": [_problem_data(problem) for problem in report.warnings],
    }


def _problem_data(problem: InvalidGuide) -> dict[str, Any]:
    return {"file": problem.file, "line": problem.line, "field": problem.field, "detail": problem.detail}


@app.command("audit")
def audit_(
    codes: Annotated[list[str] | None, typer.Argument(help="Mã thủ tục; bỏ trống: mọi hướng dẫn biên soạn.")] = None,
    records: Annotated[
        Path | None, typer.Option(help="Danh mục chính thức (JSON lines); bỏ trống: dấu vết đi kèm.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Đối chiếu số, đơn vị, căn cứ và giấy tờ với hồ sơ gốc. Có điểm lệch chưa ghi lý do thì kết thúc với mã 1."""
    report = audit(records, codes or ())
    if as_json:
        _json(_audit_data(report))
    else:
        for finding in report.findings:
            _out.print(str(finding), style="red", markup=False)
        for problem in report.problems:
            _out.print(str(problem), style="yellow", markup=False)
        _out.print(
            f"{report.guides} hướng dẫn: {report.values} giá trị đã đối chiếu, {report.found} có trong hồ sơ gốc, "
            f"{len(report.reasoned)} có lý do, {len(report.findings)} chưa có lý do, {len(report.problems)} lỗi khác."
        )
    raise typer.Exit(0 if report.ok else 1)


def _audit_data(report: AuditReport) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "guides": report.guides,
        "checked": dict(report.checked),
        "values": report.values,
        "found": report.found,
        "findings": [asdict(finding) for finding in report.findings],
        "reasoned": [asdict(finding) for finding in report.reasoned],
        "problems": [_problem_data(problem) for problem in report.problems],
    }


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Danh mục chính thức, mỗi dòng một thủ tục (JSON lines).")],
    as_json: AsJson = False,
) -> None:
    """Nhập danh mục thủ tục. Nhập lại được; dòng nào không dùng được thì báo số dòng và lý do."""
    yield_to_citizens()
    kb = _opened_with_shipped()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err, disable=as_json) as bar:
        task = bar.add_task("Đọc danh mục", total=None)
        report = import_catalogue(file, kb, lambda done, total: bar.update(task, completed=done, total=total))
    if as_json:
        _json(
            {
                "accepted": len(report.accepted),
                "unchanged": len(report.unchanged),
                "rejected": [rejected._asdict() for rejected in report.rejected],
                "revision": kb.revision(),
            }
        )
    else:
        _tell_import(report)
    if report.rejected and not report.accepted and not report.unchanged:
        raise typer.Exit(1)


def _tell_import(report: ImportReport) -> None:
    _out.print(
        f"Đã nhập {len(report.accepted)} thủ tục, {len(report.unchanged)} thủ tục không đổi, "
        f"{len(report.rejected)} dòng bị từ chối."
    )
    for rejected in report.rejected[:_SHOWN_REJECTED]:
        _out.print(f"  dòng {rejected.line} {rejected.code}: {rejected.reason}", markup=False)
    if len(report.rejected) > _SHOWN_REJECTED:
        _out.print(f"  … và {len(report.rejected) - _SHOWN_REJECTED} dòng nữa; thêm --json để xem hết.")


@app.command()
def export(
    codes: Annotated[list[str] | None, typer.Argument(help="Mã thủ tục; bỏ trống: theo --origin.")] = None,
    to: Annotated[Path | None, typer.Option("--to", help="Thư mục nhận tệp; bỏ trống: in ra màn hình.")] = None,
    origin: Annotated[Origin, typer.Option(help="Nguồn được xuất khi không nêu mã.")] = Origin.CURATED,
    as_json: AsJson = False,
) -> None:
    """Xuất hướng dẫn đang công bố dưới dạng YAML (hoặc JSON), đọc lại được nguyên vẹn."""
    kb = _opened_with_shipped()
    chosen = [_found(kb, code) for code in codes] if codes else [p for p in kb.all() if p.origin is origin]
    if to is None:
        if as_json:
            _json([_published_data(published) for published in chosen])
        else:
            typer.echo("---\n".join(export_yaml(published) for published in chosen), nl=False)
        return
    try:
        to.mkdir(parents=True, exist_ok=True)
        for published in chosen:
            (to / f"{published.code}.yml").write_text(export_yaml(published), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"không ghi được vào {to}: {error.strerror}") from error
    if as_json:
        _json({"exported": len(chosen), "folder": str(to)})
    else:
        _out.print(f"Đã xuất {len(chosen)} hướng dẫn vào {to}.")


@app.command()
def show(code: Annotated[str, typer.Argument(help="Mã thủ tục, ví dụ 1.001193.")], as_json: AsJson = False) -> None:
    """Xem hướng dẫn đang dùng để trả lời cho một thủ tục."""
    kb = _opened_with_shipped()
    published = _found(kb, code)
    if as_json:
        _json(
            {
                **_published_data(published),
                "history": [
                    {**asdict(version), "created_at": version.created_at.isoformat()} for version in kb.history(code)
                ],
            }
        )
        return
    _out.print(f"[bold]{code}[/bold] · nguồn {published.origin} · phiên bản {published.version}")
    typer.echo(export_yaml(published), nl=False)


@app.command()
def stats(as_json: AsJson = False) -> None:
    """Đếm thủ tục theo nguồn, lĩnh vực và mức đầy đủ."""
    kb = _opened_with_shipped()
    figures = kb.stats()
    coverage = asdict(phrasing_coverage(published.guide for published in kb.all()))
    if as_json:
        _json({**figures, "phrasings": coverage, "by_field": dict(kb.fields())})
        return
    table = Table("Chỉ số", "Giá trị", box=None)
    for label, key in _LABELS.items():
        table.add_row(label, str(figures[key] if figures[key] is not None else "-"))
    for name, label in _ORIGINS.items():
        table.add_row(f"Trả lời từ {label}", str(figures["answered_from"][name]))
    for name, label in _COVERAGE.items():
        table.add_row(label, f"{coverage[name]}/{coverage[f'{name}_of']}")
    _out.print(table)


_LABELS = {
    "Thủ tục": "procedures",
    "Lĩnh vực": "fields",
    "Có mức phí chắc chắn": "with_fee",
    "Có thời hạn chắc chắn": "with_time",
    "Phiên bản đã lưu": "versions",
    "Lần công bố gần nhất (số)": "revision",
    "Ngày kiểm tra xa nhất": "oldest_check",
}
_COVERAGE = {
    "top": "Được hỏi nhiều nhất, có từ 12 cách hỏi",
    "commune": "Cấp xã còn lại, có từ 5 cách hỏi",
    "any": "Tất cả, có ít nhất 1 cách hỏi",
}
_ORIGINS = {"curated": "hướng dẫn biên soạn", "imported": "danh mục đã nhập", "catalogue": "dữ kiện đi kèm"}


def _found(kb: KnowledgeBase, code: str) -> Published:
    published = kb.get(code)
    if published is None:
        raise NotFound(f'không có thủ tục mã {code} đang công bố; tìm mã bằng `isee search "tên thủ tục"`')
    return published


def _published_data(published: Published) -> dict[str, Any]:
    return published.model_dump(mode="json", exclude_none=True)
