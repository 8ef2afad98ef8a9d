"""Is this turn about the procedure under discussion, or about another one?

The index says which procedures the words could mean; this module weighs that against the conversation: a
follow-up ("còn lệ phí?") or a situation ("em ở trọ") keeps the procedure, a text that names another one leaves it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from actions.answers.aspect import aspect_phrases, without_aspect_words
from actions.answers.context import Context
from actions.answers.naming import NAMED, name_sets, name_words, naming
from actions.answers.ordinals import nth
from actions.answers.passages import vocabulary
from actions.answers.turn import Turn
from actions.answers.words import content, data, fold, is_yes_or_no, left_over, remove_phrases, without_particles
from actions.services import Hit, Knowledge, Search
from indexer.text import expand_synonyms, strip_diacritics
from knowledge_base.model import Published

__all__ = ["Resolved", "Resolver", "name_words", "naming", "nth", "wanted_words"]

# Share of a name's content syllables above which there is no doubt that a text means it.
_CLEARLY_NAMED = 0.75
# A rival within this share of the best score is no reason to leave the current procedure.
_CLOSE = 0.1
# Share of the best score below which the index hardly sees a procedure in the text.
_FAINT = 0.05
_SITUATION = "ask_conditions"
# Intents that ask for no part of the procedure under discussion.
_OPEN = {"ask_overview", "nlu_fallback", "choose_case", "inform_field", ""}
_STAY_WITHIN = 5
# Parts that are asked of a procedure by its name; papers and conditions may name anything.
_PARTS_OF_ONE = {"ask_fee", "ask_time", "ask_place", "ask_steps", "ask_online"}
_LEAST_NAME = 4
_SURELY_ASKS = 0.5
_SURELY_A_PART = 0.8
_LEAST_VARIANT, _MOST_VARIANT = 2, 4


@dataclass(frozen=True)
class Resolved:
    """`same`/`new`: answer from `published`; `clarify`: offer `hits`; `unknown`: nothing fits; `unnamed`: the text
    names no matter at all. `lost` marks a text that stays with the procedure though the index made nothing of it.
    """

    kind: Literal["same", "new", "clarify", "unknown", "unnamed"]
    published: Published | None = None
    hits: tuple[Hit, ...] = ()
    confidence: float | None = None
    residue: tuple[str, ...] = ()
    lost: bool = False


class Resolver:
    """Decides the procedure of a turn. `places` are names that never identify a procedure (communes)."""

    def __init__(self, search: Search, kb: Knowledge, places: Iterable[str] = ()) -> None:
        self._search = search
        self._kb = kb
        self._places = tuple(places)
        self.context = Context(search, self.residue)

    def resolve(self, turn: Turn) -> Resolved:
        turn = replace(turn, text=_without_way_back(turn.text))
        given = self._published(turn.entity("procedure_code"))
        if given:
            return Resolved("same" if given.code == turn.procedure else "new", given)
        current = self._published(turn.procedure)
        if not turn.text:
            return Resolved("same", current) if current else Resolved("unnamed")
        residue = self.residue(turn.text)
        if not residue:
            # Only an aspect or politeness: of the procedure under discussion, or of none.
            return Resolved("same", current) if current else Resolved("unnamed")
        chosen = self.among(turn.text, turn.candidates)
        chosen = chosen or self.only_fitting(residue, turn.candidates)
        if chosen and not current:
            return Resolved("new", chosen, residue=residue)
        return self._by_search(turn, current, residue)

    def another(self, turn: Turn) -> Resolved:
        """For a correction: what else is meant, the procedure under discussion set aside."""
        words = wanted_words(turn.text)
        if not content(without_aspect_words(words)):
            return Resolved("unknown")
        result = self._search.search(words)
        hits = tuple(hit for hit in result.hits if hit.code != turn.procedure)
        best = self._published(hits[0].code) if hits else None
        if best and (result.decision == "answer" or naming(words, best.guide) >= _CLEARLY_NAMED):
            return Resolved("new", best, hits, result.confidence)
        known = self._published(self._meant_instead(turn, words, hits))
        if known:
            return Resolved("new", known, hits, result.confidence)
        if hits and result.decision == "clarify":
            return Resolved("clarify", None, hits, result.confidence)
        return Resolved("unknown", None, hits, result.confidence)

    def _meant_instead(self, turn: Turn, words: str, hits: Sequence[Hit]) -> str | None:
        """The procedure that a correction in a few words ("ý mình là đăng ký lại") makes of what was asked before."""
        if not turn.procedure:
            return None
        found = self.context.together(turn, words)
        best = found.hits[0].code if found and found.decision == "answer" and found.hits else turn.procedure
        return best if best != turn.procedure else self.context.variant(turn, words, turn.procedure, hits)

    def matter_before(self, turn: Turn) -> Published | None:
        """The procedure discussed before the current one, where a text asks for nothing but that ("quay lại cái trước,
        bao lâu xong", "thế còn cái kia"). Read from what was typed; None for any other text.
        """
        rest = re.sub(data("follow_up")["other_one"], " ", fold(turn.text))
        if rest == fold(turn.text) or self.residue(rest, data("follow_up")["steering"]):
            return None
        for text in turn.earlier:
            found = self.resolve(Turn(text=text)).published if self.residue(text) else None
            if found and found.code != turn.procedure:
                return found
        return None

    def residue(self, text: str, besides: Iterable[str] = ()) -> tuple[str, ...]:
        """The content syllables left when function words, aspect words, place names and `besides` are taken away."""
        return tuple(left_over(text, (*aspect_phrases(), *self._places, *data("follow_up")["neutral"], *besides)))

    def steered(self, text: str) -> tuple[str, ...]:
        """Like `residue`, without the words of steering."""
        return self.residue(text, data("follow_up")["steering"])

    def filed(self, text: str) -> tuple[str, ...]:
        """Like `residue`, without the words of filing: what is left names the matter to be filed."""
        return self.residue(text, data("follow_up")["filing"])

    def _by_search(self, turn: Turn, current: Published | None, residue: tuple[str, ...]) -> Resolved:
        result = self._search.search(turn.text)
        hits = tuple(result.hits)
        best = self._published(hits[0].code) if hits else None
        if current is None:
            best = self._wholly_named(residue, hits) or (best if result.decision == "answer" else None)
            if best:
                return Resolved("new", best, hits, result.confidence, residue)
            if hits and result.decision == "clarify":
                return Resolved("clarify", None, hits, result.confidence, residue)
            return self._translated(turn, residue) or Resolved("unknown", None, hits, result.confidence, residue)
        stay = Resolved("same", current, hits, None, residue, lost=result.decision == "abstain")
        if best is None or best.code == current.code or _only_background(turn.text, best):
            return stay
        if is_yes_or_no(turn.text) and set(residue) <= name_words(current.guide):
            return stay
        if result.decision == "abstain":
            variant = self._variant(turn, current, best, ()) if turn.intent in _OPEN else None
            return Resolved("new", variant, hits, None, residue) if variant else self._varied(turn, current, stay)
        named = self._wholly_named(residue, hits)
        if named and named.code != current.code:
            return Resolved("new", named, hits, result.confidence, residue)
        variant = self._variant(turn, current, best, hits)
        if variant:
            return Resolved("new", variant, hits, result.confidence, residue)
        if self._clearly_other(turn, current, best, hits, str(result.decision)):
            return Resolved("new", best, hits, result.confidence, residue)
        if self._lacked(turn, current, best, residue):
            kind: Literal["new", "clarify"] = "new" if result.decision == "answer" else "clarify"
            return Resolved(kind, best if kind == "new" else None, hits, result.confidence, residue)
        if _varies(turn.text) and (varied := self._varied(turn, current, stay)).kind == "new":
            return varied
        elsewhere = _faint(current.code, hits) and turn.intent != _SITUATION and not _asks_a_part(turn)
        if result.decision == "clarify" and (elsewhere or self._names_others(turn.text, current, hits)):
            return Resolved("clarify", None, hits, result.confidence, residue)
        return self._varied(turn, current, stay)

    def _variant(self, turn: Turn, current: Published, best: Published, hits: Sequence[Hit]) -> Published | None:
        """What a text that names no matter of its own makes of the current one, read after the question before it."""
        described = turn.intent == _SITUATION and turn.confidence >= _SURELY_ASKS
        if described or _asks_a_part(turn) or (hits and not _faint(current.code, hits)):
            return None
        if naming(turn.text, best.guide) >= _CLEARLY_NAMED:
            return None
        return self._published(self.context.variant(turn, turn.text, current.code, hits))

    def _clearly_other(
        self, turn: Turn, current: Published, best: Published, hits: Sequence[Hit], decision: str
    ) -> bool:
        """Whether the text leaves the current procedure for the best hit."""
        named, here = naming(turn.text, best.guide), naming(turn.text, current.guide)
        if here >= named and here >= NAMED:
            return False
        if decision != "answer" or (named < NAMED and _asks_a_part(turn)):
            return False
        if named >= _CLEARLY_NAMED or _faint(current.code, hits):
            return True
        # A situation may sound like another procedure's; only a text without the current one leaves it.
        return turn.intent != _SITUATION and named >= NAMED and not _close(current.code, hits)

    def _wholly_named(self, residue: Sequence[str], hits: Sequence[Hit]) -> Published | None:
        """The one of the best hits of which the text is a name, no more and no less."""
        named = [found for hit in hits[:_STAY_WITHIN] if (found := self._published(hit.code)) is not None]
        fits = [found for found in named if set(residue) in name_sets(found.guide)]
        return fits[0] if len(fits) == 1 and len(residue) >= _LEAST_NAME else None

    def _translated(self, turn: Turn, residue: tuple[str, ...]) -> Resolved | None:
        """Asks back about the matter that everyday words stand for ("bố em vừa mất") where the index made nothing of
        the text as typed, provided that the citizen surely asks about a procedure.
        """
        official = expand_synonyms(turn.text)
        if not official or not turn.intent.startswith("ask_") or turn.confidence < _SURELY_ASKS:
            return None
        result = self._search.search(" ".join(official))
        if result.decision == "abstain" or not result.hits:
            return None
        return Resolved("clarify", None, tuple(result.hits), result.confidence, residue)

    def _varied(self, turn: Turn, current: Published, stay: Resolved) -> Resolved:
        """The neighbour that a few words turn the procedure into ("gia hạn thì sao" after temporary residence), else
        `stay`. The neighbour's official name must hold the words.
        """
        here = name_words(current.guide)
        new = set(stay.residue) - here
        least = 1 if _varies(turn.text) else _LEAST_VARIANT
        if not least <= len(new) <= len(stay.residue) <= _MOST_VARIANT or not current.guide.short_names:
            return stay
        result = self._search.search(f"{turn.text} {current.guide.short_names[0]}")
        hits = result.hits[:_STAY_WITHIN] if _varies(turn.text) else result.hits[:1]
        for found in map(self._published, (hit.code for hit in hits if hit.code != current.code)):
            words = set(content(found.guide.name)) if found else set()
            if found and result.decision != "abstain" and new <= words and len(words & here) >= _LEAST_VARIANT:
                return Resolved("new", found, tuple(result.hits), result.confidence, stay.residue)
        return stay

    def _lacked(self, turn: Turn, current: Published, best: Published, residue: Sequence[str]) -> bool:
        """Whether a part is asked of a matter of which the current guide says nothing ("căn cước mất mấy ngày" after a
        change of residence), and the best hit is that matter.
        """
        if turn.intent not in _PARTS_OF_ONE or len(set(residue)) < _LEAST_VARIANT:
            return False
        return set(residue) <= name_words(best.guide) and not set(residue) & vocabulary(current.guide)

    def _names_others(self, text: str, current: Published, hits: Sequence[Hit]) -> bool:
        here = naming(text, current.guide)
        others = [self._published(hit.code) for hit in hits[:_STAY_WITHIN] if hit.code != current.code]
        return any(other and naming(text, other.guide) >= max(_CLEARLY_NAMED, here + 0.01) for other in others)

    def among(self, text: str, candidates: Sequence[str]) -> Published | None:
        """The offered procedure that the text names better than every other one."""
        offered = [found for found in map(self._published, candidates) if found]
        ranked = sorted(((naming(text, found.guide), found.code, found) for found in offered), reverse=True)
        if not ranked or ranked[0][0] < NAMED or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
            return None
        return ranked[0][2]

    def only_fitting(self, residue: Sequence[str], candidates: Sequence[str]) -> Published | None:
        """The one offered procedure whose names hold all that the text is about: "cấp lại thì sao"."""
        offered = [found for found in map(self._published, candidates) if found]
        fits = [found for found in offered if set(residue) <= name_words(found.guide)]
        return fits[0] if len(fits) == 1 and len(offered) > 1 else None

    def _published(self, code: str | None) -> Published | None:
        return self._kb.get(code) if code else None


def _without_way_back(text: str) -> str:
    """`text` without the words that only lead back to a matter ("quay lại cái")."""
    composed = unicodedata.normalize("NFC", text)
    found = re.match(data("follow_up")["returning"], strip_diacritics(composed).lower())
    return composed[found.end():].strip(" ,.:") or text if found else text


def _only_background(text: str, other: Published) -> bool:
    """Whether `text` names `other` only as what is so already ("chưa đăng ký kết hôn thì có ghi tên bố được không")."""
    bare = without_particles(text)
    found = re.match(data("follow_up")["background"], bare)
    return found is not None and naming(bare[found.end():], other.guide) < NAMED


def _varies(text: str) -> bool:
    """Whether `text` asks for a variant of the matter under discussion: "chấm dứt thì thế nào"."""
    return any(re.search(pattern, fold(text)) for pattern in data("follow_up")["varying"])


def _asks_a_part(turn: Turn) -> bool:
    """Whether the classifier is sure that a part of a procedure is asked for ("xong thì được trả gì")."""
    sure = turn.confidence >= _SURELY_A_PART and turn.intent.startswith("ask_")
    return sure and turn.intent not in ("ask_overview", _SITUATION)


def _score(code: str, hits: Sequence[Hit]) -> float:
    return next((hit.score for hit in hits if hit.code == code), 0.0)


def _faint(code: str, hits: Sequence[Hit]) -> bool:
    """Whether the index hardly sees `code` in the text."""
    return _score(code, hits) < hits[0].score * _FAINT


def _close(code: str, hits: Sequence[Hit]) -> bool:
    return _score(code, hits) >= hits[0].score * (1 - _CLOSE)


def wanted_words(text: str) -> str:
    """What a correction asks for instead: "không phải khai sinh mà là khai tử" → "khai tu"."""
    folded = fold(text)
    for pattern in data("follow_up")["instead"]:
        match = re.match(pattern, folded)
        if match:
            folded = match["wanted"]
            break
    return remove_phrases(folded, data("follow_up")["correction"])
