"""Leaving the machine to citizens."""

from __future__ import annotations

import os

__all__ = ["yield_to_citizens"]

_NICE = 10


def yield_to_citizens() -> None:
    """Puts this process behind others in the queue for the processor; it can't be taken back.

    For processes of their own only: a thread that was put back would hold the interpreter's lock while it waits for its
    turn, and everybody else in the process with it. Threads rest between pieces of work instead.
    """
    if hasattr(os, "nice"):
        os.nice(_NICE)
