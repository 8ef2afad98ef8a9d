"""Answers to a choice: one of the procedures offered, or one case of the procedure under discussion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from actions.answers.asking import BackQuestions
from actions.answers.aspect import asked_aspect, asks_part, aspect_of_words, remembered_aspect
from actions.answers.choice import Chooser
from actions.answers.clarify import Clarifier
from actions.answers.compose import Composer
from actions.answers.ordinals import nth
from actions.answers.resolve import Resolved, Resolver
from actions.answers.turn import Outcome, Turn
from actions.answers.unlisted import cases_on_show, pointed_at
from actions.answers.words import tokens
from actions.services import Services
from common.messages import Aspect, Status
from knowledge_base.model import Published

__all__ = ["ChosenAnswers", "said_case"]

_MOST_BESIDES_LABEL = 4
_MOST_BESIDES_NUMBER = 3
# Below this the classifier guesses that a text counts.
_SURELY_COUNTS = 0.5
# Below this "bị rơi mất hôm qua" may as well name a neighbouring procedure as a case of this one.
_SURELY_A_CASE = 0.8


class ChosenAnswers:
    """Reads choices. What turns out to be none is handed to `ask`, which answers any question."""

    def __init__(
        self,
        services: Services,
        resolver: Resolver,
        clarifier: Clarifier,
        composer: Composer,
        back: BackQuestions,
        ask: Callable[[Turn], Outcome],
    ) -> None:
        self._kb = services.kb
        self._messages = services.messages
        self._resolver = resolver
        self._chooser = Chooser(services.search, services.kb, resolver)
        self._clarifier = clarifier
        self._composer = composer
        self._back = back
        self._ask = ask

    def pick(self, turn: Turn) -> Outcome | None:
        """The answer of a text that answers an open list, whatever the classifier made of it; None for any other."""
        offered = [guide.code for guide in self._clarifier.offered(turn.candidates)]
        if not offered:
            return self._unlisted(turn)
        pick = self._chooser.pick(turn, offered)
        if pick is None:
            return None
        if pick.kind == "take":
            return self._taken(turn, offered, pick.codes[0])
        if pick.kind == "ask":
            reply, left = self._clarifier.ask(pick.codes)
            return Outcome((reply,), {"candidates": left})
        return self._back.other(pick.codes)

    def _unlisted(self, turn: Turn) -> Outcome | None:
        """What to say to "cái thứ ba" where one procedure was answered and no list is open: its neighbours are asked
        about, unless the cases under a list of papers were counted. None for any other text.
        """
        published = self._kb.get(turn.procedure or "")
        if published is None or not turn.text or turn.in_form or turn.entity("procedure_code"):
            return None
        before = self._resolver.matter_before(turn)
        if before is not None:
            return self._back.answer(turn, Resolved("new", before), aspect=asked_aspect(replace(turn, intent="")))
        said = pointed_at(turn, published, self._resolver)
        if said is None:
            return None
        cases = cases_on_show(turn, published.guide)
        place = next(iter(said.meant), len(cases))
        if len(said.meant) == 1 and place < len(cases):
            return self.choose_case(replace(turn, text="", entities={"case": (cases[place].id,)}))
        if said.meant == {0} and not said.refused:  # the only one named is the first
            said_part = asked_aspect(replace(turn, intent="" if turn.intent == "choose_nth" else turn.intent))
            return self._back.answer(turn, Resolved("same", published), aspect=said_part)
        near = [code for code in self._chooser.near(turn, published) if code != published.code]
        return self._back.not_listed(turn, published, near) if said.meant else self._back.other(near)

    def _taken(self, turn: Turn, offered: Sequence[str], code: str) -> Outcome:
        """The answer about the offer `code`: the part that the choice asks for, else the one asked before the list."""
        said = asked_aspect(turn) if asks_part(turn) else None
        aspect = (
            said or (aspect_of_words(turn.text) if turn.intent == "choose_nth" else None) or remembered_aspect(turn)
        )
        outcome = self._back.answer(turn, Resolved("new", self._kb.get(code)), aspect=aspect)
        return Outcome(outcome.replies, {**outcome.slots, "rivals": [other for other in offered if other != code]})

    def choose(self, turn: Turn) -> Outcome:
        """One of the offered procedures, by button, by number or by its words."""
        if turn.entity("procedure_code"):
            resolved = self._resolver.resolve(turn)
            return (
                self._back.answer(turn, resolved, aspect=remembered_aspect(turn))
                if resolved.published
                else self._ask(turn)
            )
        offered = [guide.code for guide in self._clarifier.offered(turn.candidates)]
        most = _MOST_BESIDES_NUMBER if turn.confidence >= _SURELY_COUNTS else 0
        if not offered and not turn.procedure and len(self._resolver.residue(turn.text)) > most:
            return self._ask(replace(turn, intent=""))  # a sentence with a number in it, no choice
        if not offered and turn.text and turn.intent == "choose_procedure":
            return self._ask(replace(turn, intent=""))
        if not offered:
            return self._nth_case(turn)
        named = None if turn.entity("nth") else self._resolver.among(turn.text, turn.candidates)
        index = offered.index(named.code) if named and named.code in offered else None
        if index is None:
            index = nth(turn.text, turn.entity("nth"), len(offered))
        if index is None and turn.intent == "choose_procedure":
            return self._ask(replace(turn, intent=""))
        if index is None:
            text = self._messages.render("clarify.invalid_choice", count=len(offered))
            return Outcome((self._clarifier.ask(offered)[0].model_copy(update={"text": text}),))
        return self._taken(turn, offered, offered[index])

    def choose_case(self, turn: Turn) -> Outcome:
        """The answer for one case of the procedure: what to bring then. In words ("của em là cấp lại do mất"), a case
        that the guide doesn't list is answered like any situation.
        """
        published = self._kb.get(turn.entity("procedure_code") or turn.procedure or "")
        if turn.text:
            said = said_case(turn, published) if published else None
            if said is None:
                sure = turn.confidence if turn.confidence >= _SURELY_A_CASE else 0.0
                return self._ask(replace(turn, intent="ask_conditions" if published else "", confidence=sure))
            turn = replace(turn, entities={**turn.entities, "case": (said,)})
        if published is None:
            return self._back.which(turn)
        case = next((case.id for case in published.guide.cases if case.id == turn.entity("case")), None)
        reply = self._composer.answer(published, Aspect.DOCUMENTS, case)
        return Outcome((reply,), {"procedure": published.code, "case": case, "candidates": None})

    def _nth_case(self, turn: Turn) -> Outcome:
        """ "Trường hợp 2" where no list of procedures is open counts the cases of the procedure."""
        published = self._kb.get(turn.procedure or "")
        cases = published.guide.cases if published else []
        index = nth(turn.text, turn.entity("nth"), len(cases))
        if published is None or index is None:
            return Outcome((self._back.open_reply("clarify.nothing_offered", Status.CLARIFIED),))
        reply = self._composer.answer(published, Aspect.DOCUMENTS, cases[index].id)
        return Outcome((reply,), {"case": cases[index].id})


def said_case(turn: Turn, published: Published) -> str | None:
    """The one case whose label the text says, word for word (negations count) and with little besides."""
    said = tokens(turn.text)
    labels = {case.id: tokens(case.label) for case in published.guide.cases}
    named = [
        case
        for case, label in labels.items()
        if set(label) <= set(said) and len(said) <= len(label) + _MOST_BESIDES_LABEL
    ]
    return named[0] if len(named) == 1 else None
