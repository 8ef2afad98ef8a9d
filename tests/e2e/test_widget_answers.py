"""What the widget offers around an answer: thumbs, reading aloud, dictation, transcript, score, other devices, tabs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.officer import Officer
from tests.e2e.service import Service
from tests.e2e.widget import DESKTOP, Widget

ID_NUMBER = "022190001234"
# Chromium without a desktop has no voice and no ears: these note what they are asked.
_SPEECH = """
window.said = []; window.ears = [];
const voices = [{ lang: 'vi-VN', name: 'Mai' }, { lang: 'en-GB', name: 'Kate' }];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, 'speechSynthesis', { value: {
  pending: false, speaking: false, getVoices: () => window.voices || voices,
  speak(one) { this.speaking = true; window.said.push([one.text, one.lang, one.voice && one.voice.name]); },
  cancel() { this.speaking = false; window.cancelled = (window.cancelled || 0) + 1; },
} });
window.SpeechRecognition = class {
  start() { window.ears.push(this); }
  stop() { this.stopped = true; this.onend(); }
};
"""


@pytest.fixture
def widget(service: Service, browser: Browser) -> Any:
    with Widget(browser, service.url, DESKTOP) as opened:
        yield opened


def choose(page: Page, entry: str) -> None:
    page.get_by_role("button", name="Tùy chọn").click()
    page.locator("isee-chat [role=menu]").get_by_text(entry, exact=True).click()


def heard(widget: Widget) -> str:
    return widget.page.locator("isee-chat .frame > [role=status]").inner_text()


def kept(widget: Widget) -> dict[str, str]:
    """Id and token of the conversation that this browser holds."""
    found: dict[str, str] = widget.page.evaluate(
        """() => { const kept = Object.entries(localStorage).find(([key]) => key.endsWith(':conversation'));
        return kept ? JSON.parse(kept[1]) : { id: '', token: '' }; }""")
    return found


# Thumbs


def test_a_thumbs_down_with_its_reason_is_work_for_the_editors(
    service: Service, browser: Browser, widget: Widget
) -> None:
    widget.says("đăng ký kết hôn lưu động cần giấy tờ gì")
    answer = widget.last
    down = answer.get_by_role("button", name="Câu trả lời chưa hữu ích")
    down.click()
    reasons = widget.page.locator("isee-chat .reasons")
    expect(reasons.locator("input").first).to_be_focused()
    reasons.get_by_text("Thiếu thông tin").click()
    reasons.locator("textarea").fill(f"chưa nói về chim yến, gọi {ID_NUMBER}")
    reasons.get_by_role("button", name="Gửi góp ý").click()
    expect(reasons).to_have_count(0)
    expect(down).to_be_focused()
    expect(widget.page.locator("isee-chat .state")).to_contain_text("biên tập")
    widget.page.reload()
    expect(widget.last.get_by_role("button", name="Câu trả lời chưa hữu ích")).to_have_attribute("aria-pressed", "true")
    # What is no answer from a guide has nothing to rate.
    widget.says("nộp hồ sơ khai sinh")
    expect(widget.last.get_by_role("button", name="Câu trả lời chưa hữu ích")).to_have_count(0)

    console = Officer(browser, service, "bientap").page
    question = console.locator("main a", has_text="kết hôn lưu động").first

    def listed() -> bool:
        console.goto(f"{service.url}/console/unanswered?q=lưu+động")
        return question.count() > 0

    service.wait(listed, "the inbox to have it", 90)
    question.click()
    expect(console.locator("main")).to_contain_text("Thiếu thông tin. chưa nói về chim yến")
    expect(console.locator("main")).not_to_contain_text(ID_NUMBER)


def test_greeting_and_form_steps_are_not_rated(widget: Widget) -> None:
    up = "Câu trả lời hữu ích"
    assert widget.last.get_by_role("button", name=up).count() == 0
    widget.says("đăng ký khai sinh cho con")
    widget.last.get_by_role("button", name=up).click()
    expect(widget.last.get_by_role("button", name=up)).to_have_attribute("aria-pressed", "true")
    widget.says("nộp hồ sơ luôn")
    widget.presses("Đồng ý")
    assert widget.last.locator(".step").count() == 1 and widget.last.get_by_role("button", name=up).count() == 0


# Speech


def test_nothing_is_read_or_heard_until_it_is_asked_for_and_each_has_its_switch(
    service: Service, browser: Browser
) -> None:
    with Widget(browser, service.url, DESKTOP) as widget:
        widget.context.add_init_script(_SPEECH)
        page = widget.page
        page.reload()
        expect(widget.messages).to_have_count(1)
        widget.says("lệ phí đăng ký kết hôn")
        assert page.evaluate("window.said") == []
        assert page.get_by_role("button", name="Nói để nhập").count() == 0

        widget.last.get_by_role("button", name="Đọc câu trả lời này").click()
        said = page.evaluate("window.said")
        assert said and {(lang, voice) for _, lang, voice in said} == {("vi-VN", "Mai")}
        bar = page.locator("isee-chat .reading")
        expect(bar).to_be_visible()
        bar.get_by_role("button", name="Dừng đọc").click()
        expect(bar).to_be_hidden()
        expect(widget.input).to_be_focused()

        choose(page, "Tự đọc câu trả lời")
        before = len(page.evaluate("window.said"))
        widget.says("nộp ở đâu")
        assert len(page.evaluate("window.said")) > before
        bar.get_by_role("button", name="Tắt tự đọc").click()
        before = len(page.evaluate("window.said"))
        widget.says("bao lâu có kết quả")
        assert len(page.evaluate("window.said")) == before, "off is off"

        page.evaluate("window.voices = [{ lang: 'ja-JP', name: 'Aki' }]")
        widget.last.get_by_role("button", name="Đọc câu trả lời này").click()
        expect(page.locator("isee-chat .state")).to_contain_text("chưa có giọng đọc tiếng Việt")


def test_dictation_is_explained_first_fills_the_input_and_never_sends(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, DESKTOP) as widget:
        widget.context.add_init_script(_SPEECH)
        page = widget.page
        page.reload()
        expect(widget.messages).to_have_count(1)
        choose(page, "Nhập bằng giọng nói")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("có thể được gửi đến máy chủ của hãng")
        dialog.get_by_role("button", name="Không").click()
        microphone = page.get_by_role("button", name="Nói để nhập")
        expect(microphone).to_have_count(0)
        choose(page, "Nhập bằng giọng nói")
        dialog.get_by_role("button", name="Bật").click()
        widget.input.fill("cho tôi hỏi")
        microphone.click()
        expect(microphone).to_have_attribute("aria-pressed", "true")
        page.evaluate("window.ears[0].onresult({ results: [[{ transcript: 'đăng ký kết hôn' }]] })")
        microphone.click()
        expect(widget.input).to_have_value("cho tôi hỏi đăng ký kết hôn")
        expect(microphone).to_have_attribute("aria-pressed", "false")
        expect(page.locator("isee-chat .message.citizen")).to_have_count(0)
        microphone.click()
        page.evaluate("window.ears[1].onerror({ error: 'not-allowed' }); window.ears[1].onend()")
        expect(page.locator("isee-chat .state")).to_contain_text("chưa dùng được micro")
        choose(page, "Nhập bằng giọng nói")
        expect(microphone).to_have_count(0)


# What a screen reader hears


def test_what_is_said_aloud_is_short_and_the_past_is_not_said_again(widget: Widget) -> None:
    widget.says("đăng ký khai sinh cho con")
    region = widget.page.locator("isee-chat .frame > [role=status]")
    expect(region).to_contain_text("Trợ lý: Dạ")
    assert "Lệ phí" not in heard(widget), "the card is read when one goes there"
    widget.page.reload()
    expect(widget.last.locator(".card")).to_be_visible()
    widget.page.wait_for_timeout(700)
    assert heard(widget) == ""


# Keeping and leaving


def test_the_conversation_can_be_downloaded(widget: Widget) -> None:
    widget.says(f"số của tôi {ID_NUMBER}, đăng ký khai sinh cần gì")
    with widget.page.expect_download() as download:
        choose(widget.page, "Tải nội dung trò chuyện")
    assert download.value.suggested_filename.startswith("noi-dung-tro-chuyen-isee-")
    text = Path(download.value.path()).read_text("utf-8")
    assert "163/QĐ-BTP" in text and "Nguồn: " in text and "Bản hướng dẫn" in text and ID_NUMBER not in text


def test_the_score_is_asked_once_before_a_new_conversation(service: Service, widget: Widget) -> None:
    first = kept(widget)["id"]
    choose(widget.page, "Cuộc trò chuyện mới")
    service.wait(lambda: kept(widget)["id"] not in ("", first), "a new conversation, without a question", 30)
    expect(widget.messages).to_have_count(1)
    widget.says("đăng ký kết hôn cần gì")
    old = kept(widget)
    choose(widget.page, "Cuộc trò chuyện mới")
    dialog = widget.page.get_by_role("dialog")
    dialog.get_by_text("4 – Hài lòng").click()
    dialog.get_by_role("button", name="Gửi đánh giá").click()
    expect(dialog).to_have_count(0)
    expect(widget.messages).to_have_count(1)
    answer = httpx.get(
        f"{service.url}/api/v1/conversations/{old['id']}/score",
        headers={"Authorization": f"Bearer {old['token']}"}, trust_env=False)
    assert answer.json() == {"ask": False}


def test_a_code_moves_the_conversation_to_another_device(service: Service, browser: Browser, widget: Widget) -> None:
    widget.says("đăng ký kết hôn cần gì")
    choose(widget.page, "Tiếp tục trên thiết bị khác")
    code = widget.page.locator("isee-chat .sheet .code [aria-hidden]").inner_text()
    widget.page.keyboard.press("Escape")
    with Widget(browser, service.url, tolerated=("422",)) as phone:
        choose(phone.page, "Nhập mã từ thiết bị khác")
        field = phone.page.get_by_label("Mã 8 ký tự")
        expect(field).to_be_focused()
        field.fill("AAAA-AAAA")
        field.press("Enter")
        expect(phone.page.get_by_role("alert")).to_contain_text("không đúng")
        expect(field).to_be_focused()
        field.fill(code.lower())
        field.press("Enter")
        expect(phone.page.get_by_role("dialog")).to_have_count(0)
        expect(phone.messages.last).to_contain_text("thiết bị khác")
        expect(widget.messages.last).to_contain_text("thiết bị khác")
        phone.says("lệ phí bao nhiêu")
        expect(widget.messages).to_have_count(phone.messages.count())
        assert widget.texts() == phone.texts()


def test_the_interface_speaks_english(widget: Widget) -> None:
    choose(widget.page, "English")
    expect(widget.last).to_contain_text("automatic assistant")
    expect(widget.page.get_by_role("textbox", name="Type your question here")).to_be_visible()
    assert widget.page.locator("isee-chat .frame").get_attribute("lang") == "en"
    widget.page.reload()
    expect(widget.last).to_contain_text("automatic assistant")
    answer = widget.says("How do I register the birth of my child?")
    expect(answer).to_contain_text("exist only in Vietnamese")
    expect(answer.locator(".origin")).to_contain_text(re.compile(r"checked on \d+ [A-Z][a-z]+ \d{4}"))
    expect(answer.locator("[lang=vi]", has_text="Official name")).to_have_count(1)
    widget.page.get_by_role("button", name="Options").click()
    widget.page.get_by_role("menuitem", name="Tiếng Việt").click()
    expect(widget.last).to_contain_text("Chào anh/chị")


# Tabs and lines


def test_two_tabs_that_write_at_once_show_the_same_in_the_same_order(widget: Widget) -> None:
    second = widget.tab()
    written = ((widget.page, f"tôi tên số {ID_NUMBER}"), (second, "lệ phí kết hôn"), (widget.page, "nộp ở đâu"))
    for page, text in written:
        page.locator("isee-chat form.say textarea").fill(text)
        page.locator("isee-chat form.say textarea").press("Enter")
    for page in (widget.page, second):  # three turns, one after the other
        expect(page.locator("isee-chat .message.citizen")).to_have_count(3, timeout=30_000)
        expect(page.locator("isee-chat .message.pending")).to_have_count(0, timeout=30_000)
        expect(page.locator("isee-chat .message.bot")).to_have_count(4, timeout=30_000)
    texts = [page.locator("isee-chat .bubble").all_inner_texts() for page in (widget.page, second)]
    assert texts[0] == texts[1] and ID_NUMBER not in "".join(texts[0])


def test_what_two_tabs_wrote_offline_is_sent_once_each_and_in_order(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, tolerated=("ERR_INTERNET_DISCONNECTED",)) as widget:
        second = widget.tab()
        widget.context.set_offline(True)
        for page, text in ((widget.page, "câu một"), (widget.page, "câu hai"), (second, "câu ba")):
            page.locator("isee-chat form.say textarea").fill(text)
            page.locator("isee-chat form.say textarea").press("Enter")
        kept_items = widget.page.evaluate("Object.keys(localStorage).filter((key) => key.includes(':out:')).length")
        assert kept_items == 3, "tabs don't overwrite what the other keeps"
        second.close()
        widget.context.set_offline(False)
        expect(widget.page.locator("isee-chat .message.pending")).to_have_count(0, timeout=30_000)
        widget.page.reload()
        asked = widget.page.locator("isee-chat .message.citizen .bubble")
        expect(asked).to_have_count(3)
        assert [text.splitlines()[-1] for text in asked.all_inner_texts()] == ["câu một", "câu hai", "câu ba"]


def test_what_is_typed_and_not_sent_survives_a_reload(widget: Widget) -> None:
    widget.input.fill("đang gõ dở")
    widget.page.reload()
    expect(widget.messages).to_have_count(1)
    expect(widget.input).to_have_value("đang gõ dở")


def test_a_conversation_erased_elsewhere_begins_anew_and_keeps_the_question(
    service: Service, browser: Browser
) -> None:
    with Widget(browser, service.url, tolerated=("401",)) as widget:
        held = kept(widget)
        httpx.delete(
            f"{service.url}/api/v1/conversations/{held['id']}",
            headers={"Authorization": f"Bearer {held['token']}"}, trust_env=False)
        widget.input.fill("đăng ký kết hôn cần gì")
        widget.input.press("Enter")
        expect(widget.last).to_contain_text("kết hôn")
        assert kept(widget)["id"] != held["id"]


def test_a_moved_element_goes_on_and_a_removed_one_is_silent(widget: Widget) -> None:
    page = widget.page
    page.evaluate("document.body.append(document.querySelector('isee-chat'))")
    expect(widget.says("đăng ký kết hôn cần gì")).to_contain_text("kết hôn")
    page.evaluate("window.gone = document.querySelector('isee-chat'); window.gone.remove()")
    page.wait_for_timeout(100)
    page.evaluate("document.querySelector('main').append(window.gone)")
    expect(widget.last).to_contain_text("kết hôn")
    expect(widget.says("lệ phí")).to_contain_text("phí")
