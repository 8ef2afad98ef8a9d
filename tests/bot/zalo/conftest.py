"""One assembled service, without HTTP, for the tests of what citizens see; made when the first of them asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.context import Context
from common.settings import Settings
from tests.bot.serving import assemble
from tests.bot.zalo.phone import Phone, phone


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    home = tmp_path_factory.mktemp("home")
    made = assemble(Settings(_env_file=None, home=home, database_url=""))
    made.knowledge_base.load_shipped()
    yield made
    made.close()


@pytest.fixture
def citizen(context: Context) -> Phone:
    return phone(context)
