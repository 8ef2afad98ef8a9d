"""Replies say the guide's own values, repeat them in `fields`, and always lead on."""

from __future__ import annotations

import re

import pytest

from actions.answers.compose import Composer
from actions.answers.passages import Passage
from actions.messages import Messages
from common.messages import Aspect, Reply, Status, public
from knowledge_base.model import Guide, Origin, Published
from tests.actions.guide import guide
from tests.actions.support import shipped_guides

PORTAL = "https://dichvucong.gov.vn"
NUMBER = re.compile(r"\d[\d.,/]*\d|\d")


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(Messages.load(), PORTAL)


def reply(
    composer: Composer, made: Guide, aspect: Aspect, case: str | None = None, origin: Origin = Origin.CURATED
) -> Reply:
    return composer.answer(Published(guide=made, origin=origin, version=3), aspect, case, confidence=0.91234)


def test_overview_has_the_four_facts_and_the_documents(composer: Composer) -> None:
    said = reply(composer, guide(), Aspect.OVERVIEW)
    assert said.text.splitlines()[0] == 'Dạ, việc này là thủ tục "Cấp thẻ thư viện tỉnh" (mã 9.000001).'
    for line in (
        "Lệ phí: từ miễn phí đến 20.000 đồng, tùy trường hợp",
        "Thời hạn: 3 ngày làm việc",
        "Nơi nộp: Thư viện tỉnh",
        "Cách nộp: nộp trực tiếp, nộp trực tuyến",
        "• Đơn xin cấp thẻ",
        "Cần thêm, tùy trường hợp:\n• Trẻ em: giấy đồng ý của cha mẹ\n• Nhờ người khác làm: giấy ủy quyền",
    ):
        assert line in said.text
    assert said.status is Status.ANSWERED
    assert said.answer is not None
    assert said.answer.fields["fee"][0] == {"amount": 20000, "currency": "VND", "note": "Thu một lần."}
    assert (said.answer.guide_version, said.answer.decision_no) == (3, "12/QĐ-TV")
    assert (said.answer.checked_on, said.answer.confidence) == ("2026-11-20", 0.912)


def test_a_case_narrows_documents_fee_and_fields(composer: Composer) -> None:
    said = reply(composer, guide(), Aspect.DOCUMENTS, "tre_em")
    assert "Giấy đồng ý của cha mẹ" in said.text and "Giấy ủy quyền" not in said.text
    assert said.answer and said.answer.case == "tre_em"
    assert {document.get("when") for document in said.answer.fields["documents"]} == {None, "tre_em"}
    assert "Miễn phí" in reply(composer, guide(), Aspect.FEE, "tre_em").text


def test_without_a_case_documents_are_grouped_and_cases_offered(composer: Composer) -> None:
    said = reply(composer, guide(), Aspect.DOCUMENTS)
    assert "Trẻ em, thêm:\n• Giấy đồng ý của cha mẹ (bản chính)" in said.text
    assert "• Đơn xin cấp thẻ (1 bản, theo mẫu). Theo mẫu TV1" in said.text
    assert said.buttons[0].payload == '/choose_case{"case": "tre_em", "procedure_code": "9.000001"}'


@pytest.mark.parametrize(
    ("fee", "expected"),
    [
        ([{"amount": 8000}], "8.000 đồng"),
        ([{"amount": 0}], "Miễn phí"),
        ([{"amount": None, "note": "Trung tâm xác nhận."}], "Trung tâm xác nhận."),
        ([{"amount": None}], "hướng dẫn chưa ghi mức thu"),
        ([], "hướng dẫn chưa ghi mức thu"),
        ([{"amount": None, "verbatim": "Theo Nghị quyết 12"}], "Theo Nghị quyết 12"),
    ],
)
def test_a_fee_is_said_as_it_is_settled(composer: Composer, fee: list[dict[str, object]], expected: str) -> None:
    said = reply(composer, guide(fee=fee), Aspect.FEE)
    assert expected in said.text
    if not any(item.get("amount") == 0 for item in fee):
        assert "Miễn phí" not in said.text


@pytest.mark.parametrize("aspect", list(Aspect))
def test_every_aspect_answers_or_says_that_the_guide_is_silent(composer: Composer, aspect: Aspect) -> None:
    assert reply(composer, guide(), aspect).status is Status.ANSWERED
    bare = Guide(code="9.000002", name="Thủ tục thử", field="Thử")
    empty = reply(composer, bare, aspect)
    if aspect not in (Aspect.OVERVIEW, Aspect.FEE):
        assert empty.status is Status.ABSTAINED
        assert "chưa nêu rõ điểm này" in empty.text
        assert any(button.payload == "/talk_to_person" for button in empty.buttons)


def test_every_shipped_guide_answers_every_aspect_within_bounds(composer: Composer) -> None:
    for made in shipped_guides():
        for aspect in Aspect:
            said = reply(composer, made, aspect)
            assert 1 <= len(said.buttons) <= 5, (made.code, aspect)
            assert "!" not in said.text.replace("!=", ""), (made.code, aspect)
            assert "None" not in said.text and "{{" not in said.text, (made.code, aspect)
            public(said)


def test_each_number_said_stands_in_the_guide(composer: Composer) -> None:
    for made in shipped_guides():
        known = made.model_dump_json() + " ".join(f"{fee.amount:,}".replace(",", ".") for fee in made.fee if fee.amount)
        dates = " ".join(f"{law.issued:%d/%m/%Y}" for law in made.legal_basis if law.issued)
        allowed = f"{known} {dates}"
        for aspect in Aspect:
            text = reply(composer, made, aspect).text
            if aspect is Aspect.STEPS:
                text = re.sub(r"^\d+\. ", "", text, flags=re.M)
            unknown = [
                n for n in NUMBER.findall(text) if n.strip(".,/") not in allowed and n.replace(",", ".") not in allowed
            ]
            assert not unknown, (made.code, aspect, unknown)


def test_an_imported_text_is_verbatim_and_marked(composer: Composer) -> None:
    long_step = "Bước một. " * 100
    said = reply(composer, guide(steps=[long_step]), Aspect.STEPS, origin=Origin.IMPORTED)
    assert "nguyên văn" in said.text and "…" in said.text
    assert said.answer and said.answer.origin == "imported"
    assert said.answer.fields["steps"] == [long_step.strip()]


def test_a_catalogue_entry_gives_facts_and_the_portal(composer: Composer) -> None:
    facts = guide(
        documents=None,
        steps=None,
        conditions=None,
        cases=None,
        fee=[{"amount": 5000}],
        time=[{"amount": 2, "unit": "day"}],
    )
    said = reply(composer, facts, Aspect.OVERVIEW, origin=Origin.CATALOGUE)
    assert "Lệ phí: 5.000 đồng" in said.text and "trên cổng dịch vụ công" in said.text
    assert any(button.url == "https://dichvucong.gov.vn/x" for button in said.buttons)
    missing = reply(composer, facts, Aspect.DOCUMENTS, origin=Origin.CATALOGUE)
    assert missing.status is Status.ANSWERED and "chưa có danh mục giấy tờ" in missing.text
    assert "Lệ phí: 5.000 đồng" in missing.text


def test_a_quoted_passage_is_word_for_word(composer: Composer) -> None:
    published = Published(guide=guide(), origin=Origin.CURATED, version=1)
    said = composer.quoted(published, [Passage("conditions", guide().conditions[0])])
    assert f"«{guide().conditions[0]}»" in said.text
    assert said.answer and said.answer.fields == {
        "passages": [{"section": "conditions", "text": guide().conditions[0]}]
    }


def test_steps_come_with_their_video_and_its_address_in_the_fields(composer: Composer) -> None:
    video = {"kind": "video", "title": "Cách nộp đơn", "url": "https://example.vn/nop", "step": 1}
    said = reply(composer, guide(media=[video]), Aspect.STEPS)
    assert said.buttons[0].title == "Xem video bước 1: Cách nộp đơn"
    assert said.buttons[0].url == "https://example.vn/nop"
    assert said.answer and said.answer.fields["media"] == [video]
    plain = reply(composer, guide(), Aspect.STEPS)
    assert plain.answer and "media" not in plain.answer.fields


def test_a_guide_with_questions_offers_the_personal_list(composer: Composer) -> None:
    asks = [{"question": "Sao ạ?", "cases": ["tre_em", "nho_nguoi_khac"]}]
    for case in (None, "tre_em"):
        said = reply(composer, guide(asks=asks), Aspect.DOCUMENTS, case)
        assert said.buttons[0].payload == '/print_checklist{"procedure_code": "9.000001"}'
        assert not any("choose_case" in (button.payload or "") for button in said.buttons)
