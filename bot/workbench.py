"""What command-line tools share: the database, the knowledge base and search, without the web service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.migrations import migrate
from common.database import Database
from common.settings import Settings, get_settings
from indexer.encoder import Encoder, ensure_encoder
from indexer.search import SearchService
from knowledge_base.store import KnowledgeBase

__all__ = ["Workbench", "console", "counted", "open_workbench"]

console = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Workbench:
    settings: Settings
    database: Database
    kb: KnowledgeBase
    encoder: Encoder
    search: SearchService


@contextmanager
def counted(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar fed by `(done, total)`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=False) as bar:
        task = bar.add_task(label, total=None, visible=False)

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield update


def open_workbench(*, force_index: bool = False) -> Workbench:
    """Opens everything, building what is missing: tables, shipped guides, encoder, index."""
    settings = get_settings()
    database = Database.from_settings(settings)
    migrate(database)
    kb = KnowledgeBase(database)
    report = kb.load_shipped()
    for problem in report.problems:
        console.print(f"[yellow]{problem}[/yellow]")
    ensure_encoder(settings)
    search = SearchService.from_settings(kb, settings)
    with counted("Lập chỉ mục") as progress:
        search.ensure_built(progress, force=force_index)
    return Workbench(settings, database, kb, search.encoder, search)
