"""An amount is exact only when the guide leaves nothing open."""

from __future__ import annotations

from datetime import date

import pytest

from actions.checklists.decide import combinations_of
from actions.dossiers.payments.fees import owed
from knowledge_base.model import Case, Fee, Guide, Origin, Published
from tests.actions.support import shipped_guides

TODAY = date(2026, 11, 22)


def published(*fees: Fee, origin: Origin = Origin.CURATED, cases: list[Case] | None = None) -> Published:
    guide = Guide(code="1.001193", name="Thử", field="thu", fee=list(fees), cases=cases or [])
    return Published(guide=guide, origin=origin, version=3)


@pytest.mark.parametrize("fees, amount", [
    ([Fee(amount=8000)], 8000),
    ([Fee(amount=8000, note="Tính cho một lần cấp.")], 8000),
    ([Fee(amount=0, note="Miễn lệ phí.")], 0),
    ([], None),
    ([Fee(amount=None, note="Trung tâm xác nhận khi nộp.")], None),
    ([Fee(amount=8000, note="Không rõ tính theo bản hay theo lần, trung tâm xác nhận.")], None),
    ([Fee(amount=2000, note="Mỗi trang của bản chính.")], None),
    ([Fee(amount=400000, note="Mỗi trường hợp, trừ các trường hợp được miễn.")], None),
    ([Fee(amount=20000, note="Nộp hồ sơ trực tiếp."), Fee(amount=10000, note="Nộp hồ sơ trực tuyến.")], 10000),
    ([Fee(amount=20000, note="Nộp hồ sơ trực tiếp.")], None),
    ([Fee(amount=100000), Fee(amount=50000)], None),
    ([Fee(amount=25000, note="Mức thu trực tuyến đến hết ngày 31/12/2026.")], 25000),
    ([Fee(amount=25000, note="Mức thu trực tuyến đến hết ngày 21/11/2026.")], None),
    ([Fee(amount=None, verbatim="Theo quy định")], None),
])
def test_the_amount_of_a_guide(fees: list[Fee], amount: int | None) -> None:
    assert owed(published(*fees), {}, TODAY).amount == amount


def test_only_a_curated_guide_counts() -> None:
    assert owed(published(Fee(amount=8000), origin=Origin.IMPORTED), {}, TODAY).amount is None
    assert owed(None, {}, TODAY).amount is None


def test_the_case_decides_and_an_open_case_leaves_the_amount_open() -> None:
    case = Case(id="mien", label="Được miễn", when="Anh/chị thuộc hộ nghèo.")
    guide = published(Fee(amount=15000), Fee(amount=0, when="mien"), cases=[case])
    assert owed(guide, {"mien": "yes"}, TODAY).amount == 0
    assert owed(guide, {"mien": "no"}, TODAY).amount == 15000
    assert owed(guide, {"mien": "unsure"}, TODAY).amount is None
    assert owed(guide, {}, TODAY).amount is None


def test_no_shipped_guide_gives_an_amount_that_it_does_not_state() -> None:
    exact = 0
    for guide in shipped_guides():
        stated = {fee.amount for fee in guide.fee}
        for answers in combinations_of(guide):
            found = owed(Published(guide=guide, origin=Origin.CURATED, version=1), answers, TODAY)
            assert found.amount is None or found.amount in stated, guide.code
            exact += found.amount is not None
            if found.amount:
                assert not any("xác nhận" in line.lower() for line in found.lines), guide.code
    assert exact


def test_temporary_residence_filed_online() -> None:
    guide = next(guide for guide in shipped_guides() if guide.code == "1.004194")
    answers = {case.id: "no" for case in guide.cases}
    found = owed(Published(guide=guide, origin=Origin.CURATED, version=1), answers, TODAY)
    assert found.amount == 7000 and found.legal == "Thông tư 75/2022/TT-BTC"
    in_a_list = owed(Published(guide=guide, origin=Origin.CURATED, version=1), {**answers, "danh_sach": "yes"}, TODAY)
    assert in_a_list.amount is None
