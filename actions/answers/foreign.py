"""Answers to questions in English, French or Chinese: the index finds the procedure, its guide answers in English.

What a guide holds in Vietnamese only is quoted as it stands and said to be so (`compose`). Where the conversation is
about a procedure already, a question that names no matter asks for a part of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from actions.answers.asking import BackQuestions
from actions.answers.aspect import asked_aspect, is_open_ended, remembered_aspect
from actions.answers.clarify import Clarifier
from actions.answers.compose import Composer
from actions.answers.hearing import names_matter
from actions.answers.resolve import Resolved
from actions.answers.turn import Outcome, Turn
from actions.services import Hit, Knowledge, SearchResult, Services
from common.language import asked_in
from knowledge_base.model import Published

__all__ = ["ForeignAnswers"]

# Of the best hit's score: what is below it isn't worth a line in a question back.
_FAINT = 0.1
# A procedure under discussion that is among so many best hits of an unsure question is still the one meant.
_STAY_WITHIN = 3


class ForeignAnswers:
    """Reads a question by search and by what was said before; the words of other languages are no intents."""

    def __init__(
        self, services: Services, clarifier: Clarifier, composer: Composer, back: BackQuestions
    ) -> None:
        self._search = services.search
        self._kb: Knowledge = services.kb
        self._clarifier, self._composer, self._back = clarifier, composer, back

    def answer(self, turn: Turn) -> Outcome:
        """The answer, a question back, or the plain statement that nothing fits."""
        current = self._kb.get(turn.procedure or "")
        bare = replace(turn, text="")  # from here on like a button: Vietnamese words are looked for in a text
        if not names_matter(turn.text, asked_in()):
            return self._back.answer(bare, Resolved("same", current)) if current else self._back.which(bare)
        found = self._search.search(turn.text, language=asked_in())
        best = self._kb.get(found.hits[0].code) if found.hits else None
        if best and (found.decision == "answer" or self._chosen(turn, found)):
            return self._found(bare, best, found)
        if current and (found.decision == "abstain" or _near(current.code, found.hits)):
            return self._stayed(bare, current, lost=found.decision == "abstain")
        if found.decision == "clarify":
            return self._clarified(bare, found.hits)
        return self._back.unknown(bare)

    def _found(self, turn: Turn, best: Published, found: SearchResult) -> Outcome:
        same = best.code == turn.procedure
        aspect = remembered_aspect(turn) if turn.candidates and is_open_ended(turn) else None
        resolved = Resolved("same" if same else "new", best, tuple(found.hits), found.confidence)
        return self._back.answer(turn, resolved, aspect=aspect)

    def _chosen(self, turn: Turn, found: SearchResult) -> bool:
        """Whether the words are nearest to one of the procedures on offer."""
        return found.decision == "clarify" and found.hits[0].code in turn.candidates

    def _stayed(self, turn: Turn, current: Published, *, lost: bool) -> Outcome:
        """About the procedure under discussion; what the index makes nothing of isn't settled by its guide in any words
        that we could find."""
        if lost and is_open_ended(turn):
            return Outcome((self._composer.silent(current, asked_aspect(turn)),))
        return self._back.answer(turn, Resolved("same", current))

    def _clarified(self, turn: Turn, hits: Sequence[Hit]) -> Outcome:
        codes = [hit.code for hit in hits if hit.score >= hits[0].score * _FAINT]
        if not self._clarifier.offered(codes):
            return self._back.unknown(turn)
        reply, offered = self._clarifier.ask(codes)
        slots = {"candidates": offered, "aspect": str(asked_aspect(turn)), "procedure": None, "case": None}
        return Outcome((reply,), slots)


def _near(code: str, hits: Sequence[Hit]) -> bool:
    return code in [hit.code for hit in hits[:_STAY_WITHIN]]
