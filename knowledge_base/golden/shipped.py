"""The golden questions that come with iSee: JSON lines `{"code", "question", "expected"}`, a file for each field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from common.errors import InvalidGuide
from knowledge_base.model import Code, Guide
from knowledge_base.snapshot import fold

__all__ = ["EXPECTED", "GOLDEN_DIR", "Expected", "Golden", "check_golden", "load_golden"]

GOLDEN_DIR = Path(__file__).parent
Expected = Literal["answer", "clarify", "other"]
EXPECTED: tuple[Expected, ...] = ("answer", "clarify", "other")
_NEARLY = 0.75


class Golden(BaseModel):
    """One question. `expected`: `answer` (this guide is answered at once), `clarify` (it is answered or among the first
    that are offered), `other` (it must not be answered with this guide).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    code: Code
    question: Annotated[str, StringConstraints(min_length=3, max_length=300)]
    expected: Expected = "answer"


@lru_cache(maxsize=4)
def load_golden(folder: Path = GOLDEN_DIR) -> tuple[Golden, ...]:
    """All questions of a folder, in order of file and line. Raises InvalidGuide with file and line."""
    return tuple(golden for path in sorted(folder.glob("*.jsonl")) for golden in _read(path))


def _read(path: Path) -> Iterator[Golden]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                yield Golden.model_validate(json.loads(line))
            except (ValueError, ValidationError) as error:
                raise InvalidGuide(f"câu chuẩn không đọc được: {error}", file=path.name, line=number) from error


def check_golden(guides: Iterable[Guide], golden: Iterable[Golden]) -> list[InvalidGuide]:
    """What is wrong with questions: an unknown code, twice the same, or (nearly) a phrasing of its own guide, which
    would test nothing."""
    known: Mapping[str, Guide] = {guide.code: guide for guide in guides}
    problems, seen = [], set()
    for item in golden:
        guide = known.get(item.code)
        words = fold(item.question)
        if guide is None:
            problems.append(InvalidGuide(f"câu chuẩn của mã không có: {item.code}", field=item.question))
            continue
        if words in seen:
            problems.append(InvalidGuide(f"câu chuẩn lặp lại ở {item.code}", field=item.question))
        seen.add(words)
        near = next((said for said in (*guide.questions, *guide.short_names) if _alike(words, fold(said))), None)
        if near and item.expected != "other":
            problems.append(InvalidGuide(f"câu chuẩn gần trùng cách hỏi “{near}” của {item.code}", field=item.question))
    return problems


def _alike(left: str, right: str) -> bool:
    mine, theirs = set(left.split()), set(right.split())
    return len(mine & theirs) > _NEARLY * len(mine | theirs)
