"""The decision table of a guide: from answers to the papers, the fee and the time that apply. Pure.

Answers are kept by case: `yes`, `no`, or `unsure`. So they outlive an edit of the guide's questions, and a case that
the citizen wasn't sure of keeps its papers, each under its condition, instead of losing them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from typing import Generic, Literal, TypeVar

from knowledge_base.model import Case, Document, Fee, Guide, Time

__all__ = [
    "Answers",
    "Decision",
    "IllegalAnswer",
    "Line",
    "Question",
    "answers_of",
    "combinations_of",
    "decide",
    "next_question",
    "questions",
    "settled",
    "settled_all",
]

State = Literal["yes", "no", "unsure"]
Answers = Mapping[str, State]
_Bound = TypeVar("_Bound", Document, Fee, Time)


class IllegalAnswer(ValueError):
    """Cases that can't be an answer to the question; `why` is a key of the package's messages."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Question:
    """One question of a guide. `text` is empty for the one that stands in where the guide asks nothing; `other` is
    the label of "none of these", "" for the usual words, None where one of the cases always applies.
    """

    index: int
    text: str
    cases: tuple[Case, ...]
    other: str | None
    many: bool


@dataclass(frozen=True)
class Line(Generic[_Bound]):
    """A paper, a fee or a time that applies: for sure, or only `when` a case turns out to be the citizen's."""

    item: _Bound
    when: Case | None = None


@dataclass(frozen=True)
class Decision:
    """What applies. `chosen` are the citizen's cases, `unsure` those still open, in the guide's order."""

    chosen: tuple[Case, ...]
    unsure: tuple[Case, ...]
    documents: tuple[Line[Document], ...]
    fee: tuple[Line[Fee], ...]
    time: tuple[Line[Time], ...]


def questions(guide: Guide) -> tuple[Question, ...]:
    """The guide's questions in order; one over all its cases where it has cases and no questions."""
    if not guide.asks and guide.cases:
        return (Question(0, "", tuple(guide.cases), "", False),)
    known = {case.id: case for case in guide.cases}
    return tuple(
        Question(index, ask.question, tuple(known[case] for case in ask.cases if case in known), ask.other, ask.many)
        for index, ask in enumerate(guide.asks)
    )


def next_question(guide: Guide, answers: Answers) -> Question | None:
    """The first question with a case that isn't settled, or None."""
    return next((question for question in questions(guide) if not settled(question, answers)), None)


def settled(question: Question, answers: Answers) -> bool:
    return all(case.id in answers for case in question.cases)


def settled_all(guide: Guide, answers: Answers) -> bool:
    return next_question(guide, answers) is None


def answers_of(question: Question, chosen: Collection[str] | None) -> dict[str, State]:
    """The answer as states of the question's cases: `chosen` of them, none (empty), or not known (None).

    Raises IllegalAnswer for cases of another question, for several where one excludes the others, and for none where
    one always applies.
    """
    if chosen is None:
        return {case.id: "unsure" for case in question.cases}
    offered = {case.id for case in question.cases}
    if not set(chosen) <= offered:
        raise IllegalAnswer("foreign")
    if len(set(chosen)) > 1 and not question.many:
        raise IllegalAnswer("several")
    if not chosen and question.other is None:
        raise IllegalAnswer("none")
    return {case.id: "yes" if case.id in chosen else "no" for case in question.cases}


def combinations_of(guide: Guide) -> Iterator[dict[str, State]]:
    """Every combination of answers that can be given, "not sure" included."""
    for picked in product(*(_possible(question) for question in questions(guide))):
        yield dict(chain.from_iterable(answer.items() for answer in picked))


def _possible(question: Question) -> list[dict[str, State]]:
    ids = [case.id for case in question.cases]
    sizes = range(1, len(ids) + 1) if question.many else range(1, 2)
    picks: list[tuple[str, ...]] = [pick for size in sizes for pick in combinations(ids, size)]
    if question.other is not None:
        picks.append(())
    return [answers_of(question, pick) for pick in picks] + [answers_of(question, None)]


def decide(guide: Guide, answers: Answers) -> Decision:
    """What applies to someone who gave `answers`. A case without an answer counts as not sure.

    A fee of the citizen's own case takes the place of the general one (docs/curation.md, "Cases"); papers and times
    add up.
    """
    states = {case.id: answers.get(case.id, "unsure") for case in guide.cases}
    known = {case.id: case for case in guide.cases}
    fees = _lines(guide.fee, states, known)
    own = [line for line in fees if line.item.when and line.when is None]
    return Decision(
        chosen=tuple(case for case in guide.cases if states[case.id] == "yes"),
        unsure=tuple(case for case in guide.cases if states[case.id] == "unsure"),
        documents=tuple(_lines(guide.documents, states, known)),
        fee=tuple(line for line in fees if line.item.when or not own),
        time=tuple(_lines(guide.time, states, known)),
    )


def _lines(
    items: Sequence[_Bound], states: Mapping[str, State], known: Mapping[str, Case]
) -> list[Line[_Bound]]:
    """The items that apply: the sure ones, then those under a condition."""
    sure: list[Line[_Bound]] = [Line(item) for item in items if item.when is None or states.get(item.when) == "yes"]
    open_: list[Line[_Bound]] = [
        Line(item, known[item.when]) for item in items if item.when and states.get(item.when) == "unsure"
    ]
    return sure + open_
