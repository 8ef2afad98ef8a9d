"""A guarded service for each module, and a conversation with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.abuse.support import guarded
from tests.bot.serving import Running, Talk


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with guarded(tmp_path_factory.mktemp("home")) as service:
        yield service


@pytest.fixture(scope="module")
def talk(running: Running) -> Talk:
    return running.open()
