"""A citizen whose question stays open may ask to be told when there is an answer, and is told: once, word for word from
the guide, by the usual way of answering.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update

from actions.answers.buttons import payload
from actions.messages import Messages
from bot.gateway.tables import MessageRow
from bot.inbox.meaning import digest_of
from bot.inbox.tables import InboxFollowUpRow
from common.clock import utc_now
from common.database import Database
from common.messages import Button, Reply, Status

__all__ = ["INTENT", "MESSAGES_FILE", "FollowUps", "Offer"]

INTENT = "tell_me_later"
MESSAGES_FILE = Path(__file__).parent / "messages.yml"
_BACK = 60
_QUOTED = 300


@dataclass(frozen=True)
class Offer:
    """What the texts say of the service: days that a conversation is kept, quiet hours ("" for none), whether letters
    can be sent, and where the citizen's page of notices is."""

    days: int
    quiet: str
    mails: bool
    manage: Callable[[str], str]


class FollowUps:
    """Takes the wish down, by buttons; `bot.inbox.telling` fulfils it. Synchronous: call from a worker thread."""

    def __init__(self, database: Database, offer: Offer, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._offer, self._now = database, offer, now
        self.texts = Messages.load(MESSAGES_FILE)

    def button(self, conversation_id: str, question: str) -> Button | None:
        """The offer under an answer that isn't one; None where the citizen agreed to it before."""
        digest = digest_of(question)
        with self._database.session(write=False) as session:
            known = session.get(InboxFollowUpRow, (conversation_id, digest))
        if known is not None and known.state in ("waiting", "due"):
            return None
        return self._button("offer", "ask", digest)

    def take(self, conversation_id: str, chosen: str) -> Reply | None:
        """The reply to a button of ours; None for the payload of any other."""
        head, brace, rest = chosen.partition("{")
        if head != f"/{INTENT}":
            return None
        try:
            said = json.loads(brace + rest)
            act, digest = str(said["act"]), str(said["question"])
        except (ValueError, KeyError, TypeError):
            return self._say("choice.gone")
        if act == "off":
            self.withdraw(conversation_id, digest)
            return self._say("choice.off")
        question = self._asked(conversation_id, digest)
        if question is None:
            return self._say("choice.gone")
        return self._agreed(conversation_id, digest, question) if act == "on" else self._consent(digest, question)

    def withdraw(self, conversation_id: str, digest: str) -> None:
        """Nothing is told any more about this question."""
        with self._database.session() as session:
            session.execute(update(InboxFollowUpRow).where(
                InboxFollowUpRow.conversation_id == conversation_id, InboxFollowUpRow.digest == digest,
                InboxFollowUpRow.state != "told").values(state="withdrawn"))

    def _consent(self, digest: str, question: str) -> Reply:
        offer = self._offer
        text = self.texts.render(
            "consent.ask", question=quoted(question), mail=offer.mails, days=offer.days,
            quiet=offer.quiet.replace("-", "–"))
        buttons = [self._button("agree", "on", digest), self._button("refuse", "off", digest)]
        return Reply(text=text, status=Status.CONTROL, buttons=buttons)

    def _agreed(self, conversation_id: str, digest: str, question: str) -> Reply:
        with self._database.session() as session:
            row = session.get(InboxFollowUpRow, (conversation_id, digest))
            known = row is not None and row.state in ("waiting", "due")
            if not known:
                row = row or InboxFollowUpRow(conversation_id=conversation_id, digest=digest)
                row.question, row.text_version = question, self.texts.render("consent.version")
                row.state, row.at, row.told_at, row.procedure = "waiting", self._now(), None, None
                session.add(row)
        buttons = [self._button("off", "off", digest)]
        if self._offer.mails:
            address = self._offer.manage(conversation_id)
            buttons.append(Button(title=self.texts.render("button.manage"), url=address))
        return self._say("choice.known" if known else "choice.on", buttons)

    def _asked(self, conversation_id: str, digest: str) -> str | None:
        """The citizen's (masked) words with this digest, read from the conversation."""
        query = (
            select(MessageRow.text).where(
                MessageRow.conversation_id == conversation_id, MessageRow.author == "citizen")
            .order_by(MessageRow.id.desc()).limit(_BACK))
        with self._database.session(write=False) as session:
            return next((text for text in session.scalars(query) if digest_of(text) == digest), None)

    def _button(self, title: str, act: str, digest: str) -> Button:
        return Button(title=self.texts.render(f"button.{title}"), payload=payload(INTENT, act=act, question=digest))

    def _say(self, key: str, buttons: list[Button] | None = None) -> Reply:
        return Reply(text=self.texts.render(key), status=Status.CONTROL, buttons=buttons or [])


def quoted(question: str) -> str:
    """The question as it is quoted back: on one line, cut where it is long."""
    said = " ".join(question.split())
    return said if len(said) <= _QUOTED else said[: _QUOTED - 2].rsplit(" ", 1)[0] + " …"
