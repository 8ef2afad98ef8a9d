"""Bodies and answers of the HTTP contract (DESIGN 4.2), with the examples that `/openapi.json` shows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.gateway.texts import problem
from common.messages import Message, Owner, Status

__all__ = [
    "CodeOut",
    "ConversationIn",
    "ConversationOut",
    "FeedbackIn",
    "MessageIn",
    "MessagesOut",
    "Problem",
    "ResumeIn",
    "ResumedOut",
    "ScoreIn",
    "ScoreOut",
    "SearchOut",
    "TurnOut",
]

_MESSAGE: dict[str, Any] = {
    "id": "01JD8X5V3M0V9R8Q7K2T4C6B1A",
    "author": "bot",
    "at": "2026-11-24T02:15:00Z",
    "text": "Chào anh/chị, em là iSee, trợ lý tự động hướng dẫn thủ tục hành chính.",
}
ClientId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConversationIn(_Body):
    """Opens a conversation; `language` is that of the interface and the greeting."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"language": "vi"}]})

    language: Literal["vi", "en"] = "vi"


class ConversationOut(BaseModel):
    """The new conversation; `token` is the bearer for all that follows and is shown only here."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
                    "token": "b3BhcXVlLXRva2Vu",
                    "messages": [_MESSAGE],
                }
            ]
        }
    )

    id: str
    token: str
    messages: list[Message]


class MessageIn(_Body):
    """Exactly one of `text` and `payload`. Repeating a `client_id` returns the first result."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "vk e mới đẻ hôm qua giờ làm giấy tờ cho bé ntn a",
                    "client_id": "0b0a5a52-5e4a-4d3c-9f0e-5a3b1d2c4e6f",
                },
                {"payload": "Đăng ký khai sinh cho con"},
            ]
        },
    )

    # Length is the gateway's to judge, with its own answer; these bounds only keep the schema honest.
    text: str | None = None
    payload: str | None = None
    client_id: ClientId | None = None

    @model_validator(mode="after")
    def _one(self) -> MessageIn:
        if (self.text is None) == (self.payload is None):
            raise ValueError(problem("one_of"))
        return self


class TurnOut(BaseModel):
    """What the turn brought."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"messages": [_MESSAGE], "owner": "bot", "status": "answered", "took_ms": 38.2}]
        }
    )

    messages: list[Message]
    owner: Owner
    status: Status
    took_ms: float
    citizen_message: str = Field("", description="Id under which the citizen's own words were stored.")
    citizen_text: str = Field(
        "", description="What was stored of the citizen's words: numbers masked, values of e-forms left out.")


class MessagesOut(BaseModel):
    """Messages after the given id, oldest first, and who owns the conversation."""

    messages: list[Message]
    owner: Owner
    place: int | None = Field(None, description="Place in the queue for a person, from 1; absent where unknown.")
    agent: str | None = Field(None, description="Name of the person who has the conversation; absent where unknown.")


class FeedbackIn(_Body):
    """A citizen's word on one answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "message_id": "01JD8X5V3M0V9R8Q7K2T4C6B1A",
                    "helpful": False,
                    "reasons": ["missing"],
                    "note": "Thiếu giấy tờ cho trường hợp làm lại",
                }
            ]
        },
    )

    message_id: str = Field(min_length=1, max_length=26)
    helpful: bool
    reasons: list[Literal["wrong", "missing", "unclear", "off_topic"]] = Field([], max_length=4)
    note: str = Field("", max_length=500)


class CodeOut(BaseModel):
    """A code for another device."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "AC7K-93TW", "expires_at": "2026-11-24T02:25:00+00:00"}]})

    code: str
    expires_at: datetime


class ResumeIn(_Body):
    """The code as typed: small letters, spaces and a missing hyphen are fine."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"code": "AC7K-93TW"}]})

    code: str = Field(min_length=1, max_length=32)


class ResumedOut(BaseModel):
    """The conversation and this device's own token."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "token": "b3BhcXVlLXRva2Vu"}]})

    id: str
    token: str


class ScoreIn(_Body):
    """How the citizen found the conversation, 1 (bad) to 5 (good)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"score": 4, "note": "Dễ hiểu"}]})

    score: int = Field(ge=1, le=5)
    note: str = Field("", max_length=500)


class ScoreOut(BaseModel):
    """Whether to ask for a score when the conversation ends."""

    ask: bool


class SearchHit(BaseModel):
    code: str
    name: str
    score: float
    matched: str


class SearchOut(BaseModel):
    """Ranked procedures with the calibrated decision."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "query": "dang ky ket hon",
                    "normalised": "đăng ký kết hôn",
                    "decision": "answer",
                    "confidence": 0.94,
                    "hits": [
                        {
                            "code": "1.000894",
                            "name": "Thủ tục đăng ký kết hôn",
                            "score": 0.94,
                            "matched": "đăng ký kết hôn",
                        }
                    ],
                    "took_ms": 9.1,
                }
            ]
        }
    )

    query: str
    normalised: str
    decision: Literal["answer", "clarify", "abstain"]
    confidence: float
    hits: list[SearchHit]
    took_ms: float


class Problem(BaseModel):
    """RFC 9457 problem details; `errors` lists fields where several are at fault."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Dữ liệu chưa hợp lệ",
                    "status": 422,
                    "detail": "Tin nhắn chưa có nội dung.",
                }
            ]
        },
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these statuses."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "Problem (RFC 9457)", "content": content} for status in statuses}
