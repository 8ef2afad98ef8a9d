"""Leaving the machine to citizens: a thread's or a process's place in the queue for the processor."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

__all__ = ["yield_to_citizens"]

_NICE = 15


def yield_to_citizens() -> None:
    """Puts the calling thread (with the threads it starts) behind all others. It can't be taken back, so only threads
    and processes made for background work call this. Linux ranks threads one by one; elsewhere nothing happens."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
