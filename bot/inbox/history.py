"""What citizens asked lately, how it ended, and which procedure they turned out to want."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.gateway.tables import FeedbackRow, MessageRow, TurnRow
from common.database import Database
from common.messages import Status

__all__ = ["Known", "Month"]

_QUESTIONS = (Status.ANSWERED, Status.CLARIFIED, Status.ABSTAINED)
_MOST = 5000


@dataclass(frozen=True)
class Known:
    """A question with its outcome (a turn's status); `count` conversations asked it in these words. `wanted` is the
    procedure that a citizen confirmed: chosen among those offered, or found helpful; None where nobody did.
    """

    question: str
    status: str
    count: int
    wanted: str | None


@dataclass
class _Kept:
    status: str
    count: int
    wanted: str | None


class Month:
    """Reads questions out of the conversations that are still kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def since(self, moment: datetime) -> list[Known]:
        """The newest questions since `moment`, each wording once."""
        query = (
            select(TurnRow.conversation_id, TurnRow.status, TurnRow.result, MessageRow.text)
            .join(MessageRow, (MessageRow.conversation_id == TurnRow.conversation_id)
                  & (MessageRow.id == TurnRow.citizen_message))
            .where(TurnRow.started_at > moment, TurnRow.state == "done")
            .order_by(TurnRow.started_at.desc()).limit(_MOST))
        helpful = select(FeedbackRow.conversation_id, FeedbackRow.message_id).where(
            FeedbackRow.helpful.is_(True), FeedbackRow.at > moment)
        kept: dict[str, _Kept] = {}
        answered: dict[str, str] = {}  # by conversation, what the next turn answered with
        with self._database.session(write=False) as session:
            liked = {(conversation_id, message_id) for conversation_id, message_id in session.execute(helpful)}
            for conversation_id, status, result, text in session.execute(query):
                messages = (result or {}).get("messages", [])
                said = next(iter(_answered(messages)), "")
                if status in _QUESTIONS:
                    following = answered.get(conversation_id, "")
                    wanted = _wanted(conversation_id, str(status), messages, said, following, liked)
                    key = " ".join(text.casefold().split())
                    known = kept.setdefault(key, _Kept(str(status), 0, None))
                    known.count += 1
                    known.wanted = known.wanted or wanted
                if said:
                    answered[conversation_id] = said
        return [Known(question, item.status, item.count, item.wanted) for question, item in kept.items()]


def _wanted(
    conversation_id: str, status: str, messages: Sequence[dict[str, Any]], said: str, following: str,
    liked: set[tuple[str, str]],
) -> str | None:
    if status == Status.ANSWERED:
        confirmed = any((conversation_id, str(message.get("id"))) in liked for message in messages)
        return said if said and confirmed else None
    return following if following and following in set(_offered(messages)) else None


def _answered(messages: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Codes of the procedures that messages answer about."""
    for message in messages:
        code = ((message.get("answer") or {}).get("procedure") or {}).get("code")
        if code:
            yield str(code)


def _offered(messages: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Codes of the procedures that messages offer to choose from."""
    for message in messages:
        for button in message.get("buttons") or []:
            _, brace, entities = str(button.get("payload") or "").partition("{")
            try:
                code = json.loads(brace + entities).get("procedure_code") if brace else None
            except (ValueError, AttributeError):
                continue
            if code:
                yield str(code)
