"""`isee backup` and `isee restore`: database, uploads and keys in one archive."""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bot.workbench import console
from common.clock import local_now
from common.errors import Conflict, InvalidInput
from common.settings import Settings, get_settings

__all__ = ["backup", "restore"]

_DATABASE = "isee.db"
_FOLDERS = ("uploads", "secrets")


def backup(
    target: Annotated[Path | None, typer.Argument(help="Tệp lưu trữ; mặc định đặt trong thư mục hiện tại.")] = None,
) -> None:
    """Sao lưu cơ sở dữ liệu, tệp đính kèm và khóa; chạy được khi dịch vụ đang phục vụ.

    Với PostgreSQL, cơ sở dữ liệu được sao lưu bằng pg_dump; lệnh này lưu tệp đính kèm và khóa.
    """
    settings = get_settings()
    target = target or Path(f"isee-{local_now():%Y%m%d-%H%M%S}.tar.gz")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(target, "x:gz") as archive:
        if settings.database_url.startswith("sqlite"):
            copy = Path(folder) / _DATABASE
            _copy_sqlite(_sqlite_path(settings), copy)
            archive.add(copy, _DATABASE)
        else:
            console.print("[yellow]Cơ sở dữ liệu PostgreSQL cần sao lưu riêng bằng pg_dump.[/yellow]")
        for name in _FOLDERS:
            if (settings.home / name).exists():
                archive.add(settings.home / name, name)
    target.chmod(0o600)
    console.print(f"Đã sao lưu vào {target}. Tệp này chứa khóa giải mã: hãy cất giữ như hồ sơ mật.")


def restore(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Tệp do `isee backup` tạo.")],
    force: Annotated[bool, typer.Option("--force", help="Ghi đè dữ liệu hiện có.")] = False,
) -> None:
    """Khôi phục từ bản sao lưu; dừng dịch vụ trước khi chạy.

    Với PostgreSQL, cơ sở dữ liệu được khôi phục bằng pg_restore; lệnh này khôi phục tệp đính kèm và khóa.
    """
    settings = get_settings()
    own_file = settings.database_url.startswith("sqlite")
    kept = [_sqlite_path(settings)] if own_file else [settings.home / name for name in _FOLDERS]
    if any(path.exists() for path in kept) and not force:
        raise Conflict(f"{settings.home} đã có dữ liệu. Thêm --force nếu chắc chắn muốn ghi đè.")
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        _unpack(source, Path(folder))
        if not own_file and (Path(folder) / _DATABASE).exists():
            raise Conflict("Bản sao lưu này chứa cơ sở dữ liệu SQLite, còn dịch vụ đang dùng PostgreSQL.")
        if own_file and not (Path(folder) / _DATABASE).exists():
            raise Conflict(
                "Bản sao lưu này không có cơ sở dữ liệu (được tạo khi dịch vụ dùng PostgreSQL). "
                "Đặt ISEE_DATABASE_URL rồi chạy lại.")
        for name in (_DATABASE, *_FOLDERS):
            if (Path(folder) / name).exists():
                _put(Path(folder) / name, settings.home / name)
    console.print(f"Đã khôi phục vào {settings.home}.")
    if not own_file:
        console.print("[yellow]Cơ sở dữ liệu PostgreSQL cần khôi phục riêng bằng pg_restore.[/yellow]")


def _unpack(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InvalidInput(f"{source} không phải bản sao lưu của iSee hoặc đã hỏng: {error}.") from error
    if not any((folder / name).exists() for name in (_DATABASE, *_FOLDERS)):
        raise InvalidInput(f"{source} không chứa dữ liệu của iSee.")


def _put(fresh: Path, place: Path) -> None:
    for leftover in (place, place.with_name(place.name + "-wal"), place.with_name(place.name + "-shm")):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)
    shutil.move(fresh, place)


def _sqlite_path(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup: a consistent copy while the service writes."""
    with sqlite3.connect(source) as live, sqlite3.connect(target) as copy:
        live.backup(copy)
