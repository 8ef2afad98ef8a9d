"""Personal checklists of a conversation: list, make from answers, tick (`actions.checklists`)."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from actions.checklists import Checklist
from actions.checklists.sheet import Sheet, sheet
from bot.api.deps import ContextDep, ConversationId
from bot.api.schemas import problems
from bot.context import Context
from bot.gateway.texts import problem
from common.errors import NotFound
from knowledge_base.model import Origin, Published

__all__ = ["laid_out", "router"]

router = APIRouter(prefix="/api/v1/conversations/{conversation_id}/checklists", tags=["checklists"])

Ids = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=40)]
ChecklistId = Annotated[str, Path(max_length=32)]


class ChecklistIn(BaseModel):
    """The answers at once: ids of the guide's `cases` that apply, and of those that the citizen isn't sure of."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"procedure_code": "1.001193", "cases": ["cha_me_da_ket_hon"], "unsure": []}]},
    )

    procedure_code: str = Field(max_length=40)
    cases: Ids = []
    unsure: Ids = []


class TickIn(BaseModel):
    """One paper, by the `item` of the checklist."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"item": "5d41402abc4b2a76", "ticked": True}]}
    )

    item: str = Field(max_length=32)
    ticked: bool


class CaseOut(BaseModel):
    id: str
    label: str


class ItemOut(BaseModel):
    """One paper; `condition` is there where it hangs on a case that the citizen isn't sure of."""

    item: str
    name: str
    kind: str
    copies: int
    how: str
    note: str
    form_url: str
    condition: str
    ticked: bool


class ChecklistOut(BaseModel):
    """A checklist as it stands by the guide published now. `changed_on`: the guide changed since it was made."""

    id: str
    procedure_code: str
    name: str
    guide_version: int
    changed_on: str | None
    complete: bool
    cases: list[CaseOut]
    unsure: list[CaseOut]
    items: list[ItemOut]
    left: int
    fee: list[str]
    time: list[str]
    url: str


class ChecklistsOut(BaseModel):
    checklists: list[ChecklistOut]


def laid_out(context: Context, kept: Checklist) -> Sheet:
    """The checklist by the guide as it is published now. Raises NotFound when there is none any more."""
    service = context.dossiers.checklists
    published = _published(context, kept.code)
    return sheet(service.texts, kept, published, service.changed_on(kept, published))


@router.get("", response_model=ChecklistsOut, responses=problems(401))
async def list_checklists(context: ContextDep, conversation_id: ConversationId) -> dict[str, Any]:
    """The conversation's checklists, the latest first."""

    def read() -> list[ChecklistOut]:
        kept = context.dossiers.checklists.of(conversation_id)
        return [_out(context, found) for found in kept if context.knowledge_base.get(found.code)]

    return {"checklists": await run_sync(read)}


@router.post("", status_code=201, response_model=ChecklistOut, responses=problems(401, 404, 422))
async def make_checklist(context: ContextDep, conversation_id: ConversationId, body: ChecklistIn) -> ChecklistOut:
    """Makes the checklist of a procedure, or answers its questions anew; the ticks stay."""

    def make() -> ChecklistOut:
        published = _published(context, body.procedure_code)
        service = context.dossiers.checklists
        return _out(context, service.create(conversation_id, published, body.cases, body.unsure))

    return await run_sync(make)


@router.post("/{checklist_id}/ticks", response_model=ChecklistOut, responses=problems(401, 404, 422))
async def tick(
    context: ContextDep, conversation_id: ConversationId, checklist_id: ChecklistId, body: TickIn
) -> ChecklistOut:
    """Ticks or unticks one paper."""

    def change() -> ChecklistOut:
        service = context.dossiers.checklists
        kept = service.get(checklist_id, conversation_id)
        return _out(context, service.tick(kept.id, _published(context, kept.code), body.item, body.ticked))

    return await run_sync(change)


def _published(context: Context, code: str) -> Published:
    published: Published | None = context.knowledge_base.get(code)
    if published is None:
        raise NotFound(problem("procedure"))
    if published.origin is Origin.CATALOGUE:
        raise NotFound(context.dossiers.checklists.texts.render("checklist.no_guide"))
    return published


def _out(context: Context, kept: Checklist) -> ChecklistOut:
    shown = laid_out(context, kept)
    return ChecklistOut(
        id=kept.id,
        procedure_code=kept.code,
        name=shown.name,
        guide_version=shown.version,
        changed_on=shown.changed.isoformat() if shown.changed else None,
        complete=shown.complete,
        cases=[CaseOut(id=case.id, label=case.label) for case in shown.decision.chosen],
        unsure=[CaseOut(id=case.id, label=case.label) for case in shown.decision.unsure],
        items=[
            ItemOut(
                item=item.key, name=item.name, kind=item.document.kind, copies=item.document.copies, how=item.how,
                note=item.note, form_url=item.form_url, condition=item.condition, ticked=item.ticked,
            )
            for item in shown.items
        ],
        left=shown.left,
        fee=list(shown.fees),
        time=list(shown.times),
        url=context.dossiers.checklists.address(kept.id),
    )  # fmt: skip
