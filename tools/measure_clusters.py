"""How well the inbox groups questions: pairwise precision and recall against groups that people made.

    PYTHONPATH=. python tools/measure_clusters.py [questions.jsonl]

Two sources of groups. Phrasings of 120 procedures that come with iSee, one group a procedure: since the index holds
them, the procedure's own record is taken out of the candidates, which is the case of a missing guide. And, where a file
is named, its questions by their gold codes, with and without that record. Weights and threshold were chosen on the
development questions; the phrasings were left alone. Needs what `make setup` builds.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.inbox.clustering import groups_of
from bot.inbox.meaning import Meaning, Meanings, likeness
from common.database import Database
from common.settings import get_settings
from indexer.evaluation.questions import load_questions
from indexer.search import SearchService
from knowledge_base.phrasing import load_phrasings
from knowledge_base.store import KnowledgeBase

_PROCEDURES = 120
_SIZES = (1, 1, 2, 3, 5, 8)  # most questions come alone, a few very often

Labelled = list[tuple[Meaning, tuple[str, ...]]]


def main() -> None:
    settings = get_settings()
    knowledge_base = KnowledgeBase(Database.from_settings(settings))
    search = SearchService.from_settings(knowledge_base, settings)
    search.ensure_built()
    meanings = Meanings(search)
    phrased: Labelled = [(meanings.of(text), (code,)) for text, code in _phrasings()]
    _report("phrasings, guide missing", _without_guide(phrased))
    if len(sys.argv) > 1:
        asked: Labelled = [
            (meanings.of(question.question), tuple(question.gold_codes))
            for question in load_questions(Path(sys.argv[1])) if question.gold_codes]
        _report("questions, guide there", asked)
        _report("questions, guide missing", _without_guide(asked))


def _phrasings() -> list[tuple[str, str]]:
    chance = random.Random(7)  # noqa: S311 - a repeatable sample
    known = load_phrasings()
    codes = sorted(code for code, texts in known.items() if len(texts) >= max(_SIZES) // 2 + 1)
    chosen = chance.sample(codes, _PROCEDURES)
    return [
        (text, code) for code in chosen
        for text in chance.sample(list(known[code]), min(chance.choice(_SIZES), len(known[code])))]


def _without_guide(labelled: Labelled) -> Labelled:
    return [
        (replace(meaning, scores={code: score for code, score in meaning.scores.items() if code not in gold}), gold)
        for meaning, gold in labelled]


def _report(name: str, labelled: Labelled) -> None:
    precision, recall, made = _measured(labelled)
    total = precision + recall
    score = 2 * precision * recall / total if total else 0.0
    print(
        f"{name:26} {len(labelled):4} questions, {len({gold[0] for _, gold in labelled}):3} groups, {made:3} found: "
        f"precision {precision:.2f}, recall {recall:.2f}, F1 {score:.2f}", flush=True)


def _measured(items: Labelled) -> tuple[float, float, int]:
    alike = likeness(np.stack([meaning.vector for meaning, _ in items]), [meaning.near for meaning, _ in items])
    groups = groups_of(alike)
    found = np.empty(len(items), dtype=int)
    for number, group in enumerate(groups):
        found[group] = number
    upper = np.triu_indices(len(items), 1)
    together = (found[:, None] == found[None, :])[upper]
    wanted = _same([gold[0] for _, gold in items])[upper]
    right = float((together & wanted).sum())
    return right / max(together.sum(), 1), right / max(wanted.sum(), 1), len(groups)


def _same(codes: Sequence[str]) -> np.ndarray:
    numbers = np.unique(np.array(codes), return_inverse=True)[1]
    return np.asarray(numbers[:, None] == numbers[None, :])


if __name__ == "__main__":
    main()
