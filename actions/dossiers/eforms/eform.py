"""The e-form model: what is asked for one procedure, in which order and under which condition.

A group (`type: group`) stands for items of one kind: household members, plots of land. `EForm.visible` lays it out as
plain fields, one path a question (`members.2.name`), with a yes-or-no question before each item beyond `min`
(`members.3.add`); so drafts, review, receipt and dossier know fields only, in chat and on the page alike.
Syntax for curators: docs/dossiers/eforms.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from knowledge_base.model import PROCEDURE_CODE

__all__ = [
    "ADD", "APPLICANT_ID", "APPLICANT_NAME", "Choice", "Consent", "EField", "EForm", "FILED_AT", "FieldType",
    "TimeLimit", "When",
]

APPLICANT_ID = "applicant_id"
# The commune whose service centre takes the dossier, in forms that ask for it.
FILED_AT = "commune"
APPLICANT_NAME = "applicant_name"
ADD = "add"  # last part of the path that asks whether there is one more item

FieldType = Literal[
    "text", "name", "personal_id", "date", "phone", "email",
    "commune", "choice", "number", "address", "file", "boolean", "group",
]
FileKind = Literal["jpg", "png", "pdf"]
# A path of three parts fits the 64 characters of the column that keeps it.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=30)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_RESERVED = frozenset({ADD, "remove"})
_GROUP_ONLY = ("fields", "item", "more")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, populate_by_name=True, frozen=True)


class Choice(_Strict):
    value: Name
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    also: list[Text] = Field([], description="Other words citizens use for this choice.")


class When(_Strict):
    """The field is asked only if the earlier `field` has one of the values `is`."""

    field: Name
    is_: list[Name] = Field(alias="is", min_length=1)


class Consent(_Strict):
    version: Text
    text: Text


class TimeLimit(_Strict):
    """The time the procedure allows, for the due date; absent where the source gives none."""

    amount: int = Field(gt=0)
    unit: Literal["working_day", "day"]


class EField(_Strict):
    """One question, or a group of them. `min`/`max` bound a number, the length of a text, or the items of a group."""

    name: Name
    label: Text
    question: Text
    type: FieldType
    section: Text | None = Field(None, description="Heading that begins with this field on the one-page form.")
    required: bool = True
    required_when: list[When] = Field([], description="Required only if all of these hold, optional otherwise.")
    help: str | None = None
    example: str | None = Field(None, description="A valid answer; also the sample of practice mode.")
    choices: list[Choice] = []
    min: int | None = None
    max: int | None = None
    min_age: int | None = Field(None, ge=0, le=130, description="Youngest age in full years on the day of asking.")
    not_future: bool = False
    when: list[When] = Field([], description="Asked only if all of these hold; one may stand without a list.")
    accept: list[FileKind] = []
    document: Text | None = Field(None, description="File: exact name of the guide's document that it is.")
    item: Text | None = Field(None, description="Group: what one item is called.")
    more: Text | None = Field(None, description="Group: the question whether there is one more item.")
    fields: list[EField] = Field([], description="Group: the questions about one item.")

    @field_validator("when", "required_when", mode="before")
    @classmethod
    def _listed(cls, when: Any) -> Any:
        return [when] if isinstance(when, dict) else when

    @model_validator(mode="after")
    def _consistent(self) -> EField:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices belong to type choice, and a choice needs them")
        if len({choice.value for choice in self.choices}) != len(self.choices):
            raise ValueError("two choices have the same value")
        if (self.type == "file") != bool(self.accept):
            raise ValueError("accept belongs to type file, and a file needs it")
        if self.document and self.type != "file":
            raise ValueError("document belongs to type file")
        if self.type != "date" and (self.min_age is not None or self.not_future):
            raise ValueError("min_age and not_future belong to type date")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        if self.required_when and not self.required:
            raise ValueError("required_when says when the answer is required; leave required away")
        if self.type == "group":
            self._check_group()
        elif any(getattr(self, name) for name in _GROUP_ONLY):
            raise ValueError("fields, item and more belong to type group")
        return self

    def _check_group(self) -> None:
        if not self.fields or not self.item or self.max is None:
            raise ValueError("a group needs fields, item and max")
        if self.max > 30 or (self.min or 0) < 0:
            raise ValueError("a group has 0 to 30 items")
        if (self.min or 0) < self.max and self.max > 1 and not self.more:
            raise ValueError("a group of several items needs more, the question for one more item")
        if not self.required or self.required_when:
            raise ValueError("min says how many items of a group are required")
        names: set[str] = set()
        for field in self.fields:
            if field.type == "group":
                raise ValueError("a group can't hold a group")
            if field.name in names or field.name in _RESERVED:
                raise ValueError(f"field {field.name} of a group is there twice or has a reserved name")
            names.add(field.name)

    @property
    def answers(self) -> list[str]:
        """The values that a condition may name; empty for open questions."""
        return ["yes", "no"] if self.type == "boolean" else [choice.value for choice in self.choices]

    @property
    def asks_for_more(self) -> bool:
        """Whether this is the question before an item of a group, which is no answer of its own."""
        return self.name.endswith(f".{ADD}")

    @property
    def group(self) -> str:
        """The group that a laid-out field belongs to, "" outside groups."""
        return self.name.partition(".")[0] if "." in self.name else ""

    @property
    def index(self) -> int:
        """The number of the item, from 1; 0 outside groups."""
        return int(self.name.split(".")[1]) if "." in self.name else 0

    @property
    def sample(self) -> str:
        """The answer of practice mode: the example, else the first choice, else "no"; "" for a file."""
        if self.example is not None or self.type == "file":
            return self.example or ""
        return self.choices[0].value if self.choices else "no" if self.type == "boolean" else ""

    def gate(self, index: int) -> EField:
        """The question whether there is an item `index`."""
        first = index == 1
        return self.model_copy(update={
            "name": f"{self.name}.{index}.{ADD}", "type": "boolean", "fields": [], "min": None, "max": None,
            "question": self.question if first else self.more or self.question, "help": self.help if first else None,
            "when": [], "section": None})

    def inside(self, field: EField, index: int) -> EField:
        """The question `field` about item `index` of this group."""
        title = self.item_title(index)
        return field.model_copy(update={
            "name": f"{self.name}.{index}.{field.name}", "label": f"{title}: {field.label}",
            "question": f"{title}. {field.question}", "section": None})

    def item_title(self, index: int) -> str:
        """What item `index` is called: "Thành viên 2"."""
        return f"{self.item} {index}" if self.max != 1 else str(self.item)


class EForm(_Strict):
    """One e-form. `receipt` tells what happens after submission."""

    slug: Name
    version: int = Field(ge=1)
    title: Text
    procedure: Annotated[str, StringConstraints(pattern=PROCEDURE_CODE)]
    time_limit: TimeLimit | None = None
    intro: Text
    consent: Consent
    fields: list[EField] = Field(min_length=1)
    review: Text
    receipt: Text

    @model_validator(mode="after")
    def _wired(self) -> EForm:
        seen: dict[str, EField] = {}
        for field in self.fields:
            if field.name in seen:
                raise ValueError(f"field {field.name} is there twice")
            _check_conditions(field, seen)
            local = dict(seen)
            for part in field.fields:
                _check_conditions(part, local)
                local[part.name] = part
            seen[field.name] = field
        for name, kind in ((APPLICANT_NAME, "name"), (APPLICANT_ID, "personal_id")):
            asked = seen.get(name)
            if asked is None or asked.type != kind or not asked.required or asked.when or asked.required_when:
                raise ValueError(f"every form asks {name} (type {kind}, required, unconditional)")
        return self

    @property
    def leaves(self) -> list[EField]:
        """Every question as written, those of groups included."""
        return [leaf for field in self.fields for leaf in (field.fields if field.type == "group" else [field])]

    @property
    def groups(self) -> list[EField]:
        return [field for field in self.fields if field.type == "group"]

    def field(self, name: str) -> EField | None:
        """The field of this name or path (`members.2.name`, `members.2.add`), laid out."""
        first, _, rest = name.partition(".")
        field = next((field for field in self.fields if field.name == first), None)
        if field is None or not rest:
            return field
        index, _, part = rest.partition(".")
        if field.type != "group" or not index.isdecimal() or not 1 <= int(index) <= (field.max or 0):
            return None
        if part == ADD:
            return field.gate(int(index))
        inner = next((inner for inner in field.fields if inner.name == part), None)
        return field.inside(inner, int(index)) if inner else None

    def visible(self, values: Mapping[str, Any]) -> list[EField]:
        """The questions to ask, given the canonical `values` so far; a hidden field hides what depends on it.

        Groups are laid out item by item; `required` already says what `required_when` makes of it.
        """
        shown: list[EField] = []
        names: set[str] = set()
        for field in self.fields:
            if not _hold(field.when, values, names, ""):
                continue
            laid = _items(field, values, names) if field.type == "group" else [_settled(field, values, names, "")]
            shown += laid
            names |= {part.name for part in laid}
        return shown

    def count(self, group: str, values: Mapping[str, Any]) -> int:
        """How many items of `group` there are, one just being asked included."""
        return max((field.index for field in self.visible(values)
                    if field.group == group and not field.asks_for_more), default=0)


def _items(group: EField, values: Mapping[str, Any], outside: set[str]) -> Iterator[EField]:
    names = set(outside)
    for index in range(1, (group.max or 0) + 1):
        if index > (group.min or 0):
            gate = group.gate(index)
            yield gate
            if values.get(gate.name) != "yes":
                return
        prefix = f"{group.name}.{index}."
        for field in group.fields:
            if _hold(field.when, values, names, prefix):
                names.add(prefix + field.name)
                yield group.inside(_settled(field, values, names, prefix), index)


def _settled(field: EField, values: Mapping[str, Any], names: set[str], prefix: str) -> EField:
    if not field.required_when:
        return field
    return field.model_copy(update={"required": _hold(field.required_when, values, names, prefix)})


def _hold(conditions: list[When], values: Mapping[str, Any], names: set[str], prefix: str) -> bool:
    """Whether all hold; a name means the same item's field first, then one outside the group."""
    for when in conditions:
        path = prefix + when.field if prefix + when.field in names else when.field
        if path not in names or values.get(path) not in when.is_:
            return False
    return True


def _check_conditions(field: EField, seen: Mapping[str, EField]) -> None:
    for key, conditions in (("when", field.when), ("required_when", field.required_when)):
        for when in conditions:
            earlier = seen.get(when.field)
            if earlier is None:
                raise ValueError(f"{field.name}.{key} names {when.field}, which is not an earlier field")
            unknown = [value for value in when.is_ if value not in earlier.answers]
            if unknown:
                raise ValueError(f"{field.name}.{key}: {when.field} never has the value {unknown[0]}")
