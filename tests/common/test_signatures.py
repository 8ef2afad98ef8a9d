"""Signed messages: the documented scheme, and what an attacker may try."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.signatures import KEY, SIGNATURE, TIMESTAMP, WINDOW_S, Signer

SECRET = b"0123456789abcdef0123456789abcdef"
SIGNER = Signer("isee", SECRET, now=lambda: 1_763_800_000.0)


def test_the_scheme_is_the_documented_one() -> None:
    body = b'{"amount":8000}'
    text = f"v1\n1763800000\nPOST\n/onestop/v1/dossiers?x=1\nkey-1\n{hashlib.sha256(body).hexdigest()}"
    wanted = "v1=" + hmac.new(SECRET, text.encode(), "sha256").hexdigest()
    headers = SIGNER.headers("POST", "/onestop/v1/dossiers?x=1", body, "key-1")
    assert headers == {KEY: "isee", TIMESTAMP: "1763800000", SIGNATURE: wanted}
    assert SIGNER.accepts(headers, "post", "/onestop/v1/dossiers?x=1", body, "key-1")


@pytest.mark.parametrize("change", [
    {"method": "PUT"}, {"target": "/b"}, {"body": b"other"}, {"idempotency_key": "k2"},
])
def test_a_signature_fits_one_message_only(change: dict[str, object]) -> None:
    message: dict[str, object] = {"method": "POST", "target": "/a", "body": b"body", "idempotency_key": "k1"}
    headers = SIGNER.headers(**message)  # type: ignore[arg-type]
    assert SIGNER.accepts(headers, **message)  # type: ignore[arg-type]
    assert not SIGNER.accepts(headers, **{**message, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize("late", [WINDOW_S + 1, -WINDOW_S - 1])
def test_an_old_message_is_a_replay(late: int) -> None:
    headers = SIGNER.headers("POST", "/a", b"")
    assert not Signer("isee", SECRET, now=lambda: SIGNER.now() + late).accepts(headers, "POST", "/a", b"")


def test_a_stranger_and_another_key_name_are_refused() -> None:
    stranger = Signer("isee", b"x" * 32, now=SIGNER.now).headers("POST", "/a", b"")
    assert not SIGNER.accepts(stranger, "POST", "/a", b"")
    renamed = {**SIGNER.headers("POST", "/a", b""), KEY: "other"}
    assert not SIGNER.accepts(renamed, "POST", "/a", b"")


@given(st.dictionaries(st.sampled_from([KEY, TIMESTAMP, SIGNATURE, "X"]), st.text(max_size=40)), st.binary(max_size=40))
def test_wild_headers_are_refused_not_raised(headers: dict[str, str], body: bytes) -> None:
    assert not SIGNER.accepts(headers, "POST", "/a", body)


def test_the_worked_example_of_the_documents_is_right() -> None:
    """docs/dossiers/adapter.md, "The signature, worked out"."""
    text = (Path(__file__).parents[2] / "docs" / "dossiers" / "adapter.md").read_text("utf-8")
    body = text.split("```json\n")[1].split("\n```")[0].encode()
    signer = Signer("isee", SECRET, now=lambda: 1_795_486_500.0)
    headers = signer.headers("POST", "/api/v1/partner/dossiers/H49-261124-0001/events", body)
    assert SECRET.decode() in text and all(f"`{name}: {value}`" in text for name, value in headers.items())
