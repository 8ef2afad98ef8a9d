"""What the parts of the Zalo channel hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

__all__ = ["Act", "Event", "SendFailed", "Sending", "Sent"]


@dataclass(frozen=True)
class Event:
    """One event of the webhook, read leniently: unknown fields stay in `body`, missing ones are empty.

    `subject` is the citizen's user id ("" for events about the OA itself); `admin_id` is there only when a person
    wrote from Zalo's own tool. Ids are strings, `sent_ms` is the platform's own clock.
    """

    name: str
    key: str
    subject: str = ""
    oa_id: str = ""
    sent_ms: int = 0
    msg_id: str = ""
    admin_id: str = ""
    message: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)


class Act(StrEnum):
    """What an error of the platform asks for (SPEC 5.14); the table of codes is `errors.yml`."""

    RETRY = "retry"  # try again, later each time
    REFRESH = "refresh"  # a new access token, then once more
    REUPLOAD = "reupload"  # the attachment expired
    MENU = "menu"  # buttons are not accepted: a numbered menu instead
    SPLIT = "split"  # too long
    USER = "user"  # this citizen can't be reached
    WINDOW = "window"  # no interaction within seven days: a template message, or nothing
    LATER = "later"  # at another hour
    TOMORROW = "tomorrow"
    ALARM = "alarm"  # somebody has to change something at Zalo
    UNKNOWN = "unknown"  # the request went out and no answer came
    PERMANENT = "permanent"


class SendFailed(Exception):
    """A call that did not succeed. `code` is the platform's, None where it didn't answer."""

    def __init__(self, act: Act, code: int | None = None, message: str = "") -> None:
        super().__init__(message or f"Zalo error {code}")
        self.act, self.code, self.message = act, code, message


@dataclass(frozen=True)
class Sent:
    """A message that the platform took. `quota` is its quota type, "" for a charged message."""

    message_id: str
    quota: str = ""


class Sending(Protocol):
    """`bot.zalo.client.ZaloClient`: the calls that the other parts make. All raise SendFailed."""

    async def send(self, user_id: str, message: dict[str, Any]) -> Sent:
        """A consultation message (v3 cs). `message` is the platform's `message` object."""

    async def send_template(self, user_id: str, template_id: str, data: dict[str, str]) -> Sent:
        """A template message by user id; needs no chat within seven days."""

    async def upload_image(self, content: bytes, name: str) -> str:
        """The attachment id of a jpg or png of 1 MB at most; kept for six days by content."""

    async def upload_file(self, content: bytes, name: str) -> str:
        """The token of a PDF, DOC, DOCX or CSV of 5 MB at most; kept for six days by content."""
