"""Signed callbacks through the real service: forged, altered, replayed and foreign ones learn and change nothing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from actions.dossiers.tables import DossierRow
from common.clock import utc_now
from common.signatures import TIMESTAMP, Signer
from tests.bot.serving import Running, serving

SECRET = "a shared secret of more than 32 characters"
ONESTOP, BANK = Signer("isee", SECRET.encode()), Signer("bank", b"another secret of more than 32 characters")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    # Nobody listens where the one-stop system should be: what is sent waits, callbacks come in all the same.
    with serving(
        tmp_path_factory.mktemp("home"), engine=False, onestop_url="http://127.0.0.1:9", onestop_secret=SECRET,
        payment_secrets={"bank": BANK.secret.decode()},
    ) as service:
        yield service


@pytest.fixture
def code(running: Running) -> str:
    made, now = f"H49-261122-{secrets.randbelow(9000) + 1000}", utc_now()
    with running.context.database.session() as session:
        session.add(DossierRow(
            id=secrets.token_hex(16), code=made, draft_id=secrets.token_hex(16), conversation_id="c1",
            form_slug="khai_sinh", form_version=1, procedure_code="1.001193", title="Đăng ký khai sinh",
            state="submitted", pin_digest="0" * 64, consent_version="1", consent_at=now, submitted_at=now,
            updated_at=now))
    return made


def status_event(code: str, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": secrets.token_hex(8), "code": f"MC-{code}", "reference": code, "sequence": 1, "state": "MOI_NOP",
        "note": "", "at": utc_now().isoformat(), **changes}


def send(
    running: Running, target: str, body: dict[str, Any], signer: Signer, **changes: Any
) -> httpx.Response:
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", **signer.headers("POST", target, content)}
    headers |= changes.get("headers", {})
    return running.http.post(changes.get("sent_to", target), content=changes.get("content", content), headers=headers)


def tell(running: Running, code: str, body: dict[str, Any], signer: Signer = ONESTOP, **changes: Any) -> httpx.Response:
    return send(running, f"/api/v1/partner/dossiers/{code}/events", body, signer, **changes)


def test_a_genuine_event_is_applied_once(running: Running, code: str) -> None:
    first = status_event(code)
    assert tell(running, code, first).json() == {"outcome": "applied"}
    assert tell(running, code, first).json() == {"outcome": "duplicate"}
    assert tell(running, code, status_event(code, sequence=2, state="DA_TIEP_NHAN")).json() == {"outcome": "applied"}
    assert running.context.dossiers.registry.status(code).status == "received"


@pytest.mark.parametrize("how", ["stranger", "altered", "old", "other_dossier", "unsigned", "other_key"])
def test_forged_and_replayed_events_change_nothing(running: Running, code: str, how: str) -> None:
    body = status_event(code, state="TU_CHOI", note="giả mạo")
    content = json.dumps(body).encode()
    if how == "stranger":
        answer = tell(running, code, body, Signer("isee", b"x" * 40))
    elif how == "altered":
        answer = tell(running, code, body, content=content.replace(b"TU_CHOI", b"DA_DUYET"))
    elif how == "old":
        answer = tell(running, code, body, Signer("isee", ONESTOP.secret, now=lambda: utc_now().timestamp() - 400))
    elif how == "other_dossier":
        answer = tell(running, code, body, sent_to="/api/v1/partner/dossiers/H49-261122-0001/events")
    elif how == "unsigned":
        answer = running.http.post(f"/api/v1/partner/dossiers/{code}/events", content=content)
    else:
        answer = tell(running, code, body, BANK)
    assert answer.status_code == 401 and answer.headers["content-type"].startswith("application/problem+json")
    assert running.context.dossiers.registry.status(code).status == "submitted"
    assert running.context.dossiers.outside.kept() == []


def test_a_replayed_signature_with_a_fresh_time_is_refused(running: Running, code: str) -> None:
    answer = tell(running, code, status_event(code), headers={TIMESTAMP: str(int(utc_now().timestamp()) + 5)})
    assert answer.status_code == 401


@pytest.mark.parametrize("change", [
    {"sequence": 0}, {"state": "<b>"}, {"at": "yesterday"}, {"at": "2026-11-22T10:00:00"}, {"event_id": ""},
    {"reference": "H49-261122-0001"},
])
def test_a_signed_event_outside_the_contract_is_refused_in_words(
    running: Running, code: str, change: dict[str, Any]
) -> None:
    answer = tell(running, code, status_event(code, **change))
    assert answer.status_code == 422 and answer.json()["errors"]


def test_a_report_of_a_payment_is_booked_once(running: Running, code: str) -> None:
    running.context.dossiers.payments.set_amount(code, 8000, actor="canbo")
    reference = running.context.dossiers.payments.of(code).reference
    target, body = "/api/v1/payments/callbacks/bank", {
        "event_id": secrets.token_hex(8), "reference": reference, "transaction_id": "T1", "status": "paid",
        "amount": 8000, "currency": "VND", "at": utc_now().isoformat()}
    assert [send(running, target, body, BANK).json()["outcome"] for _ in range(2)] == ["applied", "duplicate"]
    assert running.context.dossiers.payments.of(code).status == "paid"


@pytest.mark.parametrize("how", ["stranger", "altered", "old", "unknown_provider", "onestop_secret"])
def test_forged_reports_of_payments_change_nothing(running: Running, code: str, how: str) -> None:
    running.context.dossiers.payments.set_amount(code, 8000, actor="canbo")
    reference = running.context.dossiers.payments.of(code).reference
    target, body = "/api/v1/payments/callbacks/bank", {
        "event_id": secrets.token_hex(8), "reference": reference, "transaction_id": "T1", "status": "paid",
        "amount": 8000, "currency": "VND", "at": utc_now().isoformat()}
    content = json.dumps(body).encode()
    if how == "stranger":
        answer = send(running, target, body, Signer("bank", b"x" * 40))
    elif how == "altered":
        answer = send(running, target, {**body, "amount": 1}, BANK, content=content)
    elif how == "old":
        answer = send(running, target, body, Signer("bank", BANK.secret, now=lambda: utc_now().timestamp() - 400))
    elif how == "unknown_provider":
        target = "/api/v1/payments/callbacks/vi-nao-do"
        answer = send(running, target, body, Signer("vi-nao-do", BANK.secret))
    else:
        answer = send(running, target, body, Signer("bank", ONESTOP.secret))
    assert answer.status_code == 401
    assert running.context.dossiers.payments.of(code).status == "unpaid"
    assert running.context.dossiers.payments.kept() == []


@pytest.mark.parametrize("change", [
    {"amount": 8000.5}, {"amount": "8000"}, {"amount": -1}, {"currency": "đồng"}, {"status": "done"}, {"at": "now"},
])
def test_a_signed_report_outside_the_contract_is_refused(
    running: Running, code: str, change: dict[str, Any]
) -> None:
    body = {
        "event_id": "e", "reference": "LP1", "transaction_id": "T1", "status": "paid", "amount": 8000,
        "currency": "VND", "at": utc_now().isoformat(), **change}
    assert send(running, "/api/v1/payments/callbacks/bank", body, BANK).status_code == 422


def test_a_conversation_sees_the_fee_of_its_own_dossier_only(running: Running, code: str) -> None:
    mine, other = running.open(), running.open()
    running.context.dossiers.access.grant(mine.id, code, "pin")
    path = f"/dossiers/{code}/payment"
    seen = running.http.get(mine.path + path, headers=mine.headers)
    assert seen.status_code == 200 and seen.json()["status"] == "unconfirmed"
    assert running.http.get(other.path + path, headers=other.headers).status_code == 404
    assert running.http.get(mine.path + path, headers=other.headers).status_code == 401
    page = running.http.get(httpx.URL(seen.json()["page"]).raw_path.decode())
    assert page.status_code == 200 and code in page.text


def test_the_pages_of_a_payment(running: Running, code: str) -> None:
    path = running.context.dossiers.pages.path(code, "/payment")
    assert "Chờ xác nhận mức thu" in running.http.get(path).text
    assert running.http.get(f"{path}/receipt").status_code == 404
    running.context.dossiers.payments.set_amount(code, 8000, actor="canbo")
    page = running.http.get(path).text
    assert "8.000 đồng" in page and "<svg" not in page and "tại quầy" in page
    running.context.dossiers.payments.paid_at_counter(code, actor="canbo", receipt="BL-1")
    assert "BL-1" in running.http.get(f"{path}/receipt").text
    pdf = running.http.get(f"{path}/receipt.pdf")
    assert pdf.headers["content-type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    assert running.http.get("/dossiers/forged/payment").status_code == 404
