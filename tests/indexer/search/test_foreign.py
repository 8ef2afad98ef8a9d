"""Questions in other languages search English names and phrasings; Vietnamese ones never see them."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.search.documents import entries_of
from indexer.search.lexical import LexicalIndex
from indexer.search.query import understand
from indexer.search.snapshot import Snapshot, facts_of
from indexer.search.types import Entry, EntryKind
from indexer.search.updating import Updated, completed
from indexer.search.vectors import VectorTable
from knowledge_base.model import Guide, Level, Origin, Published

TEXTS = ["đăng ký khai sinh", "đăng ký kết hôn", "cấp hộ chiếu"]


def guide(number: int, name: str, english: str | None = None) -> Guide:
    return Guide(code=f"1.00000{number}", name=name, name_en=english, field="Thử", levels=[Level.COMMUNE])


@pytest.fixture
def snapshot() -> Snapshot:
    guides = [guide(1, "Đăng ký khai sinh", "Birth registration"), guide(2, "Đăng ký kết hôn", "Marriage registration"),
              guide(3, "Cấp hộ chiếu")]
    entries = [Entry(entry.code, entry.kind, entry.text, entry.text) for item in guides for entry in entries_of(item)]
    facts = {item.code: facts_of(Published(guide=item, origin=Origin.CURATED, version=1)) for item in guides}
    return Snapshot(VectorTable.from_vectors(entries, np.eye(len(entries), 8, dtype=np.float32)), facts, 1)


def test_the_english_name_is_searched_once_for_each_guide() -> None:
    entries = entries_of(guide(1, "Đăng ký khai sinh", "Birth registration"))
    assert [(entry.kind, entry.text) for entry in entries] == [
        (EntryKind.NAME, "Đăng ký khai sinh"), (EntryKind.ENGLISH, "Birth registration")]


def test_vietnamese_questions_never_see_english_rows(snapshot: Snapshot) -> None:
    english = [row for row, entry in enumerate(snapshot.entries) if entry.kind is EntryKind.ENGLISH]
    scores = np.zeros(len(snapshot.entries), dtype=np.float32)
    scores[english] = 1.0
    assert snapshot.best(scores).max() == 0.0 and len(snapshot.of_names(scores)) == len(snapshot.codes) == 3
    assert not any(part.any() for part in snapshot.lexical_scores("birth registration"))


def test_others_see_english_and_the_vietnamese_name_of_what_has_none(snapshot: Snapshot) -> None:
    abroad = snapshot.abroad
    names = abroad.of_names(np.arange(len(abroad.entries), dtype=np.float32))
    assert [abroad.entries[int(row)].text for row in names] == [
        "Birth registration", "Marriage registration", "Cấp hộ chiếu"]
    assert abroad.lexical_scores("birth registration")[0].max() > 0
    assert abroad.facts["1.000001"].called == (frozenset({"birth", "registration"}),)
    assert snapshot.abroad is abroad


def test_after_an_edit_words_score_as_after_a_restart(snapshot: Snapshot) -> None:
    stale = Snapshot(snapshot.table, snapshot.facts, 2, LexicalIndex(TEXTS[:1]), lexical_is_stale=True)
    after = completed(Updated(stale, {})).snapshot
    for text in ("đăng ký khai sinh", "marriage registration"):
        assert list(after.lexical_scores(text)[0]) == list(snapshot.lexical_scores(text)[0])


def test_none_is_no_document_and_changes_no_score() -> None:
    plain, holed = LexicalIndex(TEXTS), LexicalIndex([TEXTS[0], None, *TEXTS[1:], None])
    before, after = plain.scores("khai sinh")[0], holed.scores("khai sinh")[0]
    assert list(after[[0, 2, 3]]) == list(before) and after[1] == after[4] == 0.0


@pytest.mark.parametrize(
    ("text", "language", "focus"),
    [
        ("How do I register the birth of my son?", "en", "register the birth of my son"),
        ("Combien coûte un passeport ?", "fr", "un passeport"),
        ("办护照要多少钱？", "zh", "办护照"),
        ("lam giay khai sinh", "vi", "làm giấy khai sinh"),
    ],
)
def test_what_a_question_is_searched_for(text: str, language: str, focus: str) -> None:
    query = understand(text)
    assert (query.language, query.focus) == (language, focus)


def test_the_language_may_be_given() -> None:
    assert understand("passport").language == "vi" and understand("passport", "en").language == "en"
