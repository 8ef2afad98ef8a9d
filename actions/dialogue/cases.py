"""Which case is the citizen's, and the list of papers for it: the dialogue's side of `actions.checklists`."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.answers import Answerer, Outcome, Turn
from actions.answers.words import data, fold, has_phrase
from actions.checklists import CaseTalk, load_texts
from actions.services import Services
from common.messages import Aspect, Status
from knowledge_base.model import Origin, Published

__all__ = ["Cases"]

_PRINT = "print_checklist"


class Cases:
    """Hands turns about cases and lists to `CaseTalk`. Without a dossier room there are no lists."""

    def __init__(self, services: Services, answerer: Answerer) -> None:
        self._kb = services.kb
        self._answerer = answerer
        kept = getattr(services.dossiers, "checklists", None)
        self._talk = CaseTalk(kept, load_texts()) if kept else None

    def answered(self, turn: Turn, tracker: Tracker, last: list[dict[str, object]]) -> Outcome | None:
        """What a typed text answers to the question about cases that was asked last; None for any other text."""
        published = self._kb.get(turn.procedure or "")
        if self._talk is None or published is None or not turn.text or turn.in_form:
            return None
        return self._talk.typed(str(tracker.sender_id), published, turn.text, last)

    def way_back(
        self, turn: Turn, tracker: Tracker, last: list[dict[str, object]], outcome: Outcome
    ) -> Outcome:
        """`outcome`, and after it the question about cases that the citizen asked something else at; where that was
        asked again already, a button back to it.
        """
        published = self._kb.get(turn.procedure or "")
        asked = self._talk and published and not turn.in_form and self._talk.asked(published, last)
        elsewhere = outcome.slots.get("procedure", turn.procedure) != turn.procedure or turn.intent == _PRINT
        if not asked or elsewhere or not outcome.replies or self._talk is None:
            return outcome
        # What could not be answered stays the turn's last word, so that it is noted and offered to people.
        settled = outcome.replies[-1].status is not Status.ABSTAINED
        again = self._talk.again(str(tracker.sender_id), published, last) if published and settled else None
        if again:
            return Outcome((*outcome.replies, again), outcome.slots)
        *before, reply = outcome.replies
        back = self._talk.back(turn.procedure or "")
        return Outcome((*before, reply.model_copy(update={"buttons": [back, *reply.buttons]})), outcome.slots)

    def chosen(self, turn: Turn, tracker: Tracker) -> Outcome | None:
        """A button of a question about cases; None for the case of a plain answer."""
        published = self._kb.get(turn.entity("procedure_code") or turn.procedure or "")
        case = turn.entity("case")
        if self._talk is None or published is None or turn.text or not case:
            return None
        return self._talk.chosen(str(tracker.sender_id), published, case)

    def wanted(self, turn: Turn, tracker: Tracker) -> Outcome | None:
        """The list that is asked for: at once by button; in words, the papers (unless just shown) and the first
        question. None for a turn that wants no list.
        """
        if self._talk is None or turn.in_form or not _asks_for_a_list(turn):
            return None
        conversation = str(tracker.sender_id)
        published = self._kb.get(turn.entity("procedure_code") or "")
        if not turn.text:
            published = published or self._kb.get(turn.procedure or "")
            return self._talk.start(conversation, published) if published else self._mine(turn, conversation)
        plain = self._answerer.answer(turn)
        found = self._kb.get(str(plain.slots.get("procedure") or ""))
        if found is None or not _listed(found):
            return plain if found or plain.slots.get("candidates") else self._mine(turn, conversation)
        begun = self._talk.start(conversation, found)
        # The papers were on show a moment ago: said again, they would only push the question down.
        known = turn.procedure == found.code and turn.aspect in (Aspect.DOCUMENTS, Aspect.OVERVIEW)
        return Outcome((*(() if known else plain.replies), *begun.replies), {**plain.slots, **begun.slots})

    def _mine(self, turn: Turn, conversation: str) -> Outcome:
        """The lists that there are already, where no procedure is named."""
        kept = self._talk.mine(conversation, self._kb) if self._talk else None
        return Outcome((kept,)) if kept else self._answerer.answer(turn)


def _asks_for_a_list(turn: Turn) -> bool:
    """Whether a list is wanted, to take along: the intent of its own, or one that asks for the papers and words that
    ask to draw up a list.
    """
    if turn.intent == _PRINT:
        return True
    folded = fold(turn.text)
    return turn.intent == "ask_documents" and any(has_phrase(folded, phrase) for phrase in data("evidence")[_PRINT])


def _listed(published: Published) -> bool:
    return published.origin is not Origin.CATALOGUE and bool(published.guide.documents)
