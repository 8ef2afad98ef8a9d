"""Receiving accounts, only from a file that the owner of a pinned key has signed.

A QR code with a wrong account is how citizens are robbed, so an account comes from nowhere else: not from the
database, not from a guide, not from the console. The file is JSON; its detached signature (Ed25519, RFC 8032) stands
beside it as `<file>.sig`; the public key is a setting. Whoever can change the file but not the setting changes nothing.
"""

from __future__ import annotations

import base64
import binascii
from datetime import date
from pathlib import Path
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from common.clock import local_date
from common.errors import SetupProblem
from common.settings import Settings

__all__ = ["Account", "Accounts", "public_key_of", "sign"]

# A signature made for another purpose with the same key must not count here.
_PURPOSE = b"isee payment accounts v1\n"


class Account(BaseModel):
    """One account. `agency` is the agency code that dossier codes begin with; the longest that fits wins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agency: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+(\.[A-Z0-9]+)*$")]
    bank: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    bank_bin: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    account: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{4,19}$")]
    holder: Annotated[str, StringConstraints(min_length=2, max_length=120)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expires_on: date
    accounts: list[Account] = Field(min_length=1)


class Accounts:
    """The signed accounts, while they hold."""

    def __init__(self, accounts: list[Account], expires_on: date) -> None:
        self._accounts = accounts
        self.expires_on = expires_on

    @classmethod
    def load(cls, path: Path, public_key: str) -> Accounts:
        """Raises SetupProblem for a file that is missing, unsigned, altered, foreign, expired or wrong."""
        try:
            content = path.read_bytes()
            signature = base64.b64decode(signature_path(path).read_text("ascii").strip(), validate=True)
        except (OSError, ValueError, binascii.Error) as error:
            raise SetupProblem(f"{path.name}: không đọc được tệp tài khoản hoặc chữ ký {path.name}.sig.") from error
        try:
            _public(public_key).verify(signature, _PURPOSE + content)
        except InvalidSignature as error:
            raise SetupProblem(
                f"{path.name}: chữ ký không đúng với ISEE_PAYMENT_PUBLIC_KEY; tệp đã bị sửa hoặc ký bằng khóa khác."
            ) from error
        read = _read(content, path.name)
        if read.expires_on < local_date():
            raise SetupProblem(f"{path.name}: đã hết hạn ngày {read.expires_on:%d/%m/%Y}; ký lại tệp mới.")
        return cls(read.accounts, read.expires_on)

    @classmethod
    def from_settings(cls, settings: Settings) -> Accounts | None:
        """None when no file is configured. Raises as `load`."""
        if not settings.payment_accounts:
            return None
        return cls.load(Path(settings.payment_accounts).expanduser(), settings.payment_public_key)

    def of(self, dossier_code: str) -> Account | None:
        """The account for a dossier's fee, if there is one today."""
        if self.expires_on < local_date():
            return None
        agency = dossier_code.split("-")[0]
        fitting = [one for one in self._accounts if agency == one.agency or agency.startswith(one.agency + ".")]
        return max(fitting, key=lambda one: len(one.agency), default=None)


def sign(path: Path, private_key: Ed25519PrivateKey) -> Path:
    """Writes the detached signature of an accounts file that can be read; returns its path. Raises SetupProblem."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SetupProblem(f"{path.name}: không đọc được tệp ({error.strerror}).") from error
    read = _read(content, path.name)
    if read.expires_on < local_date():
        raise SetupProblem(f"{path.name}: ngày hết hạn {read.expires_on:%d/%m/%Y} đã qua.")
    target = signature_path(path)
    target.write_text(base64.b64encode(private_key.sign(_PURPOSE + content)).decode() + "\n", "ascii")
    return target


def public_key_of(private_key: Ed25519PrivateKey) -> str:
    """The public key as the setting takes it."""
    return base64.b64encode(private_key.public_key().public_bytes_raw()).decode()


def signature_path(path: Path) -> Path:
    return path.with_name(path.name + ".sig")


def _public(key: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
    except (ValueError, binascii.Error) as error:
        raise SetupProblem("ISEE_PAYMENT_PUBLIC_KEY không phải khóa Ed25519 dạng Base64 (32 byte).") from error


def _read(content: bytes, name: str) -> _File:
    try:
        return _File.model_validate_json(content)
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        raise SetupProblem(f"{name}: nội dung chưa đúng ({where}).") from error
