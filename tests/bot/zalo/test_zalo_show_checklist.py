"""The personal checklist by words, and what erasure takes."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from bot.context import Context
from bot.gateway.tables import TurnRow
from bot.zalo.erasing import Erasing
from bot.zalo.tables import ZaloButtonRow, ZaloEventRow, ZaloMenuRow, ZaloPartRow
from common.clock import utc_now
from tests.bot.zalo.phone import Phone, ask


def checklist(context: Context, citizen: Phone) -> Any:
    published = context.knowledge_base.get("1.001193")
    return context.dossiers.checklists.create(
        citizen.conversation_id, published, ["cha_me_da_ket_hon"], [])


def test_a_checklist_is_called_up_and_ticked_by_words(context: Context, citizen: Phone) -> None:
    assert citizen.takes("danh sách") is False, "there is none: ordinary words"
    assert citizen.takes("xong 1 2"), "numbers of no list are nobody's choice"
    assert "chưa có danh sách" in citizen.shows()[-1].body["text"]
    kept = checklist(context, citizen)
    assert citizen.takes("danh sách")
    [part] = citizen.shows()
    first = next(line for line in part.body["text"].split("\n") if line.startswith("1. "))
    assert "đã có" not in first and "/checklists/" in str(part.body)
    assert citizen.takes("xong 1", "once") and citizen.takes("xong 1", "once")
    parts = citizen.shows()
    assert len(parts) == 1 and f"{first} (đã có)" in parts[0].body["text"]
    assert len(context.dossiers.checklists.get(kept.id).ticked) == 1
    assert citizen.takes("chưa 1") and context.dossiers.checklists.get(kept.id).ticked == frozenset()
    assert citizen.takes("xong hết") and "đã có đủ" in citizen.shows()[-1].body["text"]
    assert citizen.takes("xong 99") and "không có số 99" in citizen.shows()[-1].body["text"]
    assert citizen.takes("lệ phí bao nhiêu") is False


def test_words_to_a_person_or_to_a_form_are_not_the_checklists(context: Context, citizen: Phone) -> None:
    checklist(context, citizen)
    asides = context.zalo.asides
    kept, asides._form_open = asides._form_open, lambda _: True
    assert citizen.takes("xong 1") is False
    asides._form_open = kept
    citizen.sees(text="Chào anh/chị")
    assert citizen.takes("xong 1") is False
    with context.database.session(write=False) as session:
        assert session.scalar(
            select(TurnRow.state).where(TurnRow.conversation_id == citizen.conversation_id)) is None


def test_erasing_a_conversation_takes_its_tokens_and_parts(context: Context, citizen: Phone) -> None:
    citizen.said("bot", ask("Lệ phí"))
    citizen.shows()
    context.store.erase(citizen.conversation_id)
    with context.database.session(write=False) as session:
        for table in (ZaloButtonRow, ZaloPartRow):
            assert session.scalars(select(table).where(table.user_id == citizen.user_id)).all() == []
    assert citizen.user.conversation_id is None and citizen.shows() == []


def test_erasing_takes_the_words_of_events_that_were_given_up(context: Context, citizen: Phone) -> None:
    given_up, waits, others = (uuid.uuid4().hex for _ in range(3))
    with context.database.session() as session:
        for key, subject, state in (
            (given_up, citizen.user_id, "dead"), (waits, citizen.user_id, "waiting"), (others, "1", "dead"),
        ):
            session.add(ZaloEventRow(key=key, subject=subject, name="user_send_text", sealed=b"words", state=state))
    context.eraser.erase(citizen.conversation_id)
    with context.database.session(write=False) as session:
        kept = set(session.scalars(select(ZaloEventRow.key).where(ZaloEventRow.sealed.is_not(None))))
    assert given_up not in kept and {waits, others} <= kept
    assert all(event.subject != citizen.user_id for event in context.zalo.queue.dead())


def test_emptying_a_conversation_takes_what_was_sent_and_keeps_what_waits(context: Context, citizen: Phone) -> None:
    citizen.change(buttons_refused_at=utc_now())
    citizen.said("bot", ask("Lệ phí"))
    citizen.said("bot", ask("Thời hạn"))
    sent, waits = citizen.shows()
    with context.database.session() as session:
        session.get_one(ZaloPartRow, sent.id).state = "sent"
    Erasing(context.database).erase(citizen.conversation_id)
    with context.database.session(write=False) as session:
        assert session.scalars(
            select(ZaloPartRow.id).where(ZaloPartRow.user_id == citizen.user_id)).all() == [waits.id]
        assert session.get(ZaloMenuRow, citizen.user_id) is None
    assert citizen.means("1") is None and citizen.means("Lệ phí") is None
