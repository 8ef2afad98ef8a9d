"""The platform's rules about a message, as the simulator holds them; and that nothing makes it stumble."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.zalo_sim.faults import Faults
from bot.zalo_sim.messages import Refused, read_message
from bot.zalo_sim.world import Upload

FRESH, OLD = time.time() + 86_400, time.time() - 60
UPLOADS = {
    "image1": Upload(kind="image", path="http://x/i.png", name="i.png", until=FRESH),
    "gif1": Upload(kind="gif", path="http://x/i.gif", name="i.gif", until=FRESH),
    "file1": Upload(kind="file", path="http://x/d.pdf", name="d.pdf", until=FRESH),
    "stale": Upload(kind="file", path="http://x/o.pdf", name="o.pdf", until=OLD),
}


def read(message: Any, **faults: Any) -> Any:
    return read_message("1", message, Faults(**faults), UPLOADS)


def code(message: Any, **faults: Any) -> int:
    with pytest.raises(Refused) as refused:
        read(message, **faults)
    return refused.value.code


def buttons(*given_: Any, text: str = "Chọn", **payload: Any) -> dict[str, Any]:
    return {"text": text, "attachment": {"type": "template", "payload": {**payload, "buttons": list(given_)}}}


def query(title: str = "A", payload: Any = "#qn:1", kind: str = "oa.query.hide") -> dict[str, Any]:
    return {"title": title, "type": kind, "payload": payload}


def media(text: str = "", **element: Any) -> dict[str, Any]:
    return {**({"text": text} if text else {}), "attachment": {
        "type": "template", "payload": {"template_type": "media", "elements": [element]}}}


def test_text_is_counted_after_composition() -> None:
    decomposed = unicodedata.normalize("NFD", "ế") * 2000
    assert len(decomposed) > 2000 and read({"text": decomposed}).text == decomposed
    assert code({"text": "a" * 2001}) == -210
    assert {code(one) for one in ({}, {"text": ""}, {"text": "  "}, {"text": 5}, None, [], "x")} == {-201}


def test_buttons_within_their_limits() -> None:
    five = [query(f"Nút {n}") for n in range(5)]
    assert [one["title"] for one in read(buttons(*five)).content["buttons"]] == [f"Nút {n}" for n in range(5)]
    assert read(buttons(query(), template_type="button")).kind == "buttons"
    wrong = [
        buttons(*five, query()), buttons(), buttons(query(), text=""), buttons(query("t" * 101)),
        buttons(query(payload="p" * 1001)), buttons(query(payload={"content": "x"})), buttons(query(kind="oa.query")),
        buttons({"title": "A", "type": "oa.open.url", "payload": "https://x"}),
        buttons({"title": "A", "type": "oa.open.url", "payload": {"url": "javascript:alert(1)"}}),
        buttons({"title": "A", "type": "oa.open.phone", "payload": {}}),
    ]
    assert {code(one) for one in wrong} == {-201}
    assert code(buttons(query()), buttons=False) == -233
    assert code(buttons(query(), template_type="list")) == -233


def test_pictures_and_files() -> None:
    assert read(media("QR", media_type="image", attachment_id="image1")).content["url"] == "http://x/i.png"
    assert read(media(media_type="image", url="https://x/y.png")).kind == "image"
    assert read(media(media_type="gif", attachment_id="gif1", width=10, height=10)).kind == "gif"
    assert read({"attachment": {"type": "file", "payload": {"token": "file1"}}}).content["name"] == "d.pdf"
    wrong = [
        media(media_type="image"), media(media_type="image", attachment_id="image1", url="https://x"),
        media(media_type="image", attachment_id="file1"), media(media_type="image", attachment_id="nobody"),
        media(media_type="gif", attachment_id="gif1"), media("hi", media_type="sticker", attachment_id="1"),
        media(media_type="image", url="file:///etc/passwd"), media(media_type="film", url="https://x"),
        {"text": "hi", "attachment": {"type": "file", "payload": {"token": "file1"}}},
        {"text": "hi", "attachment": {"type": "picture", "payload": {}}},
    ]
    assert {code(one) for one in wrong} == {-201}
    assert code({"attachment": {"type": "file", "payload": {"token": "stale"}}}) == -100
    assert code(media(media_type="image", attachment_id="image1"), uploads_expire=True) == -100


def test_a_request_for_information_has_one_short_element() -> None:
    def asked(*elements: Any) -> dict[str, Any]:
        return {"attachment": {"type": "template", "payload": {
            "template_type": "request_user_info", "elements": list(elements)}}}

    good = {"title": "Trung tâm", "subtitle": "Để báo tin", "image_url": "https://x/l.png"}
    assert read(asked(good)).kind == "info"
    wrong = (asked(), asked(good, good), asked({**good, "title": "t" * 101}), asked({**good, "subtitle": "s" * 501}))
    assert {code(one) for one in wrong} == {-201}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["text", "attachment", "type", "payload", "template_type", "elements", "buttons", "title",
                         "media_type", "token", "attachment_id", "url"]), inner, max_size=4), max_leaves=20)
KINDS = st.sampled_from(["media", "request_user_info", "button", "", "list"])


@given(JSON)
def test_whatever_it_is_given_it_answers_with_a_code(message: Any) -> None:
    try:
        assert read(message).user_id == "1"
    except Refused as refused:
        assert refused.code < 0


@given(JSON, KINDS, st.text(max_size=10))
def test_odd_payloads_too(payload: Any, kind: str, text: str) -> None:
    inner = {**payload, "template_type": kind} if isinstance(payload, dict) else payload
    try:
        read({"text": text, "attachment": {"type": "template", "payload": inner}})
    except Refused as refused:
        assert refused.code in (-201, -210, -233, -100)
