"""Fills in what is stored only as a reference, at the moment a message is handed to its own citizen.

A reply that shows e-form values carries `form.sealed` instead of them and a neutral sentence as its text. So Rasa, the
database, agents and any channel that does not ask `Reveal` see that sentence: forgetting to reveal hides, never leaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = ["Reveal", "Revealing"]


class _Revealed(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def lines(self) -> list[dict[str, str]]: ...


class Revealing(Protocol):
    """`actions.companion.reviews`: the values behind a `sealed` reference, None when they are gone."""

    def reveal(self, conversation_id: str, sealed: Mapping[str, Any]) -> _Revealed | None: ...


class Reveal:
    """Public `Message` data as the authenticated citizen may see it. Synchronous: call from a worker thread."""

    def __init__(self, source: Revealing) -> None:
        self._source = source

    def messages(self, conversation_id: str, stored: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Copies of `stored` with the values filled in; what is gone keeps its neutral sentence."""
        return [self._message(conversation_id, message) for message in stored]

    def _message(self, conversation_id: str, message: dict[str, Any]) -> dict[str, Any]:
        form = message.get("form")
        # Only the bot's replies carry forms; a citizen's or an agent's words can't ask for values.
        if message.get("author") != "bot" or not isinstance(form, dict) or not isinstance(form.get("sealed"), dict):
            return message
        shown = self._source.reveal(conversation_id, form["sealed"])
        card = {name: part for name, part in form.items() if name != "sealed"}
        if shown is None:
            return {**message, "form": card}
        return {**message, "text": shown.text, "form": {**card, "review": shown.lines}}
