"""`isee search` and `isee ask`: try a question on the terminal."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from bot.workbench import console, open_workbench

__all__ = ["ask", "search"]

Question = Annotated[str, typer.Argument(help="Câu hỏi, như người dân gõ.")]
AsJson = Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")]


def search(
    question: Question,
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="Số kết quả.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Tìm thủ tục cho một câu hỏi, kèm quyết định trả lời, hỏi lại hay nhận là không biết."""
    result = open_workbench().search.search(question, k)
    if as_json:
        typer.echo(json.dumps(result.public(), ensure_ascii=False))
        return
    table = Table(
        "Mã",
        "Thủ tục",
        "Điểm",
        "Khớp với",
        title=f"{result.normalised} → {result.decision} ({result.confidence:.2f})",
    )
    for hit in result.hits:
        table.add_row(hit.code, hit.name, f"{hit.score:.3f}", hit.matched)
    console.print(table)


def ask(question: Question, as_json: AsJson = False) -> None:
    """Trả lời một câu hỏi từ hướng dẫn, không qua hội thoại."""
    from actions.answers import Answerer
    from actions.companion.bundle import build_dossiers
    from bot.wiring import services_over
    from common.keyring import Keyring
    from common.language import speaking
    from common.messages import public
    from indexer.text.language import language_of

    bench = open_workbench()
    keyring = Keyring.from_settings(bench.settings)
    dossiers = build_dossiers(bench.settings, bench.database, keyring)
    services = services_over(bench.settings, bench.database, keyring, bench.kb, bench.search, dossiers)
    with speaking(language_of(question) or "vi"):
        replies = Answerer(services).answer_alone(question)
    if as_json:
        typer.echo(json.dumps([public(reply) for reply in replies], ensure_ascii=False))
        return
    for reply in replies:
        typer.echo(reply.text)
        for button in reply.buttons:
            typer.echo(f"  [{button.title}]")
        if reply.answer and reply.answer.sources:
            typer.echo("  Nguồn: " + "; ".join(f"{source.title} {source.url}" for source in reply.answer.sources))
