"""Two runs over the same questions: what changed, and whether it is more than chance (paired cluster bootstrap)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.errors import InvalidInput
from indexer.evaluation.bootstrap import ROUNDS, SEED, bounds, cluster_ids, resampled
from indexer.evaluation.runs import Row, Run, matrix, means

__all__ = ["compare"]

# Yes-or-no metrics whose gained and lost questions are named, by kind of run.
FLIPS = {
    "retrieval": ("top1", "behaviour_right", "refused"),
    "answers": ("procedure", "behaviour_right", "aspect_right", "refused"),
    "dialogue": ("strict", "primed"),
}
Pair = tuple[Row, Row]


def compare(first: Run, second: Run, *, rounds: int = ROUNDS, seed: int = SEED) -> dict[str, Any]:
    """Differences second − first over the questions that both have.

    `metrics`: each with both means, the difference and its 95 % interval, and whether that leaves out zero;
    `by_source` the same without intervals; `changed`: the questions gained and lost. Raises InvalidInput when nothing
    can be paired.
    """
    if first.kind != second.kind:
        raise InvalidInput(f"Hai lượt đo khác loại: {first.kind} và {second.kind}.")
    pairs = _paired(first, second)
    names = list(dict.fromkeys(name for row, _ in pairs for name in row.values))
    sources = sorted({row.source.split(":")[0] for row, _ in pairs})
    return {
        "kind": first.kind,
        "settings": [first.settings, second.settings],
        "paired": len(pairs),
        "only_first": len(first.rows) - len(pairs),
        "only_second": len(second.rows) - len(pairs),
        "metrics": _differences(pairs, names, rounds, seed),
        "by_source": {
            source: _means(
                [pair for pair in pairs if pair[0].source.split(":")[0] == source],
                [name for name in names if name in FLIPS[first.kind] or name == "wrong_confident"],
            )
            for source in sources
        },
        "changed": {name: _changed(pairs, name) for name in FLIPS[first.kind] if name in names},
    }


def _paired(first: Run, second: Run) -> list[Pair]:
    ours, theirs = _by_id(first), _by_id(second)
    pairs = [(row, theirs[key]) for key, row in ours.items() if key in theirs]
    if not pairs:
        raise InvalidInput("Hai lượt đo không có câu hỏi chung nào (so theo id).")
    for before, after in pairs:
        if before.gold_codes != after.gold_codes or before.wanted != after.wanted:
            raise InvalidInput(f"Câu {before.id} có đáp án khác nhau ở hai lượt đo: hãy đo lại trên cùng một tệp.")
    return pairs


def _by_id(run: Run) -> dict[tuple[str, str], Row]:
    rows = {(row.part, row.id): row for row in run.rows}
    if len(rows) != len(run.rows):
        raise InvalidInput("Có id trùng nhau trong một lượt đo, không so được từng câu.")
    return rows


def _differences(pairs: Sequence[Pair], names: Sequence[str], rounds: int, seed: int) -> dict[str, Any]:
    before, after = [row for row, _ in pairs], [row for _, row in pairs]
    clusters = cluster_ids([row.gold_codes for row in before])
    # The same seed draws the same procedures for both runs: that is what pairs them.
    drawn = [resampled(matrix(rows, names), clusters, rounds=rounds, seed=seed) for rows in (before, after)]
    spans = dict(zip(names, bounds(drawn[1] - drawn[0]), strict=True))
    figures = _means(pairs, names)
    for name, figure in figures.items():
        span = spans[name]
        figure["interval"] = span
        figure["certain"] = span is not None and not span[0] <= 0 <= span[1]
    return figures


def _means(pairs: Sequence[Pair], names: Sequence[str]) -> dict[str, Any]:
    before, after = means([row for row, _ in pairs], names), means([row for _, row in pairs], names)
    figures = {}
    for name in names:
        one, two = before[name], after[name]
        if one is not None or two is not None:
            delta = None if one is None or two is None else round(two - one, 4)
            figures[name] = {"first": one, "second": two, "delta": delta}
    return figures


def _changed(pairs: Sequence[Pair], name: str) -> dict[str, list[dict[str, Any]]]:
    both = [
        (row, other) for row, other in pairs if row.values.get(name) is not None and other.values.get(name) is not None
    ]
    gained = [pair for pair in both if not pair[0].values[name] and pair[1].values[name]]
    lost = [pair for pair in both if pair[0].values[name] and not pair[1].values[name]]
    return {"gained": [_told(pair) for pair in gained], "lost": [_told(pair) for pair in lost]}


def _told(pair: Pair) -> dict[str, Any]:
    before, after = pair
    return {
        "id": before.id,
        "source": before.source,
        "question": before.question if before.question == after.question else f"{before.question} → {after.question}",
        "wanted": before.wanted,
        "gold_codes": before.gold_codes,
        "first": _brief(before),
        "second": _brief(after),
    }


def _brief(row: Row) -> dict[str, Any]:
    hits = row.did.get("hits") or []
    kept = {name: row.did[name] for name in ("decision", "status", "confidence", "aspect") if name in row.did}
    return kept | ({"codes": row.did["codes"]} if "codes" in row.did else {"first": hits[0] if hits else None})
