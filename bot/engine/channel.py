"""The one door into the engine: `POST /webhooks/isee/webhook`, for the iSee service alone.

Rasa's own channels trust whoever calls; this one wants the shared secret in a header, compares it in constant
time, and returns in one answer what the gateway needs after a turn: the replies, the intent, the active loop.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, Sanic, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.engine import remote_actions
from bot.engine.tracker import form_is_over, saved_tracker

__all__ = ["SECRET_HEADER", "ISeeInput", "ISeeOutput"]

SECRET_HEADER = "X-ISee-Secret"  # noqa: S105 (a header's name)
_MINIMUM_SECRET = 16
_REPLY_PARTS = ("text", "buttons", "custom", "metadata")
# Every action call carries the session's events, so a long conversation starts a new session (slots are kept).
_SESSION_EVENTS = 120


class ISeeOutput(CollectingOutputChannel):
    """Collects each response whole: text, buttons and custom part stay one reply."""

    @classmethod
    def name(cls) -> str:
        return "isee"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        reply = {part: message[part] for part in _REPLY_PARTS if message.get(part)}
        if reply:
            self.messages.append(reply)


class ISeeInput(InputChannel):
    """Input channel `isee`. The secret comes from credentials.yml, which reads ISEE_ENGINE_SECRET."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @classmethod
    def name(cls) -> str:
        return "isee"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> ISeeInput:
        """Raises ValueError when no usable secret is configured: the engine must not run unprotected."""
        given = str((credentials or {}).get("secret") or "")
        secret = os.environ.get("ISEE_ENGINE_SECRET", "") if given.startswith("${") else given
        if len(secret) < _MINIMUM_SECRET:
            raise ValueError(
                f"ISEE_ENGINE_SECRET must hold at least {_MINIMUM_SECRET} characters; it has {len(secret)}."
            )
        remote_actions.install()
        return cls(secret)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        webhook = Blueprint("isee_webhook", __name__)

        @webhook.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @webhook.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if not self._authentic(request):
                return _problem(401, f"The {SECRET_HEADER} header is absent or wrong.")
            message, fault = _read(request)
            if message is None:
                return _problem(422, fault)
            agent: Agent = Sanic.get_app(request.app.name).ctx.agent
            if not agent.is_ready():
                return _problem(503, "No trained model is loaded yet.")
            form_is_over((message.metadata or {}).get("form_open") is False)
            await on_new_message(message)
            tracker = saved_tracker(message.sender_id) or await agent.tracker_store.retrieve(message.sender_id)
            answer = response.json(_turn(message.output_channel.messages, tracker))
            await _shorten(tracker, on_new_message)
            return answer

        @webhook.route("/parse", methods=["POST"])
        async def parse(request: Request) -> HTTPResponse:
            """What the NLU alone makes of `{"text"}`; stores nothing (Rasa's own /model/parse stays closed)."""
            if not self._authentic(request):
                return _problem(401, f"The {SECRET_HEADER} header is absent or wrong.")
            text = _json(request).get("text")
            if not isinstance(text, str) or not text.strip():
                return _problem(422, "`text` must be a non-empty string.")
            return response.json(await Sanic.get_app(request.app.name).ctx.agent.parse_message(text))

        return webhook

    def _authentic(self, request: Request) -> bool:
        return hmac.compare_digest(str(request.headers.get(SECRET_HEADER, "")).encode(), self._secret)


def _read(request: Request) -> tuple[UserMessage | None, str]:
    """The message in the body, or None and what is wrong with it."""
    body = _json(request)
    for field in ("sender", "message"):
        if not isinstance(body.get(field), str) or not body[field].strip():
            return None, f"The body must be a JSON object in which `{field}` is a non-empty string."
    metadata = body.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        return None, "`metadata` must be an object."
    return UserMessage(
        body["message"], ISeeOutput(), body["sender"], input_channel=ISeeInput.name(), metadata=metadata
    ), ""


def _json(request: Request) -> dict[str, Any]:
    """The body as a JSON object; an empty one when it is anything else."""
    try:
        body = request.json
    except InvalidUsage:
        return {}
    return body if isinstance(body, dict) else {}


async def _shorten(
    tracker: DialogueStateTracker | None, on_new_message: Callable[[UserMessage], Awaitable[Any]]
) -> None:
    if tracker is not None and len(tracker.events) > _SESSION_EVENTS and not tracker.active_loop:
        await on_new_message(
            UserMessage("/session_start", ISeeOutput(), tracker.sender_id, input_channel=ISeeInput.name())
        )


def _turn(replies: list[dict[str, Any]], tracker: DialogueStateTracker | None) -> dict[str, Any]:
    if tracker is None:
        return {"replies": replies, "intent": None, "active_loop": None, "slots": {}}
    intent = (tracker.latest_message.intent if tracker.latest_message else None) or {}
    return {
        "replies": replies,
        "intent": {"name": intent.get("name"), "confidence": intent.get("confidence")},
        "active_loop": tracker.active_loop_name,
        "slots": {name: tracker.get_slot(name) for name in ("procedure", "case")},
    }


def _problem(status: int, detail: str) -> HTTPResponse:
    body = {"type": "about:blank", "title": "Engine", "status": status, "detail": detail}
    return response.json(body, status=status, content_type="application/problem+json")
