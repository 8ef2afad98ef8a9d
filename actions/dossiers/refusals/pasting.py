"""Pasted notices are caught before the dialogue engine: names and numbers go out, the rest travels sealed."""

from __future__ import annotations

from actions.dossiers.eforms.intake import Captured
from actions.dossiers.eforms.pending import Pending
from actions.dossiers.refusals.notice import is_notice, points, redacted

__all__ = ["Pastes"]

_PURPOSE = "paste"
_SHORTEST_REASON = 12


class Pastes:
    """One `Asking` of the gateway: it comes after the e-forms, which own what is typed while one is open."""

    def __init__(self, pending: Pending) -> None:
        self._pending = pending

    def expect(self, conversation_id: str) -> None:
        """The conversation was asked to paste its notice: the next text that names a defect is taken for one."""
        self._pending.expect(conversation_id, _PURPOSE)

    def keep(self, conversation_id: str, text: str) -> str:
        """Seals a notice for a later turn; returns its reference."""
        return self._pending.put(conversation_id, "text", redacted(text))

    def take(self, conversation_id: str, ref: str) -> str:
        """The notice behind a reference, once; "" when there is none."""
        entered = self._pending.take(conversation_id, ref)
        return entered.text if entered else ""

    def capture(self, conversation_id: str, text: str | None) -> Captured | None:
        """The notice under a reference; None for anything else. What is stored has neither names nor numbers."""
        if not text or not self._is_one(conversation_id, text):
            return None
        self._pending.unexpect(conversation_id, _PURPOSE)
        ref = self.keep(conversation_id, text)
        return Captured(f'/explain_refusal{{"eform_input":"{ref}"}}', redacted(text))

    def _is_one(self, conversation_id: str, text: str) -> bool:
        if is_notice(text):
            return True
        short = len(text.strip()) < _SHORTEST_REASON or text.rstrip().endswith("?")
        return not short and self._pending.expects(conversation_id, _PURPOSE) and bool(points(text))
