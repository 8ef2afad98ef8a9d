"""Opening state, acceptance of procedures, names of streets, and what is said of what nobody knows."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from actions.centres.acceptance import Where, accepts
from actions.centres.editing import Facts
from common.clock import LOCAL
from common.errors import InvalidInput, NotFound
from knowledge_base.model import Channel, Guide
from tests.actions.centres.rooms import CENTRE, TUESDAY, Rooms
from tests.actions.support import shipped_guides


def guide(*places: str, channels: tuple[Channel, ...] = ()) -> Guide:
    shipped = next(item for item in shipped_guides() if item.code == "1.001193")
    return shipped.model_copy(update={"places": list(places), "channels": list(channels)})


@pytest.mark.parametrize(("moment", "said"), [
    (TUESDAY, "Đang mở cửa, đến 11:30 hôm nay."),
    (TUESDAY + timedelta(hours=3), "Đang đóng cửa, mở lại lúc 13:30 hôm nay."),
    (TUESDAY + timedelta(hours=10), "Đang đóng cửa, mở lại lúc 07:30 ngày 18/11/2026."),
    # Saturday before noon; the next working day is Monday.
    (TUESDAY + timedelta(days=4), "Đang đóng cửa, mở lại lúc 07:30 ngày 23/11/2026."),
    (datetime(2026, 9, 2, 9, tzinfo=LOCAL), "Hôm nay là ngày nghỉ; mở lại lúc 07:30 ngày 03/09/2026."),
])
def test_open_now(rooms: Rooms, moment: datetime, said: str) -> None:
    assert rooms.centres.wording.opening(rooms.centres.directory.point(CENTRE), moment) == said


def test_staff_change_the_calendar_and_the_hours(rooms: Rooms) -> None:
    directory = rooms.centres.directory
    point = directory.point(CENTRE)
    rooms.changes[TUESDAY.date()] = False
    assert not directory.opening(point, TUESDAY).is_open
    saturday = TUESDAY + timedelta(days=4)
    rooms.changes[saturday.date()] = True
    assert directory.opening(point, saturday).is_open
    rooms.changes.clear()
    rooms.centres.editor.save(CENTRE, Facts(hours="Mon-Sat 10:00-12:00"), "lan")
    point = directory.point(CENTRE)
    assert not directory.opening(point, TUESDAY).is_open
    assert directory.opening(point, saturday + timedelta(hours=1, minutes=30)).is_open
    rooms.changes[saturday.date()] = False
    assert not directory.opening(point, saturday + timedelta(hours=1, minutes=30)).is_open


@pytest.mark.parametrize(("places", "where"), [
    ((), Where.ANY), (("Trung tâm Phục vụ hành chính công",), Where.ANY),
    (("Trung tâm Phục vụ hành chính công ở bất kỳ xã, phường, đặc khu nào, không phụ thuộc nơi cư trú",), Where.ANY),
    (("Trung tâm Phục vụ hành chính công xã, phường, đặc khu nơi cư trú",), Where.OWN),
    (("Trung tâm Phục vụ hành chính công cấp tỉnh",), Where.PROVINCE),
    (("Trung tâm Phục vụ hành chính công cấp tỉnh, cấp xã",), Where.ANY),
    (("Công an cấp xã",), Where.ELSEWHERE), (("Công an tỉnh", "Bộ phận một cửa cấp xã"), Where.ANY),
])
def test_any_centre_unless_the_guide_says_otherwise(places: tuple[str, ...], where: Where) -> None:
    assert accepts(guide(*places)).where is where


def test_a_procedure_without_a_counter() -> None:
    assert accepts(guide(channels=(Channel.ONLINE,))).where is Where.NOT_IN_PERSON
    assert accepts(guide(channels=(Channel.ONLINE, Channel.DIRECT))).where is Where.ANY


def test_every_shipped_guide_says_where(rooms: Rooms) -> None:
    for item in shipped_guides():
        found = accepts(item)
        said = rooms.centres.wording.acceptance(found)
        assert said and (found.where is Where.ANY or item.places[0] in said)


def test_nothing_is_filled_in_for_staff(rooms: Rooms) -> None:
    for point in rooms.centres.directory.points():
        assert not (point.address or point.phone or point.hours or point.takes) and point.lat is point.lon is None
        assert "chưa có địa chỉ" in " ".join(rooms.centres.wording.known(point))
    assert len(rooms.centres.directory.points()) == 54


def test_points_come_and_go_with_their_dates(rooms: Rooms) -> None:
    editor, directory = rooms.centres.editor, rooms.centres.directory
    point = editor.add("postal", CENTRE, Facts(name="Bưu cục Thử", valid_from="2026-12-01"), "lan")
    assert point.id not in [one.id for one in directory.points()]
    with pytest.raises(NotFound):
        directory.point(point.id)
    rooms.clock.forward(days=20)
    assert directory.point(point.id).valid_from == date(2026, 12, 1)
    editor.save(point.id, Facts(name="Bưu cục Thử", valid_to="2026-12-02"), "lan")
    with pytest.raises(NotFound):
        directory.point(point.id)


@pytest.mark.parametrize(("kind", "commune", "name", "field"), [
    ("centre", CENTRE, "x", "kind"), ("postal", "99999", "x", "commune"), ("zone", CENTRE, "x", "commune"),
    ("postal", CENTRE, " ", "name"),
])
def test_a_wrong_point_names_its_field(rooms: Rooms, kind: str, commune: str, name: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        rooms.centres.editor.add(kind, commune, Facts(name=name), "lan")
    assert caught.value.extra["field"] == field


def test_an_office_whose_place_is_known_is_measured_to(rooms: Rooms) -> None:
    rooms.centres.editor.save(CENTRE, Facts(lat="20.9626", lon="107.0458"), "lan")
    near = rooms.centres.directory.nearest(20.963, 107.046, 2)
    assert near[0].point.id == CENTRE and near[0].exact and near[0].travel.km < 0.2
    assert "ước tính đến" not in rooms.centres.wording.far(near[0])
    assert "chưa có tọa độ trụ sở" in rooms.centres.wording.far(near[1])


@pytest.mark.parametrize(("typed", "names"), [
    ("bai chay", ["Phường Bãi Cháy"]), ("xã Hoàng Tân", ["Phường Hà An"]), ("hong gay", ["Phường Hồng Gai"]),
    ("Hà Nội", []), ("???", None), ("", None),
])
def test_searching(rooms: Rooms, typed: str, names: list[str] | None) -> None:
    found = rooms.centres.finder.search(typed).points
    assert len(found) == 54 if names is None else [point.unit.name for point in found] == names


def test_a_street_through_two_wards_is_asked_back(rooms: Rooms) -> None:
    aliases = rooms.centres.aliases
    aliases.add("Đường Thử Nghiệm", CENTRE, "số lẻ", "lan")
    aliases.add("Đường Thử Nghiệm", "06685", "số chẵn", "lan")
    found = rooms.centres.finder.search("nhà em ở duong thu nghiem")
    assert found.divided and {alias.detail for alias in found.streets} == {"số lẻ", "số chẵn"}
    assert "số lẻ" in rooms.centres.wording.found(found, "x") and len(found.points) == 2
