"""Stored messages as a phone shows them: nothing lost, nothing cut, no markdown, every limit kept (SPEC 5.4, 5.8)."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.zalo.menus import Choice, block, lines, numbers, phone_code
from bot.zalo.menus_parts import Laid, lay_out
from bot.zalo.rendering.answers import aired
from bot.zalo.rendering.bubbles import show
from bot.zalo.rendering.commands import Command, read_command
from bot.zalo.rendering.plain import plain
from bot.zalo.rendering.split import numbered, split
from bot.zalo.settings import ZaloSettings
from bot.zalo.words import zalo_texts

TEXTS = zalo_texts()
BASE = "https://isee.example"
WORDS = st.text(st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạ 0123456789.,;:!?\n-*_#>`()[]/•"), max_size=6000)


def settings(**values: Any) -> ZaloSettings:
    return ZaloSettings(_env_file=None, **values)


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def message(text: str, **parts: Any) -> dict[str, Any]:
    return {"id": "M", "author": "bot", "at": "2026-11-22T08:00:00Z", "text": text, **parts}


@given(st.one_of(WORDS, st.text(max_size=6000)), st.integers(200, 2000))
@example("a" * 5000, 200)
@example("a\u0301" * 3000, 200)
@example("Một câu. " * 900, 1900)
def test_invariant_9_a_text_of_any_length_is_split_within_the_limit_and_nothing_is_lost(text: str, limit: int) -> None:
    clean = plain(text)
    parts = numbered(clean, limit)
    assert all(0 < len(unicodedata.normalize("NFC", part)) <= limit for part in parts)
    bare = [re.sub(r"^\(\d+/\d+\) ", "", part) for part in parts] if len(parts) > 1 else parts
    assert "".join("".join(bare).split()) == "".join(clean.split())
    if len(parts) > 1:
        assert [part.partition(" ")[0] for part in parts] == [f"({n}/{len(parts)})" for n in range(1, len(parts) + 1)]


def test_a_cut_is_made_where_a_reader_pauses() -> None:
    paragraphs = "\n\n".join(["Câu thứ nhất dài vừa phải. Câu thứ hai cũng vậy."] * 8)
    assert all(part.endswith("vậy.") for part in split(paragraphs, 200))
    sentences = " ".join(["Anh/chị chuẩn bị tờ khai theo mẫu."] * 20)
    assert all(part.endswith("mẫu.") for part in split(sentences, 200))
    assert all(not part.endswith("t") for part in split("tờ " * 300, 200)), "words are not cut"


@given(st.one_of(WORDS, st.text(max_size=2000)))
def test_making_text_plain_loses_no_letter_and_is_done_once(text: str) -> None:
    clean = plain(text)
    kept = unicodedata.normalize("NFC", "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs")))
    assert letters(clean) == letters(kept)
    assert clean == unicodedata.normalize("NFC", clean)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**Lệ phí:** 8.000 đồng", "Lệ phí: 8.000 đồng"),
        ("# Giấy tờ\n- Tờ khai\n* Căn cước", "Giấy tờ\n• Tờ khai\n• Căn cước"),
        ("Xem [trang hồ sơ](/dossiers/abc) nhé", "Xem trang hồ sơ: https://isee.example/dossiers/abc nhé"),
        ("[Cổng](https://dichvucong.gov.vn)", "Cổng: https://dichvucong.gov.vn"),
        ("`H49-260804-0001` và *nghiêng*", "H49-260804-0001 và nghiêng"),
        ("5*3*2 và a_b_c, 1.000 - 2.000", "5*3*2 và a_b_c, 1.000 - 2.000"),
        ("Ha\u0323\u0302 Long\r\nhai\x07", "Hậ Long\nhai"),
    ],
)
def test_no_markdown_is_shown_raw(written: str, shown: str) -> None:
    assert plain(written, BASE) == shown


OVERVIEW = (
    'Dạ, việc này là thủ tục "Đăng ký khai sinh" (mã 1.001193).\nKhai sinh cho trẻ em trong nước.\n\n'
    "Lệ phí: Miễn phí\nThời hạn: 1 ngày làm việc\nNơi nộp: UBND cấp xã\nCách nộp: nộp trực tiếp\n\n"
    "Giấy tờ cần có:\n" + "\n".join(f"• Giấy tờ số hiệu {n} theo quy định của pháp luật hiện hành" for n in range(1, 9))
    + "\n\nCần thêm, tùy trường hợp:\n• Cha mẹ đã kết hôn: giấy chứng nhận kết hôn"
)
ANSWER = {
    "procedure": {"code": "1.001193", "name": "Đăng ký khai sinh"}, "aspect": "overview", "guide_version": 3,
    "decision_no": "12/QĐ-UBND", "checked_on": "2026-11-01", "fields": {},
    "sources": [{"title": "Cổng", "url": "https://dichvucong.gov.vn/x"}],
}


def test_an_overview_begins_with_fee_time_and_place_and_keeps_the_papers_for_more() -> None:
    shown = show(message(OVERVIEW, answer=ANSWER), TEXTS, BASE)
    assert "Lệ phí: Miễn phí" in shown.now.text and "Nơi nộp: UBND cấp xã" in shown.now.text
    assert "Giấy tờ" not in shown.now.text and len(shown.now.text) < 450
    assert "1. Giấy tờ số hiệu 1" in shown.rest and "8. Giấy tờ số hiệu 8" in shown.rest
    assert "• Cha mẹ đã kết hôn" in shown.rest, "cases are no papers to tick"
    assert "bản 3, Quyết định 12/QĐ-UBND, kiểm tra ngày 01/11/2026" in shown.rest
    assert "https://dichvucong.gov.vn/x" in shown.rest


def test_a_short_answer_is_sent_whole_with_where_it_comes_from() -> None:
    fee = {**ANSWER, "aspect": "fee"}
    shown = show(message('Dạ, lệ phí thủ tục "Đăng ký khai sinh": Miễn phí', answer=fee), TEXTS, BASE)
    assert shown.rest == ""
    assert shown.now.text.startswith('Dạ, lệ phí thủ tục "Đăng ký khai sinh": Miễn phí\n\nTheo hướng dẫn bản 3')


@given(st.lists(WORDS.filter(str.strip), min_size=1, max_size=12), st.sampled_from(
    ["overview", "documents", "steps", "fee", "legal", "conditions"]), st.booleans())
def test_what_is_not_said_at_once_stands_in_the_rest(paragraphs: list[str], aspect: str, checklist: bool) -> None:
    text = "\n\n".join(paragraphs)
    answer = {**ANSWER, "aspect": aspect, **({"checklist": "c1"} if checklist else {})}
    shown = show(message(text, answer=answer), TEXTS, BASE)
    said = re.sub(r"^\d+\. ", "• ", f"{shown.now.text}\n{shown.rest}", flags=re.MULTILINE)
    for line in re.sub(r"^\d+\. ", "• ", plain(text, BASE), flags=re.MULTILINE).split("\n"):
        assert line.strip() in said


def test_a_personal_checklist_is_whole_and_says_what_is_at_hand() -> None:
    papers = [{"name": "Tờ khai", "ticked": True}, {"name": "Giấy chứng sinh", "ticked": False}]
    answer = {**ANSWER, "aspect": "documents", "checklist": "c1", "fields": {"documents": papers}}
    text = "Dạ, đây là danh sách.\n1. Tờ khai\n2. Giấy chứng sinh\n\nLệ phí: Miễn phí"
    shown = show(message(text, answer=answer), TEXTS, BASE)
    assert "1. Tờ khai (đã có)\n2. Giấy chứng sinh\n" in shown.now.text
    assert "xong 1 3" in shown.now.text and shown.rest == ""


def test_a_form_asks_one_question_and_says_where_one_stands() -> None:
    form = {"title": "Đăng ký khai sinh", "step": 2, "total": 9, "field": {"name": "ho_ten", "type": "name"}}
    shown = show(message("Họ và tên của trẻ là gì ạ?", form=form), TEXTS, BASE)
    assert shown.now.text == "Đăng ký khai sinh (bước 2/9)\n\nHọ và tên của trẻ là gì ạ?"


def test_a_review_sends_no_personal_value_but_the_way_to_its_page() -> None:
    form = {"title": "Đăng ký khai sinh", "step": 9, "total": 9, "sealed": {"draft": "d1"}}
    page = {"title": "Điền trên một trang", "url": "/forms/abc"}
    shown = show(message("Đã đủ các mục để xem lại.", form=form, buttons=[page]), TEXTS, BASE)
    assert "không gửi lại nội dung đã khai qua Zalo" in shown.now.text
    assert "https://isee.example/forms/abc" in shown.now.text
    assert shown.now.buttons[0]["url"] == "https://isee.example/forms/abc"


def test_a_persons_words_are_told_from_the_assistants() -> None:
    assert show(message("Anh/chị đến trước 11 giờ.", author="agent"), TEXTS, BASE).now.text == (
        "Cán bộ: Anh/chị đến trước 11 giờ.")


def test_a_guides_answer_from_the_desk_says_who_sends_it_and_where_it_comes_from() -> None:
    shown = show(message(OVERVIEW, author="agent", answer=ANSWER), TEXTS, BASE)
    assert shown.now.text.startswith("Cán bộ: Dạ, việc này") and "Theo hướng dẫn bản 3" in shown.now.text
    assert shown.rest == ""


def test_files_go_as_pictures_or_files_and_else_as_links() -> None:
    files = [{"name": "so-do.png", "type": "image/png", "url": f"{BASE}/talk-files/t"},
             {"name": "mau.pdf", "type": "application/pdf", "url": "/talk-files/u"}]
    shown = show(message("Cán bộ gửi tệp: so-do.png", author="agent", attachments=files), TEXTS, BASE)
    assert shown.now.text == "Cán bộ gửi tệp: so-do.png"
    assert [picture.kind for picture in shown.pictures] == ["image", "file"]
    assert shown.pictures[1].otherwise == "Tệp mau.pdf: https://isee.example/talk-files/u"


CHOICES = st.lists(st.one_of(
    st.builds(lambda title: Choice(title, token="#qn:0011223344556677"), st.text(min_size=1, max_size=130)),
    st.builds(lambda title, path: Choice(title, url=f"https://isee.example/{path}"),
              st.text(min_size=1, max_size=80), st.text("abc", max_size=1200)),
    st.builds(lambda title: Choice(title, phone="0203 3835 566"), st.text(min_size=1, max_size=80)),
), max_size=14)


@given(WORDS, CHOICES, st.booleans(), st.booleans(), st.integers(200, 2000))
def test_choices_keep_every_limit_and_are_never_cut(
    text: str, choices: list[Choice], buttons: bool, typed: bool, limit: int
) -> None:
    chosen = settings(max_text=limit)
    laid = lay_out(plain(text), choices, TEXTS, chosen, buttons=buttons, typed=typed, asked=choices[:2])
    said = letters("".join(part.body["text"] for part in laid.parts))
    blocks = [part for part in laid.parts if part.kind == "buttons"]
    for part in laid.parts:
        assert len(unicodedata.normalize("NFC", part.body["text"])) <= limit
        assert set(part.body) == ({"text", "attachment"} if part.kind == "buttons" else {"text"})
    assert len(blocks) <= 1 and (not blocks or laid.parts[-1] is blocks[0])
    shown = blocks[0].body["attachment"]["payload"]["buttons"] if blocks else []
    assert len(shown) <= 5 and all(len(button["title"]) <= 100 for button in shown)
    for choice in choices:
        there = any(button["title"] == choice.title for button in shown)
        assert there or letters(choice.title) in said
    if not typed and not blocks:
        assert sorted(laid.menu.values()) == sorted(choice.token for choice in choices if choice.token)


def test_buttons_have_the_shape_that_the_platform_takes() -> None:
    choices = [Choice("Tra cứu", token="#qn:9f2c41d000112233"), Choice("Cổng", url="https://dichvucong.gov.vn"),
               Choice("Gọi", phone="0203 3835 566")]
    laid = lay_out("Anh/chị cần gì?", choices, TEXTS, settings(), buttons=True)
    assert [part.body for part in laid.parts] == [{
        "text": "Anh/chị cần gì?",
        "attachment": {"type": "template", "payload": {"buttons": [
            {"title": "Tra cứu", "type": "oa.query.hide", "payload": "#qn:9f2c41d000112233"},
            {"title": "Cổng", "type": "oa.open.url", "payload": {"url": "https://dichvucong.gov.vn"}},
            {"title": "Gọi", "type": "oa.open.phone", "payload": {"phone_code": "842033835566"}},
        ]}}}]
    assert laid.menu == {}
    named = block(choices, settings(buttons_template_type="button"))
    assert named is not None and named["payload"]["template_type"] == "button"


def many(count: int) -> list[Choice]:
    return [Choice(f"Việc {'abcdefghij'[n]}", token=f"#qn:{n:016x}") for n in range(count)]


def test_more_choices_than_fit_become_one_menu() -> None:
    laid: Laid = lay_out("Chọn việc:", many(6), TEXTS, settings(), buttons=True)
    assert [part.kind for part in laid.parts] == ["text"]
    assert laid.parts[0].body["text"].endswith("6. Việc f") and len(laid.menu) == 6
    assert lay_out("Chọn việc:", many(5), TEXTS, settings(), buttons=True).parts[0].kind == "buttons"
    assert lay_out("Chọn việc:", many(4), TEXTS, settings(max_buttons=3), buttons=True).parts[0].kind == "text"


def test_links_beyond_the_limit_are_lines_and_the_answers_stay_buttons() -> None:
    links = [Choice(f"Trang {name}", url=f"https://isee.example/{name}") for name in "xyz"]
    laid = lay_out("Xem lại hồ sơ:", [*many(4), *links], TEXTS, settings(), buttons=True)
    [part] = laid.parts
    titles = [button["title"] for button in part.body["attachment"]["payload"]["buttons"]]
    assert titles == ["Việc a", "Việc b", "Việc c", "Việc d", "Trang x"]
    assert part.body["text"].endswith("Trang y: https://isee.example/y\nTrang z: https://isee.example/z")


def test_choices_that_the_text_lists_keep_their_numbers_and_are_not_repeated() -> None:
    text = "Anh/chị chọn việc đúng:\n1. Việc a\n2. Việc b: khi mất\n3. Việc khác hẳn"
    counted = numbers([*many(2), Choice("Không phải", token="#qn:ff")], text)
    assert {number: choice.title for number, choice in counted.items()} == {
        1: "Việc a", 2: "Việc b", 4: "Không phải"}
    menu = lines([*many(2), Choice("Không phải", token="#qn:ff")], counted, text, TEXTS)
    assert menu.split("\n")[1:] == ["4. Không phải"]


def test_numbers_never_mean_a_choice_while_a_value_is_typed() -> None:
    laid = lay_out("Gia đình có mấy con?", many(2), TEXTS, settings(), buttons=False, typed=True)
    assert laid.menu == {} and "“Việc a”, “Việc b”." in laid.parts[-1].body["text"]


def test_too_many_choices_of_a_form_leave_the_answers_as_buttons() -> None:
    answers, others = many(2), [Choice(name, token=f"#qn:{name}") for name in ("Bỏ qua", "Quay lại", "Để sau")]
    page = Choice("Điền trên một trang", url="https://isee.example/f")
    laid = lay_out("Giới tính?", [*answers, *others, page], TEXTS, settings(), buttons=True, asked=answers)
    part = laid.parts[-1]
    assert [button["title"] for button in part.body["attachment"]["payload"]["buttons"]] == ["Việc a", "Việc b"]
    assert "“Bỏ qua”, “Quay lại”, “Để sau”." in part.body["text"] and "https://isee.example/f" in part.body["text"]


@pytest.mark.parametrize(("phone", "code"), [
    ("0203 3835 566", "842033835566"), ("+84 912 345 678", "84912345678"), ("1900 1234", "19001234"), ("113", "113")])
def test_telephones_are_dialled_in_the_84_form(phone: str, code: str) -> None:
    assert phone_code(phone) == code


@pytest.mark.parametrize(("text", "command"), [
    ("xong 1 3", Command("have", (1, 3))), ("Xong 1, 3 và 4", Command("have", (1, 3, 4))),
    ("đã có số 2", Command("have", (2,))), ("xong hết.", Command("have")), ("chưa 2", Command("lack", (2,))),
    ("bo dau 2 2", Command("lack", (2,))), ("Danh sách", Command("list")), ("danh sach giay to", Command("list")),
    ("xong", None), ("xong rồi em", None), ("3", None), ("danh sách 2", None), ("chưa", None), ("có 2 con", None),
    ("xong ١", None), ("xong 1234", None), ("xong " + "1 " * 100, None),
])
def test_the_checklists_commands(text: str, command: Command | None) -> None:
    assert read_command(text) == command


@given(st.text(max_size=80))
def test_any_text_is_a_command_or_none(text: str) -> None:
    found = read_command(text)
    assert found is None or all(0 <= number < 1000 for number in found.numbers)


def test_a_list_of_long_entries_has_air_and_a_short_one_is_left_as_it_is() -> None:
    long = "Tờ khai theo mẫu, gồm mặt bằng, mặt đứng, mặt cắt, sơ đồ đấu nối"
    text = (
        f"Dạ, cần:\n1. {long}\n2. Giấy chứng sinh\nNhà của tổ chức, thêm:\n3. Hợp đồng\n\n"
        "Lệ phí: Miễn phí\nThời hạn: 1 ngày")
    assert aired(text) == (
        f"Dạ, cần:\n\n1. {long}\n\n2. Giấy chứng sinh\n\nNhà của tổ chức, thêm:\n\n3. Hợp đồng\n\n"
        "Lệ phí: Miễn phí\nThời hạn: 1 ngày")
    assert aired("Chọn:\n1. Một\n2. Hai") == "Chọn:\n1. Một\n2. Hai"
