"""An agent's day in real browsers: two agents want one conversation, one gets it; agent and citizen talk, with files,
typing and a guide's answer; it goes back to the assistant and the citizen says how it was."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.officer import Officer
from tests.e2e.service import Service
from tests.e2e.widget import PHONE, Widget

# What is played can't be heard here: the tones that are made are counted.
_COUNT_TONES = """window.tones = 0;
const make = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };"""
ATTACK = '<img src=x onerror="document.title=\'hacked\'">'


def complaints(page: Page) -> list[str]:
    """What the browser objects to from now on: errors, and violations of the policy."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: found.append(line.text) if "Content Security" in line.text else None)
    return found


def test_queue_claim_reply_return(service: Service, browser: Browser, tmp_path: Path) -> None:
    lan, minh = (Officer(browser, service, name, role="agent") for name in ("lan.desk", "minh.desk"))
    found = complaints(lan.page)
    lan.page.add_init_script(_COUNT_TONES)
    # Minh's page hears nothing of what others do: what is on it gets out of date.
    minh.page.context.route("**/console/desk/events*", lambda route: route.abort())
    lan.page.goto(f"{service.url}/console/conversations")
    lan.page.locator("[data-sound]").click()  # off until somebody wants it; switched on, it is heard at once
    tones = lan.page.evaluate("tones")
    assert tones
    with Widget(browser, service.url, PHONE) as citizen:
        with citizen.page.expect_request("**/api/v1/conversations/*/messages") as sent:
            citizen.says("cho em gặp cán bộ")
        address = "/console/conversations/" + sent.value.url.split("/")[-2]
        opens = lan.page.locator(f'#queue a[href="{address}"]')
        expect(opens).to_be_visible()  # without a reload
        assert lan.page.evaluate("tones") > tones

        minh.page.goto(service.url + address)
        _moves_by_keys(lan)
        opens.focus()
        lan.page.keyboard.press("Enter")
        expect(lan.page.locator("#card")).to_contain_text("Người dân đề nghị gặp cán bộ")
        expect(lan.page.locator("[data-sound]").first).to_be_visible()  # shown by the script that hears keys
        lan.page.keyboard.press("n")
        expect(lan.page.locator("#owner")).to_contain_text("Anh/chị đang trả lời")
        minh.page.get_by_role("button", name="Nhận trả lời").click()
        expect(minh.page.locator(".problem")).to_have_text("lan.desk đã nhận cuộc trò chuyện này.")

        _keys_of_a_conversation(lan, address)
        box = lan.page.locator(".reply textarea")
        box.press_sequentially("Chào anh/chị")
        expect(citizen.page.locator("isee-chat .typing")).to_have_text("Cán bộ đang nhập…")
        box.press("Control+Enter")
        expect(citizen.page.locator("isee-chat .message.agent").last).to_contain_text("Chào anh/chị")
        expect(lan.page.locator("#talk .agent").last).to_contain_text("Chào anh/chị")
        citizen.input.press_sequentially(ATTACK)
        expect(lan.page.locator("#typing")).to_be_visible()
        lan.page.locator(".reply textarea").fill("câu đang gõ dở")
        citizen.input.press("Enter")
        expect(lan.page.locator("#talk .citizen").last).to_contain_text("onerror")
        assert lan.page.locator("#talk img").count() == 0 and "hacked" not in lan.page.title()
        expect(lan.page.locator(".reply textarea")).to_have_value("câu đang gõ dở")

        _file_to_the_agent(citizen, lan, tmp_path)
        _answer_from_a_guide(citizen, lan)

        lan.page.locator("#close summary").click()
        lan.page.select_option("#outcome", "resolved")
        lan.page.fill("#closing", "đã hướng dẫn đủ")
        lan.page.get_by_role("button", name="Trả lại cho trợ lý").click()
        expect(lan.page.locator("#owner")).to_contain_text("Trợ lý đang trả lời")
        citizen.page.locator("isee-chat").get_by_role("button", name="5 – Rất hài lòng").click()
        expect(citizen.last).to_contain_text("cảm ơn anh/chị đã đánh giá")
        expect(citizen.says("lệ phí đăng ký khai sinh bao nhiêu")).to_contain_text("Đăng ký khai sinh")
    assert not found, found


def _moves_by_keys(lan: Officer) -> None:
    """Down and up the queue; all keys on show."""
    for key in "jjk":
        lan.page.keyboard.press(key)
    expect(lan.page.locator("#queue .chosen .need a")).to_be_focused()
    lan.page.keyboard.press("?")
    expect(lan.page.locator("#keys")).to_be_visible()
    lan.page.keyboard.press("Escape")


def _keys_of_a_conversation(lan: Officer, address: str) -> None:
    """Guides, canned replies, back to the queue and into the conversation again."""
    lan.page.keyboard.press("g")
    expect(lan.page.locator("#q")).to_be_focused()
    lan.page.locator("h1").first.click()
    lan.page.keyboard.press("c")
    expect(lan.page.locator("#canned")).to_have_attribute("open", "")
    lan.page.keyboard.press("b")
    expect(lan.page).to_have_url(f"{lan.service.url}/console/conversations")
    lan.page.goto(lan.service.url + address)
    lan.page.keyboard.press("r")
    expect(lan.page.locator(".reply textarea")).to_be_focused()


def _file_to_the_agent(citizen: Widget, lan: Officer, folder: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(content, "JPEG")
    (folder / "giay-to.jpg").write_bytes(content.getvalue())
    citizen.page.locator("isee-chat input[type=file]").set_input_files(folder / "giay-to.jpg")
    link = lan.page.locator("#files a", has_text="giay-to")
    expect(link).to_be_visible()
    with lan.page.expect_download() as saved:
        link.click()
    assert saved.value.suggested_filename == "giay-to.jpg"


def _answer_from_a_guide(citizen: Widget, lan: Officer) -> None:
    lan.page.keyboard.press("Escape")
    lan.page.fill("#q", "đăng ký khai sinh")
    guide = lan.page.locator(".guide", has_text="đăng ký khai sinh").first
    expect(guide).to_be_visible()
    guide.locator("select").select_option("documents")
    guide.get_by_role("button", name="Gửi nguyên văn").click()
    expect(citizen.page.locator("isee-chat .message.agent .card")).to_be_visible()
    expect(lan.page.locator("#talk .agent").last).to_contain_text("bản hướng dẫn")
