"""From a state of the outside system to legal moves of ours, by a data file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from actions.dossiers.registry.states import State
from common.errors import SetupProblem

__all__ = ["StateMap"]

_SHIPPED = Path(__file__).parent / "states.yml"


class _Mapped(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    state: str
    through: list[str] = []


class StateMap:
    """The mapping, checked against our states when it is read."""

    def __init__(self, mapped: Mapping[str, _Mapped], states: Mapping[str, State]) -> None:
        self._mapped = dict(mapped)
        self._states = states

    @classmethod
    def load(cls, states: Mapping[str, State], file: str = "") -> StateMap:
        """The mapping in `file`, or the shipped one. Raises SetupProblem naming file and entry at fault."""
        path = Path(file) if file else _SHIPPED
        try:
            read = yaml.safe_load(path.read_text("utf-8"))
            mapped = {str(name): _Mapped.model_validate(body) for name, body in dict(read).items()}
        except (OSError, yaml.YAMLError, ValidationError, TypeError, ValueError) as error:
            raise SetupProblem(f"{path.name}: không đọc được bảng trạng thái ({type(error).__name__}).") from error
        for name, target in mapped.items():
            unknown = [state for state in (target.state, *target.through) if state not in states]
            if unknown:
                raise SetupProblem(f"{path.name}: {name}: không có trạng thái {unknown[0]} trong registry/states.yml.")
        return cls(mapped, states)

    @property
    def names(self) -> list[str]:
        """The outside states that the file knows."""
        return list(self._mapped)

    def ours(self, outside: str) -> str | None:
        """Our state; None for one that the file does not know."""
        found = self._mapped.get(outside)
        return found.state if found else None

    def moves(self, here: str, outside: str) -> list[str] | None:
        """The legal moves from our state `here` to what `outside` means: [] when we are there, None when there is no
        way that the file allows."""
        target = self._mapped[outside]
        if here == target.state:
            return []
        if target.state in self._states[here].to:
            return [target.state]
        way = [*target.through, target.state]
        if here in way:
            way = way[way.index(here) + 1:]
        # Steps that lie behind `here` are left out one by one until the rest can be walked.
        while way:
            if all(after in self._states[before].to for before, after in zip([here, *way], way, strict=False)):
                return way
            way = way[1:]
        return None
