"""From a turn to replies: the procedure is resolved, then answered, asked back about, or said not to be known."""

from __future__ import annotations

from dataclasses import replace

from actions.answers.about import ProcedureAnswers, known_case
from actions.answers.asking import BackQuestions
from actions.answers.aspect import asks_part, is_open_ended, remembered_aspect
from actions.answers.chosen import ChosenAnswers, said_case
from actions.answers.clarify import Clarifier
from actions.answers.compose import Composer, short_name
from actions.answers.context import surely_outside
from actions.answers.foreign import ForeignAnswers
from actions.answers.naming import NAMED, name_words, naming
from actions.answers.passages import find_passages
from actions.answers.resolve import Resolved, Resolver, wanted_words
from actions.answers.turn import Outcome, Turn
from actions.answers.words import data, fold, has_phrase, is_yes_or_no, says, tokens
from actions.services import Services
from common.messages import Aspect, Reply, Status
from knowledge_base.model import Published

__all__ = ["TurnAnswerer"]

# How many words a text must hold beside the usual ones to be about a matter.
_LEAST_MATTER = 2
_LEAST_PETITION = 3
# Below this the classifier's "outside our field" yields to an index that knows what to ask back.
_SURELY_OUTSIDE = 0.7
_SURELY_STEERS = 0.6
_SURELY_A_PART = 0.8
_SURELY_CORRECTS = 0.9


class TurnAnswerer:
    """Answers about procedures. Stateless: all state is in the turn."""

    def __init__(self, services: Services) -> None:
        self._kb = services.kb
        self._messages = services.messages
        self._province = services.settings.province
        self._resolver = Resolver(services.search, services.kb, services.centres.names())
        self._composer = Composer(services.messages, services.settings.portal_url)
        self._clarifier = Clarifier(services.messages, services.kb)
        answers = ProcedureAnswers(services, self._composer)
        self._back = BackQuestions(services, self._clarifier, self._composer, answers)
        self._foreign = ForeignAnswers(services, self._clarifier, self._composer, self._back)
        self._chosen = ChosenAnswers(services, self._resolver, self._clarifier, self._composer, self._back, self.answer)

    def answer(self, turn: Turn) -> Outcome:
        """The answer to a question, a clarifying question, or the plain statement that nothing fits."""
        if turn.foreign:
            return self._foreign.answer(turn)
        resolved = self._resolver.resolve(turn)
        if resolved.kind == "clarify" and not self._surely_about_offers(turn, resolved):
            return self._back.clarify(turn, resolved)
        if resolved.kind in ("unnamed", "clarify") or (resolved.kind == "unknown" and _asks_about_offers(turn)):
            return self._back.which(turn)
        if resolved.published is None or (resolved.lost and self._strays(turn, resolved.published)):
            return self.unknown(turn, resolved)
        case = said_case(turn, resolved.published) if resolved.kind == "same" else None
        if case:
            given = {"case": (case,)}
            return self.choose_case(replace(turn, text="", entities=given, procedure=resolved.published.code))
        return self._back.settled(turn, resolved)

    def pick(self, turn: Turn) -> Outcome | None:
        """The answer of a text that answers an open list, whatever the classifier made of it; None for any other."""
        return self._chosen.pick(turn)

    def choose(self, turn: Turn) -> Outcome:
        """One of the offered procedures, by button, by number or by its words."""
        return self._chosen.choose(turn)

    def choose_case(self, turn: Turn) -> Outcome:
        """The answer for one case of the procedure, by button or in words: what to bring then."""
        return self._chosen.choose_case(turn)

    def correct(self, turn: Turn) -> Outcome:
        """Another procedure than the one answered: the one now named, else the next best, else an open question."""
        if turn.text and not (turn.procedure or turn.candidates or turn.rivals):
            return self._nothing_to_correct(turn)
        if turn.intent == "correct_topic" and turn.confidence < _SURELY_CORRECTS and _corrects_nothing(turn.text):
            return self.answer(replace(turn, intent=""))
        resolved = self._resolver.another(turn) if turn.text else Resolved("unknown")
        if resolved.kind == "new":
            return self._back.answer(turn, resolved)
        rivals = [code for code in turn.rivals if code != turn.procedure] if turn.procedure else []
        return self._back.other([hit.code for hit in resolved.hits] or rivals)

    def again(self, turn: Turn) -> Outcome | None:
        """The latest answer or choice anew, from what is remembered of it; None when there was none."""
        published = self._kb.get(turn.procedure or "")
        if published is not None:
            return Outcome((self._composer.answer(published, remembered_aspect(turn), known_case(turn, published)),))
        return self._back.which(turn) if self._clarifier.offered(turn.candidates) else None

    def affirm(self, turn: Turn) -> Outcome:
        """A bare yes: to a single offer it chooses; with a procedure it asks which part; else it asks what for."""
        offered = self._clarifier.offered(turn.candidates)
        if len(offered) == 1 and not turn.procedure:
            return self._back.answer(
                turn, Resolved("new", self._kb.get(offered[0].code)), aspect=remembered_aspect(turn)
            )
        published = self._kb.get(turn.procedure or "")
        if published is None and offered:
            return self._back.which(turn)
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
        return self._back.clarify(turn, resolved) if resolved.kind == "clarify" else self.unknown(turn, resolved)

    def has_matter(self, text: str) -> bool:
        """Whether `text` is about something beside places, politeness and aspects."""
        return bool(self._resolver.residue(text))

    def steered_to(self, turn: Turn) -> Outcome | None:
        """The answer where a text that seems to steer ("quay lại căn cước đi") names a matter, or None. Where that is
        only a guess of the classifier ("nhà cũ sửa lại"), words of steering count as well.
        """
        unsure = turn.confidence < _SURELY_STEERS
        words = self._resolver.residue(turn.text) if unsure else self._resolver.steered(turn.text)
        if len(words) < _LEAST_MATTER:
            return None
        named = replace(turn, text=" ".join(words), intent="", procedure=None)
        if self._resolver.resolve(named).kind in ("new", "clarify"):
            return self.answer(named)
        varied = replace(turn, intent="")  # "không bán nữa" makes something of the household business before it
        return self.answer(varied) if turn.procedure and self._resolver.resolve(varied).kind == "new" else None

    def misread(self, turn: Turn) -> Outcome | None:
        """The answer where a text that was taken for a command surely names a procedure, or None."""
        if len(self._resolver.residue(turn.text)) < _LEAST_PETITION:
            return None
        asked = replace(turn, intent="")
        resolved = self._resolver.resolve(replace(asked, procedure=None))
        return self.answer(asked) if resolved.kind == "new" else None

    def mistaken(self, turn: Turn, action: str) -> Outcome | None:
        """The answer where a text that was taken for `action` surely names a procedure and holds no word of that
        action (`data/evidence.yml`) but those of the procedure's own names ("thông báo lưu trú"); without any such
        word, what it picks from an open list ("chữ ký"), or what the index asks back. Where the action needs a word of
        its own, any question without one is answered. Else None.
        """
        folded = fold(turn.text)
        held = [phrase for phrase in data("evidence")[action] if has_phrase(folded, phrase)]
        picked = self.pick(turn) if turn.candidates and not held else None
        if picked is not None:
            return picked
        if not held and action in data("evidence")["needed"] and self._says_something(turn):
            return self.answer(replace(turn, intent=""))
        if not held and turn.procedure:
            varied = self._resolver.resolve(replace(turn, intent=""))
            if varied.kind == "new":  # "chữ ký" after certified copies is certifying a signature
                return self._back.answer(replace(turn, intent=""), varied)
        if len(self._resolver.residue(turn.text)) < _LEAST_PETITION:
            return None
        asked = replace(turn, intent="", procedure=None)
        found = self._resolver.resolve(asked)
        if found.kind == "clarify" and not held:
            return self._back.clarify(asked, found)
        if found.kind != "new" or found.published is None:
            return None
        named = name_words(found.published.guide)
        return None if any(set(tokens(phrase)) - named for phrase in held) else self._back.answer(asked, found)

    def _says_something(self, turn: Turn) -> bool:
        """Whether a text asks, or is about more than a few words can be."""
        return says("asking", turn.text) or len(self._resolver.residue(turn.text)) >= _LEAST_PETITION

    def petition(self, turn: Turn) -> Outcome | None:
        """The formal procedure (khiếu nại, tố cáo) that `turn` asks for by name; None for a grievance."""
        folded = fold(turn.text)
        formal = [word for word in data("evidence")["petition"] if has_phrase(folded, word)]
        if any(has_phrase(folded, word) for word in data("evidence")["grievance"]):
            return None
        if not formal or len(self._resolver.residue(turn.text)) < _LEAST_PETITION:
            return None
        resolved = self._resolver.resolve(replace(turn, procedure=None))
        hits = [hit for hit in resolved.hits if any(has_phrase(fold(hit.name), word) for word in formal)]
        if resolved.published and hits and hits[0].code == resolved.published.code:
            return self._back.answer(turn, resolved)
        return self._back.clarify(turn, replace(resolved, hits=tuple(hits))) if hits else None

    def without_form(self, turn: Turn, code: str) -> Outcome:
        """For a procedure that the citizen wants to file here and that has no e-form: how it is filed instead."""
        outcome = self._back.answer(replace(turn, intent="ask_overview"), Resolved("new", self._kb.get(code)))
        reply = outcome.replies[0]
        note = self._messages.render("filing.elsewhere")
        return Outcome((reply.model_copy(update={"text": f"{note}\n\n{reply.text}"}),), outcome.slots)

    def _nothing_to_correct(self, turn: Turn) -> Outcome:
        """A "no" before anything was said: words of a matter are answered, a bare no is taken as it is."""
        words = wanted_words(turn.text)
        if turn.intent != "deny" and len(self._resolver.residue(words)) >= _LEAST_MATTER:
            return self.answer(replace(turn, text=words, intent=""))
        return self._said_nothing()

    def _said_nothing(self) -> Outcome:
        return Outcome((self._back.open_reply("control.nothing_asked", Status.SMALLTALK),))

    def unknown(self, turn: Turn, resolved: Resolved | None = None) -> Outcome:
        """Abstains; the nearest procedures are offered as such when the index has any."""
        return self._back.unknown(turn, resolved)

    def out_of_scope(self, turn: Turn) -> Outcome:
        """Outside our field, unless the index is sure that a procedure is meant (the classifier can err)."""
        resolved = self._resolver.resolve(turn) if turn.text else Resolved("unknown")
        found = resolved.published if resolved.kind == "new" else None
        if found and not (surely_outside(turn) and naming(turn.text, found.guide) < NAMED):
            return self._back.answer(turn, resolved)
        if resolved.kind == "clarify" and turn.confidence < _SURELY_OUTSIDE:
            return self._back.clarify(turn, resolved)
        reply = self._back.open_reply("out_of_scope.text", Status.ABSTAINED, province=self._province)
        return Outcome((reply,))

    def _surely_about_offers(self, turn: Turn, resolved: Resolved) -> bool:
        """Whether a part of the offers is asked for in words that name no procedure ("con dâu nộp hộ được không")."""
        if not _asks_about_offers(turn) or turn.confidence < _SURELY_A_PART:
            return False
        found = [self._kb.get(hit.code) for hit in resolved.hits]
        return all(naming(turn.text, each.guide) < NAMED for each in found if each)

    def _strays(self, turn: Turn, published: Published) -> bool:
        """Whether a text of which the index makes nothing isn't about the procedure under discussion either."""
        return is_open_ended(turn) and not find_passages(published.guide, turn.text)


def _asks_about_offers(turn: Turn) -> bool:
    """Whether a text that fits no procedure asks for a part of those on offer ("con dâu nộp hộ được không")."""
    return bool(turn.candidates) and asks_part(turn)


def _corrects_nothing(text: str) -> bool:
    """Whether `text` asks something by yes or no and holds no word of correcting ("có phải hỏi ý vợ cũ không")."""
    folded = fold(text)
    return is_yes_or_no(text) and not any(has_phrase(folded, word) for word in data("follow_up")["correction"])
