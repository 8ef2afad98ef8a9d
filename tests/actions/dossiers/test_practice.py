"""Practice mode in the chat: marked at every step, never stored, whatever is typed."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image
from sqlalchemy import func, select

from actions.companion.bundle import Dossiers
from actions.dossiers.eforms.practice import Practice
from actions.dossiers.tables import (
    DossierFileRow,
    DossierRow,
    DossierValueRow,
    DraftRow,
    DraftValueRow,
    PendingInputRow,
)
from common.database import Database
from common.settings import Settings
from tests.actions.dossiers.citizen import Citizen

BANNER = "Điền thử – không gửi đi, không lưu lại"
TABLES = (DraftRow, DraftValueRow, PendingInputRow, DossierRow, DossierValueRow, DossierFileRow)


def rows(database: Database) -> list[int]:
    with database.session(write=False) as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def practises(citizen: Citizen, procedure: str = "1.001193") -> str:
    citizen.sends(f'/practise_form{{"procedure_code":"{procedure}"}}')
    return citizen.said


def test_a_trial_from_start_to_mock_receipt_leaves_nothing(
    citizen: Citizen, database: Database, home: Settings
) -> None:
    assert BANNER in practises(citizen) and "dữ liệu mẫu" in citizen.said
    citizen.taps("Đồng ý")
    assert citizen.heard[0]["form"]["practice"] is True
    citizen.types("Hoàng Thị Bích Ngà")
    citizen.types("022190005678")
    said = citizen.types("12")
    assert BANNER in said and "số điện thoại" in said, "a wrong answer is explained as in a real form"
    steps = 0
    while citizen.room.drafts.prompt("c1").stage == "field":
        assert BANNER in citizen.said and citizen.heard[0]["form"]["title"].startswith("Điền thử: ")
        citizen.taps("Dùng dữ liệu mẫu")
        steps += 1
        assert steps < 40
    seen = citizen.sees(citizen.heard[-1])
    assert BANNER in seen and "Hoàng Thị Bích Ngà" in seen and "022190005678" in seen
    said = citizen.taps("Nộp thử")
    assert BANNER in said and "chưa có hồ sơ nào được nộp" in said and "dossier" not in citizen.heard[0]
    assert citizen.loop == {} and rows(database) == [0] * len(TABLES)
    everything = json.dumps([citizen.seen_by_engine, citizen.heard, citizen.transcripts], ensure_ascii=False)
    assert "Bích" not in everything and "022190005678" not in everything
    for file in home.home.rglob("*"):
        if file.is_file():
            assert b"022190005678" not in file.read_bytes()
    citizen.taps("Làm hồ sơ thật")
    assert BANNER not in citizen.said and "đồng ý" in citizen.said


def test_files_are_checked_and_thrown_away(citizen: Citizen, database: Database, home: Settings) -> None:
    practises(citizen, "1.001193")
    citizen.taps("Đồng ý")
    while (field := citizen.room.drafts.prompt("c1").field) and field.type != "file":
        citizen.taps("Dùng dữ liệu mẫu")
    picture = io.BytesIO()
    Image.new("RGB", (30, 30)).save(picture, "PNG")
    citizen.sends_file("anh that.png", picture.getvalue())
    assert citizen.room.drafts.prompt("c1").values[field.name].display == "anh that.png"  # type: ignore[union-attr]
    # The one row says that a trial is on, and nothing of what is in it.
    assert sum(rows(database)) == 1
    assert not [path for path in home.uploads_dir.rglob("*") if path.is_file()]


def test_a_real_form_waits_and_is_taken_up_again(citizen: Citizen) -> None:
    citizen.fills_in(["Nguyễn Thị Lan"])
    said = practises(citizen)
    assert "vẫn giữ nguyên" in said
    citizen.taps("Đồng ý")
    citizen.types("Trần Văn Thử")
    assert "kết thúc phần điền thử" in citizen.taps("Thôi điền thử") and citizen.loop == {}
    citizen.sends("/resume_form")
    draft = citizen.room.drafts.prompt("c1")
    assert not draft.practice and draft.values["applicant_name"].display == "Nguyễn Thị Lan"


@pytest.mark.parametrize("way", ["để sau", "hủy", "thôi"])
def test_a_trial_cannot_be_kept(citizen: Citizen, database: Database, way: str) -> None:
    practises(citizen)
    citizen.taps("Đồng ý")
    assert "Không có nội dung nào được gửi đi hay lưu lại" in citizen.types(way)
    assert citizen.room.drafts.active("c1") is None and rows(database) == [0] * len(TABLES)


def test_a_trial_lost_by_a_restart_is_said(citizen: Citizen, database: Database) -> None:
    practises(citizen)
    citizen.taps("Đồng ý")
    citizen.types("Trần Văn Thử")
    citizen.room.drafts.practice._trials.clear()  # what a restart leaves of it
    citizen.loop = {}
    assert citizen.room.intake.capture("c1", text="lệ phí bao nhiêu ạ?") is None, "a question is answered"
    assert "hệ thống vừa khởi động lại" in citizen.types("022190005678")
    assert "022190005678" not in str(citizen.transcripts)
    assert [button["title"] for button in citizen.heard[0]["buttons"]] == ["Điền thử", "Làm hồ sơ thật", "Gặp cán bộ"]
    assert citizen.room.intake.capture("c1", text="022190005678") is None and rows(database) == [0] * len(TABLES)


def test_which_form_is_asked_and_a_refusal_ends_it(citizen: Citizen) -> None:
    citizen.sends("/practise_form")
    assert "điền thử tờ khai nào" in citizen.said
    payloads = [b["payload"] for b in citizen.heard[0]["buttons"] if "payload" in b]
    assert payloads and all(payload.startswith("/practise_form{") for payload in payloads)
    citizen.sends(payloads[0])
    assert "kết thúc phần điền thử" in citizen.taps("Không đồng ý")


def test_a_review_of_a_trial_is_gone_with_it(citizen: Citizen) -> None:
    practises(citizen)
    citizen.taps("Đồng ý")
    while citizen.room.drafts.prompt("c1").stage == "field":
        citizen.taps("Dùng dữ liệu mẫu")
    sealed = citizen.heard[-1]["form"]["sealed"]
    assert citizen.room.reviews.reveal("c1", sealed) is not None
    assert citizen.room.reviews.reveal("c2", sealed) is None
    citizen.taps("Nộp thử")
    assert citizen.room.reviews.reveal("c1", sealed) is None


def test_every_form_can_be_practised_with_its_examples(room: Dossiers) -> None:
    for form in room.forms:
        room.drafts.practise("c1", form.slug)
        room.drafts.consent("c1", True)
        for _ in range(150):
            draft = room.drafts.prompt("c1")
            if draft.field is None:
                break
            after = room.drafts.sample("c1")
            assert after.field is None or after.field.name != draft.field.name, (form.slug, after.notice)
        assert room.drafts.prompt("c1").stage == "review"


def test_trials_end_by_time_and_by_number(room: Dossiers, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    practice = Practice(lambda: clock[0])
    form = next(iter(room.forms))
    practice.start("c1", form)
    ref = practice.hold("c1", "text", "x")
    assert practice.take("c2", ref) is None and practice.take("c1", ref) is not None
    assert practice.take("c1", ref) is None
    clock[0] = 3601
    assert practice.get("c1") is None and practice.change("c1", lambda draft: draft) is None
    monkeypatch.setattr("actions.dossiers.eforms.practice._MOST", 2)
    for name in ("a", "b", "c"):
        practice.start(name, form)
    assert [name for name in ("a", "b", "c") if practice.get(name)] == ["b", "c"]
