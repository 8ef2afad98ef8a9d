from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actions.checklists import CaseTalk, ChecklistService, load_texts
from common.database import Database
from common.keyring import Keyring
from common.links import Links
from knowledge_base.model import Guide, Origin, Published
from tests.actions.support import shipped_guides

BIRTH, DEATH = "1.001193", "1.000656"


@pytest.fixture
def service(database: Database) -> ChecklistService:
    keyring = Keyring(b"k" * 32)
    return ChecklistService(database, keyring, Links(keyring, "gone"), "http://isee.test", load_texts())


@pytest.fixture
def talk(service: ChecklistService) -> CaseTalk:
    return CaseTalk(service, service.texts)


@pytest.fixture
def published() -> Callable[..., Published]:
    def make(code: str = BIRTH, version: int = 1, **changes: Any) -> Published:
        found = next(guide for guide in shipped_guides() if guide.code == code)
        guide = Guide.model_validate({**found.model_dump(), **changes})
        return Published(guide=guide, origin=Origin.CURATED, version=version)

    return make
