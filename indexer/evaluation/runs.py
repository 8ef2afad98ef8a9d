"""A run of an evaluation: one row a question with its figures, kept in a file so that runs can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ValidationError

from common.errors import InvalidInput
from indexer.evaluation.bootstrap import ROUNDS, SEED, bounds, cluster_ids, resampled

__all__ = ["Row", "Run", "grouped", "intervals", "load_run", "matrix", "means", "save_run"]

Kind = Literal["retrieval", "answers", "dialogue"]


class Row(BaseModel):
    """One question of a run.

    `values`: metric → this question's part of the mean, None where the metric doesn't apply (a rank where no procedure
    is right, say). `part` sets questions apart from out-of-scope texts. `did`: what was done, for people to read.
    """

    id: str
    part: str = "questions"
    question: str
    source: str = ""
    wanted: str = ""
    gold_codes: list[str] = []
    values: dict[str, float | None] = {}
    did: dict[str, Any] = {}


class Run(BaseModel):
    """A whole run: `figures` is what the command printed, `settings` how it was asked for."""

    kind: Kind
    settings: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    rows: list[Row] = []


def matrix(rows: Sequence[Row], names: Sequence[str]) -> np.ndarray:
    """float64 (rows, names): each row's values, NaN where a metric doesn't apply."""
    found = [[row.values.get(name) for name in names] for row in rows]
    cells = [[np.nan if value is None else value for value in row] for row in found]
    return np.array(cells, dtype=np.float64).reshape(len(rows), len(names))


def means(rows: Sequence[Row], names: Sequence[str]) -> dict[str, float | None]:
    """Each metric's mean over the rows to which it applies; None where it applies to none."""
    values = matrix(rows, names)
    known = ~np.isnan(values)
    sums, counts = np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0)
    return {
        name: round(float(total / count), 4) if count else None
        for name, total, count in zip(names, sums, counts, strict=True)
    }


def grouped(
    rows: Iterable[Row], names: Sequence[str], key: Callable[[Row], str]
) -> dict[str, dict[str, float | int | None]]:
    """The means and `n` of each group of rows, by name."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {name: {**means(group, names), "n": len(group)} for name, group in sorted(groups.items())}


def intervals(
    rows: Sequence[Row], names: Sequence[str], *, rounds: int = ROUNDS, seed: int = SEED
) -> dict[str, tuple[float, float] | None]:
    """The 95 % interval of each mean, procedures resampled (see `bootstrap`)."""
    draws = resampled(matrix(rows, names), cluster_ids([row.gold_codes for row in rows]), rounds=rounds, seed=seed)
    return dict(zip(names, bounds(draws), strict=True))


def save_run(run: Run, path: Path) -> None:
    """Writes the run as JSON. Raises InvalidInput when the file can't be written."""
    try:
        path.write_text(run.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"Không ghi được {path}: {error.strerror}.") from error


def load_run(path: Path) -> Run:
    """Reads a run that `--save` wrote. Raises InvalidInput that says what is wrong with it."""
    try:
        return Run.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"Không đọc được {path}: {error.strerror}.") from error
    except (ValidationError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[-1].strip()
        raise InvalidInput(f"{path} không phải tệp do `isee eval … --save` ghi ({first}).") from error
