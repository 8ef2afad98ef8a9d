"""The sentences of checklists, together with those of answers, whose lines they reuse."""

from __future__ import annotations

from pathlib import Path

from actions.messages import Messages, catalogues

__all__ = ["load_texts"]


def load_texts() -> Messages:
    return Messages.load(*catalogues(), Path(__file__).parent / "messages.yml")
