"""What the one-page form shows: sections of visible questions, each with its text and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.eform import APPLICANT_NAME, Choice, EField
from actions.dossiers.eforms.values import Ambiguous, Doubtful, Value
from common.errors import InvalidInput

__all__ = ["FieldView", "ItemView", "Section", "Trouble", "sections", "troubles"]

Mark = Callable[[Value], str]


@dataclass(frozen=True)
class FieldView:
    """`text` is what stands in the input; `picks` are readings to choose from, `doubtful` asks for confirmation,
    `left_out` says that an optional question was left blank on purpose, `mark` where an answer that was not typed comes
    from."""

    field: EField
    text: str
    problem: str = ""
    picks: Sequence[Choice] = ()
    doubtful: bool = False
    left_out: bool = False
    mark: str = ""

    @property
    def question(self) -> str:
        """The question; within its item it need not name the item again."""
        title, joint, rest = self.field.question.partition(". ")
        return rest if self.field.group and joint and self.field.label.startswith(f"{title}: ") else self.field.question

    @property
    def anchor(self) -> str:
        return f"f-{self.field.name}"


@dataclass(frozen=True)
class ItemView:
    """One item of a group."""

    path: str
    title: str
    fields: list[FieldView]
    removable: bool


@dataclass
class Section:
    """A heading (empty: the form's own default) with its questions, or a group with its items."""

    title: str
    applicant: bool = False
    fields: list[FieldView] = field(default_factory=list)
    group: EField | None = None
    items: list[ItemView] = field(default_factory=list)
    more: bool = False

    @property
    def only_files(self) -> bool:
        return all(view.field.type == "file" for view in self.fields)


@dataclass(frozen=True)
class Trouble:
    """One line of the summary of errors."""

    anchor: str
    label: str
    sentence: str


def sections(
    draft: Draft, typed: Mapping[str, str], problems: Mapping[str, InvalidInput], mark: Mark,
) -> list[Section]:
    """The visible questions in order. `typed` stands in refused fields; elsewhere the answers stand."""
    views = {part.name: _view(draft, part, typed, problems, mark) for part in draft.visible}
    shown: list[Section] = []
    by_name = {visible.name: visible for visible in draft.visible}
    for top in draft.form.fields:
        parts = [part for name, part in by_name.items() if name == top.name or part.group == top.name]
        if top.section or not shown or shown[-1].group or (shown[-1].applicant and not _of_applicant(top)):
            shown.append(Section(top.section or "", applicant=top.name == APPLICANT_NAME))
        if top.type == "group":
            if parts:
                shown.append(_group(draft, top, parts, views))
        else:
            shown[-1].fields += [views[part.name] for part in parts]
    return [section for section in shown if section.fields or section.group]


def troubles(draft: Draft, problems: Mapping[str, InvalidInput]) -> list[Trouble]:
    """The refused fields in the order of the page."""
    return [
        Trouble(f"f-{part.name}", part.label, problems[part.name].detail)
        for part in draft.visible if part.name in problems
    ]


def _of_applicant(top: EField) -> bool:
    return top.name.startswith("applicant_")


def _group(draft: Draft, group: EField, parts: list[EField], views: Mapping[str, FieldView]) -> Section:
    count = draft.items(group.name)
    items = [
        ItemView(
            f"{group.name}.{index}", group.item_title(index),
            [views[part.name] for part in parts if part.index == index and not part.asks_for_more],
            removable=count > (group.min or 0))
        for index in range(1, count + 1)
    ]
    return Section(group.section or group.label, group=group, items=items, more=count < (group.max or 0))


def _view(
    draft: Draft, part: EField, typed: Mapping[str, str], problems: Mapping[str, InvalidInput], mark: Mark,
) -> FieldView:
    value, problem = draft.values.get(part.name), problems.get(part.name)
    if problem is not None:
        text = typed.get(part.name, "")
    elif value is None:
        text = ""
    else:
        text = value.value if part.type in ("choice", "boolean") else value.display
    return FieldView(
        part, text, problem.detail if problem else "",
        picks=problem.options if isinstance(problem, Ambiguous) else (),
        doubtful=isinstance(problem, Doubtful), left_out=value is not None and not value.value,
        mark=mark(value) if value is not None and problem is None else "")
