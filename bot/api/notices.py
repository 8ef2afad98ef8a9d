"""What is announced to everybody, for the widget and for other sites."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, Field

from bot.api.deps import ContextDep
from bot.switches.board import Level

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/notices", tags=["notices"])


class NoticeOut(BaseModel):
    """One announcement. `until` is when it ends by itself; staff may end it earlier."""

    id: int
    level: Level
    text: str
    until: str = Field(examples=["2026-11-24T10:00:00+00:00"])


class NoticesOut(BaseModel):
    notices: list[NoticeOut]


@router.get("")
async def notices(context: ContextDep) -> NoticesOut:
    """Announcements of this moment, emergencies first. A change shows within two seconds."""
    state = await run_sync(context.switches.state)
    return NoticesOut(notices=[
        NoticeOut(id=one.id, level=one.level, text=one.text, until=one.ends_at.isoformat()) for one in state.notices()
    ])
