"""One citizen on Zalo over a real database: what is said, what the follower makes of it, what a text means."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import anyio
from sqlalchemy import select, update

from bot.context import Context
from bot.gateway.store import add_message, locked
from bot.gateway.tables import ConversationRow
from bot.zalo.model import Event
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.messages import Answer, Aspect, Button, ProcedureRef, Reply, Status

__all__ = ["Phone", "ask", "long_answer", "phone", "tokens"]

OA, ADMIN = "2211003300440055006", "9900110022003300440"


@dataclass
class Phone:
    """One citizen on Zalo."""

    context: Context
    user_id: str
    conversation_id: str

    def said(self, author: str, reply: Reply | str) -> str:
        with self.context.database.session() as session:
            message = add_message(session, locked(session, self.conversation_id), author, reply)  # type: ignore[arg-type]
            return message.id

    def shows(self) -> list[ZaloPartRow]:
        """What the follower makes of what is new."""
        with self.context.database.session(write=False) as session:
            known = set(session.scalars(select(ZaloPartRow.id)))
        self.context.zalo.follower.turn(self.user_id)
        query = select(ZaloPartRow).where(ZaloPartRow.user_id == self.user_id).order_by(ZaloPartRow.id)
        with self.context.database.session(write=False) as session:
            return [part for part in session.scalars(query) if part.id not in known]

    def means(self, text: str) -> str | None:
        return self.context.zalo.buttons.resolve(self.user_id, text)

    def takes(self, text: str, client_id: str = "") -> bool:
        asides = self.context.zalo.asides
        return anyio.run(asides.take, self.user_id, self.conversation_id, client_id or str(uuid.uuid4()), text)

    def sees(self, name: str = "oa_send_text", admin: str = ADMIN, **message: Any) -> bool:
        """The OA said something, and its echo comes in."""
        event = Event(
            name, key=uuid.uuid4().hex, subject=self.user_id, oa_id=OA, admin_id=admin,
            msg_id=message.pop("msg_id", uuid.uuid4().hex), message=message)
        return anyio.run(self.context.zalo.echoes.take, event)

    def change(self, **values: Any) -> None:
        with self.context.database.session() as session:
            session.execute(update(ZaloUserRow).where(ZaloUserRow.user_id == self.user_id).values(**values))

    @property
    def row(self) -> ConversationRow:
        with self.context.database.session(write=False) as session:
            return session.get_one(ConversationRow, self.conversation_id)

    @property
    def user(self) -> ZaloUserRow:
        with self.context.database.session(write=False) as session:
            return session.get_one(ZaloUserRow, self.user_id)

    @property
    def talk(self) -> list[dict[str, Any]]:
        return self.context.store.messages(self.conversation_id)


def phone(context: Context) -> Phone:
    user_id = str(uuid.uuid4().int)[:19]
    conversation_id = context.store.open([], channel="zalo").id
    with context.database.session() as session:
        session.add(ZaloUserRow(user_id=user_id, oa_id=OA, conversation_id=conversation_id, turned_upto=""))
    return Phone(context, user_id, conversation_id)


def ask(*titles: str, text: str = "Anh/chị chọn giúp em:", **parts: Any) -> Reply:
    buttons = [Button(title=title, payload=f"/ask {title}") for title in titles]
    return Reply(text=text, status=Status.CLARIFIED, buttons=buttons, **parts)


def tokens(part: ZaloPartRow) -> list[str]:
    return [button["payload"] for button in part.body["attachment"]["payload"]["buttons"]
            if isinstance(button["payload"], str)]


def long_answer() -> Reply:
    papers = "\n".join(f"• Giấy tờ {'abcdefgh'[n]} theo mẫu của cơ quan có thẩm quyền ban hành" for n in range(8))
    return Reply(
        text=f"Dạ, việc này là thủ tục X.\n\nLệ phí: Miễn phí\n\nGiấy tờ cần có:\n{papers}\n\n" + "Thêm câu. " * 30,
        status=Status.ANSWERED, buttons=[Button(title="Lệ phí", payload="/ask Lệ phí")],
        answer=Answer(
            procedure=ProcedureRef(code="1.0", name="X"), aspect=Aspect.OVERVIEW, guide_version=2, fields={}))
