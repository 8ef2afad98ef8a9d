"""Which procedures may be offered for a text: only those whose guide holds a good part of what the text is about.

The index always finds a nearest neighbour. Where it asks back, a neighbour that shares hardly a word with the
question ("giấy xác nhận khuyết tật" and a certificate of marital status) would read as nonsense, so it is left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from actions.answers.words import content, tokens
from actions.services import Hit, Knowledge
from indexer.text import expand_synonyms
from knowledge_base.model import Guide, Published

__all__ = ["Plausibility"]

# Share of the text's content that the best candidate must hold; the others must hold half as much as the best.
_LEAST = 0.4
# What a single candidate must hold to be asked about by "is it this?".
_LEAST_ALONE = 0.55
_OF_BEST = 0.5
# Share of the best score below which a hit is no alternative.
_FAINT = 0.1
# What a guide counts for that holds the official word for a citizen's.
_TRANSLATED = 0.6


class Plausibility:
    """Weighs words by how rare they are in the names of all procedures ("xã" says little, "nghĩa địa" much)."""

    def __init__(self, kb: Knowledge) -> None:
        self._kb = kb

    def offerable(self, text: str, residue: Sequence[str], hits: Sequence[Hit]) -> list[str]:
        """The codes of `hits` worth asking about, in order; empty when not even the best fits the text."""
        if not hits:
            return []
        found = [(hit, self._kb.get(hit.code)) for hit in hits if hit.score >= hits[0].score * _FAINT]
        shares = [(hit, self._share(text, residue, published)) for hit, published in found if published]
        best = max((share for _, share in shares), default=0.0)
        if best < _LEAST:
            return []
        kept = [hit.code for hit, share in shares if share >= best * _OF_BEST]
        return kept if len(kept) > 1 or best >= _LEAST_ALONE else []

    def _share(self, text: str, residue: Sequence[str], published: Published) -> float:
        """How much of what `text` is about stands in the guide, in its words or in the official ones for them."""
        words = set(residue)
        if not words:
            return 1.0
        known = _vocabulary(published.guide)
        official = (set(content(phrase)) for phrase in expand_synonyms(text))
        translated = any(phrase and phrase <= known for phrase in official)
        held = sum(map(self._weight, words & known)) / sum(map(self._weight, words))
        return max(held, _TRANSLATED if translated else 0.0)

    def _weight(self, word: str) -> float:
        return math.log(1 + self._names[0] / (1 + self._names[1][word]))

    @cached_property
    def _names(self) -> tuple[int, Counter[str]]:
        """How many procedures there are, and in how many names each syllable stands. Read once: only weights."""
        names = [set(tokens(published.guide.name)) for published in self._kb.all()]
        return len(names), Counter(word for name in names for word in name)


def _vocabulary(guide: Guide) -> set[str]:
    cases = (f"{case.label} {case.when}" for case in guide.cases)
    texts = (guide.name, *guide.short_names, *guide.questions, guide.summary or "", *cases)
    return {word for text in texts for word in content(text)}
