"""Imports every room's tables, so that `METADATA` is complete."""

from __future__ import annotations

import importlib
import pkgutil

import actions
import bot
import indexer
import knowledge_base
from common.database import Base

__all__ = ["METADATA"]


def _import_tables() -> None:
    """Tables stand in modules named `tables` (or `tickets`) beside the code that owns them."""
    for package in (knowledge_base, indexer, actions, bot):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith((".tables", ".tickets")) and not module.name.startswith("bot.migrations"):
                importlib.import_module(module.name)


_import_tables()
METADATA = Base.metadata
