"""What waits to be sent: which message of a citizen is next, whether it may go now, and what became of it.

Synchronous: call from worker threads, with the citizen's lane "out" taken.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.gateway.tables import ConversationRow
from bot.zalo.echo_match import arrived
from bot.zalo.errors import fault, stopping
from bot.zalo.model import Sent
from bot.zalo.notices_hours import allowed_at
from bot.zalo.quota import CHARGED, Window, window_of
from bot.zalo.rendering.split import split
from bot.zalo.sender_metrics import PARTS
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database

__all__ = ["ECHO_WITHIN", "TEMPLATES", "Job", "Parts"]

_OPEN = ("waiting", "sending", "unknown")
# Template messages need no chat and keep to other hours, so they don't hold up the chat.
TEMPLATES = ("template", "phone")
# An answer of the platform that got lost: its echo shows up within this time, or the message never arrived.
ECHO_WITHIN = timedelta(seconds=30)
# While a request is on its way nobody else looks at it; the lane's lease is as long.
_UNDERWAY = timedelta(seconds=60)
# An answer of the bot that nobody could send for a day doesn't fit the conversation any more.
_STALE = timedelta(hours=24)
_DELAYS_S = (1.0, 4.0, 15.0)
_JITTER = 0.25
# A text this short was refused for another reason than its length.
_SHORTEST_CUT = 200


@dataclass(frozen=True)
class Job:
    """A part that is being sent. `tries` counts this try."""

    id: int
    user_id: str
    conversation_id: str
    message_id: str
    kind: str
    body: dict[str, Any]
    author: str
    tries: int
    window: Window


class Parts:
    """The rows of `zalo_parts` as work."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._now = database, now

    def due(self, limit: int, besides: Collection[str] = ()) -> list[str]:
        """Citizens whose next message, or next template message, is due; who waits longest comes first."""
        heads = (
            select(func.min(ZaloPartRow.id)).where(ZaloPartRow.state.in_(_OPEN))
            .group_by(ZaloPartRow.user_id, ZaloPartRow.kind.in_(TEMPLATES)))
        query = (
            select(ZaloPartRow.user_id)
            .where(
                ZaloPartRow.id.in_(heads), ZaloPartRow.due_at <= self._now(), ZaloPartRow.user_id.not_in(besides))
            .group_by(ZaloPartRow.user_id).order_by(func.min(ZaloPartRow.id)).limit(limit))
        with self._database.session(write=False) as session:
            return list(session.scalars(query))

    def take(self, user_id: str) -> Job | None:
        """The citizen's next part, marked as on its way; None where nothing may go now.

        The fence is checked here, right before sending: what the bot said is dropped where a person has the
        conversation, or had it since.
        """
        with self._database.session() as session:
            for templates in (False, True):
                while (part := self._head(session, user_id, templates)) is not None:
                    if not self._ready(session, part):
                        break
                    if not self._fenced(session, part):
                        return self._begin(session, part)
        return None

    def sent(self, job: Job, sent: Sent) -> None:
        """The platform took it."""
        with self._database.session() as session:
            part = self._locked(session, job)
            if part is None or part.body != job.body:  # erased; or the echo was faster, and it goes on with its rest
                return
            part.quota = sent.quota or CHARGED
            part.zalo_id = part.zalo_id or sent.message_id or None
            if part.state != "sent":  # as after a faster echo
                arrived(part, self._now())
            if part.state == "sent":
                PARTS.labels(part.kind, "sent").inc()

    def again(self, job: Job, code: int | None, reason: str) -> None:
        """Tries later: after 1, 4 and 15 seconds, give or take a quarter, so that replicas don't march in step."""
        wait = _DELAYS_S[min(job.tries, len(_DELAYS_S)) - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
        self.put_off(job, self._now() + timedelta(seconds=wait), code, reason)

    def put_off(self, job: Job, due: datetime, code: int | None, reason: str, *, counts: bool = True) -> None:
        """Waits until `due`; `counts=False` where the try says nothing about this message."""
        with self._database.session() as session:
            part = self._locked(session, job)
            if part is not None and part.state != "sent":
                part.state, part.due_at, part.code, part.error = "waiting", due, code, reason
                part.tries -= 0 if counts else 1

    def halved(self, job: Job) -> bool:
        """Cuts a text that the platform finds too long: its first half goes at once, the `rest` follows. False for what
        can't be cut."""
        text = str(job.body.get("text") or "").strip()
        if job.kind != "text" or len(text) < _SHORTEST_CUT:
            return False
        with self._database.session() as session:
            part = self._locked(session, job)
            if part is None or part.state != "sending":
                return True
            first = split(text, len(text) // 2 + 1)[0]
            rest = "\n".join(filter(None, (text[len(first) :].lstrip(), job.body.get("rest"))))
            part.body = {"text": first, "rest": rest}
            part.state, part.due_at = "waiting", self._now()
            part.tries -= 1
        return True

    def unsure(self, job: Job, reason: str) -> None:
        """Nobody knows whether it arrived: the echo decides."""
        with self._database.session() as session:
            part = self._locked(session, job)
            if part is not None and part.state == "sending":
                part.state, part.due_at, part.error = "unknown", self._now() + ECHO_WITHIN, reason

    def failed(self, job: Job, code: int | None, reason: str) -> None:
        """Given up; the rest of the same message isn't sent, and what was sent stays known."""
        with self._database.session() as session:
            part = self._locked(session, job)
            if part is None or part.state == "sent":
                return
            self._end(part, "failed", code, reason)
            self._stop_rest(session, part)

    def replaced(self, job: Job, code: int | None, add: Callable[[Session, ZaloPartRow], bool]) -> bool:
        """Lets `add` put template messages in the place of this one, whose window is closed; False where it can't."""
        with self._database.session() as session:
            part = self._locked(session, job)
            if part is None or part.state == "sent" or not add(session, part):
                return False
            self._end(part, "dropped", code, "template")
            self._stop_rest(session, part, "template")
            return True

    def seen(self, job: Job, last: datetime) -> bool:
        """Notes when the platform saw the citizen last; whether that leaves the window open."""
        with self._database.session() as session:
            user = session.get(ZaloUserRow, job.user_id)
            if user is not None and (user.last_interaction is None or user.last_interaction < last):
                user.last_interaction = last
        return window_of(last, self._now()).state != "closed"

    def hasten(self) -> None:
        """What was put off until a person mends the cause is due now."""
        query = update(ZaloPartRow).where(
            ZaloPartRow.state == "waiting", ZaloPartRow.code.in_(stopping()), ZaloPartRow.due_at > self._now())
        with self._database.session() as session:
            session.execute(query.values(due_at=self._now()))

    def waiting(self) -> int:
        """How many parts wait."""
        query = select(func.count()).select_from(ZaloPartRow).where(ZaloPartRow.state.in_(_OPEN))
        with self._database.session(write=False) as session:
            return session.scalar(query) or 0

    def _head(self, session: Session, user_id: str, templates: bool) -> ZaloPartRow | None:
        kind = ZaloPartRow.kind.in_(TEMPLATES) if templates else ZaloPartRow.kind.not_in(TEMPLATES)
        query = (
            select(ZaloPartRow).where(ZaloPartRow.user_id == user_id, ZaloPartRow.state.in_(_OPEN), kind)
            .order_by(ZaloPartRow.id).limit(1).with_for_update())
        return session.scalars(query).first()

    def _ready(self, session: Session, part: ZaloPartRow) -> bool:
        """Whether the part may be begun now; else it says when to look again."""
        now = self._now()
        if part.state == "sending" and part.due_at > now:
            return False  # another process, whose lease just ran out, is still at it
        if part.state == "sending":  # left behind by a process that died
            part.state, part.due_at, part.error = "unknown", now + ECHO_WITHIN, "unknown"
        if part.due_at > now:
            return False
        if part.kind in TEMPLATES and (at := allowed_at(now)) > now:
            part.due_at = at
            return False
        return True

    def _fenced(self, session: Session, part: ZaloPartRow) -> bool:
        """Ends a part that must not be said any more; True where it did."""
        if part.state == "unknown" and part.tries > fault("unknown").tries:
            self._end(part, "failed", None, "unknown")
            self._stop_rest(session, part)
            return True
        user = session.get(ZaloUserRow, part.user_id)
        if user is not None and user.left_at and part.created_at <= user.left_at:
            self._end(part, "dropped", None, "left")  # it was just being tried when its citizen left
            return True
        if part.author != "bot":
            return False
        if self._now() - part.created_at > _STALE:
            self._end(part, "failed", None, "stale")
            return True
        row = session.get(ConversationRow, part.conversation_id)
        paused = bool(user and user.paused_until and user.paused_until > self._now())
        if not paused and row is not None and _bots_own(part, row):
            return False
        self._end(part, "dropped", None, "owner")
        return True

    def _begin(self, session: Session, part: ZaloPartRow) -> Job:
        user = session.get(ZaloUserRow, part.user_id)
        window = window_of(user.last_interaction if user else None, self._now())
        part.state, part.tries, part.due_at = "sending", part.tries + 1, self._now() + _UNDERWAY
        return Job(
            part.id, part.user_id, part.conversation_id, part.message_id, part.kind, dict(part.body), part.author,
            part.tries, window)

    def _stop_rest(self, session: Session, part: ZaloPartRow, reason: str = "before") -> None:
        session.execute(
            update(ZaloPartRow)
            .where(
                ZaloPartRow.conversation_id == part.conversation_id, ZaloPartRow.message_id == part.message_id,
                ZaloPartRow.id > part.id, ZaloPartRow.kind.not_in(TEMPLATES), ZaloPartRow.state.in_(_OPEN))
            .values(state="dropped", error=reason))

    def _locked(self, session: Session, job: Job) -> ZaloPartRow | None:
        """The part as it stands; None where its conversation was erased meanwhile."""
        return session.get(ZaloPartRow, job.id, with_for_update=True)

    @staticmethod
    def _end(part: ZaloPartRow, state: str, code: int | None = None, reason: str = "") -> None:
        part.state, part.code, part.error = state, code, reason[:300]
        PARTS.labels(part.kind, state if state != "failed" else f"failed {code if code is not None else reason}").inc()


def _bots_own(part: ZaloPartRow, row: ConversationRow) -> bool:
    """Whether nobody else has, or had, the conversation since the bot said this. The turn that asks for a person is
    answered under the old epoch and starts the next one: its own answer still counts."""
    if row.owner == "agent":
        return False
    asked = row.owner == "waiting" and part.owner_epoch is not None and row.owner_epoch == part.owner_epoch + 1
    return asked or part.owner_epoch is None or row.owner_epoch == part.owner_epoch
