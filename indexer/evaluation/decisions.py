"""Scores the choice between answering, asking back and abstaining. Pure functions over wanted and done behaviour.

Of each question (`right`: what was answered about first is one of its codes):

- `behaviour_right`: done is what was wanted.
- `behaviour_right_lenient`: that, or asking back was wanted and one of the right codes was answered at once.
- `wrong_confident`: answered about a code that is not right; a question without right codes has none, so answering
  it is always wrong.
- `wrong_confident_strict`: that, or answered at all where asking back or abstaining was wanted.
- `answered_wrong`: `wrong_confident` among the answered questions alone (the selective risk).
- `abstain_precision`, `abstain_recall`: of those abstained, the share wanted so; of those wanted so, the share done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

__all__ = ["DECISION_METRICS", "behaviour_table", "decision_values"]

DECISION_METRICS = (
    "behaviour_right",
    "behaviour_right_lenient",
    "wrong_confident",
    "wrong_confident_strict",
    "answered_wrong",
    "abstain_precision",
    "abstain_recall",
)


def decision_values(wanted: str, done: str, right: bool) -> dict[str, float | None]:
    """DECISION_METRICS of one question, None where a metric doesn't apply (see the module)."""
    answered, kept = done == "answer", done == wanted
    wrong = answered and not right
    return {
        "behaviour_right": float(kept),
        "behaviour_right_lenient": float(kept or (wanted == "clarify" and answered and right)),
        "wrong_confident": float(wrong),
        "wrong_confident_strict": float(wrong or (answered and not kept)),
        "answered_wrong": float(wrong) if answered else None,
        "abstain_precision": float(kept) if done == "abstain" else None,
        "abstain_recall": float(kept) if wanted == "abstain" else None,
    }


def behaviour_table(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """How often each (wanted, done) pair occurs: `{wanted: {done: count}}`."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for wanted, done in pairs:
        table[wanted][done] += 1
    return {wanted: dict(row) for wanted, row in sorted(table.items())}
