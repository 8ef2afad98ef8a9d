"""The states of a dossier, read from `states.yml`: the one list that registry, pages, chat and console use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

__all__ = ["FIRST", "State", "load_states"]

_FILE = Path(__file__).parent / "states.yml"
FIRST = "submitted"
Who = Literal["citizen", "officer", "agency", "nobody"]
Clock = Literal["runs", "stopped", "ended"]


class State(BaseModel):
    """`to`: legal next states. `note`: the citizen must be told why. `clock`: whether the time limit runs.
    `acts`: whose turn it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    sentence: str
    action: str
    description: str
    next_step: str
    acts: Who
    clock: Clock = "runs"
    note: bool = False
    to: list[str]

    @property
    def final(self) -> bool:
        return not self.to


@lru_cache(maxsize=1)
def _shipped() -> dict[str, State]:
    return _read(_FILE)


def load_states(path: Path = _FILE) -> dict[str, State]:
    """States from the data file. Raises ValueError when a transition leads nowhere or a state can't be reached."""
    return dict(_shipped()) if path == _FILE else _read(path)


def _read(path: Path) -> dict[str, State]:
    states = {name: State(**body) for name, body in yaml.safe_load(path.read_text(encoding="utf-8")).items()}
    for name, state in states.items():
        missing = [target for target in state.to if target not in states]
        if missing:
            raise ValueError(f"{path.name}: {name} leads to {missing[0]}, which is not a state")
    lost = set(states) - set(_reached(states))
    if lost:
        raise ValueError(f"{path.name}: no way leads from {FIRST} to {', '.join(sorted(lost))}")
    return states


def _reached(states: Mapping[str, State]) -> Iterator[str]:
    seen, ahead = {FIRST}, [FIRST]
    while ahead:
        name = ahead.pop()
        yield name
        new = [target for target in states[name].to if target not in seen]
        seen.update(new)
        ahead += new
