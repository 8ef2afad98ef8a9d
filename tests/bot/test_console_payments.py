"""The officer's side of fees, through the console's pages."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx
import pytest

from actions.dossiers.payments.view import PaymentEvent
from actions.dossiers.tables import DossierRow
from bot.access.model import Role
from common.clock import utc_now
from tests.bot.serving import Running, serving
from tests.bot.test_console import PASSWORD, hidden, sign_in


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        service.context.accounts.add("canbo", Role.OFFICER, PASSWORD)
        service.context.accounts.add("lan", Role.AGENT, PASSWORD)
        yield service


@pytest.fixture
def officer(running: Running) -> httpx.Client:
    return sign_in(running, "canbo")


@pytest.fixture
def code(running: Running) -> str:
    made, now = f"H49-261122-{secrets.randbelow(9000) + 1000}", utc_now()
    with running.context.database.session() as session:
        session.add(DossierRow(
            id=secrets.token_hex(16), code=made, draft_id=secrets.token_hex(16), conversation_id="c1",
            form_slug="khai_sinh", form_version=1, procedure_code="1.001193", title="Đăng ký khai sinh",
            state="received", pin_digest="0" * 64, consent_version="1", consent_at=now, submitted_at=now,
            updated_at=now))
    return made


def send(officer: httpx.Client, path: str, **data: str) -> httpx.Response:
    page = officer.get("/console/unmatched" if "unmatched" in path else path.removesuffix("/counter"))
    return officer.post(path, data={"csrf": hidden(page)["csrf"], **data}, follow_redirects=True)


def test_the_amount_is_confirmed_then_taken_at_the_counter(running: Running, officer: httpx.Client, code: str) -> None:
    path = f"/console/dossiers/{code}/payment"
    assert f"{path}" in officer.get(f"/console/dossiers/{code}").text
    page = send(officer, path, amount="8.000 đồng", note="Theo nghị quyết của tỉnh")
    assert "8.000 đồng" in page.text and "Theo nghị quyết" in page.text
    assert "BL-7" in send(officer, f"{path}/counter", receipt="BL-7").text
    view = running.context.dossiers.payments.of(code)
    assert (view.status, view.amount) == ("paid", 8000)
    assert send(officer, f"{path}", amount="1").status_code == 409


@pytest.mark.parametrize("amount", ["", "tám nghìn", "8,5", "-3", "٨", "9" * 15])
def test_a_wrong_amount_is_refused_in_words(running: Running, officer: httpx.Client, code: str, amount: str) -> None:
    answer = send(officer, f"/console/dossiers/{code}/payment", amount=amount)
    assert answer.status_code == 422 and "Số tiền" in answer.text
    assert running.context.dossiers.payments.of(code).status == "unconfirmed"


def test_what_does_not_fit_is_listed_and_settled(running: Running, officer: httpx.Client, code: str) -> None:
    payments = running.context.dossiers.payments
    payments.set_amount(code, 8000, actor="canbo")
    payments.receive("bank", PaymentEvent(
        event_id=secrets.token_hex(8), reference=payments.of(code).reference, transaction_id="T1",
        status="paid", amount=7000, currency="VND", at=utc_now()))
    page = officer.get("/console/unmatched")
    assert code in page.text and "ít hơn số phải nộp" in page.text
    [kept] = [item for item in payments.kept() if item.code == code]
    assert code not in send(officer, f"/console/unmatched/payments/{kept.id}").text


def test_only_officers_come_here(running: Running, code: str) -> None:
    assert sign_in(running, "lan").get(f"/console/dossiers/{code}/payment").status_code == 403
    assert running.http.get("/console/unmatched").status_code == 303
