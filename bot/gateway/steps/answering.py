"""Who answers: a person who has taken over, else Rasa, else search alone."""

from __future__ import annotations

import structlog
from anyio.to_thread import run_sync

from bot.gateway.engine import EngineClient, EngineDown
from bot.gateway.metrics import FALLBACKS
from bot.gateway.texts import say, wordless
from bot.gateway.turn import Answering, AtDesk, Capturing, Turn
from common.messages import Button, Reply, Status

__all__ = ["AskEngine", "Desk", "Fallback", "Own", "Wordless"]

_log = structlog.get_logger(__name__)


class Own:
    """While a person owns the conversation the bot is silent. While it waits for one, the bot goes on answering."""

    closing = False

    async def run(self, turn: Turn) -> Status | None:
        return Status.AGENT if turn.conversation.owner == "agent" else None


class Desk:
    """Buttons about waiting for a person, and what the desk asked for: answered here, never by Rasa."""

    closing = False

    def __init__(self, desk: AtDesk) -> None:
        self._desk = desk

    async def run(self, turn: Turn) -> Status | None:
        replies = await run_sync(self._desk.answer, turn)
        if replies is None:
            return None
        turn.replies = replies
        return replies[-1].status


class Wordless:
    """Emoji and bare punctuation: there is nothing to understand, so nobody is asked."""

    closing = False

    async def run(self, turn: Turn) -> Status | None:
        text = turn.inbound.text
        if text is None or turn.captured or any(char.isalnum() for char in text):
            return None
        turn.replies = [wordless(text)]
        return turn.replies[0].status


class AskEngine:
    """The regular way: Rasa decides what the citizen wants, an action answers."""

    closing = False

    def __init__(self, engine: EngineClient, intake: Capturing) -> None:
        self._engine = engine
        self._intake = intake

    async def run(self, turn: Turn) -> Status | None:
        if not turn.engine_message:
            return None
        metadata = {
            "form_open": await run_sync(self._intake.form_open, turn.conversation.id),
            "message_id": turn.citizen_message,
            "client_id": turn.inbound.client_id,
            "channel": turn.conversation.channel,
            "owner": turn.conversation.owner,
            "language": turn.language,
        }
        message = turn.engine_message
        if turn.heard and turn.heard.intent and not turn.captured:
            message, metadata["question"] = turn.heard.intent, turn.engine_message
        try:
            answer = await self._engine.ask(turn.conversation.id, message, metadata)
        except EngineDown as error:
            FALLBACKS.labels(error.reason).inc()
            turn.unaided = True
            return None
        turn.replies, turn.intent = [_going_on(reply, answer.intent) for reply in answer.replies], answer.intent
        _log.info(
            "engine_answered",
            conversation=turn.conversation.id,
            intent=answer.intent,
            confidence=round(answer.confidence, 3),
            replies=len(answer.replies),
        )
        return answer.replies[-1].status


class Fallback:
    """Rasa can't answer: say so, and answer by search alone. A button's step is kept for another try."""

    closing = False

    def __init__(self, answerer: Answering) -> None:
        self._answerer = answerer

    async def run(self, turn: Turn) -> Status | None:
        steers = turn.heard is not None and bool(turn.heard.words)
        question = turn.transcript if turn.pressed else turn.question
        if question is None or steers:
            turn.replies = [_try_again(turn)]
        else:
            try:
                found = await run_sync(
                    self._answerer.answer_without_dialogue, question, turn.conversation.last_procedure
                )
            except Exception as error:  # the last line of defence: the citizen gets a sentence, the log the cause
                _log.error("fallback_failed", conversation=turn.conversation.id, exc_info=error)
                found = []
            turn.replies = found or [Reply(text=say("failed"), status=Status.ERROR)]
        return turn.replies[-1].status


def _going_on(reply: Reply, intent: str) -> Reply:
    """`reply` without a button that only asks for what it answers ("Em giúp được gì" under that very answer)."""
    buttons = [button for button in reply.buttons if button.payload != f"/{intent}"]
    return reply if len(buttons) == len(reply.buttons) else reply.model_copy(update={"buttons": buttons})


def _try_again(turn: Turn) -> Reply:
    payload = turn.inbound.payload
    buttons = [Button(title=say("retry"), payload=payload)] if payload else []
    return Reply(text=say("limited_button"), status=Status.ERROR, buttons=buttons)
