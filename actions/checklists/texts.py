"""The sentences of checklists, together with those of answers, whose lines they reuse."""

from __future__ import annotations

from pathlib import Path

from actions.messages import CATALOGUE_DIR, Messages

__all__ = ["load_texts"]


def load_texts() -> Messages:
    return Messages.load(*sorted(CATALOGUE_DIR.glob("*.yml")), Path(__file__).parent / "messages.yml")
