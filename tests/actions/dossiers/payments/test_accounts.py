"""Accounts count only when signed with the pinned key, unaltered and not expired."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from actions.dossiers.payments.accounts import _PURPOSE, Accounts, public_key_of, sign
from bot.cli import payments as cli
from common.clock import local_date
from common.errors import SetupProblem
from common.settings import get_settings

KEY = Ed25519PrivateKey.generate()
ACCOUNT = {
    "agency": "H49", "bank": "Ngân hàng thử", "bank_bin": "970436", "account": "1234567890", "holder": "TRUNG TAM THU"}


def written(folder: Path, days: int = 30, **changes: str) -> Path:
    path = folder / "payment_accounts.json"
    wards = {**ACCOUNT, "agency": "H49.22", "account": "2222222222"}
    body = {"expires_on": str(local_date() + timedelta(days=days)), "accounts": [{**ACCOUNT, **changes}, wards]}
    path.write_text(json.dumps(body), "utf-8")
    return path


def test_a_signed_file_gives_the_account_of_the_agency(tmp_path: Path) -> None:
    path = written(tmp_path)
    sign(path, KEY)
    accounts = Accounts.load(path, public_key_of(KEY))
    found = {code: accounts.of(code) for code in (
        "H49-261122-0001", "H49.01.02-261122-0001", "H49.22-261122-0001", "H49.22.5-261122-0001", "H490-261122-0001",
        "H50-261122-0001")}
    assert [one.account if one else "" for one in found.values()] == [
        "1234567890", "1234567890", "2222222222", "2222222222", "", ""]


@pytest.mark.parametrize("tamper", ["unsigned", "altered", "other_key", "foreign_signature", "expired", "no_key"])
def test_anything_else_is_refused(tmp_path: Path, tamper: str) -> None:
    path, public = written(tmp_path), public_key_of(KEY)
    signature = sign(path, KEY)
    if tamper == "unsigned":
        signature.unlink()
    elif tamper == "altered":
        path.write_bytes(path.read_bytes().replace(b"1234567890", b"9999999999"))
    elif tamper == "other_key":
        sign(path, Ed25519PrivateKey.generate())
    elif tamper == "foreign_signature":
        signature.write_text(base64.b64encode(KEY.sign(path.read_bytes())).decode())
    elif tamper == "expired":
        content = path.read_bytes().replace(str(local_date() + timedelta(days=30)).encode(), b"2020-01-01")
        path.write_bytes(content)
        signature.write_text(base64.b64encode(KEY.sign(_PURPOSE + content)).decode())
    else:
        public = ""
    with pytest.raises(SetupProblem):
        Accounts.load(path, public)


@pytest.mark.parametrize("changes", [{"bank_bin": "97043"}, {"account": "12 34"}, {"agency": "h49"}, {"iban": "x"}])
def test_a_wrong_file_is_not_even_signed(tmp_path: Path, changes: dict[str, str]) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(SetupProblem):
        sign(path, KEY)
    assert not path.with_name(path.name + ".sig").exists()


def test_the_command_line_from_key_to_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, path, key = CliRunner(), written(tmp_path), tmp_path / "key.pem"
    made = run.invoke(cli.app, ["new-key", "--key", str(key)], catch_exceptions=False)
    public = made.output.split("ISEE_PAYMENT_PUBLIC_KEY=")[1].split("\n")[0]
    assert key.stat().st_mode & 0o077 == 0
    assert isinstance(run.invoke(cli.app, ["new-key", "--key", str(key)]).exception, SetupProblem)  # never overwritten
    assert "Đã ký" in run.invoke(cli.app, ["sign-config", str(path), "--key", str(key)], catch_exceptions=False).output
    monkeypatch.setenv("ISEE_PAYMENT_ACCOUNTS", str(path))
    monkeypatch.setenv("ISEE_PAYMENT_PUBLIC_KEY", public)
    get_settings.cache_clear()
    try:
        assert "hợp lệ" in run.invoke(cli.app, ["check"], catch_exceptions=False).output
        path.write_bytes(path.read_bytes() + b" ")
        assert isinstance(run.invoke(cli.app, ["check"]).exception, SetupProblem)
    finally:
        get_settings.cache_clear()
