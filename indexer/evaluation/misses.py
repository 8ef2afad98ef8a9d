"""The error report: each miss with its candidates, grouped by kind of error, the most harmful kind first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import BaseModel

from common.errors import InvalidInput
from indexer.evaluation.retrieval import Outcome, Search

__all__ = ["KINDS", "Candidate", "Miss", "Named", "find_misses", "in_order", "kind_of", "write_misses"]

DEEP = 60  # how far down the right procedure is looked for
SHOWN = 5
# Most harmful first: a confident wrong answer may cost a citizen a day's travel.
KINDS: dict[str, str] = {
    "answered_wrong": "Trả lời sai thủ tục mà tin là đúng",
    "answered_unknown": "Trả lời câu lẽ ra phải nhận là không biết",
    "sent_away": "Nhận là không biết dù có thủ tục đúng",
    "answered_early": "Trả lời ngay dù lẽ ra phải hỏi lại (thủ tục nằm trong số đúng)",
    "aspect_wrong": "Đúng thủ tục, sai điều được hỏi",
    "wrong_first": "Hỏi lại, thủ tục đúng không đứng đầu",
    "asked_unknown": "Hỏi lại câu lẽ ra phải nhận là không biết",
    "asked_needlessly": "Hỏi lại dù thủ tục đứng đầu đã đúng",
}


class Named(BaseModel):
    code: str
    name: str


class Candidate(Named):
    """One candidate with its score (0–1), the guide's text that matched and the ranker's features.

    A candidate that a whole turn offered has no score.
    """

    score: float | None = None
    right: bool
    matched: str = ""
    parts: dict[str, float] = {}


class Miss(BaseModel):
    """One miss. `rank`: 1-based place of the first right candidate, None below the pool; `said`: the reply's text."""

    kind: str
    id: str
    question: str
    source: str = ""
    normalised: str = ""
    wanted: str
    done: str
    confidence: float | None = None
    gold: list[Named] = []
    rank: int | None = None
    candidates: list[Candidate] = []
    said: str = ""


def kind_of(wanted: str, done: str, *, right: bool, has_gold: bool) -> str | None:
    """The kind of error, or None for none. `right`: the first procedure is a right one."""
    if done == "answer":
        if right:
            return None if wanted == "answer" else "answered_early"
        return "answered_wrong" if has_gold else "answered_unknown"
    if done == "abstain":
        return None if wanted == "abstain" else "sent_away"
    if wanted == "abstain":
        return "asked_unknown"
    if not right:
        return "wrong_first"
    return "asked_needlessly" if wanted == "answer" else None


def find_misses(outcomes: Sequence[Outcome], explain: Search, name_of: Callable[[str], str]) -> list[Miss]:
    """Every miss, explained; the worst kind first, within a kind the most confident first."""
    found = []
    for outcome in outcomes:
        question, done = outcome.question, outcome.result.decision
        kind = kind_of(question.behaviour, done, right=outcome.right, has_gold=bool(question.gold_codes))
        if kind:
            found.append(_miss(kind, outcome, explain, name_of))
    return in_order(found)


def in_order(misses: Sequence[Miss]) -> list[Miss]:
    """Sorted by harm, then by confidence."""
    places = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(misses, key=lambda miss: (places[miss.kind], -(miss.confidence or 0.0), miss.id))


def _miss(kind: str, outcome: Outcome, explain: Search, name_of: Callable[[str], str]) -> Miss:
    question, deep = outcome.question, explain(outcome.question.question, DEEP)
    gold = set(question.gold_codes)
    return Miss(
        kind=kind,
        id=question.id,
        question=question.question,
        source=question.source,
        normalised=outcome.result.normalised,
        wanted=question.behaviour,
        done=outcome.result.decision,
        confidence=outcome.confidence,
        gold=[Named(code=code, name=name_of(code)) for code in question.gold_codes],
        rank=next((place for place, hit in enumerate(deep.hits, start=1) if hit.code in gold), None),
        candidates=[
            Candidate(
                code=hit.code,
                name=hit.name,
                score=round(hit.score, 4),
                right=hit.code in gold,
                matched=hit.matched,
                parts=hit.parts,
            )
            for hit in deep.hits[:SHOWN]
        ],
    )


def write_misses(misses: Sequence[Miss], path: Path) -> None:
    """Writes `.jsonl` (one miss a line) or `.md` by the file's name. Raises InvalidInput for another name."""
    if path.suffix == ".jsonl":
        text = "".join(miss.model_dump_json() + "\n" for miss in misses)
    elif path.suffix == ".md":
        text = _markdown(misses)
    else:
        raise InvalidInput(f"Tệp lỗi phải có đuôi .md hoặc .jsonl, không phải {path.name}.")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"Không ghi được {path}: {error.strerror}.") from error


def _markdown(misses: Sequence[Miss]) -> str:
    lines = [f"# Câu sai: {len(misses)}", ""]
    kinds = [(kind, [miss for miss in misses if miss.kind == kind]) for kind in KINDS]
    lines += [f"- {KINDS[kind]} (`{kind}`): {len(group)}" for kind, group in kinds if group]
    for kind, group in kinds:
        if group:
            lines += ["", f"## {KINDS[kind]}: {len(group)}"]
            for miss in group:
                lines += _section(miss)
    return "\n".join(lines) + "\n"


def _section(miss: Miss) -> list[str]:
    sure = "" if miss.confidence is None else f" (tin cậy {miss.confidence:.2f})"
    lines = ["", f"### {_plain(miss.question)}", ""]
    lines.append(f"- `{miss.id}` {miss.source} · cần **{miss.wanted}**, đã **{miss.done}**{sure}")
    if miss.normalised and miss.normalised != miss.question:
        lines.append(f"- chuẩn hoá: {_plain(miss.normalised)}")
    if miss.gold:
        ranked = any(item.score is not None for item in miss.candidates)
        where = f"hạng {miss.rank}" if miss.rank else "không có trong các ứng viên" if ranked else "cần"
        lines.append(f"- đúng ({where}): " + "; ".join(f"{item.code} {_plain(item.name)}" for item in miss.gold))
    if miss.said:
        lines.append(f"- đã nói: {_plain(miss.said)}")
    if miss.candidates:
        lines += ["", "| | mã | điểm | thủ tục | khớp với | đặc trưng |", "| --- | --- | --- | --- | --- | --- |"]
    for place, item in enumerate(miss.candidates, start=1):
        parts = " ".join(f"{name}={value:g}" for name, value in item.parts.items() if value)
        mark = f"{place} ✓" if item.right else str(place)
        score = "" if item.score is None else f"{item.score:.3f}"
        cells = (mark, item.code, score, _plain(item.name), _plain(item.matched), parts)
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _plain(text: str) -> str:
    """One line that can't break out of its table cell or heading."""
    return " ".join(text.split()).replace("|", "\\|")
