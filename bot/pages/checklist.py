"""The checklist as a page of its own: to tick, to print on A5, to open on a phone. Whoever has its link may use it."""

from __future__ import annotations

import io
from typing import Annotated, Any

import segno
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, Path, Request
from markupsafe import Markup
from starlette.responses import Response

from actions.checklists import Checklist
from actions.checklists.decide import Question, questions
from actions.checklists.sheet import Item, Sheet
from actions.messages import Messages
from bot.api.checklists import laid_out
from bot.api.deps import ContextDep
from bot.pages.rendering import PageRoute, SameSite, go, page

__all__ = ["router"]

router = APIRouter(prefix="/checklists/{token}", route_class=PageRoute, include_in_schema=False)
_UNSURE = "unsure"


async def _linked(context: ContextDep, token: Annotated[str, Path(max_length=400)]) -> Checklist:
    """The checklist that the link is for. Raises NotFound."""
    return await run_sync(context.dossiers.checklists.by_token, token)


Linked = Annotated[Checklist, Depends(_linked)]


@router.get("")
async def show(request: Request, context: ContextDep, kept: Linked, token: str) -> Response:
    shown = await run_sync(laid_out, context, kept)
    texts = context.dossiers.checklists.texts
    address = f"{context.settings.base_url}/checklists/{token}"
    return page(
        request, "checklist/show.html", sheet=shown, path=f"/checklists/{token}", perhaps=_perhaps(texts, shown),
        asked=[_asked(texts, question, kept) for question in questions(shown.guide)], qr=_qr(address),
    )  # fmt: skip


@router.post("", dependencies=[SameSite])
async def tick(
    context: ContextDep, kept: Linked, token: str, item: Annotated[list[str] | None, Form()] = None
) -> Response:
    """Exactly the papers sent are ticked, as a form without JavaScript sends them."""
    shown = await run_sync(laid_out, context, kept)
    published = context.knowledge_base.get(shown.guide.code)
    await run_sync(context.dossiers.checklists.tick_all, kept.id, published, item or [])
    return go(f"/checklists/{token}")


@router.post("/cases", dependencies=[SameSite])
async def answer(request: Request, context: ContextDep, kept: Linked, token: str) -> Response:
    """The questions answered anew on the page."""
    form = await request.form(max_files=0, max_fields=60)
    published = context.knowledge_base.get(kept.code)
    asked = questions((await run_sync(laid_out, context, kept)).guide)
    given = {question.index: [str(value) for value in form.getlist(f"ask{question.index}")] for question in asked}
    cases = [value for values in given.values() for value in values if value not in ("", _UNSURE)]
    unsure = [
        case.id
        for question in asked
        if _UNSURE in given[question.index] or not given[question.index]
        for case in question.cases
    ]
    service = context.dossiers.checklists
    await run_sync(service.create, kept.conversation_id, published, cases, unsure)
    return go(f"/checklists/{token}")


@router.post("/seen", dependencies=[SameSite])
async def seen(context: ContextDep, kept: Linked, token: str) -> Response:
    """The notice that the guide has changed was read."""
    await run_sync(laid_out, context, kept)
    await run_sync(context.dossiers.checklists.seen, kept.id, context.knowledge_base.get(kept.code))
    return go(f"/checklists/{token}")


def _perhaps(texts: Messages, shown: Sheet) -> list[tuple[str, list[Item]]]:
    """The papers that hang on a case still open, case by case."""
    return [
        (texts.render("checklist.condition", label=case), [item for item in shown.items if item.condition == case])
        for case in dict.fromkeys(item.condition for item in shown.items if item.condition)
    ]


def _asked(texts: Messages, question: Question, kept: Checklist) -> dict[str, Any]:
    """A question as a form shows it, with the answer that was given."""
    states = [kept.answers.get(case.id) for case in question.cases]
    choices = [
        {"value": case.id, "label": case.label, "when": case.when, "checked": state == "yes"}
        for case, state in zip(question.cases, states, strict=True)
    ]
    if question.other is not None:
        label = question.other or texts.render("checklist.choice.other")
        choices.append({"value": "", "label": label, "checked": set(states) == {"no"}})
    unsure = {"value": _UNSURE, "label": texts.render("checklist.choice.unsure"), "checked": "unsure" in states}
    return {
        "name": f"ask{question.index}", "text": question.text, "many": question.many, "choices": [*choices, unsure],
    }  # fmt: skip


def _qr(address: str) -> Markup:
    """The address as a QR code, drawn inline so that the page loads nothing more."""
    drawn = io.BytesIO()
    segno.make(address, error="l", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, title="Mã QR", border=2)
    return Markup(drawn.getvalue().decode())  # noqa: S704 - drawn by segno from our own address
