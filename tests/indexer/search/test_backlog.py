"""What is taken over first, and when words are indexed anew."""

from __future__ import annotations

from indexer.search.backlog import Backlog, Pace
from knowledge_base.model import Origin
from knowledge_base.store import Change


def test_people_come_before_imports_and_imports_come_in_slices() -> None:
    backlog = Backlog()
    backlog.add(Change(number, f"9.{number:06d}", "publish", Origin.IMPORTED) for number in range(700))
    backlog.add(Change(700, code, "publish", Origin.CURATED) for code in ("1.001193", "9.000003"))
    backlog.add([Change(702, "1.001193", "publish", Origin.IMPORTED)])
    assert sorted(backlog.take()) == ["1.001193", "9.000003"]
    taken = [backlog.take(), backlog.take(), backlog.take()]
    assert [len(slice_) for slice_ in taken] == [300, 300, 99] and len(backlog) == 0
    assert len({code for slice_ in taken for code in slice_}) == 699


def test_words_are_indexed_at_once_after_edits_and_seldom_during_an_import() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert not pace.due
    pace.changed(1)
    assert pace.due
    pace.built(2.0)
    pace.changed(150)
    assert not pace.due, "two seconds of building are followed by more than a minute without"
    now[0] = 101.0
    assert pace.due
    pace.built(2.0)
    pace.changed(1)
    assert pace.due, "an edit after an import doesn't wait"
