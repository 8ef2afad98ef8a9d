"""The finished checklist as a reply, with the guide's own values beside the words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from actions.answers.buttons import payload
from actions.checklists.decide import Line
from actions.checklists.sheet import Sheet
from actions.messages import Messages
from common.messages import Answer, Aspect, Button, ProcedureRef, Reply, Source, Status
from knowledge_base.model import Published

__all__ = ["ready", "which"]


def ready(texts: Messages, shown: Sheet, published: Published, address: str) -> Reply:
    """The checklist in words, its values, and what can be done with it."""
    guide = published.guide
    text = texts.render(
        "checklist.ready",
        name=shown.name, cases=shown.cases, items=shown.items, fees=shown.fees, times=shown.times,
        unsure=shown.unsure, changed=shown.changed,
    )  # fmt: skip
    buttons = [Button(title=texts.render("checklist.button.open"), url=address)]
    if guide.e_form:
        buttons.append(_button(texts, "submit", "submit_dossier", procedure_code=guide.code))
        buttons.append(_button(texts, "practise", "practise_form", procedure_code=guide.code))
    if guide.cases:
        buttons.append(_button(texts, "again", "choose_case", case="again", procedure_code=guide.code))
    answer = Answer(
        procedure=ProcedureRef(code=guide.code, name=guide.name),
        aspect=Aspect.DOCUMENTS,
        guide_version=published.version,
        decision_no=guide.decision_no or "",
        checked_on=guide.checked_on.isoformat() if guide.checked_on else None,
        origin=published.origin.value,
        checklist=shown.checklist.id,
        fields=_fields(shown),
        sources=[Source(title=source.title, url=source.url) for source in guide.sources],
    )
    return Reply(text=text, status=Status.ANSWERED, buttons=buttons, answer=answer)


def which(texts: Messages, sheets: Sequence[Sheet], address: Callable[[str], str]) -> Reply:
    """Several checklists of one conversation, a link each."""
    buttons = [
        Button(title=_mine(texts, shown)[:80], url=address(shown.checklist.id)) for shown in sheets
    ]
    return Reply(text=texts.render("checklist.yours", count=len(sheets)), status=Status.ANSWERED, buttons=buttons)


def _mine(texts: Messages, shown: Sheet) -> str:
    count = sum(not item.condition for item in shown.items)
    return texts.render("checklist.mine", name=shown.name, left=shown.left, count=count)


def _fields(shown: Sheet) -> dict[str, Any]:
    """What applies, in the guide's own values. `when` is left on what hangs on an open case; `item` names a paper for
    ticking.
    """
    made = shown.decision
    documents = [
        {**_plain(line), "item": item.key, "ticked": item.ticked}
        for line, item in zip(made.documents, shown.items, strict=True)
    ]
    fields = {
        "documents": documents,
        "fee": [_plain(line) for line in made.fee],
        "time": [_plain(line) for line in made.time],
        "cases": [case.model_dump(mode="json") for case in made.unsure],
    }
    return {name: value for name, value in fields.items() if value}


def _plain(line: Line[Any]) -> dict[str, Any]:
    plain: dict[str, Any] = line.item.model_dump(mode="json", exclude_none=True)
    if line.when is None:
        plain.pop("when", None)
    return plain


def _button(texts: Messages, title: str, intent: str, **entities: str) -> Button:
    return Button(title=texts.render(f"checklist.button.{title}"), payload=payload(intent, **entities))
