"""An open list is answered: by place, by words that fit one of the offers, or by saying which are not meant.

Words are weighed by the index, kept to the offers and read together with the question that led to the list; they must
change the picture clearly before one is taken. A reply that names another matter leaves the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from actions.answers.context import CLEAR, running, surely_outside, tells
from actions.answers.counted import clauses, counted, refuses, refuses_all
from actions.answers.naming import naming
from actions.answers.ordinals import nth
from actions.answers.resolve import Resolver
from actions.answers.turn import Turn
from actions.answers.words import data
from actions.services import Hit, Knowledge, Search, SearchResult, Standing
from knowledge_base.model import Published

__all__ = ["Chooser", "Pick"]

# Share of the offers' probability below which one is dropped from the list.
_LEFT = 0.15
# Of the best hit's score: what is below it is no alternative to the offers that were refused.
_FAINT = 0.01
# Share of a name's words at which a text names a procedure.
_NAMED = 0.75
_LEAST_NAME = 2
_MOST_OTHERS = 4
# Of the first hit's score: a second one below it leaves no doubt about what the words alone point at.
_FAR_BEHIND = 0.05
# Steering, people and places surely asked for are no answers to a list.
_SURE = 0.6
_ELSEWHERE = frozenset(
    ("talk_to_person", "complain", "abuse", "find_centre", "track_dossier", "repeat", "start_over", "provide_pin")
)


@dataclass(frozen=True)
class Pick:
    """`take`: the one procedure of `codes`; `ask`: these are left; `none`: none is meant, `codes` are the next ones."""

    kind: Literal["take", "ask", "none"]
    codes: tuple[str, ...] = ()


class Chooser:
    """Reads a text against the procedures last offered."""

    def __init__(self, search: Search, kb: Knowledge, resolver: Resolver) -> None:
        self._search = search
        self._kb = kb
        self._resolver = resolver
        self._context = resolver.context

    def pick(self, turn: Turn, offered: Sequence[str]) -> Pick | None:
        """What `turn` says about `offered` (in order), or None where it says nothing about them."""
        if not offered or not turn.text or turn.in_form or turn.entity("procedure_code"):
            return None
        if turn.intent in _ELSEWHERE and turn.confidence >= _SURE:
            return None
        if refuses_all(turn.text):
            return Pick("none", self._others(turn, offered))
        by_place = self._by_place(turn, offered)
        if by_place or turn.procedure:
            return by_place
        return self._by_words(turn, offered)

    def near(self, turn: Turn, published: Published) -> tuple[str, ...]:
        """The neighbours of `published`: what the index thought of when it answered, else what its name is like."""
        if turn.rivals:
            return turn.rivals
        hits = self._search.search((*published.guide.short_names, published.guide.name)[0]).hits
        floor = hits[0].score * _FAINT if hits else 0.0
        return tuple(hit.code for hit in hits if hit.score >= floor)[: _MOST_OTHERS + 1]

    def _by_place(self, turn: Turn, offered: Sequence[str]) -> Pick | None:
        said = counted(turn.text, len(offered))
        if len(said.meant) == 1:
            return Pick("take", (offered[next(iter(said.meant))],))
        if said.refused:
            return self._without(turn, offered, {offered[place] for place in said.refused})
        if not self._words(turn.text) and turn.intent == "choose_nth":
            place = nth(turn.text, turn.entity("nth"), len(offered))
            return Pick("take", (offered[place],)) if place is not None else None
        return None

    def _without(self, turn: Turn, offered: Sequence[str], refused: set[str]) -> Pick:
        left = tuple(code for code in offered if code not in refused)
        if not left:
            return Pick("none", self._others(turn, offered))
        return Pick("take" if len(left) == 1 else "ask", left)

    def _by_words(self, turn: Turn, offered: Sequence[str]) -> Pick | None:
        parts = clauses(turn.text)
        wanted = [part for part in parts if not refuses(part)]
        if wanted and len(wanted) < len(parts):
            text = ", ".join(wanted)
        elif wanted:
            text = turn.text
        else:
            return self._refused_in_words(turn, offered)
        if not self._words(text):
            return None
        result = self._search.search(text)
        if surely_outside(turn) or self._leaves(text, offered, result):
            return None
        outside = self._context.another(turn, text, offered)
        if outside:
            return Pick("take", (outside,))
        return self._fitting(turn, text, offered, result)

    def _fitting(self, turn: Turn, text: str, offered: Sequence[str], result: SearchResult) -> Pick | None:
        """The offers that `text` fits, `result` being what it means alone."""
        standing = self._context.among(turn, text, offered)
        together = self._context.together(turn, text)
        hits = together.hits if together else ()
        strays = hits and hits[0].code not in offered
        if strays and result.hits and result.hits[0].code == hits[0].code and not running(offered, hits):
            return Pick("ask", (hits[0].code,))  # both readings agree on a procedure that the list lacks
        meant = self._another_of_the_matter(offered, result, hits)
        if meant:
            return Pick("ask", (meant,))
        if tells(standing, result.hits) and not (strays and not running([standing[0].code], hits)):
            pick = _judged(standing)
            if pick:
                return pick
        named = self._resolver.only_fitting(self._words(text), offered)
        if named:
            return Pick("take", (named.code,))
        asks = turn.intent.startswith("ask_") and turn.intent != "ask_overview"
        if together and together.decision == "answer" and len(offered) == 1 and not strays:
            return Pick("take", tuple(offered))
        again = hits and not strays and not asks and result.decision != "answer"
        return Pick("ask", tuple(offered)) if again else None

    def _another_of_the_matter(self, offered: Sequence[str], alone: SearchResult, hits: Sequence[Hit]) -> str | None:
        """The procedure beyond the list that the words alone point at by far, of the matter that was asked about
        ("nhà cũ sửa lại" after building permits); None where there is none.
        """
        if alone.decision == "abstain" or not alone.hits or alone.hits[0].code in offered:
            return None
        first, second = alone.hits[0], alone.hits[1].score if len(alone.hits) > 1 else 0.0
        far_ahead = second < first.score * _FAR_BEHIND
        near = first.code in [hit.code for hit in hits[:_MOST_OTHERS]]
        return first.code if far_ahead and near and not running(offered, alone.hits) else None

    def _refused_in_words(self, turn: Turn, offered: Sequence[str]) -> Pick | None:
        """ "Không phải gia hạn" takes the offer that fits the words from the list."""
        said = " ".join(self._words(turn.text))
        standing = self._context.among(turn, said, offered) if said else ()
        if not tells(standing, ()) or standing[0].share < CLEAR:
            return None
        return self._without(turn, offered, {standing[0].code})

    def _words(self, text: str) -> tuple[str, ...]:
        """What `text` is about beside aspects, places and the words of choosing."""
        return self._resolver.residue(text, data("choosing")["choosing"])

    def _leaves(self, text: str, offered: Sequence[str], result: SearchResult) -> bool:
        """Whether `text` clearly names a procedure outside the list."""
        best = self._kb.get(result.hits[0].code) if result.hits else None
        if best is None or best.code in offered or result.decision == "abstain":
            return False
        here = max((naming(text, found.guide) for found in self._guides(offered)), default=0.0)
        named = naming(text, best.guide)
        return named >= _NAMED and named > here and len(self._words(text)) >= _LEAST_NAME

    def _others(self, turn: Turn, offered: Sequence[str]) -> tuple[str, ...]:
        """The next best procedures for the question that led to the list."""
        question = self._context.question(turn)
        if not question:
            return ()
        result = self._search.search(question)
        if result.decision == "abstain":
            return ()
        floor = result.hits[0].score * _FAINT if result.hits else 0.0
        near = [hit.code for hit in result.hits if hit.code not in offered and hit.score >= floor]
        return tuple(near[:_MOST_OTHERS])

    def _guides(self, codes: Sequence[str]) -> list[Published]:
        return [found for found in map(self._kb.get, codes) if found]


def _judged(standing: Sequence[Standing]) -> Pick | None:
    """The first where it is clearly ahead, else those that are left; None where none drops out."""
    if standing[0].share >= CLEAR:
        return Pick("take", (standing[0].code,))
    left = tuple(item.code for item in standing if item.share >= _LEFT)
    return Pick("ask" if len(left) > 1 else "take", left) if len(left) < len(standing) else None
