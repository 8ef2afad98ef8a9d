"""`isee user`: people who may sign in to the console."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.access.accounts import Accounts
from bot.access.model import AccessRules, Role
from bot.migrations import migrate
from common.database import Database
from common.errors import NotFound
from common.keyring import Keyring
from common.settings import get_settings

__all__ = ["app"]

app = typer.Typer(help="Tài khoản của bàn làm việc.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Tên đăng nhập.")]
# Who acts on the command line has the machine itself; the audit log says so.
_ACTOR = "system"


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
    display_name: Annotated[str, typer.Option(help="Họ tên hoặc chức danh mà người dân thấy.")] = "",
    unit: Annotated[str, typer.Option(help="Đơn vị: nơi nộp hoặc phòng ban.")] = "",
    email: Annotated[str, typer.Option(help="Thư điện tử công vụ, dùng khi đăng nhập bằng tài khoản cơ quan.")] = "",
) -> None:
    """Thêm tài khoản; mật khẩu tạo ngẫu nhiên được in ra một lần và phải đổi ở lần đăng nhập đầu."""
    password = typer.prompt("Mật khẩu", hide_input=True, confirmation_prompt=True) if ask_password else ""
    made = _accounts().people.add(
        name, role, password=password, display_name=display_name, unit=unit, email=email, actor=_ACTOR)
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
def reset(
    name: Name,
    factor: Annotated[bool, typer.Option("--factor", help="Đặt lại cả xác thực hai lớp.")] = False,
) -> None:
    """Cấp mật khẩu mới, mở khóa, kết thúc mọi phiên; dùng khi không còn người quản trị nào vào được."""
    people = _accounts().people
    password = people.reset_password(name, _ACTOR)
    people.unlock(name, _ACTOR)
    if factor:
        people.reset_factor(name, _ACTOR)
    typer.echo(f"Mật khẩu mới của {name}: {password}")


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
    return Accounts(database, Keyring.from_settings(settings), AccessRules.from_settings(settings))
