"""Learns ranker weights and calibration from question files; reports them under cross-validation by procedure.

    python -m indexer.training.ranker --questions dev.jsonl --out-of-scope oos.jsonl [--write]
    python -m indexer.training.ranker --foreign [--write]

With `--foreign` for questions in other languages, from the product's own (`data/foreign.jsonl`).

The ranker is a softmax over each question's candidates (conditional logit, McFadden 1974) with an L2 penalty. Folds
never share a procedure family, so the figures are for procedures that no training question touches. The
calibration is learnt on out-of-fold scores.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from indexer.encoder import Encoder
from indexer.evaluation.questions import Question, load_questions, stripped
from indexer.search.decision import DOMAIN_AT, SHAPE, Calibration, shape
from indexer.search.query import understand
from indexer.search.ranker import FEATURES, Ranker, candidates, likeness
from indexer.search.searching import length
from indexer.search.snapshot import Snapshot
from indexer.search.wording import wording

__all__ = ["Example", "calibrate", "cross_validate", "examples_of", "fit"]

FOLDS = 8
PENALTY = 0.02
STRENGTH = 0.1  # inverse penalty of the calibration
DATA = Path(__file__).resolve().parent.parent / "search" / "data"
FOREIGN = Path(__file__).resolve().parent / "data" / "foreign.jsonl"


@dataclass(frozen=True)
class Example:
    """One question's pool. `gold`: bool (pool,), all False when no right code is in the pool; `alike`: float32 (pool,),
    `ranker.likeness` of each candidate; `worded`: float32 (pool, 2), their `wording`.
    """

    question: Question
    features: np.ndarray
    gold: np.ndarray
    alike: np.ndarray
    worded: np.ndarray
    codes: list[str]
    families: list[str]
    syllable_count: int
    group: str


def examples_of(questions: Sequence[Question], snapshot: Snapshot, encoder: Encoder) -> list[Example]:
    examples = []
    for question in questions:
        query = understand(question.question)
        if query.empty:
            continue
        searched = snapshot if query.language == "vi" else snapshot.abroad
        pool = candidates(query, searched, encoder)
        codes = [searched.codes[index] for index in pool.codes]
        gold = np.array([code in question.gold_codes for code in codes])
        families = [searched.facts[code].family for code in codes]
        known = [searched.facts[code].family for code in question.gold_codes if code in searched.facts]
        group = min(known) if known else f"none:{question.id}"
        alike = np.array([likeness(query, pool, searched, int(index)) for index in pool.codes], dtype=np.float32)
        worded = wording(query, searched, pool.codes)
        examples.append(
            Example(question, pool.features, gold, alike, worded, codes, families, length(query), group))
    return examples


def fit(examples: Sequence[Example]) -> Ranker:
    """Weights that maximise the likelihood of a right candidate. Features are standardised inside."""
    trained = [example for example in examples if example.gold.any()]
    scale = np.concatenate([example.features for example in trained]).std(axis=0) + 1e-6
    pools = [(example.features / scale, example.gold) for example in trained]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = 0.0, np.zeros_like(weights)
        for features, gold in pools:
            scores = features @ weights
            exponent = np.exp(scores - scores.max())
            chance = exponent / exponent.sum()
            mass = chance[gold].sum()
            total -= float(np.log(mass + 1e-12))
            within = np.where(gold, chance, 0.0) / (mass + 1e-12)
            gradient += features.T @ (chance - within)
        count = len(pools)
        return total / count + PENALTY * float(weights @ weights), gradient / count + 2 * PENALTY * weights

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return Ranker((found.x / scale).astype(np.float32), 1.0)


def cross_validate(examples: Sequence[Example]) -> list[tuple[Example, Ranker]]:
    """Each example with the ranker that did not see its procedure family."""
    groups = [example.group for example in examples]
    pairs: list[tuple[Example, Ranker]] = []
    for train, test in GroupKFold(FOLDS).split(examples, groups=groups):
        ranker = fit([examples[index] for index in train])
        pairs.extend((examples[index], ranker) for index in test)
    return pairs


def ranking_figures(pairs: Sequence[tuple[Example, Ranker]]) -> dict[str, float]:
    ranks = []
    for example, ranker in pairs:
        if example.question.gold_codes:
            order = np.argsort(-ranker.scores(example.features))
            hits = np.flatnonzero(example.gold[order])
            ranks.append(int(hits[0]) if len(hits) else 999)
    array = np.array(ranks)
    return {f"top{k}": round(float((array < k).mean()), 4) for k in (1, 3, 5)} | {
        "pool": round(float((array < 999).mean()), 4)
    }


def calibrate(pairs: Sequence[tuple[Example, Ranker]]) -> tuple[Calibration, dict[str, Any]]:
    """Both logistic models on out-of-fold lists, and what they decide on families that they did not see."""
    seen, right, domain, wanted = [], [], [], []
    for example, ranker in pairs:
        order, ranked = ranker.ranked(example.features)
        families = [example.families[i] for i in order]
        alike = float(example.alike[order[0]])
        seen.append(shape(ranked, families, example.syllable_count, alike, example.worded[order]))
        right.append(bool(example.gold[order][0]) and example.question.behaviour == "answer")
        domain.append(bool(example.question.gold_codes))
        wanted.append(example.question.behaviour)
    matrix = np.stack(seen)
    groups = [example.group for example, _ in pairs]
    vectors, chance = [], []
    for target in (right, domain):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=3000))
        # Figures are reported on probabilities that did not see the question's family.
        chance.append(
            cross_val_predict(model, matrix, target, cv=GroupKFold(FOLDS), groups=groups, method="predict_proba")[:, 1]
        )
        vectors.append(_raw_weights(model.fit(matrix, target)))
    calibration = Calibration(vectors[0], vectors[1])
    return calibration, _decision_figures(calibration.answer_at, chance, right, wanted)


def _raw_weights(model: Pipeline) -> np.ndarray:
    """Weights and bias (last) of a standardised logistic model, for features as they come."""
    scaler, logistic = model[0], model[1]
    weights = logistic.coef_[0] / scaler.scale_
    bias = logistic.intercept_[0] - float(weights @ scaler.mean_)
    return np.append(weights, bias).astype(np.float32)


def _decision_figures(
    answer_at: float, chance: list[np.ndarray], right: list[bool], wanted: Sequence[str]
) -> dict[str, Any]:
    decided = np.where(chance[1] < DOMAIN_AT, "abstain", np.where(chance[0] >= answer_at, "answer", "clarify"))
    want = np.array(wanted)
    return {
        "behaviour_right": round(float((decided == want).mean()), 4),
        "wrong_confident": round(float(((decided == "answer") & ~np.array(right)).mean()), 4),
        "by_wanted": {
            name: {did: int(((want == name) & (decided == did)).sum()) for did in ("answer", "clarify", "abstain")}
            for name in ("answer", "clarify", "abstain")
        },
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Command-line entry; needs the index that `isee setup` builds."""
    from indexer.training.workspace import open_workspace

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, nargs="+", default=[])
    parser.add_argument("--out-of-scope", type=Path, nargs="*", default=[])
    parser.add_argument("--foreign", action="store_true", help="learn from and for questions in other languages")
    parser.add_argument("--write", action="store_true", help="write the shipped data files")
    args = parser.parse_args(argv)
    if bool(args.questions) == args.foreign:
        parser.error("give either --questions or --foreign")
    workspace = open_workspace()
    if args.foreign:
        args.questions = [FOREIGN]
    asked = [question for path in args.questions for question in load_questions(path)]
    foreign = [question for path in args.out_of_scope for question in load_questions(path)]
    twins = [] if args.foreign else stripped(asked)
    every = examples_of([*asked, *twins, *foreign], workspace.snapshot, workspace.encoder)
    pairs = cross_validate(every)
    calibration, decisions = calibrate(pairs)
    ranker = fit(every)
    figures = {
        "ranking": ranking_figures(pairs),
        "decisions": decisions,
        "questions": len(asked),
        "out_of_scope": len(foreign),
    }
    workspace.say(json.dumps(figures, ensure_ascii=False, indent=1))
    if args.write:
        write(ranker, calibration, figures, "_foreign" if args.foreign else "")


def write(ranker: Ranker, calibration: Calibration, figures: dict[str, Any], kind: str = "") -> None:
    """The data files that search ships, with the figures they were accepted on; `kind` ends their names."""
    weights = {name: round(float(weight), 4) for name, weight in zip(FEATURES, ranker.weights, strict=True)}
    _dump(
        DATA / f"ranker{kind}.json",
        {"weights": weights, "temperature": ranker.temperature, "figures": figures["ranking"]},
    )
    parts = {
        part: dict(zip((*SHAPE, "bias"), (round(float(value), 4) for value in vector), strict=True))
        for part, vector in (("right", calibration.right), ("domain", calibration.domain))
    }
    _dump(
        DATA / f"calibration{kind}.json",
        {
            **parts,
            "figures": figures["decisions"],
        },
    )


def _dump(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
