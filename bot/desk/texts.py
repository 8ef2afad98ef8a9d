"""The desk's sentences, from `messages.yml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from actions.messages import Messages

__all__ = ["desk_texts"]


@cache
def desk_texts() -> Messages:
    return Messages.load(Path(__file__).with_name("messages.yml"))
