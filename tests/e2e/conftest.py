"""One real service for all tests of this folder, and a browser."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.citizen import Citizen
from tests.e2e.service import Service

_CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            for mark in (pytest.mark.e2e, pytest.mark.built, pytest.mark.slow):
                item.add_marker(mark)


@pytest.fixture(scope="package")
def _service(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("e2e-home"), built_home)
    try:
        service.start()
        yield service
    finally:
        service.stop()


@pytest.fixture
def service(_service: Service) -> Iterator[Service]:
    """The running service; started again should a test have left it dead."""
    if not _service.running:
        _service.start()
    yield _service


@pytest.fixture
def citizen(service: Service) -> Citizen:
    """A new conversation over HTTP."""
    return Citizen(service.url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. A module long only: Playwright's loop would get in the way of asynchronous tests."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("Chromium was not found: run tools/test-needs (`make test` does), or `apt install chromium`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the end of the service's log to a failed test's report."""
    report = yield
    service = getattr(item, "funcargs", {}).get("service")
    if report.when == "call" and report.failed and isinstance(service, Service):
        report.sections.append(("the service's log", service.log_tail()))
    return report
