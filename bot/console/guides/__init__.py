"""Guides at the console: list, editor, preview, review, publication, history, import and export."""

from __future__ import annotations

from fastapi import APIRouter

from bot.console.guides import catalogue, editing, exporting, guide, history, importing, review

__all__ = ["router"]

router = APIRouter()
# Fixed addresses before those with a code in them.
for _part in (catalogue, importing, exporting, editing, review, history, guide):
    router.include_router(_part.router)
