"""How fully a text names a procedure: the words it shares with the procedure's official and short names."""

from __future__ import annotations

from actions.answers.words import content, tokens
from knowledge_base.model import Guide

__all__ = ["NAMED", "name_sets", "name_words", "naming"]

# Share of a name's content syllables that a text must hold to count as naming it.
NAMED = 0.6


def naming(text: str, guide: Guide) -> float:
    """How fully `text` names the procedure: best share of a name's content syllables that it holds, 0 to 1.

    Citizens' phrasings count as well where nearly all of one is there. Long names count less than short ones that
    are wholly named, so that of "khai sinh" and "khai sinh lại" the longer fits only who says "lại".
    """
    said = set(tokens(text))
    best = 0.0
    for name in (guide.name, *guide.short_names):
        words = set(content(name)) - {"thu", "tuc"}
        if words:
            share = len(words & said) / len(words)
            best = max(best, share + (0.001 * len(words) if share == 1 else 0))
    return best


def name_sets(guide: Guide) -> list[set[str]]:
    """The content syllables of each name of the procedure."""
    return [set(content(name)) - {"thu", "tuc"} for name in (guide.name, *guide.short_names)]


def name_words(guide: Guide) -> set[str]:
    """The content syllables of all names of the procedure."""
    return {word for name in (guide.name, *guide.short_names) for word in content(name)}
