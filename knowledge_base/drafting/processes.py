"""Heavy work on guides in a process of its own, with low priority, so that citizens' questions don't wait for it."""

from __future__ import annotations

import os
import subprocess
import sys

from common.settings import PROJECT_ROOT

__all__ = ["started"]

_NICE = 15


def started(module: str, *arguments: str, database_url: str) -> subprocess.Popen[bytes]:
    """`python -m module arguments…` on the same database; its standard input is open."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT_ROOT,
        # The address may hold a password: the environment is what other users of the machine can't read.
        env={**os.environ, "ISEE_DATABASE_URL": database_url},
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=_lower)


def _lower() -> None:
    os.nice(_NICE)
