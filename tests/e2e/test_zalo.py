"""The whole journey on Zalo, through the simulated phone, against the real service; and what the platform does wrong.

A service and a simulator of their own, once for the module.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.journey import Journey
from tests.e2e.officer import Officer
from tests.e2e.service import Service
from tests.e2e.widget import DESKTOP
from tests.e2e.zalo_phone import BA_TU, CUONG, Phone, Simulator, connects


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path_factory.mktemp("zalo-sim"))
    yield simulator
    simulator.stop()


@pytest.fixture(scope="module")
def over_zalo(
    built_home: Path, tmp_path_factory: pytest.TempPathFactory, simulator: Simulator
) -> Iterator[Service]:
    """The service with the channel on, and no quiet hours."""
    service = Service(
        tmp_path_factory.mktemp("zalo-home"), built_home, {**simulator.settings, "ISEE_QUIET_HOURS": ""})
    try:
        simulator.start(service.url)
        service.start()
        yield service
    finally:
        service.stop()


@pytest.fixture(scope="module")
def officer(over_zalo: Service, browser: Browser) -> Officer:
    """Signed in, and the Official Account connected through the console."""
    officer = Officer(browser, over_zalo, "mai.zalo")
    connects(officer, over_zalo)
    return officer


def test_on_zalo(over_zalo: Service, simulator: Simulator, browser: Browser, officer: Officer) -> None:
    phone = Phone(over_zalo, simulator, browser, BA_TU)
    Journey(phone, officer).run()


def test_when_the_platform_stumbles_nothing_is_said_twice_and_nothing_is_lost(
    over_zalo: Service, simulator: Simulator, browser: Browser, officer: Officer
) -> None:
    phone = Phone(over_zalo, simulator, browser, CUONG)
    phone.says("xin chào")
    simulator.faults(duplicate=3, forge=True, fail_next=1, buttons=False)
    said = phone.says("đăng ký khai sinh cho con cần giấy tờ gì")
    assert "khai sinh" in said and "Anh/chị nhắn số để chọn" in said
    assert phone.page.locator("#talk .user .bubble").count() == 2
    simulator.faults(lose_next=1)
    answer = phone.says("mất bao nhiêu tiền")
    assert "phí" in answer
    simulator.faults()
    texts = phone.texts()
    assert len(texts) == len(set(texts)), "something was said twice"
    page = officer.page
    page.goto(f"{over_zalo.url}/console/zalo")
    expect(page.locator("main")).to_contain_text("sai hoặc thiếu chữ ký")


def test_staff_in_zalos_own_tool_silence_the_assistant(
    over_zalo: Service, simulator: Simulator, browser: Browser, officer: Officer
) -> None:
    phone = Phone(over_zalo, simulator, browser, CUONG, viewport=DESKTOP)
    tool = phone.page.get_by_label("Nhân viên viết")
    tool.fill("Chào anh, tôi là Hà ở trung tâm.")
    tool.press("Enter")
    phone.hears("tôi là Hà")
    phone.settled()
    assert phone.says("lệ phí khai sinh bao nhiêu") == ""
