"""Practice on one page: nothing is stored anywhere. What was typed travels with the page itself, sealed."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.values import Value
from bot.api.deps import ContextDep
from bot.context import Context
from bot.gateway.texts import problem
from bot.pages.eform_input import Sent, checked_files, moved, sent
from bot.pages.eform_view import sections, troubles
from bot.pages.rendering import PageRoute, SameSite, page
from common.errors import InvalidInput, NotFound

__all__ = ["router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False, prefix="/forms/practise")
_KIND = "practice"
_LIFE = timedelta(hours=2)
Slug = Annotated[str, Path(max_length=64)]


@router.get("/{slug}")
async def begin(request: Request, context: ContextDep, slug: Slug) -> Response:
    return _form(request, context, _fresh(context, slug), Sent({}, frozenset(), {}, ""), {})


@router.post("/{slug}", dependencies=[SameSite])
async def write(request: Request, context: ContextDep, slug: Slug) -> Response:
    """Reads what was typed and shows what a real form would show: its errors, its review, a receipt of practice."""
    given = await sent(request)
    draft = _restored(context, slug, given.state)
    if given.do == "finish" and draft.stage == "review":
        return page(request, "eform/practised.html", form=draft.form)
    after, problems = await run_sync(_written, context, draft, given)
    if given.do == "review" and not problems and after.stage == "review":
        here = f"/forms/practise/{slug}"
        return page(
            request, "eform/review.html", draft=after, form=after.form, here=here, state=_state(context, after),
            mark=context.dossiers.reviews.mark)
    return _form(request, context, after, given, problems)


def _written(context: Context, draft: Draft, given: Sent) -> tuple[Draft, dict[str, InvalidInput]]:
    moves = context.dossiers.drafts.moves
    draft, problems = moves.fill(draft, given.typed, complete=False, sure=given.sure)
    if given.do == "sample":
        return moves.sample_all(draft), {}
    draft, refused = _checked(context, moved(moves, given.do)(draft), given)
    draft, missing = moves.fill(draft, {}, complete=given.do == "review")
    return draft, missing | problems | refused


def _checked(context: Context, draft: Draft, given: Sent) -> tuple[Draft, dict[str, InvalidInput]]:
    """Each file checked as a real one would be, and thrown away: only its name stays."""
    good, problems = checked_files(context, draft, given)
    for name, upload in good.items():
        draft = context.dossiers.drafts.moves.put(draft, name, Value("sample", upload.name))
    return draft, problems


def _form(
    request: Request, context: Context, draft: Draft, given: Sent, problems: dict[str, InvalidInput],
) -> Response:
    return page(
        request, "eform/form.html", status=422 if problems else 200, draft=draft, form=draft.form,
        here=f"/forms/practise/{draft.form.slug}",
        sections=sections(draft, given.typed, problems, context.dossiers.reviews.mark),
        troubles=troubles(draft, problems), state=_state(context, draft),
        communes=context.dossiers.drafts.reader.communes)


def _fresh(context: Context, slug: str) -> Draft:
    form = context.dossiers.forms.get(slug)
    if form is None:
        raise NotFound(problem("no_such_form"))
    return Draft("", "", form, "active", {}, consented=True, practice=True)


def _state(context: Context, draft: Draft) -> str:
    values = {name: asdict(value) for name, value in draft.values.items()}
    return context.dossiers.links.make(_KIND, json.dumps([draft.form.slug, values]), _LIFE)


def _restored(context: Context, slug: str, state: str) -> Draft:
    """The trial that the page carries; a fresh one where it carries none. Raises NotFound for a broken or old one."""
    draft = _fresh(context, slug)
    if not state:
        return draft
    of, values = json.loads(context.dossiers.links.open(_KIND, state))
    if of != slug:
        raise NotFound(problem("no_such_form"))
    known = {name: Value(**value) for name, value in values.items()}
    return Draft("", "", draft.form, "active", known, consented=True, practice=True)
