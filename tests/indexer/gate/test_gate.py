"""The publish gate over a small index and the real encoder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from common.clock import local_date
from common.database import Database
from common.errors import Conflict, InvalidInput, NotReady
from indexer.encoder import load_encoder
from indexer.gate import PublishGate
from indexer.search import SearchService
from indexer.search.thresholds import Thresholds, ThresholdStore
from knowledge_base.golden import Golden, GoldenStore
from knowledge_base.model import Origin
from knowledge_base.store import KnowledgeBase
from tests.indexer.search.guides import GUIDES, guide

pytestmark = pytest.mark.built

BIRTH, MARRIAGE, RESIDENCE = "1.000001", "1.000002", "1.000003"
QUESTIONS = [
    Golden(code=BIRTH, question="nhà em có bé sơ sinh, đăng ký khai sinh thế nào"),
    Golden(code=MARRIAGE, question="em và bạn trai muốn đăng ký kết hôn"),
    Golden(code=RESIDENCE, question="thuê phòng trọ thì đăng ký tạm trú ra sao"),
    Golden(code=RESIDENCE, question="đăng ký kết hôn ở đâu", expected="other"),
]


@pytest.fixture(scope="module")
def gate(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishGate]:
    folder = tmp_path_factory.mktemp("gate")
    database = Database(f"sqlite:///{folder / 'isee.db'}")
    database.create_all()
    kb = KnowledgeBase(database)
    kb.publish_many(GUIDES, Origin.CURATED, author="test", reason="test")
    thresholds = ThresholdStore(database)
    search = SearchService(
        kb, load_encoder(built_home / "models" / "encoder"), folder / "index", thresholds=thresholds.current)
    golden = GoldenStore(database)
    golden.load_shipped(QUESTIONS)
    made = PublishGate(kb, search, golden)
    with pytest.raises(NotReady):
        made.check(GUIDES[0])
    search.ensure_built()
    yield made
    database.dispose()


def test_a_sound_edit_passes_and_touches_nothing(gate: PublishGate) -> None:
    before = gate._search.snapshot
    report = gate.check(guide(BIRTH, GUIDES[0].name, *GUIDES[0].questions, "bé mới sinh làm giấy tờ gì"))
    assert report.allowed and report.ran == 4 and not report.losses
    assert gate._search.snapshot is before, "a check must not change what is searched"


def test_a_guide_that_takes_anothers_question_is_refused(gate: PublishGate) -> None:
    thief = guide(RESIDENCE, "Đăng ký kết hôn", "em và bạn trai muốn đăng ký kết hôn")
    report = gate.check(thief)
    assert not report.allowed and MARRIAGE in report.broken
    lost = {change.code: change for change in report.losses}
    assert lost[MARRIAGE].before.code == MARRIAGE and not lost[MARRIAGE].after.passed
    assert RESIDENCE in lost and RESIDENCE not in report.broken, "its own losses are listed, they don't refuse"
    gone = gate.check_withdrawal(MARRIAGE)
    assert [change.code for change in gone.losses] == [MARRIAGE] and gone.allowed


def test_a_text_of_a_later_day_is_judged_as_on_that_day_and_marks_who_loses(gate: PublishGate) -> None:
    later = local_date() + timedelta(days=30)
    thief = guide(RESIDENCE, "Đăng ký kết hôn", "em và bạn trai muốn đăng ký kết hôn")
    report = gate.check(thief.model_copy(update={"effective_from": later}))
    assert MARRIAGE in report.broken
    gate.keep(report)
    assert MARRIAGE in gate.failing()
    gate.run(MARRIAGE), gate.run(RESIDENCE)
    assert gate.failing() == {}
    gone = thief.model_copy(update={"effective_to": local_date() - timedelta(days=1)})
    assert gate.check(gone).allowed, "what has expired takes nobody's question"


def test_a_better_phrasing_gains_its_question(gate: PublishGate) -> None:
    gate.golden.add("1.000004", "dựng cái chuồng gà có cần lên phường không", "answer", actor="lan")
    report = gate.check(guide("1.000004", GUIDES[3].name, "dựng chuồng gà có phải lên phường không"))
    assert [change.question for change in report.gains] == ["dựng cái chuồng gà có cần lên phường không"]
    [kept] = gate.golden.of("1.000004")
    assert gate.golden.remove(kept.id, actor="lan") == "1.000004" and gate.golden.of("1.000004") == []


def test_a_full_run_is_kept_day_by_day_and_marks_what_fails(gate: PublishGate) -> None:
    gate.golden.add(BIRTH, "giá vàng hôm nay", "answer", actor="lan")
    day = gate.run_all()
    assert day and (day.passed, day.failed) == (4, 1) and 0.79 < day.share < 0.81
    assert gate.failing() == {BIRTH: ["giá vàng hôm nay"]}
    assert [(each.day, each.failed) for each in gate.quality()] == [(day.day, 1)]
    assert gate.quality(code=MARRIAGE)[0].by_code == {MARRIAGE: (1, 0)}
    asked = [kept for kept in gate.golden.of(BIRTH) if kept.last and not kept.last.passed]
    gate.golden.change(asked[0].id, "khai sinh cho bé ở đâu", "clarify", actor="lan")
    assert [seen.passed for kept, seen in gate.run(BIRTH)] == [True, True]


def test_curators_keep_their_own_when_the_shipped_ones_change(gate: PublishGate) -> None:
    golden, shipped = gate.golden, gate.golden.of(MARRIAGE)[0]
    golden.change(shipped.id, "hai đứa em muốn cưới nhau", "answer", actor="lan")
    extra = Golden(code="1.000004", question="cất nhà mới xin phép ai")
    assert golden.load_shipped([*QUESTIONS, extra]) == 1
    assert [kept.golden.question for kept in golden.of(MARRIAGE)] == ["hai đứa em muốn cưới nhau"]
    assert golden.load_shipped([*QUESTIONS, extra]) == 0
    golden.load_shipped(QUESTIONS)
    assert golden.of("1.000004") == []
    with pytest.raises(Conflict):
        golden.add(MARRIAGE, "hai  đứa em muốn cưới nhau", "answer", actor="lan")
    with pytest.raises(InvalidInput):
        golden.add(MARRIAGE, "x", "answer", actor="lan")


def test_thresholds_are_validated_versioned_and_followed(gate: PublishGate) -> None:
    search, store = gate._search, ThresholdStore(gate.golden._database)
    question = "em và bạn trai muốn đăng ký kết hôn"
    right = search.examine(question).verdict.right
    assert search.search(question).decision == "answer"
    store.set(Thresholds(min(0.97, right + 0.005), 0.5), actor="chi", reason="thử")
    search.follow_thresholds()
    asked = search.search(question).decision
    first = store.history()[0]
    store.set(None, actor="chi", reason="trả về")
    search.follow_thresholds()
    assert search.search(question).decision == "answer" and search.calibration is search.given
    store.restore(first.id, actor="chi", reason="dùng lại")
    assert store.current() == first.values and len(store.history()) == 3
    assert asked == ("clarify" if right < 0.97 else "answer")
    for wrong in (Thresholds(1.0, 0.5), Thresholds(0.6, 0.0), Thresholds(float("nan"), 0.5)):
        with pytest.raises(InvalidInput):
            store.set(wrong, actor="chi", reason="sai")
    with pytest.raises(InvalidInput, match="lý do"):
        store.set(Thresholds(0.6, 0.5), actor="chi", reason=" ")
