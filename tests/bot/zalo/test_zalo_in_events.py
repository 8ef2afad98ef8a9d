"""Reading events: whose they are, what repeats are known by, and bodies that nobody promised the shape of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.zalo.events import WANTED, Refusal, load, read
from bot.zalo.inbound_reading import location, media, phone, words
from bot.zalo.model import Event
from tests.bot.zalo.incoming import APP, OA, USER, attached, chatnow, encoded, follow, receipt, said

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "text", "payload", "url", "coordinates", "latitude", "longitude", "phone", "x"]), inner,
        max_size=4),
    max_leaves=12)
WILD = st.fixed_dictionaries({}, optional={
    "event_name": st.sampled_from(sorted(WANTED)) | JSON, "timestamp": JSON, "app_id": st.just(APP) | JSON,
    "oa_id": st.just(OA) | JSON, "sender": st.just({"id": USER}) | JSON, "recipient": st.just({"id": OA}) | JSON,
    "follower": JSON, "user_id": JSON, "info": JSON,
    "message": JSON | st.fixed_dictionaries({"msg_id": JSON, "text": JSON, "attachments": st.lists(
        JSON | st.fixed_dictionaries({"type": JSON, "payload": JSON}), max_size=3)})})


def event(body: dict[str, Any]) -> Event:
    found = read(load(encoded(body)) or {}, oa_id=OA, app_id=APP)
    assert isinstance(found, Event), found
    return found


def refusal(body: dict[str, Any]) -> Refusal:
    found = read(load(encoded(body)) or {}, oa_id=OA, app_id=APP)
    assert isinstance(found, Refusal)
    return found


@pytest.mark.parametrize("body", [
    said(), attached("user_send_sticker", {"id": "46991"}), follow(), follow(name="unfollow"), chatnow(),
    receipt("user_received_message", {"msg_id": "x1"}), receipt("user_seen_message", {"msg_ids": ["x1"]}),
    receipt("oa_send_text", {"msg_id": "x2", "text": "Cán bộ xin trả lời"})])
def test_the_citizen_is_found_in_every_shape(body: dict[str, Any]) -> None:
    assert event(body).subject == USER


def test_invariant_7_ids_of_nineteen_digits_survive_as_numbers_too() -> None:
    raw = encoded(said()).replace(f'"id":"{USER}"'.encode(), f'"id":{USER}'.encode())
    assert isinstance(found := read(load(raw) or {}, oa_id=OA, app_id=APP), Event) and found.subject == USER


def test_invariant_6_a_receipt_of_a_message_is_another_event_than_the_message() -> None:
    first, again = event(said(msg_id="one")), event(said("khác", msg_id="one"))
    other = event(receipt("user_received_message", {"msg_id": "one"}))
    assert first.key == again.key != other.key


def test_without_a_message_id_name_time_and_citizen_tell_events_apart() -> None:
    body = follow()
    assert event(body).key == event({**body, "source": "else"}).key
    assert len({event(one).key for one in (
        body, {**body, "timestamp": "1"}, {**body, "follower": {"id": "5"}}, {**body, "event_name": "unfollow"})}) == 4


@pytest.mark.parametrize("change", [
    {"recipient": {"id": "9999"}}, {"app_id": "77"}, {"oa_id": "9999"}, {"oaId": "9999"}])
def test_events_of_another_oa_or_app_are_foreign(change: dict[str, Any]) -> None:
    assert refusal(said(**change)) is Refusal.FOREIGN


@pytest.mark.parametrize("body", [
    said(event_name="user_click_button"), said(event_name="user_reacted_message"), said(event_name="add_user_to_tag")])
def test_what_we_do_nothing_with_is_unwanted(body: dict[str, Any]) -> None:
    assert refusal(body) is Refusal.UNWANTED


@pytest.mark.parametrize("change", [
    {"event_name": ""}, {"event_name": None}, {"sender": {"id": ""}}, {"sender": {"id": "a b"}}, {"sender": {"id": OA}},
    {"sender": {"id": "1" * 40}}, {"sender": []}])
def test_what_names_nobody_is_malformed(change: dict[str, Any]) -> None:
    assert refusal(said(**change)) is Refusal.MALFORMED


def test_a_receipt_of_a_template_message_by_phone_names_no_citizen() -> None:
    body = receipt("user_received_message", {"msg_id": "z", "delivery_time": "1767225605000"}, user="8" * 64)
    assert event(body).subject == ""


@settings(max_examples=150, deadline=None)
@given(WILD)
def test_wild_bodies_are_read_or_refused(body: dict[str, Any]) -> None:
    found = read(body, oa_id=OA, app_id=APP)
    if isinstance(found, Event):
        assert len(found.key) == 64 and found.name in WANTED
        assert all(text.isascii() and len(text) <= 64 for text in (found.subject, found.msg_id, found.admin_id))
        words(found), media(found), location(found), phone(found)


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_wild_bytes_are_no_event(raw: bytes) -> None:
    body = load(raw)
    assert body is None or not isinstance(read(body, oa_id=OA, app_id=APP), Event)


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"a":' * 50_000, b"1" * 10_000, b'{"a":1e999999}', b"\xff\xfe{}"])
def test_bombs_of_nesting_and_digits_are_no_events(raw: bytes) -> None:
    assert load(raw) in (None, {"a": "1e999999"})


def test_text_is_normalised_trimmed_and_freed_of_controls() -> None:
    assert words(event(said("  Kha\u0301i\u0000 sinh\u0007\nhai dòng\ud83d ".encode("utf-8", "ignore").decode()))) == (
        "Khái sinh\nhai dòng")
    assert words(event(said("\u0000\u0001"))) == ""


@pytest.mark.parametrize("given, expected", [
    ({"latitude": "20.95", "longitude": "107.08"}, (20.95, 107.08)),
    ({"latitude": 20, "longitude": 107.5}, (20, 107.5)),
    ({"latitude": "20,95", "longitude": "107,08"}, (20.95, 107.08)), ({"latitude": "nan", "longitude": "1"}, None),
    ({"latitude": "91", "longitude": "1"}, None), ({"latitude": "x", "longitude": "1"}, None), ({}, None), ("", None)])
def test_locations_come_as_text_or_numbers(given: Any, expected: Any) -> None:
    assert location(event(attached("user_send_location", {"coordinates": given}))) == expected


def test_files_have_a_safe_name_and_their_checksum() -> None:
    found = media(event(attached("user_send_file", {
        "url": "https://f.zdn.vn/a", "size": "20480", "name": "../..\\tờ\u202e khai.pdf", "checksum": "d41d8"})))
    assert [(one.name, one.md5) for one in found] == [("tờ khai.pdf", "d41d8")]


@pytest.mark.parametrize("given, expected", [
    ("84912345678", "0912345678"), (84912345678, "0912345678"), ("+84 912 345 678", "0912345678"),
    ("0912345678", "0912345678"), ("912345678", "0912345678"), ("không có", ""), (None, ""), ("123", "")])
def test_a_shared_number_is_written_as_people_write_it(given: Any, expected: str) -> None:
    assert phone(event(said(event_name="user_submit_info", info={"name": "A", "phone": given}))) == expected
