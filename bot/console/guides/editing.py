"""The editor: a form of the whole guide whose every button saves, its messages, and the preview of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from actions.answers.compose import Composer
from actions.messages import Messages
from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.guides.common import PREFIX, Code, Reason, address, compared, first, guide_page, long_form
from bot.console.guides.fields import all_fields, read
from bot.console.guides.rows import moved
from bot.console.rendering import see_other
from bot.console.session import CuratorDep, FormOf, SameSite
from bot.context import Context
from common.messages import Aspect
from knowledge_base.drafting.diff import changed_fields
from knowledge_base.drafting.states import State
from knowledge_base.model import Origin, Published
from knowledge_base.publishing import guide_payload

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.post("/{code}/draft")
async def begin(context: ContextDep, staff: CuratorDep, _: FormOf, code: Code) -> Response:
    await run_sync(lambda: context.drafting.drafts.begin(code, staff.name))
    return see_other(address(code, "/edit"))


@router.get("/{code}/edit")
async def edit(request: Request, context: ContextDep, staff: CuratorDep, code: Code) -> Response:
    return await _editor(request, context, staff, code)


@router.post("/{code}/edit")
async def save(
    request: Request, context: ContextDep, staff: CuratorDep, _: SameSite, code: Code
) -> Response:
    """Saves what was typed, then does what the button says. A text that somebody else saved meanwhile stays, and what
    was typed is kept beside it."""
    form = await long_form(request, staff)
    revision, do = _number(first(form, "revision")), first(form, "do") or "save"
    payload, place = read(((name, value) for name, values in form.items() for value in values), code), ""
    if ":" in do:
        payload, place = moved(payload, do)
    saved = await run_sync(context.drafting.drafts.save, code, payload, revision, staff.name)
    if do == "autosave":
        return await _editor(request, context, staff, code, kept=saved.kept)
    if saved.kept:
        return see_other(address(code, "/conflict"))
    below = {"preview": "/preview", "review": "/review"}.get(do, f"/edit#{place}" if place else "/edit?saved=1")
    return see_other(address(code, below))


def _number(text: str) -> int:
    """A revision as the form brought it; -1, which no draft has, for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else -1


async def _editor(request: Request, context: Context, staff: Staff, code: str, kept: bool = False) -> Response:
    drafting = context.drafting

    def gathered() -> dict[str, Any]:
        draft = drafting.drafts.get(code)
        judged = drafting.judge.judge(draft.payload, drafting.kb.snapshot())
        return {
            "draft": draft, "judged": judged, "aside": drafting.drafts.aside(draft, staff.name),
            "moved": drafting.drafts.moved(draft),
            "changed": changed_fields(drafting.drafts.base(draft), draft.payload),
        }

    values = await run_sync(gathered)
    if values["draft"].state is not State.DRAFT:
        return see_other(address(code, "/review"))
    messages: dict[str, list[Any]] = {}
    for found in values["judged"].findings:
        messages.setdefault(_slot(found.path), []).append(found)
    return guide_page(
        request, "edit", staff=staff, messages=messages, cases=_cases(values["draft"].payload), kept=kept,
        saved="saved" in request.query_params, **values)


def _cases(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Id and label of the cases of a draft, finished or not."""
    return [(case["id"], case.get("label") or case["id"]) for case in payload.get("cases", []) if case.get("id")]


def _slot(path: tuple[str | int, ...]) -> str:
    """The message's place in the form: its own value, else the field."""
    one = all_fields().get(str(path[0])) if path else None
    if one is None:
        return ""
    if not one.listed:
        return one.name
    if len(path) == 1:
        return one.name
    names = {column.name for column in one.columns}
    part = [str(path[2])] if len(path) > 2 and path[2] in names else []
    return ".".join([one.name, str(path[1]), *part])


@router.get("/{code}/preview")
async def preview(
    request: Request, context: ContextDep, staff: CuratorDep, code: Code,
    case: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The answers that citizens would read, made by what makes them."""
    drafting = context.drafting

    def gathered() -> dict[str, Any]:
        draft = drafting.drafts.get(code)
        judged = drafting.judge.judge(draft.payload, drafting.kb.snapshot())
        now = drafting.drafts.published(code)
        shown: list[Any] = []
        if judged.guide is not None:
            unpublished = Published(guide=judged.guide, origin=Origin.CURATED, version=(now.version if now else 0) + 1)
            composer = _composer(context.settings.portal_url)
            known = {one.id for one in judged.guide.cases}
            for aspect in Aspect:
                reply = composer.answer(unpublished, aspect, case if case in known else None)
                before = composer.answer(now, aspect, case if case in known else None) if now else None
                shown.append((aspect, reply, before is None or before.text != reply.text))
        return {"draft": draft, "judged": judged, "shown": shown}

    return guide_page(request, "preview", staff=staff, case=case, **await run_sync(gathered))


@lru_cache(maxsize=2)
def _composer(portal_url: str) -> Composer:
    return Composer(Messages.load(), portal_url)


@router.get("/{code}/conflict")
async def conflict(request: Request, context: ContextDep, staff: CuratorDep, code: Code) -> Response:
    """What this person typed, what the other has saved, and what is published, field by field."""
    return guide_page(request, "conflict", staff=staff, **await run_sync(_sides, context, staff, code))


@router.post("/{code}/conflict")
async def resolve(
    request: Request, context: ContextDep, staff: CuratorDep, _: SameSite, code: Code
) -> Response:
    """Each field as chosen; what neither side changed stays."""
    form = await long_form(request, staff)

    def chosen() -> None:
        sides = _sides(context, staff, code)
        made = dict(sides["theirs"])
        for name in sides["fields"]:
            value = sides[{"mine": "mine", "published": "published"}.get(first(form, name), "theirs")].get(name)
            if value is None:
                made.pop(name, None)
            else:
                made[name] = value
        context.drafting.drafts.resolve(code, made, _number(first(form, "revision")), staff.name)

    await run_sync(chosen)
    return see_other(address(code, "/edit?saved=1"))


@router.post("/{code}/conflict/drop")
async def drop(context: ContextDep, staff: CuratorDep, _: FormOf, code: Code) -> Response:
    """This person gives up what they typed."""
    await run_sync(context.drafting.drafts.drop_aside, code, staff.name)
    return see_other(address(code, "/edit"))


def _sides(context: Context, staff: Staff, code: str) -> dict[str, Any]:
    """Mine: what was set aside, else the draft. Theirs: the draft, else what was published since it was begun. Where
    only one side changed a field, that side is proposed."""
    drafts = context.drafting.drafts
    draft = drafts.get(code)
    aside, moved_to = drafts.aside(draft, staff.name), drafts.moved(draft)
    now = drafts.published(code)
    published = guide_payload(now.guide) if now else {}
    base = drafts.base(draft)
    mine = aside.payload if aside else draft.payload
    theirs = draft.payload if aside else published
    fields = changed_fields(theirs, mine)
    proposed = {}
    for name in fields:
        untouched = (mine.get(name) or None) == (base.get(name) or None)
        proposed[name] = "theirs" if untouched else "mine"
    return {
        "draft": draft, "aside": aside, "moved": moved_to, "mine": mine, "theirs": theirs, "published": published,
        "fields": fields, "proposed": proposed, "can": draft.state is State.DRAFT,
        "against": {name: (compared(published, mine, [name]), compared(published, theirs, [name])) for name in fields},
    }


@router.post("/{code}/discard")
async def discard(context: ContextDep, staff: CuratorDep, _: FormOf, code: Code, reason: Reason = "") -> Response:
    await run_sync(context.drafting.drafts.discard, code, reason, staff.name)
    return see_other(address(code))
