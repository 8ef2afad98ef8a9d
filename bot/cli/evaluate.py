"""`isee eval`: measure retrieval, answers, dialogues and intents on files, and compare runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.evaluation.tables import print_answers, print_comparison, print_dialogues, print_retrieval
from bot.workbench import console, counted, open_workbench
from common.clock import utc_now
from common.settings import get_settings
from indexer.evaluation.bootstrap import ROUNDS, SEED
from indexer.evaluation.questions import Question, load_questions, stripped
from indexer.evaluation.runs import Run, load_run, save_run

app = typer.Typer(help="Đo chất lượng trên tệp câu hỏi.", no_args_is_help=True)

Questions = Annotated[
    Path, typer.Option("--questions", exists=True, dir_okay=False, help="Tệp câu hỏi, mỗi dòng một JSON.")
]
Strip = Annotated[bool, typer.Option("--strip-diacritics", help="Bỏ dấu tiếng Việt của mọi câu hỏi trước khi hỏi.")]
AsJson = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")]
OutOfScope = Annotated[
    Path | None,
    typer.Option("--out-of-scope", exists=True, dir_okay=False, help='Tệp câu ngoài phạm vi: {"text", "kind"}.'),
]
Misses = Annotated[Path | None, typer.Option("--misses", help="Ghi từng câu sai vào tệp .md hoặc .jsonl.")]
Save = Annotated[Path | None, typer.Option("--save", help="Ghi lượt đo vào tệp JSON, để so bằng `isee eval compare`.")]
Rounds = Annotated[int, typer.Option("--rounds", min=100, help="Số lần lấy mẫu lại cho khoảng tin cậy.")]
Seed = Annotated[int, typer.Option("--seed", help="Hạt giống của việc lấy mẫu lại.")]


@app.command()
def retrieval(
    questions: Questions,
    strip_diacritics: Strip = False,
    as_json: AsJson = False,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Đo bộ xếp hạng đối chứng: BM25 trên tên thủ tục.")
    ] = False,
    out_of_scope: OutOfScope = None,
    seen: Annotated[
        Path | None,
        typer.Option(
            "--seen", exists=True, dir_okay=False, help="Tệp câu hỏi đã dùng để huấn luyện: báo riêng thủ tục chưa gặp."
        ),
    ] = None,
    misses: Misses = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Vẽ rủi ro và độ tin cậy vào tệp .svg hoặc .png.")] = None,
    save: Save = None,
    rounds: Rounds = ROUNDS,
    seed: Seed = SEED,
) -> None:
    """Thứ hạng, quyết định và độ tin cậy của bộ tìm kiếm."""
    from indexer.evaluation.baseline import NameBm25
    from indexer.evaluation.retrieval import evaluate, report, rows_of

    asked, foreign = _load(questions, strip_diacritics), _load(out_of_scope, strip_diacritics)
    touched = frozenset(code for question in load_questions(seen) for code in question.gold_codes) if seen else None
    bench = open_workbench()
    search = NameBm25(list(bench.kb.all())).search if baseline else bench.search.search
    outcomes, others = evaluate(asked, search), evaluate(foreign, search)
    figures = report(outcomes, seen=touched, out_of_scope=others, rounds=rounds, seed=seed)
    if save:
        rows = rows_of(outcomes) + rows_of(others, out_of_scope=True)
        settings = _settings(questions, strip_diacritics) | {"baseline": baseline}
        save_run(Run(kind="retrieval", settings=settings, figures=figures, rows=rows), save)
    if misses:
        from indexer.evaluation.explain import explainer
        from indexer.evaluation.misses import find_misses, write_misses

        names = {code: facts.name for code, facts in bench.search.snapshot.facts.items()}
        explain = search if baseline else explainer(bench.search, bench.encoder)
        write_misses(find_misses([*outcomes, *others], explain, lambda code: names.get(code, "?")), misses)
    if plot:
        from indexer.evaluation.plots import plot as draw

        draw(figures, plot)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
    else:
        print_retrieval(figures, console)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Lượt đo trước (--save).")],
    second: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Lượt đo sau (--save).")],
    as_json: AsJson = False,
    rounds: Rounds = ROUNDS,
    seed: Seed = SEED,
) -> None:
    """So hai lượt đo trên cùng tệp câu hỏi: chênh lệch, khoảng tin cậy, câu được thêm và câu mất đi."""
    from indexer.evaluation.compare import compare as paired

    found = paired(load_run(first), load_run(second), rounds=rounds, seed=seed)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        print_comparison(found, console)


@app.command()
def answers(
    questions: Questions,
    strip_diacritics: Strip = False,
    as_json: AsJson = False,
    out_of_scope: OutOfScope = None,
    misses: Misses = None,
    save: Save = None,
    rounds: Rounds = ROUNDS,
    seed: Seed = SEED,
) -> None:
    """Lượt hỏi đáp đầy đủ qua HTTP, Rasa và các hành động, trên một bản sao của dữ liệu này."""
    from bot.evaluation.answers import ask_all, find_misses, report, rows_of
    from bot.evaluation.running import on_a_copy

    asked, foreign = _load(questions, strip_diacritics), _load(out_of_scope, strip_diacritics)
    names = _names()
    with on_a_copy(get_settings()) as copy, counted("Hỏi đáp") as progress:
        turns, fallbacks = ask_all([*asked, *foreign], copy, progress), copy.fallbacks()
    inside, outside = turns[: len(asked)], turns[len(asked) :]
    figures = report(inside, out_of_scope=outside, fallbacks=fallbacks, rounds=rounds, seed=seed)
    if save:
        rows = rows_of(inside) + rows_of(outside, out_of_scope=True)
        save_run(Run(kind="answers", settings=_settings(questions, strip_diacritics), figures=figures, rows=rows), save)
    if misses:
        from indexer.evaluation.misses import write_misses

        write_misses(find_misses(turns, lambda code: names.get(code, "?")), misses)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
    else:
        print_answers(figures, console)


@app.command()
def dialogue(
    conversations: Annotated[
        Path,
        typer.Option("--questions", exists=True, dir_okay=False, help="Tệp hội thoại nhiều lượt, mỗi dòng một JSON."),
    ],
    as_json: AsJson = False,
    save: Save = None,
    rounds: Rounds = ROUNDS,
    seed: Seed = SEED,
) -> None:
    """Hội thoại nhiều lượt qua HTTP, Rasa và các hành động: theo lời của chính mình, rồi từ trạng thái đã ghi."""
    from bot.evaluation.dialogue import load_dialogues, play_all, report, rows_of
    from bot.evaluation.running import on_a_copy

    recorded = load_dialogues(conversations)
    _names()
    with on_a_copy(get_settings()) as copy, counted("Hội thoại") as progress:
        played, fallbacks = play_all(recorded, copy, progress), copy.fallbacks()
    figures = report(played, fallbacks=fallbacks, rounds=rounds, seed=seed)
    if save:
        settings = _settings(conversations, False)
        save_run(Run(kind="dialogue", settings=settings, figures=figures, rows=rows_of(played)), save)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
    else:
        print_dialogues(figures, console)


@app.command()
def nlu(questions: Questions, as_json: AsJson = False) -> None:
    """Ý định mà Rasa nhận ra (tệp có cột intent hoặc aspect; không có thì chỉ đếm)."""
    from bot.evaluation.nlu import evaluate_nlu

    _show(evaluate_nlu(questions, get_settings()), as_json)


def _load(path: Path | None, strip_diacritics: bool) -> list[Question]:
    loaded = load_questions(path) if path else []
    return stripped(loaded) if strip_diacritics else loaded


def _names() -> dict[str, str]:
    """The names of all procedures; builds what the service would have to build first, and lets go of the database."""
    bench = open_workbench()
    names = {code: facts.name for code, facts in bench.search.snapshot.facts.items()}
    bench.database.dispose()
    return names


def _settings(questions: Path, strip_diacritics: bool) -> dict[str, Any]:
    return {
        "questions": questions.name,
        "strip_diacritics": strip_diacritics,
        "measured_at": utc_now().isoformat(timespec="seconds"),
    }


def _show(figures: dict[str, Any], as_json: bool) -> None:
    typer.echo(json.dumps(figures, ensure_ascii=False, indent=None if as_json else 1))
