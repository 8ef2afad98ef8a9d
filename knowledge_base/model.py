"""The guide model (DESIGN 4.3): what iSee knows about one procedure.

The same model carries three origins: `curated` guides (YAML in `guides/`), `imported` ones (the official
catalogue, verbatim) and `catalogue` facts (shipped for every procedure of the province).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = [
    "Ask",
    "Case",
    "Channel",
    "Document",
    "Fee",
    "Guide",
    "LegalBasis",
    "Level",
    "Media",
    "Origin",
    "PROCEDURE_CODE",
    "Published",
    "Related",
    "Source",
    "Time",
]

# VIETNAM.md 11.3: digit, dot, six digits; local suffix and sub-case are optional.
PROCEDURE_CODE = r"^\d\.\d{6}(?:\.\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2,3}(?:\.\d{2})?)?$"

Code = Annotated[str, StringConstraints(pattern=PROCEDURE_CODE)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Origin(StrEnum):
    """Where a published guide comes from; a curated one wins over imported, imported over catalogue."""

    CURATED = "curated"
    IMPORTED = "imported"
    CATALOGUE = "catalogue"


class Level(StrEnum):
    MINISTRY = "ministry"
    PROVINCE = "province"
    COMMUNE = "commune"
    OTHER = "other"


class Channel(StrEnum):
    DIRECT = "direct"
    ONLINE = "online"
    POST = "post"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Case(_Strict):
    """A situation that changes documents, fee or time. `when` elsewhere names its `id`."""

    id: Slug
    label: Text = Field(description="Short button title in Vietnamese, e.g. 'Cha mẹ đã kết hôn'.")
    when: Text = Field(description="When this case applies, one plain sentence.")


class Ask(_Strict):
    """A question whose answers are cases: it tells which papers, fee and time are this citizen's."""

    question: Text = Field(description="Short, polite, in Vietnamese, e.g. 'Cha mẹ bé đã đăng ký kết hôn chưa ạ?'.")
    cases: list[Slug] = Field(min_length=1, description="Ids of the cases offered, in this order.")
    other: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        None, description="Button for none of the cases, e.g. 'Tự đi làm'; absent: one of them always applies."
    )
    many: bool = Field(False, description="Whether several of the cases may apply at once.")


class Media(_Strict):
    """A video or a picture of a real source that shows how a step is done."""

    kind: Literal["video", "picture"]
    title: Text
    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$")]
    step: int | None = Field(None, ge=1, description="Number of the step it shows; absent: the whole procedure.")


class Document(_Strict):
    name: Text
    kind: Literal["original", "copy", "certified", "form"]
    copies: int = Field(1, ge=0, le=20)
    when: Slug | None = Field(None, description="Case id; absent: always needed.")
    form_url: str | None = None
    note: str | None = None


class Fee(_Strict):
    """`amount` 0 means settled as free; null means not settled here, and `note` says who confirms it."""

    amount: int | None = Field(None, ge=0, description="In `currency` units (đồng).")
    currency: Literal["VND"] = "VND"
    when: Slug | None = None
    note: str | None = None
    legal: str | None = None
    verbatim: str | None = Field(None, description="The source's own words where they could not be parsed.")


class Time(_Strict):
    amount: float | None = Field(None, gt=0)
    unit: Literal["working_day", "day", "hour"] | None = None
    when: Slug | None = None
    note: str | None = None
    verbatim: str | None = None


class LegalBasis(_Strict):
    number: Text
    title: str | None = None
    issued: date | None = None


class Related(_Strict):
    code: Code
    why: Text


class Source(_Strict):
    title: Text
    url: Annotated[str, StringConstraints(pattern=r"^https?://")]


class Guide(_Strict):
    """One procedure. Fields are those of the public contract; unknown ones are refused."""

    code: Code
    name: Text
    name_en: str | None = None
    short_names: list[Text] = []
    field: Text
    levels: list[Level] = []
    agency: str | None = None
    audience: list[Text] = []
    summary: str | None = None
    cases: list[Case] = []
    asks: list[Ask] = []
    documents: list[Document] = []
    fee: list[Fee] = []
    time: list[Time] = []
    channels: list[Channel] = []
    online_level: Literal["full", "partial", "none"] | None = None
    places: list[Text] = []
    steps: list[Text] = []
    media: list[Media] = []
    conditions: list[Text] = []
    result: list[Text] = []
    legal_basis: list[LegalBasis] = []
    related: list[Related] = []
    questions: list[Text] = []
    e_form: Slug | None = None
    decision_no: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    checked_on: date | None = None
    sources: list[Source] = []


class Published(_Strict):
    """A guide as it is answered from: with its origin and its version (1, 2, … per code)."""

    guide: Guide
    origin: Origin
    version: int = Field(ge=1)

    @property
    def code(self) -> str:
        return self.guide.code
