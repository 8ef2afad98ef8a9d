"""What the OA said comes back as an event. Ours is known already; a person's words, written in Zalo's own tool, are
stored in the transcript and silence the bot for a while (SPEC section 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from anyio.to_thread import run_sync
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.desk.cases import add_note, claimed, open_case, queued, request_of
from bot.desk.fence import ON_ZALO, pass_to
from bot.gateway.hub import DESK, EventHub
from bot.gateway.store import ConversationStore, add_message, locked
from bot.gateway.tables import ConversationRow
from bot.zalo.inbound_reading import words
from bot.zalo.model import Event
from bot.zalo.pauses import Pauses
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.identifiers import mask

__all__ = ["Echoes"]

_ECHO = "oa_send_"
_KINDS = {"oa_send_image": "image", "oa_send_gif": "image", "oa_send_file": "file"}


class _Tied(Exception):
    """The citizen wrote a moment ago and has a conversation by now (or was forgotten: None); ours is not opened."""

    def __init__(self, conversation_id: str | None) -> None:
        super().__init__()
        self.conversation_id = conversation_id


class Echoes:
    """Args:
        ours: whether we sent it ourselves (`bot.zalo.echo_match.matched`, which notes that it arrived).
        field: the field of a procedure's guide, by its code ("" where unknown).
    """

    def __init__(
        self, database: Database, store: ConversationStore, hub: EventHub, texts: Messages, pauses: Pauses,
        ours: Callable[[Session, Event], bool], field: Callable[[str], str],
    ) -> None:
        self._database, self._store, self._hub, self._texts = database, store, hub, texts
        self._pauses, self._ours, self._field = pauses, ours, field

    async def take(self, event: Event) -> bool:
        """Handles an `oa_send_*` event; may be called again with the same one. True where staff spoke. It is never
        answered."""
        conversation_id = await run_sync(self._take, event)
        if conversation_id is None:
            return False
        self._hub.wake(conversation_id)
        self._hub.wake(DESK)
        return True

    def _take(self, event: Event) -> str | None:
        """The conversation in which staff spoke; None for our own words and for what can't be placed."""
        if not event.name.startswith(_ECHO) or not event.subject:
            return None
        with self._database.session() as session:
            # An echo without admin_id is an API call's: ours that is not noted yet, or nobody's that we know.
            if self._ours(session, event) or not event.admin_id or self._known(session, event):
                return None
        conversation_id = self._conversation(event)
        if conversation_id is None:
            return None
        with self._database.session() as session:
            row = locked(session, conversation_id)
            user = session.get(ZaloUserRow, event.subject, with_for_update=True)
            if user is None or self._known(session, event):
                return None
            self._own(session, row, user, event.admin_id)
            said = add_message(session, row, "agent", self._words(event))
            session.add(ZaloPartRow(
                user_id=user.user_id, conversation_id=row.id, message_id=said.id, part=0, kind="text", body={},
                author="agent", owner_epoch=row.owner_epoch, state="echo", zalo_id=event.msg_id or None,
                sent_at=said.at))
        return conversation_id

    def _known(self, session: Session, event: Event) -> bool:
        """Whether this very echo was taken before."""
        return bool(event.msg_id) and session.scalar(select(ZaloPartRow.id).where(
            ZaloPartRow.zalo_id == event.msg_id, ZaloPartRow.state == "echo").limit(1)) is not None

    def _conversation(self, event: Event) -> str | None:
        """The citizen's conversation; staff may write first, then one is opened without a greeting. None where the
        citizen was forgotten meanwhile."""
        with self._database.session() as session:
            user = session.get(ZaloUserRow, event.subject)
            if user is None:
                session.add(ZaloUserRow(user_id=event.subject, oa_id=event.oa_id, turned_upto=""))
            elif user.conversation_id:
                return user.conversation_id

        def tie(session: Session, conversation_id: str) -> None:
            user = session.get(ZaloUserRow, event.subject, with_for_update=True)
            if user is None or user.conversation_id:
                raise _Tied(user.conversation_id if user else None)
            user.conversation_id, user.turned_upto = conversation_id, ""

        try:
            return self._store.open([], channel="zalo", also=tie).id
        except _Tied as other:
            return other.conversation_id

    def _own(self, session: Session, row: ConversationRow, user: ZaloUserRow, admin_id: str) -> None:
        """The conversation is a person's now. Who has it at the desk keeps it, and is told that somebody else spoke."""
        if row.owner == "agent" and row.agent != ON_ZALO:
            add_note(session, row.id, "system", "system", self._texts.render("pause.note.beside"))
            return
        self._pauses.prolong(user, admin_id)
        if row.owner == "agent":
            return
        case = open_case(session, row.id)
        if case is None:
            asked = request_of(session, row.id, "taken")
            request = replace(asked, procedure=asked.procedure or row.last_procedure)
            case = queued(session, row, request, self._field(request.procedure or ""))
        before = row.owner
        pass_to(row, "agent", ON_ZALO)
        claimed(session, case, ON_ZALO)
        case.first_reply_at = case.first_reply_at or utc_now()
        note = self._texts.render("pause.note.began", minutes=self._pauses.minutes)
        add_note(session, row.id, "system", "system", note)
        record(session, "system", "desk.claim", f"conversation:{row.id}", before={"owner": before},
               after={"agent": ON_ZALO})

    def _words(self, event: Event) -> str:
        text = words(event)
        kind = "" if event.name == "oa_send_text" else self._texts.render(f"echo.{_KINDS.get(event.name, 'other')}")
        said = " ".join(part for part in (kind, text) if part) or self._texts.render("echo.other")
        return mask(said, keep=("dossier_code",))
