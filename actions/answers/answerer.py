"""From a turn to replies: resolve the procedure, pick the aspect, compose, and say when nothing fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from actions.answers.aspect import asked_aspect, aspect_of_words
from actions.answers.buttons import Buttons, payload
from actions.answers.choice import Chooser
from actions.answers.clarify import Clarifier
from actions.answers.compose import Composer, short_name
from actions.answers.context import surely_outside
from actions.answers.passages import find_passages
from actions.answers.plausible import Plausibility
from actions.answers.resolve import Resolved, Resolver, name_words, naming, nth, wanted_words
from actions.answers.turn import Outcome, Turn
from actions.answers.words import data, fold, has_phrase, tokens
from actions.services import Services
from common.messages import Aspect, Button, Reply, Status
from knowledge_base.model import Case, Origin, Published

__all__ = ["TurnAnswerer"]

# Aspects whose answer a described situation changes; the others are lists that stand for themselves.
_SITUATIONAL = {Aspect.OVERVIEW, Aspect.CONDITIONS}
_LEAST_SITUATION_WORDS = 2
_MOST_NEAR = 3
_CENTRE = "trung tâm phục vụ hành chính công"
_MOST_BESIDES_LABEL = 4
_MOST_BESIDES_NUMBER = 3
_NEARLY_ALL = 0.75
_LEAST_SHARED = 2
_LEAST_PETITION = 3
# Below this the classifier's "outside our field" yields to an index that knows what to ask back.
_SURELY_OUTSIDE = 0.7
_SURELY_STEERS = 0.6
_SURELY_A_PART = 0.8
# Share of a name's words at which a text names a procedure.
_NAMED = 0.6
# Intents that ask for no aspect of the procedure under discussion.
_OPEN = {"ask_overview", "nlu_fallback", "inform_field", ""}


class TurnAnswerer:
    """Answers about procedures. Stateless: all state is in the turn."""

    def __init__(self, services: Services) -> None:
        self._kb = services.kb
        self._messages = services.messages
        self._centres = services.centres
        self._province = services.settings.province
        self._resolver = Resolver(services.search, services.kb, services.centres.names())
        self._chooser = Chooser(services.search, services.kb, self._resolver)
        self._composer = Composer(services.messages, services.settings.portal_url)
        self._plausibility = Plausibility(services.kb)
        self._clarifier = Clarifier(services.messages, services.kb)
        self._buttons = Buttons(services.messages, services.settings.portal_url)

    def answer(self, turn: Turn) -> Outcome:
        """The answer to a question, a clarifying question, or the plain statement that nothing fits."""
        resolved = self._resolver.resolve(turn)
        if resolved.kind == "clarify" and not self._surely_about_offers(turn, resolved):
            return self._clarify(turn, resolved)
        if resolved.kind in ("unnamed", "clarify") or (resolved.kind == "unknown" and _asks_about_offers(turn)):
            return self._which(turn)
        if resolved.published is None or (resolved.lost and self._strays(turn, resolved.published)):
            return self.unknown(turn, resolved)
        case = _said_case(turn, resolved.published) if resolved.kind == "same" else None
        if case:
            given = {"case": (case,)}
            return self.choose_case(replace(turn, text="", entities=given, procedure=resolved.published.code))
        return self._about(turn, resolved)

    def pick(self, turn: Turn) -> Outcome | None:
        """The answer of a text that answers an open list, whatever the classifier made of it; None for any other."""
        offered = [guide.code for guide in self._clarifier.offered(turn.candidates)]
        pick = self._chooser.pick(turn, offered)
        if pick is None:
            return None
        if pick.kind == "take":
            return self._taken(turn, offered, pick.codes[0])
        if pick.kind == "ask":
            reply, left = self._clarifier.ask(pick.codes)
            return Outcome((reply,), {"candidates": left})
        return self._other(pick.codes)

    def _taken(self, turn: Turn, offered: Sequence[str], code: str) -> Outcome:
        """The answer about the offer `code`: the part that the choice asks for, else the one asked before the list."""
        said = asked_aspect(turn) if turn.intent.startswith("ask_") and turn.intent not in _OPEN else None
        aspect = said or (aspect_of_words(turn.text) if turn.intent == "choose_nth" else None) or _remembered(turn)
        outcome = self._about(turn, Resolved("new", self._kb.get(code)), aspect=aspect)
        return Outcome(outcome.replies, {**outcome.slots, "rivals": [other for other in offered if other != code]})

    def choose(self, turn: Turn) -> Outcome:
        """One of the offered procedures, by button, by number or by its words."""
        if turn.entity("procedure_code"):
            resolved = self._resolver.resolve(turn)
            return self._about(turn, resolved, aspect=_remembered(turn)) if resolved.published else self.answer(turn)
        offered = [guide.code for guide in self._clarifier.offered(turn.candidates)]
        if not offered and not turn.procedure and len(self._resolver.residue(turn.text)) > _MOST_BESIDES_NUMBER:
            return self.answer(replace(turn, intent=""))  # a sentence with a number in it, no choice
        if not offered and turn.text and turn.intent == "choose_procedure":
            return self.answer(replace(turn, intent=""))
        if not offered:
            return self._nth_case(turn)
        named = None if turn.entity("nth") else self._resolver.among(turn.text, turn.candidates)
        index = offered.index(named.code) if named and named.code in offered else None
        if index is None:
            index = nth(turn.text, turn.entity("nth"), len(offered))
        if index is None and turn.intent == "choose_procedure":
            return self.answer(replace(turn, intent=""))
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
            said = _said_case(turn, published) if published else None
            if said is None:
                return self.answer(replace(turn, intent="ask_conditions" if published else ""))
            turn = replace(turn, entities={**turn.entities, "case": (said,)})
        if published is None:
            return self._which(turn)
        case = next((case.id for case in published.guide.cases if case.id == turn.entity("case")), None)
        reply = self._composer.answer(published, Aspect.DOCUMENTS, case)
        return Outcome((reply,), {"procedure": published.code, "case": case, "candidates": None})

    def correct(self, turn: Turn) -> Outcome:
        """Another procedure than the one answered: the one now named, else the next best, else an open question."""
        if turn.text and not (turn.procedure or turn.candidates or turn.rivals):
            return self._nothing_to_correct(turn)
        resolved = self._resolver.another(turn) if turn.text else Resolved("unknown")
        if resolved.kind == "new":
            return self._about(turn, resolved)
        rivals = [code for code in turn.rivals if code != turn.procedure] if turn.procedure else []
        return self._other([hit.code for hit in resolved.hits] or rivals)

    def _other(self, codes: Sequence[str]) -> Outcome:
        """Offers `codes` in place of what was not meant; without any, asks what is meant."""
        cleared = {"procedure": None, "case": None, "aspect": None}
        if self._clarifier.offered(codes):
            reply, offered = self._clarifier.ask(codes, "clarify.other")
            return Outcome((reply,), {**cleared, "candidates": offered, "rivals": None})
        text = self._messages.render("clarify.other_open")
        return Outcome(
            (Reply(text=text, status=Status.CLARIFIED, buttons=self._ways_out()),), {**cleared, "candidates": None}
        )

    def again(self, turn: Turn) -> Outcome | None:
        """The latest answer or choice anew, from what is remembered of it; None when there was none."""
        published = self._kb.get(turn.procedure or "")
        if published is not None:
            return Outcome((self._composer.answer(published, _remembered(turn), self._case(turn, published)),))
        return self._which(turn) if self._clarifier.offered(turn.candidates) else None

    def affirm(self, turn: Turn) -> Outcome:
        """A bare yes: to a single offer it chooses; with a procedure it asks which part; else it asks what for."""
        offered = self._clarifier.offered(turn.candidates)
        if len(offered) == 1 and not turn.procedure:
            return self._about(turn, Resolved("new", self._kb.get(offered[0].code)), aspect=_remembered(turn))
        published = self._kb.get(turn.procedure or "")
        if published is None and offered:
            return self._which(turn)
        if published is None:
            return self._said_nothing()
        reply = self._composer.answer(published, Aspect.OVERVIEW, turn.case)
        text = self._messages.render("clarify.confirmed", name=short_name(published.guide))
        return Outcome((Reply(text=text, status=Status.CONTROL, buttons=reply.buttons),))

    def to_file(self, turn: Turn) -> Outcome | str | None:
        """What a text that wants to file a dossier names: a procedure's code, a question back where several fit or
        none does, or None where it names nothing ("nộp hồ sơ luôn"), which means the one under discussion.
        """
        if not turn.text or not self._resolver.filed(turn.text):
            return None
        resolved = self._resolver.resolve(turn)
        if resolved.published is not None:
            return None if resolved.lost else resolved.published.code
        return self._clarify(turn, resolved) if resolved.kind == "clarify" else self.unknown(turn, resolved)

    def has_matter(self, text: str) -> bool:
        """Whether `text` is about something beside places, politeness and aspects."""
        return bool(self._resolver.residue(text))

    def steered_to(self, turn: Turn) -> Outcome | None:
        """The answer where a text that seems to steer ("quay lại căn cước đi") names a matter, or None. Where that is
        only a guess of the classifier ("nhà cũ sửa lại"), words of steering count as well.
        """
        unsure = turn.confidence < _SURELY_STEERS
        words = self._resolver.residue(turn.text) if unsure else self._resolver.steered(turn.text)
        if len(words) < _LEAST_SHARED:
            return None
        named = replace(turn, text=" ".join(words), intent="", procedure=None)
        resolved = self._resolver.resolve(named)
        return self.answer(named) if resolved.kind in ("new", "clarify") else None

    def petition(self, turn: Turn) -> Outcome | None:
        """The formal procedure (khiếu nại, tố cáo) that `turn` asks for by name; None for a grievance."""
        formal = [word for word in data("evidence")["petition"] if has_phrase(fold(turn.text), word)]
        if not formal or len(self._resolver.residue(turn.text)) < _LEAST_PETITION:
            return None
        resolved = self._resolver.resolve(replace(turn, procedure=None))
        hits = [hit for hit in resolved.hits if any(has_phrase(fold(hit.name), word) for word in formal)]
        if resolved.published and hits and hits[0].code == resolved.published.code:
            return self._about(turn, resolved)
        return self._clarify(turn, replace(resolved, hits=tuple(hits))) if hits else None

    def without_form(self, turn: Turn, code: str) -> Outcome:
        """For a procedure that the citizen wants to file here and that has no e-form: how it is filed instead."""
        outcome = self._about(replace(turn, intent="ask_overview"), Resolved("new", self._kb.get(code)))
        reply = outcome.replies[0]
        note = self._messages.render("filing.elsewhere")
        return Outcome((reply.model_copy(update={"text": f"{note}\n\n{reply.text}"}),), outcome.slots)

    def _nothing_to_correct(self, turn: Turn) -> Outcome:
        """A "no" before anything was said: words of a matter are answered, a bare no is taken as it is."""
        words = wanted_words(turn.text)
        if turn.intent != "deny" and len(self._resolver.residue(words)) >= _LEAST_SHARED:
            return self.answer(replace(turn, text=words, intent=""))
        return self._said_nothing()

    def _said_nothing(self) -> Outcome:
        text = self._messages.render("control.nothing_asked")
        return Outcome((Reply(text=text, status=Status.SMALLTALK, buttons=self._ways_out()),))

    def unknown(self, turn: Turn, resolved: Resolved | None = None) -> Outcome:
        """Abstains; the nearest procedures are offered as such when the index has any."""
        offered: list[str] = []
        near = self._near(resolved) if resolved else []
        if near:
            reply, offered = self._clarifier.ask(near, "unknown.near", Status.ABSTAINED)
            reply = reply.model_copy(update={"buttons": [*reply.buttons[:-1], self._person()]})
        else:
            reply = Reply(text=self._messages.render("unknown.text"), status=Status.ABSTAINED, buttons=self._ways_out())
        return Outcome((reply,), {"candidates": offered or None, "aspect": str(asked_aspect(turn))})

    def out_of_scope(self, turn: Turn) -> Outcome:
        """Outside our field, unless the index is sure that a procedure is meant (the classifier can err)."""
        resolved = self._resolver.resolve(turn) if turn.text else Resolved("unknown")
        found = resolved.published if resolved.kind == "new" else None
        if found and not (surely_outside(turn) and naming(turn.text, found.guide) < _NAMED):
            return self._about(turn, resolved)
        if resolved.kind == "clarify" and turn.confidence < _SURELY_OUTSIDE:
            return self._clarify(turn, resolved)
        text = self._messages.render("out_of_scope.text", province=self._province)
        return Outcome((Reply(text=text, status=Status.ABSTAINED, buttons=self._ways_out()),))

    def _about(self, turn: Turn, resolved: Resolved, aspect: Aspect | None = None) -> Outcome:
        published = resolved.published
        if published is None:
            return self._which(turn)
        aspect = aspect or self._asked(turn, resolved)
        case = self._case(turn, published) if published.code == turn.procedure else None
        reply = self._reply(turn, resolved, published, aspect, case)
        slots: dict[str, Any] = {
            "procedure": published.code,
            "case": case,
            "candidates": None,
            "aspect": str(aspect),
        }
        rivals = [hit.code for hit in resolved.hits if hit.code != published.code][:4]
        if resolved.kind == "new" and rivals:
            slots["rivals"] = rivals
        return Outcome((reply,), slots)

    def _asked(self, turn: Turn, resolved: Resolved) -> Aspect:
        """The aspect asked for; a text of nothing but a place name ("còn ở Hà Tu thì sao") asks where."""
        aspect = asked_aspect(turn)
        by_words = aspect_of_words(turn.text) if turn.text else aspect
        if resolved.kind == "new" and aspect is Aspect.STEPS and by_words is None:
            return Aspect.OVERVIEW  # "làm hộ chiếu thế nào" before anything is known wants the whole
        only_place = turn.text and not resolved.residue and aspect_of_words(turn.text) is None
        return Aspect.PLACE if only_place and self._centres.mentioned(turn.text) else aspect

    def _reply(self, turn: Turn, resolved: Resolved, published: Published, aspect: Aspect, case: str | None) -> Reply:
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
            if resolved.kind == "new":
                aspect = Aspect.OVERVIEW
        centre = self._centre(turn, published) if aspect is Aspect.PLACE else ""
        return self._composer.answer(published, aspect, case, confidence=resolved.confidence, centre=centre)

    def _surely_about_offers(self, turn: Turn, resolved: Resolved) -> bool:
        """Whether a part of the offers is asked for in words that name no procedure ("con dâu nộp hộ được không")."""
        if not _asks_about_offers(turn) or turn.confidence < _SURELY_A_PART:
            return False
        found = [self._kb.get(hit.code) for hit in resolved.hits]
        return all(naming(turn.text, each.guide) < _NAMED for each in found if each)

    def _strays(self, turn: Turn, published: Published) -> bool:
        """Whether a text of which the index makes nothing isn't about the procedure under discussion either."""
        return turn.intent in _OPEN and not find_passages(published.guide, turn.text)

    def _centre(self, turn: Turn, published: Published) -> str:
        """The centre of the place named, where the guide says that centres take the dossier (police matters differ)."""
        if not any(has_phrase(fold(place), _CENTRE) for place in published.guide.places):
            return ""
        place = next(iter(self._centres.mentioned(turn.text)), None) if turn.text else None
        if place is None or len(place.units) != 1:
            return ""
        return self._messages.render("centre.serves", unit=place.units[0].said)

    def _case(self, turn: Turn, published: Published) -> str | None:
        known: list[Case] = published.guide.cases
        return turn.case if any(case.id == turn.case for case in known) else None

    def _nth_case(self, turn: Turn) -> Outcome:
        """ "Trường hợp 2" where no list of procedures is open counts the cases of the procedure."""
        published = self._kb.get(turn.procedure or "")
        cases = published.guide.cases if published else []
        index = nth(turn.text, turn.entity("nth"), len(cases))
        if published is None or index is None:
            text = self._messages.render("clarify.nothing_offered")
            return Outcome((Reply(text=text, status=Status.CLARIFIED, buttons=self._ways_out()),))
        reply = self._composer.answer(published, Aspect.DOCUMENTS, cases[index].id)
        return Outcome((reply,), {"case": cases[index].id})

    def _near(self, resolved: Resolved) -> list[str]:
        """Of the hits, those whose names hold nearly all of what the text is about: the rest would be noise."""
        said = set(resolved.residue)
        hits = [(hit.code, self._kb.get(hit.code)) for hit in resolved.hits[:_MOST_NEAR]]
        least = max(_LEAST_SHARED, len(said) * _NEARLY_ALL)
        return [code for code, found in hits if found and len(said & name_words(found.guide)) >= least]

    def _clarify(self, turn: Turn, resolved: Resolved) -> Outcome:
        codes = self._plausibility.offerable(turn.text, resolved.residue, resolved.hits)
        if not self._clarifier.offered(codes):
            return self.unknown(turn)
        reply, offered = self._clarifier.ask(codes)
        slots = {"candidates": offered, "aspect": str(asked_aspect(turn)), "procedure": None, "case": None}
        return Outcome((reply,), slots)

    def _which(self, turn: Turn) -> Outcome:
        """Asks what the question is about; an open list of choices is offered again, the aspect remembered.

        A question about the only procedure offered takes the offer.
        """
        offered = self._clarifier.offered(turn.candidates)
        if len(offered) == 1:
            return self._about(turn, Resolved("new", self._kb.get(offered[0].code)))
        slots = {"aspect": str(asked_aspect(turn))}
        if offered:
            return Outcome((self._clarifier.ask(turn.candidates, "clarify.again")[0],), slots)
        text = self._messages.render("clarify.which_procedure")
        return Outcome((Reply(text=text, status=Status.CLARIFIED, buttons=self._ways_out()),), slots)

    def _ways_out(self) -> list[Button]:
        return [
            Button(title=self._messages.render("button.help"), payload=payload("help")),
            Button(title=self._messages.render("button.centre"), payload=payload("find_centre")),
            self._person(),
        ]

    def _person(self) -> Button:
        return Button(title=self._messages.render("button.person"), payload=payload("talk_to_person"))


def _said_case(turn: Turn, published: Published) -> str | None:
    """The one case whose label the text says, word for word (negations count) and with little besides."""
    said = tokens(turn.text)
    labels = {case.id: tokens(case.label) for case in published.guide.cases}
    named = [
        case
        for case, label in labels.items()
        if set(label) <= set(said) and len(said) <= len(label) + _MOST_BESIDES_LABEL
    ]
    return named[0] if len(named) == 1 else None


def _asks_about_offers(turn: Turn) -> bool:
    """Whether a text that fits no procedure asks for a part of those on offer ("con dâu nộp hộ được không")."""
    return bool(turn.candidates) and turn.intent.startswith("ask_") and turn.intent not in _OPEN


def _remembered(turn: Turn) -> Aspect:
    """What was asked before the choice."""
    given = turn.entity("aspect") or turn.aspect
    return Aspect(given) if given in set(Aspect) else Aspect.OVERVIEW
