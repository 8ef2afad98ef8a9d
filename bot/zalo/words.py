"""The channel's sentences, from `texts.yml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from actions.messages import Messages

__all__ = ["zalo_texts"]


@cache
def zalo_texts() -> Messages:
    return Messages.load(Path(__file__).with_name("texts.yml"))
