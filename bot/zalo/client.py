"""The calls of the OA API and of template messages, each as one method (SPEC 5 to 7)."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.zalo.client_wire import Wire
from bot.zalo.errors import lost
from bot.zalo.model import Sent
from bot.zalo.sender_metrics import TEMPLATES_LEFT
from bot.zalo.settings import ZaloSettings
from bot.zalo.uploads import Uploads, image_within

__all__ = ["Health", "ZaloClient"]

_RECENT = 10
# As long as the columns that keep them.
_ID, _KIND = 64, 20


@dataclass(frozen=True)
class Health:
    """What the platform says of our OA. `body` is its whole answer."""

    name: str
    verified: bool
    package: str
    package_until: str
    wallet: bool
    body: dict[str, Any] = field(repr=False)


class ZaloClient:
    """`bot.zalo.model.Sending`, and what else is asked of the platform. Every method raises SendFailed."""

    def __init__(self, settings: ZaloSettings, wire: Wire, uploads: Uploads) -> None:
        self._settings, self._wire, self._uploads = settings, wire, uploads

    async def close(self) -> None:
        """Gives the connections back."""
        await self._wire.close()

    # Messages

    async def send(self, user_id: str, message: dict[str, Any]) -> Sent:
        """A consultation message (v3 cs). `message` is the platform's `message` object."""
        body = {"recipient": {"user_id": user_id}, "message": message}
        return _sent(await self._wire.call("send", "POST", self._oa("v3.0/oa/message/cs"), json=body))

    async def send_template(self, user_id: str, template_id: str, data: dict[str, str]) -> Sent:
        """A template message by user id; needs no chat within seven days."""
        body = {"user_id": user_id, "template_id": template_id, "template_data": data, **self._mode()}
        url = self._oa("v3.0/oa/message/template")
        return _counted(await self._wire.call("template", "POST", url, json=body, interface="template"))

    async def send_template_to_phone(
        self, phone: str, template_id: str, data: dict[str, str], tracking_id: str
    ) -> Sent:
        """A template message to a phone in the 84 form; `tracking_id` has 48 characters at most."""
        body = {
            "phone": phone, "template_id": template_id, "template_data": data, "tracking_id": tracking_id,
            **self._mode()}
        url = f"{self._settings.zbs_url}/message/template"
        return _counted(await self._wire.call("template_phone", "POST", url, json=body, interface="template"))

    async def react(self, user_id: str, message_id: str, icon: str = "/-strong") -> None:
        """A reaction to a citizen's message: a sign of receipt that costs no quota; "/-remove" takes it back."""
        action = {"react_icon": icon, "react_message_id": message_id}
        body = {"recipient": {"user_id": user_id}, "sender_action": action}
        await self._wire.call("react", "POST", self._oa("v2.0/oa/message"), json=body)

    # Uploads

    async def upload_image(self, content: bytes, name: str) -> str:
        """The attachment id of a picture; larger ones are made smaller. Kept for six days by content."""
        return await self._uploads.kept("image", content, lambda: self._upload_image(content, name))

    async def upload_file(self, content: bytes, name: str) -> str:
        """The token of a PDF, DOC, DOCX or CSV of 5 MB at most; kept for six days by content."""
        return await self._uploads.kept("file", content, lambda: self._upload_file(content, name))

    async def forget_upload(self, content: bytes) -> None:
        """What was uploaded of `content` expired on the platform (-100)."""
        await self._uploads.forget(content)

    async def _upload_image(self, content: bytes, name: str) -> str:
        small, kind = await image_within(content)
        data = await self._upload("image", (_named(name, kind), small, f"image/{kind}"))
        return _needed(data, "attachment_id")

    async def _upload_file(self, content: bytes, name: str) -> str:
        data = await self._upload("file", (name, content, self._uploads.file_type(content, name)))
        return _needed(data, "token")

    async def _upload(self, kind: str, file: tuple[str, bytes, str]) -> dict[str, Any]:
        answer = await self._wire.call(f"upload_{kind}", "POST", self._oa(f"v2.0/oa/upload/{kind}"), file=file)
        return _data(answer)

    # Questions

    async def last_interaction(self, user_id: str) -> datetime | None:
        """When the platform saw the citizen last; None where it doesn't say."""
        answer = await self._wire.call(
            "window", "POST", self._oa("v3.0/oa/quota/message"), json={"user_id": user_id})
        try:
            return datetime.fromtimestamp(int(_data(answer)["last_interaction"]) / 1000, UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return None

    async def quota(self) -> dict[str, Any]:
        """What is left of the OA's package: type, remain, total."""
        return _data(await self._wire.call("quota", "POST", self._oa("v2.0/oa/quota/message"), json={}))

    async def health(self) -> Health:
        """Who our OA is to the platform (getoa)."""
        data = _data(await self._wire.call("getoa", "GET", self._oa("v2.0/oa/getoa")))
        return Health(
            name=str(data.get("name", "")), verified=str(data.get("is_verified", "")).lower() in ("true", "1"),
            package=str(data.get("package_name", "")), package_until=str(data.get("package_valid_through_date", "")),
            wallet=bool(data.get("linked_ZCA")), body=data)

    async def user(self, user_id: str) -> dict[str, Any]:
        """What the platform knows of a citizen: display_name, user_is_follower, shared_info and so on."""
        return await self._ask("user", "v3.0/oa/user/detail", {"user_id": user_id})

    async def recent_chats(self, offset: int = 0) -> list[dict[str, Any]]:
        """The latest message of each of the ten latest chats: message_id, from_id, to_id, type, message, time."""
        answer = await self._get("recent", "v2.0/oa/listrecentchat", {"offset": offset, "count": _RECENT})
        return [item for item in answer.get("data") or [] if isinstance(item, dict)]

    async def conversation(self, user_id: str, offset: int = 0) -> list[dict[str, Any]]:
        """Ten messages of one chat, the latest first."""
        query = {"user_id": user_id, "offset": offset, "count": _RECENT}
        answer = await self._get("conversation", "v2.0/oa/conversation", query)
        return [item for item in answer.get("data") or [] if isinstance(item, dict)]

    async def template_info(self, template_id: str) -> dict[str, Any]:
        """A template's listParams, listButtons, status and prices."""
        answer = await self._wire.call(
            "template_info", "GET", f"{self._settings.zbs_url}/template/info/v2",
            params={"template_id": template_id}, interface="template")
        return _data(answer)

    def _oa(self, path: str) -> str:
        return f"{self._settings.base_url}/{path}"

    async def _get(self, name: str, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """The platform takes one parameter `data` with JSON in it."""
        return await self._wire.call(name, "GET", self._oa(path), params={"data": json.dumps(query)})

    async def _ask(self, name: str, path: str, query: dict[str, Any]) -> dict[str, Any]:
        return _data(await self._get(name, path, query))

    def _mode(self) -> dict[str, str]:
        return {"mode": self._settings.template_mode} if self._settings.template_mode else {}


def _data(answer: dict[str, Any]) -> dict[str, Any]:
    data = answer.get("data")
    return data if isinstance(data, dict) else {}


def _sent(answer: dict[str, Any]) -> Sent:
    """The id is `message_id`, by phone `msg_id`; no quota means that it was charged."""
    data = _data(answer)
    quota = data.get("quota")
    kind = str(quota.get("quota_type", "")) if isinstance(quota, dict) else ""
    return Sent(str(data.get("message_id") or data.get("msg_id") or "")[:_ID], kind[:_KIND])


def _counted(answer: dict[str, Any]) -> Sent:
    """As `_sent`, and notes what is left of the day's template messages: a ladder that moves with complaints."""
    quota = _data(answer).get("quota")
    with suppress(AttributeError, KeyError, TypeError, ValueError, OverflowError):
        TEMPLATES_LEFT.set(int(quota["remainingQuota"]))  # type: ignore[index]
    return _sent(answer)


def _needed(data: dict[str, Any], name: str) -> str:
    if not data.get(name):
        raise lost("unreadable")
    return str(data[name])


def _named(name: str, kind: str) -> str:
    stem = name.rsplit(".", 1)[0] or "anh"
    return f"{stem}.{'jpg' if kind == 'jpeg' else kind}"
