"""E-forms on one page: the same drafts, the same reader and the same submission as in the chat.

`/forms` lists them; `/forms/{token}` is a draft's own page, opened by its link; `eform_trial.py` has the trials.
"""

from __future__ import annotations

from typing import Annotated

import segno
from anyio.to_thread import run_sync
from fastapi import APIRouter, Cookie, Depends, Form, Path, Request
from markupsafe import Markup
from starlette.responses import Response

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.drafts import Written
from bot.api.deps import ClientKey, ContextDep
from bot.api.holder import remember
from bot.context import Context
from bot.gateway.texts import greeting, problem
from bot.pages.eform_input import Sent, moved, sent, take_files
from bot.pages.eform_view import sections, troubles
from bot.pages.rendering import PageRoute, SameSite, go, page
from common.errors import InvalidInput, NotFound, TooManyRequests

__all__ = ["router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)
# The browser's own conversation, so that its drafts stand on the list; sealed, as links are.
_COOKIE = "isee_forms"
_COOKIE_KIND = "forms"
_DAY_S = 86_400


async def _linked(
    request: Request, context: ContextDep, token: Annotated[str, Path(max_length=500)]
) -> tuple[str, str]:
    """Raises Conflict for an assisted session that is over: staff read nothing of it any more."""
    conversation_id, draft_id = context.dossiers.form_pages.open(token)
    request.state.banner = await run_sync(context.dossiers.assisted.banner, conversation_id)
    return conversation_id, draft_id


Linked = Annotated[tuple[str, str], Depends(_linked)]
"""Conversation and draft of the link in the path; NotFound as a page when the link is not good (any more)."""


def _own(context: Context, cookie: str) -> str:
    """The conversation that the browser's cookie names, "" when there is none (any more)."""
    try:
        conversation_id = context.dossiers.links.open(_COOKIE_KIND, cookie)
        context.store.get(conversation_id)
    except NotFound:
        return ""
    return conversation_id


@router.get("/forms")
async def all_forms(request: Request, context: ContextDep, isee_forms: Annotated[str, Cookie()] = "") -> Response:
    own = await run_sync(_own, context, isee_forms) if isee_forms else ""
    drafts = await run_sync(context.dossiers.drafts.resumable, own) if own else []
    mine = [(draft, context.dossiers.form_pages.path(own, draft.id)) for draft in drafts]
    forms = sorted(context.dossiers.forms, key=lambda form: form.title)
    return page(request, "eform/list.html", forms=forms, mine=mine, known=bool(own))


@router.post("/forms", dependencies=[SameSite])
async def start(
    request: Request, context: ContextDep, client: ClientKey, slug: Annotated[str, Form(max_length=64)],
    isee_forms: Annotated[str, Cookie()] = "",
) -> Response:
    """Opens a form, in the browser's own conversation or in a new one."""
    own = await run_sync(_own, context, isee_forms) if isee_forms else ""
    if not own:
        seconds = await context.new_conversations.wait(client)
        if seconds:
            raise TooManyRequests(problem("many_conversations", seconds=int(seconds)), retry_after=seconds)
        own = (await run_sync(lambda: context.store.open(greeting(context.settings.province)))).id
    draft = await run_sync(context.dossiers.drafts.start, own, slug)
    answer = go(context.dossiers.form_pages.path(own, draft.id))
    life = context.dossiers.form_pages.life
    answer.set_cookie(
        _COOKIE, context.dossiers.links.make(_COOKIE_KIND, own, life), max_age=life.days * _DAY_S, path="/forms",
        httponly=True, samesite="lax", secure=context.settings.base_url.startswith("https"))
    remember(answer, context, own)
    return answer


@router.post("/forms/leave", dependencies=[SameSite])
async def leave(request: Request) -> Response:
    """Forgets the browser's drafts, for a borrowed device; the drafts themselves stay."""
    answer = go("/forms")
    answer.delete_cookie(_COOKIE, path="/forms")
    return answer


@router.get("/forms/{token}")
async def show(request: Request, context: ContextDep, linked: Linked, token: str) -> Response:
    conversation_id, draft_id = linked
    receipt = await run_sync(context.dossiers.registry.receipt_of, draft_id, conversation_id)
    if receipt:
        track = context.dossiers.pages.path(receipt.code)
        return page(request, "eform/receipt.html", receipt=receipt, track=track, title=receipt.procedure)
    draft = await run_sync(context.dossiers.drafts.one, conversation_id, draft_id)
    if draft.stage == "consent":
        return page(request, "eform/consent.html", draft=draft, form=draft.form, here=f"/forms/{token}")
    return await _form(request, context, draft, token, Sent({}, frozenset(), {}, ""), {})


@router.post("/forms/{token}/consent", dependencies=[SameSite])
async def consent(
    request: Request, context: ContextDep, linked: Linked, token: str, agree: Annotated[str, Form(max_length=5)],
) -> Response:
    """Consent to the text shown, or a refusal, which erases the draft."""
    drafts = context.dossiers.drafts
    draft = await run_sync(_taken_up, context, linked)
    if agree != "yes":
        await run_sync(drafts.cancel, draft.conversation_id)
        return page(request, "eform/declined.html", form=draft.form)
    await run_sync(lambda: drafts.consent(draft.conversation_id, True, elsewhere=True))
    return go(f"/forms/{token}")


@router.post("/forms/{token}", dependencies=[SameSite])
async def write(request: Request, context: ContextDep, linked: Linked, token: str) -> Response:
    """Keeps what was typed and does what the button says: show the form anew, change a group, review, come back
    later. What is refused stands beside its field, still as typed."""
    draft = await run_sync(_taken_up, context, linked)
    if draft.stage == "consent":
        return go(f"/forms/{token}")
    given = await sent(request)
    written = await run_sync(_written, context, draft, given)
    if given.do == "later":
        return go(f"/forms/{token}/later")
    if written.problems:
        return await _form(request, context, written.draft, token, given, written.problems)
    return go(f"/forms/{token}/review" if given.do == "review" else f"/forms/{token}{_back_to(given.do)}")


@router.get("/forms/{token}/review")
async def review(request: Request, context: ContextDep, linked: Linked, token: str) -> Response:
    draft = await run_sync(context.dossiers.drafts.one, *linked)
    if draft.stage != "review":
        return go(f"/forms/{token}")
    return page(
        request, "eform/review.html", draft=draft, form=draft.form, here=f"/forms/{token}", state="",
        mark=context.dossiers.reviews.mark)


@router.post("/forms/{token}/submit", dependencies=[SameSite])
async def submit(request: Request, context: ContextDep, linked: Linked, token: str) -> Response:
    """Submits; sent twice, the receipt is of the one dossier that there is."""
    _conversation_id, draft_id = linked
    await run_sync(context.dossiers.submissions.submit, draft_id)
    return go(f"/forms/{token}")


@router.get("/forms/{token}/later")
async def later(request: Request, context: ContextDep, linked: Linked, token: str) -> Response:
    """The link and its QR code, to go on another day or on another device."""
    draft = await run_sync(context.dossiers.drafts.one, *linked)
    address = context.dossiers.form_pages.of(draft)
    return page(
        request, "eform/later.html", form=draft.form, here=f"/forms/{token}", address=address, qr=_qr(address),
        days=context.dossiers.form_pages.life.days)


def _qr(address: str) -> Markup:
    drawn = segno.make(address, error="l", micro=False).svg_inline(scale=4, border=2, omitsize=True)
    return Markup(drawn)  # noqa: S704 - drawn by segno from our own address


def _written(context: Context, draft: Draft, given: Sent) -> Written:
    """Answers first, because they decide which files are asked for; what is missing last."""
    drafts, whose = context.dossiers.drafts, draft.conversation_id
    written = drafts.write(
        whose, given.typed, complete=False, sure=given.sure, then=moved(drafts.moves, given.do))
    problems = written.problems | take_files(context, written.draft, given)
    complete = given.do == "review"
    written = drafts.write(whose, {}, complete=complete)
    return Written(written.draft, written.problems | problems)


def _taken_up(context: Context, linked: tuple[str, str]) -> Draft:
    """The linked draft as the one being filled in. Raises NotFound."""
    draft = context.dossiers.drafts.one(*linked)
    return context.dossiers.drafts.start(draft.conversation_id, draft.form.slug)


async def _form(
    request: Request, context: Context, draft: Draft, token: str, given: Sent, problems: dict[str, InvalidInput],
) -> Response:
    return page(
        request, "eform/form.html", status=422 if problems else 200, draft=draft, form=draft.form,
        here=f"/forms/{token}",
        sections=sections(draft, given.typed, problems, context.dossiers.reviews.mark),
        troubles=troubles(draft, problems), state="", card=f"/card/{token}",
        login=f"/login/oidc/start?draft={token}" if context.settings.oidc_issuer else "",
        login_name=context.settings.oidc_name, on_hand=await run_sync(_on_hand, context, draft, token),
        communes=context.dossiers.drafts.reader.communes)


def _on_hand(context: Context, draft: Draft, token: str) -> list[tuple[str, str]]:
    """The file questions that a paper of an earlier dossier could answer: label, and the page that offers it."""
    unanswered = (f for f in draft.visible if f.type == "file" and f.name not in draft.values)
    offers = context.dossiers.aids.reuse.offers
    return [(f.label, f"/papers/{token}/{f.name}") for f in unanswered if offers(draft, f)]


def _back_to(do: str) -> str:
    """The part of the page where the button stood."""
    kind, _, path = do.partition(":")
    return f"#g-{path.partition('.')[0]}" if kind in ("add", "remove") else ""
