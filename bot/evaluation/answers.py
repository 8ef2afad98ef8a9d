"""`isee eval answers`: every question as a first message of a new conversation, through HTTP, Rasa and the actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.bench.measure import percentiles
from bot.evaluation.running import Copy, Heard, Talk
from indexer.evaluation.bootstrap import ROUNDS, SEED
from indexer.evaluation.decisions import DECISION_METRICS, behaviour_table, decision_values
from indexer.evaluation.misses import Candidate, Miss, Named, in_order, kind_of
from indexer.evaluation.outofscope import OUT_OF_SCOPE, out_of_scope_report, out_of_scope_values
from indexer.evaluation.questions import Question
from indexer.evaluation.runs import Row, grouped, intervals, means

__all__ = ["ANSWER_METRICS", "Turn", "ask_all", "find_misses", "report", "rows_of"]

Progress = Callable[[int, int], None]
ANSWER_METRICS = (*DECISION_METRICS, "procedure", "aspect_right")
_BY_SOURCE = ("behaviour_right", "behaviour_right_lenient", "wrong_confident", "wrong_confident_strict", "procedure")


@dataclass(frozen=True)
class Turn:
    """One question with what came back."""

    question: Question
    heard: Heard

    @property
    def behaviour(self) -> str:
        return self.heard.behaviour

    @property
    def right(self) -> bool:
        """Whether the procedure answered about, or one of those offered, is a wanted one."""
        return bool(set(self.heard.codes) & set(self.question.gold_codes))

    @property
    def aspect_right(self) -> bool | None:
        """None where no aspect is wanted or nothing was answered."""
        if not (self.question.aspect and self.heard.aspect):
            return None
        return self.heard.aspect == self.question.aspect


def ask_all(questions: Sequence[Question], copy: Copy, progress: Progress | None = None) -> list[Turn]:
    """Asks everything, each question in a conversation of its own."""
    turns = []
    for number, question in enumerate(questions, start=1):
        turns.append(Turn(question, Talk(copy.client).say(question.question)))
        if progress:
            progress(number, len(questions))
    return turns


def rows_of(turns: Sequence[Turn], *, out_of_scope: bool = False) -> list[Row]:
    """The rows of a run. `procedure`: a right one was answered about or offered; `aspect_right`: of answers alone."""
    return [_row(turn, out_of_scope) for turn in turns]


def _row(turn: Turn, out_of_scope: bool) -> Row:
    question, heard = turn.question, turn.heard
    values: dict[str, float | None]
    if out_of_scope:
        values = out_of_scope_values(turn.behaviour)
    else:
        aspect = turn.aspect_right
        values = {
            **decision_values(question.behaviour, turn.behaviour, turn.right),
            "procedure": float(turn.right) if question.gold_codes else None,
            "aspect_right": None if aspect is None else float(aspect),
        }
    return Row(
        id=question.id,
        part=OUT_OF_SCOPE if out_of_scope else "questions",
        question=question.question,
        source=question.source,
        wanted=question.behaviour,
        gold_codes=question.gold_codes,
        values=values,
        did={
            "status": heard.status,
            "decision": turn.behaviour,
            "codes": list(heard.codes),
            "aspect": heard.aspect,
            "wanted_aspect": question.aspect,
            "confidence": heard.confidence,
        },
    )


def report(
    turns: Sequence[Turn],
    *,
    out_of_scope: Sequence[Turn] = (),
    fallbacks: Mapping[str, int] | None = None,
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> dict[str, Any]:
    """Right behaviour, wrong confident answers, right procedure, right aspect; by source; with intervals.

    `fallbacks`: turns that were answered without the dialogue engine, by reason; a run with such turns measures less.
    """
    rows = rows_of(turns)
    found = means(rows, ANSWER_METRICS)
    figures: dict[str, Any] = {
        "n": len(turns),
        **{name: found[name] or 0.0 for name in ("behaviour_right", "behaviour_right_lenient")},
        **{name: found[name] or 0.0 for name in ("wrong_confident", "wrong_confident_strict")},
        "answered_right": round(1 - (found["answered_wrong"] or 0.0), 4) if _answered(turns) else 0.0,
        "procedure_answered_or_offered": found["procedure"] or 0.0,
        "aspect_right": found["aspect_right"],
        "intervals": intervals(rows, ANSWER_METRICS, rounds=rounds, seed=seed),
        "table": behaviour_table((turn.question.behaviour, turn.behaviour) for turn in turns),
        "by_source": grouped(rows, _BY_SOURCE, lambda row: row.source.split(":")[0]),
        "latency_ms": percentiles([turn.heard.took_ms for turn in turns]) if turns else {},
        "fallbacks": dict(fallbacks or {}),
        "bootstrap": {"rounds": rounds, "seed": seed},
    }
    asked = [row for row in rows if row.did["wanted_aspect"]]
    if asked:
        figures["by_aspect"] = grouped(asked, ("aspect_right", "procedure"), lambda row: row.did["wanted_aspect"])
        figures["aspect_table"] = behaviour_table(
            (row.did["wanted_aspect"], row.did["aspect"] or row.did["status"]) for row in asked
        )
    if out_of_scope:
        figures["out_of_scope"] = out_of_scope_report(
            rows_of(out_of_scope, out_of_scope=True), rounds=rounds, seed=seed
        )
    return figures


def _answered(turns: Sequence[Turn]) -> bool:
    return any(turn.behaviour == "answer" for turn in turns)


def find_misses(turns: Sequence[Turn], name_of: Callable[[str], str]) -> list[Miss]:
    """Each turn that went wrong, with what was said; the most harmful kind first."""
    found = []
    for turn in turns:
        wanted, gold = turn.question.behaviour, turn.question.gold_codes
        kind = kind_of(wanted, turn.behaviour, right=turn.right, has_gold=bool(gold))
        if kind is None and turn.aspect_right is False:
            kind = "aspect_wrong"
        if kind:
            found.append(_miss(kind, turn, name_of))
    return in_order(found)


def _miss(kind: str, turn: Turn, name_of: Callable[[str], str]) -> Miss:
    question, heard = turn.question, turn.heard
    done = f"{turn.behaviour} ({heard.status}{', ' + heard.aspect if heard.aspect else ''})"
    return Miss(
        kind=kind,
        id=question.id,
        question=question.question,
        source=question.source,
        wanted=question.behaviour + (f" ({question.aspect})" if question.aspect else ""),
        done=done,
        confidence=heard.confidence,
        gold=[Named(code=code, name=name_of(code)) for code in question.gold_codes],
        candidates=[
            Candidate(code=code, name=name_of(code), right=code in question.gold_codes) for code in heard.codes
        ],
        said=heard.said,
    )
