"""What citizens see, and people, over a real database: tokens, menus, the follower, echoes, pauses, the checklist."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.context import Context
from bot.desk.fence import ON_ZALO
from bot.gateway.store import add_message, locked
from bot.gateway.tables import ConversationRow, TurnRow
from bot.zalo.buttons import MENU_LIFE, Buttons
from bot.zalo.menus import ALARM
from bot.zalo.model import Event
from bot.zalo.tables import ZaloButtonRow, ZaloMenuRow, ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.messages import Answer, Aspect, Button, DossierRef, ProcedureRef, Reply, Status
from common.settings import Settings
from tests.bot.serving import assemble

OA = "2211003300440055006"
ADMIN = "9900110022003300440"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    made = assemble(Settings(_env_file=None, home=tmp_path_factory.mktemp("home")))
    made.knowledge_base.load_shipped()
    yield made
    made.close()


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


@pytest.fixture
def citizen(context: Context) -> Phone:
    return phone(context)


def ask(*titles: str, text: str = "Anh/chị chọn giúp em:", **parts: Any) -> Reply:
    buttons = [Button(title=title, payload=f"/ask {title}") for title in titles]
    return Reply(text=text, status=Status.CLARIFIED, buttons=buttons, **parts)


def tokens(part: ZaloPartRow) -> list[str]:
    return [button["payload"] for button in part.body["attachment"]["payload"]["buttons"]
            if isinstance(button["payload"], str)]


# Tokens


def test_a_token_means_its_payload_to_its_own_citizen_alone(context: Context, citizen: Phone) -> None:
    citizen.said("bot", ask("Lệ phí", "Thời hạn"))
    [part] = citizen.shows()
    token = tokens(part)[0]
    assert citizen.means(token) == "/ask Lệ phí"
    assert phone(context).means(token) is None
    assert "Lệ" not in token and citizen.conversation_id not in token


@given(st.one_of(st.text(max_size=30), st.from_regex(r"#qn:[0-9a-f]{16}\n?", fullmatch=True)))
@limits(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_text_that_was_not_issued_is_ordinary_text(context: Context, text: str) -> None:
    assert Buttons(context.database).resolve("1234567890", text) is None


def test_what_only_looks_like_a_token_is_ordinary_text(citizen: Phone) -> None:
    citizen.said("bot", ask("Lệ phí"))
    token = tokens(citizen.shows()[0])[0]
    digit = next((char for char in token[4:] if char.isdigit()), "")
    bent = [
        f"{token}\n", f" {token}", f"{token} ", token.upper().replace("#QN", "#qn"), token.replace("#qn", "#Qn"),
        token.replace("#", "＃"), token.replace("q", "ԛ"), f"{token}\u200b", token.replace(":", "\u200d:"),
        token.replace(":", "："), token[:-1], f"{token}0", f"{token}{token}", token[1:],
    ]
    if digit:
        bent += [token.replace(digit, chr(0x660 + int(digit))), token.replace(digit, chr(0xFF10 + int(digit)))]
    assert [text for text in bent if text != token and citizen.means(text) is not None] == []
    assert citizen.means(token) == "/ask Lệ phí"


# Menus


def test_a_number_of_the_last_menu_counts_for_half_an_hour(citizen: Phone) -> None:
    citizen.change(buttons_refused_at=utc_now())
    citizen.said("bot", ask("Lệ phí", "Thời hạn"))
    [part] = citizen.shows()
    assert part.kind == "text" and part.body["text"].endswith("1. Lệ phí\n2. Thời hạn")
    for typed in ("2", " 2 ", "2.", "số 2", "Số 2", "so 2", "2\ufe0f\u20e3", "2)"):
        assert citizen.means(typed) == "/ask Thời hạn", typed
    for other in ("3", "0", "02", "٢", "２", "2 3", "2\u200b", "²", "-2", "2a", "99"):
        assert citizen.means(other) is None, other
    with citizen.context.database.session() as session:
        session.get_one(ZaloMenuRow, citizen.user_id).until = utc_now() - timedelta(seconds=1)
    assert citizen.means("2") is None
    assert timedelta(minutes=29) < MENU_LIFE <= timedelta(minutes=30)


def test_what_the_bot_says_next_takes_the_menus_place_and_a_notice_does_not(citizen: Phone) -> None:
    citizen.change(buttons_refused_at=utc_now())
    citizen.said("bot", ask("Lệ phí", "Thời hạn"))
    citizen.shows()
    citizen.said("system", Reply(text="Hồ sơ đã có kết quả.", status=Status.CONTROL))
    citizen.shows()
    assert citizen.means("1") == "/ask Lệ phí"
    citizen.said("bot", Reply(text="Gia đình có mấy con ạ?", status=Status.FORM))
    citizen.shows()
    assert citizen.means("1") is None


def test_two_menus_of_one_turn_share_no_number(citizen: Phone) -> None:
    citizen.change(buttons_refused_at=utc_now())
    citizen.said("bot", ask("Lệ phí", "Thời hạn"))
    citizen.said("system", ask("Tôi chờ tiếp"))
    citizen.shows()
    assert [citizen.means(number) for number in "123"] == ["/ask Lệ phí", "/ask Thời hạn", "/ask Tôi chờ tiếp"]


def test_the_title_of_a_choice_counts_when_it_is_typed_unless_a_person_answers(citizen: Phone) -> None:
    citizen.said("bot", ask("Quay lại", "Để sau"))
    citizen.shows()
    assert citizen.means("quay  LẠI.") == "/ask Quay lại"
    assert citizen.means("quay lại nhà") is None
    assert citizen.sees(text="Chào anh/chị")
    assert citizen.means("Quay lại") is None and citizen.means("1") is None


def test_refused_buttons_become_a_menu_remembered_for_a_day(context: Context, citizen: Phone) -> None:
    context.zalo.alarms.clear(ALARM)
    citizen.said("bot", ask("Lệ phí", "Thời hạn"))
    citizen.said("bot", ask("Nơi nộp"))
    first, second = citizen.shows()
    assert [first.kind, second.kind] == ["buttons", "buttons"]
    body = context.zalo.menus.as_menu(first.id)
    assert body is not None and set(body) == {"text"} and body["text"].endswith("1. Lệ phí\n2. Thời hạn")
    assert context.zalo.menus.as_menu(first.id) is None, "a text has no buttons that could be refused"
    following = context.zalo.menus.as_menu(second.id)
    assert following is not None and following["text"].endswith("3. Nơi nộp")
    assert [citizen.means(number) for number in "123"] == ["/ask Lệ phí", "/ask Thời hạn", "/ask Nơi nộp"]
    assert [alarm.count for alarm in context.zalo.alarms.open() if alarm.kind == ALARM] == [2]
    citizen.said("citizen", "1")
    citizen.said("bot", ask("Các bước"))
    assert [part.kind for part in citizen.shows()] == ["text"], "remembered"
    assert citizen.means("1") == "/ask Các bước"
    other = phone(context)
    other.said("bot", ask("Các bước"))
    assert [part.kind for part in other.shows()] == ["buttons"], "for this citizen only"
    citizen.change(buttons_refused_at=utc_now() - timedelta(hours=24, seconds=1))
    citizen.said("bot", ask("Các bước"))
    assert [part.kind for part in citizen.shows()] == ["buttons"]


def test_a_menu_that_takes_the_place_of_buttons_fits_one_message(citizen: Phone) -> None:
    titles = [f"{chr(97 + n)} " + "việc cần làm " * 5 for n in range(5)]
    citizen.said("bot", ask(*(title.strip() for title in titles), text="Câu dài. " * 205))
    parts = citizen.shows()
    assert [part.kind for part in parts] == ["text", "buttons"]
    body = citizen.context.zalo.menus.as_menu(parts[-1].id)
    assert body is not None and len(body["text"]) <= 1900
    assert all(title.strip() in body["text"] for title in titles)


# The follower


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


def test_conversations_of_other_channels_are_left_alone(context: Context) -> None:
    opened = context.store.open([Reply(text="Chào", status=Status.CONTROL)])
    context.zalo.follower.round()
    with context.database.session(write=False) as session:
        assert session.scalar(
            select(ZaloPartRow.id).where(ZaloPartRow.conversation_id == opened.id)) is None


def long_answer() -> Reply:
    papers = "\n".join(f"• Giấy tờ {'abcdefgh'[n]} theo mẫu của cơ quan có thẩm quyền ban hành" for n in range(8))
    return Reply(
        text=f"Dạ, việc này là thủ tục X.\n\nLệ phí: Miễn phí\n\nGiấy tờ cần có:\n{papers}\n\n" + "Thêm câu. " * 30,
        status=Status.ANSWERED, buttons=[Button(title="Lệ phí", payload="/ask Lệ phí")],
        answer=Answer(
            procedure=ProcedureRef(code="1.0", name="X"), aspect=Aspect.OVERVIEW, guide_version=2, fields={}))


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


# Echoes and pauses


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


# The checklist


def checklist(context: Context, citizen: Phone) -> Any:
    published = context.knowledge_base.get("1.001193")
    return context.dossiers.checklists.create(
        citizen.conversation_id, published, ["cha_me_da_ket_hon"], [])


def test_a_checklist_is_called_up_and_ticked_by_words(context: Context, citizen: Phone) -> None:
    assert citizen.takes("danh sách") is False, "there is none: ordinary words"
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
