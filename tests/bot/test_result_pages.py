"""Results over HTTP: the citizen's page and download, what a QR code opens, the check of a file, the officer's desk."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from actions.printing import Sheet
from bot.access.model import Role
from tests.actions.dossiers.results.test_results import PAPER, decided
from tests.bot.serving import Running, serving
from tests.bot.test_console import PASSWORD, sign_in


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        for name, role in (("hoa", Role.OFFICER), ("lan", Role.AGENT)):
            service.context.accounts.add(name, role, PASSWORD)
        yield service


@pytest.fixture(scope="module")
def officer(running: Running) -> httpx.Client:
    return sign_in(running, "hoa")


def issued(running: Running, officer: httpx.Client, conversation: str, **more: str) -> tuple[str, httpx.Response]:
    """A decided dossier whose result the officer issues through the console."""
    code = decided(running.context.dossiers, conversation)
    return code, issue(officer, code, **more)


def issue(
    officer: httpx.Client, code: str, files: dict[str, tuple[str, bytes]] | None = None, **more: str
) -> httpx.Response:
    page = officer.get(f"/console/dossiers/{code}/result")
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]
    data = {
        "csrf": csrf, "number": PAPER.number, "issued_on": PAPER.issued_on.isoformat() if PAPER.issued_on else "",
        "agency": PAPER.agency, "signed_by": PAPER.signed_by, "abstract": PAPER.abstract, **more,
    }
    return officer.post(f"/console/dossiers/{code}/result", data=data, files=files or {"pdf": ("", b"")})


def test_from_the_officers_desk_to_the_citizens_download_and_a_strangers_check(
    running: Running, officer: httpx.Client
) -> None:
    code, answer = issued(running, officer, "p1")
    assert answer.status_code == 200 and "Đang có giá trị" in answer.text
    path = running.context.dossiers.pages.path(code)
    assert "Tải kết quả" in running.http.get(path).text
    page = running.http.get(f"{path}/result")
    assert PAPER.number in page.text and "Tải tệp PDF đã ký số" in page.text
    download = running.http.get(f"{path}/result/file")
    assert download.headers["content-type"] == "application/pdf"
    assert download.headers["content-disposition"].startswith("attachment")
    checked = running.http.post("/signature", files={"file": ("ket-qua.pdf", download.content)})
    assert "Chữ ký hợp lệ" in checked.text and "trùng khớp từng ký tự" in checked.text
    verified = running.http.get(re.findall(r'href="(/verify/[^"]+)"', page.text)[0])
    assert "đang có giá trị" in verified.text and "Nguyễn" not in verified.text and "N•••" in verified.text


def test_a_file_of_the_authority_is_signed_as_it_is(running: Running, officer: httpx.Client) -> None:
    code = decided(running.context.dossiers, "p2")
    answer = issue(officer, code, files={"pdf": ("trich-luc.pdf", Sheet("Trích lục khai sinh").done())})
    assert answer.status_code == 200
    assert running.context.dossiers.results.current(code) is not None


def test_what_is_wrong_is_said_and_what_was_typed_stays(running: Running, officer: httpx.Client) -> None:
    _code, answer = issued(running, officer, "p3", issued_on="2999-01-01", number="99/GCN")
    assert answer.status_code == 422 and "Ngày ký không thể sau hôm nay" in answer.text and "99/GCN" in answer.text


def test_only_officers_issue(running: Running) -> None:
    agent = sign_in(running, "lan")
    code = decided(running.context.dossiers, "p4")
    assert agent.get(f"/console/dossiers/{code}/result").status_code == 403
    assert running.http.get(f"/console/dossiers/{code}/result").status_code == 303


def test_a_revoked_result_says_so_everywhere(running: Running, officer: httpx.Client) -> None:
    code, answer = issued(running, officer, "p5")
    address = re.findall(r'action="(/console/[^"]+/revoke)"', answer.text)[0]
    csrf = re.findall(r'name="csrf" value="([^"]+)"', answer.text)[-1]
    officer.post(address, data={"csrf": csrf, "reason": "Ghi sai ngày sinh"})
    path = running.context.dossiers.pages.path(code)
    assert "Đã thu hồi" in running.http.get(f"{path}/result").text
    gone = running.http.get(f"{path}/result/file")
    assert gone.status_code == 404 and "text/html" in gone.headers["content-type"]
    result = running.context.dossiers.results.of(code)[0]
    assert "đã bị thu hồi" in running.http.get(f"/verify/{result.id}").text


def test_an_unknown_paper_and_a_foreign_link_are_pages_in_plain_words(running: Running) -> None:
    unknown = ("/verify/unknown", "/verify/" + "x" * 22, "/dossiers/nonsense/result", "/dossiers/nonsense/result/file")
    for path in unknown:
        answer = running.http.get(path)
        assert answer.status_code == 404 and "Về khung trò chuyện" in answer.text


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"\x00" * 1000, b"MZ" + b"x" * 500])
def test_a_file_that_is_no_pdf_is_refused_in_words(running: Running, content: bytes) -> None:
    answer = running.http.post("/signature", files={"file": ("x.pdf", content)})
    assert answer.status_code in (200, 422) and "Traceback" not in answer.text
    assert "không đọc được tệp" in answer.text or "chưa được ký số" in answer.text


def test_the_help_names_no_provider_that_nobody_checked(running: Running) -> None:
    page = running.http.get("/signature").text
    assert "Em chưa có danh sách nơi cấp miễn phí" in page and "20/2023/QH15" in page


def test_another_site_cannot_post_here(running: Running) -> None:
    answer = running.http.post(
        "/signature", files={"file": ("x.pdf", b"%PDF")}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
