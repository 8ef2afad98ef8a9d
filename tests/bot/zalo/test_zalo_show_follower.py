"""What is said in a conversation becomes parts to send, once; the rest of a long answer; pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import anyio
from sqlalchemy import select

from bot.context import Context
from bot.desk.tables import DeskAskRow
from bot.gateway.tables import MessageRow
from bot.zalo.tables import ZaloPartRow
from common.clock import utc_now
from common.messages import Button, DossierRef, Reply, Status
from tests.bot.zalo.phone import Phone, long_answer, phone, tokens


def test_each_message_becomes_parts_once_and_a_citizens_own_words_never(citizen: Phone) -> None:
    citizen.said("citizen", "lệ phí khai sinh")
    citizen.said("bot", Reply(text="Miễn phí.", status=Status.ANSWERED))
    citizen.said("agent", "Anh/chị đến trước 11 giờ.")
    shown = citizen.shows()
    assert [(part.author, part.body["text"]) for part in shown] == [
        ("bot", "Miễn phí."), ("agent", "Cán bộ: Anh/chị đến trước 11 giờ.")]
    assert {part.owner_epoch for part in shown} == {0} and {part.state for part in shown} == {"waiting"}
    assert citizen.shows() == []
    assert citizen.user.turned_upto == citizen.row.last_message


def test_two_replicas_turn_a_message_once(context: Context, citizen: Phone) -> None:
    async def both() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(anyio.to_thread.run_sync, context.zalo.follower.turn, citizen.user_id)

    for number in range(6):
        citizen.said("bot", Reply(text=f"Tin {number}", status=Status.ANSWERED))
    anyio.run(both)
    with context.database.session(write=False) as session:
        texts = [part.body["text"] for part in session.scalars(
            select(ZaloPartRow).where(ZaloPartRow.user_id == citizen.user_id).order_by(ZaloPartRow.id))]
    assert texts == [f"Tin {number}" for number in range(6)]


def test_a_message_that_cannot_be_shown_keeps_nobody_else_waiting(context: Context, citizen: Phone) -> None:
    other = phone(context)
    broken = citizen.said("bot", Reply(text="hỏng", status=Status.ANSWERED))
    with context.database.session() as session:
        session.get_one(MessageRow, (citizen.conversation_id, broken)).payload = {"unknown": 1}
    other.said("bot", Reply(text="Miễn phí.", status=Status.ANSWERED))
    context.zalo.follower.round()
    assert citizen.user.turned_upto == "" and other.user.turned_upto == other.row.last_message
    citizen.said("bot", Reply(text="Ba ngày.", status=Status.ANSWERED))
    for _ in range(4):
        context.zalo.follower.round()
    assert any(alarm.kind == "message_not_shown" for alarm in context.zalo.alarms.open())
    with context.database.session(write=False) as session:
        parts = session.scalars(select(ZaloPartRow).where(ZaloPartRow.user_id == citizen.user_id).order_by(
            ZaloPartRow.id)).all()
    assert [(part.message_id == broken, part.state) for part in parts] == [(True, "failed"), (False, "waiting")]
    context.store.erase(citizen.conversation_id)


def test_conversations_of_other_channels_are_left_alone(context: Context) -> None:
    opened = context.store.open([Reply(text="Chào", status=Status.CONTROL)])
    context.zalo.follower.round()
    with context.database.session(write=False) as session:
        assert session.scalar(
            select(ZaloPartRow.id).where(ZaloPartRow.conversation_id == opened.id)) is None


def test_more_sends_the_rest_word_for_word_once_for_each_tap(citizen: Phone) -> None:
    citizen.said("bot", long_answer())
    [part] = citizen.shows()
    assert part.body["attachment"]["payload"]["buttons"][0]["title"] == "Xem thêm"
    assert "Giấy tờ a" not in part.body["text"]
    token = tokens(part)[0]
    assert citizen.takes(token, "tap-1") and citizen.takes(token, "tap-1")
    with citizen.context.database.session(write=False) as session:
        parts = session.scalars(select(ZaloPartRow).where(ZaloPartRow.user_id == citizen.user_id)
                                .order_by(ZaloPartRow.id)).all()
    assert [one.part for one in parts] == [0, 1]
    rest = parts[1]
    assert rest.author == "system" and rest.message_id == part.message_id
    assert "8. Giấy tờ h theo mẫu của cơ quan có thẩm quyền ban hành" in rest.body["text"]
    assert "Theo hướng dẫn bản 2." in rest.body["text"]
    assert [citizen.means(token) for token in tokens(rest)] == ["/ask Lệ phí"], "the way on is offered again"
    assert [said["text"] for said in citizen.talk if said["author"] == "citizen"] == ["Xem thêm"]
    assert citizen.takes("xem thêm", "tap-2"), "typed, it means the same"


def test_more_stands_beside_the_choices_without_costing_them_their_buttons(citizen: Phone) -> None:
    offered = [Button(title=title, payload=f"/ask {title}") for title in ("A", "B", "C", "D", "Không phải")]
    citizen.said("bot", long_answer().model_copy(update={"buttons": offered}))
    [part] = citizen.shows()
    titles = [button["title"] for button in part.body["attachment"]["payload"]["buttons"]]
    assert titles == ["Xem thêm", "A", "B", "C", "Không phải"]
    assert citizen.takes(tokens(part)[0])
    with citizen.context.database.session(write=False) as session:
        rest = session.scalars(select(ZaloPartRow).where(ZaloPartRow.user_id == citizen.user_id)
                               .order_by(ZaloPartRow.id.desc())).first()
    assert rest is not None
    assert [button["title"] for button in rest.body["attachment"]["payload"]["buttons"]] == [
        "A", "B", "C", "D", "Không phải"], "every choice comes with the rest"


def test_a_number_never_means_a_paper_of_the_rest_and_a_choice(citizen: Phone) -> None:
    citizen.change(buttons_refused_at=utc_now())
    citizen.said("bot", long_answer())
    [part] = citizen.shows()
    assert part.body["text"].endswith("9. Xem thêm\n10. Lệ phí")
    assert citizen.takes("9") and citizen.means("9") == "/ask Lệ phí"


def test_the_qr_code_of_a_fee_goes_along_as_a_picture(context: Context, citizen: Phone) -> None:
    class Paying:
        transfer: Any = None

        def of(self, code: str) -> Any:
            return self

    @dataclass
    class Transfer:
        qr: str = "00020101021238530010A000000727"

    view = Paying()
    media = context.zalo.media
    kept, media._payment = media._payment, view.of
    try:
        reply = Reply(
            text="Hồ sơ H49-260804-0001: còn phải nộp 8.000 đồng.", status=Status.ANSWERED,
            buttons=[Button(title="Xem cách nộp", url="https://isee.example/dossiers/abc/payment")],
            dossier=DossierRef(code="H49-260804-0001", status="received"))
        citizen.said("bot", reply)
        assert [part.kind for part in citizen.shows()] == ["buttons"], "nothing to pay by transfer"
        view.transfer = Transfer()
        citizen.said("bot", reply)
        picture = citizen.shows()[-1]
        assert picture.kind == "image" and "H49-260804-0001" in picture.body["text"]
        assert (media.load(picture.body["media"]) or b"").startswith(b"\x89PNG")
        view.transfer = None
        assert media.load(picture.body["media"]) is None, "paid in the meantime: no picture"
    finally:
        media._payment = kept


def test_the_platforms_card_asks_for_a_number_only_where_the_desk_waits_for_one(
    context: Context, citizen: Phone
) -> None:
    question = Reply(text="Anh/chị nhắn số điện thoại để cán bộ gọi lại ạ.", status=Status.CONTROL, buttons=[
        Button(title="Không để lại số", payload="/desk_decline")])
    citizen.said("bot", question)
    assert [part.kind for part in citizen.shows()] == ["buttons"] and citizen.user.info_asked_at is None
    with context.database.session() as session:
        session.add(DeskAskRow(conversation_id=citizen.conversation_id, what="phone", subject=0,
                               expires_at=utc_now() + timedelta(hours=1)))
    citizen.said("bot", question)
    card = citizen.shows()[-1]
    assert card.kind == "info" and citizen.user.info_asked_at is not None
    [element] = card.body["attachment"]["payload"]["elements"]
    assert 0 < len(element["title"]) <= 100 and 0 < len(element["subtitle"]) <= 500
    assert "gọi lại" in element["subtitle"] and "không bắt buộc" in element["subtitle"]
