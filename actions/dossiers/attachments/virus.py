"""Asks ClamAV's daemon about a file (clamd(8), command INSTREAM).

By hand, since the one maintained client library on PyPI (clamav-client) is under the GPL, which this product is not;
the protocol is a length before each piece.
"""

from __future__ import annotations

import re
import socket
import struct

__all__ = ["ScannerDown", "is_clean"]

_TIMEOUT_S = 20.0
_PIECE = 1 << 16


class ScannerDown(Exception):
    """The daemon is configured and did not answer as clamd does."""


def is_clean(address: str, content: bytes) -> bool:
    """Whether the clamd at `address` (`host:port`, or the path of its socket) finds nothing. Raises ScannerDown."""
    try:
        with _connected(address) as link:
            link.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), _PIECE):
                piece = content[at : at + _PIECE]
                link.sendall(struct.pack("!I", len(piece)) + piece)
            link.sendall(struct.pack("!I", 0))
            answer = _line(link)
    except (OSError, ValueError) as error:
        raise ScannerDown(str(error)) from error
    if answer.endswith(b"OK"):
        return True
    if answer.endswith(b"FOUND"):
        return False
    raise ScannerDown(answer.decode("utf-8", "replace")[:200])


def _connected(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    if re.fullmatch(r"\d{1,5}", port) and host:
        return socket.create_connection((host.strip("[]"), int(port)), timeout=_TIMEOUT_S)
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(_TIMEOUT_S)
    link.connect(address)
    return link


def _line(link: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0"):
        piece = link.recv(4096)
        if not piece:
            break
        answer += piece
        if len(answer) > 4096:
            raise ValueError("an answer without an end")
    return answer.strip(b"\0\r\n ")
