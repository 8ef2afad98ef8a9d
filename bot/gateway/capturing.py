"""Several parts that may be waiting for a value of the citizen: the first that takes a message has it."""

from __future__ import annotations

from typing import Protocol

from bot.gateway.turn import Captured, Capturing

__all__ = ["Captures"]


class Asking(Protocol):
    """Waits for one typed answer (`actions.notices.asking`)."""

    def capture(self, conversation_id: str, text: str | None) -> Captured | None: ...


class Captures:
    """The e-forms first, since an open form owns what is typed; then the other parts, in order."""

    def __init__(self, forms: Capturing, *others: Asking) -> None:
        self._forms = forms
        self._others = others

    def capture(
        self, conversation_id: str, text: str | None = None, payload: str | None = None, client: str = ""
    ) -> Captured | None:
        taken = self._forms.capture(conversation_id, text=text, payload=payload, client=client)
        if taken is not None or payload is not None:
            return taken
        return next((found for other in self._others if (found := other.capture(conversation_id, text))), None)

    def capture_upload(self, conversation_id: str, filename: str, content: bytes) -> Captured | None:
        return self._forms.capture_upload(conversation_id, filename, content)

    def form_open(self, conversation_id: str) -> bool:
        """Whether the engine's loop has a form to ask about."""
        return self._forms.form_open(conversation_id)
