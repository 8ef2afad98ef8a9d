"""Distances, travel time, islands, and whether the reference points can be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.centres import Centres
from actions.centres.geography import (
    Spot,
    area_kind,
    area_radius_km,
    island_name,
    kilometres,
    minutes,
    nearest,
    parts,
    reference,
)
from actions.centres.promise import PROMISED_MINUTES, check

CENTRES = Centres.load()
PROVINCE = {"lat": (20.6, 21.7), "lon": (106.4, 108.1)}
LAT, LON = st.floats(20.5, 21.8), st.floats(106.3, 108.3)


def unit(name: str):  # type: ignore[no-untyped-def]
    return CENTRES.find(name)[0]


@pytest.mark.parametrize("one", CENTRES.units, ids=lambda one: one.name)
def test_the_reference_point_lies_in_or_beside_its_unit(one) -> None:  # type: ignore[no-untyped-def]
    """Four points of the source lay up to 107 km away, in Bãi Cháy: such a point would send people there."""
    spot = reference(one)
    assert spot and PROVINCE["lat"][0] < spot.lat < PROVINCE["lat"][1]
    assert PROVINCE["lon"][0] < spot.lon < PROVINCE["lon"][1]
    known = parts(one)
    assert known
    # A unit of scattered islands has mid-water points of its parts: there, twice the disc.
    allowed = area_radius_km(one) * (2 if spot.island else 1)
    assert min(kilometres(spot, other) for _, other in known) <= allowed


def test_no_two_units_share_a_point() -> None:
    points = [reference(one) for one in CENTRES.units]
    assert len(set(points)) == 54


def test_distance_is_known_from_elsewhere() -> None:
    # Hạ Long to Móng Cái: 21.5029 N 107.995 E is 0.5570 degrees north and 0.8791 east of 20.9459 N 107.1159 E.
    km = kilometres(Spot(20.9459, 107.1159), Spot(21.5029, 107.995))
    assert km == pytest.approx(110.1, abs=0.5)


@given(LAT, LON, LAT, LON)
def test_distance_is_a_distance(a: float, b: float, c: float, d: float) -> None:
    one, other = Spot(a, b), Spot(c, d)
    assert kilometres(one, other) == pytest.approx(kilometres(other, one)) and kilometres(one, one) == 0


@given(LAT, LON)
def test_any_location_has_nearest_units_in_order(lat: float, lon: float) -> None:
    found = nearest(CENTRES.units, lat, lon, 5)
    assert len(found) == 5 and [near.km for near in found] == sorted(near.km for near in found)
    assert all((near.travel.minutes is None) == (near.travel.way == "boat") for near in found)


@pytest.mark.parametrize(("lat", "lon", "first"), [
    (21.054, 107.435, "Đặc khu Vân Đồn"), (20.951, 107.080, "Phường Hồng Gai"), (20.86, 107.50, "Đặc khu Vân Đồn"),
    (21.3817, 107.90, "Xã Vĩnh Thực"), (20.96, 107.045, "Phường Bãi Cháy"), (21.525, 107.972, "Phường Móng Cái 1"),
])
def test_the_unit_around_a_location_is_named_first(lat: float, lon: float, first: str) -> None:
    assert nearest(CENTRES.units, lat, lon, 1)[0].unit.name == first


def test_the_sea_gets_no_minutes() -> None:
    quan_lan = nearest(CENTRES.units, 20.8653, 107.5032, 3)
    assert {near.travel.way for near in quan_lan} == {"boat"}
    vinh_thuc = nearest(CENTRES.units, 21.3817, 107.90, 3)
    assert [near.travel.way for near in vinh_thuc] == ["road", "boat", "boat"]


def test_islands_are_named() -> None:
    for old in (old for one in CENTRES.units for old in one.former if old.island):
        assert island_name(old.island).startswith("đảo ")
    assert area_kind(unit("Cô Tô")) == "island" and area_kind(unit("Vân Đồn")) == "rural"


def test_minutes_are_rounded_up_to_five() -> None:
    assert minutes(0, "urban") == 5 and minutes(5, "urban") == 20 and minutes(5, "upland") == 20
    assert all(minutes(km / 10, "rural") % 5 == 0 for km in range(400))


def test_the_promise_is_checked_for_every_commune() -> None:
    reach = check(CENTRES.units)
    assert len(reach) == 54
    for one in reach:
        assert one.median_minutes is not None and one.worst_minutes is not None
        assert one.median_minutes <= one.worst_minutes
        held = one.worst_minutes <= PROMISED_MINUTES and not one.boat
        assert (one.verdict == "holds") == held
    boats = {one.unit.name: one.boat for one in reach if one.boat}
    assert set(boats) == {"Đặc khu Vân Đồn", "Đặc khu Cô Tô"}
    assert "xã Quan Lạn" in boats["Đặc khu Vân Đồn"]


def test_an_office_far_from_the_people_breaks_the_promise() -> None:
    ba_che = unit("Ba Chẽ")
    (there,) = check([ba_che], {ba_che.code: Spot(21.45, 107.05)})
    assert there.verdict == "fails" and there.exact
