"""A place of a list that nobody showed: "cái thứ ba, mất mấy ngày" after an answer, where no choices are open."""

from __future__ import annotations

import re

from actions.answers.counted import Counted, counted, without_places
from actions.answers.resolve import Resolver
from actions.answers.turn import Turn
from actions.answers.words import content, data, fold, without_particles
from knowledge_base.model import Case, Guide, Published

__all__ = ["cases_on_show", "pointed_at"]

# More than any list holds: a place beyond our lists points at nothing that we showed, too.
_ANY = 9
# "Trường hợp 2" counts the cases of the procedure; "lấy 2" may count copies.
_OTHERWISE_COUNTED = re.compile(r"\b(?:truong hop|th|lay|buoc)\b")
_NUMBERED = re.compile(r"\bso \d+\b")


def pointed_at(turn: Turn, published: Published, resolver: Resolver) -> Counted | None:
    """The places that `turn` points at and says nothing besides (but a part of a guide); None for any other text.

    "Số 2" points at nothing where the procedure itself speaks of a number 2 (Phiếu lý lịch tư pháp số 2).
    """
    folded = fold(turn.text)
    if _OTHERWISE_COUNTED.search(folded) or set(_NUMBERED.findall(folded)) & _numbers(published.guide):
        return None
    said = counted(turn.text, _ANY)
    if not (said.meant or said.refused):
        return None
    rest = without_particles(without_places(turn.text))
    return None if content(rest) and resolver.residue(rest, data("choosing")["choosing"]) else said


def cases_on_show(turn: Turn, guide: Guide) -> list[Case]:
    """The cases that the latest answer offered as buttons: those that change the list of papers, under that list."""
    if turn.aspect != "documents" or guide.asks:
        return []
    bound = {document.when for document in guide.documents}
    return [case for case in guide.cases if case.id in bound]


def _numbers(guide: Guide) -> set[str]:
    documents = (document.name for document in guide.documents)
    texts = (guide.name, *guide.short_names, guide.summary or "", *documents, *(case.label for case in guide.cases))
    return {found for text in texts for found in _NUMBERED.findall(fold(text))}
