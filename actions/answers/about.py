"""The answer about one procedure: which part of its guide is said, for which case and place."""

from __future__ import annotations

from typing import Any

from actions.answers.aspect import asked_aspect, aspect_of_words
from actions.answers.compose import Composer
from actions.answers.passages import find_passages, situated, speaks_of
from actions.answers.resolve import Resolved
from actions.answers.turn import Outcome, Turn
from actions.answers.words import fold, has_phrase, is_yes_or_no, says
from actions.services import Services
from common.messages import Aspect, Reply
from knowledge_base.model import Case, Origin, Published

__all__ = ["ProcedureAnswers", "known_case"]

# Aspects whose answer a described situation changes; the others are lists that stand for themselves.
_SITUATIONAL = {Aspect.OVERVIEW, Aspect.CONDITIONS}
_LEAST_SITUATION_WORDS = 2
# What sounds like an aspect and isn't: the last day to file is no time of processing, what is paid out is no fee. By
# the aspects that they are taken for, and the one under which a guide that says nothing is said to be silent.
_NOT_THE_ASPECT = {
    "deadline": ((Aspect.TIME, Aspect.CONDITIONS), Aspect.CONDITIONS),
    "payout": ((Aspect.FEE, Aspect.RESULT, Aspect.CONDITIONS, Aspect.OVERVIEW), Aspect.RESULT),
}
_MOST_RIVALS = 4
_SURELY_ASKS = 0.8
_CENTRE = "trung tâm phục vụ hành chính công"


class ProcedureAnswers:
    """Answers from a published guide, once it is settled which one."""

    def __init__(self, services: Services, composer: Composer) -> None:
        self._messages = services.messages
        self._centres = services.centres
        self._composer = composer

    def answer(self, turn: Turn, published: Published, resolved: Resolved, aspect: Aspect | None = None) -> Outcome:
        """The answer about `published`, which `resolved` settled on, and the slots that remember it. `aspect` is the
        part wanted; without it, the one that the turn asks for.
        """
        aspect = aspect or self._asked(turn, resolved)
        case = known_case(turn, published) if published.code == turn.procedure else None
        reply = self._reply(turn, resolved, published, aspect, case)
        slots: dict[str, Any] = {
            "procedure": published.code,
            "case": case,
            "candidates": None,
            "aspect": str(aspect),
        }
        rivals = [hit.code for hit in resolved.hits if hit.code != published.code][:_MOST_RIVALS]
        if resolved.kind == "new" and rivals:
            slots["rivals"] = rivals
        return Outcome((reply,), slots)

    def _asked(self, turn: Turn, resolved: Resolved) -> Aspect:
        """The aspect asked for; a text of nothing but a place name ("còn ở Hà Tu thì sao") asks where."""
        aspect = asked_aspect(turn)
        by_words = aspect_of_words(turn.text) if turn.text else aspect
        if resolved.kind == "new" and aspect is Aspect.STEPS and by_words is None:
            return Aspect.OVERVIEW  # "làm hộ chiếu thế nào" before anything is known wants the whole
        if resolved.kind == "same" and aspect is Aspect.OVERVIEW and by_words is None and is_yes_or_no(turn.text):
            return Aspect.CONDITIONS  # "biển số có phải đổi không" isn't answered by saying everything again
        only_place = turn.text and not resolved.residue and aspect_of_words(turn.text) is None
        return Aspect.PLACE if only_place and self._centres.mentioned(turn.text) else aspect

    def _reply(self, turn: Turn, resolved: Resolved, published: Published, aspect: Aspect, case: str | None) -> Reply:
        apart = self._apart(turn, published, aspect, resolved.confidence)
        if apart is not None:
            return apart
        described = aspect in _SITUATIONAL and len(resolved.residue) >= _LEAST_SITUATION_WORDS and turn.text
        if (
            described
            and published.origin is not Origin.CATALOGUE
            and (resolved.kind == "same" or aspect is Aspect.CONDITIONS)
        ):
            found = find_passages(published.guide, turn.text)
            if found:
                return self._composer.quoted(published, found, resolved.confidence)
            if resolved.kind == "same" and (resolved.lost or aspect is Aspect.CONDITIONS):
                return self._composer.silent(published, aspect)
            if resolved.kind == "new" and not (published.guide.conditions and _asks_conditions(turn)):
                aspect = Aspect.OVERVIEW
        centre = self._centre(turn, published) if aspect is Aspect.PLACE else ""
        return self._composer.answer(published, aspect, case, confidence=resolved.confidence, centre=centre)

    def _apart(self, turn: Turn, published: Published, aspect: Aspect, confidence: float | None) -> Reply | None:
        """What the guide says of a last day or of money paid out, where that is asked for; None for other questions."""
        if not turn.text or published.origin is Origin.CATALOGUE:
            return None
        for situation, (taken_for, silent) in _NOT_THE_ASPECT.items():
            if aspect in taken_for and speaks_of(situation, turn.text):
                found = situated(published.guide, situation)
                if found:
                    return self._composer.quoted(published, found, confidence)
                return self._composer.silent(published, silent)
        return None

    def _centre(self, turn: Turn, published: Published) -> str:
        """The centre of the place named, where the guide says that centres take the dossier (police matters differ)."""
        if not any(has_phrase(fold(place), _CENTRE) for place in published.guide.places):
            return ""
        place = next(iter(self._centres.mentioned(turn.text)), None) if turn.text else None
        if place is None or len(place.units) != 1:
            return ""
        return self._messages.render("centre.serves", unit=place.units[0].said)


def known_case(turn: Turn, published: Published) -> str | None:
    """The case under discussion, where the guide of `published` lists it."""
    known: list[Case] = published.guide.cases
    return turn.case if any(case.id == turn.case for case in known) else None


def _asks_conditions(turn: Turn) -> bool:
    """Whether conditions are asked for, not only a situation told: by their words, or by a question surely heard so."""
    said = aspect_of_words(turn.text) is Aspect.CONDITIONS
    return said or (turn.intent == "ask_conditions" and turn.confidence >= _SURELY_ASKS and says("asking", turn.text))
