"""Opaque tokens, and numbered menus where buttons can't be had (SPEC 4.4, 5.8)."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from bot.context import Context
from bot.zalo.buttons import MENU_LIFE, Buttons
from bot.zalo.menus import ALARM
from bot.zalo.tables import ZaloMenuRow
from common.clock import utc_now
from common.messages import Reply, Status
from tests.bot.zalo.phone import Phone, ask, phone, tokens


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
