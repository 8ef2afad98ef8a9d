"""Choices under a message: the platform's buttons, or a numbered menu where those can't be had. Nothing is ever cut."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.gateway.tables import MessageRow
from bot.zalo.alarms import Alarms
from bot.zalo.buttons import MENU_LIFE
from bot.zalo.rendering.plain import length
from bot.zalo.settings import ZaloSettings
from bot.zalo.tables import ZaloButtonRow, ZaloMenuRow, ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database

__all__ = ["ALARM", "Choice", "Menus", "block", "highest", "lines", "numbers", "phone_code"]

ALARM = "buttons_refused"
_REMEMBERED = timedelta(hours=24)
# Limits of the platform (SPEC 5.8).
_TITLE, _PAYLOAD = 100, 1000
# Titles of our own buttons are cut there (`common.messages.Button`).
_LONGEST_TITLE = 80
# The tap is not shown as a message of the citizen's: an opaque token would only puzzle them. What it did shows in
# the answer, and the transcript has the button's title.
_QUERY = "oa.query.hide"
_LISTED = re.compile(r"^(\d{1,2})\. (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Choice:
    """One button: exactly one of `token` (comes back to us), `url` and `phone`."""

    title: str
    token: str = ""
    url: str = ""
    phone: str = ""


def block(choices: Sequence[Choice], settings: ZaloSettings) -> dict[str, Any] | None:
    """The attachment that shows `choices` as buttons; None where any limit is broken."""
    fits = all(length(choice.title) <= _TITLE and len(choice.token or choice.url) <= _PAYLOAD for choice in choices)
    if not choices or len(choices) > settings.max_buttons or not fits:
        return None
    kind = {"template_type": settings.buttons_template_type} if settings.buttons_template_type else {}
    return {"type": "template", "payload": {**kind, "buttons": [_button(choice) for choice in choices]}}


def numbers(choices: Sequence[Choice], text: str, after: int = 0) -> dict[int, Choice]:
    """The number of each choice that comes back to us. One that `text` lists already keeps the number it has there;
    others go on behind the list, and behind `after`, so that no number means two things."""
    listed = {int(line[1]): line[2] for line in _LISTED.finditer(text)}
    found: dict[int, Choice] = {}
    following = max(after, highest(text)) + 1
    for choice in (one for one in choices if one.token):
        number = next((n for n, line in listed.items() if _names(line, choice.title) and n not in found), None)
        if number is None:
            number, following = following, following + 1
        found[number] = choice
    return found


def lines(choices: Sequence[Choice], numbered: Mapping[int, Choice], text: str, texts: Messages) -> str:
    """The menu under `text`: a line for each choice that stands nowhere yet, then links and telephones."""
    listed = {int(line[1]) for line in _LISTED.finditer(text)}
    said = [texts.render("menu.pick")] if numbered else []
    said += [f"{number}. {choice.title}" for number, choice in sorted(numbered.items()) if number not in listed]
    for choice in choices:
        if choice.url:
            said.append(texts.render("menu.link", title=choice.title, url=choice.url))
        elif choice.phone:
            shown = choice.phone in choice.title
            said.append(choice.title if shown else texts.render(
                "menu.phone", title=choice.title, phone=choice.phone))
    return "\n".join(said)


def highest(text: str) -> int:
    """The highest number of a list in `text`; 0 where there is none."""
    return max((int(line[1]) for line in _LISTED.finditer(text)), default=0)


def phone_code(phone: str) -> str:
    """Digits in the 84-form; short numbers and 1800/1900 services have none and stay."""
    digits = re.sub(r"\D", "", phone)
    return f"84{digits[1:]}" if digits.startswith("0") else digits


class Menus:
    """Which numbers count for whom, and who can't be sent buttons."""

    def __init__(
        self, database: Database, settings: ZaloSettings, texts: Messages, alarms: Alarms
    ) -> None:
        self._database, self._settings, self._texts, self._alarms = database, settings, texts, alarms

    def wanted(self, user: ZaloUserRow) -> bool:
        """Whether this citizen is sent buttons now."""
        refused = user.buttons_refused_at is not None and user.buttons_refused_at > utc_now() - _REMEMBERED
        return self._settings.buttons == "on" or (self._settings.buttons == "auto" and not refused)

    def put(self, session: Session, user_id: str, numbered: Mapping[int, str]) -> None:
        """From now on these numbers (token by number) count, and no others."""
        row = session.get(ZaloMenuRow, user_id) or ZaloMenuRow(user_id=user_id)
        row.tokens = [numbered.get(number, "") for number in range(1, max(numbered, default=0) + 1)]
        row.until = utc_now() + MENU_LIFE
        session.add(row)

    def as_menu(self, part_id: int) -> dict[str, Any] | None:
        """After the platform refused buttons (-201, -233): turns the part into a text with a numbered menu, and gives
        the new body. In `auto` the citizen gets menus for a day, and an alarm is raised. None for a part without
        buttons, whose refusal has another reason."""
        with self._database.session() as session:
            part = session.get(ZaloPartRow, part_id, with_for_update=True)
            if part is None or part.kind != "buttons":
                return None
            user = session.get(ZaloUserRow, part.user_id, with_for_update=True)
            text, choices = part.body["text"], _choices(part.body)
            kept = self._still_shown(session, part)
            said = session.get(MessageRow, (part.conversation_id, part.message_id))
            numbered = numbers(choices, f"{said.text if said else ''}\n{text}", max(kept, default=0))
            self.put(session, part.user_id, {**kept, **{place: one.token for place, one in numbered.items()}})
            part.kind = "text"
            part.body = {"text": f"{text}\n\n{lines(choices, numbered, text, self._texts)}"}
            if user is not None and self._settings.buttons == "auto":
                user.buttons_refused_at = utc_now()
            body: dict[str, Any] = part.body
        self._alarms.raise_(ALARM)
        return body

    def _still_shown(self, session: Session, part: ZaloPartRow) -> dict[int, str]:
        """Numbers of a menu that stands above this part, with no word of the citizen's in between."""
        menu = session.get(ZaloMenuRow, part.user_id)
        if menu is None or menu.until < utc_now():
            return {}
        latest = session.scalar(
            select(MessageRow.id)
            .where(MessageRow.conversation_id == part.conversation_id, MessageRow.author == "citizen")
            .order_by(MessageRow.id.desc()).limit(1)) or ""
        found = {number: session.get(ZaloButtonRow, token) for number, token in enumerate(menu.tokens, 1) if token}
        return {
            number: row.token for number, row in found.items()
            if row and latest < row.message_id <= part.message_id}


def _names(line: str, title: str) -> bool:
    """Whether a listed line is the choice `title`: its words, maybe explained, or longer than a title may be."""
    return line == title or line.startswith(f"{title}:") or (len(title) == _LONGEST_TITLE and line.startswith(title))


def _button(choice: Choice) -> dict[str, Any]:
    if choice.url:
        return {"title": choice.title, "type": "oa.open.url", "payload": {"url": choice.url}}
    if choice.phone:
        return {"title": choice.title, "type": "oa.open.phone", "payload": {"phone_code": phone_code(choice.phone)}}
    return {"title": choice.title, "type": _QUERY, "payload": choice.token}


def _choices(body: Mapping[str, Any]) -> list[Choice]:
    """The choices of a part as it was to be sent."""
    found = []
    for button in body["attachment"]["payload"]["buttons"]:
        payload = button["payload"]
        if isinstance(payload, str):
            found.append(Choice(button["title"], token=payload))
        else:
            found.append(Choice(button["title"], url=payload.get("url", ""), phone=payload.get("phone_code", "")))
    return found
