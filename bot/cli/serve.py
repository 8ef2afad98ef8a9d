"""`isee serve`: the service, in the foreground."""

from __future__ import annotations

import typer

from bot.app import serve as run_service
from common.settings import Settings

__all__ = ["serve"]


def serve() -> None:
    """Chạy dịch vụ; địa chỉ lấy từ ISEE_HOST, ISEE_PORT. Dừng bằng Ctrl+C."""
    run_service(announce=_announce)


def _announce(settings: Settings, password: str | None) -> None:
    typer.echo(f"iSee: {settings.base_url}/ (trang hỏi đáp) · {settings.base_url}/console/ (bàn làm việc)", err=True)
    if password:
        typer.echo(f'Tài khoản bàn làm việc "admin", mật khẩu: {password}', err=True)
        typer.echo("Mật khẩu chỉ hiện một lần. Thêm người dùng bằng `isee user add`.", err=True)
