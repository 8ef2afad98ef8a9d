"""Issuing, fetching, replacing, revoking and verifying results, on a real database and real signatures."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from actions.companion.bundle import Dossiers, build_dossiers
from actions.dossiers.results import Paper, Seal, SignatureCheck
from actions.dossiers.results.checking import trusted_issuers
from actions.outbox import OutboxRow
from actions.printing import Sheet
from common.clock import local_date
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound, SetupProblem
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.test_submission import fill

PAPER = Paper("12/TL-UBND", local_date(), "UBND phường Bãi Cháy", "Trần Văn Hải", "Cấp 02 bản trích lục khai sinh.")
PASSWORD = "seal-password"


def decided(room: Dossiers, conversation_id: str = "c1") -> str:
    code = room.submissions.submit(fill(room, conversation_id).id).code
    for state in ("received", "processing", "approved"):
        room.registry.advance(code, state, actor="hoa")
    return code


def test_a_result_is_signed_fetched_by_its_owner_and_by_nobody_else(room: Dossiers) -> None:
    code = decided(room)
    issued = room.results.issue(code, PAPER, actor="hoa")
    found, content = room.results.fetch("c1", code)
    assert found == issued and found.state == "valid"
    assert [finding.verdict for finding in room.signatures.check(content, "unreadable")] == ["good"]
    with pytest.raises(NotFound):
        room.results.fetch("c2", code)


def test_the_paper_says_what_was_stated_that_it_is_a_test_and_where_to_verify(room: Dossiers, home: Settings) -> None:
    code = decided(room)
    issued = room.results.issue(code, PAPER, actor="hoa")
    pages = pypdf.PdfReader(io.BytesIO(room.results.file(code)[1])).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for part in ("12/TL-UBND", "UBND phường Bãi Cháy", "Trần Văn Hải", "02 bản trích lục", code, "Bản thử nghiệm",
                 "Nguyễn Thị Lan"):
        assert part in text
    assert f"{home.base_url}/verify/{issued.id}" in text.replace(" ", "").replace("verify/", "verify/")


def test_the_verification_shows_initials_and_no_name(room: Dossiers) -> None:
    issued = room.results.issue(decided(room), PAPER, actor="hoa")
    seen = room.results.verify(issued.id)
    assert (seen.state, seen.holder, seen.test) == ("valid", "N••• T••• L•••", True)
    with pytest.raises(NotFound):
        room.results.verify("x" * 22)


def test_a_second_result_replaces_the_first_whose_code_says_so(room: Dossiers) -> None:
    code = decided(room)
    first = room.results.issue(code, PAPER, actor="hoa")
    second = room.results.issue(code, replace(PAPER, number="13/TL-UBND"), actor="hoa")
    assert room.results.verify(first.id).state == "replaced"
    assert room.results.fetch("c1", code)[0].id == second.id


def test_a_revoked_result_is_no_longer_handed_out(room: Dossiers) -> None:
    code = decided(room)
    issued = room.results.issue(code, PAPER, actor="hoa")
    with pytest.raises(InvalidInput):
        room.results.revoke(issued.id, " ", actor="hoa")
    room.results.revoke(issued.id, "Ghi sai ngày sinh", actor="hoa")
    assert (room.results.verify(issued.id).state, room.results.verify(issued.id).reason) == (
        "revoked", "Ghi sai ngày sinh")
    with pytest.raises(NotFound):
        room.results.fetch("c1", code)


def test_nothing_is_issued_before_the_case_is_decided(room: Dossiers) -> None:
    code = room.submissions.submit(fill(room).id).code
    with pytest.raises(Conflict, match=code):
        room.results.issue(code, PAPER, actor="hoa")
    assert room.results.of(code) == []


@pytest.mark.parametrize("wrong", [
    {"number": " "}, {"signed_by": ""}, {"abstract": ""}, {"agency": ""}, {"number": "x" * 81}, {"issued_on": None},
    {"issued_on": local_date() + timedelta(days=1)}, {"expires_on": local_date()}, {"pdf": b"%PDF-1.4 nonsense"},
])
def test_what_is_missing_or_wrong_is_refused(room: Dossiers, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        room.results.issue(decided(room), replace(PAPER, **wrong), actor="hoa")


def test_a_given_document_is_kept_with_a_verification_page_behind_it(room: Dossiers) -> None:
    code = decided(room)
    room.results.issue(code, replace(PAPER, pdf=Sheet("Trích lục khai sinh").done()), actor="hoa")
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(room.results.file(code)[1])).pages]
    assert len(pages) == 2 and "Trích lục khai sinh" in pages[0] and "Trang xác thực" in pages[1]


def test_the_file_itself_leads_to_its_record_and_an_altered_one_does_not(room: Dossiers) -> None:
    code = decided(room)
    issued = room.results.issue(code, PAPER, actor="hoa")
    content = room.results.file(code)[1]
    seen = room.results.verify_file(content)
    assert seen is not None and seen.id == issued.id
    altered = content.replace(b"/MediaBox", b"/MediaBoy", 1)
    assert room.results.verify_file(altered) is None
    assert [finding.verdict for finding in room.signatures.check(altered, "unreadable")] == ["altered"]


def test_an_addition_after_signing_is_noticed(room: Dossiers) -> None:
    code = decided(room)
    room.results.issue(code, PAPER, actor="hoa")
    writer = pypdf.PdfWriter(io.BytesIO(room.results.file(code)[1]), incremental=True)
    writer.add_metadata({"/Title": "Khác"})
    writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)
    assert [finding.verdict for finding in room.signatures.check(out.getvalue(), "unreadable")] == ["added_to"]


def test_a_signature_of_an_unknown_issuer_is_not_called_good(room: Dossiers) -> None:
    code = decided(room)
    room.results.issue(code, PAPER, actor="hoa")
    stranger = SignatureCheck(lambda: [])
    assert [f.verdict for f in stranger.check(room.results.file(code)[1], "unreadable")] == ["unknown_issuer"]


def test_an_unsigned_file_has_no_findings(room: Dossiers) -> None:
    assert room.signatures.check(Sheet("Tờ khai").done(), "unreadable") == []


@given(st.binary(max_size=400))
def test_any_bytes_are_judged_or_refused_in_words(content: bytes) -> None:
    try:
        assert SignatureCheck(lambda: []).check(content, "unreadable") == []
    except InvalidInput as problem:
        assert problem.detail == "unreadable"


def test_the_citizen_is_told_in_the_same_transaction(room: Dossiers, database: Database) -> None:
    code = decided(room)
    issued = room.results.issue(code, PAPER, actor="hoa")
    with database.session() as session:
        keys = list(session.scalars(select(OutboxRow.key).where(OutboxRow.topic == "notice.dossier")))
    assert any(issued.id in key for key in keys)


def test_files_without_a_row_are_swept_and_those_with_one_stay(
    room: Dossiers, home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = decided(room)
    room.results.issue(code, PAPER, actor="hoa")
    stray = home.uploads_dir / "results" / ("s" * 22)
    stray.write_bytes(b"left by a crash")
    assert room.results.purge() == 0, "fresh files may still get their row"
    now = time.time()
    monkeypatch.setattr("actions.dossiers.results.vault.time.time", lambda: now + 7200)
    assert room.results.purge() == 1
    assert room.results.fetch("c1", code)


def test_nothing_readable_lies_on_the_disk(room: Dossiers, home: Settings) -> None:
    code = decided(room)
    room.results.issue(code, PAPER, actor="hoa")
    for path in (home.uploads_dir / "results").iterdir():
        assert b"%PDF" not in path.read_bytes()


def test_a_configured_seal_signs_without_the_word_test(
    home: Settings, database: Database, keyring: Keyring, tmp_path: Path
) -> None:
    made = Seal.from_settings(home, keyring)
    assert made is not None and made.test
    source = home.secrets_dir / "test-seal.p12" if hasattr(home, "secrets_dir") else home.home / "secrets/test-seal.p12"
    password = keyring.derive("test-seal").hex()
    settings = Settings(home=home.home, result_seal=str(source), result_seal_password=password, _env_file=None)
    room = build_dossiers(settings, database, keyring)
    code = decided(room)
    issued = room.results.issue(code, PAPER, actor="hoa")
    assert not room.results.verify(issued.id).test
    assert "thử nghiệm" not in pypdf.PdfReader(io.BytesIO(room.results.file(code)[1])).pages[0].extract_text()


def test_a_wrong_password_is_said_at_the_start(home: Settings, database: Database, keyring: Keyring) -> None:
    Seal.from_settings(home, keyring)
    source = home.home / "secrets" / "test-seal.p12"
    settings = Settings(home=home.home, result_seal=str(source), result_seal_password="wrong", _env_file=None)
    with pytest.raises(SetupProblem, match="ISEE_RESULT_SEAL_PASSWORD"):
        build_dossiers(settings, database, keyring)


def test_production_issues_nothing_without_a_seal(home: Settings, database: Database, keyring: Keyring) -> None:
    settings = Settings(home=home.home, environment="production", secret_key="s" * 40, _env_file=None)
    room = build_dossiers(settings, database, keyring)
    with pytest.raises(Conflict, match="ISEE_RESULT_SEAL"):
        room.results.issue(decided(room), PAPER, actor="hoa")


def test_an_unreadable_issuer_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    with pytest.raises(SetupProblem, match=r"root\.pem"):
        trusted_issuers(str(tmp_path))


def test_the_printed_code_can_be_scanned() -> None:
    pdfium = pytest.importorskip("pypdfium2")
    sheet = Sheet("Kết quả")
    sheet.qr("https://example.org/verify/abcdefghijklmnopqrstuv")
    image: Image.Image = pdfium.PdfDocument(sheet.done())[0].render(scale=3).to_pil()
    assert [code.text for code in zxingcpp.read_barcodes(image)] == ["https://example.org/verify/abcdefghijklmnopqrstuv"]
