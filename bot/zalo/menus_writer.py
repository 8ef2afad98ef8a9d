"""Writes what a message becomes on the phone into the queue of parts, with tokens for its choices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.desk.tables import DeskAskRow
from bot.gateway.store import message_data
from bot.gateway.tables import MessageRow
from bot.zalo.buttons import Buttons
from bot.zalo.media import Media
from bot.zalo.menus import Choice, Menus, highest
from bot.zalo.menus_parts import Laid, Part, lay_out
from bot.zalo.rendering.bubbles import Bubble, Picture, Shown, show
from bot.zalo.rendering.forms import is_choice
from bot.zalo.rendering.info import CARD, asks_for_phone, request_info
from bot.zalo.settings import ZaloSettings
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.clock import utc_now

__all__ = ["MORE", "Writer"]

MORE = "/zalo_more"
"""Payload of "Xem thêm": understood by `bot.zalo.asides` alone, never by the dialogue engine."""


class Writer:
    """Works inside the caller's transaction, which holds the user's row."""

    def __init__(
        self, texts: Messages, settings: ZaloSettings, base_url: str, buttons: Buttons, menus: Menus, media: Media
    ) -> None:
        self._texts, self._settings, self._base_url = texts, settings, base_url
        self._buttons, self._menus, self._media = buttons, menus, media

    def pictures(self, message: Mapping[str, Any]) -> list[Picture]:
        """What is sent beside a message; not to be asked inside a transaction that writes."""
        return self._media.of(message)

    def write(
        self, session: Session, user: ZaloUserRow, row: MessageRow, pictures: list[Picture], after: int = 0
    ) -> dict[int, str]:
        """The parts of a message as it is first sent; gives the menu's tokens by number. `after`: numbers taken."""
        message = message_data(row)
        shown = show(message, self._texts, self._base_url, pictures)
        bubble = shown.now
        if shown.rest:
            more = {"title": self._texts.render("more"), "payload": f"{MORE}{json.dumps({'message': row.id})}"}
            bubble = replace(bubble, buttons=(more, *self._beside_more(user, bubble.buttons)))
        # Papers that come with the rest have their numbers already; none of them means a choice, too.
        laid = self._lay(session, user, row, message, bubble, max(after, highest(shown.rest)))
        parts = [*laid.parts, *map(self._picture, shown.pictures), *self._info(session, user, message)]
        self._add(session, user, row, parts, row.author, row.owner_epoch)
        return laid.menu

    def write_rest(self, session: Session, user: ZaloUserRow, row: MessageRow) -> dict[int, str] | None:
        """What "Xem thêm" stands for, with the message's choices again; None where there is no more."""
        message = message_data(row)
        shown: Shown = show(message, self._texts, self._base_url)
        if not shown.rest:
            return None
        laid = self._lay(session, user, row, message, replace(shown.now, text=shown.rest), 0)
        # The citizen asked for it: it is no word of the bot's that a person's coming could make void.
        self._add(session, user, row, laid.parts, "system", None)
        return laid.menu

    def _beside_more(self, user: ZaloUserRow, offered: tuple[Mapping[str, Any], ...]) -> tuple[Mapping[str, Any], ...]:
        """The choices that stand beside "Xem thêm". Where one more would cost all of them their buttons, the last but
        one waits for the rest, under which every choice is offered; the last is the way out of a wrong guess."""
        most = self._settings.max_buttons
        if not self._menus.wanted(user) or len(offered) < most or most < 3:
            return offered
        return (*offered[: most - 2], offered[-1])

    def _lay(
        self, session: Session, user: ZaloUserRow, row: MessageRow, message: Mapping[str, Any], bubble: Bubble,
        after: int,
    ) -> Laid:
        field = (message.get("form") or {}).get("field") or {}
        made = [(button, self._choice(session, user, row, button)) for button in bubble.buttons]
        return lay_out(
            bubble.text, [choice for _, choice in made], self._texts, self._settings,
            buttons=self._menus.wanted(user), typed=bool(field) and not field.get("choices"),
            asked=[choice for button, choice in made if bubble.form and is_choice(button)], after=after)

    def _choice(
        self, session: Session, user: ZaloUserRow, row: MessageRow, button: Mapping[str, Any]
    ) -> Choice:
        title, payload = str(button["title"]), button.get("payload")
        if payload is None:
            return Choice(title, url=str(button.get("url") or ""), phone=str(button.get("phone") or ""))
        token = self._buttons.issue(session, user.user_id, row.conversation_id, row.id, title, str(payload))
        return Choice(title, token=token)

    def _info(self, session: Session, user: ZaloUserRow, message: Mapping[str, Any]) -> list[Part]:
        """The platform's card for sharing a telephone number, where the desk waits for one."""
        asked = session.get(DeskAskRow, user.conversation_id) if asks_for_phone(message) else None
        if asked is None or asked.what != "phone" or asked.expires_at < utc_now():
            return []
        user.info_asked_at = utc_now()
        return [Part("info", request_info(self._texts, self._card()))]

    def _card(self) -> str:
        """The address of the card's picture: the platform fetches public https alone, a simulated one this machine's,
        too; "" where it could not be had."""
        here = self._settings.base_url.startswith("http://127.0.0.1")
        return f"{self._base_url}{CARD}" if here or self._base_url.startswith("https://") else ""

    def _picture(self, picture: Picture) -> Part:
        caption = {"text": picture.caption} if picture.caption and picture.kind == "image" else {}
        otherwise = {"text": picture.otherwise} if picture.otherwise else None
        return Part(picture.kind, {
            **caption, "media": dict(picture.media), "name": picture.name, "otherwise": otherwise})

    def _add(
        self, session: Session, user: ZaloUserRow, row: MessageRow, parts: list[Part], author: str, epoch: int | None
    ) -> None:
        latest = session.scalar(select(func.max(ZaloPartRow.part)).where(
            ZaloPartRow.conversation_id == row.conversation_id, ZaloPartRow.message_id == row.id))
        first = 0 if latest is None else latest + 1
        for place, part in enumerate(parts, first):
            session.add(ZaloPartRow(
                user_id=user.user_id, conversation_id=row.conversation_id, message_id=row.id, part=place,
                kind=part.kind, body=part.body, author=author, owner_epoch=epoch))
            session.flush()  # ids in the order of sending
