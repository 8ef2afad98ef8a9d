"""`isee index`: build the search index."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from bot.workbench import console, open_workbench

app = typer.Typer(help="Chỉ mục tìm kiếm.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Chỉ mục tìm kiếm."""


@app.command()
def build(
    force: Annotated[bool, typer.Option("--force", help="Mã hóa lại toàn bộ, kể cả phần chưa thay đổi.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False,
) -> None:
    """Dựng chỉ mục từ kho hướng dẫn; chỉ mã hóa phần đã thay đổi."""
    started = time.perf_counter()
    bench = open_workbench(force_index=force)
    snapshot = bench.search.snapshot
    figures = {
        "procedures": len(snapshot.codes),
        "entries": int(snapshot.table.alive.sum()),
        "revision": snapshot.revision,
        "seconds": round(time.perf_counter() - started, 2),
    }
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        console.print("Chỉ mục có {procedures} thủ tục, {entries} mục văn bản ({seconds} giây).".format(**figures))
