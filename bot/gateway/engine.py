"""The call to the Rasa engine: bounded in time, behind a circuit breaker, its reply checked."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog
from pydantic import ValidationError

from bot.gateway.metrics import ENGINE_SECONDS, ENGINE_UP
from common.breaker import CircuitBreaker
from common.messages import Button, Reply, Status

__all__ = ["EngineAnswer", "EngineClient", "EngineDown", "parse_answer"]

SECRET_HEADER = "X-ISee-Secret"  # noqa: S105 - the header's name
_PATH = "/webhooks/isee/webhook"
_log = structlog.get_logger(__name__)


class EngineDown(Exception):
    """Rasa did not give a usable answer; `reason` is one word for the metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class EngineAnswer:
    """What Rasa replied to one message."""

    replies: list[Reply]
    intent: str = ""
    confidence: float = 0.0
    slots: dict[str, Any] = field(default_factory=dict)


# An engine that stumbles over one message is well for everybody else: only absence opens the circuit.
_AWAY = ("late", "unreachable")


class EngineClient:
    """Asks Rasa over loopback with the shared secret.

    Args:
        base_url: gives the engine's address at the time of the call (a restart may change the port).
        secret: what both processes show each other.
        timeout_s: longest wait for one turn.
    """

    def __init__(self, base_url: Callable[[], str], secret: str, timeout_s: float, breaker: CircuitBreaker) -> None:
        self._base_url, self._timeout, self.breaker = base_url, timeout_s, breaker
        self._http = httpx.AsyncClient(
            headers={SECRET_HEADER: secret},
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 2.0)),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
            trust_env=False,
        )

    async def ask(self, conversation_id: str, message: str, metadata: dict[str, Any]) -> EngineAnswer:
        """One turn of dialogue. Raises EngineDown when Rasa is down, late, or answers nonsense or nothing."""
        if not self.breaker.allows():
            raise EngineDown("breaker_open")
        started = time.perf_counter()
        outcome = "failed"
        try:
            answer = await self._call({"sender": conversation_id, "message": message, "metadata": metadata})
            outcome = "answered"
        except EngineDown as error:
            outcome = error.reason
            self._note_failure(error.reason, started)
            raise
        finally:
            ENGINE_SECONDS.labels(outcome).observe(time.perf_counter() - started)
        self.breaker.succeeded()
        ENGINE_UP.set(1)
        if not answer.replies:
            raise EngineDown("silent")
        return answer

    async def close(self) -> None:
        await self._http.aclose()

    async def _call(self, body: dict[str, Any]) -> EngineAnswer:
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._http.post(self._base_url() + _PATH, json=body)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise EngineDown("late") from error
        except httpx.HTTPError as error:
            raise EngineDown("unreachable") from error
        if response.status_code != 200:
            raise EngineDown(f"http_{response.status_code}")
        try:
            return parse_answer(response.json())
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise EngineDown("garbage") from error

    def _note_failure(self, reason: str, started: float) -> None:
        if reason in _AWAY:
            self.breaker.failed()
        if self.breaker.open:
            ENGINE_UP.set(0)
        _log.warning("engine_failed", reason=reason, waited_s=round(time.perf_counter() - started, 3))


def parse_answer(body: Any) -> EngineAnswer:
    """Reads the `isee` channel's response. Raises ValueError, TypeError or KeyError where it isn't one."""
    if not isinstance(body, dict) or not isinstance(body.get("replies"), list):
        raise ValueError("the engine's answer has no list of replies")
    intent = body.get("intent") or {}
    return EngineAnswer(
        replies=[_reply(item) for item in body["replies"]],
        intent=str(intent.get("name") or ""),
        confidence=float(intent.get("confidence") or 0.0),
        slots=dict(body.get("slots") or {}),
    )


def _reply(item: dict[str, Any]) -> Reply:
    custom = item.get("custom") or {}
    if isinstance(custom, str):
        custom = json.loads(custom)
    if "text" in custom:
        try:
            return Reply.model_validate(custom)
        except ValidationError as error:
            raise ValueError(f"an action's reply is malformed: {error}") from error
    text = str(item.get("text") or "").strip()
    if not text:
        raise ValueError("the engine sent a reply without text")
    status = custom.get("status") or (item.get("metadata") or {}).get("status") or Status.SMALLTALK
    return Reply(text=text, status=Status(status), buttons=[_button(button) for button in item.get("buttons") or []])


def _button(button: dict[str, Any]) -> Button:
    target = next(key for key in ("url", "phone", "payload") if button.get(key))
    return Button.model_validate({"title": button["title"], target: button[target]})
