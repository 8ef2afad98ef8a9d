"""Sends what waits, each citizen's messages in their order, and does what the platform's errors ask for (SPEC 5.14)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from anyio.to_thread import run_sync

from bot.gateway.hub import wait
from bot.zalo.alarms import Alarms
from bot.zalo.client import ZaloClient
from bot.zalo.errors import Fault, fault_of, lost
from bot.zalo.lanes import Lanes, given, taken
from bot.zalo.model import Act, SendFailed, Sent
from bot.zalo.notices import Notices
from bot.zalo.notices_hours import morning, tomorrow
from bot.zalo.sender_metrics import WAITING
from bot.zalo.sender_parts import TEMPLATES, Job, Parts
from common.clock import utc_now

__all__ = ["Loading", "MenuFallback", "Sender"]

_AT_ONCE = 16
_IDLE_S = 0.5
# Together with waiting for a turn to call this stays below the lane's lease.
_WITHIN_S = 50.0
# How long sending rests before it is tried whether somebody mended the cause of an alarm; meanwhile it is looked
# whether anybody closed the alarm: staff at the console, a consent, a message that another replica could send.
_PROBE, _LOOK = timedelta(minutes=5), timedelta(seconds=2)
_log = structlog.get_logger(__name__)


class MenuFallback(Protocol):
    """`bot.zalo.menus.Menus`."""

    def as_menu(self, part_id: int) -> dict[str, Any] | None:
        """Rewrites a part with buttons as a text with a numbered menu and gives the new body; None for any other."""


class Loading(Protocol):
    """Gives what a picture or file part shows."""

    def load(self, media: Mapping[str, Any]) -> bytes | None:
        """The bytes; None where they are gone."""


class Sender:
    """Works off `zalo_parts`, many citizens at once, one message of each at a time, over all replicas."""

    def __init__(
        self, parts: Parts, lanes: Lanes, client: ZaloClient, notices: Notices, alarms: Alarms, menus: MenuFallback,
        media: Loading, now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._parts, self._lanes, self._client, self._notices, self._alarms = parts, lanes, client, notices, alarms
        self._menus, self._media, self._now = menus, media, now
        self._rests = {"all": self._now(), "charged": self._now()}
        self._stopped_by: dict[str, tuple[str, datetime]] = {}
        self._looked, self._hasten = self._now(), False
        self._busy: set[str] = set()
        self._awake: asyncio.Event | None = None

    def wake(self) -> None:
        """There is something new; call it from the event loop."""
        if self._awake is not None:
            self._awake.set()

    def resume(self) -> None:
        """What stopped sending was mended, as by a new consent: there is no need to wait for the next probe."""
        self._rests = {"all": self._now(), "charged": self._now()}
        self._hasten = True
        self.wake()

    async def run(self) -> None:
        """Sends until cancelled."""
        self._awake = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            while True:
                for user_id in await self._due():
                    self._busy.add(user_id)
                    group.create_task(self._guarded(user_id))
                await wait(self._awake, _IDLE_S)

    async def work(self) -> int:
        """One round: everything that is due now, to its end; returns how many citizens were looked at."""
        users = await self._due()
        self._busy.update(users)
        await asyncio.gather(*(self._guarded(user_id) for user_id in users))
        return len(users)

    async def _due(self) -> list[str]:
        try:
            WAITING.set(await run_sync(self._parts.waiting))
            await self._look_mended()
            free = _AT_ONCE - len(self._busy)
            if free <= 0 or self._now() < self._rests["all"]:
                return []
            return await run_sync(self._parts.due, free, set(self._busy))
        except Exception as error:  # a database that is away for a minute must not end the work for good
            _log.error("zalo_sender_failed", error=type(error).__name__)
            return []

    async def _guarded(self, user_id: str) -> None:
        """Everything that is due for one citizen, where no other process is at it."""
        try:
            if not await taken(self._lanes, user_id, "out"):
                return
            try:
                if await self._all_of(user_id):
                    self.wake()
            finally:
                await given(self._lanes, user_id, "out")
        except Exception as error:  # one citizen's trouble is not the others'; the part is looked at again
            _log.error("zalo_send_crashed", error=type(error).__name__)
        finally:
            self._busy.discard(user_id)

    async def _all_of(self, user_id: str) -> int:
        """How many messages were tried."""
        tried = 0
        while (began := self._now()) >= self._rests["all"] and await run_sync(self._lanes.keep, user_id, "out"):
            job = await run_sync(self._parts.take, user_id)
            if job is None:
                break
            await self._one(job, began)
            tried += 1
        return tried

    async def _one(self, job: Job, began: datetime) -> None:
        """`began`: when nothing stopped it; what stops sending after that moment isn't mended by its success."""
        try:
            if _costs(job) and self._now() < self._rests["charged"]:
                await run_sync(lambda: self._parts.put_off(job, self._rests["charged"], -211, "quota", counts=False))
                return
            async with asyncio.timeout(_WITHIN_S):
                sent = await self._send(job)
        except TimeoutError:
            await self._settle(job, lost("unknown"))
        except SendFailed as error:
            await self._settle(job, error)
        else:
            await run_sync(self._parts.sent, job, sent)
            await self._mended(job, began)

    async def _send(self, job: Job) -> Sent:
        if job.kind in TEMPLATES:
            return await self._notices.send(job)
        if job.window.state == "closed" and not await self._reopened(job):
            raise lost("window")
        try:
            return await self._client.send(job.user_id, await self._message(job))
        except SendFailed as error:
            if error.act is not Act.REUPLOAD:
                raise
        content = await run_sync(self._media.load, job.body.get("media") or {})
        if content is not None:
            await self._client.forget_upload(content)
        return await self._client.send(job.user_id, await self._message(job))

    async def _reopened(self, job: Job) -> bool:
        """The platform may know of an interaction that reached us by no event."""
        try:
            last = await self._client.last_interaction(job.user_id)
        except SendFailed as error:
            if error.act is Act.ALARM:
                raise
            return False
        return last is not None and await run_sync(self._parts.seen, job, last)

    async def _message(self, job: Job) -> dict[str, Any]:
        """The platform's message object; what can't be uploaded is said in other words (`otherwise`)."""
        if job.kind not in ("image", "file"):
            return {name: value for name, value in job.body.items() if name != "rest"}
        content = await run_sync(self._media.load, job.body["media"])
        if content is None:
            return dict(job.body["otherwise"])
        name = str(job.body.get("name") or "tep")
        try:
            if job.kind == "file":
                token = await self._client.upload_file(content, name)
                return {"attachment": {"type": "file", "payload": {"token": token}}}
            picture = await self._client.upload_image(content, name)
        except SendFailed as error:
            if error.act in (Act.PERMANENT, Act.SPLIT, Act.MENU):
                return dict(job.body["otherwise"])
            # An upload without an answer was shown to nobody: it may simply be repeated.
            raise lost("network") if error.act is Act.UNKNOWN else error from error
        text = {"text": job.body["text"]} if job.body.get("text") else {}
        element = {"media_type": "image", "attachment_id": picture}
        payload = {"template_type": "media", "elements": [element]}
        return {**text, "attachment": {"type": "template", "payload": payload}}

    async def _settle(self, job: Job, error: SendFailed) -> None:
        """Does what the error asks for."""
        found, now = fault_of(error), self._now()
        reason = error.message or str(error.act)
        if found.alarm:
            await run_sync(self._alarms.raise_, found.alarm, f"{error.code or ''} {found.says}".strip())
        if error.act is Act.RETRY and job.tries <= found.tries:
            await run_sync(self._parts.again, job, error.code, reason)
        elif error.act is Act.UNKNOWN and job.kind != "phone":  # of which there is no echo to wait for
            await run_sync(self._parts.unsure, job, reason)
        elif found.stops:
            due = now if self._rest(job, found) == "all" else now + _PROBE
            await run_sync(lambda: self._parts.put_off(job, due, error.code, reason, counts=False))
        elif error.act in (Act.LATER, Act.TOMORROW):
            due = tomorrow(now) if error.act is Act.TOMORROW else morning(now)
            await run_sync(lambda: self._parts.put_off(job, due, error.code, reason, counts=False))
        elif error.act is Act.MENU and await run_sync(self._menus.as_menu, job.id) is not None:
            await run_sync(lambda: self._parts.put_off(job, now, None, "", counts=False))
        elif not await self._otherwise(job, error):
            await run_sync(self._parts.failed, job, error.code, reason)

    async def _otherwise(self, job: Job, error: SendFailed) -> bool:
        """Whether it can be said in another way: in halves, or as a template message."""
        if error.act is Act.SPLIT:
            return await run_sync(self._parts.halved, job)
        if error.act is not Act.WINDOW:
            return False
        code = error.code if error.code is not None else -230
        return await run_sync(self._parts.replaced, job, code, self._notices.instead)

    def _rest(self, job: Job, found: Fault) -> str:
        """Nothing is sent for a while (`all`), or nothing that costs (`charged`); then one message tries whether it was
        mended."""
        scope = "all" if found.stops == "all" or not _costs(job) else "charged"
        self._rests[scope] = self._now() + _PROBE
        self._stopped_by[found.alarm] = (scope, self._now())
        _log.error("zalo_sending_rests", scope=scope, alarm=found.alarm, minutes=_PROBE.seconds // 60)
        return scope

    async def _mended(self, job: Job, began: datetime) -> None:
        """A message went out that was begun after sending stopped: that is over; of what costs, only one that does
        proves it."""
        for alarm, (scope, since) in list(self._stopped_by.items()):
            if began > since and (scope == "all" or _costs(job)):
                await run_sync(self._alarms.clear, alarm)
                self._lift(alarm)
                self.wake()

    async def _look_mended(self) -> None:
        """Goes on where somebody else closed the alarms that stopped sending."""
        now = self._now()
        if self._stopped_by and now - self._looked >= _LOOK:
            self._looked, known = now, dict(self._stopped_by)
            still = {alarm.kind for alarm in await run_sync(self._alarms.open)}
            for alarm, stop in known.items():
                if alarm not in still and self._stopped_by.get(alarm) == stop:  # not stopped anew meanwhile
                    self._lift(alarm)
        if self._hasten:
            self._hasten = False
            await run_sync(self._parts.hasten)

    def _lift(self, alarm: str) -> None:
        """One cause is mended; the last one of its scope takes the rest along, and what was put off is due."""
        scope, _ = self._stopped_by.pop(alarm)
        if all(other != scope for other, _ in self._stopped_by.values()):
            self._rests[scope] = min(self._rests[scope], self._now())
            self._hasten = True


def _costs(job: Job) -> bool:
    """Whether the message may be charged."""
    return job.kind in TEMPLATES or job.window.state == "charged"
