"""Whole conversations through intake and actions."""

from __future__ import annotations

import json
import re

import pytest

from actions.companion.bundle import build_dossiers
from actions.dossiers.registry.desk import DossierFilter
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.citizen import KHAI_SINH, Citizen


def test_birth_registration_from_consent_to_tracking(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH)
    review = citizen.heard[-1]
    seen = citizen.sees(review)
    assert "Họ và tên trẻ: Tran Minh An" in seen and "022190001234" in seen, "correct before it is submitted"
    said = citizen.taps("Nộp hồ sơ")
    code = re.search(r"H49-\d{6}-\d{4}", said)
    assert code and citizen.heard[0]["dossier"] == {"code": code[0], "status": "submitted"}
    seen = citizen.sees(review)
    assert code[0] in seen and "Tran Minh An" in seen and "022•••••••••" in seen and "022190001234" not in seen
    assert citizen.loop == {}
    # Who submitted is not asked for the PIN; any other conversation is.
    assert "Hồ sơ đã nộp" in citizen.sends(f'/track_dossier{{"dossier_code":"{code[0]}"}}')
    other = Citizen(citizen.room, list(citizen._actions.values()), "c2")
    other.sends(f'/track_dossier{{"dossier_code":"{code[0]}"}}')
    assert "4 số cuối" in other.said
    assert "Hồ sơ đã nộp" in other.types("1234")
    assert other.transcripts[-1] == "[Bốn số cuối: ••••]"


def test_the_engine_never_sees_a_personal_value(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH)
    everything = json.dumps([citizen.seen_by_engine, citizen.heard, citizen.transcripts], ensure_ascii=False)
    for value in ("Lan", "022190001234", "0912 345 678", "0912345678", "Sản Nhi", "Minh An", "Uông Bí"):
        assert value not in everything
    assert "[Số định danh của người nộp: 022•••••••••]" in citizen.transcripts
    assert all("022190001234" not in line and "Nguyễn" not in line for line in citizen.transcripts)


def test_nothing_personal_is_asked_before_consent(citizen: Citizen) -> None:
    citizen.sends('/submit_dossier{"procedure_code":"1.001193"}')
    assert "đồng ý" in citizen.said and "form" not in citizen.heard[0]
    assert citizen.room.intake.capture("c1", text="022190001234") is None
    citizen.taps("Không đồng ý")
    assert "không thu thập" in citizen.said
    assert citizen.room.drafts.resumable("c1") == []


def test_consent_is_reminded_shortly_and_taken_back_with_an_explanation(citizen: Citizen) -> None:
    citizen.sends('/submit_dossier{"procedure_code":"1.001193"}')
    full = citizen.said
    citizen.heard = []
    citizen._run("action_ask_eform_input", {"intent": {}, "entities": [], "text": ""}, after="action_answer")
    assert len(citizen.said) < len(full) / 3 and "có đồng ý" in citizen.said
    assert [b["title"] for b in citizen.heard[0]["buttons"]][:2] == ["Đồng ý", "Không đồng ý"]
    citizen.taps("Đồng ý")
    assert "dừng mọi thông báo" in citizen.types("rut lai dong y")
    assert "Xóa dữ liệu" in [b["title"] for b in citizen.heard[0]["buttons"]]
    assert citizen.room.drafts.active("c1"), "nothing is given up before it is confirmed"
    citizen.room.drafts.cancel("c1")
    citizen.loop, citizen.heard = {}, []
    citizen._run("action_eform_consent", {
        "intent": {"name": "refuse_consent"}, "entities": [], "text": "rút lại sự đồng ý"})
    assert "dừng mọi thông báo" in citizen.said


def test_wrong_answers_get_a_sentence_and_the_question_again(citizen: Citizen) -> None:
    citizen.fills_in(["Nguyễn Thị Lan"])
    said = citizen.types("02219000123")
    assert "11 chữ số" in said and "Số định danh cá nhân của người nộp" in said
    assert citizen.transcripts[-1] == "[Số định danh của người nộp: chưa hợp lệ, đã ẩn]"
    assert "chứng minh nhân dân cũ" in citizen.types("100123456")
    assert "số điện thoại" in citizen.types("022190001234")


def test_back_edit_and_conditions(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH)
    citizen.taps("Sửa một mục")
    citizen.taps("Quan hệ với trẻ")
    assert "là gì của bé" in citizen.said
    # A father is asked for the mother; as a mother these questions were hidden.
    assert "mẹ bé" in citizen.taps("Cha")
    citizen.taps("Quay lại")
    assert "Quê quán" in citizen.said
    citizen.types("xã Tiên Yên")
    assert citizen.heard[0]["form"]["field"]["name"] == "mother_name"
    citizen.taps("Bỏ qua")
    citizen.taps("Bỏ qua")
    assert "Quan hệ với trẻ: Cha" in citizen.sees(citizen.heard[-1])
    citizen.sends('/edit_field{"field":"relation"}')
    citizen.taps("Mẹ")
    assert "mẹ bé" not in citizen.said and "Họ và tên mẹ" not in citizen.sees(citizen.heard[-1])


def test_a_restart_loses_nothing(citizen: Citizen, home: Settings, keyring: Keyring) -> None:
    citizen.fills_in(KHAI_SINH[:6])
    again = build_dossiers(home, Database.from_settings(home), keyring)
    draft = again.drafts.active("c1")
    assert draft is not None and draft.field is not None and draft.field.name == "child_sex"
    assert draft.values["applicant_name"].display == "Nguyễn Thị Lan"


def test_pause_and_resume(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH[:3])
    citizen.taps("Để sau")
    assert "làm tiếp" in citizen.said and citizen.loop == {}
    assert citizen.room.intake.capture("c1", text="Nguyễn Thị Lan") is None
    citizen.sends("/resume_form")
    assert "mở lại" in citizen.said and "thư điện tử" in citizen.said


def test_cancelling_erases(citizen: Citizen, database: Database) -> None:
    from sqlalchemy import func, select

    from actions.dossiers.tables import DraftValueRow

    citizen.fills_in(KHAI_SINH[:6])
    citizen.sends("/cancel")
    with database.session(write=False) as session:
        assert session.scalar(select(func.count()).select_from(DraftValueRow)) == 0
    assert "xóa" in citizen.said


def test_a_repeated_submission_shows_the_same_dossier(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH)
    first = re.search(r"H49-\S+?\d{4}", citizen.taps("Nộp hồ sơ"))
    again = citizen.sends("/confirm_submit")
    assert first and first[0] in again and "không tạo thêm" in again
    assert len(citizen.room.desk.listed(DossierFilter())) == 1


def test_submitting_too_early_goes_on_asking(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH[:2])
    assert "chưa đến bước nộp" in citizen.sends("/confirm_submit")
    assert citizen.room.desk.listed(DossierFilter()) == []


def test_a_reference_works_once(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH[:1])
    captured = citizen.room.intake.capture("c1", text="022190001234")
    assert captured is not None
    citizen.sends(captured.intent_message)
    assert "đã được ghi nhận" in citizen.sends(captured.intent_message)


def test_a_procedure_without_form_is_told_honestly(citizen: Citizen) -> None:
    said = citizen.sends('/submit_dossier{"procedure_code":"1.012345"}')
    assert "chưa lập được hồ sơ trực tuyến" in said and citizen.loop == {}
    said = citizen.sends("/submit_dossier")
    buttons = citizen.heard[0]["buttons"]
    assert "thủ tục nào" in said and len(buttons) == 9 and buttons[-1]["url"].endswith("/forms")


def test_tracking_a_foreign_code(citizen: Citizen) -> None:
    said = citizen.sends('/track_dossier{"dossier_code":"H57.132-260804-0583"}')
    assert "ngoài tỉnh Quảng Ninh" in said
    assert citizen.room.intake.capture("c1", text="1234") is None


def test_divided_former_unit_is_asked_back(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH[:-2])
    said = citizen.types("thành phố Móng Cái")
    assert "nhiều đơn vị mới" in said
    assert len(citizen.heard[0]["form"]["field"]["choices"]) > 2
    assert "bao nhiêu bản sao" in citizen.types("phường Móng Cái 1")


def test_a_review_belongs_to_its_conversation_and_goes_with_its_draft(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH)
    sealed = citizen.heard[-1]["form"]["sealed"]
    shown = citizen.room.reviews.reveal("c1", sealed)
    assert shown and {line["field"]: line["value"] for line in shown.lines}["applicant_id"] == "022190001234"
    assert citizen.room.reviews.reveal("c2", sealed) is None
    assert citizen.room.reviews.reveal("c1", {}) is None
    citizen.taps("Hủy hồ sơ")
    assert citizen.room.reviews.reveal("c1", sealed) is None


@pytest.mark.parametrize("intent", ["cancel", "refuse_consent"])
def test_a_guess_erases_nothing(citizen: Citizen, intent: str) -> None:
    citizen.fills_in(KHAI_SINH[:3])
    assert "bỏ hẳn hồ sơ" in citizen.understood("khong nho nua", intent, 0.27)
    assert citizen.room.drafts.is_open("c1") and citizen.loop
    citizen.taps("Làm tiếp")
    assert citizen.heard[-1]["form"]["field"]["name"] == "applicant_email"
    citizen.understood("khong nho nua", intent, 0.27)
    citizen.taps("Bỏ và xóa")
    assert not citizen.room.drafts.is_open("c1") and not citizen.loop


def test_who_is_clear_about_leaving_is_not_asked(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH[:3])
    assert "Em đã hủy hồ sơ" in citizen.understood("hủy hồ sơ này đi em", "cancel", 0.97)


@pytest.mark.parametrize(("done", "answer"), [(7, "31/12/2099"), (15, "4321 bản"), (14, "thành phố Móng Cái")])
def test_no_sentence_repeats_a_refused_answer(citizen: Citizen, done: int, answer: str) -> None:
    citizen.fills_in(KHAI_SINH[:done])
    asked = citizen.heard[0]["form"]["field"]["name"]
    citizen.types(answer)
    assert citizen.heard[0]["form"]["field"]["name"] == asked
    notice = citizen.said.partition("\n")[0]
    assert "vừa nhập" in notice
    for word in (answer, "2099", "4321", "4.321", "Móng Cái"):
        assert word not in notice and word not in citizen.transcripts[-1]


def test_wrong_pins_are_counted_by_caller_across_conversations(citizen: Citizen) -> None:
    for number in range(16):
        other = Citizen(citizen.room, list(citizen._actions.values()), f"guess{number}")
        other.sends(f'/track_dossier{{"dossier_code":"H49-260804-{number:04d}"}}')
        captured = other.room.intake.capture(other.id, text="0000", client="one address")
        assert captured is not None
        said = other.sends(captured.intent_message)
        assert ("nhiều lần" in said) == (number == 15), "the sixteenth try of one address is refused"


def test_erasing_a_conversation_takes_drafts_and_expected_pins(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH[:4])
    citizen.room.intake.expect_pin("c1", "H49-260804-0001")
    assert citizen.room.drafts.erase("c1") == 1
    assert citizen.room.drafts.resumable("c1") == []
    assert citizen.room.intake.capture("c1", text="1234") is None


def test_asked_again_for_the_same_procedure_names_the_dossier_that_exists(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH)
    citizen.taps("Nộp hồ sơ")
    code = citizen.heard[0]["dossier"]["code"]
    assert code in citizen.sends('/submit_dossier{"procedure_code":"1.001193"}')


def test_forms_of_the_procedures_talked_about_come_first(citizen: Citizen) -> None:
    citizen.slots["candidates"] = ["1.000894", "1.999999"]
    citizen.sends("/submit_dossier")
    assert [button["title"] for button in citizen.heard[0]["buttons"]] == ["Đăng ký kết hôn"]
