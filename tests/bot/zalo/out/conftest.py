"""A platform over HTTP for each module, and a database and a sending side of their own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from common.database import Database
from tests.bot.zalo.fake_platform import Platform, platform_running
from tests.bot.zalo.out_parts import Desk, desk_on


@pytest.fixture(scope="module")
def server() -> Iterator[Platform]:
    with platform_running() as platform:
        yield platform


@pytest.fixture
def platform(server: Platform) -> Platform:
    server.__init__(url=server.url)  # type: ignore[misc]
    return server


@pytest.fixture
def desk(platform: Platform, database: Database) -> Desk:
    return desk_on(platform, database)
