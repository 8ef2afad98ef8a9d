"""The webhook's door: what a request is answered with, and what of it is written to the queue (SPEC section 3).

Any answer but 200 counts as a failure at the platform, and after some of them it takes the webhook off. So 200 is the
answer to everything but two cases: a signature that is wrong in strict mode (401), and an event that could not be
written (503), which is sent again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from anyio.to_thread import run_sync

from bot.zalo.alarms import Alarms
from bot.zalo.events import Refusal, load, read, text_of
from bot.zalo.inbound_metrics import ANSWERED, MISMATCHES
from bot.zalo.queue import KEEP
from bot.zalo.queue_writing import Full, GroupWriter
from bot.zalo.settings import ZaloSettings
from bot.zalo.signature import HEADER, SERVER_HEADER, Verdict, verdict

__all__ = ["MOST_BYTES", "Door", "health"]

# The longest genuine event holds a text of a few thousand characters.
MOST_BYTES = 128 * 1024
_RETRY_HEADER = "num_retry"
# The platform's clock may be a little ahead of ours.
_AHEAD_S = 600
_ALARM_EVERY_S = 30.0
_log = structlog.get_logger(__name__)


def health(settings: ZaloSettings) -> str:
    """The webhook's state in a word, for whoever watches the service."""
    if not settings.enabled:
        return "off"
    if settings.waiting_for_secret:
        return "waiting for OA secret"
    return "up" if settings.signature_mode == "strict" else f"signatures {settings.signature_mode}"


@dataclass(frozen=True)
class _Answer:
    status: int
    verdict: str


class Door:
    """Answers requests of the webhook. Used from one event loop."""

    def __init__(self, settings: ZaloSettings, writer: GroupWriter, alarms: Alarms) -> None:
        self._settings, self._writer, self._alarms = settings, writer, alarms
        self._raised: dict[str, float] = {}

    async def receive(self, raw: bytes, headers: Mapping[str, str]) -> int:
        """The status to answer with. `raw` is the body exactly as it arrived; `headers` are looked up in lower case."""
        answer = await self._answer(raw, headers)
        ANSWERED.labels(answer.verdict).inc()
        return answer.status

    async def _answer(self, raw: bytes, headers: Mapping[str, str]) -> _Answer:
        settings = self._settings
        if settings.waiting_for_secret:
            return _Answer(200, "waiting")
        body = load(raw)
        signature = headers.get(HEADER.lower())
        if not signature and (body == {} or not raw.strip()):
            return _Answer(200, "probe")
        stamp = text_of(body, "timestamp")
        refused = await self._unsigned(signature, raw, stamp, headers)
        if refused:
            return refused
        event = read(body, oa_id=settings.oa_id, app_id=settings.app_id) if body is not None else Refusal.MALFORMED
        if event is Refusal.FOREIGN:
            await self._alarm("zalo_foreign_oa", "")
        if isinstance(event, Refusal):
            return _Answer(200, event.value)
        if self._stale(event.sent_ms, headers):
            await self._alarm("zalo_stale_event", event.name)
            return _Answer(200, "stale")
        try:
            await self._writer.put(event, raw)
        except Full as error:
            await self._alarm("zalo_queue_write", str(error))
            return _Answer(503, "not_written")
        return _Answer(200, "queued")

    async def _unsigned(
        self, signature: str | None, raw: bytes, stamp: str, headers: Mapping[str, str]
    ) -> _Answer | None:
        """The answer to an event whose signature is wrong; None where it is right, or doesn't matter."""
        settings = self._settings
        if settings.signature_mode == "disabled":
            return None
        logging = settings.signature_mode == "log_only"
        found = verdict(
            signature, raw, stamp, app_id=settings.app_id, oa_id=settings.oa_id,
            secret=settings.oa_secret_key.get_secret_value(), explain=logging)
        if logging:
            _log.info("zalo_signature", genuine=found.genuine, given=found.given, oa_id_first=found.oa_id_matched)
        if found.genuine:
            return None
        MISMATCHES.inc()
        await self._alarm("zalo_signature", _why(found))
        if logging:
            return None
        if SERVER_HEADER.lower() in headers:
            # How callbacks of template messages are signed is not known for sure [L]: never taken without a signature
            # that we understand, and never answered in a way that would take the webhook off.
            return _Answer(200, "template_unsigned")
        return _Answer(401, "signature")

    def _stale(self, sent_ms: int, headers: Mapping[str, str]) -> bool:
        """Whether the event is too old to be taken. A repeat of the platform may be late, but the header that tells it
        is not signed: so nothing is taken that is older than repeats are known for."""
        if not sent_ms:
            return self._settings.signature_mode == "strict"
        age = time.time() - sent_ms / 1000
        repeated = headers.get(_RETRY_HEADER, "").strip().isdigit()
        window = max(self._settings.replay_window_s, _REPEATS_S) if repeated else self._settings.replay_window_s
        return not -_AHEAD_S <= age <= min(window, _REPEATS_S)

    async def _alarm(self, kind: str, detail: str) -> None:
        """Raises an alarm, now and then while it goes on: a flood of forgeries must not become one of writes."""
        now = time.monotonic()
        if now - self._raised.get(kind, float("-inf")) < _ALARM_EVERY_S:
            return
        self._raised[kind] = now
        try:
            await run_sync(self._alarms.raise_, kind, detail)
        except Exception as error:  # the database may be what the alarm is about
            _log.error("zalo_alarm_not_kept", kind=kind, exc_info=error)


# A little less than keys are kept for, since they count from our own clock.
_REPEATS_S = KEEP.total_seconds() - 2 * _AHEAD_S


def _why(found: Verdict) -> str:
    if not found.given:
        return "an event without a signature"
    return "signed with the OA's id first" if found.oa_id_matched else "a signature that doesn't match"
