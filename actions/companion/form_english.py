"""What an entry of an e-form asks for, in English (`form_english.yml`); the question and the dossier are Vietnamese."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from actions.dossiers.eforms.eform import EField

__all__ = ["in_words"]

_FILE = Path(__file__).parent / "form_english.yml"


def in_words(field: EField) -> dict[str, Any] | None:
    """The values of `eform.gloss` for a field: its label, how a value is written, its choices; None where the label
    has no English.
    """
    known = _glosses()
    label = known["labels"].get(field.label)
    if label is None:
        return None
    choices = [
        f"{choice.label}: {known['choices'][choice.label]}" for choice in field.choices
        if choice.label in known["choices"]
    ]
    return {"label": label, "how": known["kinds"].get(field.type, ""), "choices": choices}


@lru_cache(maxsize=1)
def _glosses() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(_FILE.read_text("utf-8"))
    return loaded
