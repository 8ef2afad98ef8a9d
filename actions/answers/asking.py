"""When no answer can be given yet: asks back, offers what is near, or says that nothing fits. Never a dead end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from actions.answers.about import ProcedureAnswers
from actions.answers.aspect import asked_aspect, aspect_of_words
from actions.answers.buttons import payload
from actions.answers.clarify import Clarifier
from actions.answers.compose import Composer, short_name
from actions.answers.facts import fact_about
from actions.answers.naming import name_words
from actions.answers.plausible import Plausibility
from actions.answers.resolve import Resolved
from actions.answers.turn import Outcome, Turn
from actions.answers.words import data, fold, has_phrase, says
from actions.services import Services
from common.language import in_english
from common.messages import Aspect, Button, Reply, Status
from knowledge_base.model import Published

__all__ = ["BackQuestions"]

_MOST_NEAR = 3
_NEARLY_ALL = 0.75
_LEAST_SHARED = 2


class BackQuestions:
    """Questions back and abstentions, with the slots that remember what was offered."""

    def __init__(
        self, services: Services, clarifier: Clarifier, composer: Composer, answers: ProcedureAnswers
    ) -> None:
        self._kb = services.kb
        self._messages = services.messages
        self._clarifier = clarifier
        self._composer = composer
        self._answers = answers
        self._plausibility = Plausibility(services.kb)

    def answer(self, turn: Turn, resolved: Resolved, aspect: Aspect | None = None) -> Outcome:
        """The answer about the procedure of `resolved`; where it holds none, the question which one is meant."""
        if resolved.published is None:
            return self.which(turn)
        return self._answers.answer(turn, resolved.published, resolved, aspect)

    def settled(self, turn: Turn, resolved: Resolved) -> Outcome:
        """The answer where a text led to a procedure that one fact tells from others: the fact that was said decides
        between them, else it is asked. For any other procedure, its answer.
        """
        found = resolved.published
        fact = fact_about(found.code) if found and turn.text and resolved.kind == "new" else None
        if found is None or fact is None or in_english():
            return self.answer(turn, resolved)
        said = self._kb.get(fact.said(turn.text) or "")
        if said or not self._clarifier.offered(list(fact.labels))[1:]:
            return self.answer(turn, replace(resolved, published=said or found))
        reply, offered = self._clarifier.ask(list(fact.labels))
        slots = {"candidates": offered, "aspect": str(asked_aspect(turn)), "procedure": None, "case": None}
        return Outcome((reply,), slots)

    def which(self, turn: Turn) -> Outcome:
        """Asks what the question is about; an open list of choices is offered again, the aspect remembered.

        A question about the only procedure offered takes the offer.
        """
        offered = self._clarifier.offered(turn.candidates)
        if len(offered) == 1:
            return self.answer(turn, Resolved("new", self._kb.get(offered[0].code)))
        slots = {"aspect": str(asked_aspect(turn))}
        if offered:
            return Outcome((self._clarifier.ask(turn.candidates, "clarify.again")[0],), slots)
        if turn.text and aspect_of_words(turn.text) is None and not _wants_an_office(turn.text):
            return Outcome((self.open_reply("control.nothing_asked", Status.SMALLTALK),), slots)
        return Outcome((self.open_reply("clarify.which_procedure", Status.CLARIFIED),), slots)

    def clarify(self, turn: Turn, resolved: Resolved) -> Outcome:
        """Asks which of the plausible hits is meant; abstains where none is."""
        codes = self._plausibility.offerable(turn.text, resolved.residue, resolved.hits)
        if not self._clarifier.offered(codes):
            return self.unknown(turn)
        reply, offered = self._clarifier.ask(codes)
        slots = {"candidates": offered, "aspect": str(asked_aspect(turn)), "procedure": None, "case": None}
        return Outcome((reply,), slots)

    def other(self, codes: Sequence[str]) -> Outcome:
        """Offers `codes` in place of what was not meant; without any, asks what is meant."""
        cleared = {"procedure": None, "case": None, "aspect": None}
        if self._clarifier.offered(codes):
            reply, offered = self._clarifier.ask(codes, "clarify.other")
            return Outcome((reply,), {**cleared, "candidates": offered, "rivals": None})
        return Outcome((self.open_reply("clarify.other_open", Status.CLARIFIED),), {**cleared, "candidates": None})

    def not_listed(self, turn: Turn, published: Published, codes: Sequence[str]) -> Outcome:
        """Only `published` was named, no list: offers its neighbours `codes`. The procedure stays under discussion."""
        name = short_name(published.guide)
        if not self._clarifier.offered(codes):
            return Outcome((self.open_reply("clarify.nothing_offered", Status.CLARIFIED),))
        reply, offered = self._clarifier.ask(codes, "clarify.not_listed", name=name)
        return Outcome((reply,), {"candidates": offered, "aspect": str(asked_aspect(turn))})

    def unknown(self, turn: Turn, resolved: Resolved | None = None) -> Outcome:
        """Abstains; the nearest procedures are offered as such when the index has any. A text that goes on about the
        procedure under discussion ("nếu … thì sao") is told that its guide doesn't settle that.
        """
        current = self._kb.get(turn.procedure or "")
        if current and says("continuing", turn.text):
            return Outcome((self._composer.silent(current, asked_aspect(turn)),))
        offered: list[str] = []
        near = self._near(resolved) if resolved else []
        if near:
            reply, offered = self._clarifier.ask(near, "unknown.near", Status.ABSTAINED)
            reply = reply.model_copy(update={"buttons": [*reply.buttons[:-1], self._person()]})
        else:
            reply = self.open_reply("unknown.text", Status.ABSTAINED)
        return Outcome((reply,), {"candidates": offered or None, "aspect": str(asked_aspect(turn))})

    def open_reply(self, key: str, status: Status, **values: Any) -> Reply:
        """The sentence `key` of the catalogue with the ways out: help, a centre, a person."""
        return Reply(text=self._messages.render(key, **values), status=status, buttons=self._ways_out())

    def _near(self, resolved: Resolved) -> list[str]:
        """Of the hits, those whose names hold nearly all of what the text is about: the rest would be noise."""
        said = set(resolved.residue)
        hits = [(hit.code, self._kb.get(hit.code)) for hit in resolved.hits[:_MOST_NEAR]]
        least = max(_LEAST_SHARED, len(said) * _NEARLY_ALL)
        return [code for code, found in hits if found and len(said & name_words(found.guide)) >= least]

    def _ways_out(self) -> list[Button]:
        return [
            Button(title=self._messages.render("button.help"), payload=payload("help")),
            Button(title=self._messages.render("button.centre"), payload=payload("find_centre")),
            self._person(),
        ]

    def _person(self) -> Button:
        return Button(title=self._messages.render("button.person"), payload=payload("talk_to_person"))


def _wants_an_office(text: str) -> bool:
    """Whether a text that names no matter is about dealing with offices at all ("cho hỏi thủ tục với")."""
    folded = fold(text)
    return any(has_phrase(folded, word) for word in data("follow_up")["office"])
