"""Encodes an import in a process of its own, behind everybody else in the queue for the processor: `… beside FOLDER`.

A text costs some twenty milliseconds of a core. In the service's process they would be taken from citizens' turns; here
they come from what is left over, and a thread that waits for the answer holds no lock of the interpreter.
"""

from __future__ import annotations

import json
import queue
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from common.niceness import yield_to_citizens
from common.settings import PROJECT_ROOT
from indexer.encoder import load_encoder
from indexer.search import builder
from indexer.search.types import Entry, EntryKind

__all__ = ["Beside", "Encoded", "main"]

# Catalogues come in portions; the process costs two seconds to start and 200 MB while it lives.
_KEPT_S = 60.0
_HEAD = struct.Struct("<III")  # bytes of the searched forms as JSON, vectors, their width


@dataclass(frozen=True)
class Encoded:
    """Derived entries in the order in which they were given, and their vectors, float32 (n, dim)."""

    entries: list[Entry]
    vectors: np.ndarray


class Beside:
    """The process, started when it is needed and ended when nothing came for a minute. Called by one thread.

    Usage:
        beside.begin(entries)
        while (made := beside.made()) is None: ...
    """

    def __init__(self, folder: Path) -> None:
        """`folder`: the built encoder."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[Encoded | None] = queue.SimpleQueue()
        self._pending = False
        self._used_at = 0.0

    def begin(self, entries: Sequence[Entry]) -> None:
        """Sends entries that aren't derived; an answer that nobody took is given up. Raises OSError."""
        if self._process is None or self._pending or self._process.poll() is not None:
            self.close()
            self._process = _started(self._folder)
            self._answers = queue.SimpleQueue()
        self._pending = True
        threading.Thread(
            target=_ask, args=(self._process, list(entries), self._answers), name="index-beside", daemon=True).start()

    def made(self) -> Encoded | None:
        """What came of the last `begin`; None while it is at work. Raises OSError when the process failed."""
        self._used_at = time.monotonic()
        try:
            made = self._answers.get_nowait()
        except queue.Empty:
            return None
        self._pending = False
        if made is None:
            self.close()
            raise OSError("the encoding process ended without an answer")
        return made

    def close_if_idle(self) -> None:
        if self._process is not None and time.monotonic() - self._used_at > _KEPT_S:
            self.close()

    def close(self) -> None:
        """Ends the process; a later `begin` starts another."""
        process, self._process, self._pending = self._process, None, False
        if process is not None:
            process.kill()
            process.wait()


def _started(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "indexer.search.beside", str(folder)], cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _ask(
    process: subprocess.Popen[bytes], entries: list[Entry], answers: queue.SimpleQueue[Encoded | None]
) -> None:
    try:
        made = _exchanged(cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout), entries)
    except (OSError, ValueError, struct.error):
        made = None
    answers.put(made)


def _exchanged(asks: BinaryIO, tells: BinaryIO, entries: list[Entry]) -> Encoded:
    """Raises OSError, ValueError or struct.error where the other side is gone."""
    asks.write(json.dumps([[entry.kind.value, entry.text] for entry in entries]).encode() + b"\n")
    asks.flush()
    size, count, dim = _HEAD.unpack(tells.read(_HEAD.size))
    searched = json.loads(tells.read(size))
    vectors = np.frombuffer(tells.read(4 * count * dim), dtype=np.float32).reshape(count, dim)
    derived = [
        Entry(entry.code, entry.kind, entry.text, text) for entry, text in zip(entries, searched, strict=True)]
    return Encoded(derived, vectors)


def main(folder: str) -> int:
    """Answers each line of entries until its standard input is closed, as it is when the service ends."""
    yield_to_citizens()
    encoder = load_encoder(folder, threads=1)
    for line in sys.stdin.buffer:
        derived = builder.derive([Entry("", EntryKind(kind), text) for kind, text in json.loads(line)])
        vectors = np.ascontiguousarray(builder.encode_entries(derived, encoder, {}), dtype=np.float32)
        searched = json.dumps([entry.searched for entry in derived]).encode()
        sys.stdout.buffer.write(_HEAD.pack(len(searched), *vectors.shape) + searched + vectors.tobytes())
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
