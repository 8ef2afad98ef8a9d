"""Vietnamese text as citizens type it. Pure functions; Python 3.10, standard library and numpy only."""

from indexer.text.alphabet import strip_diacritics
from indexer.text.normalise import Normalised, normalise
from indexer.text.restore import DiacriticsRestorer, restore_diacritics
from indexer.text.synonyms import expand_synonyms
from indexer.text.tokens import has_diacritics, syllables

__all__ = [
    "DiacriticsRestorer",
    "Normalised",
    "expand_synonyms",
    "has_diacritics",
    "normalise",
    "restore_diacritics",
    "strip_diacritics",
    "syllables",
]
