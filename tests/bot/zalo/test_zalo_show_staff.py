"""Staff who answer in Zalo's own tool: stored, the bot silent, the desk told (SPEC section 8)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.context import Context
from bot.desk.fence import ON_ZALO
from bot.gateway.store import locked
from bot.gateway.tables import ConversationRow
from bot.zalo.model import Event
from common.clock import utc_now
from common.messages import Reply, Status
from tests.bot.zalo.phone import OA, Phone


def test_words_of_staff_in_zalos_own_tool_silence_the_bot(context: Context, citizen: Phone) -> None:
    citizen.said("citizen", "cho tôi gặp cán bộ")
    epoch = citizen.row.owner_epoch
    assert citizen.sees(text="Chào anh/chị, số căn cước 022190001234 đúng chưa ạ?", msg_id="m1")
    row, said = citizen.row, citizen.talk[-1]
    assert (row.owner, row.agent, row.owner_epoch) == ("agent", ON_ZALO, epoch + 1)
    assert said["author"] == "agent" and "022190001234" not in said["text"]
    assert citizen.shows() == [], "the citizen has it already"
    [item] = [one for one in context.desk.queue.everything() if one.conversation_id == citizen.conversation_id]
    assert (item.agent, item.channel) == (ON_ZALO, "zalo")
    until = citizen.user.paused_until
    assert until is not None and timedelta(minutes=29) < until - utc_now() <= timedelta(minutes=30)
    assert citizen.sees(text="Chào lại", msg_id="m1") is False, "the same echo twice"
    assert len(citizen.talk) == 2


def test_the_pause_is_prolonged_by_each_word_and_ends_with_one_sentence(context: Context, citizen: Phone) -> None:
    citizen.sees(text="Một")
    citizen.change(paused_until=utc_now() + timedelta(seconds=1))
    citizen.sees(text="Hai")
    until = citizen.user.paused_until
    assert until is not None and until > utc_now() + timedelta(minutes=29)
    assert citizen.conversation_id not in context.zalo.pauses.round()
    citizen.change(paused_until=utc_now() - timedelta(seconds=1))
    assert list(context.zalo.pauses.round()).count(citizen.conversation_id) == 1
    assert context.zalo.pauses.round() == []
    row = citizen.row
    assert (row.owner, row.agent) == ("bot", None) and citizen.user.paused_until is None
    assert [said["text"] for said in citizen.talk if "trợ lý tự động" in said["text"]] == [citizen.talk[-1]["text"]]
    assert [part.author for part in citizen.shows()] == ["system"]
    assert all(one.conversation_id != citizen.conversation_id for one in context.desk.queue.everything())


def test_a_person_at_the_desk_takes_over_and_the_pause_is_over(context: Context, citizen: Phone) -> None:
    citizen.sees(text="Một")
    context.desk.acts.take(citizen.conversation_id, "lan", citizen.row.owner_epoch)
    assert citizen.conversation_id not in context.zalo.pauses.round()
    assert citizen.user.paused_until is None and citizen.row.agent == "lan"
    epoch = citizen.row.owner_epoch
    assert citizen.sees(text="Hai"), "stored, and nobody loses the conversation"
    assert (citizen.row.agent, citizen.row.owner_epoch) == ("lan", epoch)
    assert citizen.user.paused_until is None
    card = context.desk.cards.of(citizen.conversation_id)
    assert card and any("ngoài bàn trực" in note.text for note in card.notes)


def test_the_desk_can_end_the_pause(context: Context, citizen: Phone) -> None:
    citizen.sees(text="Một")
    context.desk.acts.give_back(citizen.conversation_id, citizen.row.owner_epoch, "lan")
    assert citizen.row.owner == "bot"
    context.zalo.pauses.round()
    assert citizen.user.paused_until is None
    assert [said["text"] for said in citizen.talk if "tự động" in said["text"]] == [], "said by the desk already"


def test_an_open_request_is_settled_by_staff_who_answer_on_zalo(context: Context, citizen: Phone) -> None:
    citizen.said("citizen", "cho tôi gặp cán bộ")
    with context.database.session() as session:
        row = locked(session, citizen.conversation_id)
        row.owner, row.owner_epoch = "waiting", row.owner_epoch + 1
    citizen.sees(text="Tôi trả lời anh/chị đây")
    assert (citizen.row.owner, citizen.row.agent) == ("agent", ON_ZALO)
    citizen.change(paused_until=utc_now() - timedelta(seconds=1))
    context.zalo.pauses.round()
    assert context.desk.queue.of(citizen.conversation_id) is None


@pytest.mark.parametrize("name", ["oa_send_text", "oa_send_image", "oa_send_template", "oa_send_list"])
def test_our_own_words_are_never_answered_nor_taken_for_a_persons(citizen: Phone, name: str) -> None:
    citizen.said("bot", Reply(text="Miễn phí.", status=Status.ANSWERED))
    citizen.shows()
    before = len(citizen.talk)
    assert citizen.sees(name, admin="", text="Miễn phí.") is False
    assert citizen.sees(name, admin="", text="của một công cụ khác") is False
    assert citizen.row.owner == "bot" and len(citizen.talk) == before and citizen.shows() == []


def test_receipts_and_foreign_events_are_no_echoes(citizen: Phone) -> None:
    assert citizen.sees("user_received_message") is False
    assert citizen.sees("user_seen_message") is False
    assert citizen.row.owner == "bot" and citizen.talk == []


def test_staff_may_write_first(context: Context) -> None:
    stranger = Phone(context, str(uuid.uuid4().int)[:19], "")
    assert stranger.sees("oa_send_image", msg_id="x1")
    stranger = replace(stranger, conversation_id=stranger.user.conversation_id or "")
    assert [said["text"] for said in stranger.talk] == ["[Cán bộ gửi ảnh trên Zalo]"]
    assert stranger.row.owner == "agent" and stranger.shows() == []


def test_staff_and_a_citizen_who_write_first_at_once_share_one_conversation(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Phone(context, str(uuid.uuid4().int)[:19], "")
    opening, opened = context.store.open, []

    def a_moment_later(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(context.store, "open", opening)
        wrote = Event("user_send_text", key=uuid.uuid4().hex, subject=stranger.user_id, oa_id=OA)
        opened.append(context.zalo.people.conversation(wrote))
        return opening(*args, **more)

    monkeypatch.setattr(context.store, "open", a_moment_later)
    assert stranger.sees(text="Chào anh/chị")
    assert [stranger.user.conversation_id] == opened, "the citizen's conversation is not left behind"
    stranger = replace(stranger, conversation_id=opened[0])
    assert stranger.talk[-1]["text"] == "Chào anh/chị" and stranger.row.agent == ON_ZALO
    with context.database.session(write=False) as session:
        row = stranger.row
        later = select(ConversationRow.id).where(ConversationRow.created_at > row.created_at)
        assert session.scalars(later).all() == [], "none was opened beside"
