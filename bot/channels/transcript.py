"""A conversation as a text file: what was said, when, and which guide it came from.

It's made of the messages as they are stored: personal numbers masked, e-form values not filled in. A file stays on a
computer that others may use; the conversation itself shows its citizen more.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.gateway.store import ConversationStore
from common.clock import local_now, to_local
from common.messages import Message

__all__ = ["file_name", "transcript"]


@cache
def _words() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return loaded


def transcript(store: ConversationStore, conversation_id: str) -> str:
    """The whole conversation. Raises NotFound."""
    words = _words()[_language(store, conversation_id)]
    parts = [words["title"], words["made"].format(moment=f"{local_now():%d/%m/%Y %H:%M}")]
    parts += [
        "\n".join(_lines(Message.model_validate(stored), words)) for stored in store.everything(conversation_id)]
    return "\n\n".join(parts) + "\n"


def file_name(store: ConversationStore, conversation_id: str) -> str:
    """In ASCII, with the day. Raises NotFound."""
    return f"{_words()[_language(store, conversation_id)]['file']}-{local_now():%Y-%m-%d}.txt"


def _language(store: ConversationStore, conversation_id: str) -> str:
    language = store.get(conversation_id).language
    return language if language in _words() else "vi"


def _lines(message: Message, words: dict[str, Any]) -> Iterator[str]:
    author = words["authors"][message.author]
    yield f"[{to_local(message.at):%d/%m/%Y %H:%M}] {author}: {message.text}"
    if answer := message.answer:
        yield "  " + words["procedure"].format(name=answer.procedure.name, code=answer.procedure.code)
        origin = [words["guide"].format(version=answer.guide_version)]
        if answer.decision_no:
            origin.append(words["decision"].format(number=answer.decision_no))
        if answer.checked_on:
            origin.append(words["checked"].format(day="/".join(reversed(answer.checked_on[:10].split("-")))))
        yield "  " + ", ".join(origin)
        for source in answer.sources:
            yield "  " + words["source"].format(title=source.title, url=source.url)
    if message.dossier:
        yield "  " + words["dossier"].format(code=message.dossier.code)
    for attachment in message.attachments:
        yield "  " + words["attachment"].format(name=attachment.name)
