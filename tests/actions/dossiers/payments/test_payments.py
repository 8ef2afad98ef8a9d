"""From what is owed to what is booked, on a real database."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import delete, select

from actions.companion.bundle import Dossiers, build_dossiers
from actions.dossiers.payments.accounts import public_key_of, sign
from actions.dossiers.payments.build import MESSAGES_FILE
from actions.dossiers.payments.receipt import receipt_pdf
from actions.dossiers.payments.tables import PaymentEventRow, PaymentRow
from actions.dossiers.payments.vietqr import read
from actions.dossiers.payments.view import PaymentEvent
from actions.dossiers.tables import DossierEventRow, DossierRow
from actions.messages import Messages
from actions.outbox.tables import OutboxRow
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.keyring import Keyring
from common.settings import Settings
from knowledge_base.model import Fee, Guide, Origin, Published

TEXTS = Messages.load(MESSAGES_FILE)
FEES = {"1.000001": [Fee(amount=8000, legal="Thông tư 1")], "1.000002": [Fee(amount=0)], "1.000003": []}


class Office:
    """A room with guides, signed accounts and dossiers."""

    def __init__(self, home: Path, *, accounts: bool = True) -> None:
        given_settings: dict[str, Any] = {}
        if accounts:
            key, path = Ed25519PrivateKey.generate(), home / "accounts.json"
            home.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"expires_on": str(local_date() + timedelta(days=9)), "accounts": [{
                "agency": "H49", "bank": "Ngân hàng thử", "bank_bin": "970436", "account": "1234567890",
                "holder": "TRUNG TAM THU"}]}))
            sign(path, key)
            given_settings = {"payment_accounts": str(path), "payment_public_key": public_key_of(key)}
        self.settings = Settings(home=home, database_url="", _env_file=None, **given_settings)
        self.database = Database.from_settings(self.settings)
        self.database.create_all()
        self.room: Dossiers = build_dossiers(
            self.settings, self.database, Keyring.from_settings(self.settings), self._guide)
        self.payments = self.room.payments
        self._count = 0

    def _guide(self, code: str) -> Published | None:
        if code not in FEES:
            return None
        guide = Guide(code=code, name="Thử", field="thu", fee=FEES[code])
        return Published(guide=guide, origin=Origin.CURATED, version=1)

    def dossier(self, procedure: str = "1.000001", state: str = "submitted") -> str:
        self._count += 1
        code, now = f"H49-261122-{self._count:04d}", utc_now()
        with self.database.session() as session:
            session.add(DossierRow(
                id=secrets.token_hex(16), code=code, draft_id=secrets.token_hex(16), conversation_id="c1",
                form_slug="khai_sinh", form_version=1, procedure_code=procedure, title="Thủ tục thử", state=state,
                pin_digest="0" * 64, consent_version="1", consent_at=now, submitted_at=now, updated_at=now))
        return code

    def reports(self, code: str, status: str = "paid", **changes: Any) -> str:
        reference = changes.pop("reference", self.payments.of(code).reference)
        return self.payments.receive("bank", event(reference, status, **changes))

    def notes(self, code: str) -> list[str]:
        query = select(DossierEventRow.note).join(DossierRow, DossierRow.id == DossierEventRow.dossier_id).where(
            DossierRow.code == code, DossierEventRow.kind == "payment").order_by(DossierEventRow.id)
        with self.database.session(write=False) as session:
            return list(session.scalars(query))


def event(reference: str, status: str = "paid", **changes: Any) -> PaymentEvent:
    body = {
        "event_id": secrets.token_hex(8), "reference": reference, "transaction_id": "T1", "status": status,
        "amount": 8000, "currency": "VND", "at": utc_now(), **changes}
    return PaymentEvent.model_validate(body)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "home")
    yield made
    made.database.dispose()


def test_what_is_owed_follows_the_guide(office: Office) -> None:
    views = {p: office.payments.of(office.dossier(p)) for p in ("1.000001", "1.000002", "1.000003", "1.999999")}
    assert [view.status for view in views.values()] == ["unpaid", "free", "unconfirmed", "unconfirmed"]
    assert views["1.000001"].amount == 8000 and views["1.000001"].legal == "Thông tư 1"
    assert all(view.transfer is None for p, view in views.items() if p != "1.000001")


def test_the_qr_says_account_amount_and_reference(office: Office) -> None:
    view = office.payments.of(office.dossier())
    assert view.transfer is not None
    found = read(view.transfer.qr)
    assert (found.account, found.amount, found.reference) == ("1234567890", 8000, view.reference)
    assert office.payments.of(view.code).reference == view.reference


def test_without_signed_accounts_there_is_no_qr_and_it_is_said_where_to_pay(tmp_path: Path) -> None:
    office = Office(tmp_path / "home", accounts=False)
    view = office.payments.of(office.dossier())
    assert view.transfer is None and view.payable and "Cổng Dịch vụ công" in view.where
    office.database.dispose()


def test_an_altered_accounts_file_takes_the_qr_away_and_nothing_else(tmp_path: Path) -> None:
    office = Office(tmp_path / "home")
    path = Path(office.settings.payment_accounts)
    path.write_bytes(path.read_bytes().replace(b"1234567890", b"6666666666"))
    room = build_dossiers(
        office.settings, office.database, Keyring.from_settings(office.settings), office._guide)
    view = room.payments.of(office.dossier())
    assert view.amount == 8000 and view.transfer is None
    office.database.dispose()


def test_paying_is_booked_once_noted_and_announced(office: Office) -> None:
    code = office.dossier()
    reference = office.payments.of(code).reference
    report = event(reference)
    assert [office.payments.receive("bank", report) for _ in range(3)] == ["applied", "duplicate", "duplicate"]
    view = office.payments.of(code)
    assert view.status == "paid" and not view.payable and view.transfer is None and view.transaction_id == "T1"
    assert office.notes(code) == ["Đã nhận 8.000 đồng phí, lệ phí."]
    with office.database.session(write=False) as session:
        assert len(list(session.scalars(select(OutboxRow).where(OutboxRow.topic == "notice.dossier")))) == 1


@pytest.mark.parametrize("changes, why", [
    ({"amount": 7999}, "ít hơn"), ({"amount": 8001}, "nhiều hơn"), ({"currency": "USD"}, "đồng Việt Nam"),
    ({"reference": "LPUNKNOWN"}, "Không có hồ sơ"),
])
def test_what_does_not_fit_changes_nothing_and_waits_for_staff(
    office: Office, changes: dict[str, Any], why: str
) -> None:
    code = office.dossier()
    assert office.reports(code, **changes) == "kept"
    assert office.payments.of(code).status == "unpaid" and office.notes(code) == []
    [kept] = office.payments.kept()
    assert why in kept.why
    office.payments.settle(kept.id)
    assert office.payments.kept() == []


def test_a_second_transaction_is_kept_and_a_late_pending_is_stale(office: Office) -> None:
    code = office.dossier()
    assert office.reports(code) == "applied"
    assert office.reports(code, transaction_id="T2") == "kept"
    assert office.reports(code, "pending") == "stale"
    assert office.reports(code, "refunded", transaction_id="T9") == "kept"
    assert office.reports(code, "refunded") == "applied"
    assert office.payments.of(code).status == "refunded"


def test_paying_lets_a_waiting_dossier_go_on(office: Office) -> None:
    code = office.dossier(state="fee_requested")
    assert office.reports(code) == "applied"
    status = office.room.registry.status(code)
    assert status.status == "processing" and "8.000 đồng" in status.timeline[-1].note


def test_money_for_a_dossier_that_ended_is_kept(office: Office) -> None:
    code = office.dossier()
    office.payments.of(code)
    office.room.registry.advance(code, "withdrawn", actor="citizen")
    view = office.payments.of(code)
    assert not view.payable and view.transfer is None
    assert office.reports(code) == "kept"


def test_an_officer_confirms_an_amount_until_money_moves(office: Office) -> None:
    code = office.dossier("1.000003")
    view = office.payments.set_amount(code, 15000, actor="canbo", note="Theo Nghị quyết của tỉnh")
    assert (view.amount, view.basis, view.payable) == (15000, "officer", True)
    assert office.notes(code) == ["Mức thu được xác nhận: 15.000 đồng. Theo Nghị quyết của tỉnh"]
    assert office.reports(code, amount=15000) == "applied"
    with pytest.raises(Conflict, match="Đã nộp"):
        office.payments.set_amount(code, 1, actor="canbo")
    for amount, actor in ((-1, "canbo"), (10**12, "canbo"), (5, "  ")):
        with pytest.raises(InvalidInput):
            office.payments.set_amount(code, amount, actor=actor)
    with pytest.raises(NotFound):
        office.payments.set_amount("H49-261122-9999", 1, actor="canbo")


def test_paying_at_the_counter(office: Office) -> None:
    code = office.dossier()
    view = office.payments.paid_at_counter(code, actor="canbo", receipt="BL-77")
    assert view.status == "paid" and "BL-77" in office.notes(code)[0]
    with pytest.raises(Conflict):
        office.payments.paid_at_counter(code, actor="canbo")
    with pytest.raises(Conflict):
        office.payments.paid_at_counter(office.dossier("1.000003"), actor="canbo")


def test_the_receipt_says_what_it_is_not(office: Office, tmp_path: Path) -> None:
    code = office.dossier()
    with pytest.raises(NotFound):
        receipt_pdf(office.payments.of(code), TEXTS)
    office.reports(code)
    path = tmp_path / "receipt.pdf"
    path.write_bytes(receipt_pdf(office.payments.of(code), TEXTS))
    text = " ".join(PdfReader(path).pages[0].extract_text().split())
    for part in (code, "8.000 đồng", "T1", "không phải biên lai hay hóa đơn"):
        assert part in text


def test_the_page_is_offered_first_while_money_is_owed(office: Office) -> None:
    owing, free = office.dossier(), office.dossier("1.000002")
    status = office.room.registry.status
    assert [(offer.path, offer.order) for offer in office.payments.offers(status(owing))] == [("/payment", 10)]
    assert office.payments.offers(status(free)) == []
    office.reports(owing)
    assert office.payments.offers(status(owing))[0].order == 60


def test_the_same_report_to_many_replicas_is_booked_once(office: Office) -> None:
    code = office.dossier()
    report = event(office.payments.of(code).reference)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: office.payments.receive("bank", report), range(16)))
    assert sorted(outcomes) == ["applied", *["duplicate"] * 15] and len(office.notes(code)) == 1


def test_two_transactions_at_once_pay_once(office: Office) -> None:
    code = office.dossier()
    reference = office.payments.of(code).reference
    reports = [event(reference, transaction_id=f"T{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda report: office.payments.receive("bank", report), reports))
    assert sorted(outcomes) == ["applied", *["kept"] * 7] and len(office.payments.kept()) == 7


def test_first_looks_at_once_agree_on_the_reference(office: Office) -> None:
    code = office.dossier()
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: office.payments.of(code).reference, range(16)))) == 1


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("payments"))
    yield made
    made.database.dispose()


REPORTS = st.lists(st.tuples(
    st.sampled_from(["pending", "paid", "refused", "refunded"]), st.sampled_from([8000, 8000, 8000, 1, 16000]),
    st.sampled_from(["T1", "T1", "T2"]), st.integers(0, 5)), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(REPORTS, st.integers(0, 2**16))
def test_any_interleaving_of_reports_books_a_payment_at_most_once(
    shared: Office, reports: list[tuple[str, int, str, int]], seed: int
) -> None:
    code = shared.dossier()
    reference = shared.payments.of(code).reference
    told = [
        event(reference, status, amount=amount, transaction_id=transaction, event_id=f"{code}-{number}")
        for status, amount, transaction, number in reports]
    told += random.Random(seed).sample(told, len(told) // 2)
    random.Random(seed).shuffle(told)
    outcomes = [shared.payments.receive("bank", one) for one in told]
    view = shared.payments.of(code)
    lines = shared.notes(code)
    assert sum(line.startswith("Đã nhận") for line in lines) <= 1
    if view.status in ("paid", "refunded"):
        assert view.amount == 8000 and view.transaction_id in ("T1", "T2")
    assert len([o for o in outcomes if o != "duplicate"]) == len({one.event_id for one in told})
    with shared.database.session() as session:
        session.execute(delete(PaymentEventRow))
        session.execute(delete(PaymentRow))
