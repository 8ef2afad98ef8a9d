"""Notices in words: the templates, the buttons, and what becomes of several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from actions.messages import Messages
from common.messages import Button, Reply, Status

__all__ = ["Composer", "Mail", "Part"]

_HERE = Path(__file__).parent
TEMPLATES = _HERE / "templates.yml"


@dataclass(frozen=True)
class Part:
    """One thing to say: `path` is its page, `about` the procedure it calls for, `procedure` one that something may
    follow on, `addresses` who gets it by mail, `state` what the dossier `code` is told to be in."""

    text: str
    code: str = ""
    path: str = ""
    procedure: str = ""
    about: str = ""
    addresses: tuple[str, ...] = field(default=(), repr=False)
    state: str = ""


@dataclass(frozen=True)
class Mail:
    subject: str
    body: str


class Composer:
    """Renders templates and keeps to each channel's length."""

    def __init__(self, base_url: str) -> None:
        self._texts = Messages.load(TEMPLATES)
        self._base = base_url
        channels = yaml.safe_load((_HERE / "channels.yml").read_text("utf-8"))
        self.limits: dict[str, int] = channels["limits"]
        self.silent = frozenset(channels["silent"])

    def dossier(self, state: str, **values: Any) -> str:
        """The words for a state; a state without its own gets the general ones."""
        key = f"dossier.{state}"
        return self._texts.render(key if self._texts.has(key) else "dossier.other", **values)

    def reminder(self, kind: str, values: dict[str, Any]) -> str:
        """Raises MessageError for an unknown kind or a value that is missing."""
        return self._texts.render(f"reminder.{kind}", **{"code": "", "until": "", **values})

    def replies(self, parts: Sequence[Part]) -> list[Reply]:
        """As few messages as hold all of `parts`, each within the length of a message."""
        made: list[list[Part]] = []
        for part in parts:
            if made and len(self._said([*made[-1], part])) <= self.limits["chat"]:
                made[-1].append(part)
            else:
                made.append([part])
        return [self._reply(group) for group in made]

    def _reply(self, parts: Sequence[Part]) -> Reply:
        buttons = [self._page(part) for part in parts if part.path]
        about = next((part.about for part in parts if part.about), "")
        if about:
            buttons.append(Button(
                title=self._texts.render("button.about"), payload=f'/ask_overview{{"procedure_code":"{about}"}}'))
        following = next((part.procedure for part in parts if part.procedure), "")
        if following:
            buttons.append(Button(
                title=self._texts.render("button.next"), payload=f'/next_steps{{"procedure_code":"{following}"}}'))
        buttons.append(Button(title=self._texts.render("button.off"), payload='/set_notices{"act":"off"}'))
        return Reply(text=self._said(parts), status=Status.CONTROL, buttons=buttons)

    def _said(self, parts: Sequence[Part]) -> str:
        texts = [part.text for part in parts]
        return texts[0] if len(texts) == 1 else self._texts.render("message.several", parts=texts)

    def mail(self, parts: Sequence[Part], off: str) -> Mail:
        """A letter in plain text; `off` is the path of the page that stops them."""
        codes = sorted({part.code for part in parts if part.code})
        link = next((self._base + part.path for part in parts if part.path), "")
        body = self._texts.render(
            "mail.body", parts=[part.text for part in parts], link=link, off=self._base + off)
        return Mail(self._texts.render("mail.subject", codes=codes)[: self.limits["subject"]], body)

    def _page(self, part: Part) -> Button:
        key = "button.dossier" if part.code else "button.open"
        return Button(title=self._texts.render(key, code=part.code), url=self._base + part.path)
