"""What iSee and an outside one-stop system say to each other (`docs/openapi/onestop.yml` is the same as OpenAPI)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from common.errors import ISeeError, NotReady

__all__ = [
    "FileContent", "FormValue", "OneStop", "OutsideDossier", "OutsideDown", "OutsideRefused", "OutsideWrong",
    "StatusEvent", "Step", "Submission", "Supplement", "Withdrawal",
]

OutsideCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
OutsideState = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,48}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9.-]{1,48}$")]
Note = Annotated[str, StringConstraints(max_length=2000)]


class OutsideDown(NotReady):
    """The outside system cannot be reached or is overloaded: the same call later may work."""


class OutsideRefused(ISeeError):
    """The outside system understood and said no; asking again changes nothing. `code` is its HTTP status."""

    status = 502
    title = "Hệ thống một cửa không nhận"

    def __init__(self, detail: str, code: int) -> None:
        super().__init__(detail)
        self.code = code


class OutsideWrong(ISeeError):
    """The outside system answered something that its contract does not allow."""

    status = 502
    title = "Hệ thống một cửa trả lời sai quy ước"


class _Sent(BaseModel):
    """What we send: nothing beyond the contract leaves."""

    model_config = ConfigDict(extra="forbid")


class _Heard(BaseModel):
    """What we hear: a newer system may say more than we know of."""

    model_config = ConfigDict(extra="ignore")


class FormValue(_Sent):
    name: str
    label: str
    type: str
    value: str


class FileContent(_Sent):
    """`content` is Base64; `sha256` (hex) and `size` are those of the bytes."""

    id: str
    name: str
    type: str
    size: int
    sha256: str
    content: str


class Submission(_Sent):
    """A whole dossier. `reference` is our code; sent with the dossier's id as Idempotency-Key."""

    reference: Reference
    procedure_code: str
    title: str
    form: str
    submitted_at: AwareDatetime
    due_on: date | None = None
    fields: list[FormValue]
    files: list[FileContent]


class Supplement(_Sent):
    """What the citizen added after a request."""

    note: Note = ""
    fields: list[FormValue] = []
    files: list[FileContent] = []


class Withdrawal(_Sent):
    reason: Note = ""


class Step(_Heard):
    """One state that the outside system gave a dossier; `sequence` counts from 1 without gaps."""

    sequence: int = Field(ge=1, lt=1_000_000)
    state: OutsideState
    note: Note = ""
    at: AwareDatetime


class OutsideDossier(_Heard):
    """A dossier as the outside system has it; `history` is complete, oldest first."""

    code: OutsideCode
    reference: Reference
    history: list[Step] = Field(min_length=1)


class StatusEvent(Step):
    """A callback: one step, pushed. `event_id` is unique for ever; the same event may come twice."""

    event_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
    code: OutsideCode
    reference: Reference


class OneStop(Protocol):
    """A one-stop system. Every call may raise OutsideDown, OutsideRefused or OutsideWrong, and may be repeated with
    the same `key`: the system does the work once."""

    def submit(self, submission: Submission, key: str) -> OutsideDossier: ...
    def status(self, code: str) -> OutsideDossier: ...
    def find(self, reference: str) -> OutsideDossier | None:
        """The dossier that carries our code, if the system has one."""
        ...
    def supplement(self, code: str, supplement: Supplement, key: str) -> OutsideDossier: ...
    def withdraw(self, code: str, withdrawal: Withdrawal, key: str) -> OutsideDossier: ...
