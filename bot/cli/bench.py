"""`isee bench`: what a turn costs, beside a bare Rasa bot in the same run."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.bench.builds import index_times
from bot.bench.measure import bare_turns, percentiles, questions_from, sustained, turns
from bot.bench.processes import bare_bot, resident_mb, service
from bot.workbench import Workbench, console, open_workbench

__all__ = ["bench"]


def bench(
    count: Annotated[int, typer.Option("--turns", min=20, help="Số lượt hỏi đo độ trễ.")] = 200,
    citizens: Annotated[int, typer.Option(min=1, help="Số người dân hỏi đồng thời.")] = 20,
    seconds: Annotated[float, typer.Option(min=1, help="Thời gian đo tải, giây.")] = 20.0,
    builds: Annotated[bool, typer.Option(help="Đo cả thời gian dựng chỉ mục.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False,
) -> None:
    """Đo độ trễ, thông lượng, bộ nhớ và thời gian dựng chỉ mục trên tiến trình thật."""
    workbench = open_workbench()
    pool = _pool(workbench)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="isee-bench-") as folder:
        asked = questions_from(pool, count)
        with console.status("Đo dịch vụ"), service(workbench.settings, Path(folder) / "home") as running:
            figures["cold_start_s"] = round(running.ready_s, 1)
            turns(running.url, asked[:20])  # caches warm on both sides before anything counts
            samples, statuses = turns(running.url, asked)
            figures["turn_ms"], figures["statuses"] = percentiles(samples), statuses
            figures["sustained"] = sustained(running.url, pool, citizens, seconds)
            figures["resident_mb"] = resident_mb(running.process.pid)
        with (
            console.status("Đo bot Rasa đối chứng"),
            bare_bot(workbench.settings, Path(folder) / "bare") as running,
        ):
            bare_turns(running.url, asked[:20])
            figures["bare_turn_ms"] = percentiles(bare_turns(running.url, asked))
        figures["p95_ratio"] = round(figures["turn_ms"]["p95"] / figures["bare_turn_ms"]["p95"], 2)
        if builds:
            with console.status("Đo dựng chỉ mục"):
                (Path(folder) / "builds").mkdir()
                figures["index"] = index_times(workbench.encoder, Path(folder) / "builds")
    typer.echo(json.dumps(figures, ensure_ascii=False, indent=None if as_json else 1))


def _pool(workbench: Workbench) -> list[str]:
    """Citizens' questions of the curated guides and plain names of the rest: what people ask, known or not."""
    asked = [question for item in workbench.kb.all() for question in item.guide.questions]
    names = [entry.text for entry in workbench.search.snapshot.entries if entry.kind == "name"]
    return asked + questions_from(names, len(asked) or 200, seed=3)
