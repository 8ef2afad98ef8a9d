"""Which paper answers which file question."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from actions.dossiers.eforms.eform import EField
from actions.dossiers.eforms.values import plain

__all__ = ["ResultKind", "answers", "months_after", "result_kind", "same_paper"]

_TABLE = Path(__file__).with_name("kinds.yml")
_COPY = re.compile(r"^(?:ban sao|ban chup|anh chup|anh)\s+")


class ResultKind(BaseModel):
    """One line of `kinds.yml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    procedures: list[str]
    asked_as: list[str] = Field(min_length=1)
    months: int | None = Field(None, gt=0)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    results: list[ResultKind]
    for_one_matter: list[str]


@lru_cache(maxsize=1)
def _table() -> _Table:
    return _Table.model_validate(yaml.safe_load(_TABLE.read_text(encoding="utf-8")))


def result_kind(procedure_code: str) -> ResultKind | None:
    """What the result of a procedure (or of its local variant) is as a paper."""
    return next((kind for kind in _table().results if procedure_code[:8] in kind.procedures), None)


def answers(kind: ResultKind, field: EField) -> bool:
    """Whether the file question asks for this paper."""
    asked = [_core(text) for text in _asked(field)]
    return any(text.startswith(plain(phrase)) for phrase in kind.asked_as for text in asked)


def same_paper(field: EField, label: str, document: str) -> bool:
    """Whether an earlier file, given for `document` under `label`, is what `field` asks for.

    A paper made for one matter alone (a power of attorney, an application) never is.
    """
    given = {_core(text) for text in (label, document) if text}
    asked = {_core(text) for text in _asked(field)}
    once = tuple(plain(phrase) for phrase in _table().for_one_matter)
    return bool(given & asked) and not any(text.startswith(once) for text in given | asked)


def months_after(day: date, months: int) -> date:
    """The same day `months` later, or the month's last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - date(year, month + 1, 1)).days
    return date(year, month + 1, min(day.day, last))


def _asked(field: EField) -> list[str]:
    return [text for text in (field.document, field.label) if text]


def _core(text: str) -> str:
    return _COPY.sub("", plain(text))
