"""Differences lose nothing, whatever the texts."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.drafting.diff import Kind, changed_fields, changes, merged, words
from tests.knowledge_base.conftest import guide_data

TEXT = st.text(st.sampled_from("lệ phí 8.000 đồng\n <>&[]"), max_size=60)
GUIDE = st.fixed_dictionaries({}, optional={
    "name": TEXT, "steps": st.lists(TEXT, max_size=5),
    "fee": st.lists(st.fixed_dictionaries({"amount": st.integers(0, 3)}, optional={"note": TEXT}), max_size=4),
})


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT)
def test_the_pieces_make_up_both_texts(old: str, new: str) -> None:
    pieces = words(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind is not Kind.ADDED) == old
    assert "".join(piece.text for piece in pieces if piece.kind is not Kind.REMOVED) == new
    assert all(piece.kind is Kind.SAME for piece in words(old, old))


@settings(max_examples=60, deadline=None)
@given(GUIDE, GUIDE)
def test_what_differs_is_shown_and_what_does_not_is_not(old: dict[str, Any], new: dict[str, Any]) -> None:
    fields = changed_fields(old, new)
    assert list(dict.fromkeys(change.field for change in changes(old, new))) == fields
    assert not changes(old, old) and changed_fields(new, old) == fields


@settings(max_examples=60, deadline=None)
@given(GUIDE, GUIDE, GUIDE)
def test_merging_takes_each_field_from_one_side(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    together = merged(base, mine, theirs)
    own = changed_fields(base, mine)
    for name in ("name", "steps", "fee"):
        assert (together.get(name) or None) == ((mine if name in own else theirs).get(name) or None)
    assert not changed_fields(merged(base, mine, base), mine)


def test_an_item_is_recognised_when_it_changes_or_moves() -> None:
    old = guide_data(steps=["Nộp hồ sơ.", "Nhận kết quả.", "Nộp phí."])
    new = guide_data(steps=["Nộp phí.", "Nộp hồ sơ.", "Nhận kết quả."])
    (moved,) = changes(old, new)
    assert moved.moved and moved.place == 1 and moved.entries[0].pieces[0].text == "Nộp phí."

    new = guide_data(documents=[
        {"name": "Giấy mới", "kind": "copy"}, {"name": "Tờ khai", "kind": "form", "note": "Phải nộp."}])
    kinds = {(change.kind, change.entries[0].pieces[0].text) for change in changes(guide_data(), new)}
    assert kinds == {(Kind.ADDED, "Giấy mới"), (Kind.SAME, "Tờ khai"), (Kind.REMOVED, "Giấy giải trình")}


def test_long_texts_are_compared_line_by_line() -> None:
    old = "\n".join(f"dòng số {number} của văn bản dài" for number in range(900))
    pieces = words(old, old.replace("số 450 ", "số 451b "))
    assert [piece.text for piece in pieces if piece.kind is Kind.ADDED] == ["dòng số 451b của văn bản dài\n"]
