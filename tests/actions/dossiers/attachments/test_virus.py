"""The scanner's protocol, spoken with a server that reads what clamd reads."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actions.companion.bundle import build_dossiers
from actions.dossiers.attachments import virus
from common.database import Database
from common.errors import InvalidInput, NotReady
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.attachments.pdf_files import plain

SIGNATURE = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


class Scanner(socketserver.StreamRequestHandler):
    """INSTREAM as in clamd(8): sized pieces, an empty one at the end, one line back."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while (size := struct.unpack("!I", self.rfile.read(4))[0]) > 0:
            content += self.rfile.read(size)
        said = self.server.answer or (b"stream: Eicar FOUND" if SIGNATURE in content else b"stream: OK")  # type: ignore[attr-defined]
        self.wfile.write(said + b"\0")


@contextmanager
def scanner(kind: type[socketserver.BaseServer], at: object, answer: bytes = b"") -> Iterator[socketserver.BaseServer]:
    server = kind(at, Scanner)  # type: ignore[arg-type]
    server.answer = answer  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def test_clean_and_infected_over_a_port_and_over_a_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "clamd.sock")
    with scanner(socketserver.ThreadingTCPServer, ("127.0.0.1", 0)) as tcp, scanner(
        socketserver.ThreadingUnixStreamServer, path
    ):
        for address in (f"127.0.0.1:{tcp.server_address[1]}", path):
            assert virus.is_clean(address, b"harmless" * 50_000)
            assert not virus.is_clean(address, b"x" * 70_000 + SIGNATURE)


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR", b"", b"x" * 5000])
def test_an_answer_that_is_none_is_no_verdict(answer: bytes, tmp_path: Path) -> None:
    path = str(tmp_path / "clamd.sock")
    with scanner(socketserver.ThreadingUnixStreamServer, path, answer or b" "), pytest.raises(virus.ScannerDown):
        virus.is_clean(path, b"a")


def test_uploads_wait_for_a_scanner_that_is_configured(tmp_path: Path, database: Database, keyring: Keyring) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(home=tmp_path, clamd=f"127.0.0.1:{port}", _env_file=None)
    uploads = build_dossiers(settings, database, keyring).uploads
    with pytest.raises(NotReady, match="chưa kiểm tra được vi-rút"):
        uploads.check("a.pdf", plain(), ["pdf"])
    with scanner(socketserver.ThreadingTCPServer, ("127.0.0.1", port)):
        assert uploads.check("a.pdf", plain(), ["pdf"]).type == "application/pdf"
        with pytest.raises(InvalidInput, match="diệt vi-rút"):
            uploads.check("a.pdf", plain() + SIGNATURE, ["pdf"])
