"""The decision table, over every combination of answers of every curated guide, and over guides made up at random."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.checklists.decide import (
    IllegalAnswer,
    answers_of,
    combinations_of,
    decide,
    next_question,
    questions,
)
from knowledge_base.model import Guide
from tests.actions.guide import guide
from tests.actions.support import shipped_guides

GUIDES = [found for found in shipped_guides() if found.cases]


@pytest.mark.parametrize("found", GUIDES, ids=lambda found: found.code)
def test_every_combination_of_answers_of_a_guide(found: Guide) -> None:
    reached: dict[str, set[int]] = {"documents": set(), "fee": set(), "time": set()}
    cases = {case.id for case in found.cases}
    seen = 0
    for answers in combinations_of(found):
        seen += 1
        assert set(answers) == cases and next_question(found, answers) is None
        made = decide(found, answers)
        assert {case.id for case in made.chosen} == {case for case, state in answers.items() if state == "yes"}
        for name, hits in reached.items():
            items = getattr(found, name)
            lines = getattr(made, name)
            for line in lines:
                index = next(place for place, item in enumerate(items) if item is line.item)
                # What hangs on a case stands only where that case is the citizen's, or may be; then it says so.
                state = answers[line.item.when] if line.item.when else "yes"
                assert state != "no" and (line.when is not None) == (state == "unsure")
                if state == "yes":
                    hits.add(index)
        for name in ("documents", "time"):
            always = [item for item in getattr(found, name) if item.when is None]
            assert [line.item for line in getattr(made, name) if line.item.when is None] == always
        assert made.fee, f"no fee for {answers}"
        assert made.time, f"no time for {answers}"
        assert made.documents or not found.documents
    assert seen >= 2
    for name, hits in reached.items():
        missing = [item for index, item in enumerate(getattr(found, name)) if index not in hits]
        assert not missing, f"{name}: no answers lead to {missing}"


def test_every_curated_guide_with_cases_asks_for_them() -> None:
    assert len(GUIDES) >= 126
    silent = [found.code for found in GUIDES if not found.asks]
    assert silent == []
    for found in GUIDES:
        assert len(found.asks) <= 4
        for ask in found.asks:
            assert ask.question.endswith("ạ?") and len(ask.question) <= 100, ask.question
            assert all(len(label) <= 80 for label in (ask.other or "", *(case.label for case in found.cases)))


def test_a_fee_of_the_citizens_case_takes_the_place_of_the_general_one() -> None:
    made = guide(asks=[_ask("tre_em", other="Không"), _ask("nho_nguoi_khac", other="Không")])
    child = {"tre_em": "yes", "nho_nguoi_khac": "no"}
    adult = {"tre_em": "no", "nho_nguoi_khac": "no"}
    unsure = {"tre_em": "unsure", "nho_nguoi_khac": "no"}
    assert [line.item.amount for line in decide(made, child).fee] == [0]
    assert [line.item.amount for line in decide(made, adult).fee] == [20000]
    assert [(line.item.amount, line.when and line.when.id) for line in decide(made, unsure).fee] == [
        (20000, None),
        (0, "tre_em"),
    ]
    assert [line.item.amount for line in decide(made, child).time] == [3, 0.5]


def test_without_questions_one_stands_for_all_cases() -> None:
    [question] = questions(guide())
    assert (question.text, question.other, question.many, len(question.cases)) == ("", "", False, 2)
    assert next_question(guide(), {"tre_em": "no"}) == question
    assert questions(guide(cases=None, documents=[], fee=[], time=[])) == ()


@pytest.mark.parametrize(
    ("chosen", "why"), [(["nie"], "foreign"), (["tre_em", "nho_nguoi_khac"], "several"), ([], "none")]
)
def test_impossible_answers_are_refused(chosen: list[str], why: str) -> None:
    [question] = questions(guide(asks=[_ask("tre_em", "nho_nguoi_khac")]))
    with pytest.raises(IllegalAnswer, match=why):
        answers_of(question, chosen)


def test_several_cases_and_none() -> None:
    [question] = questions(guide(asks=[_ask("tre_em", "nho_nguoi_khac", many=True, other="Không có")]))
    assert set(answers_of(question, ["tre_em", "nho_nguoi_khac"]).values()) == {"yes"}
    assert set(answers_of(question, []).values()) == {"no"}
    assert set(answers_of(question, None).values()) == {"unsure"}
    assert len(list(combinations_of(guide(asks=[_ask("tre_em", "nho_nguoi_khac", many=True, other="Không có")])))) == 5


def _ask(*cases: str, **rest: Any) -> dict[str, Any]:
    return {"question": "Thế nào ạ?", "cases": list(cases), **rest}


@st.composite
def made_up(draw: st.DrawFn) -> Guide:
    """A guide with some cases, split into questions in some way, and lines that hang on them in some way."""
    names = [f"case_{number}" for number in range(draw(st.integers(1, 6)))]
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(names) - 1)), max_size=3)))
    parts = [names[a:b] for a, b in zip([0, *cuts], [*cuts, len(names)], strict=True) if names[a:b]]
    asks = [
        {
            "question": "Sao ạ?",
            "cases": part,
            "other": "Không" if len(part) == 1 or draw(st.booleans()) else None,
            "many": len(part) > 1 and draw(st.booleans()),
        }
        for part in parts
    ]
    when = st.one_of(st.none(), st.sampled_from(names))
    papers = draw(st.lists(when, max_size=8))
    documents = [{"name": f"giấy {place}", "kind": "copy", "when": case} for place, case in enumerate(papers)]
    fee = [{"amount": i, "when": w, "note": str(i)} for i, w in enumerate(draw(st.lists(when, max_size=5)))]
    time = [{"amount": i + 1, "unit": "day", "when": w} for i, w in enumerate(draw(st.lists(when, max_size=5)))]
    cases = [{"id": name, "label": name, "when": f"Khi {name}."} for name in names]
    return guide(cases=cases, asks=asks, documents=documents, fee=fee, time=time)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made_up(), st.data())
def test_no_answer_loses_what_may_apply(found: Guide, data: st.DataObject) -> None:
    """More certainty never brings a paper that not knowing hid; a fee for everyone never leaves nothing."""
    answers = data.draw(st.sampled_from(list(combinations_of(found))))
    made, open_ = decide(found, answers), decide(found, {})
    for name in ("documents", "fee", "time"):
        assert {id(line.item) for line in getattr(made, name)} <= {id(line.item) for line in getattr(open_, name)}
        assert all(line.when is None for line in getattr(made, name) if line.item.when is None)
    assert {id(item) for item in found.documents} == {id(line.item) for line in open_.documents}
    assert made.fee or not any(fee.when is None for fee in found.fee)
    assert not ({case.id for case in made.chosen} & {case.id for case in made.unsure})
