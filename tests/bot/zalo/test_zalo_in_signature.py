"""Signatures: the vector of the specification, and everything that must not match it (invariants 3 and 4)."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.zalo.events import load
from bot.zalo.signature import mac, verdict
from tests.bot.zalo.incoming import APP, OA, SECRET

RAW = (
    '{"app_id":"1100220033004400550","user_id_by_app":"6600770088009900110","event_name":"user_send_text",'
    '"timestamp":"1767225600123","sender":{"id":"7788009900110022003"},"recipient":{"id":"2211003300440055006"},'
    '"message":{"msg_id":"a1b2c3d4e5f60718293","text":"Tra cứu hồ sơ H49.22-260804-0583"}}'
).encode()
STAMP = "1767225600123"
EXPECTED = "59d2cbd7bef68216fe8abc16b996196fa6e7a94065b562d213ee921624fc8c7a"
WRONG = {
    "re-serialised with spaces": "b768c2cb6e627cf760a013560257cd1bb7cc792c6aef6004b04c9d8dd76336e0",
    "OA id first": "032f8d2dd689d938a6ceecc0a65d7e17837c908ebf00927e303076ab8f9851bb",
    "HMAC of the body": "c4f234c9928fca75ceadcef96664be06ecfc71543d6eb7b14a5f6c8fc9730008",
}


def judged(header: str | None, raw: bytes = RAW, stamp: str = STAMP, *, secret: str = SECRET, explain: bool = False):
    return verdict(header, raw, stamp, app_id=APP, oa_id=OA, secret=secret, explain=explain)


def test_the_vector_is_the_one_of_the_specification() -> None:
    assert (len(RAW.decode()), len(RAW)) == (293, 298)
    assert hashlib.sha256(RAW).hexdigest() == "25746081241eebf7468b50a1e641c295387cc5dd6cca78fb232b6a4f232a5a9d"


def test_invariant_3_plain_sha256_over_the_raw_body() -> None:
    assert mac(APP, RAW, STAMP, SECRET) == EXPECTED
    assert judged(f"mac={EXPECTED}").genuine


@pytest.mark.parametrize("header", [f"mac={EXPECTED}", EXPECTED, f"mac={EXPECTED.upper()}", f"  MAC={EXPECTED} "])
def test_prefix_and_case_are_taken_off(header: str) -> None:
    assert judged(header).genuine


@pytest.mark.parametrize("name", WRONG)
def test_what_others_compute_does_not_match(name: str) -> None:
    assert not judged(f"mac={WRONG[name]}").genuine


def test_the_wrong_digests_are_what_they_say() -> None:
    assert mac(APP, json.dumps(json.loads(RAW), ensure_ascii=False).encode(), STAMP, SECRET) == WRONG[
        "re-serialised with spaces"]
    assert mac(OA, RAW, STAMP, SECRET) == WRONG["OA id first"]
    assert hmac.new(SECRET.encode(), RAW, hashlib.sha256).hexdigest() == WRONG["HMAC of the body"]


def test_invariant_4_the_app_secret_is_not_the_key() -> None:
    assert not judged(f"mac={mac(APP, RAW, STAMP, 'app-secret-for-tests-only')}").genuine


def test_the_variant_with_the_oa_first_is_only_explained() -> None:
    found = judged(f"mac={WRONG['OA id first']}", explain=True)
    assert found.oa_id_matched and not found.genuine
    assert not judged(f"mac={WRONG['OA id first']}").oa_id_matched


@pytest.mark.parametrize("header", [None, "", "mac=", "mac=59d2", f"mac={EXPECTED}0", "é" * 64, f"mac=mac={EXPECTED}"])
def test_no_signature_and_half_a_one(header: str | None) -> None:
    assert not judged(header).genuine


@settings(max_examples=60)
@given(st.binary(max_size=200), st.text(max_size=80))
def test_no_other_body_and_no_other_header_is_genuine(raw: bytes, header: str) -> None:
    assert not judged(f"mac={EXPECTED}", RAW + raw + b"!").genuine
    assert not judged(header).genuine


def test_invariant_7_numbers_stay_the_text_that_stands_there() -> None:
    body = load(b'{"timestamp":1767225600123,"sender":{"id":7788009900110022003},"lat":20.950000000000001}')
    assert body == {
        "timestamp": "1767225600123", "sender": {"id": "7788009900110022003"}, "lat": "20.950000000000001"}
