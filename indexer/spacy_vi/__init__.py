"""The spaCy `vi` pipeline: a plain tokenizer and a gazetteer of places, documents and identifiers.

It runs under spaCy 3.4 (Rasa's environment) and newer, needs no pyvi, and what it writes loads with a bare
`spacy.load`, without any code of ours.
"""

from indexer.spacy_vi.build import LABELS, build

__all__ = ["LABELS", "build"]
