"""Payments over HTTP: a citizen's view of a dossier's fee, and the signed reports of payment providers."""

from __future__ import annotations

from typing import Annotated, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ValidationError

from actions.dossiers.payments.view import PaymentEvent, PaymentView
from bot.api.deps import ContextDep, ConversationId
from bot.api.problems import field_errors
from bot.api.schemas import problems
from bot.api.signed import raw_target
from bot.context import Context
from bot.gateway.texts import problem
from common.errors import NotAuthenticated
from common.signatures import Signer

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["payments"])
# An unknown provider does the same work and hears the same as a wrong signature.
_NOBODY = Signer("nobody", b"no provider signs with this, it is only compared against")


class Booked(BaseModel):
    """What became of a report; none is to be sent again. `kept`: it fits nothing we may book, staff look at it."""

    outcome: Literal["applied", "duplicate", "stale", "kept"]


class PaymentOut(PaymentView):
    """`page`: where the citizen pays and finds the receipt; it carries its own permission."""

    page: str


@router.get(
    "/conversations/{conversation_id}/dossiers/{code}/payment", responses=problems(401, 404, 422),
    response_model_exclude_none=True)
async def payment(
    context: ContextDep, conversation_id: ConversationId, code: Annotated[str, Path(max_length=48)]
) -> PaymentOut:
    """What a dossier costs, whether it is paid and how to pay, for a conversation that may act on it."""
    return await run_sync(_payment, context, conversation_id, code)


@router.post(
    "/payments/callbacks/{provider}",
    responses=problems(401, 409, 413, 422),
    openapi_extra={"requestBody": {
        "required": True, "content": {"application/json": {"schema": PaymentEvent.model_json_schema()}}}},
)
async def callback(
    context: ContextDep, request: Request, provider: Annotated[str, Path(max_length=32)]
) -> Booked:
    """A report of a payment provider, signed as docs/dossiers/payments.md describes. At least once, in any order."""
    body = await request.body()
    known = context.dossiers.payments.signer(provider)
    genuine = (known or _NOBODY).accepts(request.headers, request.method, raw_target(request), body)
    if known is None or not genuine:
        raise NotAuthenticated(problem("signature"))
    try:
        event = PaymentEvent.model_validate_json(body)
    except ValidationError as error:
        raise field_errors(error.errors()) from error
    return Booked(outcome=await run_sync(context.dossiers.payments.receive, provider, event))


def _payment(context: Context, conversation_id: str, code: str) -> PaymentOut:
    dossiers = context.dossiers
    with context.database.session(write=False) as session:
        row = dossiers.access.check(session, conversation_id, code)
    view = dossiers.payments.of(row.code)
    return PaymentOut(**view.model_dump(), page=dossiers.pages.address(row.code, "/payment"))
