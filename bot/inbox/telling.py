"""Tells citizens what they asked to be told: work of the outbox, so that it is done once and survives a restart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.notices import Deliver, Notices
from actions.notices.mailing import TOPIC as MAIL
from actions.notices.quiet import QuietHours
from actions.outbox import Entry, Outbox
from bot.inbox.follow_ups import quoted
from bot.inbox.tables import InboxFollowUpRow, InboxQuestionRow
from common.clock import utc_now
from common.database import Database
from common.errors import NotReady
from common.messages import Reply, Status
from knowledge_base.tables import PublicationEntry

__all__ = ["TOPIC", "AnswersAbout", "Telling"]

TOPIC = "inbox.tell"
_LOOK_AGAIN = timedelta(seconds=2)


class AnswersAbout(Protocol):
    """`actions.answers.Answerer`."""

    def answer_about(self, text: str, code: str) -> list[Reply]: ...


class Telling:
    """Puts the work down when a group is solved, and does it."""

    def __init__(
        self, database: Database, outbox: Outbox, notices: Notices, answers: AnswersAbout, quiet: QuietHours,
        index_revision: Callable[[], int], texts: Any, now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`index_revision` says which publication the index has seen; raises NotReady before the first build."""
        self._database, self._outbox, self._notices, self._answers = database, outbox, notices, answers
        self._quiet, self._revision, self._texts, self._now = quiet, index_revision, texts, now
        self.deliver: Deliver | None = None
        outbox.handle(TOPIC, self.on_tell)

    def solved(self, session: Session, number: int, code: str) -> int:
        """Everybody who waits for an answer to a question of this group is to be told; returns how many. Inside the
        transaction that closes the group.
        """
        revision = session.scalar(select(func.max(PublicationEntry.id))) or 0
        waiting = session.scalars(
            select(InboxFollowUpRow).join(
                InboxQuestionRow, (InboxQuestionRow.conversation_id == InboxFollowUpRow.conversation_id)
                & (InboxQuestionRow.digest == InboxFollowUpRow.digest))
            .where(InboxQuestionRow.cluster_id == number, InboxFollowUpRow.state == "waiting")).all()
        for row in waiting:
            row.state, row.procedure = "due", code
            key = f"{row.conversation_id} {row.digest} {row.at.isoformat()} {revision}"
            self._outbox.put(
                session, TOPIC, hashlib.sha256(key.encode()).hexdigest(), row.conversation_id,
                {"question": row.digest, "revision": revision})
        return len(waiting)

    def on_tell(self, entry: Entry) -> datetime | None:
        """The work `inbox.tell`. Raises NotReady while nobody delivers or the index is not built."""
        if self.deliver is None:
            raise NotReady("nobody delivers messages in this process")
        quiet = self._quiet.until(self._now())
        if quiet:
            return quiet
        if self._revision() < int(entry.payload["revision"]):
            return self._now() + _LOOK_AGAIN
        conversation_id, digest = entry.subject, str(entry.payload["question"])
        with self._database.session(write=False) as session:
            row = session.get(InboxFollowUpRow, (conversation_id, digest))
            if row is None or row.state != "due" or not row.procedure:
                return None
            question, code = row.question, row.procedure
        replies = self._answers.answer_about(question, code)
        if self._told(conversation_id, digest, code, replies, entry.key):
            self.deliver.told(conversation_id)
        return None

    def _told(self, conversation_id: str, digest: str, code: str, replies: Sequence[Reply], key: str) -> bool:
        assert self.deliver is not None
        with self._database.session() as session:
            row = session.get(InboxFollowUpRow, (conversation_id, digest), with_for_update=True)
            if row is None or row.state != "due":
                return False
            if not any(reply.answer and reply.answer.procedure.code == code for reply in replies):
                row.state = "waiting"  # the guide was withdrawn meanwhile: there is nothing to tell yet
                return False
            if self._stopped(conversation_id, row.at):
                row.state = "withdrawn"
                return False
            opening = Reply(
                text=self._texts.render("told.chat", question=quoted(row.question)), status=Status.CONTROL)
            if not all(self.deliver.say(session, conversation_id, reply) for reply in (opening, *replies)):
                return False
            row.state, row.told_at = "told", self._now()
            self._mail(session, conversation_id, row.question, replies, key)
            return True

    def _stopped(self, conversation_id: str, since: datetime) -> bool:
        """Whether the citizen asked not to be written to any more, after they asked to be told."""
        choice = self._notices.choices(conversation_id).get("reminder")
        return choice is not None and not choice.given and choice.at > since

    def _mail(
        self, session: Session, conversation_id: str, question: str, replies: Sequence[Reply], key: str
    ) -> None:
        chosen = self._notices.choices(conversation_id).get("mail")
        if not (self._notices.mails and chosen and chosen.given and chosen.address):
            return
        body = self._texts.render(
            "told.mail", question=quoted(question), answer="\n\n".join(reply.text for reply in replies),
            off=self._notices.cards.address(conversation_id))
        self._outbox.put(session, MAIL, key, conversation_id, {
            "to": chosen.address, "subject": self._texts.render("told.subject"), "body": body})
