"""Runs `worker.py` on one file, with a clock, and a few at a time."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from actions.dossiers.attachments.kinds import Unusable
from common.settings import PROJECT_ROOT

__all__ = ["Busy", "run"]

Task = Literal["image", "pdf", "card", "view"]
_WALL_S = 30
_WAIT_S = 30
_AT_ONCE = 2
_slots = threading.BoundedSemaphore(_AT_ONCE)
# One thread each: a numeric library's pool reserves more address space than the limit allows.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"}


class Busy(Exception):
    """Too many files are being checked."""


def run(task: Task, content: bytes, *numbers: int) -> tuple[dict[str, Any], bytes]:
    """The worker's answer and the content that it hands back; `numbers`: what the task needs besides (a page).

    Raises Unusable with the worker's reason (`too_heavy` when a limit ended it), Busy after half a minute of waiting.
    """
    command = [sys.executable, "-m", "actions.dossiers.attachments.worker", task, *map(str, numbers)]
    with _slot():
        try:
            done = subprocess.run(
                command, input=content, capture_output=True, timeout=_WALL_S, cwd=PROJECT_ROOT, env=_ENVIRONMENT,
                check=False)
        except subprocess.TimeoutExpired as error:
            raise Unusable("too_heavy") from error
    line, _, body = done.stdout.partition(b"\n")
    if done.returncode != 0 or not line:
        raise Unusable("too_heavy" if done.returncode < 0 else "broken")
    head: dict[str, Any] = json.loads(line)
    if "problem" in head:
        raise Unusable(head["problem"], **head["values"])
    return head, body


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=_WAIT_S):
        raise Busy
    try:
        yield
    finally:
        _slots.release()
