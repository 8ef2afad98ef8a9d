"""Evaluation questions: JSON lines of `{"id", "question", "gold_codes", "behaviour", "aspect"}` (DESIGN 4.4)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from common.errors import InvalidInput
from indexer.text import strip_diacritics

__all__ = ["Line", "Question", "lines_of", "load_questions", "stripped"]


class Question(BaseModel):
    """One question with the codes that are right (any of them) and the wanted behaviour."""

    id: str
    question: str = Field(min_length=1)
    gold_codes: list[str] = []
    behaviour: Literal["answer", "clarify", "abstain"] = "answer"
    aspect: str | None = None
    source: str = "unknown"


@dataclass(frozen=True)
class Line:
    """One line of a JSON-lines file with its 1-based number."""

    number: int
    raw: str


def load_questions(path: Path) -> list[Question]:
    """All questions of `path`. Raises InvalidInput that names every bad line."""
    problems: list[str] = []
    questions: list[Question] = []
    for row in lines_of(path):
        try:
            data = json.loads(row.raw)
            if "question" not in data and "text" in data:  # out-of-scope files name only a text and its kind
                data = {
                    "id": f"line-{row.number}",
                    "question": data["text"],
                    "behaviour": "abstain",
                    "source": data.get("kind", ""),
                }
            questions.append(Question.model_validate(data))
        except (ValueError, ValidationError, AttributeError, TypeError) as error:
            first = str(error).splitlines()[0]
            problems.append(f"{path.name}:{row.number}: {first}")
    if problems:
        raise InvalidInput("Tệp câu hỏi có dòng chưa hợp lệ:\n" + "\n".join(problems[:20]))
    return questions


def stripped(questions: list[Question]) -> list[Question]:
    """The diacritics-free twin of each question."""
    return [question.model_copy(update={"question": strip_diacritics(question.question)}) for question in questions]


def lines_of(path: Path) -> list[Line]:
    """The lines that hold something. Raises InvalidInput when the file is unreadable."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InvalidInput(f"Không đọc được tệp câu hỏi {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"Tệp {path} không phải văn bản UTF-8 (byte thứ {error.start}).") from error
    return [Line(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
