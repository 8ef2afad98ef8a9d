"""`isee eval answers`: every question as a first message of a new conversation, through HTTP, Rasa and the actions."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.bench.measure import percentiles
from bot.bench.processes import service
from common.settings import Settings
from indexer.evaluation.questions import Question

__all__ = ["Turn", "evaluate_answers", "judge", "report"]

Progress = Callable[[int, int], None]
# What the citizen sees as the wanted behaviours of the question files.
_BEHAVIOURS = {
    "answered": "answer",
    "form": "answer",
    "clarified": "clarify",
    "abstained": "abstain",
    "smalltalk": "abstain",
    "handed_off": "abstain",
    "control": "abstain",
}


@dataclass(frozen=True)
class Turn:
    """One question with what came back."""

    question: Question
    status: str
    codes: tuple[str, ...]
    aspect: str | None
    took_ms: float

    @property
    def behaviour(self) -> str:
        return _BEHAVIOURS.get(self.status, self.status)

    @property
    def right(self) -> bool:
        """Whether the procedure answered about, or one of those offered, is a wanted one."""
        return bool(set(self.codes) & set(self.question.gold_codes))


def evaluate_answers(
    questions: Sequence[Question], settings: Settings, progress: Progress | None = None
) -> dict[str, Any]:
    """Starts the service on a copy of this installation's state, asks everything, reports."""
    with tempfile.TemporaryDirectory(prefix="isee-eval-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        _copy_state(settings, home)
        with service(settings, home) as running, httpx.Client(base_url=running.url, timeout=60) as client:
            turns = []
            for number, question in enumerate(questions, start=1):
                turns.append(_ask(client, question))
                if progress:
                    progress(number, len(questions))
    return report(turns)


def _copy_state(settings: Settings, home: Path) -> None:
    source = Path(settings.database_url.removeprefix("sqlite:///"))
    if settings.database_url.startswith("sqlite") and source.exists():
        with sqlite3.connect(source) as live, sqlite3.connect(home / "isee.db") as copy:
            live.backup(copy)
    if (settings.home / "secrets").exists():
        shutil.copytree(settings.home / "secrets", home / "secrets")


def _ask(client: httpx.Client, question: Question) -> Turn:
    opened = client.post("/api/v1/conversations", json={"language": "vi"}).raise_for_status().json()
    answer = client.post(
        f"/api/v1/conversations/{opened['id']}/messages",
        json={"text": question.question},
        headers={"Authorization": f"Bearer {opened['token']}"},
    )
    body = answer.raise_for_status().json()
    return judge(question, body)


def judge(question: Question, body: dict[str, Any]) -> Turn:
    """Reads a turn's result as a citizen would: what was answered about, or offered to choose from."""
    answers = [message["answer"] for message in body["messages"] if "answer" in message]
    codes = tuple(answer["procedure"]["code"] for answer in answers)
    if not codes:
        payloads = [button.get("payload", "") for message in body["messages"] for button in message.get("buttons", [])]
        codes = tuple(code for payload in payloads for code in _codes_in(payload))
    return Turn(question, body["status"], codes, answers[0]["aspect"] if answers else None, body["took_ms"])


def _codes_in(payload: str) -> list[str]:
    import re

    return re.findall(r"\d\.\d{6}", payload)


def report(turns: Sequence[Turn]) -> dict[str, Any]:
    """Right behaviour, wrong confident answers, right procedure, right aspect; by wanted behaviour and by source."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for turn in turns:
        table[turn.question.behaviour][turn.behaviour] += 1
    known = [turn for turn in turns if turn.question.gold_codes]
    answered = [turn for turn in turns if turn.behaviour == "answer"]
    with_aspect = [turn for turn in turns if turn.question.aspect and turn.aspect]
    return {
        "n": len(turns),
        "behaviour_right": _share(turns, lambda turn: turn.behaviour == turn.question.behaviour),
        "wrong_confident": _share(turns, lambda turn: turn.behaviour == "answer" and not turn.right),
        "answered_right": _share(answered, lambda turn: turn.right),
        "procedure_answered_or_offered": _share(known, lambda turn: turn.right),
        "aspect_right": _share(with_aspect, lambda turn: turn.aspect == turn.question.aspect) if with_aspect else None,
        "table": {wanted: dict(row) for wanted, row in sorted(table.items())},
        "by_source": _by_source(turns),
        "latency_ms": percentiles([turn.took_ms for turn in turns]) if turns else {},
    }


def _by_source(turns: Sequence[Turn]) -> dict[str, dict[str, float | int]]:
    groups: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        groups[turn.question.source.split(":")[0]].append(turn)
    return {
        name: {
            "behaviour_right": _share(group, lambda turn: turn.behaviour == turn.question.behaviour),
            "wrong_confident": _share(group, lambda turn: turn.behaviour == "answer" and not turn.right),
            "n": len(group),
        }
        for name, group in sorted(groups.items())
    }


def _share(turns: Sequence[Turn], holds: Callable[[Turn], bool]) -> float:
    return round(sum(map(holds, turns)) / len(turns), 4) if turns else 0.0
