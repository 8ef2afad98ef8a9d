"""Five procedures from the question to the result in hand: form, supplement, fee, appointment, notices, signed paper.

The citizen has a phone; an officer works at the console in another browser; a bank reports the payment, signed.
"""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.payments.accounts import public_key_of, sign
from common.clock import local_date, local_now
from common.signatures import Signer
from tests.e2e.citizen import DOSSIER_CODE
from tests.e2e.officer import Officer, examples
from tests.e2e.service import Service
from tests.e2e.widget import PHONE, Widget

BANK, SECRET = "nganhang", "a-secret-of-the-bank-that-is-long-enough"
CENTRE = "06673"  # Bãi Cháy
# The names of all controls of the form on one page.
_QUESTIONS = "[...new Set([...document.querySelectorAll('[data-eform] [name^=\"a:\"]')].map(n => n.name))]"
FORMS = FormLibrary.shipped()
# e-form → what its citizen asks, and how the form is filled in.
JOURNEYS = {
    "khai_sinh": ("vk em mới đẻ hôm qua, làm giấy khai sinh cho bé cần gì", "chat"),
    "ket_hon": ("đăng ký kết hôn cần giấy tờ gì", "page"),
    "xac_nhan_hon_nhan": ("xin giấy xác nhận tình trạng hôn nhân", "page"),
    "ho_kinh_doanh": ("muốn đăng ký hộ kinh doanh bán tạp hóa", "page"),
    "trich_luc_ho_tich": ("xin cấp bản sao trích lục hộ tịch", "page"),
}


@pytest.fixture(scope="module")
def paying(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that takes payments to a signed account, and sends notices at any hour."""
    folder = tmp_path_factory.mktemp("accounts")
    key = Ed25519PrivateKey.generate()
    accounts = folder / "payment_accounts.json"
    accounts.write_text(json.dumps({
        "expires_on": (local_date() + timedelta(days=30)).isoformat(),
        "accounts": [{"agency": "H49", "bank": "Ngân hàng thử", "bank_bin": "970403", "account": "0011012345678",
                      "holder": "TAI KHOAN THU NGHIEM"}],
    }), "utf-8")
    sign(accounts, key)
    service = Service(tmp_path_factory.mktemp("paying-home"), built_home, {
        "ISEE_PAYMENT_ACCOUNTS": str(accounts), "ISEE_PAYMENT_PUBLIC_KEY": public_key_of(key),
        "ISEE_PAYMENT_SECRETS": json.dumps({BANK: SECRET}), "ISEE_QUIET_HOURS": "",
    })
    try:
        service.start()
        yield service
    finally:
        service.stop()


@pytest.fixture(scope="module")
def officer(paying: Service, browser: Browser) -> Officer:
    officer = Officer(browser, paying, "hoa")
    officer.takes_appointments(CENTRE)
    return officer


@pytest.mark.parametrize("slug", [
    # One in the chat and one on the page in every run; the others go the page's way with other questions.
    pytest.param(slug, marks=[] if slug in ("khai_sinh", "ho_kinh_doanh") else pytest.mark.long) for slug in JOURNEYS])
def test_from_the_question_to_the_result_in_hand(
    paying: Service, browser: Browser, officer: Officer, slug: str, tmp_path: Path
) -> None:
    question, way = JOURNEYS[slug]
    with Widget(browser, paying.url, PHONE) as widget:
        expect(widget.says(question).locator(".card h2")).to_be_visible()
        widget.says("nộp hồ sơ luôn")
        code = _in_chat(widget, slug) if way == "chat" else _on_one_page(widget, slug)
        _wants_notices(widget)
        page = widget.context.new_page()
        home = _dossier_page(widget, code)

        for state in ("received", "processing"):
            officer.moves_on(code, state)
        wanted = officer.asks_for(code, "Ảnh mờ, không đọc được dòng cuối.")
        _told(widget, code, "bổ sung")
        page.goto(home)
        _supplements(page, wanted)
        officer.moves_on(code, "processing")

        officer.sets_fee(code, 8000)
        page.goto(home)
        _pays(page, paying, officer.reference(code), 8000)
        _told(widget, code, "đã ghi nhận phí")
        page.goto(home)
        _books(page)

        officer.moves_on(code, "approved")
        officer.issues(code, local_date().isoformat())
        _told(widget, code, "kết quả")
        page.goto(home)
        _fetches_the_result(page, paying)
        assert not widget.scrolls_sideways()


def _in_chat(widget: Widget, slug: str) -> str:
    """Answers question after question; returns the dossier's code."""
    widget.presses("Đồng ý")
    form = FORMS.get(slug)
    assert form is not None
    answers = examples(form)
    labels = {one.label: one for one in form.fields}
    for _ in range(60):
        if widget.last.get_by_role("button", name="Nộp hồ sơ", exact=True).count():
            break
        step = widget.last.locator(".step").inner_text()
        asked = next((one for label, one in labels.items() if label in step), None)
        text = widget.last.inner_text()
        asked = asked or next((one for one in form.fields if one.question in text), None)
        assert asked is not None, f"which question is this? {text}"
        skip = widget.last.get_by_role("button", name="Bỏ qua", exact=True)
        if not asked.required and skip.count():
            widget.presses("Bỏ qua")
        elif asked.choices:
            widget.says(asked.choices[0].label)
        elif asked.type == "boolean":
            widget.says("không")
        else:
            widget.says(answers[asked.name])
    widget.presses("Nộp hồ sơ")
    code = DOSSIER_CODE.search(widget.log.inner_text())
    assert code
    return code[0]


def _on_one_page(widget: Widget, slug: str) -> str:
    """Follows the link to the form on one page, fills it in until nothing is missing, submits."""
    form = FORMS.get(slug)
    assert form is not None
    answers = examples(form)
    link = widget.last.get_by_role("link", name="Điền trên một trang")
    page = widget.context.new_page()
    page.goto(str(link.get_attribute("href")))
    page.get_by_role("button", name="Đồng ý và điền tờ khai").click()
    for _ in range(8):
        _fill(page, answers)
        page.get_by_role("button", name="Xem lại trước khi nộp").click()
        if page.get_by_role("button", name="Nộp hồ sơ").count():
            break
    else:
        pytest.fail("The form is never complete: " + page.locator("#troubles").inner_text())
    page.get_by_role("button", name="Nộp hồ sơ").click()
    expect(page.get_by_text("Hồ sơ đã nộp xong")).to_be_visible()
    code = DOSSIER_CODE.search(page.locator("main").inner_text())
    assert code
    page.close()
    return code[0]


def _fill(page: Page, answers: dict[str, str]) -> None:
    """Gives an answer to everything that is shown and empty."""
    for name in page.evaluate(_QUESTIONS):
        control = page.locator(f'[data-eform] [name="{name}"]')
        if not control.count():
            continue  # an earlier answer took this question away
        kind = control.first.evaluate("node => node.type")
        if kind == "radio":
            if not page.locator(f'[data-eform] [name="{name}"]:checked').count():
                control.first.check()
                page.wait_for_load_state("networkidle")
        elif kind == "select-one":
            if not control.input_value():
                control.select_option(index=1)
        elif not control.input_value():
            control.fill(answers[name.removeprefix("a:").split(".")[-1]])
    for chooser in page.locator("[data-eform] input[type=file]").all():
        chooser.set_input_files({"name": "giay-to.png", "mimeType": "image/png", "buffer": _picture()})


def _wants_notices(widget: Widget) -> None:
    widget.says("báo cho tôi khi hồ sơ có thay đổi")
    agree = widget.last.get_by_role("button", name=re.compile("Đồng ý|Có, báo"))
    if agree.count():
        widget.presses(agree.first.inner_text())
    said = widget.page.locator("isee-chat .message.bot", has_text="em sẽ nhắn anh/chị tại đây")
    expect(said.last, "\n".join(widget.texts()[-6:])).to_be_visible()


def _dossier_page(widget: Widget, code: str) -> str:
    """The address of the dossier's page, from the chat."""
    widget.says(f"hồ sơ {code} đến đâu rồi")
    link = widget.last.get_by_role("link", name=re.compile("Xem hồ sơ|trang hồ sơ", re.I)).first
    return str(link.get_attribute("href"))


def _told(widget: Widget, code: str, word: str) -> None:
    """The conversation hears of it by itself."""
    notices = widget.page.locator("isee-chat .message.system", has_text=code)
    expect(notices.filter(has_text=re.compile(word, re.I)).last).to_be_visible(timeout=30_000)


def _supplements(page: Page, wanted: str) -> None:
    page.get_by_role("link", name="Bổ sung ngay").click()
    expect(page.locator("main")).to_contain_text("Ảnh mờ")
    section = page.locator("section.card").first
    expect(section.locator("h2")).to_have_text(wanted)
    chooser = section.locator("input[type=file]")
    if chooser.count():
        chooser.set_input_files({"name": "giay-to.png", "mimeType": "image/png", "buffer": _picture()})
    else:
        section.locator("textarea").fill("Nội dung đúng như giấy tờ gốc.")
    section.get_by_role("button", name="Gửi mục này").click()
    expect(page.get_by_text("Em đã nhận đủ giấy tờ bổ sung")).to_be_visible()


def _pays(page: Page, service: Service, reference: str, amount: int) -> None:
    """Sees the VietQR code; the bank reports the transfer; the receipt is there."""
    page.get_by_role("link", name="Phí, lệ phí").click()
    expect(page.locator(".qr")).to_be_visible()
    expect(page.locator("main")).to_contain_text(reference)
    body = json.dumps({
        "event_id": uuid.uuid4().hex, "reference": reference, "transaction_id": uuid.uuid4().hex[:12], "status": "paid",
        "amount": amount, "currency": "VND", "at": local_now().isoformat(),
    }).encode()
    target = f"/api/v1/payments/callbacks/{BANK}"
    forged = Signer(BANK, b"x" * 40).headers("POST", target, body)
    true = Signer(BANK, SECRET.encode()).headers("POST", target, body)
    with httpx.Client(base_url=service.url, trust_env=False, headers={"Content-Type": "application/json"}) as bank:
        assert bank.post(target, content=body, headers=forged).status_code == 401
        assert bank.post(target, content=body, headers=true).json() == {"outcome": "applied"}
        assert bank.post(target, content=body, headers=true).json() == {"outcome": "duplicate"}
    page.reload()
    page.get_by_role("link", name="Xem giấy xác nhận").click()
    expect(page.locator("main")).to_contain_text("8.000 đồng")


def _books(page: Page) -> None:
    """An appointment at the first free hour, with its calendar file."""
    page.get_by_role("link", name="Đặt lịch hẹn").click()
    for _ in range(2):
        choice = page.locator("ul.choices a").first
        if choice.count():
            choice.click()
    page.locator("input[name=starts_at]").first.check()
    page.get_by_role("button", name="Đặt lịch hẹn").click()
    expect(page.get_by_text("Đã đặt lịch hẹn")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Lưu vào lịch điện thoại").click()
    assert b"BEGIN:VEVENT" in Path(download.value.path()).read_bytes()


def _fetches_the_result(page: Page, service: Service) -> None:
    """The signed file, which verifies."""
    page.get_by_role("link", name="Tải kết quả").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải tệp PDF đã ký số").click()
    content = Path(download.value.path()).read_bytes()
    assert "27/KQ-UBND" in PdfReader(io.BytesIO(content)).pages[0].extract_text()
    checked = httpx.post(f"{service.url}/signature", files={"file": ("kq.pdf", content)}, trust_env=False)
    assert "Chữ ký hợp lệ" in checked.text and "trùng khớp từng ký tự" in checked.text


def _picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((640, 480), 40).convert("RGB").save(out, "PNG")
    return out.getvalue()
