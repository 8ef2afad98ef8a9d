"""A regression gate on 102 frozen questions of our own: ranking, decisions, and the twins without diacritics.

Floors stand a little below what was measured when they were set (docs/results.md), so that noise passes and a real
loss doesn't. A change that gains elsewhere may move them, with its reason in the commit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from common.settings import Settings
from indexer.encoder import load_encoder
from indexer.evaluation.explain import explainer
from indexer.evaluation.questions import load_questions, stripped
from indexer.evaluation.retrieval import evaluate, report
from indexer.search import SearchService
from indexer.search.ranker import FEATURES
from tests.eval.conftest import FOLDER

pytestmark = [pytest.mark.built, pytest.mark.slow]

QUESTIONS = load_questions(FOLDER / "questions.jsonl")


@pytest.fixture(scope="module")
def figures(search: SearchService) -> dict[str, Any]:
    return report(evaluate(QUESTIONS, search.search))


@pytest.fixture(scope="module")
def without_diacritics(search: SearchService) -> dict[str, Any]:
    return report(evaluate(stripped(QUESTIONS), search.search))


def test_every_right_procedure_is_in_the_knowledge_base(search: SearchService) -> None:
    known = search.snapshot.facts
    assert [question.id for question in QUESTIONS if not set(question.gold_codes) <= set(known)] == []


def test_the_right_procedure_comes_first(figures: dict[str, Any]) -> None:
    assert figures["top1"] >= 0.90
    assert figures["top5"] >= 0.98


def test_diacritics_hardly_matter(figures: dict[str, Any], without_diacritics: dict[str, Any]) -> None:
    assert without_diacritics["top1"] >= figures["top1"] - 0.05
    assert without_diacritics["top5"] >= 0.97


def test_the_right_behaviour_is_chosen(figures: dict[str, Any]) -> None:
    assert figures["decisions"]["behaviour_right_lenient"] >= 0.82
    assert figures["decisions"]["wrong_confident"] <= 0.05


def test_foreign_matters_are_not_answered(figures: dict[str, Any]) -> None:
    assert figures["decisions"]["table"]["abstain"].get("answer", 0) <= 1
    assert figures["abstain"]["recall"] >= 0.75


def test_an_explained_search_ranks_the_same_and_shows_every_feature(search: SearchService, built_home: Path) -> None:
    explain = explainer(search, load_encoder(Settings(home=built_home)))
    for question in QUESTIONS[:3]:
        plain, explained = search.search(question.question, 5), explain(question.question, 5)
        assert [hit.code for hit in plain.hits] == [hit.code for hit in explained.hits]
        assert set(FEATURES) <= set(explained.hits[0].parts)


def test_questions_in_other_languages_find_their_guide(search: SearchService) -> None:
    """60 questions in three languages and 12 that are none of our business, held out (docs/languages.md)."""
    figures = report(evaluate(load_questions(FOLDER / "foreign.jsonl"), search.search))
    assert figures["top1"] >= 0.78
    assert figures["top5"] >= 0.93
    assert all(language["top5"] >= 0.85 for language in figures["by_source"].values())
    assert figures["decisions"]["wrong_confident"] <= 0.13
