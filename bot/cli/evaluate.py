"""`isee eval`: measure retrieval, answers and intents on question files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.workbench import console, counted, open_workbench
from common.settings import get_settings
from indexer.evaluation.questions import load_questions, stripped

app = typer.Typer(help="Đo chất lượng trên tệp câu hỏi.", no_args_is_help=True)

Questions = Annotated[
    Path, typer.Option("--questions", exists=True, dir_okay=False, help="Tệp câu hỏi, mỗi dòng một JSON.")
]
Strip = Annotated[bool, typer.Option("--strip-diacritics", help="Bỏ dấu tiếng Việt của mọi câu hỏi trước khi hỏi.")]
AsJson = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")]


@app.command()
def retrieval(
    questions: Questions,
    strip_diacritics: Strip = False,
    as_json: AsJson = False,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Đo bộ xếp hạng đối chứng: BM25 trên tên thủ tục.")
    ] = False,
    misses: Annotated[bool, typer.Option("--misses", help="Liệt kê từng câu sai cùng các ứng viên.")] = False,
) -> None:
    """Thứ hạng và quyết định của bộ tìm kiếm."""
    from indexer.evaluation.baseline import NameBm25
    from indexer.evaluation.retrieval import evaluate, report

    asked = load_questions(questions)
    bench = open_workbench()
    search = NameBm25(list(bench.kb.all())).search if baseline else bench.search.search
    outcomes = evaluate(stripped(asked) if strip_diacritics else asked, search)
    figures = report(outcomes)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
    else:
        _print(figures)
    if misses:
        for outcome in outcomes:
            if outcome.miss:
                hits = " | ".join(f"{hit.code} {hit.score:.2f}" for hit in outcome.result.hits[:4])
                console.print(f"{outcome.question.id}: {outcome.question.question}")
                console.print(f"    cần {outcome.question.gold_codes} · được {hits}")


@app.command()
def answers(questions: Questions, strip_diacritics: Strip = False, as_json: AsJson = False) -> None:
    """Lượt hỏi đáp đầy đủ qua HTTP, Rasa và các hành động, trên một bản sao của dữ liệu này."""
    from bot.evaluation.answers import evaluate_answers

    asked = load_questions(questions)
    open_workbench().database.dispose()
    with counted("Hỏi đáp") as progress:
        figures = evaluate_answers(stripped(asked) if strip_diacritics else asked, get_settings(), progress)
    _show(figures, as_json)


@app.command()
def nlu(questions: Questions, as_json: AsJson = False) -> None:
    """Ý định mà Rasa nhận ra (tệp có cột intent hoặc aspect; không có thì chỉ đếm)."""
    from bot.evaluation.nlu import evaluate_nlu

    _show(evaluate_nlu(questions, get_settings()), as_json)


def _show(figures: dict[str, Any], as_json: bool) -> None:
    typer.echo(json.dumps(figures, ensure_ascii=False, indent=None if as_json else 1))


def _print(figures: dict[str, Any]) -> None:
    names = ("top1", "top3", "top5", "mrr@10", "ndcg@10", "n")
    table = Table("nhóm", *names)
    table.add_row("tất cả", *(str(figures[name]) for name in names))
    for part in ("by_behaviour", "by_source"):
        for group, row in figures[part].items():
            table.add_row(group, *(str(row[name]) for name in names))
    console.print(table)
    rest = {key: figures[key] for key in ("top1_interval", "top5_interval", "abstain", "decisions", "latency_ms")}
    console.print_json(json.dumps(rest, ensure_ascii=False))
