"""What may follow on a procedure: the reviewed file first, then what the guide itself calls related."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import yaml

from actions.answers.compose import short_name

__all__ = ["Step", "load_next_steps", "next_steps"]

_FILE = Path(__file__).parent / "next_steps.yml"
_MOST = 4


class Guides(Protocol):
    def get(self, code: str) -> Any: ...


@dataclass(frozen=True)
class Step:
    """A procedure that may come next, and why. `follows` is False for what the guide only calls related."""

    code: str
    name: str
    why: str
    follows: bool


@lru_cache(maxsize=1)
def load_next_steps() -> dict[str, list[dict[str, str]]]:
    loaded: dict[str, list[dict[str, str]]] = yaml.safe_load(_FILE.read_text("utf-8"))
    return loaded


def next_steps(guides: Guides, code: str, most: int = _MOST) -> list[Step]:
    """At most `most` steps after the procedure `code`; a procedure that is no longer published is left out."""
    listed = load_next_steps().get(code)
    published = guides.get(code)
    if listed is None and published is not None:
        listed = [{"code": item.code, "why": item.why} for item in published.guide.related]
        follows = False
    else:
        follows = True
    made = []
    for item in listed or ():
        known = guides.get(item["code"])
        if known is not None:
            made.append(Step(item["code"], short_name(known.guide), item["why"], follows))
    return made[:most]
