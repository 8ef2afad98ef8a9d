"""`isee eval dialogue`: plays recorded conversations through HTTP, Rasa and the actions.

A file of JSON lines: `{"id", "turns": [{"role": "user", "text"} | {"role": "assistant", "kind": "list"|"answer",
"codes"}], "gold_codes", "aspect"?}`; `gold_codes`, and `aspect` where given, are right for the last user turn. Each
conversation is played twice:

- *strict*: only the user turns, so our own replies set the scene. "Cái thứ hai" then means our own second offer.
- *primed*: where our reply to a turn left the conversation in another state than the recorded one (another procedure,
  other offers or another order), the dialogue state is set to the recorded one before the next turn. What follows is
  judged on its own merits, not on an earlier turn's.

`strict_own_order` is strict, but a last turn that only counts ("cái thứ hai") is judged by our own list where that
differs from the recorded one: the citizen would have counted there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from actions.answers.resolve import nth
from bot.evaluation.running import Copy, Heard, Talk
from common.errors import InvalidInput
from common.messages import Aspect
from indexer.evaluation.bootstrap import ROUNDS, SEED
from indexer.evaluation.questions import lines_of
from indexer.evaluation.runs import Row, grouped, intervals, means

__all__ = ["Dialogue", "Played", "Step", "load_dialogues", "play", "play_all", "recorded_state", "report", "rows_of"]

Progress = Callable[[int, int], None]
Prime = Callable[[str, Mapping[str, Any]], None]
METRICS = ("strict", "strict_own_order", "primed", "strict_or_offered", "primed_or_offered", "follow_ups", "aspect")


class Said(BaseModel):
    """One recorded turn. `codes`: what the recorded assistant answered about, or listed, in order."""

    role: Literal["user", "assistant"]
    text: str = ""
    kind: Literal["list", "answer", "other"] = "other"
    codes: list[str] = []


class Dialogue(BaseModel):
    """A recorded conversation; `gold_codes` and `aspect` (None: any) are right for its last user turn."""

    id: str
    turns: list[Said] = Field(min_length=1)
    gold_codes: list[str] = Field(min_length=1)
    aspect: Aspect | None = None
    source: str = ""

    @model_validator(mode="after")
    def _ends_with_the_citizen(self) -> Dialogue:
        if self.turns[-1].role != "user":
            raise ValueError("the last turn must be the user's")
        return self

    @property
    def scene(self) -> str:
        """What the last turn does: `choice` of a list, `follow_up` on a procedure, `switch` to another, `opening`."""
        before = next((said for said in reversed(self.turns[:-1]) if said.role == "assistant"), None)
        if before is None:
            return "opening"
        if before.kind == "list":
            return "choice"
        return "follow_up" if set(before.codes) & set(self.gold_codes) else "switch"

    @property
    def counted(self) -> int | None:
        """The place that the last turn counts to in the recorded list, where that is the right procedure; else None."""
        lists = [said for said in self.turns[:-1] if said.role == "assistant"]
        if not lists or lists[-1].kind != "list":
            return None
        place = nth(self.turns[-1].text, None, len(lists[-1].codes))
        return place if place is not None and lists[-1].codes[place] in self.gold_codes else None


@dataclass(frozen=True)
class Step:
    """One user turn as played. `expected`: the codes that the record, or the gold of the last turn, holds for it."""

    text: str
    expected: tuple[str, ...]
    heard: Heard
    primed: bool

    @property
    def resolved(self) -> bool:
        """Answered about an expected procedure."""
        return self.heard.behaviour == "answer" and self.heard.codes[:1] != () and self.heard.codes[0] in self.expected

    @property
    def met(self) -> bool:
        """Answered about, or offered, an expected procedure."""
        return bool(set(self.heard.codes) & set(self.expected))


@dataclass(frozen=True)
class Played:
    """A conversation with both of its plays."""

    dialogue: Dialogue
    strict: tuple[Step, ...]
    primed: tuple[Step, ...]

    @property
    def own_order(self) -> bool:
        """Whether the strict last turn is right, a counted choice taken as one of our own offers."""
        last = self.strict[-1]
        if self.dialogue.counted is None or len(self.strict) < 2 or self.strict[-2].heard.behaviour != "clarify":
            return last.resolved
        offers = self.strict[-2].heard.codes
        place = nth(last.text, None, len(offers))  # "the last" of our list, however long the recorded one was
        if place is None:
            return last.resolved
        return last.heard.behaviour == "answer" and last.heard.codes[:1] == offers[place : place + 1]


def load_dialogues(path: Path) -> list[Dialogue]:
    """All conversations of `path`. Raises InvalidInput that names every bad line."""
    problems, found = [], []
    for line in lines_of(path):
        try:
            found.append(Dialogue.model_validate_json(line.raw))
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(str(part) for part in problem["loc"])
            problems.append(f"{path.name}:{line.number}: {where} {problem['msg']}".replace("  ", " "))
    if problems:
        raise InvalidInput("Tệp hội thoại có dòng chưa hợp lệ:\n" + "\n".join(problems[:20]))
    return found


def recorded_state(said: Said) -> dict[str, Any] | None:
    """The dialogue slots after a recorded assistant turn; None for a turn that sets none."""
    if said.kind == "list" and said.codes:
        return {"procedure": None, "case": None, "candidates": said.codes}
    if said.kind == "answer" and said.codes:
        return {"procedure": said.codes[0], "case": None, "candidates": None, "rivals": None}
    return None


def in_recorded_state(said: Said, heard: Heard) -> bool:
    """Whether our own reply left the conversation where the recorded one left it."""
    if said.kind == "list":
        return heard.behaviour == "clarify" and list(heard.codes) == said.codes
    if said.kind == "answer":
        return heard.behaviour == "answer" and heard.codes[:1] != () and heard.codes[0] in said.codes
    return True


def play(dialogue: Dialogue, talk: Talk, prime: Prime | None = None) -> tuple[Step, ...]:
    """The user turns in one conversation; `prime` sets a recorded state where ours differs (None: never)."""
    steps: list[Step] = []
    primed = False
    for place, said in enumerate(dialogue.turns):
        if said.role == "user":
            following = next((later for later in dialogue.turns[place + 1 :] if later.role == "assistant"), None)
            expected = dialogue.gold_codes if place == len(dialogue.turns) - 1 else following.codes if following else []
            steps.append(Step(said.text, tuple(expected), talk.say(said.text), primed))
            primed = False
        elif prime and steps and not in_recorded_state(said, steps[-1].heard):
            state = recorded_state(said)
            if state is not None:
                prime(talk.id, state)
                primed = True
    return tuple(steps)


def play_all(dialogues: Sequence[Dialogue], copy: Copy, progress: Progress | None = None) -> list[Played]:
    """Plays every conversation both ways."""
    played = []
    for number, dialogue in enumerate(dialogues, start=1):
        strict = play(dialogue, Talk(copy.client))
        played.append(Played(dialogue, strict, play(dialogue, Talk(copy.client), copy.trackers.set_slots)))
        if progress:
            progress(number, len(dialogues))
    return played


def rows_of(played: Sequence[Played]) -> list[Row]:
    """The rows of a run; `source` is the scene. `follow_ups`: of the later turns, primed, the share met.
    `aspect`: whether the last turn, primed, was answered about the wanted part.
    """
    return [_row(item) for item in played]


def _row(item: Played) -> Row:
    strict, primed, later = item.strict[-1], item.primed[-1], item.primed[1:]
    return Row(
        id=item.dialogue.id,
        question=" / ".join(step.text for step in item.strict),
        source=item.dialogue.scene,
        wanted="answer",
        gold_codes=item.dialogue.gold_codes,
        values={
            "strict": float(strict.resolved),
            "strict_own_order": float(item.own_order),
            "primed": float(primed.resolved),
            "strict_or_offered": float(strict.met),
            "primed_or_offered": float(primed.met),
            "follow_ups": sum(step.met for step in later) / len(later) if later else None,
            "aspect": float(primed.heard.aspect == item.dialogue.aspect) if item.dialogue.aspect else None,
        },
        did={
            "status": primed.heard.status,
            "codes": list(primed.heard.codes),
            "strict": [_told(step) for step in item.strict],
            "primed": [_told(step) for step in item.primed],
        },
    )


def _told(step: Step) -> dict[str, Any]:
    return {
        "text": step.text,
        "expected": list(step.expected),
        "status": step.heard.status,
        "codes": list(step.heard.codes),
        "aspect": step.heard.aspect,
        "resolved": step.resolved,
        "met": step.met,
        "primed": step.primed,
        "said": step.heard.said,
    }


def report(
    played: Sequence[Played],
    *,
    fallbacks: Mapping[str, int] | None = None,
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> dict[str, Any]:
    """Shares of conversations whose last turn was resolved to a right procedure, by scene; every turn as played.

    `fallbacks`: turns that were answered without the dialogue engine, by reason; a run with such turns measures less.
    """
    rows = rows_of(played)
    return {
        "n": len(rows),
        **means(rows, METRICS),
        "intervals": intervals(rows, METRICS, rounds=rounds, seed=seed),
        "by_scene": grouped(rows, METRICS, lambda row: row.source),
        "states_set": sum(step.primed for item in played for step in item.primed),
        "fallbacks": dict(fallbacks or {}),
        "bootstrap": {"rounds": rounds, "seed": seed},
        "dialogues": [
            {"id": row.id, "scene": row.source, "gold_codes": row.gold_codes}
            | {name: row.did[name] for name in ("strict", "primed")}
            for row in rows
        ],
    }
