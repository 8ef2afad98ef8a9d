"""Root of the command line: mounts the commands and turns known errors into one clear line."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from common.errors import ISeeError

app = typer.Typer(
    help="iSee: trợ lý ảo thủ tục hành chính. Mỗi lệnh có --help.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

# Each command group is a module with a Typer `app`; (module, name or None to mount its commands at the root).
# They are imported only when asked for, so that `isee --help` and `isee doctor` answer at once.
GROUPS: dict[str, str] = {
    "kb": "bot.cli.kb",
    "index": "bot.cli.index",
    "eval": "bot.cli.evaluate",
    "user": "bot.cli.user",
    "centres": "bot.cli.centres",
    "dossier": "bot.cli.dossier",
    "payments": "bot.cli.payments",
}
COMMANDS: dict[str, str] = {
    "serve": "bot.cli.serve",
    "setup": "bot.cli.setup",
    "doctor": "bot.cli.doctor",
    "search": "bot.cli.ask",
    "ask": "bot.cli.ask",
    "train": "bot.cli.train",
    "onestop-sim": "bot.cli.onestop_sim",
    "zalo-sim": "bot.cli.zalo_sim",
    "bench": "bot.cli.bench",
    "backup": "bot.cli.backup",
    "restore": "bot.cli.backup",
}


@app.callback()
def _root() -> None:
    """iSee: trợ lý ảo thủ tục hành chính."""


@contextmanager
def _kept() -> Iterator[None]:
    """What is made meanwhile stays for good, so the garbage collector neither looks through it now (a fifth of the time
    that the imports of `isee serve` take) nor later, while citizens wait."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _mount(only: str | None) -> None:
    for name, module in GROUPS.items():
        if only in (None, name):
            app.add_typer(importlib.import_module(module).app, name=name)
    for name, module in COMMANDS.items():
        if only in (None, name):
            app.command(name)(getattr(importlib.import_module(module), name.replace("-", "_")))


def main() -> None:
    """Entry point of `isee`. Known errors end with their sentence and exit code 1, never with a traceback."""
    first = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    known = first if first in GROUPS or first in COMMANDS else None
    with _kept():
        _mount(known)
    try:
        app(prog_name="isee")
    except ISeeError as error:
        _say(str(error))
        raise SystemExit(1) from error
    except ValidationError as error:
        if error.title != "Settings":
            raise
        Console(stderr=True).print("[red]Cài đặt chưa hợp lệ:[/red]", highlight=False)
        for problem in error.errors():
            name = "ISEE_" + "_".join(str(part) for part in problem["loc"]).upper() if problem["loc"] else ""
            Console(stderr=True).print(f"  {name} {problem['msg']}".rstrip(), highlight=False)
        raise SystemExit(1) from error
    except Exception as error:
        from common.database import why_away  # only now: `isee --help` answers without SQLAlchemy

        why = why_away(error)
        if not why:
            raise
        _say(f"Chưa kết nối được cơ sở dữ liệu ({why}). Xem máy chủ có đang chạy không và ISEE_DATABASE_URL có đúng "
             "không; `isee doctor` kiểm tra từng phần.")
        raise SystemExit(1) from error


def _say(problem: str) -> None:
    Console(stderr=True).print(f"[red]Lỗi:[/red] {escape(problem)}", highlight=False)
