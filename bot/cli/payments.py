"""`isee payments`: the signed accounts, and reports that wait for staff."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from actions.companion.bundle import build_dossiers
from actions.dossiers.payments.accounts import Accounts, public_key_of, sign
from bot.migrations import migrate
from common.database import Database
from common.errors import SetupProblem
from common.keyring import Keyring
from common.settings import get_settings

__all__ = ["app"]

app = typer.Typer(help="Tài khoản nhận phí đã ký, các báo có chờ xử lý.", no_args_is_help=True)
Key = Annotated[Path, typer.Option("--key", help="Tệp khóa bí mật (PEM, Ed25519).")]


@app.command("new-key")
def new_key(key: Key) -> None:
    """Tạo khóa ký danh sách tài khoản; in khóa công khai để đặt vào ISEE_PAYMENT_PUBLIC_KEY."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SetupProblem(f"{key}: không tạo được tệp khóa ({error.strerror}).") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    typer.echo(f"ISEE_PAYMENT_PUBLIC_KEY={public_key_of(private)}")
    typer.echo("Giữ khóa bí mật ngoài máy chủ này: ai có khóa đều đặt được tài khoản nhận tiền.")


@app.command("sign-config")
def sign_config(
    file: Annotated[Path, typer.Argument(help="Tệp JSON danh sách tài khoản.")], key: Key
) -> None:
    """Ký danh sách tài khoản; chữ ký nằm ở tệp cùng tên thêm .sig."""
    made = sign(file, _private(key))
    typer.echo(f"Đã ký: {made}")


@app.command()
def check() -> None:
    """Kiểm tra danh sách tài khoản đang dùng."""
    accounts = Accounts.from_settings(get_settings())
    if accounts is None:
        typer.echo("Chưa đặt ISEE_PAYMENT_ACCOUNTS: người dân nộp qua Cổng hoặc tại quầy, không có mã QR.")
        return
    typer.echo(f"Danh sách tài khoản hợp lệ, hết hạn ngày {accounts.expires_on:%d/%m/%Y}.")


@app.command()
def kept(as_json: Annotated[bool, typer.Option("--json", help="In JSON cho máy đọc.")] = False) -> None:
    """Liệt kê các báo có không khớp khoản nào, chờ cán bộ xử lý."""
    settings = get_settings()
    database = Database.from_settings(settings)
    migrate(database)
    found = build_dossiers(settings, database, Keyring.from_settings(settings)).payments.kept()
    if as_json:
        typer.echo(json.dumps([item.model_dump(mode="json") for item in found], ensure_ascii=False, indent=2))
        return
    for item in found:
        typer.echo(f"{item.id}\t{item.provider}\t{item.code or '-'}\t{item.amount} {item.currency}\t{item.why}")


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise SetupProblem(f"{path.name}: không đọc được khóa bí mật (PEM, không mật khẩu).") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SetupProblem(f"{path.name}: không phải khóa Ed25519.")
    return key
