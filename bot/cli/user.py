"""`isee user`: people who may sign in to the console."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.console.accounts import Accounts, Role
from bot.migrations import migrate
from common.database import Database
from common.errors import NotFound
from common.keyring import Keyring
from common.settings import get_settings

__all__ = ["app"]

app = typer.Typer(help="Tài khoản của bàn làm việc.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Tên đăng nhập.")]


@app.command()
def add(
    name: Name,
    role: Annotated[
        Role,
        typer.Option(
            help="admin: mọi việc; manager: điều hành; curator: tri thức; agent: trả lời người dân; "
            "officer: hồ sơ; assistant: giúp nộp hồ sơ tại quầy."
        ),
    ] = Role.AGENT,
    ask_password: Annotated[
        bool, typer.Option("--ask-password", help="Tự đặt mật khẩu thay vì tạo ngẫu nhiên.")
    ] = False,
) -> None:
    """Thêm tài khoản; mật khẩu tạo ngẫu nhiên được in ra một lần."""
    password = typer.prompt("Mật khẩu", hide_input=True, confirmation_prompt=True) if ask_password else ""
    made = _accounts().add(name, role, password)
    typer.echo(f"Đã thêm {name} ({role.value})." + ("" if ask_password else f" Mật khẩu: {made}"))


@app.command("list")
def list_users(as_json: Annotated[bool, typer.Option("--json", help="In dạng JSON.")] = False) -> None:
    """Liệt kê tài khoản."""
    found = _accounts().names()
    if as_json:
        typer.echo(json.dumps([{"name": name, "role": role} for name, role in found], ensure_ascii=False))
        return
    for name, role in found:
        typer.echo(f"{name}\t{role}")


@app.command()
def remove(name: Name) -> None:
    """Xóa tài khoản; các phiên đang mở kết thúc ngay."""
    if not _accounts().remove(name):
        raise NotFound(f"Không có tài khoản {name}.")
    typer.echo(f"Đã xóa {name}.")


def _accounts() -> Accounts:
    settings = get_settings()
    database = Database.from_settings(settings)
    migrate(database)
    return Accounts(database, Keyring.from_settings(settings))
