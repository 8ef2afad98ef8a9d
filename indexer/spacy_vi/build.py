"""Building the pipeline directory that `spacy.load` and Rasa's `SpacyNLP` read."""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Sequence
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.pipeline import EntityRuler
from spacy.tokenizer import Tokenizer

from indexer.spacy_vi.gazetteer import document_patterns, place_patterns
from indexer.spacy_vi.patterns import TOKEN_MATCH, identifier_patterns

__all__ = ["LABELS", "build", "main", "make_pipeline"]

LABELS = (
    "commune",
    "old_place",
    "document",
    "dossier_code",
    "procedure_code",
    "personal_id",
    "phone",
    "date",
    "amount",
    "nth",
)
_log = logging.getLogger(__name__)
_PREFIX = re.compile(r"""^[("'\[{<«“‘,;:!?…\-–—]+|^\.{2,}""")
_SUFFIX = re.compile(r"""(?:[)"'\]}>»”’,;:!?…–—\-]+|\.+)$""")
_INFIX = re.compile(
    r"""(?<=[^\W\d_])(?:[,;:!?…()"]+|\.(?=[^\W\d_]))(?=\w)|(?<=\d),(?=[^\W\d_])"""
    # What is glued to a long number or a dossier code: "sdt0912345678", "022199001234nhé", "0001xong".
    r"""|(?<=[^\W\d_]{2})(?=\+?\d{9})|(?<=\d{9})(?=[^\W\d_])|(?<=-\d{6}-\d{4})(?=[^\W\d_])|(?<=[)])(?=\d)"""
)


def make_pipeline(communes: Path) -> Language:
    """A blank `vi` pipeline with our tokenizer and the entity ruler; `communes` is the facts file of places.

    The tokenizer is spaCy's own with our expressions: white space first, punctuation off the ends, codes,
    dates, numbers and addresses whole. It is stored with the pipeline, so loading needs no code of ours.
    """
    nlp = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}})
    nlp.tokenizer = Tokenizer(
        nlp.vocab,
        rules={},
        prefix_search=_PREFIX.search,
        suffix_search=_SUFFIX.search,
        infix_finditer=_INFIX.finditer,
        token_match=re.compile(TOKEN_MATCH).match,
    )
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER", "overwrite_ents": True})
    assert isinstance(ruler, EntityRuler)
    ruler.add_patterns([*place_patterns(communes), *document_patterns(), *identifier_patterns()])
    nlp.meta.update(name="isee", version="1.0.0", description="Tokenizer and gazetteer of iSee")
    return nlp


def build(out_dir: Path, communes: Path) -> None:
    """Write the pipeline to `out_dir` (made or overwritten) for the spaCy that runs this.

    Each environment builds its own. Raises FileNotFoundError where `communes` is missing, ValueError where
    a unit's name has no known kind.
    """
    nlp = make_pipeline(communes)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(out_dir)
    _log.info("wrote the spaCy pipeline to %s", out_dir)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: `python -m indexer.spacy_vi.build --communes FILE --out FOLDER`."""
    parser = argparse.ArgumentParser(description="Build the spaCy vi pipeline for the environment that runs this.")
    parser.add_argument("--communes", type=Path, required=True, help="facts file of the communes (JSON)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args(argv)
    if not options.communes.is_file():
        parser.error(f"no such file: {options.communes}")
    build(options.out, options.communes)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
