"""What routes ask for, as `Annotated` types."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bot.api.addresses import client_key
from bot.context import Context
from bot.gateway.texts import problem
from common.errors import NotAuthenticated

__all__ = ["ClientKey", "ContextDep", "ConversationId"]

_bearer = HTTPBearer(auto_error=False, description="The `token` that opening the conversation returned.")


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


ContextDep = Annotated[Context, Depends(_context)]


def _client_key(request: Request, context: ContextDep) -> str:
    """Who calls, for rate limits, without keeping the address itself."""
    return client_key(request.scope, context.keyring)


ClientKey = Annotated[str, Depends(_client_key)]


async def _conversation(
    context: ContextDep,
    conversation_id: Annotated[str, Path(max_length=64)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str:
    """The conversation that the bearer token belongs to. An unknown conversation and a wrong token look alike."""
    token = credentials.credentials if credentials else ""
    if not token or not await run_sync(context.store.authenticate, conversation_id, token):
        raise NotAuthenticated(problem("token"))
    return conversation_id


ConversationId = Annotated[str, Depends(_conversation)]
