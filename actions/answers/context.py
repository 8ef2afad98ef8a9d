"""A short text read together with the question before it: "bị rơi mất" after "bằng lái xe máy"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from actions.answers.counted import refuses
from actions.answers.turn import Turn
from actions.services import Hit, Search, SearchResult, Standing

__all__ = ["CLEAR", "Context", "running", "surely_outside", "tells"]

# Share of the probability of a few procedures at which the first of them is meant.
CLEAR = 0.7
# Log odds that a text must add to the question before it counts as a choice.
_TELLS = 1.0
# Of the best hit's score: procedures below it are out of the running.
_FAINT = 0.1
# How many of the first hits for question and text together count.
_NEAR = 3
_SURELY_OUTSIDE = 0.85


def tells(standing: Sequence[Standing], hits: Sequence[Hit]) -> bool:
    """Whether a text points at the first of a few procedures: it lifts that one clearly above the others, or the whole
    index (`hits` of the text alone) thinks of it first.
    """
    if len(standing) < 2:
        return False
    return standing[0].gain >= _TELLS or (bool(hits) and hits[0].code == standing[0].code)


def running(codes: Sequence[str], hits: Sequence[Hit]) -> set[str]:
    """Those of `codes` that `hits` hold with a fair share of the best score."""
    return {hit.code for hit in hits if hit.code in codes and hit.score >= hits[0].score * _FAINT} if hits else set()


class Context:
    """Reads texts in the light of what was asked before. `about` gives the words of a text that name a matter."""

    def __init__(self, search: Search, about: Callable[[str], Sequence[str]]) -> None:
        self._search = search
        self._about = about

    def question(self, turn: Turn) -> str:
        """The latest earlier text that is about something, "" where there is none."""
        return next((text for text in turn.earlier if not refuses(text) and self._about(text)), "")

    def among(self, turn: Turn, text: str, codes: Sequence[str]) -> Sequence[Standing]:
        """How the procedures of `codes` fit `text` after the question before it, the best first."""
        return self._search.among(text, codes, self.question(turn))

    def together(self, turn: Turn, text: str) -> SearchResult | None:
        """What question and `text` mean as one; None where nothing was asked before."""
        question = self.question(turn)
        return self._search.search(f"{question}, {text}") if question else None

    def another(self, turn: Turn, text: str, known: Sequence[str]) -> str | None:
        """The procedure beyond `known` that question and `text` together surely mean, or None."""
        result = self.together(turn, text)
        sure = result and result.decision == "answer" and result.hits
        return result.hits[0].code if result and sure and not running(known, result.hits) else None

    def variant(self, turn: Turn, text: str, current: str, hits: Sequence[Hit]) -> str | None:
        """The neighbour of `current` that `text` turns the matter into ("hết hạn, muốn đổi"), or None. Neighbours are
        what the index thinks of for question and text together. `hits`: of the text alone, none where it
        means nothing by itself; then question and text must mean something.
        """
        together = self.together(turn, text)
        if surely_outside(turn) or (not hits and (together is None or together.decision == "abstain")):
            return None
        near = together.hits[:_NEAR] if together else ()
        both = running([hit.code for hit in near if hit.code != current], hits)
        agreed = next((hit.code for hit in near if hit.code in both), None)
        if agreed:
            return agreed
        neighbours = running([hit.code for hit in together.hits], together.hits) if together else set()
        standing = self.among(turn, text, [current, *sorted(neighbours - {current})])
        if tells(standing, hits) and standing[0].share >= CLEAR and standing[0].code != current:
            return standing[0].code
        return self.another(turn, text, [current])


def surely_outside(turn: Turn) -> bool:
    """Whether the classifier is all but certain that the text is outside our field: no context makes it ours."""
    return turn.intent == "out_of_scope" and turn.confidence >= _SURELY_OUTSIDE
