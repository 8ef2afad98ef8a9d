"""Messages as the chat page shows them: paragraphs and lists, a card, choices, the question that stands open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bot.context import Context
from bot.gateway.store import message_data
from bot.gateway.tables import MessageRow
from bot.pages.chat_facts import Card, card, safe
from bot.pages.chat_texts import Texts

__all__ = ["Asked", "Block", "Shown", "asked", "blocks", "newest", "shown"]

Message = Mapping[str, Any]
# One page of a conversation; what is older stands behind a link, so that a page stays light on a slow line.
PAGE = 10
# More choices than this are a list to pick from; the buttons would fill the screen.
_MANY = 8
_VIETNAMESE = re.compile("[ăđơưạ-ỹ]", re.IGNORECASE)
_BULLET, _NUMBER = re.compile(r"^\s*[-•]\s+(.*)$"), re.compile(r"^\s*(\d+)\.\s+(.*)$")


@dataclass
class Block:
    """A paragraph (lines), or a list with its items: kind p, ul or ol; `start` is an ordered list's first number."""

    kind: str
    lines: list[str]
    start: int = 1


@dataclass(frozen=True)
class Shown:
    """One message. `choices` are payload buttons, only where they can still be pressed; `picks` the same as a list;
    `links` open a page or dial."""

    id: str
    author: str
    blocks: list[Block]
    card: Card | None
    form: Mapping[str, Any] | None
    dossier: Mapping[str, str] | None
    files: Sequence[Mapping[str, str]]
    choices: list[Mapping[str, str]] = field(default_factory=list)
    picks: list[Mapping[str, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    rateable: bool = False
    fresh: bool = False


@dataclass(frozen=True)
class Asked:
    """The e-form's question that stands open, for the input under the conversation."""

    label: str
    help: str
    example: str
    type: str
    accept: str


def newest(context: Context, conversation_id: str, before: str = "") -> tuple[list[dict[str, Any]], bool]:
    """The latest messages (those before the message `before`), oldest first, and whether there are older ones. In a
    worker thread."""
    query = select(MessageRow).where(MessageRow.conversation_id == conversation_id)
    if before:
        query = query.where(MessageRow.id < before)
    with context.database.session(write=False) as session:
        rows = list(session.scalars(query.order_by(MessageRow.id.desc()).limit(PAGE + 1)))
        stored = [message_data(row) for row in reversed(rows[:PAGE])]
    return context.reveal.messages(conversation_id, stored), len(rows) > PAGE


def shown(messages: Sequence[Message], words: Texts, *, live: bool = True) -> list[Shown]:
    """Messages for the page. Choices can be pressed where they follow the citizen's last words, `live` permitting."""
    last = max((place for place, one in enumerate(messages) if one["author"] == "citizen"), default=-1)
    return [_shown(one, words, live and place > last, live and place == last) for place, one in enumerate(messages)]


def asked(messages: Sequence[Message], owner: str) -> Asked | None:
    """The question of an e-form that the next words answer; None when free text is expected."""
    for message in reversed(messages):
        if message["author"] == "system":
            continue  # what the system says meanwhile doesn't end a form's question
        question = (message.get("form") or {}).get("field")
        if owner == "agent" or message["author"] != "bot" or not question:
            return None
        accept = ",".join(f".{kind}" for kind in question.get("accept", []))
        return Asked(
            question["label"], question.get("help", ""), question.get("example", ""), question["type"],
            accept.replace(".jpg", ".jpg,.jpeg,.heic,.heif"))
    return None


def blocks(text: str) -> list[Block]:
    """Paragraphs and lists of plain text: lines that begin with "-", "•" or a number and a full stop are items."""
    found: list[Block] = []
    for part in re.split(r"\n{2,}", text):
        open_list: Block | None = None
        for line in filter(str.strip, part.split("\n")):
            bullet, number = _BULLET.match(line), _NUMBER.match(line)
            kind = "ul" if bullet else "ol" if number else "p"
            item = bullet[1] if bullet else number[2] if number else line.strip()
            if kind != "p" and open_list is not None and open_list.kind == kind:
                open_list.lines.append(item)
                continue
            found.append(Block(kind, [item], int(number[1][:6]) if number else 1))
            open_list = found[-1] if kind != "p" else None
    return found


def _shown(message: Message, words: Texts, live: bool, fresh: bool) -> Shown:
    buttons = message.get("buttons", [])
    choices = [one for one in buttons if "payload" in one] if live else []
    values = {choice["label"][:80] for choice in (message.get("form") or {}).get("field", {}).get("choices", [])}
    picks = [one for one in choices if one["title"] in values] if len(choices) > _MANY else []
    answer = message.get("answer")
    # A form's earlier questions need no way to its page: the open one has it.
    links = [link for link in map(_link, buttons) if link] if live or not message.get("form") else []
    return Shown(
        message["id"], message["author"], blocks(_said(message)), card(message, words), message.get("form"),
        message.get("dossier"), [one for one in message.get("attachments", []) if safe(one["url"])],
        [one for one in choices if one not in picks], picks, links,
        rateable=bool(live and answer and message["author"] == "bot"), fresh=fresh)


def _link(button: Mapping[str, str]) -> tuple[str, str] | None:
    """Title and address of a button that leads somewhere."""
    if "phone" in button:
        return button["title"], "tel:" + re.sub(r"[^\d+]", "", button["phone"])
    return (button["title"], button["url"]) if safe(button.get("url", "")) else None


def _said(message: Message) -> str:
    """The text without what the card shows anyway: facts and papers."""
    text, answer = str(message["text"]), message.get("answer")
    if not answer or answer.get("origin") == "catalogue" or not answer.get("fields", {}).get("documents"):
        return text
    parts = text.split("\n\n")
    if len(parts) > 1 and not _VIETNAMESE.search(parts[-1]):
        return _foreign(parts, answer)
    if answer["aspect"] == "overview":
        return parts[0]
    # Of a personal list, what is said after papers, fee and time stays: what is open, what changed.
    if answer.get("checklist"):
        return "\n\n".join([text.split("\n")[0], *parts[2:]])
    return text.split("\n")[0] if answer["aspect"] == "documents" else text


def _foreign(parts: Sequence[str], answer: Mapping[str, Any]) -> str:
    """In English, what is said before the answer (why English) and after it (what exists only in Vietnamese) stays."""
    if answer["aspect"] not in ("overview", "documents"):
        return "\n\n".join(parts)
    name = answer["procedure"]["name"]
    at = next((place for place, part in enumerate(parts) if name in part), 0)
    said = parts[at].split("\n")[0] if answer["aspect"] == "documents" else parts[at]
    return "\n\n".join([*parts[:at], said, parts[-1]])
