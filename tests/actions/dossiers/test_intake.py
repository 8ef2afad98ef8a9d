"""Which messages are answers, and which are left to the dialogue engine."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from actions.companion.bundle import Dossiers
from actions.dossiers.tables import PendingInputRow
from common.clock import utc_now
from common.database import Database
from tests.actions.dossiers.citizen import KHAI_SINH


def asking(room: Dossiers, name: str) -> None:
    """Brings c1's birth registration to the question `name`."""
    room.drafts.start("c1", "khai_sinh")
    room.drafts.consent("c1", True)
    for answer in KHAI_SINH:
        draft = room.drafts.prompt("c1")
        if draft.field and draft.field.name == name:
            return
        room.drafts.skip("c1") if answer == "bỏ qua" else room.drafts.apply("c1", answer)


ELSEWHERE = [
    "lệ phí bao nhiêu", "le phi bao nhieu vay", "gặp cán bộ", "cho em gặp cán bộ",
    "mất mấy ngày hả em, bao lâu thì xong", "có cần giấy chứng sinh không?",
    "tra cứu hồ sơ H49-260804-0001", "/inform_field{\"eform_input\":\"x\"}", "   ", "cho em hỏi nộp ở đâu",
]
COMMANDS = {
    "quay lại": "/go_back", "quay lai": "/go_back", "để sau": "/pause_form", "dạ thôi để sau ạ": "/pause_form",
    "hủy": "/cancel", "huỷ hồ sơ": "/cancel", "thôi không làm nữa": "/cancel", "nhắc lại": "/resume_form",
    "nộp hồ sơ": "/confirm_submit", "sửa họ tên người nộp": "/edit_field",
}


@pytest.mark.parametrize("name", [
    "applicant_name", "applicant_id", "applicant_phone", "relation", "child_birth_date", "birth_place",
    "birth_proof_file", "ethnicity", "parents_married", "commune", "copies",
])
def test_questions_and_commands_go_to_the_engine(room: Dossiers, name: str) -> None:
    asking(room, name)
    assert [text for text in ELSEWHERE if room.intake.capture("c1", text=text)] == []
    for text, intent in COMMANDS.items():
        captured = room.intake.capture("c1", text=text)
        assert captured is not None and captured.intent_message.startswith(intent), text
        assert captured.transcript == text


@pytest.mark.parametrize(("text", "transcript"), [
    ("sửa tên thành Hoàng Thị Bích Ngà", "Sửa một mục"), ("không làm nữa, em Ngà bận", "Hủy hồ sơ"),
    ("sửa họ tên trẻ", "sửa họ tên trẻ"), ("hủy hồ sơ ạ", "hủy hồ sơ ạ"),
])
def test_words_after_a_command_are_not_kept(room: Dossiers, text: str, transcript: str) -> None:
    asking(room, "nothing")
    captured = room.intake.capture("c1", text=text)
    assert captured is not None and captured.transcript == transcript
    assert "Ngà" not in captured.intent_message


@pytest.mark.parametrize(("text", "message"), [
    ("sửa số điện thoại", '/edit_field{"field": "applicant_phone"}'), ("đúng rồi", "/confirm_submit"),
    ("sua ten be thanh Nguyễn Gia Khánh", '/edit_field{"field": "child_name"}'),
    ("cho em sửa lại nơi sinh", '/edit_field{"field": "birth_place"}'), ("nop luon", "/confirm_submit"),
    ("chưa đúng", "/edit_field"), ("dạ đúng rồi ạ", "/confirm_submit"), ("sửa", "/edit_field"),
])
def test_commands_on_the_review(room: Dossiers, text: str, message: str) -> None:
    asking(room, "nothing")
    captured = room.intake.capture("c1", text=text)
    assert captured is not None and captured.intent_message == message


@pytest.mark.parametrize(("text", "message"), [
    ("đồng ý", "/give_consent"), ("dạ có ạ", "/give_consent"), ("không", "/refuse_consent"), ("ok", "/give_consent"),
    ("không đồng ý ạ", "/refuse_consent"), ("để sau", "/pause_form"),
])
def test_words_on_consent(room: Dossiers, text: str, message: str) -> None:
    room.drafts.start("c1", "khai_sinh")
    captured = room.intake.capture("c1", text=text)
    assert captured is not None and captured.intent_message == message


@pytest.mark.parametrize(("name", "text", "transcript"), [
    ("applicant_name", "nguyễn thị hà", "[Họ và tên người nộp: N••• T••• H•••]"),
    ("applicant_id", "cccd em là 022190001234 đúng không?", "[Số định danh của người nộp: 022•••••••••]"),
    ("applicant_id", "12345678901", "[Số định danh của người nộp: chưa hợp lệ, đã ẩn]"),
    ("applicant_id", "abc", "[Số định danh của người nộp: chưa hợp lệ, đã ẩn]"),
    ("applicant_email", "không có", "không có"),
    ("applicant_email", "lan@example.com", "[Thư điện tử: l••@example.com]"),
    ("child_birth_date", "abc", "[Ngày sinh của trẻ: chưa hợp lệ, đã ẩn]"),
    ("child_birth_date", "hôm qua", "[Ngày sinh của trẻ: đã ghi nhận]"),
    ("birth_place", "trạm y tế thôn ở đầu làng", "[Nơi sinh: đã ghi nhận]"),
    ("birth_place", "tại nhà, tổ 3", "[Nơi sinh: đã ghi nhận]"),
    ("relation", "bố", "[Quan hệ với trẻ: Cha]"),
    ("parents_married", "không phải", "[Cha mẹ đã đăng ký kết hôn: Không]"),
    ("commune", "hong gai", "[Nơi đăng ký: đã ghi nhận]"),
    ("commune", "thành phố Móng Cái", "[Nơi đăng ký: đã ghi nhận]"),
    ("copies", "2 bản", "[Số bản sao Giấy khai sinh: đã ghi nhận]"),
    ("birth_proof_file", "chưa có", "chưa có"),
])
def test_answers_are_sealed(room: Dossiers, name: str, text: str, transcript: str) -> None:
    asking(room, name)
    captured = room.intake.capture("c1", text=text)
    assert captured is not None and captured.transcript == transcript
    assert text not in captured.intent_message


def test_nothing_is_captured_without_a_question(room: Dossiers) -> None:
    assert room.intake.capture("c1", text="022190001234") is None
    assert room.intake.capture("c1", payload='/inform_field{"choice":"mother"}') is None
    asking(room, "applicant_id")
    assert room.intake.capture("someone else", text="022190001234") is None


@pytest.mark.parametrize("payload", [
    "/go_back", "/inform_field", "/inform_field{broken", '/inform_field{"choice":5}', '/inform_field["choice"]',
    '/inform_field{"eform_input":"abc"}',
])
def test_other_payloads_are_left_alone(room: Dossiers, payload: str) -> None:
    asking(room, "relation")
    assert room.intake.capture("c1", payload=payload) is None


def test_a_button_becomes_a_reference(room: Dossiers) -> None:
    asking(room, "relation")
    captured = room.intake.capture("c1", payload='/inform_field{"choice":"mother"}')
    assert captured is not None and captured.transcript == "[Quan hệ với trẻ: Mẹ]"
    ref = captured.intent_message.split('"')[3]
    entered = room.intake.pending.take("c1", ref)
    assert entered is not None and entered.text == "mother"
    assert room.intake.pending.take("c1", ref) is None


def test_references_expire_and_belong_to_one_conversation(room: Dossiers, database: Database) -> None:
    ref = room.intake.pending.put("c1", "text", "022190001234")
    assert room.intake.pending.take("c2", ref) is None
    with database.session() as session:
        session.execute(update(PendingInputRow).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert room.intake.pending.take("c1", ref) is None


@pytest.mark.parametrize(("text", "pin"), [
    ("1234", "1234"), (" 1 2 3 4 ", "1234"), ("022190001234", "022190001234"), ("mã là 1234 ạ", "1234"), ("12", "12"),
])
def test_the_pin_is_sealed(room: Dossiers, text: str, pin: str) -> None:
    room.intake.expect_pin("c1", "H49-260804-0001")
    captured = room.intake.capture("c1", text=text, client="a caller")
    assert captured is not None and captured.intent_message.startswith('/provide_pin{"ref":"')
    assert captured.transcript == "[Bốn số cuối: ••••]"
    entered = room.intake.pending.take("c1", captured.intent_message.split('"')[3])
    assert entered is not None and (entered.text, entered.dossier_code) == (pin, "H49-260804-0001")
    assert entered.client == "a caller"


@pytest.mark.parametrize("text", ["em quên mã rồi", "tao khong nho ma pin"])
def test_a_pin_that_is_not_at_hand_is_explained(room: Dossiers, text: str) -> None:
    room.intake.expect_pin("c1", "H49-260804-0001")
    captured = room.intake.capture("c1", text=text)
    assert captured is not None and captured.intent_message == '/track_dossier{"act":"pin_lost"}'


def test_what_is_typed_at_the_choice_of_an_entry_is_no_answer_to_the_question_before(room: Dossiers) -> None:
    asking(room, "ethnicity")
    for text, message in (
        ("Nguyễn Gia Khánh", "/edit_field"),  # a value, and nobody knows of what yet
        ("tên bé", '/edit_field{"field": "child_name"}'), ("phí bao nhiêu", None), ("để mai làm tiếp", "/pause_form"),
    ):
        room.intake.show_menu("c1")
        captured = room.intake.capture("c1", text=text)
        assert (captured and captured.intent_message) == message, text
        assert captured is None or "Khánh" not in captured.transcript
    # Looked at once: the next text is the form's again.
    answered = room.intake.capture("c1", text="Kinh")
    assert answered is not None and answered.intent_message.startswith("/inform_field")


@pytest.mark.parametrize("text", ["gặp cán bộ", "tra cứu hồ sơ H49-260804-0002", "bao giờ xong?"])
def test_words_are_no_pin(room: Dossiers, text: str) -> None:
    room.intake.expect_pin("c1", "H49-260804-0001")
    assert room.intake.capture("c1", text=text) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80), name=st.sampled_from(["applicant_name", "applicant_id", "relation", "copies"]))
def test_any_text_is_taken_or_left(room: Dossiers, text: str, name: str) -> None:
    asking(room, name)
    captured = room.intake.capture("c1", text=text)
    assert captured is None or captured.intent_message.startswith("/inform_field")
