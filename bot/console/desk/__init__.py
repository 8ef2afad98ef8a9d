"""The agents' pages: queue, one conversation, call-backs, canned replies, people at the desk, and the live stream."""

from __future__ import annotations

from fastapi import APIRouter

from bot.console.desk import absence, acts, callbacks, canned, conversations, live, people

__all__ = ["router"]

router = APIRouter()
for part in (conversations, acts, live, callbacks, canned, people, absence):
    router.include_router(part.router)
