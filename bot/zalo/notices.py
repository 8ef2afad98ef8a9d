"""Dossier notices as template messages, where a chat message is not taken any more or there is no chat (SPEC 7).

They say the code with its middle masked, a status word, a date and the portal's address, and nothing else.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from anyio.to_thread import run_sync
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from actions.dossiers.registry.states import load_states
from actions.messages import Messages, day
from actions.notices.choices import Choices, Purpose
from actions.notices.dispatch import DOSSIER
from actions.notices.tables import NoticeRow
from actions.outbox import Entry
from bot.gateway.tables import ConversationRow, MessageRow
from bot.zalo.client import ZaloClient
from bot.zalo.errors import lost
from bot.zalo.model import Sent
from bot.zalo.notices_hours import allowed_at
from bot.zalo.sender_parts import Job
from bot.zalo.settings import ZaloSettings
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput
from common.identifiers import parse_phone
from common.keyring import Keyring

__all__ = ["Notices", "masked_code", "outgoing_texts", "phone_84"]

_FILE = Path(__file__).parent / "notices.yml"
# Notice and message are written in one transaction; clocks of the two lines differ by less than this.
_TOGETHER = timedelta(minutes=1)
# Parts of the chat message have lower numbers.
_FIRST_PART = 100
_INFO_LIFE_S = 3600.0
_TRACKING = 48
_MOBILE = re.compile(r"84\d{9}")


@dataclass(frozen=True)
class _Param:
    name: str
    needed: bool
    longest: int


class Notices:
    """Makes template messages out of notices, and sends them."""

    def __init__(
        self, settings: ZaloSettings, portal_url: str, database: Database, keyring: Keyring, client: ZaloClient,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings, self._portal, self._database, self._keyring = settings, portal_url, database, keyring
        self._client, self._now = client, now
        self._choices = Choices(keyring, "", now)
        self._states = load_states()
        self._infos: dict[str, tuple[float, list[_Param]]] = {}

    @property
    def ready(self) -> bool:
        """Whether any state has a template."""
        return bool(self._settings.enabled and self._settings.templates)

    def instead(self, session: Session, part: ZaloPartRow) -> bool:
        """Puts template messages in the place of a chat message that reports on dossiers; False where none fits.

        Inside the caller's transaction.
        """
        message = session.get(MessageRow, (part.conversation_id, part.message_id))
        if part.author != "system" or message is None:
            return False
        if not self._choices.given(session, part.conversation_id, "dossier"):
            return False
        added = 0
        for code, state in self._reported(session, message):
            template = self._settings.templates.get(state)
            if template:
                self._add(session, part, _FIRST_PART + added, "template", template, {"code": code, "state": state})
                added += 1
        return added > 0

    def on_phone(self, entry: Entry) -> datetime | None:
        """The outbox's work of telling a citizen by phone number whose Zalo isn't known: payload `phone`, `code`,
        `state`. It becomes a part like any other, so that all rules of sending hold."""
        code, state, phone = (str(entry.payload[name]) for name in ("code", "state", "phone"))
        template = self._settings.templates.get(state)
        if not self.ready or template is None:
            return None
        with self._database.session() as session:
            if session.get(ConversationRow, entry.subject) is None:
                return None
            on_zalo = exists().where(ZaloUserRow.conversation_id == entry.subject)
            known = exists().where(
                ZaloPartRow.conversation_id == entry.subject, ZaloPartRow.message_id == entry.key[:26])
            if session.scalar(select(on_zalo)) or session.scalar(select(known)):
                return None
            number = phone_84(phone)
            sealed = base64.b64encode(self._keyring.encrypt(number)).decode()
            body = {"code": code, "state": state, "sealed": sealed, "tracking_id": f"hs-{entry.key}"[:_TRACKING]}
            part = ZaloPartRow(
                user_id=f"tel-{self._keyring.digest('zalo-phone', number)[:28]}", conversation_id=entry.subject,
                message_id=entry.key[:26])
            self._add(session, part, 0, "phone", template, body)
        return None

    async def send(self, job: Job) -> Sent:
        """Sends a part of the kind `template` or `phone`. Raises SendFailed."""
        purpose: Purpose = "zalo" if job.kind == "phone" else "dossier"
        if not await run_sync(self._agreed, job.conversation_id, purpose):
            raise lost("withdrawn")
        template = str(job.body["template_id"])
        data = _filled(await self._params(template), self._facts(job.body))
        if job.kind == "template":
            return await self._client.send_template(job.user_id, template, data)
        phone = self._keyring.decrypt(base64.b64decode(job.body["sealed"])).decode()
        return await self._client.send_template_to_phone(phone, template, data, str(job.body["tracking_id"]))

    def _reported(self, session: Session, message: MessageRow) -> list[tuple[str, str]]:
        """Dossier code and state of every notice that this message was made of."""
        query = (
            select(NoticeRow)
            .where(
                NoticeRow.conversation_id == message.conversation_id, NoticeRow.topic == DOSSIER,
                NoticeRow.state == "sent", NoticeRow.sent_at > message.at - _TOGETHER,
                NoticeRow.sent_at < message.at + _TOGETHER)
            .order_by(NoticeRow.created_at, NoticeRow.key))
        found: dict[str, str] = {}
        for row in session.scalars(query):
            if row.subject in message.text:
                found[row.subject] = str(json.loads(self._keyring.decrypt(row.sealed))["state"])
        return list(found.items())

    def _add(
        self, session: Session, like: ZaloPartRow, number: int, kind: str, template: str, body: dict[str, str]
    ) -> None:
        now = self._now()
        session.add(ZaloPartRow(
            user_id=like.user_id, conversation_id=like.conversation_id, message_id=like.message_id, part=number,
            kind=kind, body={"template_id": template, "on": now.isoformat(), **body}, author="system",
            owner_epoch=None, due_at=allowed_at(now), created_at=now))

    def _agreed(self, conversation_id: str, purpose: Purpose) -> bool:
        """Looked up again right before sending: a night may lie between."""
        with self._database.session(write=False) as session:
            return bool(self._choices.given(session, conversation_id, purpose))

    def _facts(self, body: dict[str, Any]) -> dict[str, str]:
        state = str(body["state"])
        word = self._states[state].label if state in self._states else _known()["words"].get(state, "")
        return {
            "code": masked_code(str(body["code"])), "state": word, "link": self._portal,
            "day": day(datetime.fromisoformat(str(body["on"])))}

    async def _params(self, template: str) -> list[_Param]:
        """The template's parameters, asked for at most once an hour."""
        until, params = self._infos.get(template, (0.0, []))
        if time.monotonic() > until:
            info = await self._client.template_info(template)
            params = [
                _Param(
                    str(item.get("name", "")), str(item.get("require", True)).lower() != "false",
                    _number(item.get("maxLength")))
                for item in info.get("listParams") or [] if isinstance(item, dict)]
            self._infos[template] = (time.monotonic() + _INFO_LIFE_S, params)
        return params


def masked_code(code: str) -> str:
    """H49.22-260804-0583 → H49.22-xxxxxx-0583: enough for whom it concerns, on a locked screen."""
    first, *rest = code.split("-")
    if len(rest) < 2:
        return code[:3] + "x" * (len(code) - 7) + code[-4:] if len(code) > 7 else "x" * len(code)
    *middle, last = rest
    return "-".join([first, *("x" * len(part) for part in middle), last])


def phone_84(text: str) -> str:
    """A mobile number in the form that the platform wants: 0912345678 → 84912345678. Raises InvalidInput."""
    number = f"84{parse_phone(text)[1:]}"
    if not _MOBILE.fullmatch(number):
        raise InvalidInput(outgoing_texts().render("phone.mobile"), field="phone")
    return number


def _filled(params: list[_Param], facts: dict[str, str]) -> dict[str, str]:
    """The values of a template. Raises SendFailed where it wants what we don't say, or less than we must."""
    meaning = {name: fact for fact, names in _known()["params"].items() for name in names}
    data = {}
    for param in params:
        value = facts.get(meaning.get(param.name.lower(), ""), "")
        if value and len(value) <= param.longest:
            data[param.name] = value
        elif param.needed:
            raise lost("params")
    return data


def _number(given: Any) -> int:
    try:
        return int(given)
    except (TypeError, ValueError, OverflowError):
        return int(_known()["limit"])


@cache
def outgoing_texts() -> Messages:
    """The sentences of `texts_out.yml`."""
    return Messages.load(Path(__file__).with_name("texts_out.yml"))


@cache
def _known() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return loaded
