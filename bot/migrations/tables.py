"""Imports every room's tables, so that `METADATA` is complete."""

from __future__ import annotations

import importlib
from pathlib import Path

import actions
import bot
import indexer
import knowledge_base
from common.database import Base

__all__ = ["METADATA"]


def _import_tables() -> None:
    """Tables stand in modules named `tables` (or `tickets`) beside the code that owns them.

    Found by their files: `pkgutil` would import every package on the way, spaCy and torch included.
    """
    for package in (knowledge_base, indexer, actions, bot):
        root = Path(package.__path__[0])
        for file in sorted(file for name in ("tables.py", "tickets.py") for file in root.rglob(name)):
            module = ".".join((package.__name__, *file.relative_to(root).with_suffix("").parts))
            if not module.startswith("bot.migrations"):
                importlib.import_module(module)


_import_tables()
METADATA = Base.metadata
