"""What the desk's pages have in common: a line of the queue, and one conversation as a person sees it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.console.rendering import console_page, fragment
from bot.context import Context
from bot.desk.canned import filled
from bot.desk.card import Card
from bot.desk.fence import ON_ZALO
from bot.desk.queue import QueueItem
from bot.desk.service import OUTCOMES
from bot.desk.texts import desk_texts
from common.errors import ISeeError, NotFound
from common.messages import Aspect

__all__ = ["PAGE_SIZE", "conversation_page", "desk_page", "paged", "row_html", "seen"]

PAGE_SIZE = 50
# In the order that people ask for them; the words stand in the desk's template.
_ASPECTS = (Aspect.OVERVIEW, Aspect.DOCUMENTS, Aspect.FEE, Aspect.TIME, Aspect.PLACE, Aspect.STEPS, Aspect.ONLINE)


@lru_cache(maxsize=4096)
def row_html(item: QueueItem) -> str:
    """A line of the queue; the same bytes for every desk, so rendered once a change."""
    return fragment("desk/row.html", item=item, label=desk_texts().render).strip()


def desk_page(request: Request, name: str, error: ISeeError | None = None, **values: Any) -> Response:
    """A page of the desk, with what is wrong above it; `label` gives the desk's words."""
    status, problem = (error.status, error.detail) if error else (200, "")
    return console_page(request, name, status=status, problem=problem, label=desk_texts().render, **values)


def paged(found: Sequence[Any], page: int) -> tuple[Sequence[Any], bool]:
    """A page of a list that is in memory anyhow, and whether there are more."""
    start = (page - 1) * PAGE_SIZE
    return found[start : start + PAGE_SIZE], len(found) > start + PAGE_SIZE


async def seen(context: Context, staff: Staff) -> None:
    """The person is at the desk, with or without scripts."""
    await run_sync(context.desk.presence.seen, staff.name, staff.unit)


async def conversation_page(
    request: Request,
    context: Context,
    staff: Staff,
    conversation_id: str,
    error: ISeeError | None = None,
    *,
    draft: str = "",
    shown: str = "",
) -> Response:
    """One conversation; `draft` is what stands in the reply box, `shown` what was revealed.

    Raises NotFound when the conversation is gone.
    """
    query = request.query_params.get("q", "")[:300]

    def read() -> dict[str, Any]:
        desk = context.desk
        try:
            found = context.store.get(conversation_id)
        except NotFound as missing:
            raise NotFound(desk.texts.render("problem.gone")) from missing
        messages = context.store.messages(conversation_id)
        card = desk.cards.of(conversation_id)
        mine = found.owner == "agent" and found.agent == staff.name
        last = next((said for said in reversed(messages) if said["author"] != "system"), None)
        asked = last["text"] if mine and last and last["author"] == "citizen" else ""
        values = _variables(context, staff, card)
        return {
            "conversation": found, "messages": messages, "card": card, "mine": mine, "last": last,
            "item": desk.queue.of(conversation_id),
            "sealed": desk.words.of(conversation_id) if mine else set(),
            "files": desk.files.of(conversation_id),
            "callback": desk.callbacks.of(conversation_id),
            "canned": [(one, filled(one.text, values)) for one in desk.canned.of(staff.name)] if mine else [],
            "colleagues": [one for one in desk.presence.everybody()
                           if one.name != staff.name and one.state in ("online", "busy")] if mine else [],
            "suggestion": desk.answers.suggest(asked, found.last_procedure) if asked else None,
            "guides": desk.answers.search(query) if mine else [],
            "me": desk.presence.of(staff.name),
            "paused": context.zalo.pauses.until(conversation_id) if found.agent == ON_ZALO else None,
            "window": context.zalo.window(conversation_id),
        }

    return desk_page(
        request, "desk/conversation.html", error, staff=staff, q=query, draft=draft, shown=shown,
        aspects=[str(one) for one in _ASPECTS], outcomes=OUTCOMES, **await run_sync(read))


def _variables(context: Context, staff: Staff, card: Card | None) -> dict[str, str]:
    """What canned replies may name (`bot.desk.canned.VARIABLES`)."""
    return {
        "ten": desk_texts().render("address"),
        "can_bo": staff.title,
        "thu_tuc": card.procedure if card else "",
        "ma_ho_so": card.dossiers[0] if card and card.dossiers else "",
        "so_phieu": card.ticket if card else "",
        "gio_lam_viec": context.desk.hours_said,
    }
