"""Supplements: asked for paper by paper, answered in the chat or on the page, the clock stopped meanwhile."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from actions.companion.bundle import Dossiers
from actions.dossiers.registry.desk import DossierFilter
from actions.dossiers.registry.requests import Wanted
from actions.dossiers.registry.tables import DossierClockRow
from actions.dossiers.tables import DossierFileRow, DossierRow
from actions.outbox import OutboxRow
from common.clock import local_date
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.citizen import KHAI_SINH, Citizen
from tests.actions.dossiers.registry.support import count
from tests.actions.dossiers.test_submission import fill

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082")
BIRTH, ADDRESS = Wanted("document", "Giấy chứng sinh", "Ảnh bị mờ, không đọc được số"), Wanted(
    "field", "Nơi sinh", "Ghi đủ tên bệnh viện nơi sinh")


@pytest.fixture
def code(room: Dossiers) -> str:
    code = room.submissions.submit(fill(room).id).code
    for state in ("received", "processing"):
        room.registry.advance(code, state, actor="Lê C")
    return code


def test_the_citizen_sees_which_papers_and_why(room: Dossiers, code: str) -> None:
    room.supplements.request(code, [BIRTH, ADDRESS], actor="Lê C")
    status = room.registry.status(code)
    assert (status.status, status.acts) == ("supplement_requested", "citizen")
    assert [(item.subject, item.reason) for item in status.open_requests] == [
        (BIRTH.subject, BIRTH.reason), (ADDRESS.subject, ADDRESS.reason)]
    assert "Giấy chứng sinh: Ảnh bị mờ" in status.timeline[-1].note and "Lê C" not in status.model_dump_json()


def test_a_number_that_staff_write_is_masked_before_it_is_stored(room: Dossiers, code: str, home: Settings) -> None:
    number = "022190001234"
    room.supplements.request(code, [Wanted("field", "Nơi sinh", f"Không khớp với số {number}")], actor="Lê C")
    room.registry.advance(code, "withdrawn", actor="Lê C", note=f"Theo đơn của người có số định danh {number}")
    assert [item.note for item in room.registry.show(code).timeline if "022•••••••••" in item.note]
    for file in home.home.glob("isee.db*"):
        assert number.encode() not in file.read_bytes()


def test_it_goes_on_when_everything_is_answered(room: Dossiers, code: str) -> None:
    room.supplements.request(code, [BIRTH, ADDRESS], actor="Lê C")
    first, second = room.registry.status(code).open_requests
    left = room.supplement_files.answer(code, first.id, files=[("chung sinh.png", PNG)])
    assert [item.id for item in left] == [second.id] and room.registry.status(code).status == "supplement_requested"
    # Sent again: the later picture takes the place of the first.
    room.supplement_files.answer(code, first.id, files=[("chung sinh 2.png", PNG)])
    assert room.supplements.answer(code, second.id, text="Bệnh viện Sản Nhi Quảng Ninh") == []
    status = room.registry.status(code)
    assert status.status == "supplemented" and not status.open_requests
    assert "Sản Nhi" not in status.model_dump_json(), "what was written is for the officer"
    answers = room.registry.show(code, reveal_to="Lê C").requests
    assert answers[1].answer == "Bệnh viện Sản Nhi Quảng Ninh" and len(answers[0].file_ids) == 1
    assert room.uploads.read(answers[0].file_ids[0]).type == "image/png"
    with pytest.raises(Conflict):
        room.supplements.answer(code, second.id, text="thêm nữa")


def test_what_officer_and_citizen_wrote_is_sealed(
    room: Dossiers, code: str, database: Database, home: Settings
) -> None:
    room.supplements.request(code, [Wanted("other", "", "Ghi rõ quan hệ")], actor="Lê C")
    number = room.registry.status(code).open_requests[0].id
    room.supplements.answer(code, number, text="Bà nội của cháu bé")
    database.dispose()
    raw = b"".join(path.read_bytes() for path in home.home.glob("isee.db*"))
    assert "Bà nội của cháu".encode() not in raw


def test_the_clock_waits_for_the_citizen(room: Dossiers, code: str, database: Database) -> None:
    due = room.registry.status(code).due_on
    assert due is not None
    room.supplements.request(code, [ADDRESS], actor="Lê C")
    with database.session() as session:  # two weeks go by
        row = session.scalars(select(DossierRow).where(DossierRow.code == code)).one()
        clock = session.get_one(DossierClockRow, row.id)
        clock.stopped_on = local_date() - timedelta(days=14)
        row.due_on = local_date() - timedelta(days=10)
    waiting = room.registry.status(code)
    assert not waiting.late, "who waits for the citizen is not late"
    room.supplements.answer(code, waiting.open_requests[0].id, text="Bệnh viện Bãi Cháy")
    status = room.registry.status(code)
    # This form's limit is in calendar days: later by the fourteen days of waiting, and not on a day off.
    assert status.due_on == room.calendar.today().on_or_after(local_date() + timedelta(days=4))
    moved = next(entry for entry in status.timeline if entry.kind == "due")
    assert "không tính vào thời hạn" in moved.note
    assert room.registry.show(code).promised_on == due, "the first promise stays on record"


def test_late_and_why(room: Dossiers, code: str, database: Database) -> None:
    with database.session() as session:
        row = session.scalars(select(DossierRow).where(DossierRow.code == code)).one()
        row.due_on = room.calendar.today().on_or_before(local_date() - timedelta(days=20))
    late = room.registry.status(code)
    assert late.late and late.days_late > 5 and "chưa ghi lý do" in late.late_text
    assert "hẹn trả" in late.summary
    with pytest.raises(InvalidInput, match="lý do"):
        room.registry.explain(code, reason="bận", expected_on=None, actor="Lê C")
    saturday = local_date() + timedelta(days=(5 - local_date().weekday()) % 7 + 7)
    with pytest.raises(InvalidInput, match="ngày làm việc"):
        room.registry.explain(code, reason="Chờ xác minh của tỉnh khác", expected_on=saturday, actor="Lê C")
    again = room.calendar.today().add(local_date(), 3)
    room.registry.explain(code, reason="Chờ xác minh của tỉnh khác", expected_on=again, actor="Lê C")
    told = room.registry.status(code)
    assert "Chờ xác minh của tỉnh khác" in told.late_text and f"{again:%d/%m/%Y}" in told.late_text
    assert told.late, "a new date doesn't make it in time"
    assert [item.code for item in room.desk.listed(DossierFilter(due="late"))] == [code]
    assert room.desk.counted(DossierFilter())["late"] == 1


def test_a_refusal_names_its_ground(room: Dossiers, code: str) -> None:
    with pytest.raises(InvalidInput, match="căn cứ pháp lý"):
        room.registry.refuse(code, ground="", reason="Không đủ điều kiện", actor="Lê C")
    room.registry.refuse(code, ground="Điều 16 Luật Hộ tịch", reason="Không đủ điều kiện", actor="Lê C")
    assert "Căn cứ Điều 16 Luật Hộ tịch" in room.registry.status(code).timeline[-1].note


def test_two_officers_decide_on_what_they_see(room: Dossiers, code: str) -> None:
    room.registry.advance(code, "approved", actor="Lê C", seen="processing")
    with pytest.raises(Conflict, match="người khác"):
        room.registry.refuse(code, ground="Điều 16", reason="Không đủ", actor="Trần D", seen="processing")


def test_bad_requests_and_foreign_ones_change_nothing(room: Dossiers, code: str) -> None:
    for wanted, said in (
        ([], "Chọn từ 1"), ([Wanted("document", "Giấy chứng sinh", "mờ")], "lý do"),
        ([BIRTH] * 31, "Chọn từ 1"), ([Wanted("document", "Giấy chứng sinh", "x" * 501)], "lý do"),
    ):
        with pytest.raises(InvalidInput, match=said):
            room.supplements.request(code, wanted, actor="Lê C")
    assert room.registry.status(code).status == "processing" and room.supplements.asked(code) == []
    other = room.submissions.submit(fill(room, "c2").id).code
    room.supplements.request(other, [ADDRESS], actor="Lê C")
    foreign = room.registry.status(other).open_requests[0].id
    with pytest.raises(NotFound):
        room.supplements.answer(code, foreign, text="không phải hồ sơ này")


def test_only_a_free_file_can_be_an_answer(room: Dossiers, code: str, database: Database) -> None:
    room.supplements.request(code, [BIRTH], actor="Lê C")
    number = room.registry.status(code).open_requests[0].id
    room.supplement_files.answer(code, number, files=[("a.png", PNG)])
    with database.session(write=False) as session:
        taken = session.scalars(select(DossierFileRow.id).where(DossierFileRow.dossier_id.is_not(None))).one()
    other = room.submissions.submit(fill(room, "c2").id).code
    room.supplements.request(other, [BIRTH], actor="Lê C")
    with pytest.raises(NotFound):
        room.supplements.answer(other, room.registry.status(other).open_requests[0].id, files=[taken])
    assert room.registry.status(other).status == "supplement_requested"


def test_an_outside_request_in_words_becomes_something_to_answer(room: Dossiers, code: str) -> None:
    room.registry.advance(code, "supplement_requested", actor="hệ thống", note="Bổ sung bản sao hộ chiếu")
    [asked] = room.registry.status(code).open_requests
    assert (asked.kind, asked.reason) == ("other", "Bổ sung bản sao hộ chiếu")


def test_each_change_is_told_in_the_same_transaction(
    room: Dossiers, code: str, database: Database, keyring: Keyring
) -> None:
    room.supplements.request(code, [ADDRESS], actor="Lê C")
    with database.session(write=False) as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.topic == "notice.dossier")).all()
        told = [json.loads(keyring.decrypt(row.sealed)) for row in rows]
    assert [item["state"] for item in told] == ["submitted", "received", "processing", "supplement_requested"]
    assert told[-1]["code"] == code and "Nơi sinh" in told[-1]["note"]
    with pytest.raises(Conflict):
        room.registry.advance(code, "approved", actor="Lê C")
    assert count(database, OutboxRow, OutboxRow.topic == "notice.dossier") == len(told)


def test_withdrawing_ends_it_where_it_still_can(room: Dossiers, code: str) -> None:
    assert room.registry.status(code).can_withdraw
    room.registry.advance(code, "approved", actor="Lê C")
    with pytest.raises(Conflict):
        room.supplements.withdraw(code)
    other = room.submissions.submit(fill(room, "c2").id).code
    room.supplements.withdraw(other, reason="Nộp nhầm")
    assert room.registry.status(other).status == "withdrawn"


def test_in_the_chat_paper_by_paper(citizen: Citizen, room: Dossiers) -> None:
    citizen.fills_in(KHAI_SINH)
    citizen.taps("Nộp hồ sơ")
    code = citizen.heard[0]["dossier"]["code"]
    assert "không có giấy tờ nào" in citizen.sends("/supplement_dossier")
    room.supplements.request(code, [BIRTH, ADDRESS], actor="Lê C")
    said = citizen.sends(f'/track_dossier{{"dossier_code":"{code}"}}')
    assert "chờ anh/chị bổ sung" in said, "the conversation that submitted it needs no PIN"
    said = citizen.taps("Bổ sung giấy tờ")
    assert "1. Giấy chứng sinh: Ảnh bị mờ" in said and "gửi ảnh chụp" in said
    assert room.intake.capture("c1", text="phí bao nhiêu vậy?") is None
    said = citizen.sends_file("chung-sinh.png", PNG)
    assert "Còn 1 mục" in said and "Nơi sinh" in said
    said = citizen.types("Bệnh viện Sản Nhi Quảng Ninh, phường Bãi Cháy")
    assert "nhận đủ giấy tờ bổ sung" in said
    assert room.registry.status(code).status == "supplemented"
    assert not any("Sản Nhi" in seen for seen in citizen.seen_by_engine + citizen.transcripts)
    assert room.intake.capture("c1", text="Sản Nhi") is None


def test_a_stranger_in_the_chat_is_asked_for_the_pin(citizen: Citizen, room: Dossiers, code: str) -> None:
    room.supplements.request(code, [BIRTH], actor="Lê C")
    stranger = Citizen(room, list(citizen._actions.values()), "stranger")
    assert "4 số cuối" in stranger.sends(f'/supplement_dossier{{"dossier_code":"{code}"}}')
    number = room.registry.status(code).open_requests[0].id
    assert "không còn chờ" in stranger.sends(f'/supplement_dossier{{"ref":"{number}"}}')
    stranger.types("1234")
    assert "Giấy chứng sinh" in stranger.sends(f'/supplement_dossier{{"dossier_code":"{code}"}}')
