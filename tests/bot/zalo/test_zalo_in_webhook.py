"""The webhook over real HTTP: what it answers, and what of it reaches the queue."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from bot.gateway.limits import RateLimiter
from bot.zalo.settings import ZaloSettings
from tests.bot.zalo.incoming import (
    OA,
    Hook,
    encoded,
    hooked,
    now_ms,
    receipt,
    said,
    signature,
)
from tests.bot.zalo.test_zalo_in_events import WILD


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    with hooked(tmp_path_factory.mktemp("home"), {"ZALO_VERIFY_CODE": "Ab_1-cd"}) as running:
        yield running


@contextmanager
def set_to(hook: Hook, **values: Any) -> Iterator[ZaloSettings]:
    """The channel under other settings, for a moment."""
    chosen = hook.running.context.zalo.settings
    before = {name: getattr(chosen, name) for name in values}
    for name, value in values.items():
        setattr(chosen, name, value)
    try:
        yield chosen
    finally:
        for name, value in before.items():
            setattr(chosen, name, value)


def test_a_genuine_event_is_queued_and_answered(hook: Hook) -> None:
    answer = hook.post(said("xin chào", msg_id="genuine"))
    assert answer.status_code == 200
    hook.settled()
    assert ("citizen", "xin chào") in hook.messages()


def test_invariant_5_the_answer_does_not_wait_for_the_dialogue(hook: Hook) -> None:
    body = said("chậm quá", msg_id="slow", user="900")
    assert hook.post(body).status_code == 200
    # The engine takes seconds for this question: the event waits, and its request is over.
    assert [row.state for row in hook.events(subject="900")] == ["waiting"]


def test_invariant_6_repeats_are_taken_once(hook: Hook) -> None:
    body = said("một lần thôi", msg_id="again", user="901")
    assert [hook.post(body, **more).status_code for more in ({}, {}, {"num_retry": "1"})] == [200, 200, 200]
    hook.settled()
    assert [text for author, text in hook.messages("901") if author == "citizen"] == ["một lần thôi"]
    assert len(hook.events(subject="901")) == 1


def test_until_the_secret_is_known_everything_gets_200_and_nothing_is_kept(hook: Hook) -> None:
    before = len(hook.events())
    with set_to(hook, oa_secret_key=SecretStr("")):
        assert hook.client.get("/channels/zalo/health").json()["status"] == "waiting for OA secret"
        assert hook.client.get("/healthz/ready").json()["parts"]["zalo"] == "waiting for OA secret"
        assert hook.post(said()).status_code == 200
        for raw in (b"", b"{}", b"not json", b"\xff" * 100):
            assert hook.raw(raw).status_code == 200
    assert len(hook.events()) == before
    assert hook.client.get("/channels/zalo/health").json()["status"] == "up"


@pytest.mark.parametrize("raw", [b"{}", b" { } ", b""])
def test_the_unsigned_probe_gets_200(hook: Hook, raw: bytes) -> None:
    assert hook.raw(raw).status_code == 200


def test_a_forged_event_gets_401_counts_and_alarms(hook: Hook) -> None:
    before, counted = len(hook.events()), _metric(hook, "isee_zalo_signature_mismatches_total")
    body = said("giả mạo", user="902")
    raw = encoded(body)
    other = signature(raw, body["timestamp"], secret="another")
    for headers in ({}, {"X-ZEvent-Signature": "mac=abc"}, other, signature(raw + b" ", body["timestamp"])):
        assert hook.raw(raw, headers).status_code == 401
    assert hook.raw(raw, signature(raw, body["timestamp"], app=OA)).status_code == 401
    assert len(hook.events()) == before and "zalo_signature" in hook.alarms()
    assert _metric(hook, "isee_zalo_signature_mismatches_total") == counted + 5


def test_a_body_that_was_changed_on_the_way_gets_401(hook: Hook) -> None:
    body = said("gốc")
    raw = encoded(body)
    assert hook.raw(raw.replace("gốc".encode(), "sửa".encode()), signature(raw, body["timestamp"])).status_code == 401
    spaced = json.dumps(body, ensure_ascii=False).encode()
    assert hook.raw(spaced, signature(raw, body["timestamp"])).status_code == 401


def test_log_only_takes_what_strict_refuses(hook: Hook) -> None:
    with set_to(hook, signature_mode="log_only"):
        assert hook.raw(encoded(said("chưa ký", user="903"))).status_code == 200
        assert hook.client.get("/channels/zalo/health").json()["status"] == "signatures log_only"
    hook.settled()
    assert ("citizen", "chưa ký") in hook.messages("903")


def test_disabled_looks_at_no_signature(hook: Hook) -> None:
    with set_to(hook, signature_mode="disabled", oa_secret_key=SecretStr("")):
        assert hook.raw(encoded(said("không ký", user="904"))).status_code == 200
    hook.settled()
    assert ("citizen", "không ký") in hook.messages("904")


def test_what_is_too_old_is_not_taken_unless_the_platform_repeats_it(hook: Hook) -> None:
    def old(hours: float, user: str) -> dict[str, Any]:
        return said("cũ", user=user, timestamp=str(int((time.time() - hours * 3600) * 1000)))

    assert hook.post(old(2, "910")).status_code == 200
    assert hook.post(old(3, "911")).status_code == 200
    assert hook.post(old(3, "912"), num_retry="5").status_code == 200
    assert hook.post(old(24 * 8, "913"), num_retry="5").status_code == 200
    assert hook.post(old(-1, "914")).status_code == 200
    taken = {row.subject for row in hook.events()} & {"910", "911", "912", "913", "914"}
    assert taken == {"910", "912"}
    assert "zalo_stale_event" in hook.alarms()


def test_a_replayed_event_is_known_by_its_key(hook: Hook) -> None:
    body = said("phát lại", msg_id="replay", user="915")
    for _ in range(3):
        assert hook.post(body, num_retry="2").status_code == 200
    hook.settled()
    assert hook.post(body, num_retry="3").status_code == 200
    assert [row.state for row in hook.events(subject="915")] == ["done"]


@pytest.mark.parametrize("change", [{"recipient": {"id": "5"}, "timestamp": now_ms()}, {"app_id": "5"}])
def test_events_of_others_are_left_and_alarm(hook: Hook, change: dict[str, Any]) -> None:
    before = len(hook.events())
    assert hook.post(said(**change)).status_code == 200
    assert len(hook.events()) == before and "zalo_foreign_oa" in hook.alarms()


@pytest.mark.parametrize("name", ["user_click_button", "widget_interaction_accepted", "create_group", "x" * 500])
def test_every_other_event_gets_200_and_is_ignored(hook: Hook, name: str) -> None:
    before = len(hook.events())
    assert hook.post(said(event_name=name)).status_code == 200
    assert len(hook.events()) == before


def test_a_template_callback_signed_otherwise_is_neither_taken_nor_refused(hook: Hook) -> None:
    before = len(hook.events())
    raw = encoded(receipt("user_received_message", {"msg_id": "tpl"}))
    assert hook.raw(raw, {"X-ZEvent-Server": "ZNS", "X-ZEvent-Signature": "mac=" + "0" * 64}).status_code == 200
    assert len(hook.events()) == before


def test_get_does_no_harm(hook: Hook) -> None:
    assert hook.client.get("/channels/zalo/webhook", params={"hub.challenge": "1"}).status_code == 200


def test_a_body_over_the_cap_is_cut_off(hook: Hook) -> None:
    assert hook.raw(b"x" * 200_000).status_code == 413
    assert hook.raw(b"x" * 2_000_000).status_code == 413


def test_what_can_not_be_written_is_asked_for_again_and_alarms(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    body = said("ghi sau", msg_id="later", user="920")

    def broken(_events: object) -> int:
        raise OperationalError("insert", {}, Exception("disk full"))

    with monkeypatch.context() as patch:
        patch.setattr(hook.running.context.zalo.door._writer, "_store", broken)
        assert hook.post(body).status_code == 503
    assert "zalo_queue_write" in hook.alarms()
    assert hook.post(body, num_retry="1").status_code == 200
    hook.settled()
    assert ("citizen", "ghi sau") in hook.messages("920")


def test_the_channel_switched_off_is_not_there(hook: Hook) -> None:
    with set_to(hook, enabled=False):
        for path in ("/channels/zalo/webhook", "/channels/zalo/health"):
            assert hook.client.get(path).status_code == 404
        assert hook.post(said()).status_code == 404
        assert hook.client.get("/zalo_verifierAb_1-cd.html").status_code == 200


def test_the_domain_is_proved_by_a_file_and_by_the_home_page(hook: Hook) -> None:
    tag = '<meta name="zalo-platform-site-verification" content="Ab_1-cd">'
    assert tag in hook.client.get("/zalo_verifierAb_1-cd.html").text
    assert hook.client.get("/zalo_verifierAb_1-ce.html").status_code == 404
    home = hook.client.get("/").text
    assert tag in home.partition("</head>")[0]


@settings(max_examples=60, deadline=None)
@given(WILD, st.booleans())
def test_wild_events_that_are_signed_get_200(hook: Hook, body: dict[str, Any], retry: bool) -> None:
    body = json.loads(json.dumps(body).replace("NaN", "0").replace("-Infinity", "0").replace("Infinity", "0"))
    raw = encoded(body) if _plain(body) else json.dumps(body).encode()
    stamp = body.get("timestamp")
    stamp = stamp if isinstance(stamp, str) else json.dumps(stamp) if _number(stamp) else ""
    try:
        headers = signature(raw, stamp)
    except UnicodeEncodeError:
        headers = {}
    answer = hook.raw(raw, {**headers, **({"num_retry": "1"} if retry else {})})
    assert answer.status_code in (200, 401)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000), st.dictionaries(
    st.sampled_from(["X-ZEvent-Signature", "X-ZEvent-Server", "num_retry", "Content-Type"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80)))
def test_wild_bytes_never_fail_the_service(hook: Hook, raw: bytes, headers: dict[str, str]) -> None:
    assert hook.raw(raw, headers).status_code in (200, 401)


@pytest.mark.parametrize("raw", [
    b"[" * 90_000, b'{"a":' * 20_000, b"1" * 90_000, b"\x00" * 1000, b'"' + b"\\ud800" * 9])
def test_bombs_are_refused_like_any_forgery(hook: Hook, raw: bytes) -> None:
    assert hook.raw(raw, {"X-ZEvent-Signature": "mac=" + "0" * 64}).status_code == 401


def test_many_at_once_are_all_kept(hook: Hook) -> None:
    bodies = [receipt("user_seen_message", {"msg_ids": [f"s{n}"]}, user=str(5000 + n)) for n in range(100)]
    with ThreadPoolExecutor(10) as pool:
        codes = [answer.status_code for answer in pool.map(hook.post, bodies)]
    assert codes == [200] * 100
    assert len([row for row in hook.events(name="user_seen_message") if row.subject.startswith("5")]) == 100


def test_neither_words_nor_ids_reach_the_log(hook: Hook, capfd: pytest.CaptureFixture[str]) -> None:
    assert hook.post(said("bí mật của bà Tư", user="7788009900110099999")).status_code == 200
    hook.settled()
    logged = "".join(capfd.readouterr())
    assert "queued" in logged or "turn" in logged
    assert "bí mật" not in logged and "7788009900110099999" not in logged


def _plain(value: Any) -> bool:
    """Whether it can be written as UTF-8 (no half surrogates)."""
    try:
        encoded(value)
    except UnicodeEncodeError:
        return False
    return True


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _metric(hook: Hook, name: str) -> float:
    lines = httpx.get(f"{hook.running.url}/metrics", trust_env=False).text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))




def test_what_the_channel_answers_by_itself_counts_as_messages_too(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Numbers of a checklist that there isn't are answered without a turn.
    monkeypatch.setattr(hook.running.context.gateway.admit, "_of_conversation", RateLimiter(3))
    for number in range(6):
        assert hook.post(said("xong 1", msg_id=f"aside{number}", user="940")).status_code == 200
        hook.settled()
    said_by = [author for author, _ in hook.messages("940")]
    assert said_by.count("citizen") == 3 and "nhanh" in hook.messages("940")[-1][1]
