"""What differs between two texts of a guide in what citizens act on, and whether an answer told the old. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actions.answers import lines
from actions.messages import Messages
from knowledge_base.model import Guide

__all__ = ["FIELDS", "Difference", "differences", "outdated"]

FIELDS = ("fee", "time", "documents")


@dataclass(frozen=True)
class Difference:
    """One field: the lines that are no longer so, and those that are new."""

    field: str
    label: str
    old: Sequence[str]
    new: Sequence[str]


def differences(old: Guide, new: Guide, words: Messages, texts: Messages) -> list[Difference]:
    """The fields of FIELDS that say something else. `words` are the answers' messages, `texts` the recall's."""
    found = []
    for name in FIELDS:
        before, after = _lines(old, name, words), _lines(new, name, words)
        gone = [line for line in before if line not in after]
        come = [line for line in after if line not in before]
        if gone or come:
            found.append(Difference(name, texts.render(f"labels.{name}"), gone, come))
    return found


def outdated(answer: Mapping[str, Any], guide: Guide, fields: Sequence[str]) -> list[str]:
    """Which of `fields` an answer (`Message.answer`) told otherwise than `guide` says, for the case it was about."""
    told: Mapping[str, Any] = answer.get("fields") or {}
    found = []
    for name in fields:
        if name in told and isinstance(told[name], list):
            now = _entries(guide, name, answer)
            if any(each not in now for each in told[name]) or any(each not in told[name] for each in now):
                found.append(name)
    return found


def _entries(guide: Guide, name: str, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the same answer would tell now (`actions.answers.compose`): of the case alone where one was chosen, and
    only the forms where forms were asked for."""
    case = answer.get("case")
    known = case if any(each.id == case for each in guide.cases) else None
    items = [item for item in getattr(guide, name) if known is None or item.when in (None, known)]
    if name == "documents" and answer.get("aspect") == "form":
        items = [item for item in items if item.kind == "form"]
    return [item.model_dump(mode="json", exclude_none=True) for item in items]


def _lines(guide: Guide, name: str, words: Messages) -> list[str]:
    if name == "fee":
        return lines.fee_items(words, guide, None) if guide.fee else []
    if name == "time":
        return lines.time_items(words, guide, None) if guide.time else []
    labels = {case.id: case.label for case in guide.cases}
    made = []
    for item in guide.documents:
        shown = lines.document(words, item)
        where = f"{labels[item.when]}: " if item.when in labels else ""
        copies = f" ({shown['copies_text']})" if shown["copies_text"] else ""
        made.append(f"{where}{item.name}{copies}")
    return made
