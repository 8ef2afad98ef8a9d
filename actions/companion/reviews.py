"""The review of a form's answers, made afresh each time its own citizen reads the conversation; never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actions.companion.aids import Aids
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.eforms.values import Texts, Value
from actions.dossiers.registry.registry import Registry

__all__ = ["Review", "Reviews"]


@dataclass(frozen=True)
class Review:
    """`lines` are (field,) label and value; `text` says the same in words."""

    text: str
    lines: list[dict[str, str]]


class Reviews:
    """What stands behind the `sealed` part of a review card (`cards.py`)."""

    def __init__(self, drafts: DraftService, registry: Registry, texts: Texts, aids: Aids) -> None:
        self._aids = aids
        self._drafts = drafts
        self._registry = registry
        self._texts = texts

    def reveal(self, conversation_id: str, sealed: Mapping[str, Any]) -> Review | None:
        """The answers of a draft of this conversation; None when the draft is gone or another conversation's.

        In full while they can still be corrected; once submitted, with the personal numbers masked.
        """
        if "card" in sealed:
            shown = self._aids.scans.reveal(conversation_id, sealed)
            return Review(shown.text, shown.lines) if shown else None
        draft_id = str(sealed.get("draft") or "")
        return self._open(conversation_id, draft_id, sealed) or self._submitted(conversation_id, draft_id)

    def _open(self, conversation_id: str, draft_id: str, sealed: Mapping[str, Any]) -> Review | None:
        trial = self._drafts.practice.get(conversation_id)
        drafts = [trial] if trial else self._drafts.resumable(conversation_id)
        draft = next((d for d in drafts if d.id == draft_id), None)
        if draft is None:
            return None
        lines = [
            {"field": field.name, "label": field.label, "value": self._marked(value)}
            for field, value in draft.answered
        ]
        notice = str(sealed.get("notice") or "")
        text = self._texts.render("eform.review", notice=notice, title=draft.form.review, lines=lines)
        if draft.practice:
            text = self._texts.render("eform.practice.banner") + "\n\n" + text
        return Review(text, lines)

    def mark(self, value: Value) -> str:
        """Where an answer comes from, "" where it was typed."""
        return self._texts.render(f"source.{value.source}") if value.value and value.source != "typed" else ""

    def _marked(self, value: Value) -> str:
        return _with(value.display, self.mark(value))

    def _submitted(self, conversation_id: str, draft_id: str) -> Review | None:
        receipt = self._registry.receipt_of(draft_id, conversation_id)
        if receipt is None:
            return None
        lines = [{"label": line.label, "value": _with(line.value, line.mark)} for line in receipt.fields]
        text = self._texts.render("eform.review_submitted", title=receipt.procedure, code=receipt.code, lines=lines)
        return Review(text, lines)


def _with(display: str, mark: str) -> str:
    """The answer with where it comes from, where it was not typed."""
    return f"{display} ({mark})" if mark else display
