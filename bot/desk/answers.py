"""Answers for the person at the desk, made by the same parts that answer citizens: from a guide by aspect, and what
the assistant would say. Nothing here is sent by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from actions.answers.compose import Composer, short_name
from actions.answers.turn import Outcome
from actions.messages import Messages
from common.errors import InvalidInput, ISeeError, NotFound
from common.messages import Aspect, Reply, Status
from knowledge_base.model import Published

__all__ = ["DeskAnswers", "Found", "Suggesting"]

_HITS = 6
_log = structlog.get_logger(__name__)


class Suggesting(Protocol):
    """`actions.answers.Answerer`."""

    def answer_alone(self, text: str, last_procedure: str | None = None) -> list[Reply]: ...

    def shown(self, outcome: Any, under_discussion: str | None = None) -> Any: ...


class Guides(Protocol):
    """`knowledge_base.store.KnowledgeBase`."""

    def get(self, code: str) -> Published | None: ...


class Finds(Protocol):
    """`indexer.search.SearchService`."""

    @property
    def ready(self) -> bool: ...

    def search(self, text: str, k: int = 10) -> Any: ...


@dataclass(frozen=True)
class Found:
    """A procedure that a search found."""

    code: str
    name: str


class DeskAnswers:
    """Guides searched and quoted, and suggestions."""

    def __init__(
        self, messages: Messages, portal_url: str, guides: Guides, search: Finds, suggesting: Suggesting,
        texts: Messages,
    ) -> None:
        self._composer = Composer(messages, portal_url)
        self._guides, self._search, self._suggesting, self._texts = guides, search, suggesting, texts

    def search(self, words: str) -> Sequence[Found]:
        """The procedures nearest to `words`, best first; [] while the index is loading."""
        if not words.strip() or not self._search.ready:
            return []
        return [Found(hit.code, hit.name) for hit in self._search.search(words.strip()[:300], _HITS).hits]

    def from_guide(self, code: str, aspect: str) -> Reply:
        """The answer about one aspect exactly as the bot gives it, provenance included; buttons that lead back to the
        bot are left out, since a person answers. Raises NotFound, InvalidInput (the guide says nothing on it)."""
        published = self._guides.get(code)
        if published is None:
            raise NotFound(self._texts.render("problem.guide"))
        try:
            composed = self._composer.answer(published, Aspect(aspect))
        except ValueError as error:
            raise NotFound(self._texts.render("problem.guide")) from error
        reply: Reply = self._suggesting.shown(Outcome((composed,))).replies[0]
        if reply.status is not Status.ANSWERED:
            raise InvalidInput(self._texts.render("problem.silent"), field="aspect")
        return _for_person(reply)

    def suggest(self, text: str, procedure: str | None) -> Reply | None:
        """What the assistant would answer to the citizen's last words; None where it would not answer straight."""
        if not text or not self._search.ready:
            return None
        try:
            replies = self._suggesting.answer_alone(text, procedure)
        except ISeeError as error:
            _log.warning("no_suggestion", cause=str(error))
            return None
        answered = [reply for reply in replies if reply.status is Status.ANSWERED]
        return _for_person(answered[0]) if answered else None

    def name(self, code: str) -> str:
        """The short name of a procedure; "" where there is no such guide."""
        published = self._guides.get(code) if code else None
        return short_name(published.guide) if published else ""

    def field(self, code: str) -> str:
        """The field of a procedure's guide; "" where unknown."""
        published = self._guides.get(code) if code else None
        return published.guide.field if published else ""


def _for_person(reply: Reply) -> Reply:
    return reply.model_copy(update={
        "status": Status.AGENT, "buttons": [button for button in reply.buttons if button.payload is None]})
