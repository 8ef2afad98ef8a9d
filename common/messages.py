"""The public shape of what is said (DESIGN 4.2 `Message`) and of what one action replies.

`Reply` travels from an action through Rasa (as the `custom` part of a response) to the gateway, which
gives it an id and a time and stores it as a `Message`. Absent parts are left out on the wire: dump with
`public()`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "Answer",
    "Aspect",
    "Attachment",
    "Author",
    "Button",
    "DossierRef",
    "Message",
    "Owner",
    "ProcedureRef",
    "Reply",
    "Source",
    "Status",
    "public",
]


class Status(StrEnum):
    """How a turn ended (DESIGN section 3)."""

    ANSWERED = "answered"
    CLARIFIED = "clarified"
    ABSTAINED = "abstained"
    SMALLTALK = "smalltalk"
    CONTROL = "control"
    FORM = "form"
    HANDED_OFF = "handed_off"
    AGENT = "agent"
    REJECTED = "rejected"
    ERROR = "error"


class Aspect(StrEnum):
    """Which part of a guide an answer is about."""

    OVERVIEW = "overview"
    DOCUMENTS = "documents"
    FEE = "fee"
    TIME = "time"
    PLACE = "place"
    STEPS = "steps"
    FORM = "form"
    CONDITIONS = "conditions"
    LEGAL = "legal"
    RESULT = "result"
    ONLINE = "online"


Author = Literal["bot", "agent", "citizen", "system"]
Owner = Literal["bot", "waiting", "agent"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Button(_Part):
    """A choice: exactly one of `payload` (sent back to us), `url` (opened) or `phone` (dialled)."""

    title: str = Field(min_length=1, max_length=80)
    payload: str | None = None
    url: str | None = None
    phone: str | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Button:
        if sum(target is not None for target in (self.payload, self.url, self.phone)) != 1:
            raise ValueError("a button needs exactly one of payload, url or phone")
        return self


class ProcedureRef(_Part):
    code: str
    name: str


class Source(_Part):
    title: str
    url: str


class Answer(_Part):
    """The traceable part of an answer: `fields` repeats the guide's own values word for word."""

    procedure: ProcedureRef
    aspect: Aspect
    guide_version: int
    decision_no: str = ""
    checked_on: str | None = None
    origin: Literal["curated", "imported", "catalogue"] = "curated"
    case: str | None = None
    checklist: str | None = Field(None, description="Id of the personal checklist that this answer shows.")
    fields: dict[str, Any]
    sources: list[Source] = []
    confidence: float | None = None


class DossierRef(_Part):
    code: str
    status: str


class Attachment(_Part):
    name: str
    type: str
    url: str


class Reply(_Part):
    """What one action says in one bubble. `status` is the turn's status when this is its last reply."""

    text: str
    status: Status
    buttons: list[Button] = []
    answer: Answer | None = None
    dossier: DossierRef | None = None
    attachments: list[Attachment] = []
    form: dict[str, Any] | None = Field(
        None, description="E-form card: title, step, total, field (name, label, type, help, choices)."
    )


class Message(_Part):
    """One stored bubble of a conversation. `id` sorts by time within its conversation."""

    id: str
    author: Author
    at: datetime
    text: str
    buttons: list[Button] = []
    answer: Answer | None = None
    dossier: DossierRef | None = None
    attachments: list[Attachment] = []
    form: dict[str, Any] | None = None


def public(part: BaseModel) -> dict[str, Any]:
    """`part` as JSON-ready data with absent and empty optional parts left out."""
    data = part.model_dump(mode="json", exclude_none=True)
    return {key: value for key, value in data.items() if value != []}
