"""Tables out of the house: CSV for Excel, and a package of open data."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.reports.asking import Names
from bot.reports.hiding import LEAST, hidden, rounded
from bot.reports.period import Scope, monday, month
from bot.reports.reading import sums
from bot.reports.sheets import Figure
from common.clock import to_local
from common.messages import Status

__all__ = ["OPEN_TABLES", "open_data", "open_rows", "to_csv"]

# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EXCEL = ";"
"""Excel with Vietnamese settings writes decimals with a comma, so it parts cells by semicolons."""


def to_csv(figure: Figure, texts: Messages) -> bytes:
    """A figure's whole table: UTF-8 with BOM, semicolons, decimal commas. Small groups are left empty and said so."""
    columns = [column for column in figure.columns if not column.private]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=_EXCEL, lineterminator="\r\n")
    writer.writerow([*(texts.render(f"column.{column.key}") for column in columns), texts.render("export.remark")])
    for row in figure.rows:
        gone = hidden(columns, row)
        cells = ["" if column.key in gone else _cell(row.get(column.key)) for column in columns]
        writer.writerow([*cells, texts.render("export.hidden", least=LEAST) if gone else ""])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".").replace(".", ",")
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


Name = Literal["status", "channel", "centre", "procedure", "outcome", "helpful"]


@dataclass(frozen=True)
class OpenTable:
    """A table of open data: counts of a measure by week or month and by dimensions of known words only."""

    name: str
    measure: str
    step: Literal["week", "month"]
    by: tuple[Name, ...]


OPEN_TABLES = (
    OpenTable("luot-hoi-theo-tuan", "turn", "week", ("channel", "status")),
    OpenTable("chu-de-theo-thang", "topic", "month", ("procedure",)),
    OpenTable("ho-so-theo-tuan", "dossier", "week", ("centre",)),
    OpenTable("lich-hen-theo-tuan", "appointment", "week", ("centre",)),
    OpenTable("giai-quyet-theo-thang", "ended", "month", ("centre", "outcome")),
    OpenTable("danh-gia-theo-thang", "helpful", "month", ("procedure", "helpful")),
)
_COLUMN: Mapping[str, str] = {"status": "label", "outcome": "label", "helpful": "label"}
_STEP: Mapping[str, Callable[[date], date]] = {"week": monday, "month": month}


def open_rows(session: Session, table: OpenTable, scope: Scope, names: Names) -> list[tuple[str, ...]]:
    """The rows of one table. Groups under five are left out, the others rounded down to a multiple of five; a value
    that isn't one of the published words is left out, so nothing typed by anybody can slip through."""
    known = _known(names)
    columns = [_COLUMN.get(name, name) for name in table.by]
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    for (day, *values), value in sums(session, table.measure, scope, "day", *columns).items():
        if all(one in known[name] for name, one in zip(table.by, values, strict=True)):
            counts[(_STEP[table.step](day).isoformat(), *values)] += value.count
    return [(*group, str(rounded(count))) for group, count in sorted(counts.items()) if count >= LEAST]


def open_data(session: Session, scope: Scope, names: Names, texts: Messages, licence: str, now: datetime) -> bytes:
    """The zip: one CSV a table, names of centres and procedures, and datapackage.json (Frictionless)."""
    files: dict[str, list[tuple[str, ...]]] = {}
    resources: list[dict[str, Any]] = []
    for table in OPEN_TABLES:
        head = (table.step, *table.by, "count")
        files[table.name] = [head, *open_rows(session, table, scope, names)]
        resources.append(_resource(table.name, head, head[:-1], texts))
    files["thu-tuc"] = [
        ("procedure", "name", "field"),
        *((code, one.name, one.field) for code, one in sorted(names.procedures.items()))]
    files["noi-nop"] = [("centre", "name"), *sorted(names.centres.items())]
    resources += [_resource("thu-tuc", ("procedure", "name", "field"), ("procedure",), texts),
                  _resource("noi-nop", ("centre", "name"), ("centre",), texts)]
    package: dict[str, Any] = {
        "profile": "tabular-data-package", "name": "isee-thong-ke", "title": texts.render("open.title"),
        "description": texts.render("open.description", least=LEAST, start=scope.start, end=scope.end),
        "created": to_local(now).isoformat(timespec="seconds"), "resources": resources}
    if licence:
        package["licenses"] = [{"name": licence}]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("datapackage.json", json.dumps(package, ensure_ascii=False, indent=2))
        for name, rows in files.items():
            archive.writestr(f"{name}.csv", _plain(rows))
    return out.getvalue()


def _known(names: Names) -> dict[Name, set[str]]:
    return {
        "status": {status.value for status in Status}, "channel": {"web", "zalo"}, "centre": set(names.centres),
        "procedure": set(names.procedures), "outcome": {"in_time", "late", "no_due", "withdrawn"},
        "helpful": {"yes", "no"}}


def _resource(name: str, head: tuple[str, ...], key: tuple[str, ...], texts: Messages) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource", "name": name, "path": f"{name}.csv", "title": texts.render(
            f"open.table.{name.replace('-', '_')}"), "encoding": "utf-8", "format": "csv", "mediatype": "text/csv",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "header": True},
        "schema": {"fields": [_field(column, texts) for column in head], "primaryKey": list(key)}}


def _field(column: str, texts: Messages) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column, "type": "string", "description": texts.render(
        f"open.field.{column}", least=LEAST)}
    if column in _STEP:
        field["type"] = "date"
    if column == "count":
        field |= {"type": "integer", "constraints": {"minimum": LEAST}}
    return field


def _plain(rows: list[tuple[str, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
