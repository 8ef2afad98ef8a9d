"""A dossier's fee: what is owed, how to pay, and the confirmation once it is paid."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from actions.dossiers.payments.build import MESSAGES_FILE
from actions.dossiers.payments.receipt import receipt_facts, receipt_pdf
from actions.dossiers.payments.vietqr import picture
from actions.messages import Messages
from bot.api.deps import ContextDep
from bot.pages.dossier import LinkedCode
from bot.pages.rendering import PageRoute, page

__all__ = ["router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_texts = Messages.load(MESSAGES_FILE)


@router.get("/dossiers/{token}/payment")
async def show(request: Request, context: ContextDep, code: LinkedCode, token: str) -> Response:
    view = await run_sync(context.dossiers.payments.of, code)
    qr = picture(view.transfer.qr) if view.transfer else ""
    return page(
        request, "payment/show.html", payment=view, token=token, qr=qr, portal=context.settings.portal_url,
        say=_texts.render)


@router.get("/dossiers/{token}/payment/receipt")
async def receipt(request: Request, context: ContextDep, code: LinkedCode, token: str) -> Response:
    view = await run_sync(context.dossiers.payments.of, code)
    facts = receipt_facts(view, _texts)
    return page(request, "payment/receipt.html", facts=facts, token=token, code=view.code, say=_texts.render)


@router.get("/dossiers/{token}/payment/receipt.pdf")
async def download(context: ContextDep, code: LinkedCode) -> Response:
    view = await run_sync(context.dossiers.payments.of, code)
    content = await run_sync(receipt_pdf, view, _texts)
    headers = {
        "Content-Disposition": f'attachment; filename="xac-nhan-nop-le-phi-{view.code}.pdf"',
        "Referrer-Policy": "no-referrer"}
    return Response(content, media_type="application/pdf", headers=headers)
