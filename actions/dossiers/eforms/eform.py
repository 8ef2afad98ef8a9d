"""The e-form model: what is asked for one procedure, in which order and under which condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from knowledge_base.model import PROCEDURE_CODE

__all__ = ["APPLICANT_ID", "APPLICANT_NAME", "Choice", "Consent", "EField", "EForm", "FieldType", "TimeLimit", "When"]

APPLICANT_ID = "applicant_id"
APPLICANT_NAME = "applicant_name"

FieldType = Literal[
    "text", "name", "personal_id", "date", "phone", "email",
    "commune", "choice", "number", "address", "file", "boolean",
]
FileKind = Literal["jpg", "png", "pdf"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


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
    """One question. `min`/`max` bound a number, or the length of a text."""

    name: Name
    label: Text
    question: Text
    type: FieldType
    required: bool = True
    help: str | None = None
    example: str | None = None
    choices: list[Choice] = []
    min: int | None = None
    max: int | None = None
    min_age: int | None = Field(None, ge=0, le=130, description="Youngest age in full years on the day of asking.")
    not_future: bool = False
    when: list[When] = Field([], description="Asked only if all of these hold; one may stand without a list.")
    accept: list[FileKind] = []

    @field_validator("when", mode="before")
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
        if self.type != "date" and (self.min_age is not None or self.not_future):
            raise ValueError("min_age and not_future belong to type date")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self

    @property
    def answers(self) -> list[str]:
        """The values that a condition may name; empty for open questions."""
        return ["yes", "no"] if self.type == "boolean" else [choice.value for choice in self.choices]


class EForm(_Strict):
    """One e-form. `receipt` tells what happens after submission; it may use {code} and {due}."""

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
            for when in field.when:
                _check_condition(field, when, seen)
            seen[field.name] = field
        for name, kind in ((APPLICANT_NAME, "name"), (APPLICANT_ID, "personal_id")):
            asked = seen.get(name)
            if asked is None or asked.type != kind or not asked.required or asked.when:
                raise ValueError(f"every form asks {name} (type {kind}, required, unconditional)")
        return self

    def field(self, name: str) -> EField | None:
        return next((field for field in self.fields if field.name == name), None)

    def visible(self, values: Mapping[str, Any]) -> list[EField]:
        """The fields to ask, given the canonical `values` so far; a hidden field hides what depends on it."""
        shown: list[EField] = []
        names: set[str] = set()
        for field in self.fields:
            if all(when.field in names and values.get(when.field) in when.is_ for when in field.when):
                shown.append(field)
                names.add(field.name)
        return shown


def _check_condition(field: EField, when: When, seen: Mapping[str, EField]) -> None:
    earlier = seen.get(when.field)
    if earlier is None:
        raise ValueError(f"{field.name}.when names {when.field}, which is not an earlier field")
    unknown = [value for value in when.is_ if value not in earlier.answers]
    if unknown:
        raise ValueError(f"{field.name}.when: {when.field} never has the value {unknown[0]}")
