"""What the widget shows and keeps of personal values, in a real browser: on a broken stream, and across a reload."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.e2e.citizen import BIRTH, ID_NUMBER
from tests.e2e.service import Service
from tests.e2e.widget import Widget

_KEPT = "() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"


def _asked_for_the_id_number(widget: Widget) -> None:
    widget.says("đăng ký khai sinh cho con")
    widget.says("nộp hồ sơ luôn")
    widget.presses("Đồng ý")
    expect(widget.says(BIRTH["applicant_name"])).to_contain_text("định danh")


def test_a_number_is_masked_by_the_answer_where_the_stream_is_broken(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, tolerated=("ERR_FAILED",)) as widget:
        widget.context.route("**/events", lambda route: route.abort())
        widget.page.reload()
        _asked_for_the_id_number(widget)
        widget.says(ID_NUMBER)
        expect(widget.log).not_to_contain_text(ID_NUMBER)
        expect(widget.page.locator("isee-chat .message.citizen").last).to_contain_text(re.compile("022•+"))


def test_a_reload_keeps_no_value_of_a_form_and_says_that_it_is_gone(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, tolerated=("ERR_FAILED",)) as widget:
        _asked_for_the_id_number(widget)
        widget.context.route("**/messages*", lambda route: route.abort())
        widget.input.fill(ID_NUMBER)
        widget.input.press("Enter")
        expect(widget.page.locator("isee-chat .message.pending .note")).to_be_visible()
        assert ID_NUMBER not in widget.page.evaluate(_KEPT)
        # Loaded again while the service can't be reached: what is typed is still taken for the form's value.
        widget.page.reload()
        expect(widget.page.locator("isee-chat .state")).to_contain_text("chưa phản hồi")
        widget.input.fill(ID_NUMBER)
        assert ID_NUMBER not in widget.page.evaluate(_KEPT)
        widget.input.fill("")

        widget.context.unroute("**/messages*")
        widget.page.reload()
        lost = widget.page.locator("isee-chat .message.lost")
        expect(lost).to_contain_text("không được lưu trên máy này")
        expect(widget.log).not_to_contain_text(ID_NUMBER)
        expect(widget.says(ID_NUMBER)).to_contain_text("số điện thoại")
        expect(lost).to_have_count(0)
        widget.page.reload()
        expect(widget.last).to_contain_text("số điện thoại")
        expect(lost).to_have_count(0)
