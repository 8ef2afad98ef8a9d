"""Once only: what was verified or issued is offered to the same person alone; files go to those entitled."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from PIL import Image
from sqlalchemy import delete, select, update

from actions.companion.bundle import Dossiers
from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.eform import EField
from actions.dossiers.identity.tables import DossierPersonRow, IdentityConsentRow
from actions.dossiers.papers.kinds import answers, months_after, result_kind, same_paper
from actions.dossiers.papers.tables import PaperCheckRow, PaperCopyRow
from actions.dossiers.tables import DossierAccessRow, DossierEventRow
from common.clock import local_date
from common.database import Database
from common.errors import InvalidInput, NotFound
from tests.actions.dossiers.results.test_results import PAPER, decided

OWN, OTHER = "022190001234", "022088001234"


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG")
    return out.getvalue()


def filled(room: Dossiers, conversation: str, person: str = OWN) -> Draft:
    """A temporary residence form answered up to its file question."""
    room.drafts.start(conversation, "tam_tru")
    draft = room.drafts.consent(conversation, True)
    typed = {
        "applicant_name": "Nguyễn Thị Lan", "applicant_id": person, "applicant_phone": "0912345678",
        "applicant_email": "", "applicant_birth_date": "05/03/1990", "permanent_address": "thôn 3, xã Hải Hòa",
        "commune": "phường Bãi Cháy", "stay_address": "số 12, tổ 3", "stay_months": "12", "housing": "Thuê",
        "owner_name": "Trần Văn Minh", "owner_consent": "có", "with_minor": "không",
    }
    assert draft
    written = room.drafts.write(conversation, typed, complete=False)
    assert not written.problems
    return room.drafts.edit(conversation, "housing_file")


def field_of(draft: Draft) -> EField:
    return next(field for field in draft.visible if field.name == "housing_file")


def submitted(room: Dossiers, conversation: str, person: str = OWN, *, verify: bool = True) -> tuple[str, str]:
    """A dossier with one file; returns its code and the file's id."""
    draft = filled(room, conversation, person)
    file_id = room.uploads.store(conversation, room.uploads.check("hop dong.jpg", picture(), ["jpg"]))
    room.drafts.attach(conversation, file_id, "housing_file")
    draft = room.drafts.skip(conversation) if room.drafts.prompt(conversation).field else draft
    room.drafts.write(conversation, {}, complete=True)
    code = room.submissions.submit(draft.id).code
    if verify:
        room.papers.verify(file_id, local_date() + timedelta(days=90), "Cán bộ A")
    return code, file_id


def offers(room: Dossiers, conversation: str, person: str = OWN) -> list[str]:
    draft = filled(room, conversation, person)
    return [paper.id for paper in room.aids.reuse.offers(draft, field_of(draft))]


def test_a_verified_paper_is_offered_with_its_story_and_copied_with_consent(
    room: Dossiers, database: Database
) -> None:
    code, file_id = submitted(room, "c1")
    draft = filled(room, "c1")
    aid = room.aids.at(draft, field_of(draft))
    until = f"{local_date() + timedelta(days=90):%d/%m/%Y}"
    assert aid and f"(hồ sơ {code}, cán bộ đã kiểm tra ngày {local_date():%d/%m/%Y}, còn hạn đến {until})" in aid.text
    choice = aid.buttons[0].payload or ""
    asked = room.aids.take(draft, choice.split('"')[3])
    assert asked and "đồng ý" in asked.text and code in asked.text
    assert room.aids.take(draft, (asked.buttons[0].payload or "").split('"')[3]) is None
    value = room.drafts.prompt("c1").values["housing_file"]
    assert value.source == "reused" and value.value != file_id
    with database.session() as session:
        copy = session.scalars(select(PaperCopyRow)).one()
        consent = session.scalars(select(IdentityConsentRow)).one()
    assert (copy.file_id, copy.source, copy.dossier_code) == (value.value, file_id, code)
    assert copy.consent_version == consent.version == "2026-11" and consent.purpose == "reuse"
    assert room.uploads.read(value.value).content == room.uploads.read(file_id).content
    room.drafts.write("c1", {}, complete=True)
    second = room.submissions.submit(draft.id).code
    (listed,) = room.papers.of(second)
    assert listed.copied and listed.copied.dossier_code == code and listed.check is None


def test_only_for_the_same_person_who_proved_it(room: Dossiers, database: Database) -> None:
    code, file_id = submitted(room, "c1")
    assert offers(room, "c1") == [file_id]
    assert offers(room, "c1", OTHER) == []  # filing for somebody else
    assert offers(room, "c2") == []  # somebody who knows the number, no more
    room.access.grant("c2", code, "pin")
    assert offers(room, "c2") == [file_id]
    assert offers(room, "c2", OTHER) == []
    with database.session() as session:
        session.execute(delete(DossierAccessRow).where(DossierAccessRow.conversation_id == "c2"))
    draft = filled(room, "c2")
    with pytest.raises(NotFound, match="không còn dùng lại"):  # the button is still on the screen
        room.aids.reuse.take(draft, field_of(draft), file_id)


def test_unverified_withdrawn_and_expired_papers_are_not_offered(room: Dossiers, database: Database) -> None:
    _code, file_id = submitted(room, "c1", verify=False)
    assert offers(room, "c1") == []
    room.papers.verify(file_id, None, "Cán bộ A")
    assert offers(room, "c1") == [file_id]
    room.papers.withdraw(file_id, "Cán bộ B")
    assert offers(room, "c1") == []
    room.papers.verify(file_id, local_date(), "Cán bộ A")
    assert offers(room, "c1") == [file_id]
    with database.session() as session:
        session.execute(update(PaperCheckRow).values(valid_until=local_date() - timedelta(days=1)))
    assert offers(room, "c1") == []


def test_an_officers_word_is_bounded_and_noted(room: Dossiers, database: Database) -> None:
    code, file_id = submitted(room, "c1", verify=False)
    for until, actor in ((local_date() - timedelta(days=1), "A"), (date(2999, 1, 1), "A"), (None, "  ")):
        with pytest.raises(InvalidInput):
            room.papers.verify(file_id, until, actor)
    with pytest.raises(NotFound):
        room.papers.verify("0" * 32, None, "A")
    room.papers.verify(file_id, None, "Cán bộ A")
    timeline = room.registry.show(code).timeline
    assert [entry.note for entry in timeline if entry.kind == "paper"] == ["Giấy tờ về chỗ ở"]


def test_files_go_back_to_those_entitled_alone(room: Dossiers, database: Database) -> None:
    draft = filled(room, "c1")
    loose = room.uploads.store("c1", room.uploads.check("a.jpg", picture(), ["jpg"]))
    assert room.papers.for_conversation("c1", loose).type == "image/jpeg"
    with pytest.raises(NotFound):
        room.papers.for_conversation("c2", loose)
    room.drafts.cancel("c1")
    assert draft
    code, file_id = submitted(room, "c1")
    other_code, other_file = submitted(room, "c3", OTHER)
    for conversation, wanted in (("c2", file_id), ("c1", other_file), ("c2", "f" * 32)):
        with pytest.raises(NotFound, match="Không tìm thấy tệp"):
            room.papers.for_conversation(conversation, wanted)
    room.access.grant("c2", code, "link")
    assert room.papers.for_conversation("c2", file_id).name == "hop dong.jpg"
    with pytest.raises(NotFound):
        room.papers.for_link(code, other_file)
    assert room.papers.for_link(other_code, other_file)
    room.papers.for_officer(code, file_id, "Cán bộ A")
    with database.session() as session:
        looks = session.scalars(select(DossierEventRow).where(DossierEventRow.kind == "access")).all()
        assert [(look.actor, look.note) for look in looks] == [("Cán bộ A", "Xem tệp: Giấy tờ về chỗ ở")]
    with pytest.raises(InvalidInput):
        room.papers.for_officer(code, file_id, "")


def test_dossiers_older_than_the_index_are_found_after_the_chore(room: Dossiers, database: Database) -> None:
    _code, file_id = submitted(room, "c1")
    with database.session() as session:
        session.execute(delete(DossierPersonRow))
    assert offers(room, "c1") == []
    assert room.aids.reuse.index_missing() == 1 and room.aids.reuse.index_missing() == 0
    assert offers(room, "c1") == [file_id]


def test_practice_offers_nothing(room: Dossiers) -> None:
    submitted(room, "c1")
    trial = room.drafts.practise("c1", "tam_tru")
    assert all(room.aids.at(trial, field) is None for field in trial.form.fields)


def test_which_result_answers_which_question() -> None:
    kind = result_kind("1.004873.000.00.00.H49")
    assert kind and kind.months == 6
    file = {"name": "a", "question": "?", "type": "file", "accept": ["pdf"]}
    ask = EField(label="Giấy xác nhận tình trạng hôn nhân của bên nữ", **file)  # type: ignore[arg-type]
    form = EField(label="Tờ khai cấp giấy xác nhận tình trạng hôn nhân", **file)  # type: ignore[arg-type]
    assert answers(kind, ask) and not answers(kind, form)
    assert same_paper(ask, "Bản sao giấy xác nhận tình trạng hôn nhân của bên nữ", "")
    assert not same_paper(ask, "Giấy khai sinh", "") and result_kind("9.999999") is None
    power = EField(label="Văn bản ủy quyền", document="Văn bản ủy quyền có chứng thực", **file)  # type: ignore[arg-type]
    assert not same_paper(power, power.label, "")
    assert months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert months_after(date(2026, 12, 5), 1) == date(2027, 1, 5)
    assert months_after(date(2026, 6, 30), 6) == date(2026, 12, 30)


def test_an_issued_result_stands_for_the_paper_until_it_runs_out_or_is_revoked(room: Dossiers) -> None:
    code = decided(room)
    issued = room.results.issue(code, PAPER, actor="hoa")
    room.drafts.start("c1", "khai_sinh_lai")
    room.drafts.consent("c1", True)
    draft = room.drafts.write("c1", {"applicant_id": "022190001234"}, complete=False).draft
    file = {"name": "copy", "question": "?", "type": "file", "accept": ["jpg", "pdf"]}
    asked = EField(label="Bản sao giấy khai sinh của trẻ", **file)  # type: ignore[arg-type]
    (paper,) = room.aids.reuse.offers(draft, asked)
    assert paper.id == f"r-{issued.id}" and paper.result
    told = room.aids.reuse.provenance(paper)
    assert told.startswith(f"Giấy khai sinh (hồ sơ {code}, kết quả cấp ngày") and "không ghi thời hạn" in told
    pictures = EField(label="Bản sao giấy khai sinh", **{**file, "accept": ["jpg"]})  # type: ignore[arg-type]
    assert room.aids.reuse.offers(draft, pictures) == []
    room.results.revoke(issued.id, "Ghi sai họ tên", actor="hoa")
    assert room.aids.reuse.offers(draft, asked) == []
    room.results.issue(code, replace(PAPER, number="2", expires_on=local_date() + timedelta(days=1)), actor="hoa")
    (paper,) = room.aids.reuse.offers(draft, asked)
    assert paper.until == local_date() + timedelta(days=1)
