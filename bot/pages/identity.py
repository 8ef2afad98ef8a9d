"""Who the citizen is: the card's QR code by a photo, and the login at an OpenID Connect provider."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Cookie, Depends, Form, Path, Query, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from actions.dossiers.eforms.draft import Draft
from bot.api.deps import ClientKey, ContextDep
from bot.api.holder import HOLDER_COOKIE, held
from bot.context import Context
from bot.gateway.texts import problem
from bot.pages.rendering import PageRoute, SameSite, go, page
from common.errors import InvalidInput, NotFound, NotReady, TooLarge, TooManyRequests

__all__ = ["LinkedDraft", "router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_COOKIE = "isee_login"
_COOKIE_LIFE_S = 1800
BrowserCookie = Annotated[str, Cookie(alias=_COOKIE, max_length=200)]
Ticket = Annotated[str, Path(max_length=100)]


def _find(context: Context, token: str) -> Draft:
    conversation_id, draft_id = context.dossiers.form_pages.open(token)
    context.dossiers.assisted.banner(conversation_id)  # raises for an assisted session that is over
    drafts = context.dossiers.drafts.resumable(conversation_id)
    draft = next((draft for draft in drafts if draft.id == draft_id), None)
    if draft is None:
        raise NotFound(problem("draft_gone"))
    return draft


async def _linked(context: ContextDep, token: Annotated[str, Path(max_length=400)]) -> Draft:
    return await run_sync(_find, context, token)


LinkedDraft = Annotated[Draft, Depends(_linked)]
"""The open draft that the link in the path is for; NotFound as a page when link or draft is gone."""


@router.get("/card/{token}")
async def card(request: Request, context: ContextDep, draft: LinkedDraft, token: str) -> Response:
    """Asks for the photo, or shows what was read and asks for consent."""
    return await _card(request, context, draft, token)


@router.post("/card/{token}", dependencies=[SameSite])
async def read_card(
    request: Request,
    context: ContextDep,
    client: ClientKey,
    draft: LinkedDraft,
    token: str,
    file: Annotated[UploadFile | None, Form()] = None,
) -> Response:
    """Reads the code off the photo, which lives in memory only as long as this request."""
    seconds = await context.checks.wait(client)
    if seconds:
        raise TooManyRequests(problem("many_checks", seconds=int(seconds)), retry_after=seconds)
    photo = await file.read() if file else b""
    try:
        await run_sync(context.dossiers.aids.scans.read, draft.conversation_id, draft.id, photo)
    except (InvalidInput, TooLarge, NotReady) as error:
        return await _card(request, context, draft, token, error)
    return go(f"/card/{token}")


@router.post("/card/{token}/fill", dependencies=[SameSite])
async def fill(context: ContextDep, draft: LinkedDraft, token: str) -> Response:
    scans = context.dossiers.aids.scans
    await run_sync(lambda: scans.fill(draft.conversation_id, draft.id, draft.form, elsewhere=True))
    return go(f"/forms/{token}")


@router.post("/card/{token}/drop", dependencies=[SameSite])
async def drop(context: ContextDep, draft: LinkedDraft, token: str) -> Response:
    await run_sync(context.dossiers.aids.scans.drop, draft.conversation_id, draft.id)
    return go(f"/card/{token}")


@router.get("/login/oidc/start")
async def start(context: ContextDep, draft: Annotated[str, Query(max_length=400)]) -> Response:
    """Off to the provider. A plain link, so that the answer to a form never leads to another site (CSP)."""
    found = await run_sync(_find, context, draft)
    begun = await run_sync(context.dossiers.aids.logins.begin, found.conversation_id, found.id)
    answer = RedirectResponse(begun.address, 303, headers={"Referrer-Policy": "no-referrer"})
    answer.set_cookie(
        _COOKIE, begun.cookie, max_age=_COOKIE_LIFE_S, path="/login/oidc", httponly=True, samesite="lax",
        secure=context.settings.base_url.startswith("https:"))
    return answer


@router.get("/login/oidc/callback")
async def callback(request: Request, context: ContextDep, cookie: BrowserCookie = "") -> Response:
    """The provider sends the browser back here."""
    query = {key: value for key, value in request.query_params.items() if len(value) <= 4000}
    ticket = await run_sync(context.dossiers.aids.logins.finish, query, cookie)
    return go(f"/login/oidc/confirm/{ticket}")


@router.get("/login/oidc/confirm/{ticket}")
async def confirm(request: Request, context: ContextDep, ticket: Ticket, cookie: BrowserCookie = "") -> Response:
    logins = context.dossiers.aids.logins
    waiting = await run_sync(logins.waiting, ticket, cookie)
    return page(request, "identity/confirm.html", waiting=waiting, ticket=ticket, provider=logins.provider)


@router.post("/login/oidc/confirm/{ticket}", dependencies=[SameSite])
async def confirmed(
    request: Request,
    context: ContextDep,
    ticket: Ticket,
    agree: Annotated[str, Form(max_length=3)] = "",
    cookie: BrowserCookie = "",
    holder: Annotated[str, Cookie(alias=HOLDER_COOKIE, max_length=400)] = "",
) -> Response:
    """Uses the login with consent, or forgets it. In a browser that does not hold the conversation it yields a code, to
    be typed there."""
    logins = context.dossiers.aids.logins
    if agree == "yes":
        agreed = await run_sync(logins.agree, ticket, cookie, held(context, holder))
    else:
        agreed = None
    draft = agreed.draft if agreed else await run_sync(logins.refuse, ticket, cookie)
    if agreed and agreed.code:
        return page(request, "identity/code.html", code=agreed.code, provider=logins.provider, draft=draft)
    path = context.dossiers.form_pages.path(draft.conversation_id, draft.id)
    return page(
        request, "identity/done.html", filled=agreed.filled if agreed else None, provider=logins.provider, form=path,
        token=path.rpartition("/")[2], draft=draft)


@router.post("/login/oidc/logout", dependencies=[SameSite])
async def log_out(request: Request, context: ContextDep, draft: Annotated[str, Form(max_length=400)]) -> Response:
    """Forgets the login here, and shows the way to end the session at the provider."""
    found = await run_sync(_find, context, draft)
    logins = context.dossiers.aids.logins
    elsewhere = await run_sync(logins.log_out, found.conversation_id, context.settings.base_url + "/")
    return page(request, "identity/logged_out.html", elsewhere=elsewhere, provider=logins.provider)


async def _card(
    request: Request,
    context: Context,
    draft: Draft,
    token: str,
    error: InvalidInput | TooLarge | NotReady | None = None,
) -> Response:
    scans = context.dossiers.aids.scans
    shown = await run_sync(scans.reveal, draft.conversation_id, {"card": draft.id})
    return page(
        request, "identity/card.html", status=error.status if error else 200, draft=draft, token=token,
        lines=shown.lines if shown and not error else [], consent=scans.consent(draft.form),
        problem=error.detail if error else "")
