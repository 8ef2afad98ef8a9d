"""Sentences for citizens that the knowledge base adds by itself, from `wording.yml`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

__all__ = ["sentence"]


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, str]:
    return dict(YAML(typ="safe").load(Path(__file__).with_name("wording.yml")))


def sentence(name: str, **values: str) -> str:
    """The sentence `name` with its `{values}` filled in. Raises KeyError for an unknown name."""
    return _catalogue()[name].format(**values)
