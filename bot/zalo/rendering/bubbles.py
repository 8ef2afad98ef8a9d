"""What one stored message becomes on the phone, before buttons have tokens: bubbles now, and what "Xem thêm" sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from actions.messages import Messages
from bot.zalo.rendering.answers import aired, provenance, short
from bot.zalo.rendering.forms import form_text
from bot.zalo.rendering.plain import plain

__all__ = ["Bubble", "Picture", "Shown", "show"]


@dataclass(frozen=True)
class Picture:
    """A picture or file to send: `media` is what `bot.zalo.media` loads it by; `otherwise` is said in its place."""

    kind: str  # image, file
    media: Mapping[str, Any]
    name: str
    caption: str = ""
    otherwise: str = ""


@dataclass(frozen=True)
class Bubble:
    """Words (of any length), and the choices under them."""

    text: str
    buttons: tuple[Mapping[str, Any], ...] = ()
    form: bool = False


@dataclass(frozen=True)
class Shown:
    """`now` is sent at once, then `pictures`; `rest` follows when the citizen asks for more, with the same buttons."""

    now: Bubble
    rest: str = ""
    pictures: tuple[Picture, ...] = field(default=())


def show(
    message: Mapping[str, Any], texts: Messages, base_url: str, pictures: Sequence[Picture] = ()
) -> Shown:
    """`message` is public `Message` data (DESIGN 4.2). Nothing is reworded and nothing left out: what `now` doesn't
    hold stands in `rest`."""
    text = plain(str(message.get("text") or ""), base_url)
    buttons = tuple(_absolute(button, base_url) for button in message.get("buttons") or ())
    attached = [_attached(one, texts, base_url) for one in message.get("attachments") or ()]
    answer, form = message.get("answer"), message.get("form")
    now, rest = text, ""
    source = provenance(answer, texts, base_url) if answer else ""
    if message.get("author") == "agent":
        # A sentence about a file says itself who sent it.
        said = text if attached else texts.render("agent", text=text)
        now = f"{said}\n\n{source}"
    elif answer:
        now, rest = map(aired, short(text, answer, texts))
        now, rest = (now, f"{rest}\n\n{source}") if rest else (f"{now}\n\n{source}", "")
    elif form:
        now = form_text(text, form, buttons, texts)
    code = str((message.get("dossier") or {}).get("code") or "")
    if code and code not in now:
        now = f"{now}\n\n{texts.render('dossier', code=code)}"
    shown = Shown(Bubble(now.strip(), buttons, form=bool(form)), rest.strip())
    return replace(shown, pictures=(*attached, *pictures))


def _absolute(button: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    url = button.get("url")
    return {**button, "url": base_url + url} if isinstance(url, str) and url.startswith("/") else dict(button)


def _attached(item: Mapping[str, Any], texts: Messages, base_url: str) -> Picture:
    url = str(item.get("url") or "")
    url = base_url + url if url.startswith("/") else url
    kind = "image" if str(item.get("type") or "").startswith("image/") else "file"
    name = str(item.get("name") or "")
    return Picture(kind, {"kind": "talk_file", "url": url}, name, otherwise=texts.render("file", name=name, url=url))
