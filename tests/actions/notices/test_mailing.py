"""Letters reach a real SMTP server: opted in, plain, nothing personal in them, and the same letter when sent again."""

from __future__ import annotations

import email
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from sqlalchemy import update

from actions.outbox import OutboxRow
from bot.engine_process import free_port
from common.database import Database
from tests.actions.notices.conftest import NOON, Office, office_over


class Post:
    """Keeps what arrives; `busy` answers a temporary failure once."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], EmailMessage]] = []
        self.busy = False

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:
        if self.busy:
            self.busy = False
            return "451 try again later"
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((envelope.rcpt_tos, letter))
        return "250 taken"


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def server(post: Post) -> Iterator[Controller]:
    controller = Controller(post, hostname="127.0.0.1", port=free_port(0))
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def office(database: Database, tmp_path: Path, server: Controller) -> Office:
    return office_over(
        database, tmp_path, smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none",
        mail_from="thongbao@dvc.example.vn", public_url="https://dvc.example.vn")


def test_a_change_is_mailed_to_the_address_of_the_dossier(office: Office, post: Post) -> None:
    code = office.dossier(1, email="lan@example.com")
    office.notices.choose("c1", "dossier", True)
    office.changes(code, "supplement_requested")
    assert len(office.work()) == 1
    ((to, letter),) = post.letters
    assert to == ["lan@example.com"]
    body = letter.get_content()
    assert code in str(letter["Subject"])
    assert "cần bổ sung" in body
    assert "https://dvc.example.vn/dossiers/" in body
    assert "https://dvc.example.vn/notices/" in body
    assert "đừng nhắn nữa" in body
    assert str(letter["Message-ID"]).endswith("@dvc.example.vn>")
    assert letter["Auto-Submitted"] == "auto-generated"


def test_without_a_yes_or_after_a_no_to_mail_none_goes(office: Office, post: Post) -> None:
    code = office.dossier(1, email="lan@example.com")
    office.changes(code, "processing")
    office.work()
    office.notices.choose("c1", "dossier", True)
    office.notices.mail_to("c1", "")
    office.passes(minutes=1)
    office.changes(code, "approved")
    assert len(office.work()) == 1
    assert post.letters == []


def test_a_busy_server_gets_the_letter_later_and_a_repeated_one_is_the_same_letter(
    office: Office, post: Post, database: Database
) -> None:
    code = office.dossier(1, email="lan@example.com")
    office.notices.choose("c1", "dossier", True)
    post.busy = True
    office.changes(code, "processing")
    assert len(office.work()) == 1
    assert post.letters == []
    office.passes(minutes=5)
    assert office.work() == []
    with database.session() as session:
        session.execute(update(OutboxRow).where(OutboxRow.topic == "notice.mail").values(
            state="waiting", due_at=office.clock.at))
    office.work()
    assert len({str(letter["Message-ID"]) for _, letter in post.letters}) == 1
    assert len(post.letters) == 2


def test_a_reminder_goes_to_the_address_of_the_conversation(office: Office, post: Post, database: Database) -> None:
    office.notices.mail_to("c1", "binh@example.com")
    with database.session() as session:
        office.notices.remind(session, "c1", "payment", "p", NOON, {"code": "H49-261124-0009", "title": "Đất đai"})
    office.work()
    assert [to for to, _ in post.letters] == [["binh@example.com"]]


@pytest.mark.parametrize("address", ["lan", "lan@", "a b@example.com", "lan@example.com\r\nBcc: x@example.com", "@"])
def test_no_header_can_be_smuggled_in(office: Office, address: str) -> None:
    from common.errors import InvalidInput

    with pytest.raises(InvalidInput, match="@"):
        office.notices.mail_to("c1", address)


def test_sign_in_and_encryption_are_asked_of_a_server_that_is_set_so(
    database: Database, tmp_path: Path, post: Post, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*map(str, certificate))
    seen: list[bytes] = []

    def authenticate(_server: object, _session: object, _envelope: object, _how: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        seen.append(data.password)
        return AuthResult(success=data.password == b"right")

    controller = Controller(
        post, hostname="127.0.0.1", port=free_port(0), tls_context=tls, require_starttls=True,
        authenticator=authenticate, auth_required=True)
    controller.start()
    try:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        office = office_over(
            database, tmp_path, smtp_host="localhost", smtp_port=controller.port, smtp_user="isee",
            smtp_password="right", mail_from="thongbao@dvc.example.vn")
        office.notices.mail_to("c1", "binh@example.com")
        with database.session() as session:
            office.notices.remind(session, "c1", "payment", "p", NOON, {"code": "X", "title": "Y"})
        office.work()
    finally:
        controller.stop()
    assert seen == [b"right"]
    assert len(post.letters) == 1
