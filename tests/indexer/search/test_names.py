"""What is computed for all procedures at once against the same computed one by one."""

import bm25s
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.search.lexical import LexicalIndex, terms
from indexer.search.names import Names, idf
from indexer.search.types import Entry, EntryKind
from indexer.search.vectors import VectorTable

SYLLABLE = st.sampled_from(["đăng", "ký", "khai", "sinh", "kết", "hôn", "cấp", "lại"])
NAME = st.frozensets(SYLLABLE, max_size=5)
TEXTS = ["đăng ký khai sinh", "đăng ký kết hôn", "cấp lại giấy khai sinh", "khai khai báo"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(NAME, min_size=1, max_size=3), min_size=1, max_size=5), st.frozensets(SYLLABLE, max_size=6))
def test_shares_of_all_procedures_are_those_of_each(called, asked):
    weight = idf([names[0] for names in called])

    def mass(words):
        return sum(weight.get(word, 4.0) for word in words)

    wanted = []
    for names in called:
        shares = [(mass(name & asked) / (mass(name) or 1), mass(name & asked) / (mass(asked) or 1)) for name in names]
        wanted.append((*shares[0], max(left * right for left, right in shares)))
    pool = np.arange(len(called))[::-1]
    assert np.allclose(Names(called, weight).shares(asked, pool), np.array(wanted)[pool], atol=1e-6)


def test_a_text_scores_what_bm25s_gives_it():
    model = bm25s.BM25(k1=1.2, b=0.6, method="lucene")
    model.index([terms(text) for text in TEXTS], show_progress=False)
    index = LexicalIndex([None, *TEXTS])
    for query in (*TEXTS, "khai sinh khai sinh", "sinh nhật"):
        known = [term for term in terms(query) if term in model.vocab_dict]
        assert np.allclose(index.accented(query), [0, *model.get_scores(known)])
        assert np.array_equal(index.accented(query), index.scores(query)[0])


def test_similarities_are_products_whatever_the_number_of_rows():
    vectors = np.random.default_rng(5).normal(size=(1100, 16)).astype(np.float32)
    entries = [Entry("c", EntryKind.QUESTION, str(number)) for number in range(len(vectors))]
    table = VectorTable.from_vectors(entries, vectors)
    for count in (1, 2, 5):
        assert np.allclose(table.similarities(vectors[:count]), vectors[:count] @ vectors.T, atol=1e-4)
