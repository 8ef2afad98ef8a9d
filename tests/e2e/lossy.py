"""A proxy in front of the service that loses a share of what passes: requests before they arrive, answers on their way
back, event streams in the middle. What it loses follows from its seed, not from chance."""

from __future__ import annotations

import random
import re
import socket
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Literal, Self

__all__ = ["Fate", "LossyLine"]

Fate = Literal["passes", "request lost", "answer lost"]
_HEAD_END = b"\r\n\r\n"
_BLOCK = 4096
_PATIENCE_S = 30.0


class LossyLine:
    """Listens on a port of its own and hands on to `port`, one request a connection.

    Args:
        share: of requests that are lost, half of them only after the service has acted on them.
        first: fates of the first messages posted, before `share` decides.
        stream_bytes: after how many bytes (least, most) an event stream is cut; None: never.
    """

    def __init__(
        self, port: int, *, seed: int, share: float = 0.0, first: Iterable[Fate] = (),
        stream_bytes: tuple[int, int] | None = None,
    ) -> None:
        self._target, self.share, self.stream_bytes = port, share, stream_bytes
        self._first = list(first)
        self._random, self._deciding = random.Random(seed), threading.Lock()
        self.lost: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            client.settimeout(_PATIENCE_S)
            try:
                self._pass_on(client)
            except OSError:
                return  # either side hung up

    def _pass_on(self, client: socket.socket) -> None:
        request = _read_request(client)
        if not request:
            return
        what = request.split(b"\r\n", 1)[0].decode("latin-1")
        fate = self._fate(what)
        if fate != "passes":
            self.lost.append(f"{what}: {fate}")
        if fate == "request lost":
            return
        with socket.create_connection(("127.0.0.1", self._target), _PATIENCE_S) as service:
            service.sendall(request)
            left = self._stream_life(what)
            while block := service.recv(_BLOCK):
                if fate == "answer lost":
                    continue  # the service has acted on it; nobody hears of it
                client.sendall(block if left is None else block[:left])
                if left is not None and (left := left - len(block)) <= 0:
                    self.lost.append(f"{what}: stream cut")
                    return

    def _fate(self, what: str) -> Fate:
        with self._deciding:
            if self._first and re.match(r"POST \S+/messages ", what):
                return self._first.pop(0)
            if "/events" in what or self._random.random() >= self.share:
                return "passes"
            return self._random.choice(("request lost", "answer lost"))

    def _stream_life(self, what: str) -> int | None:
        if self.stream_bytes is None or "/events" not in what:
            return None
        with self._deciding:
            return self._random.randint(*self.stream_bytes)


def _read_request(client: socket.socket) -> bytes:
    """One whole request, told to close its connection; empty when the browser opened one for nothing."""
    data = b""
    while _HEAD_END not in data:
        block = client.recv(_BLOCK)
        if not block:
            return b""
        data += block
    head, _, body = data.partition(_HEAD_END)
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += client.recv(_BLOCK)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + _HEAD_END + body
