"""One running service for each module that doesn't need its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.serving import Running, Talk, serving


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home")) as service:
        yield service


@pytest.fixture
def talk(running: Running) -> Talk:
    return running.open()
