"""What the channel answers by itself, without the dialogue engine: "Xem thêm", ticks on the personal checklist, and a
greeting right after ours.

The worker asks `take` before it hands a text to the gateway. Like a turn it is settled once for each client id.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from anyio.to_thread import run_sync
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.checklists import Checklist, ChecklistService
from actions.checklists.decide import questions
from actions.checklists.sheet import Sheet, sheet
from actions.messages import Messages
from bot.gateway.hub import EventHub
from bot.gateway.store import add_message, locked, message_data
from bot.gateway.tables import ConversationRow, MessageRow, TurnRow
from bot.zalo.buttons import Buttons
from bot.zalo.menus import Menus
from bot.zalo.menus_writer import MORE, Writer
from bot.zalo.rendering.commands import Command, read_command
from bot.zalo.rendering.greetings import is_greeting
from bot.zalo.tables import ZaloUserRow
from common.clock import utc_now
from common.database import Database
from common.messages import Button, Reply, Status
from knowledge_base.model import Origin, Published

__all__ = ["Asides"]

_GREETED = timedelta(hours=24)


class Guides(Protocol):
    """`knowledge_base.store.KnowledgeBase`."""

    def get(self, code: str) -> Published | None: ...


class Asides:
    """Args:
        form_open: whether an e-form of the conversation waits for a value; then what is typed is the form's.
    """

    def __init__(
        self, database: Database, hub: EventHub, texts: Messages, buttons: Buttons, menus: Menus, writer: Writer,
        checklists: ChecklistService, guides: Guides, form_open: Callable[[str], bool],
    ) -> None:
        self._database, self._hub, self._texts = database, hub, texts
        self._buttons, self._menus, self._writer = buttons, menus, writer
        self._checklists, self._guides, self._form_open = checklists, guides, form_open

    async def take(self, user_id: str, conversation_id: str, client_id: str, text: str) -> bool:
        """Whether the text, exactly as it arrived, was answered here; False: it is the gateway's. Raises NotFound for a
        conversation that is gone."""
        taken = await run_sync(self._take, user_id, conversation_id, client_id, text)
        if taken:
            self._hub.wake(conversation_id)
        return taken

    def _take(self, user_id: str, conversation_id: str, client_id: str, text: str) -> bool:
        payload = self._buttons.resolve(user_id, text)
        if payload is not None:
            return payload.startswith(MORE) and self._more(user_id, conversation_id, client_id, payload)
        if is_greeting(text):
            return self._greeted(user_id, conversation_id, client_id, text)
        command = read_command(text)
        return command is not None and self._command(conversation_id, client_id, text, command)

    # "Xin chào"

    def _greeted(self, user_id: str, conversation_id: str, client_id: str, text: str) -> bool:
        """Nobody is greeted twice: ours that opened the conversation for this very word answers it, and one of earlier
        today is followed by a few words."""
        if self._form_open(conversation_id):
            return False
        with self._database.session() as session:
            row = locked(session, conversation_id)
            user = session.get(ZaloUserRow, user_id)
            lately = user is not None and user.greeted_at is not None and user.greeted_at > utc_now() - _GREETED
            if user is None or not lately or row.owner == "agent":
                return False
            if not self._done(session, row, client_id):
                typed = add_message(session, row, "citizen", text.strip())
                said = None
                if not _answers(user) or self._spoken(session, row, typed):
                    again = Reply(text=self._texts.render("hello_again"), status=Status.CONTROL)
                    said = add_message(session, row, "bot", again)
                self._settle(session, row, client_id, typed, said)
        return True

    def _spoken(self, session: Session, row: ConversationRow, besides: MessageRow) -> bool:
        """Whether the citizen has said anything in the conversation before."""
        return session.scalar(select(MessageRow.id).where(
            MessageRow.conversation_id == row.id, MessageRow.author == "citizen", MessageRow.id != besides.id,
        ).limit(1)) is not None

    # "Xem thêm"

    def _more(self, user_id: str, conversation_id: str, client_id: str, payload: str) -> bool:
        message_id = str(json.loads(payload.removeprefix(MORE)).get("message") or "")
        with self._database.session() as session:
            row = locked(session, conversation_id)
            user = session.get(ZaloUserRow, user_id, with_for_update=True)
            said = session.get(MessageRow, (conversation_id, message_id))
            if user is None or said is None or said.author == "citizen":
                return False
            if self._done(session, row, client_id):
                return True
            tapped = add_message(session, row, "citizen", self._texts.render("more"))
            menu = self._writer.write_rest(session, user, said)
            if menu is not None:
                self._menus.put(session, user_id, menu)
            self._settle(session, row, client_id, tapped, None)
        return True

    # The personal checklist

    def _command(self, conversation_id: str, client_id: str, text: str, command: Command) -> bool:
        kept, published = self._latest(conversation_id)
        if self._form_open(conversation_id) or (kept is None and not command.numbers):
            return False
        with self._database.session(write=False) as session:
            row = session.get(ConversationRow, conversation_id)
            if row is None or row.owner == "agent":
                return False  # these words are for a person
        reply = self._no_list()
        if kept is not None and published is not None:
            reply = self._carried_out(kept, published, command)
        with self._database.session() as session:
            row = locked(session, conversation_id)
            if row.owner == "agent":
                return False
            if not self._done(session, row, client_id):
                typed = add_message(session, row, "citizen", text.strip())
                self._settle(session, row, client_id, typed, add_message(session, row, "bot", reply))
        return True

    def _no_list(self) -> Reply:
        """Numbers of a list that there isn't: the engine would take them for a choice."""
        return Reply(text=self._texts.render("checklist.none"), status=Status.CONTROL)

    def _latest(self, conversation_id: str) -> tuple[Checklist | None, Published | None]:
        """The checklist that was touched last, where its questions were begun and its guide is still published."""
        for kept in self._checklists.of(conversation_id):
            published = self._guides.get(kept.code)
            if published is None or published.origin is Origin.CATALOGUE:
                continue
            if kept.answers or not questions(published.guide):
                return kept, published
        return None, None

    def _carried_out(self, kept: Checklist, published: Published, command: Command) -> Reply:
        shown = self._sheet(kept, published)
        wrong = [number for number in command.numbers if not 1 <= number <= len(shown.items)]
        if wrong:
            text = self._texts.render("checklist.unknown", count=len(shown.items), numbers=wrong)
            return Reply(text=text, status=Status.CONTROL, buttons=[self._page(kept)])
        if command.kind != "list":
            chosen = command.numbers or range(1, len(shown.items) + 1)
            keys = {shown.items[number - 1].key for number in chosen}
            have = {item.key for item in shown.items if item.ticked}
            kept = self._checklists.tick_all(
                kept.id, published, have | keys if command.kind == "have" else have - keys)
            shown = self._sheet(kept, published)
        return Reply(text=self._said(shown), status=Status.CONTROL, buttons=[self._page(kept)])

    def _sheet(self, kept: Checklist, published: Published) -> Sheet:
        service = self._checklists
        return sheet(service.texts, kept, published, service.changed_on(kept, published))

    def _said(self, shown: Sheet) -> str:
        others = []
        for kept in self._checklists.of(shown.checklist.conversation_id):
            published = self._guides.get(kept.code)
            if kept.id != shown.checklist.id and published is not None:
                name = self._sheet(kept, published).name
                others.append({"name": name, "url": self._checklists.address(kept.id)})
        count = sum(not item.condition for item in shown.items)
        text = self._texts.render(
            "checklist.kept", name=shown.name, left=shown.left, count=count, items=shown.items,
            changed=shown.changed, others=others)
        return f"{text}\n\n{self._texts.render('checklist.hint')}"

    def _page(self, kept: Checklist) -> Button:
        return Button(title=self._texts.render("checklist.open"), url=self._checklists.address(kept.id))

    # Turns

    def _done(self, session: Session, row: ConversationRow, client_id: str) -> bool:
        return session.scalar(select(TurnRow.state).where(
            TurnRow.conversation_id == row.id, TurnRow.client_id == client_id)) is not None

    def _settle(
        self, session: Session, row: ConversationRow, client_id: str, said: MessageRow, reply: MessageRow | None
    ) -> None:
        messages = [message_data(reply)] if reply is not None else []
        session.add(TurnRow(
            conversation_id=row.id, client_id=client_id, state="done", status=Status.CONTROL.value,
            citizen_message=said.id, took_ms=0.0,
            result={"messages": messages, "owner": row.owner, "unaided": False}))


def _answers(user: ZaloUserRow) -> bool:
    """Whether our greeting came after the citizen's latest word, as where that word opened the conversation."""
    return bool(user.greeted_at and user.last_interaction and user.greeted_at >= user.last_interaction)
