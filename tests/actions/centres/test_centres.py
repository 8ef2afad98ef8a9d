"""Places by present and former name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.centres import Centres
from actions.centres.geography import nearest

CENTRES = Centres.load()


def test_the_54_units_are_there() -> None:
    assert len(CENTRES.units) == 54
    assert len({unit.code for unit in CENTRES.units}) == 54


@pytest.mark.parametrize(
    ("text", "unit", "former"),
    [
        ("thế ở Cô Tô thì sao", "Đặc khu Cô Tô", False),
        ("em o phuong bai chay", "Phường Bãi Cháy", False),
        ("Phường Hà Phong sáp nhập vào đâu", "Phường Hà Tu", True),
        ("xã Minh Châu giờ thuộc xã nào", "Đặc khu Vân Đồn", True),
        ("huyện Cô Tô", "Đặc khu Cô Tô", False),
    ],
)
def test_a_name_leads_to_its_unit(text: str, unit: str, former: bool) -> None:
    place = CENTRES.mentioned(text)[0]
    assert unit in [served.name for served in place.units]
    assert place.former is former or unit == "Đặc khu Cô Tô"


def test_a_divided_place_names_all_its_parts() -> None:
    place = CENTRES.mentioned("thành phố Hạ Long giờ chia thế nào")[0]
    assert place.former and len(place.units) > 5
    assert CENTRES.mentioned("phường Hạ Long")[0].units[0].name == "Phường Hạ Long"


@pytest.mark.parametrize("text", ["", "con 3 tháng mới làm", "giá vàng hôm nay", "Hà Nội"])
def test_no_place_no_centre(text: str) -> None:
    assert CENTRES.mentioned(text) == []


def test_the_nearest_units_come_first() -> None:
    bai_chay = next(unit for unit in CENTRES.units if unit.name == "Phường Bãi Cháy")
    assert bai_chay.lat and bai_chay.lon
    found = nearest(CENTRES.units, bai_chay.lat, bai_chay.lon, 2)
    assert found[0].unit == bai_chay and found[0].km < 0.1 < found[1].km


@given(st.text(max_size=200))
def test_any_text_is_safe(text: str) -> None:
    for place in CENTRES.mentioned(text):
        assert place.units
