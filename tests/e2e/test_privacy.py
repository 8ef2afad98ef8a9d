"""Personal numbers and the answers of an e-form lie in clear in nothing that the service or the engine writes."""

from __future__ import annotations

import io
import json
from pathlib import Path

from PIL import Image

from tests.e2e.citizen import BIRTH, Citizen
from tests.e2e.service import Service

# Given nowhere else, so that what is found here can only come from this journey.
ID_NUMBER, PHONE, EMAIL = "022184061927", "0936518274", "nga.hoang1984@example.org"
STRAY_ID, STRAY_PHONE = "022085113946", "0977240516"
NAME, CHILD, HOMETOWN = "Nghiêm Thị Tuyết Trinh", "Đoàn Nghiêm Phúc Lâm", "thôn Khe Sím, tỉnh Quảng Ninh"
PERSON = BIRTH | {
    "applicant_id": ID_NUMBER,
    "applicant_phone": "0936 518 274",
    "applicant_email": EMAIL,
    "applicant_name": NAME,
    "child_name": CHILD,
    "hometown": HOMETOWN,
}


def test_nothing_personal_is_written_in_clear(service: Service, citizen: Citizen) -> None:
    citizen.says(f"căn cước của em là {STRAY_ID}, số điện thoại {STRAY_PHONE}")
    citizen.begins_birth_form()
    citizen.answers_until("applicant_email", PERSON)
    citizen.says(f"số {STRAY_PHONE} của chồng em có dùng được không, lệ phí bao nhiêu")
    citizen.answers_until("birth_proof_file", PERSON)
    picture = _picture()
    assert citizen.post_file("giay-chung-sinh.jpg", picture).status_code == 200
    citizen.says("nhắc lại")
    review = citizen.answers_until("", PERSON).reviews
    assert review["Họ và tên trẻ"] == CHILD
    code = citizen.presses("Nộp hồ sơ").dossier["code"]
    elsewhere = Citizen(service.url)
    elsewhere.says(f"tra cứu hồ sơ {code}")
    assert elsewhere.says(ID_NUMBER[-4:]).dossier["code"] == code
    assert ID_NUMBER in service.isee("dossier", "show", code, "--reveal-to", "e2e", "--json"), "kept where it is needed"

    for secret in (ID_NUMBER, PHONE, PHONE[1:], EMAIL, STRAY_ID, STRAY_PHONE, "0936 518 274"):
        assert not _files_with(service.home, secret), secret
    for answer in (NAME, CHILD, HOMETOWN):
        assert not _files_with(service.home, answer), answer
        assert not _files_with(service.home, json.dumps(answer).strip('"')), answer
    assert not _files_with(service.home, picture[:200]), "the upload lies in clear"
    transcript = json.dumps(citizen.messages(), ensure_ascii=False)
    assert ID_NUMBER not in transcript
    assert PHONE not in transcript


def test_nothing_of_an_erased_conversation_is_left(service: Service, citizen: Citizen) -> None:
    said, name, number = "cụ Phùng Bá Quát ở ngõ Hàng Than", "Khuất Thị Ánh Dương", "022187063829"
    citizen.says(f"{said} hỏi thủ tục chứng thực")
    citizen.begins_birth_form()
    citizen.answers_until("", PERSON | {"applicant_name": name, "applicant_id": number})
    code = citizen.presses("Nộp hồ sơ").dossier["code"]
    assert _files_with(service.home, said), "free text is kept until it is erased"
    assert code in citizen.says("xóa dữ liệu của tôi").text, "what is kept is said"
    citizen.presses("Xóa ngay")
    service.wait(lambda: citizen.post({"text": "còn đó không"}).status_code == 401, "the erasure", 60)
    for value in (said, name, number):
        assert not _files_with(service.home, value), value
        assert not _files_with(service.home, json.dumps(value).strip('"')), value
    assert number in service.isee("dossier", "show", code, "--reveal-to", "e2e", "--json"), "the office's dossier stays"


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (200, 190, 180)).save(out, "JPEG")
    return out.getvalue()


def _files_with(home: Path, needle: str | bytes) -> list[str]:
    """Files of the home folder (databases with their write-ahead logs, logs, uploads) that hold `needle`."""
    wanted = needle.encode() if isinstance(needle, str) else needle
    ours = [path for path in home.rglob("*") if path.is_file() and path.relative_to(home).parts[0] != "models"]
    assert {"isee.db", "rasa-tracker.db", "service.log", "rasa.log"} <= {path.name for path in ours}
    return [str(path.relative_to(home)) for path in ours if wanted in path.read_bytes()]
